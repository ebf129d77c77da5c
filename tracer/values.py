"""What `tf.constant` makes of a Python or NumPy value, as a NumPy array: type inference, checks and shape filling."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from tracer import dtypes

_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1
_FLOAT32_MAX = 3.4028234e38
_LARGEST = 2**31  # bytes: what a protobuf message can hold

# A range was a list in the Python that these scripts were written for.
_SEQUENCES = (list, tuple, range)

_INTEGERS = (numbers.Integral, np.integer)
_REALS = (numbers.Real, np.integer, np.floating)
_COMPLEX = (numbers.Complex, np.number)
_STRINGS = (bytes, str)


def array_of(value: Any, dtype: Any = None, shape: Any = None) -> np.ndarray:
    """A new array holding `value` as TensorFlow would: `dtype` checked or inferred, filled up to `shape`.

    Strings become an object array of bytes. Python values are checked against `dtype`, NumPy's are cast to it.
    """
    if shape is None:
        kind = type(value)
        if kind is float:
            if (dtype is None or dtype is dtypes.float32) and -_FLOAT32_MAX <= value <= _FLOAT32_MAX:
                return np.array(value, np.float32)
            if dtype is dtypes.float64:
                return np.array(value)
        elif kind is int and _INT32_MIN <= value <= _INT32_MAX:
            if dtype is None or dtype is dtypes.int32:
                return np.array(value, np.int32)
            if dtype in (dtypes.float32, dtypes.float64, dtypes.int64):
                return np.array(value, dtype.as_numpy_dtype)
    wanted = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    if value is None:
        raise ValueError("None values not supported.")
    if shape is not None:
        sizes = tuple([int(size) for size in shape])
        if 0 in sizes:  # the value is not looked at
            return np.empty(sizes, (wanted or dtypes.float32).as_numpy_dtype)
        return _filled(_array(value, wanted), sizes)
    return _array(value, wanted)


def _array(value: Any, wanted: dtypes.DType | None) -> np.ndarray:
    if isinstance(value, (np.ndarray, np.generic)):
        return _from_numpy(np.asarray(value), wanted)
    if hasattr(value, "__array__") and not isinstance(value, type):
        return _from_numpy(np.asarray(value), wanted)
    return _from_python(value, wanted)


def _from_numpy(array: np.ndarray, wanted: dtypes.DType | None) -> np.ndarray:
    if wanted is None:
        wanted = dtypes.as_dtype(array.dtype)
    if wanted is dtypes.string:
        return _strings(array.shape, array.reshape(-1).tolist())
    numpy_dtype = np.dtype(wanted.as_numpy_dtype)
    if array.size * numpy_dtype.itemsize >= _LARGEST:
        raise ValueError("Cannot create a tensor proto whose content is larger than 2GB.")
    if array.dtype == numpy_dtype:
        return np.array(array, numpy_dtype, order="C")
    with np.errstate(over="ignore", invalid="ignore"):
        return array.astype(numpy_dtype, order="C")


def _from_python(value: Any, wanted: dtypes.DType | None) -> np.ndarray:
    sizes, leaf = _outline(value)
    if wanted is not None and wanted is dtypes.string:
        _check_leaves(value, wanted)
        return _strings(sizes, _dense_leaves(value, sizes))
    if wanted is None and isinstance(leaf, _STRINGS):
        return _strings(sizes, _dense_leaves(value, sizes))
    if wanted is not None and np.dtype(wanted.as_numpy_dtype).names is not None:
        return _quantized(value, wanted)
    try:
        array = np.array(value)
    except ValueError:  # ragged
        _refuse(value, wanted, sizes)
    if array.ndim != len(sizes):  # arrays within lists
        _refuse(value, wanted, sizes)
    if wanted is None:
        return _inferred(array, value, sizes)
    if array.size and not _fits(array.dtype, wanted):
        _check_leaves(value, wanted)
        if array.dtype.kind not in "biufcO":
            _refuse(value, wanted, sizes)
        # Numbers that NumPy has no common type for, such as integers beyond 64 bits.
        return np.array(value, wanted.as_numpy_dtype)
    if wanted.is_integer or wanted is dtypes.bool:
        return array.astype(wanted.as_numpy_dtype)
    with np.errstate(over="ignore"):
        return array.astype(wanted.as_numpy_dtype)


def _outline(value: Any) -> tuple[tuple[int, ...], Any]:
    """The sizes of nested sequences as their first elements tell them, and the first leaf."""
    sizes = []
    while isinstance(value, _SEQUENCES):
        sizes.append(len(value))
        if not value:
            return tuple(sizes), None
        value = value[0]
    return tuple(sizes), value


def _inferred(array: np.ndarray, value: Any, sizes: tuple[int, ...]) -> np.ndarray:
    kind = array.dtype
    if kind == np.float64:
        # Python's floats are doubles to NumPy and single precision to TensorFlow.
        with np.errstate(over="ignore"):
            return array.astype(np.float32)
    if kind == np.int64:
        small = array.size == 0 or (array.min() >= _INT32_MIN and array.max() <= _INT32_MAX)
        return array.astype(np.int32) if small else array
    if kind.kind not in "biufc" or kind == np.uint64:
        _refuse(value, None, sizes)
    dtypes.as_dtype(kind)
    return array


def _fits(dtype: np.dtype, wanted: dtypes.DType) -> bool:
    """Whether Python values that NumPy sees as `dtype` may stand for `wanted`. NumPy's own bool counts as bool here."""
    kind = dtype.kind
    if wanted.is_integer:
        return kind in "iub" and dtype != np.uint64
    if wanted.is_floating or wanted is dtypes.bfloat16:
        return kind in "fiub"
    if wanted.is_complex:
        return kind in "cfiub"
    return kind == "b"


