"""Numbers as Python 2 had them: its division, and arrays of one element that were as good as their number."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from tracer.legacy import numpy_promotion


def divide(a: Any, b: Any) -> Any:
    """Python 2's `a / b`: floor division of integers, `__div__` where a class has it."""
    if type(a) is int and type(b) is int:
        return a // b
    if hasattr(type(a), "__div__"):
        result = getattr(type(a), "__div__")(a, b)  # noqa: B009
        if result is not NotImplemented:
            return result
    if hasattr(type(b), "__rdiv__"):
        result = type(b).__rdiv__(b, a)
        if result is not NotImplemented:
            return result
    if _is_integral(a) and _is_integral(b):
        return numpy_promotion.OPERATORS["FloorDiv"](a, b)
    return numpy_promotion.OPERATORS["Div"](a, b)


def divided(function: Any, a: Any, b: Any, **keywords: Any) -> Any:
    """`numpy.divide(a, b)`, which floored quotients of integers in Python 2."""
    floors = function is np.divide and _is_integral(a) and _is_integral(b)
    return numpy_promotion.called(np.floor_divide if floors else function, a, b, **keywords)


def divide_in_place(a: Any, b: Any) -> Any:
    """Python 2's `a /= b`; an array changes in place."""
    if hasattr(type(a), "__idiv__"):
        return a.__idiv__(b)
    if isinstance(a, np.ndarray):
        if not _is_integral(a):
            return numpy_promotion.IN_PLACE["Div"](a, b)
        if _is_integral(b):
            return numpy_promotion.IN_PLACE["FloorDiv"](a, b)
        a[...] = np.true_divide(a, b)  # NumPy of the time wrote the quotient into the integer array
        return a
    return divide(a, b)


def _is_integral(value: Any) -> bool:
    if isinstance(value, numbers.Integral):
        return True
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "iub"
    return isinstance(value, list | tuple) and np.asarray(value).dtype.kind in "iub"


def scalar(value: Any) -> Any:
    """The element of an array that has just one; anything else as it is."""
    return value.item() if isinstance(value, np.ndarray) and value.ndim and value.size == 1 else value


def to_int(*arguments: Any, **keywords: Any) -> int:
    """`int(x)` where x may be an array of one element."""
    return int(scalar(arguments[0]), *arguments[1:], **keywords) if arguments else int(**keywords)


def to_float(*arguments: Any) -> float:
    """`float(x)` where x may be an array of one element."""
    return float(*(scalar(argument) for argument in arguments))


def put(owner: Any, key: Any, value: Any) -> None:
    """`owner[key] = value`, as `set_one` where that fails."""
    try:
        owner[key] = value
    except (ValueError, OverflowError):
        if not set_one(owner, key, value):
            raise


def set_one(owner: Any, key: Any, value: Any) -> bool:
    """Sets a place of an array by an array of one element, or by a whole number too large for it; whether it could."""
    if not isinstance(owner, np.ndarray):
        return False
    fitting = _fitting(owner, value)
    if fitting is not value:
        owner[key] = fitting
    return fitting is not value


def _fitting(owner: np.ndarray, value: Any) -> Any:
    """What NumPy took `value` for when it was to be an element of `owner`: of whole numbers, the bits it has room for."""
    if owner.dtype.kind in "iu" and isinstance(value, int | list | tuple):
        numbers = np.asarray(value)
        if numbers.dtype.kind in "iu":
            return numbers.astype(owner.dtype)
    return scalar(value)


class _Places:
    """An array whose places take arrays of one element."""

    __slots__ = ("_array",)

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __getitem__(self, key: Any) -> Any:
        return self._array[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        try:  # first, as another call for each element that a loop sets would be slow
            self._array[key] = value
        except (ValueError, OverflowError):
            if not set_one(self._array, key, value):
                raise


def places(owner: Any) -> Any:
    """What takes arrays of one element where `owner` is an array; otherwise `owner` itself."""
    return _Places(owner) if isinstance(owner, np.ndarray) else owner


class _OneElement:
    """An array of one element in a format: `%s` shows the array, `%d` and `%f` the element."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __str__(self) -> str:
        return str(self._array)

    def __repr__(self) -> str:
        return repr(self._array)

    def __int__(self) -> int:
        return int(self._array.item())

    def __float__(self) -> float:
        return float(self._array.item())


def format_argument(value: Any) -> Any:
    """What `%` shows in the place of `value`."""
    return _OneElement(value) if scalar(value) is not value else value


def index(key: Any) -> Any:
    """The index of an array: a list of slices was as good as a tuple of them."""
    if type(key) is list and any(isinstance(part, slice) or part is None or part is Ellipsis for part in key):
        return tuple(key)
    return key
