"""Arrays that a program compares with None or text: until NumPy 1.13 as a whole, not element by element."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

HELPERS = {ast.Eq: "equal", ast.NotEq: "unequal"}
_KINDS_OF_TEXT = "OSUV"


def compares(node: ast.Compare) -> bool:
    """Whether a comparison is `x == None` or `x == "text"`, of an `x` that could be an array."""
    if len(node.ops) != 1 or type(node.ops[0]) not in HELPERS:
        return False
    sides = node.left, node.comparators[0]
    return any(map(_is_none_or_text, sides)) and not any(
        (isinstance(side, ast.Constant) and not _is_none_or_text(side))
        or (isinstance(side, ast.Name) and side.id == "__name__") for side in sides)


def equal(a: Any, b: Any) -> Any:
    """`a == b`: False of an array and None, and of an array of numbers and a text."""
    return False if _are_unlike(a, b) or _are_unlike(b, a) else a == b


def unequal(a: Any, b: Any) -> Any:
    """`a != b`."""
    return True if _are_unlike(a, b) or _are_unlike(b, a) else a != b


def _are_unlike(array: Any, other: Any) -> bool:
    return isinstance(array, np.ndarray) and (
        other is None or (isinstance(other, str | bytes) and array.dtype.kind not in _KINDS_OF_TEXT))


def _is_none_or_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str | bytes))
