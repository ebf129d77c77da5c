"""Sizes given as floats: `np.zeros(1e4)` and `np.random.rand(n / 2.0)` worked with NumPy of 2016."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

# Where the size stands among the positional arguments.
_SHAPED = {"empty": 0, "full": 0, "ones": 0, "zeros": 0}
_SHAPED_BY_ALL = ("eye", "identity", "tri")
_DRAWN = {
    "binomial": 2, "choice": 1, "exponential": 1, "normal": 2, "poisson": 1, "randint": 2, "random": 0,
    "random_integers": 2, "random_sample": 0, "ranf": 0, "sample": 0, "standard_normal": 0, "uniform": 2,
}  # fmt: skip
_DRAWN_BY_ALL = ("rand", "randn")


def whole(size: Any) -> Any:
    """The size with whole numbers for floats that are whole; anything else stays, and NumPy says what is wrong."""
    if isinstance(size, float | np.floating) and float(size).is_integer():
        return int(size)
    if type(size) is tuple:
        return tuple(whole(part) for part in size)
    return [whole(part) for part in size] if type(size) is list else size


def of_numpy() -> dict[str, Callable]:
    """The functions of `numpy` that take a shape."""
    found = {name: _at(getattr(np, name), position, "shape") for name, position in _SHAPED.items()}
    return {**found, **{name: _everywhere(getattr(np, name)) for name in _SHAPED_BY_ALL}}


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


def _everywhere(function: Callable) -> Callable:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return function(*(whole(argument) for argument in arguments), **keywords)

    return call
