"""Tensors measured, and the same elements in other forms. What names, fills, joins and cuts them is at hand here, too."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tracer import dtypes, scopes, shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import casting
from tracer.ops.constants import constant as constant
from tracer.ops.constants import fill as fill
from tracer.ops.constants import ones as ones
from tracer.ops.constants import ones_like as ones_like
from tracer.ops.constants import range as range_
from tracer.ops.constants import zeros as zeros
from tracer.ops.constants import zeros_like as zeros_like
from tracer.ops.joining import concat as concat
from tracer.ops.joining import pack as pack
from tracer.ops.joining import slice as slice
from tracer.ops.joining import split as split
from tracer.ops.joining import unpack as unpack
from tracer.ops.placeholders import identity as identity
from tracer.ops.placeholders import placeholder as placeholder
from tracer.ops.placeholders import placeholder_with_default as placeholder_with_default
from tracer.ops.placeholders import stop_gradient as stop_gradient
from tracer.static import constant_sizes, constant_value

# -- measures


def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """The shape of `input` as an int32 vector, or, from 0.11 on, of int64.

    >>> tf.shape([[1, 2, 3], [4, 5, 6]]).eval()
    array([2, 3], dtype=int32)
    """
    if dtypes.as_dtype(out_type) is not dtypes.int32:
        return casting.cast(shape(input), out_type, name=name or "Shape")
    whole = _dense_shape(input)
    return _shape(input, name=name) if whole is None else _to_int32(whole, name or "Shape")


def rank(input: Any, name: str | None = None) -> Tensor:
    """The number of dimensions of `input`.

    >>> tf.rank([[1, 2, 3], [4, 5, 6]]).eval()
    2
    """
    whole = _dense_shape(input)
    return _rank(input, name=name) if whole is None else size(whole, name=name or "Rank")


def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Tensor:
    """The number of elements of `input`, in `out_type` from 0.12 on.

    >>> tf.size([[1, 2, 3], [4, 5, 6]]).eval()
    6
    """
    if dtypes.as_dtype(out_type) is not dtypes.int32:
        return casting.cast(size(input), out_type, name=name or "Size")
    whole = _dense_shape(input)
    if whole is None:
        return _size(input, name=name)
    from tracer.ops import reduction

    return reduction.reduce_prod(_to_int32(whole, "ToInt32"), 0, name=name or "Size")


def _dense_shape(input: Any) -> Tensor | None:
    """The shape vector that a sparse tensor carries; 0.8 itself measured dense tensors only."""
    return input.shape if hasattr(input, "_session_parts") and hasattr(input, "shape") else None


def _to_int32(tensor: Tensor, name: str) -> Tensor:
    return casting.cast(tensor, dtypes.int32, name=name)


@op("Shape")
def _shape(input: Tensor, name: str | None = None) -> Any:
    return (None if input.sizes is None else len(input.sizes),)


@op("ShapeN")
def _shape_n(input: list[Tensor], name: str | None = None) -> Any:
    return [(None if tensor.sizes is None else len(tensor.sizes),) for tensor in input]


def shape_n(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> list[Tensor]:
    """The shapes of several tensors, as a list of int32 vectors, or, from 0.12 on, of int64."""
    found = _shape_n(input, name=name)
    return found if dtypes.as_dtype(out_type) is dtypes.int32 else [casting.cast(one, out_type) for one in found]


@op("Rank")
def _rank(input: Tensor, name: str | None = None) -> Any:
    return ()


@op("Size")
def _size(input: Tensor, name: str | None = None) -> Any:
    return ()


# -- the same elements in another form


@op("Reshape")
def reshape(tensor: Tensor, shape: Tensor, name: str | None = None) -> Any:
    """The elements of `tensor`, in order, in another shape; one size of -1 is worked out.

    >>> tf.reshape([1, 2, 3, 4, 5, 6], [2, -1]).eval()
    array([[1, 2, 3],
           [4, 5, 6]], dtype=int32)
    """
    wanted = constant_value(shape)
    if wanted is None:
        return None if shape.sizes is None else _with_what_is_left(tensor, constant_sizes(shape))
    sizes = [int(size) for size in np.reshape(wanted, -1)]
    for size in sizes:
        if size < -1:
            raise ValueError(f"Dimension {size} must be >= 0")
    count = shapes.product(tensor.sizes)
    if -1 not in sizes:
        if count is not None and math.prod(sizes) != count:
            raise ValueError(f"Cannot reshape a tensor with {count} elements to shape {sizes} "
                             f"({math.prod(sizes)} elements)")
        return tuple(sizes)
    at = sizes.index(-1)
    rest = math.prod(sizes[:at] + sizes[at + 1:])
    if count is None:
        sizes_known: list[int | None] = list(sizes)
        sizes_known[at] = None
        return tuple(sizes_known)
    if rest == 0:
        raise ValueError("reshape cannot infer the missing input size for an empty tensor unless all specified input "
                         "sizes are non-zero")
    if count % rest:
        raise ValueError(f"input has {count} elements, which isn't divisible by {rest}")
    sizes[at] = count // rest
    return tuple(sizes)


def _with_what_is_left(tensor: Tensor, wanted: shapes.Sizes) -> shapes.Sizes:
    """Partly known sizes of what has the elements of `tensor`: when just one is unknown, it follows from their number."""
    count = shapes.product(tensor.sizes)
    if wanted is None or count is None or wanted.count(None) != 1:
        return wanted
    rest = math.prod(size for size in wanted if size is not None)
    return wanted if rest == 0 or count % rest else tuple(count // rest if size is None else size for size in wanted)


@op("ExpandDims")
def expand_dims(input: Tensor, dim: Tensor, name: str | None = None) -> Any:
    """`input` with a dimension of size 1 inserted at `dim`; -1 is the end.

    >>> tf.shape(tf.expand_dims([1, 2], 0)).eval()
    array([1, 2], dtype=int32)
    """
    at = constant_value(dim)
    if input.sizes is None or at is None:
        return None
    at, count = int(np.reshape(at, -1)[0]), len(input.sizes)
    if not -count - 1 <= at <= count:
        raise ValueError(f"dim {at} not in [{-count - 1}, {count}].")
    at += count + 1 if at < 0 else 0
    return (*input.sizes[:at], 1, *input.sizes[at:])


def squeeze(input: Any, squeeze_dims: Any = (), name: str | None = None, *, axis: Any = None) -> Tensor:
    """`input` without its dimensions of size 1, or without those in the list `squeeze_dims`.

    >>> tf.squeeze([[[1], [2]]], [0]).eval()
    array([[1],
           [2]], dtype=int32)

    From 0.9 on `squeeze_dims` may be one number, and None; 0.12 calls it `axis`.
    """
    chosen = squeeze_dims if axis is None else axis
    if isinstance(chosen, (int, np.integer)):
        chosen = [chosen]
    return _squeeze(input, () if chosen is None else chosen, name=name)


@op("Squeeze")
def _squeeze(input: Tensor, squeeze_dims: Any = (), name: str | None = None) -> Any:
    sizes = input.sizes
    if sizes is None:
        return None
    if not squeeze_dims:
        return None if None in sizes else tuple(size for size in sizes if size != 1)
    count = len(sizes)
    for axis in squeeze_dims:
        if not -count <= axis < count:
            raise ValueError(f"squeeze_dims[{axis}] not in [{-count}, {count}).")
    chosen = {axis % count for axis in squeeze_dims}
    for axis in sorted(chosen):
        if sizes[axis] not in (None, 1):
            raise ValueError(f"Can not squeeze dim[{axis}], expected a dimension of 1, got {sizes[axis]}.")
    return tuple(size for axis, size in enumerate(sizes) if axis not in chosen)


def transpose(a: Any, perm: Any = None, name: str = "transpose") -> Tensor:
    """`a` with its dimensions in the order `perm`; reversed by default.

    >>> tf.transpose([[1, 2, 3], [4, 5, 6]]).eval()
    array([[1, 4],
           [2, 5],
           [3, 6]], dtype=int32)
    """
    with scopes.op_scope([a], name, "transpose") as scope:
        if perm is not None:
            return _transpose(a, perm, name=scope)
        from tracer.ops import math

        count = rank(a)
        last = math.sub(count, 1, name="sub")
        result = _transpose(a, math.sub(last, range_(0, count, 1, name="Range"), name="sub_1"), name=scope)
        sizes = result.op.inputs[0].sizes
        result.set_shape(shapes.TensorShape.of(None if sizes is None else sizes[::-1]))
        return result


@op("Transpose")
def _transpose(x: Tensor, perm: Tensor, name: str | None = None) -> Any:
    order = constant_value(perm)
    count = shapes.rank(perm.sizes, 1)[0]
    sizes = x.sizes
    if sizes is None:
        return None if count is None else (None,) * count
    shapes.same(count, len(sizes))
    if order is None:
        return (None,) * len(sizes)
    for axis in order:
        if not 0 <= axis < len(sizes):
            raise IndexError(f"perm element {axis} is out of range [0, {len(sizes)})")  # TensorFlow's type
    return tuple(sizes[axis] for axis in order)


@op("Bitcast")
def bitcast(input: Tensor, type: Any, name: str | None = None) -> Any:
    """The bytes of `input` as elements of another type; a larger or smaller one takes or adds a last dimension."""
    sizes, before, after = input.sizes, input.dtype.base_dtype.size, type.size
    if sizes is None or before == after:
        return sizes
    if before > after:
        return (*sizes, before // after)
    if not sizes or sizes[-1] not in (None, after // before):
        last = shapes.Dimension(sizes[-1] if sizes else None)
        raise ValueError(f"Cannot bitcast due to shape. {last} -> {after // before}.")
    return sizes[:-1]
