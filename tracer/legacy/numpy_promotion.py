"""What types NumPy 1 gave to results: a number beside an array had the smallest type that holds it, beside another
number its own. Today one from Python takes the type of whatever it meets, and one from NumPy keeps its own."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

_OF_PYTHON = {kind: np.dtype(name) for kind, name in ((bool, "?"), (complex, "c16"), (float, "f8"), (int, "i8"))}
_ORDER = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 2}
_NUMBERS = [kind for kind in vars(np).values() if isinstance(kind, type) and issubclass(kind, np.number | np.bool_)]
_TYPES = frozenset({np.ndarray, np.matrix, np.memmap, np.ma.MaskedArray, *_NUMBERS})
_NAMES = {
    "Add": "add", "BitAnd": "and_", "BitOr": "or_", "BitXor": "xor", "Div": "truediv", "FloorDiv": "floordiv",
    "LShift": "lshift", "Mod": "mod", "Mult": "mul", "Pow": "pow", "RShift": "rshift", "Sub": "sub",
}  # fmt: skip
# Functions of two arrays that scripts call by name.
FUNCTIONS = frozenset("add divide maximum minimum mod multiply power subtract true_divide".split())


def operands(a: Any, b: Any) -> tuple[Any, Any]:
    """Both, where one is a number and NumPy 1 took it for another type than today's as a scalar of that type."""
    if isinstance(a, np.ndarray) and a.ndim:
        return a, _beside(a.dtype, b)
    if isinstance(b, np.ndarray) and b.ndim:
        return _beside(b.dtype, a), b
    return (a, _alone(b, a)) if isinstance(a, np.generic | np.ndarray) else (_alone(a, b), b)


def _beside(dtype: np.dtype, value: Any) -> Any:
    """A number that meets an array of `dtype`; what is no number as it is."""
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value[()]
    own = value.dtype if isinstance(value, np.generic) else _of_python(value)
    if own is None or own.kind not in _ORDER or dtype.kind not in _ORDER:
        return value
    kind = _common(dtype, own, value)
    return value if kind == (own if isinstance(value, np.generic) else dtype) else kind.type(value)


def _common(dtype: np.dtype, own: np.dtype, value: Any) -> np.dtype:
    """The type of the result for an array and a number, whose own type counts where it is of a higher kind."""
    if _ORDER[own.kind] > _ORDER[dtype.kind]:
        return np.promote_types(dtype, own)
    smallest = np.min_scalar_type(value)
    if dtype.kind == "i" and smallest.kind == "u" and value <= np.iinfo(f"i{smallest.itemsize}").max:
        smallest = np.dtype(f"i{smallest.itemsize}")
    return np.promote_types(dtype, smallest)


def _alone(value: Any, other: Any) -> Any:
    """A number of Python that meets one of NumPy."""
    kind = _of_python(value)
    return value if kind is None or other.dtype.kind not in _ORDER else kind.type(value)


def _of_python(value: Any) -> np.dtype | None:
    """The type that a number of Python's was for NumPy; none for what is no number, or too large for any."""
    if type(value) is int and not -(2**63) <= value < 2**63:
        return np.dtype(np.uint64) if 0 < value < 2**64 else None
    return _OF_PYTHON.get(type(value))


def _operator(name: str) -> Callable[[Any, Any], Any]:
    function = getattr(operator, name)

    def operate(a: Any, b: Any) -> Any:
        if type(a) in _TYPES or type(b) in _TYPES:
            a, b = operands(a, b)
        return function(a, b)

    return operate


def _of_truths(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A difference, which of two arrays of truths was what is in one of them alone."""

    def difference(a: Any, b: Any) -> Any:
        try:
            return function(a, b)
        except TypeError:
            if not (_is_truth(a) and _is_truth(b)):
                raise
            return a ^ b

    return difference


def negative(a: Any) -> Any:
    """`-a`, which of an array of truths was its opposite: `x[-np.isnan(x)]`."""
    return ~a if _is_truth(a) else -a


def _is_truth(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic) and value.dtype == np.bool_


# By the class of the syntax tree: `a + b`, and `a += b`.
OPERATORS = {word: _operator(name) for word, name in _NAMES.items()}
OPERATORS["Sub"] = _of_truths(OPERATORS["Sub"])
IN_PLACE = {word: _operator("i" + name.rstrip("_")) for word, name in _NAMES.items()}


def called(function: Any, a: Any, b: Any, **keywords: Any) -> Any:
    """`numpy.multiply(a, b)` and the like; what is called so and is no such function is called as it is."""
    if isinstance(function, np.ufunc) and (type(a) in _TYPES or type(b) in _TYPES):
        a, b = operands(a, b)
    return function(a, b, **keywords)


def where(choose: Callable) -> Callable:
    """`numpy.where(condition, x, y)` with x and y of the type that they had."""

    @functools.wraps(choose)
    def chosen(condition: Any, *given: Any) -> Any:
        if len(given) == 2 and (type(given[0]) in _TYPES or type(given[1]) in _TYPES):
            given = operands(*given)
        return choose(condition, *given)

    return chosen


def total(values: Any, *start: Any) -> Any:
    """`sum(values)`, which begins with Python's 0. What a generator does for a value comes after the sum so far."""
    if isinstance(values, list | tuple) and not any(type(value) in _TYPES for value in values):
        return sum(values, *start)
    found, add = (*start, 0)[0], OPERATORS["Add"]
    for value in values:
        found = add(found, value)
    return found
