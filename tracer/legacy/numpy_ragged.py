"""Rows of unequal length, of which NumPy made arrays of objects; today it does where it is told the type alone."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tracer.legacy import numpy_sizes
from tracer.legacy.old_numbers import scalar
from tracer.legacy.python2_files import FileBytes

_REDUCED = ("amax", "amin", "argmax", "argmin", "max", "mean", "min", "ndim", "shape", "size", "sum")
_TAKEN = (
    "all", "any", "append", "argsort", "array_split", "atleast_1d", "copy", "delete", "flip", "insert", "nonzero",
    "ravel", "repeat", "reshape", "roll", "save", "savez", "savez_compressed", "sort", "take", "tile", "transpose",
    "unique", "where",
)  # fmt: skip
_JOINED = ("column_stack", "concatenate", "hstack", "stack", "vstack")
_DRAWN = ("choice", "permutation")


def of_numpy(known: Mapping[str, Callable]) -> dict[str, Callable]:
    """The functions of `numpy` that take such rows, some of which are replaced already by what is `known`."""
    given = {name: known.get(name, getattr(np, name)) for name in (*_REDUCED, *_TAKEN, *_JOINED)}
    return {
        **{name: taking(given[name], axis=True) for name in _REDUCED},
        **{name: taking(given[name]) for name in _TAKEN},
        **{name: taking(given[name], joined=True) for name in _JOINED},
        "array_equal": lambda a1, a2, *given, **named: np.array_equal(of_objects(a1), of_objects(a2), *given, **named),
        "asanyarray": lambda a, *given, **named: or_of_objects(np.asanyarray, a, *given, **named),
        "asarray": lambda a, *given, **named: or_of_objects(np.asarray, a, *given, **named),
        "in1d": _in1d,
    }


def of_random(known: Mapping[str, Callable]) -> dict[str, Callable]:
    """What is `known` of `numpy.random`, and the functions there that take such rows."""
    return {**known, **{name: taking(known.get(name, getattr(np.random, name))) for name in _DRAWN}}


def or_of_objects(make: Any, values: Any, dtype: Any = None, *given: Any, **named: Any) -> Any:
    """The array, of objects where nobody named a type and the rows are of unequal length.

    Where somebody did, arrays of one element beside plain numbers are numbers themselves, and of whole numbers too
    large for the type the bits count that it has room for.
    """
    try:
        return make(values, dtype, *given, **named)
    except OverflowError:
        return make(np.asarray(values).astype(dtype), dtype, *given, **named)
    except ValueError as problem:
        if _is_of_strings(problem):
            return make(_plain_strings(values), dtype, *given, **named)
        if not _is_ragged(problem):
            raise
        if dtype is None:
            return make(values, np.object_, *given, **named)
        return make(_plain(values), dtype, *given, **named)


def numbers_of(values: Any) -> Any:
    """The values as an array of numbers, where they are an array of objects each of which is or holds just one number."""
    array = np.asarray(of_objects(values))
    if array.dtype != object or not all(np.size(value) == 1 for value in array.flat):
        return array
    return np.array([np.asarray(value).item() for value in array.flat]).reshape(array.shape)


def _plain(values: Any) -> Any:
    if not isinstance(values, (list, tuple)):
        return values
    numbers = any(np.ndim(value) == 0 for value in values if not isinstance(value, (list, tuple)))
    return [scalar(value) if numbers else _plain(value) for value in values]


def of_objects(values: Any) -> Any:
    """The values, as an array of objects if they are rows of unequal length."""
    if not isinstance(values, (list, tuple)):
        return values
    try:
        np.asarray(values)
    except ValueError as problem:
        if _is_ragged(problem):
            return np.array(values, np.object_)
    return values


def taking(function: Callable, axis: bool = False, joined: bool = False) -> Callable:
    """The function, which takes such rows; as its axis a float too; where it joins arrays, such rows in their list."""

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        given = list(arguments)
        if axis:
            given[1:2] = map(numpy_sizes.whole, given[1:2])
        try:
            return function(*given, **keywords)
        except ValueError as problem:
            if not _is_ragged(problem) and not _is_of_strings(problem):
                raise
            strings = _is_of_strings(problem)
        regular = _plain_strings if strings else _each_of_objects if joined else of_objects
        return function(*map(regular, given), **{name: regular(value) for name, value in keywords.items()})

    return call


def _each_of_objects(values: Any) -> Any:
    return [of_objects(value) for value in values] if isinstance(values, (list, tuple)) else values


def _in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    return np.isin(of_objects(ar1), of_objects(ar2), assume_unique, invert).ravel()


def _plain_strings(values: Any) -> Any:
    """The values with strings that a program of Python 2 read as the bytes that NumPy knows."""
    if isinstance(values, (list, tuple)):
        return [_plain_strings(value) for value in values]
    return bytes(values) if isinstance(values, FileBytes) else values


def _is_of_strings(problem: ValueError) -> bool:
    """Whether NumPy took a string, of a class of bytes that it does not know, for a number."""
    return str(problem).startswith("invalid literal for int() with base 10: b'")


def _is_ragged(problem: ValueError) -> bool:
    return "inhomogeneous" in str(problem)
