"""Properties that can be read only, a line each."""

from __future__ import annotations

import operator
from typing import Any


def reads(attribute: str, doc: str) -> Any:
    """A property that gives an attribute of the object."""
    return property(operator.attrgetter(attribute), doc=doc)
