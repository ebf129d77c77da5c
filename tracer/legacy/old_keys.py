"""Keys that NumPy of 2016 took otherwise: arrays of one element as the index of a list, and lists for tuples.

`names[np.argmax(scores, 1)]` gave an element of a list, and `x[[rows, columns]]` was `x[rows, columns]`.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from tracer.legacy import detection
from tracer.legacy.floats import bindings, name_of, spread
from tracer.legacy.old_numbers import put

_NO_ARRAYS = frozenset("bool dict float format int join len ord range repr round set slice str strip tuple xrange".split())
_LONGEST = 31  # the list of more that stood for a tuple


class Keys:
    """Which keys in a file may be such. Told by names alone, whatever their scope: a wrong yes costs a call, no more."""

    def __init__(self, tree: ast.Module) -> None:
        self._names: set[str] = set()
        spread(self._names, [pair for node in detection.all_nodes(tree) if not isinstance(node, ast.For)
                             for pair in bindings(node)], self.may_be)

    def may_be(self, node: ast.AST) -> bool:
        """Whether a key may be an array of one element, or a list of arrays, lists or slices."""
        if isinstance(node, ast.Name | ast.Attribute):
            return name_of(node) in self._names
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            return f"{name}()" in self._names or name not in _NO_ARRAYS
        if isinstance(node, ast.BinOp):
            return self.may_be(node.left) or self.may_be(node.right)
        if isinstance(node, ast.Subscript):
            return isinstance(node.slice, ast.Slice)
        return isinstance(node, ast.List) and not all(isinstance(part, ast.Constant) for part in node.elts)


class _ByOldKeys:
    """An array, a list or a text that takes such keys."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner

    def __getitem__(self, key: Any) -> Any:
        return self._owner[_today(self._owner, key)]

    def __setitem__(self, key: Any, value: Any) -> None:
        put(self._owner, _today(self._owner, key), value)

    def __delitem__(self, key: Any) -> None:
        del self._owner[_today(self._owner, key)]


def by_old_keys(owner: Any) -> Any:
    """What takes such keys where `owner` is an array, a list, a tuple or a text; otherwise `owner` itself."""
    return _ByOldKeys(owner) if isinstance(owner, np.ndarray | list | tuple | str) else owner


def _today(owner: Any, key: Any) -> Any:
    if isinstance(owner, np.ndarray):
        return tuple(key) if type(key) is list and len(key) <= _LONGEST and any(map(_makes_tuple, key)) else key
    if isinstance(key, np.ndarray) and key.size == 1 and key.dtype.kind in "iu":
        return key.item()
    return key


def _makes_tuple(part: Any) -> bool:
    return part is None or part is Ellipsis or isinstance(part, list | tuple | slice | np.ndarray)
