"""Names of test cases: the same in each of the processes that share the tests, so without addresses."""

from __future__ import annotations

from typing import Any


def written(value: Any) -> str | None:
    """A value as it is written; pytest's own name for functions and classes."""
    return None if callable(value) else str(value)
