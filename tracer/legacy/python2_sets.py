"""Python 2's `set` and `frozenset`, which one goes through in the order that they had (`python2_order`)."""

from __future__ import annotations

import builtins
from abc import ABCMeta
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tracer.legacy.python2_order import iterated, ordered, size_of

_SETS = (builtins.set, builtins.frozenset)


class _OfToday(ABCMeta):
    """Has the sets that anybody else made for its own."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, _today(cls)) if cls in _NAMES else super().__instancecheck__(instance)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _today(cls)) if cls in _NAMES else super().__subclasscheck__(subclass)


class _Ordered:
    # The elements in the order in which they were put in, and whether they are there yet: they leave their places taken.
    _put: dict[Any, bool]
    _room: int  # for how many the table was made at first
    _order: list[Any] | None

    def __iter__(self) -> Iterator[Any]:
        return iter(_in_order(self))

    def __repr__(self) -> str:
        return f"{_NAMES.get(type(self), type(self).__name__)}([{', '.join(map(repr, self))}])"

    def __reduce__(self) -> Any:
        return _today(type(self)), (list(self),)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: dict) -> Any:
        import copy

        return _made(type(self), copy.deepcopy(list(self), memo))

    def copy(self) -> Any:
        """Another one with the same elements."""
        return _made(type(self), self)

    def union(self, *others: Iterable[Any]) -> Any:
        """The elements of all."""
        found = _made(set, self)
        found.update(*others)
        return _made(type(self), found._put, found._room)

    def intersection(self, *others: Iterable[Any]) -> Any:
        """The elements that all have."""
        found: Any = self
        for other in others:
            if isinstance(other, _SETS) and len(other) > len(found):
                found, other = other, found
            found = _made(type(self), [value for value in _in_order(other) if value in found])
        return found if others else self.copy()

    def difference(self, *others: Iterable[Any]) -> Any:
        """The elements that no other has."""
        if others and isinstance(others[0], (*_SETS, dict)):
            found = _made(set, [value for value in self if value not in others[0]])
            found.difference_update(*others[1:])
        else:
            found = _made(set, self)
            found.difference_update(*others)
        return _made(type(self), found._put, found._room)

    def symmetric_difference(self, other: Iterable[Any]) -> Any:
        """The elements that one of both has."""
        found = _made(set, other)
        for value in self:
            (found.discard if value in found else found.add)(value)
        return _made(type(self), found._put, found._room)


class set(_Ordered, builtins.set, metaclass=_OfToday):
    """A `builtins.set` in Python 2's order."""

    def __new__(cls, *arguments: Any, **keywords: Any) -> Any:
        made = builtins.set.__new__(cls)
        made._put, made._room, made._order = {}, 0, None
        return made

    def __init__(self, iterable: Iterable[Any] = ()) -> None:
        if self._put:
            self.clear()
        self._put, self._room = _begun(iterable)
        builtins.set.update(self, self._put)

    def _changed(self, put: dict[Any, bool], room: int = 0) -> None:
        self._put, self._room, self._order = put, room, None
        builtins.set.clear(self)
        builtins.set.update(self, _there(put))

    def add(self, value: Any) -> None:
        builtins.set.add(self, value)
        self._put[value] = True
        self._order = None

    def update(self, *others: Iterable[Any]) -> None:
        for other in others:
            values = _in_order(other)
            if isinstance(other, (*_SETS, dict)):
                if (len(self._put) + len(other)) * 3 >= size_of(len(self._put), self._room) * 2:
                    self._put = dict.fromkeys(_in_order(self), True)  # the table grows once, before
                    self._room = (len(self) + len(other)) * 2
            self._put.update(dict.fromkeys(values, True))
            builtins.set.update(self, _there(self._put))
            self._order = None

    def discard(self, value: Any) -> None:
        if value in self:
            builtins.set.discard(self, value)
            self._put[value] = False
            self._order = None

    def remove(self, value: Any) -> None:
        builtins.set.remove(self, value)
        self._put[value] = False
        self._order = None

    def pop(self) -> Any:
        if not self:
            raise KeyError("pop from an empty set")
        order = _in_order(self)
        value = order.pop(0)
        builtins.set.discard(self, value)
        self._put[value] = False
        return value

    def clear(self) -> None:
        self._changed({})

    def intersection_update(self, *others: Iterable[Any]) -> None:
        found = self.intersection(*others)
        self._changed(found._put, found._room)

    def difference_update(self, *others: Iterable[Any]) -> None:
        for other in others:
            for value in list(other):
                self.discard(value)
            if (len(self._put) - len(self)) * 5 >= size_of(len(self._put), self._room) - 1:  # places are freed
                self._changed(dict.fromkeys(_in_order(self), True), 4 * len(self))

    def symmetric_difference_update(self, other: Iterable[Any]) -> None:
        for value in _made(set, other):
            (self.discard if value in self else self.add)(value)


class frozenset(_Ordered, builtins.frozenset, metaclass=_OfToday):
    """A `builtins.frozenset` in Python 2's order."""

    def __new__(cls, iterable: Iterable[Any] = ()) -> Any:
        return iterable if type(iterable) is cls else _made(cls, iterable)


def _operator(method: str, turned: bool = False) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, _SETS):
            return NotImplemented
        return getattr(_made(set, other), method)(self) if turned else getattr(self, method)(other)

    return operate


def _operator_in_place(method: str) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        if not isinstance(other, _SETS):
            return NotImplemented
        getattr(self, method)(other)
        return self

    return operate


for _name, _method in (("and", "intersection"), ("or", "union"), ("sub", "difference"), ("xor", "symmetric_difference")):
    setattr(_Ordered, f"__{_name}__", _operator(_method))
    setattr(_Ordered, f"__r{_name}__", _operator(_method, turned=True))
    setattr(set, f"__i{_name}__", _operator_in_place("update" if _method == "union" else f"{_method}_update"))
_NAMES = {set: "set", frozenset: "frozenset"}
Set, ImmutableSet = set, frozenset  # of the module `sets`, older than the built-in ones


def _today(cls: type) -> type:
    return builtins.frozenset if builtins.frozenset in cls.__mro__ else builtins.set


def _in_order(values: Iterable[Any]) -> Any:
    """The elements, in the order in which Python 2 would have gone through them; of our own sets a list that is theirs."""
    if isinstance(values, _Ordered):
        if values._order is None:
            values._order = [value for value in ordered(values._put, values._room) if values._put[value]]
        return values._order
    return iterated(values)


def _there(put: dict[Any, bool]) -> Iterable[Any]:
    return put if all(put.values()) else [value for value, there in put.items() if there]


def _made(cls: type, values: Any, room: int | None = None) -> Any:
    """A set of a class, whose own `__init__` is not called; of what another one has put in, where there is `room`."""
    put, room = (values, room) if room is not None else _begun(values)
    frozen = _today(cls) is builtins.frozenset
    made: Any = builtins.frozenset.__new__(cls, _there(put)) if frozen else builtins.set.__new__(cls)
    if not frozen:
        builtins.set.update(made, _there(put))
    made._put, made._room, made._order = put, room, None
    return made


def _begun(values: Iterable[Any]) -> tuple[dict[Any, bool], int]:
    """What a new set of these values puts in, and the room that it makes for that before."""
    put = dict.fromkeys(_in_order(values), True)
    return put, 2 * len(put) if 3 * len(put) >= 16 and isinstance(values, (*_SETS, dict)) else 0


def of_display(*values: Any) -> Any:
    """`{a, b}`."""
    return _made(set, values)
