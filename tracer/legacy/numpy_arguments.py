"""Arguments, and defaults of arguments, with which NumPy's functions were called in 2016."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from types import GeneratorType
from typing import Any

import numpy as np

from tracer.legacy.numpy_promotion import total

_JOINING = ("column_stack", "dstack", "hstack", "vstack")
_PARTING = ("nanpercentile", "nanquantile", "percentile", "quantile")


def of_numpy() -> dict[str, Any]:
    """For a stand-in of `numpy`."""
    return {
        **{name: _of_any_iterable(getattr(np, name)) for name in _JOINING},
        **{name: _renamed(getattr(np, name), "interpolation", "method") for name in _PARTING},
        "bincount": lambda x, weights=None, minlength=None: np.bincount(x, weights, minlength or 0),
        "issubdtype": _is_subtype,
        "nbytes": {kind: np.dtype(kind).itemsize for kind in np.sctypeDict.values()},
        "recfromcsv": functools.partial(_records, case_sensitive="lower", names=True, delimiter=","),
        "recfromtxt": _records,
        "safe_eval": ast.literal_eval,
        "sum": _sum,
        "unique": _unique,
    }


def of_linear_algebra() -> dict[str, Any]:
    """For a stand-in of `numpy.linalg`."""
    return {"lstsq": lambda a, b, rcond=-1: np.linalg.lstsq(a, b, rcond)}


def _of_any_iterable(join: Callable) -> Callable:
    @functools.wraps(join)
    def joined(tup: Any, *arguments: Any, **keywords: Any) -> Any:
        return join(tup if hasattr(tup, "__getitem__") else list(tup), *arguments, **keywords)

    return joined


def _renamed(function: Callable, old: str, new: str) -> Callable:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        if old in keywords:
            keywords[new] = keywords.pop(old)
        return function(*arguments, **keywords)

    return call


def _is_subtype(arg1: Any, arg2: Any) -> bool:
    """What is no abstract type, `float` for one, stood for the one above it."""
    if not (isinstance(arg2, type) and issubclass(arg2, np.generic)):
        arg2 = np.dtype(arg2).type.mro()[1]
    return issubclass(np.dtype(arg1).type, arg2)


def _records(fname: Any, dtype: Any = None, **keywords: Any) -> Any:
    return np.genfromtxt(fname, dtype, **keywords).view(np.recarray)


def _sum(a: Any, *arguments: Any, **keywords: Any) -> Any:
    function: Any = total if isinstance(a, GeneratorType) and not keywords else np.sum
    return function(a, *arguments, **keywords)


def _unique(ar: Any, return_index: bool = False, return_inverse: bool = False, *more: Any, **keywords: Any) -> Any:
    """The inverse was flat, whatever the array."""
    found = np.unique(ar, return_index, return_inverse, *more, **keywords)
    if not return_inverse:
        return found
    place = 2 if return_index else 1
    return (*found[:place], found[place].ravel(), *found[place + 1 :])
