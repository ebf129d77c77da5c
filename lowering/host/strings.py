"""Rules of the operations on strings, and how strings become numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lowering.registry import lowers
from tracer import dtypes, errors

_MASK = (1 << 64) - 1
_MULTIPLIER = 0xC6A4A7935BD1E995
_SEED = 0xDECAFCAFFE


def objects(items: list[Any], shape: Any = None) -> np.ndarray:
    """A list of strings as an array."""
    result = np.empty(len(items), object)
    result[:] = items
    return result if shape is None else result.reshape(shape)


def parse_float(text: bytes) -> float | None:
    """The number that C's `strtod` reads, spaces around it allowed; None when the text is something else."""
    text = text.partition(b"\0")[0]
    if b"_" not in text:
        try:
            return float(text)
        except ValueError:
            pass
        if text.isspace():
            return 0.0  # as TensorFlow's check lets it pass
        if b"x" in text or b"X" in text:
            try:
                return float.fromhex(text.decode())
            except (ValueError, OverflowError, UnicodeDecodeError):
                return None
    return None


def parse_int(text: bytes, bits: int) -> int | None:
    """The decimal number in the text, spaces around it allowed; None when it is none or too large."""
    text = text.strip()
    if not (text[1:] if text[:1] == b"-" else text).isdigit():
        return None
    value = int(text)
    return value if -(1 << bits - 1) <= value < 1 << bits - 1 else None


def numbers(items: list[bytes], kind: dtypes.DType, error: Any) -> np.ndarray:
    """The strings as an array of numbers; `error(text)` makes the exception for one that is none."""
    if kind is dtypes.float32:
        values: list[Any] = [parse_float(item) for item in items]
    else:
        bits = 32 if kind is dtypes.int32 else 64
        values = [parse_int(item, bits) for item in items]
    if None in values:
        raise error(items[values.index(None)].decode(errors="replace"))
    with np.errstate(over="ignore"):
        return np.array(values, np.float64 if kind is dtypes.float32 else np.int64).astype(kind.array_dtype)


@lowers("StringToNumber", host=True, rows=True)
def string_to_number(string_tensor: Any, *, out_type: dtypes.DType) -> np.ndarray:
    array = np.asarray(string_tensor, object)

    def error(text: str) -> Exception:
        return errors.InvalidArgumentError(None, None, f"StringToNumberOp could not correctly convert string: {text}")

    return numbers(array.reshape(-1).tolist(), out_type, error).reshape(array.shape)


def hash64(data: bytes) -> int:
    """TensorFlow's 64-bit hash of a string: MurmurHash2 with a seed of its own."""
    value = _SEED ^ len(data) * _MULTIPLIER & _MASK
    whole = len(data) & ~7
    for at in range(0, whole, 8):
        part = int.from_bytes(data[at:at + 8], "little") * _MULTIPLIER & _MASK
        part = (part ^ part >> 47) * _MULTIPLIER & _MASK
        value = (value ^ part) * _MULTIPLIER & _MASK
    if whole < len(data):
        value = (value ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _MASK
    value = (value ^ value >> 47) * _MULTIPLIER & _MASK
    return value ^ value >> 47


@lowers("StringToHashBucket", host=True, rows=True)
def string_to_hash_bucket(string_tensor: Any, *, num_buckets: int) -> np.ndarray:
    array = np.asarray(string_tensor, object)
    buckets = [hash64(item) % num_buckets for item in array.reshape(-1).tolist()]
    return np.array(buckets, np.int64).reshape(array.shape)


@lowers("ReduceJoin", host=True)
def reduce_join(inputs: Any, reduction_indices: Any, *, keep_dims: bool, separator: str) -> np.ndarray:
    array = np.asarray(inputs, object)
    if not array.ndim:
        raise errors.InvalidArgumentError(None, None, "Input cannot be a scalar.")
    given = np.asarray(reduction_indices).reshape(-1).tolist()
    order = []
    for index in given:
        at = index + array.ndim if index < 0 else index
        if not 0 <= at < array.ndim:
            raise errors.OutOfRangeError(
                None, None, f"Invalid reduction dimension {index} for input with {array.ndim} dimension(s)")
        if not array.shape[at]:
            raise errors.InvalidArgumentError(None, None, f"Reduction dimension {index} has size 0")
        if at in order:
            raise errors.InvalidArgumentError(None, None, f"Duplicate reduction dimension {index}")
        order.append(at)
    # The first dimension named varies fastest; without any, the last one does.
    order = order[::-1] or list(range(array.ndim))
    kept = [i for i in range(array.ndim) if i not in order]
    outer = math.prod(array.shape[i] for i in kept)
    inner = math.prod(array.shape[i] for i in order)
    rows = array.transpose(*kept, *order).reshape(outer, inner).tolist()
    joiner = separator.encode()
    joined = [joiner.join(row) for row in rows]
    shape = [1 if i in order else size for i, size in enumerate(array.shape) if keep_dims or i not in order]
    return objects(joined, shape)


@lowers("StringJoin", host=True)
def string_join(inputs: list[Any], *, separator: str) -> np.ndarray:
    arrays = [np.asarray(item, object) for item in inputs]
    shapes = {array.shape for array in arrays if array.ndim}
    if len(shapes) > 1:
        raise errors.InvalidArgumentError(None, None, f"Input shapes do not match: {' vs. '.join(map(str, shapes))}")
    shape = next(iter(shapes), ())
    columns = [np.broadcast_to(array, shape).reshape(-1).tolist() for array in arrays]
    return objects([separator.encode().join(row) for row in zip(*columns, strict=True)], shape)
