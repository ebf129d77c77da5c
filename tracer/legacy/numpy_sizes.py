"""Sizes and indices given as floats: `np.zeros(1e4)`, `x[:0.8 * n]`, `x.reshape(n / 2.0, -1)` worked with NumPy of 2016."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.legacy.old_numbers import put

# Where the size stands among the positional arguments.
_SHAPED = {"empty": 0, "full": 0, "ones": 0, "zeros": 0}
_RESHAPED = {"array_split": 1, "delete": 1, "insert": 1, "resize": 1, "split": 1, "tile": 1}
_SHAPED_BY_ALL = ("eye", "identity", "tri")
_DRAWN = {
    "binomial": 2, "choice": 1, "exponential": 1, "normal": 2, "poisson": 1, "randint": 2, "random": 0,
    "random_integers": 2, "random_sample": 0, "ranf": 0, "sample": 0, "standard_normal": 0, "uniform": 2,
}  # fmt: skip
_DRAWN_BY_ALL = ("rand", "randn")


def whole(size: Any) -> Any:
    """The size, or the index, with its floats cut to whole numbers; of what is not finite NumPy says what is wrong."""
    if isinstance(size, float | np.floating) and math.isfinite(size):
        return int(size)
    if type(size) is slice:
        return slice(whole(size.start), whole(size.stop), whole(size.step))
    if type(size) is tuple:
        return tuple([whole(part) for part in size])
    return [whole(part) for part in size] if type(size) is list else size


class _ByFloats:
    """An array that takes floats as indices and sizes."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __getitem__(self, index: Any) -> Any:
        return self._array[whole(index)]

    def __setitem__(self, index: Any, value: Any) -> None:
        put(self._array, whole(index), value)

    def reshape(self, *shape: Any, **keywords: Any) -> Any:
        """As the array's own."""
        return self._array.reshape(*map(whole, shape), **keywords)

    def resize(self, *shape: Any, **keywords: Any) -> None:
        """As the array's own."""
        self._array.resize(*map(whole, shape), **keywords)


def by_floats(owner: Any) -> Any:
    """What takes floats as indices and sizes where `owner` is an array; otherwise `owner` itself."""
    return _ByFloats(owner) if isinstance(owner, np.ndarray) else owner


def of_numpy() -> dict[str, Callable]:
    """The functions of `numpy` that take a shape."""
    found = {name: _at(getattr(np, name), position, "shape") for name, position in _SHAPED.items()}
    found.update((name, _at(getattr(np, name), position, "")) for name, position in _RESHAPED.items())
    return {**found, "reshape": _reshape, **{name: _everywhere(getattr(np, name)) for name in _SHAPED_BY_ALL}}


def of_random() -> dict[str, Callable]:
    """The functions of `numpy.random` that take a size."""
    found = {name: _at(getattr(np.random, name), position, "size") for name, position in _DRAWN.items()}
    return {**found, **{name: _everywhere(getattr(np.random, name)) for name in _DRAWN_BY_ALL}}


def _at(function: Callable, position: int, name: str) -> Callable:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        if len(arguments) > position:
            arguments = (*arguments[:position], whole(arguments[position]), *arguments[position + 1 :])
        elif name in keywords:
            keywords[name] = whole(keywords[name])
        return function(*arguments, **keywords)

    return call


@functools.wraps(np.reshape)
def _reshape(a: Any, newshape: Any, order: Any = "C") -> Any:
    return np.reshape(a, whole(newshape), order)  # its keyword has been renamed


def _everywhere(function: Callable) -> Callable:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return function(*(whole(argument) for argument in arguments), **keywords)

    return call
