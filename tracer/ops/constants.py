"""Tensors made from nothing: constants, zeros and ones, sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import dtypes, scopes, shapes
from tracer.convert import constant_in, internal_convert_to_tensor, is_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.scopes import get_default_graph
from tracer.static import constant_sizes, constant_value


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = "Const",
             verify_shape: bool = False) -> Tensor:
    """A tensor that always holds `value`.

    Args:
        value: a Python number, string, (nested) list or NumPy array.
        dtype: its type; by default that of the value (int32, float32, ...).
        shape: its shape; a value with fewer elements has its last one repeated.
        verify_shape: whether the value must have that shape; from 0.12 on.

    >>> tf.constant([1, 2, 3]).eval()
    array([1, 2, 3], dtype=int32)
    """
    if verify_shape and shape is not None and (found := np.shape(value)) != tuple(shapes.as_shape(shape).as_list()):
        raise TypeError(f"Expected Tensor's shape: {tuple(shapes.as_shape(shape).as_list())}, got {found}.")
    kind = None if dtype is None else dtypes.as_dtype(dtype)
    return constant_in(get_default_graph(), value, kind, shape, "Const" if name is None else name)


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """A tensor of zeros (of empty strings); `shape` is a list of ints or a tensor.

    >>> tf.zeros([2, 3]).eval()
    array([[0., 0., 0.],
           [0., 0., 0.]], dtype=float32)
    """
    kind = dtypes.as_dtype(dtype).base_dtype
    value = "" if kind is dtypes.string else kind is not dtypes.bool and 0
    return _filled(shape, value, kind, name, "zeros")


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """A tensor of ones; `shape` is a list of ints or a tensor.

    >>> tf.ones([2, 2], tf.int32).eval()
    array([[1, 1],
           [1, 1]], dtype=int32)
    """
    kind = dtypes.as_dtype(dtype).base_dtype
    return _filled(shape, kind is dtypes.bool or 1, kind, name, "ones")


def _filled(shape: Any, value: Any, kind: dtypes.DType, name: str | None, default: str) -> Tensor:
    if isinstance(shape, (int, np.integer)):
        shape = [shape]  # a vector: from 0.9 on
    with scopes.op_scope([shape], name, default) as scope:
        if isinstance(shape, (list, tuple)) and not any(map(is_tensor, shape)):
            return constant(value, kind, shape, scope)
        dims = internal_convert_to_tensor(shape, dtypes.int32, "shape")
        return fill(dims, constant(value, kind), name=scope)


def zeros_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Tensor:
    """Zeros of the shape of `tensor`, and of its type unless `dtype` names another.

    `optimize`, from 0.12 on, is accepted: a shape that is known is always taken from what is known.

    >>> tf.zeros_like([[1, 2], [3, 4]]).eval()
    array([[0, 0],
           [0, 0]], dtype=int32)
    """
    from tracer.ops import array

    with scopes.op_scope([tensor], name, "zeros_like") as scope:
        tensor = internal_convert_to_tensor(tensor, name="tensor")
        if dtype is None or dtypes.as_dtype(dtype).base_dtype is tensor.dtype.base_dtype:
            return _zeros_like(tensor, name=scope)
        result = zeros(array.shape(tensor), dtype, name=scope)
        result.set_shape(tensor.get_shape())
        return result


@op("ZerosLike")
def _zeros_like(x: Tensor, name: str | None = None) -> Any:
    return x.sizes


def ones_like(tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True) -> Tensor:
    """Ones of the shape of `tensor`, and of its type unless `dtype` names another; `optimize` as for `zeros_like`.

    >>> tf.ones_like([[1, 2], [3, 4]]).eval()
    array([[1, 1],
           [1, 1]], dtype=int32)
    """
    from tracer.ops import array

    with scopes.op_scope([tensor], name, "ones_like") as scope:
        tensor = internal_convert_to_tensor(tensor, name="tensor")
        result = ones(array.shape(tensor), tensor.dtype if dtype is None else dtype, name=scope)
        result.set_shape(tensor.get_shape())
        return result


@op("ImmutableConst")
def _immutable_const(dtype: Any, shape: Any, memory_region_name: str, name: str | None = None) -> Any:
    """The bytes at the start of a file as a tensor."""
    return shape


@op("Fill")
def fill(dims: Tensor, value: Tensor, name: str | None = None) -> Any:
    """A tensor of shape `dims` that holds `value` everywhere.

    >>> tf.fill([2, 3], 9).eval()
    array([[9, 9, 9],
           [9, 9, 9]], dtype=int32)
    """
    shapes.rank(value.sizes, 0)
    return constant_sizes(dims)


def range(start: Any, limit: Any = None, delta: Any = 1, name: str = "range", dtype: Any = None) -> Tensor:
    """The int32 numbers from `start` (0 when only one number is given) by steps of `delta`, before `limit`.

    >>> tf.range(3, 18, 3).eval()
    array([ 3,  6,  9, 12, 15], dtype=int32)

    From 0.9 on the numbers may be int64, float32 or float64, and from 0.12 on `dtype` says of which type they are.
    """
    if limit is None:
        start, limit = 0, start
    kind = max((_kind(part) for part in (start, limit, delta)), key=_KINDS_OF_RANGES.index)
    if dtype is not None and dtypes.as_dtype(dtype) is not kind:
        return _range_of_type(dtypes.as_dtype(dtype), start, limit, delta, name)
    if kind is dtypes.int32:
        return _range(start, limit, delta, name=name)
    return _range_of(kind, start, limit, delta, name)


def _range_of_type(kind: dtypes.DType, start: Any, limit: Any, delta: Any, name: str) -> Tensor:
    from tracer.ops import casting

    if kind not in _KINDS_OF_RANGES:
        raise TypeError(f"range makes numbers of {', '.join(k.name for k in _KINDS_OF_RANGES)}, not of {kind.name}")
    parts = [casting.cast(part, kind) if is_tensor(part) else kind.as_numpy_dtype(part)
             for part in (start, limit, delta)]
    return range(*parts, name=name)


_KINDS_OF_RANGES = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64]


def _kind(part: Any) -> dtypes.DType:
    """The type of numbers that one of the arguments of `range` asks for."""
    if is_tensor(part):
        kind = part.dtype.base_dtype
    elif isinstance(part, (np.ndarray, np.generic)):
        kind = dtypes.as_dtype(part.dtype)
    else:
        kind = dtypes.float32 if isinstance(part, float) else dtypes.int32
    return kind if kind in _KINDS_OF_RANGES else dtypes.int32


def _range_of(kind: dtypes.DType, start: Any, limit: Any, delta: Any, name: str) -> Tensor:
    from tracer.ops import casting, math

    parts = (start, limit, delta)
    if not any(map(is_tensor, parts)):
        first, last, step = (kind.as_numpy_dtype(part) for part in parts)
        if step == 0:
            raise ValueError(f"Requires delta != 0: {delta}")
        steps = np.full(max(0, -int(-(float(last) - float(first)) // float(step))), step, kind.as_numpy_dtype)
        steps[:1] = first
        return constant(np.cumsum(steps, dtype=kind.as_numpy_dtype), name=name)
    with scopes.name_scope(name):
        first, last, step = (casting.cast(internal_convert_to_tensor(part), kind) for part in parts)
        count = math.ceil((last - first) / step) if kind.is_floating else (last - first + step - math.sign(step)) / step
        return first + step * casting.cast(_range(0, casting.to_int32(count), 1), kind)


@op("Range")
def _range(start: Tensor, limit: Tensor, delta: Tensor, name: str | None = None) -> Any:
    parts = [constant_value(tensor) for tensor in (start, limit, delta)]
    if any(part is None for part in parts):
        return (None,)
    first, last, step = (np.asarray(part)[()] for part in parts)
    count = int(-(-(last - first) // step)) if step else -1
    return (count if count >= 0 else None,)  # running it says what is wrong


@op("LinSpace")
def linspace(start: Tensor, stop: Tensor, num: Tensor, name: str | None = None) -> Any:
    """`num` numbers at equal distances from `start` to `stop`, both included.

    >>> tf.linspace(10.0, 12.0, 3).eval()
    array([10., 11., 12.], dtype=float32)
    """
    count = constant_value(num)
    return (None if count is None else int(count),)


lin_space = linspace
