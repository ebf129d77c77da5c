"""The order that Python 2 had among values of all kinds: None first, then numbers, then the rest by the names of types."""

from __future__ import annotations

import functools
import numbers
import operator
from collections.abc import Callable, Iterable
from typing import Any

from tracer.legacy.python2_order import iterated


def less(a: Any, b: Any) -> Any:
    """`a < b`."""
    try:
        return a < b
    except TypeError as problem:
        return operator.lt(_by_kinds(a, b, problem), 0)


def at_most(a: Any, b: Any) -> Any:
    """`a <= b`."""
    try:
        return a <= b
    except TypeError as problem:
        return operator.le(_by_kinds(a, b, problem), 0)


def greater(a: Any, b: Any) -> Any:
    """`a > b`."""
    try:
        return a > b
    except TypeError as problem:
        return operator.gt(_by_kinds(a, b, problem), 0)


def at_least(a: Any, b: Any) -> Any:
    """`a >= b`."""
    try:
        return a >= b
    except TypeError as problem:
        return operator.ge(_by_kinds(a, b, problem), 0)


def compared(a: Any, b: Any) -> int:
    """Which comes first, as a negative number, 0 or a positive one."""
    try:
        return int(a > b) - int(a < b)
    except TypeError as problem:
        return _by_kinds(a, b, problem)


def sort_key(key: Callable | None) -> Callable:
    """What a list is sorted by whose values Python 3 does not compare."""
    by_order = functools.cmp_to_key(compared)
    return by_order if key is None else lambda value: by_order(key(value))


def of_all_kinds(function: Callable) -> Callable:
    """`max` or `min`, of values that Python 3 does not compare too."""

    @functools.wraps(function)
    def call(*values: Any, key: Callable | None = None, **keywords: Any) -> Any:
        if len(values) == 1:
            values = ([*iterated(values[0])] if isinstance(values[0], Iterable) else values[0],)
        try:
            return function(*values, key=key, **keywords)
        except TypeError as problem:
            if not _is_of_kinds(problem):
                raise
        return function(*values, key=sort_key(key), **keywords)

    return call


def _by_kinds(a: Any, b: Any, problem: TypeError) -> int:
    """Raises `problem` of what had no order in Python 2 either, of arrays and tensors, and where a method raised it."""
    ordered = not any(isinstance(one, complex) or hasattr(type(one), "__array_priority__") for one in (a, b))
    if not ordered or not _is_of_kinds(problem):
        raise problem
    if type(a) is type(b) and isinstance(a, (list, tuple)):
        first = next(((x, y) for x, y in zip(a, b, strict=False) if x != y), None)
        return compared(len(a), len(b)) if first is None else compared(*first)
    if type(a) is type(b) and isinstance(a, dict):
        return _of_dicts(a, b)
    one, other = _kind(a), _kind(b)
    if one == other:
        one, other = id(a), id(b)
    return (one > other) - (one < other)  # type: ignore[operator]


def _is_of_kinds(problem: TypeError) -> bool:
    return "not supported between" in str(problem)


def _of_dicts(a: dict, b: dict) -> int:
    """The shorter one is less; of equal length, the one with the smallest key whose value differs, by key and value."""
    if len(a) != len(b):
        return compared(len(a), len(b))
    differing = [sorted((k for k in one if k not in other or one[k] != other[k]), key=sort_key(None))
                 for one, other in ((a, b), (b, a))]
    if not differing[0]:
        return 0
    x, y = differing[0][0], differing[1][0]
    return compared(x, y) or compared(a[x], b[y])


def _kind(value: Any) -> tuple[int, str]:
    if value is None:
        return 0, ""
    return (1, "") if isinstance(value, numbers.Number) else (2, type(value).__name__)
