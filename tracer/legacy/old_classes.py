"""The special methods of Python 2's classes, under the names that Python 3 calls."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


def old_class(cls: type) -> type:
    """Special methods under the names that Python 3 calls."""
    own = vars(cls)
    for old, new in (("__nonzero__", "__bool__"), ("__div__", "__truediv__"), ("__rdiv__", "__rtruediv__")):
        if old in own and new not in own:
            setattr(cls, new, own[old])
    if "__idiv__" in own and "__itruediv__" not in own:
        cls.__itruediv__ = own["__idiv__"]  # type: ignore[attr-defined]
    if "next" in own and hasattr(cls, "__iter__") and not hasattr(cls, "__next__"):
        cls.__next__ = lambda self: self.next()  # type: ignore[attr-defined]
    if "__cmp__" in own:
        _compare_by_cmp(cls)
    if "__getslice__" in own:
        _slice_by_getslice(cls)
    if "__eq__" in own and "__hash__" in own and own["__hash__"] is None:
        cls.__hash__ = object.__hash__  # type: ignore[assignment]
    return cls


def _compare_by_cmp(cls: type) -> None:
    def comparing(test: Callable[[int, int], bool]) -> Callable[[Any, Any], bool]:
        return lambda self, other: test(self.__cmp__(other), 0)

    for name in ("lt", "le", "eq", "ne", "gt", "ge"):
        if f"__{name}__" not in vars(cls):
            setattr(cls, f"__{name}__", comparing(getattr(operator, name)))
    if "__hash__" not in vars(cls):
        cls.__hash__ = object.__hash__  # type: ignore[assignment]


def _slice_by_getslice(cls: Any) -> None:
    get_item = getattr(cls, "__getitem__", None)

    def __getitem__(self: Any, key: Any) -> Any:
        if isinstance(key, slice) and key.step is None:
            return self.__getslice__(key.start or 0, len(self) if key.stop is None else key.stop)
        if get_item is None:
            raise TypeError(f"{type(self).__name__!r} object is not subscriptable")
        return get_item(self, key)

    cls.__getitem__ = __getitem__
