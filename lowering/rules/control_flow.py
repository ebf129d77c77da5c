"""Rules of what only orders other operations."""

from __future__ import annotations

from lowering.registry import lowers


@lowers("NoOp")
def no_op() -> None:
    return None
