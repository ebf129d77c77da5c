"""What `numpy` had in 2016 and has no longer: names, and arguments that functions took."""

from __future__ import annotations

import builtins
import functools
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.legacy import numpy_arguments, numpy_promotion, numpy_ragged, numpy_sizes
from tracer.legacy.old_text import buffer_of, bytes_of
from tracer.legacy.python2_files import bytes_from

_BUILTIN_ALIASES = ("bool", "complex", "float", "int", "object", "str")
_CONSTANTS = {
    "CLIP": 0, "WRAP": 1, "RAISE": 2, "MAXDIMS": 32,
    "Inf": np.inf, "Infinity": np.inf, "PINF": np.inf, "infty": np.inf, "NINF": -np.inf,
    "NAN": np.nan, "NaN": np.nan, "NZERO": -0.0, "PZERO": 0.0,
}  # fmt: skip
_TYPES = {
    "bool8": np.bool_, "bytes0": np.bytes_, "cfloat": np.complex128, "clongfloat": np.clongdouble,
    "complex_": np.complex128, "float_": np.float64, "int0": np.intp, "longcomplex": np.clongdouble,
    "longfloat": np.longdouble, "object0": np.object_, "singlecomplex": np.complex64, "str0": np.str_,
    "string0": np.bytes_, "string_": np.bytes_, "uint0": np.uintp, "unicode0": np.str_, "unicode_": np.str_,
    "void0": np.void,
}  # fmt: skip
_RENAMED = {
    "alltrue": "all", "cumproduct": "cumprod", "in1d": "isin", "mat": "asmatrix", "product": "prod",
    "rank": "ndim", "round_": "round", "row_stack": "vstack", "sometrue": "any", "trapz": "trapezoid",
}  # fmt: skip
_MOVED = {
    "AxisError": "exceptions", "ComplexWarning": "exceptions", "DTypePromotionError": "exceptions",
    "ModuleDeprecationWarning": "exceptions", "RankWarning": "exceptions", "TooHardError": "exceptions",
    "VisibleDeprecationWarning": "exceptions", "byte_bounds": "lib.array_utils", "format_parser": "rec",
}  # fmt: skip


def names(python: int, allow_pickle: bool) -> dict[str, Any]:
    """The lost names, for a stand-in of `numpy`."""
    found: dict[str, Any] = {**_CONSTANTS, **_TYPES, **_functions(), **numpy_arguments.of_numpy(), **numpy_sizes.of_numpy()}
    found.update({name: getattr(builtins, name) for name in _BUILTIN_ALIASES})
    found.update(long=int, math=math, unicode=str)
    for old, new in _RENAMED.items():
        found[old] = getattr(np, new)
    found.update(numpy_ragged.of_numpy(found))
    for name, place in _MOVED.items():
        owner = functools.reduce(getattr, place.split("."), np)
        if hasattr(owner, name):
            found[name] = getattr(owner, name)
    found["load"] = functools.partial(_load, allow_pickle=allow_pickle, encoding="latin1" if python == 2 else "ASCII")
    found["typeDict"] = found["sctypeDict"] = np.sctypeDict
    found["sctypes"] = _scalar_types()
    found["cast"] = _Casts()
    return found


def _functions() -> dict[str, Callable]:
    return {
        "alen": lambda a: len(np.array(a, ndmin=1)),
        "array": _array,
        "asfarray": _asfarray,
        "asscalar": lambda a: a.item(),
        "disp": lambda mesg, device=None, linefeed=True: (device or sys.stdout).write(
            str(mesg) + "\n" * bool(linefeed)
        ),
        "expand_dims": lambda a, axis: np.expand_dims(a, min(axis, np.ndim(a)) if isinstance(axis, int) else axis),
        "find_common_type": lambda array_types, scalar_types: np.result_type(*array_types, *scalar_types),
        "frombuffer": _frombuffer,
        "fromstring": _fromstring,
        "getbuffer": buffer_of,
        "histogram": _histogram,
        "histogram2d": _histogram2d,
        "issctype": lambda rep: isinstance(rep, type) and issubclass(rep, np.generic),
        "issubclass_": lambda arg1, arg2: isinstance(arg1, type) and issubclass(arg1, arg2),
        "issubsctype": lambda arg1, arg2: np.issubdtype(np.dtype(arg1), arg2),
        "linspace": _linspace,
        "msort": lambda a: np.sort(a, axis=0),
        "obj2sctype": lambda rep, default=None: np.dtype(rep).type if rep is not None else default,
        "squeeze": _squeeze,
        "sctype2char": lambda sctype: np.dtype(sctype).char,
        "set_printoptions": _set_printoptions,
        "where": numpy_promotion.where(np.where),
    }


