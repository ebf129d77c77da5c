"""Arrays that a program compares with None, text or a list of another shape: in 2016 as a whole, not by elements."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

HELPERS = {ast.Eq: "equal", ast.NotEq: "unequal"}
_KINDS_OF_TEXT = "OSUV"


def compares(node: ast.Compare) -> bool:
    """Whether a comparison is `x == None`, `x == "text"` or `x == []`, of an `x` that could be an array."""
    if len(node.ops) != 1 or type(node.ops[0]) not in HELPERS:
        return False
    sides = node.left, node.comparators[0]
    return any(_is_none_or_text(side) or isinstance(side, ast.List | ast.Tuple) for side in sides) and not any(
        (isinstance(side, ast.Constant) and not _is_none_or_text(side))
        or (isinstance(side, ast.Name) and side.id == "__name__") for side in sides)


def equal(a: Any, b: Any) -> Any:
    """`a == b`: False of an array and None, of numbers and a text, and of shapes that do not go together."""
    return _compared(operator.eq, a, b, False)


def unequal(a: Any, b: Any) -> Any:
    """`a != b`."""
    return _compared(operator.ne, a, b, True)


def _compared(compare: Callable[[Any, Any], Any], a: Any, b: Any, otherwise: bool) -> Any:
    if not (isinstance(a, np.ndarray) or isinstance(b, np.ndarray)):
        return compare(a, b)
    if _are_unlike(a, b) or _are_unlike(b, a):
        return otherwise
    try:
        found = compare(a, b)
    except ValueError:  # the shapes do not go together
        return otherwise
    return found if np.size(found) else np.False_  # an empty array was false for `if`


def _are_unlike(array: Any, other: Any) -> bool:
    return isinstance(array, np.ndarray) and (
        other is None or (isinstance(other, str | bytes) and array.dtype.kind not in _KINDS_OF_TEXT))


def _is_none_or_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str | bytes))