def _accepted(wanted: dtypes.DType) -> tuple[type, ...]:
    if wanted.is_integer:
        return _INTEGERS
    if wanted.is_floating or wanted is dtypes.bfloat16:
        return _REALS
    if wanted.is_complex:
        return _COMPLEX
    return _STRINGS if wanted is dtypes.string else (bool, np.bool_)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, _SEQUENCES):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _check_leaves(value: Any, wanted: dtypes.DType) -> None:
    accepted = _accepted(wanted)
    for leaf in _leaves(value):
        if not isinstance(leaf, accepted):
            _refuse_leaf(leaf, wanted)


def _refuse_leaf(leaf: Any, wanted: dtypes.DType) -> NoReturn:
    if _is_tensor(leaf):
        # "_Message" is what TensorFlow 0.8 calls the type of its own explanations, and of None.
        raise TypeError(f"Expected {wanted.name}, got list containing Tensors of type '_Message' instead.")
    shown = leaf.item() if isinstance(leaf, np.generic) else leaf
    kind = "_Message" if leaf is None else type(leaf).__name__
    raise TypeError(f"Expected {wanted.name}, got {shown!r} of type '{kind}' instead.")


def _is_tensor(leaf: Any) -> bool:
    return hasattr(leaf, "op") and hasattr(leaf, "dtype")


def _refuse(value: Any, wanted: dtypes.DType | None, sizes: tuple[int, ...]) -> NoReturn:
    """Say what is wrong with a value that is no dense array of numbers."""
    if wanted is not None:
        _check_leaves(value, wanted)
    try:
        objects = np.array(value, dtype=object)
    except ValueError:  # arrays of different shapes
        objects = np.empty(len(value), object)
    if objects.shape != sizes:
        if wanted is not None and wanted is not dtypes.string:
            raise ValueError("setting an array element with a sequence.")  # what NumPy said where it was told the type
        raise ValueError(
            f"Argument must be a dense tensor: {value} - got shape {list(objects.shape)}, but wanted {list(sizes)}."
        )
    for leaf in objects.reshape(-1).tolist():
        if _is_tensor(leaf):
            raise TypeError("List of Tensors when single Tensor expected")
        if not isinstance(leaf, _STRINGS):
            raise TypeError(f"Expected binary or unicode string, got {leaf!r}")
    raise ValueError(f"Argument must be a dense tensor: {value}")


def _dense_leaves(value: Any, sizes: tuple[int, ...]) -> list[Any]:
    level = [value]
    for size in sizes:
        if any(not isinstance(row, _SEQUENCES) or len(row) != size for row in level):
            _refuse(value, None, sizes)
        level = [item for row in level for item in row]
    return level


def _strings(sizes: tuple[int, ...], items: list[Any]) -> np.ndarray:
    array = np.empty(len(items), object)
    for i, item in enumerate(items):
        if isinstance(item, bytes):
            array[i] = bytes(item)
        elif isinstance(item, str):
            array[i] = item.encode("utf-8", "surrogateescape")
        elif _is_tensor(item):
            raise TypeError("List of Tensors when single Tensor expected")
        else:
            raise TypeError(f"Expected binary or unicode string, got {item!r}")
    return array.reshape(sizes)


def _quantized(value: Any, wanted: dtypes.DType) -> np.ndarray:
    """Quantized elements are one-element tuples, so the innermost tuples are leaves."""

    def check(item: Any) -> None:
        if isinstance(item, list) or (isinstance(item, tuple) and any(isinstance(part, _SEQUENCES) for part in item)):
            for part in item:
                check(part)
        elif not isinstance(item, tuple):
            _refuse_leaf(item, wanted)

    check(value)
    return np.array(value, wanted.as_numpy_dtype)


def plain(array: np.ndarray) -> np.ndarray:
    """The array with quantized elements as the numbers they are."""
    return array if array.dtype.names is None else array.view(array.dtype[0])


def _filled(array: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """The elements in another shape, the last one repeated where there are too few."""
    count = math.prod(sizes)
    if array.size > count:
        raise ValueError(f"Too many elements provided. Needed at most {count}, but received {array.size}")
    if array.size == count:
        return array.reshape(sizes)
    if array.size == 1:  # one element in memory, however many there are: tf.zeros, tf.ones
        return np.broadcast_to(array.reshape(()), sizes)
    result = np.empty(sizes, array.dtype)
    given = array.reshape(-1)
    flat = result.reshape(-1)
    flat[: given.size] = given
    if given.size:
        flat[given.size :] = given[-1]
    else:
        flat[:] = b"" if array.dtype == object else np.zeros((), array.dtype)
    return result