def _array(object: Any, dtype: Any = None, copy: Any = True, **keywords: Any) -> Any:
    """`copy=False` meant "only when needed"; now it means "fail when needed"."""
    if isinstance(copy, (int, np.bool_)):
        copy = True if copy else None
    return numpy_ragged.or_of_objects(np.array, object, dtype, copy=copy, **keywords)


def _asfarray(a: Any, dtype: Any = np.float64) -> Any:
    return np.asarray(a, dtype if np.issubdtype(np.dtype(dtype), np.inexact) else np.float64)


class _Number(np.ndarray):
    """An array of one whole number, which could stand for the number: `file.read(array)`, `range(array)`."""

    def __index__(self) -> int:
        return self.item().__index__()

    __int__ = __index__


def _frombuffer(buffer: Any, dtype: Any = float, count: int = -1, offset: int = 0) -> Any:
    """The first `input_data.py`, of which many scripts have a copy, reads sizes with this and counts by the array."""
    array = np.frombuffer(bytes_of(buffer), dtype, count, offset)
    return array.view(_Number) if array.size == 1 and array.dtype.kind in "iu" else array


def _fromstring(string: Any, dtype: Any = float, count: int = -1, sep: str = "") -> Any:
    """Binary data (`sep=""`) gives an array of its own."""
    if sep:
        return np.fromstring(string, dtype, count, sep=sep)
    return np.frombuffer(bytes_of(string), dtype, count).copy()


def _histogram(
    a: Any, bins: Any = 10, range: Any = None, normed: bool = False, weights: Any = None, density: Any = None
) -> Any:
    return np.histogram(a, bins, range, density=normed if density is None else density, weights=weights)


def _histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, normed: bool = False, weights: Any = None) -> Any:
    return np.histogram2d(x, y, bins, range, density=normed, weights=weights)


def _linspace(start: Any, stop: Any, num: Any = 50, *arguments: Any, **keywords: Any) -> Any:
    """The number of points could be a float."""
    return np.linspace(start, stop, int(num), *arguments, **keywords)


def _squeeze(a: Any, axis: Any = None) -> Any:
    """What was no array was squeezed as a whole, whatever the axis."""
    return np.squeeze(a, axis) if hasattr(a, "squeeze") else np.squeeze(a)


def _set_printoptions(*arguments: Any, **keywords: Any) -> None:
    """`threshold=np.nan` was the way to say "print everything"."""
    threshold = keywords.get("threshold")
    if threshold == "nan" or (isinstance(threshold, float) and not np.isfinite(threshold)):
        keywords["threshold"] = sys.maxsize
    np.set_printoptions(*arguments, **keywords)


def _load(
    file: Any, mmap_mode: Any = None, allow_pickle: bool = False, fix_imports: bool = True, encoding: str = "ASCII"
) -> Any:
    """Object arrays are pickles, which run code when they are read; a user has to ask for them."""
    try:
        return np.load(bytes_from(file), mmap_mode, allow_pickle=allow_pickle, fix_imports=fix_imports, encoding=encoding)  # type: ignore[arg-type]
    except ValueError as problem:
        if "allow_pickle" in str(problem):
            problem.add_note(
                "NumPy of 2016 unpickled such files. If you trust this one: python -m tracer --allow-pickle"
            )
        raise


def _scalar_types() -> dict[str, list[type]]:
    return {
        "complex": [np.complex64, np.complex128, np.clongdouble],
        "float": [np.float16, np.float32, np.float64, np.longdouble],
        "int": [np.int8, np.int16, np.int32, np.int64],
        "others": [bool, object, bytes, str, np.void],
        "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
    }


class _Casts(dict):
    """`np.cast["float32"](x)`."""

    def __missing__(self, key: Any) -> Callable:
        return lambda value: np.asarray(value).astype(key)
