"""Tensors named, measured, reshaped, joined and cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_to_tensor, internal_convert_to_tensor, register_tensor_conversion_function
from tracer.declare import op
from tracer.ir import Graph, Tensor
from tracer.ops import casting
from tracer.ops.constants import constant as constant
from tracer.ops.constants import fill as fill
from tracer.ops.constants import ones as ones
from tracer.ops.constants import ones_like as ones_like
from tracer.ops.constants import range as range_
from tracer.ops.constants import zeros as zeros
from tracer.ops.constants import zeros_like as zeros_like
from tracer.static import constant_sizes, constant_value


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor whose value every run must feed.

    >>> x = tf.placeholder(tf.float32, [None, 2])
    >>> sess.run(x * 2, {x: [[1, 2]]})
    array([[2., 4.]], dtype=float32)
    """
    known = shapes.as_shape(shape)
    # The operation's attribute can hold a complete shape only; what is known of another stands at the tensor.
    tensor = _placeholder(dtypes.as_dtype(dtype), known if known.is_fully_defined() else shapes.scalar(), name=name)
    tensor.set_shape(known)
    return tensor


@op("Placeholder")
def _placeholder(dtype: Any, shape: Any, name: str | None = None) -> Any:
    return None if shape is None else shape.sizes or None


@op("PlaceholderWithDefault")
def placeholder_with_default(input: Tensor, shape: Any, name: str | None = None) -> Any:
    """`input`, unless a run feeds another value of the given (possibly partial) shape.

    >>> rate = tf.placeholder_with_default(0.5, [])
    >>> sess.run(rate), sess.run(rate, {rate: 0.25})
    (0.5, 0.25)
    """
    shapes.merge(input.sizes, shape.sizes)
    return shape.sizes


@op("Identity")
def identity(input: Tensor, name: str | None = None) -> Any:
    """The same value: a point where control dependencies and gradients attach."""
    return input.sizes


@op("RefIdentity")
def _ref_identity(input: Tensor, name: str | None = None) -> Any:
    return input.sizes


@op("StopGradient")
def stop_gradient(input: Tensor, name: str | None = None) -> Any:
    """The same value, through which no gradient flows."""
    return input.sizes


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
def shape_n(input: list[Tensor], name: str | None = None) -> Any:
    """The shapes of several tensors, as a list of int32 vectors."""
    return [(None if tensor.sizes is None else len(tensor.sizes),) for tensor in input]


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
        return None if shape.sizes is None else constant_sizes(shape)
    sizes = [int(size) for size in np.reshape(wanted, -1)]
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


# -- joined and cut


def concat(concat_dim: Any, values: Any, name: str = "concat") -> Tensor:
    """The tensors `values` one after the other along dimension `concat_dim`.

    >>> tf.concat(1, [[[1, 2]], [[3]]]).eval()
    array([[1, 2, 3]], dtype=int32)
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    if isinstance(concat_dim, int) and concat_dim < 0:
        concat_dim = _from_the_front(concat_dim, values)
    if len(values) != 1:
        return _concat(concat_dim, values, name=name)
    with scopes.name_scope(name) as scope:
        axis = internal_convert_to_tensor(concat_dim, dtypes.int32, "concat_dim")
        axis.get_shape().assert_is_compatible_with(shapes.scalar())
        return identity(values[0], name=scope)


def _from_the_front(axis: int, values: Sequence[Any]) -> int:
    """A dimension counted from the end, which 0.9 and later take, where the rank of one of the tensors is known."""
    ranks = [internal_convert_to_tensor(value).get_shape().ndims for value in values]
    return next((axis + rank for rank in ranks if rank is not None and axis + rank >= 0), axis)


@op("Concat")
def _concat(concat_dim: Tensor, values: list[Tensor], name: str | None = None) -> Any:
    shapes.rank(concat_dim.sizes, 0)
    axis = constant_value(concat_dim)
    return shapes.concat([value.sizes for value in values], None if axis is None else int(axis))


@op("ConcatOffset")
def _concat_offset(concat_dim: Tensor, shape: list[Tensor], name: str | None = None) -> Any:
    return [tensor.sizes for tensor in shape]


def split(split_dim: Any, num_split: int, value: Any, name: str = "split") -> list[Tensor]:
    """`value` cut into `num_split` equal parts along dimension `split_dim`.

    >>> sess.run(tf.split(0, 2, [1, 2, 3, 4]))
    [array([1, 2], dtype=int32), array([3, 4], dtype=int32)]
    """
    return _split(split_dim, value, num_split, name=name)


@op("Split")
def _split(split_dim: Tensor, value: Tensor, num_split: int, name: str | None = None) -> Any:
    axis = constant_value(split_dim)
    sizes = value.sizes
    if axis is None:
        return [None if sizes is None else (None,) * len(sizes)] * num_split
    axis = int(axis)
    sizes = shapes.at_least(sizes, axis + 1)
    if sizes is None:
        return [None] * num_split
    extent = sizes[axis]
    if extent is not None and extent % num_split:
        raise ValueError(f"Number of ways to split should evenly divide the split dimension but got split_dim {axis} "
                         f"(size = {extent}) and num_split {num_split}")
    part = None if extent is None else extent // num_split
    return [(*sizes[:axis], part, *sizes[axis + 1:])] * num_split


def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Tensor:
    """The block of `input_` that starts at `begin` and has the sizes `size`; -1 takes all that follows.

    >>> tf.slice([[1, 2, 3], [4, 5, 6]], [0, 1], [2, -1]).eval()
    array([[2, 3],
           [5, 6]], dtype=int32)
    """
    return _slice(input_, begin, size, name=name)


@op("Slice")
def _slice(input: Tensor, begin: Tensor, size: Tensor, name: str | None = None) -> Any:
    (count,) = shapes.merge(shapes.rank(begin.sizes, 1), shapes.rank(size.sizes, 1))  # type: ignore[misc]
    sizes = input.sizes
    starts, extents = constant_value(begin), constant_value(size)
    if count is None and sizes is not None:
        count = len(sizes)
    if sizes is not None:
        shapes.same(count, len(sizes))
    elif count is not None:
        sizes = (None,) * count
    if extents is None or sizes is None:
        return sizes if sizes is None else (None,) * len(sizes)
    found: list[int | None] = []
    for i, (whole, extent) in enumerate(zip(sizes, extents.tolist(), strict=True)):
        if extent != -1:
            found.append(int(extent))
        elif whole is None or starts is None:
            found.append(None)
        else:
            found.append(whole - int(starts[i]))
    return shapes.as_shape(found)


def pack(values: Any, name: Any = "pack", *, axis: int = 0) -> Tensor:
    """Tensors of one shape, stacked along a new first dimension; from 0.10 on along a new dimension `axis`.

    >>> tf.pack([tf.constant([1, 2]), tf.constant([3, 4])]).eval()
    array([[1, 2],
           [3, 4]], dtype=int32)
    """
    if isinstance(name, int):  # since 0.10 the axis comes before the name
        axis, name = name, "pack"
    try:
        if not axis and _first_tensor(values) is None:
            # Plain numbers need no operation but a constant.
            return convert_to_tensor(values, name=name)
    except (TypeError, ValueError):
        pass
    return _pack(values, axis, name=name)


@op("Pack")
def _pack(values: list[Tensor], axis: int = 0, name: str | None = None) -> Any:
    common: shapes.Sizes = None
    for value in values:
        common = shapes.merge(common, value.sizes)
    if common is None:
        return None
    at = _axis(axis, len(common) + 1)
    return (*common[:at], len(values), *common[at:])


def _axis(axis: int, rank: int) -> int:
    """A dimension that may count from the end."""
    if not -rank <= axis < rank:
        raise ValueError(f"axis = {axis} not in [{-rank}, {rank})")
    return axis % rank


def _first_tensor(values: Any) -> Tensor | None:
    """The first tensor within nested lists."""
    for value in values if isinstance(values, (list, tuple)) else ():
        if isinstance(value, Tensor):
            return value
        if isinstance(value, (list, tuple)):
            found = _first_tensor(value)
            if found is not None:
                return found
        elif hasattr(value, "_as_graph_element"):
            return value._as_graph_element()
    return None


def _list_to_tensor(values: Any, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    """Nested lists with tensors in them, packed. 0.8 refused those; later versions took `[n, -1]` as a shape."""
    first = _first_tensor(values)
    if first is None or (dtype is not None and first.dtype.base_dtype is not dtype.base_dtype):
        return NotImplemented
    return _pack_nested(values, first.dtype.base_dtype, first.graph, name or "packed")


def _pack_nested(values: Any, dtype: dtypes.DType, graph: Graph, name: str) -> Tensor:
    with graph.as_default(), graph.name_scope(name) as scope:
        if _first_tensor(values) is None:
            return internal_convert_to_tensor(values, dtype, scope, graph=graph)
        parts = [_pack_nested(value, dtype, graph, str(i)) if isinstance(value, (list, tuple))
                 else internal_convert_to_tensor(value, dtype, str(i), graph=graph) for i, value in enumerate(values)]
        return _pack(parts, name=scope)


register_tensor_conversion_function((list, tuple), _list_to_tensor, 99)


def unpack(value: Any, num: int | None = None, name: Any = "unpack", *, axis: int = 0) -> list[Tensor]:
    """The parts of `value` along its first dimension (from 0.10 on: along `axis`), which they lose.

    >>> sess.run(tf.unpack([[1, 2], [3, 4]]))
    [array([1, 2], dtype=int32), array([3, 4], dtype=int32)]

    Raises ValueError when neither `num` nor the shape tells how many there are.
    """
    if isinstance(name, int):  # since 0.10 the axis comes before the name
        axis, name = name, "unpack"
    value = convert_to_tensor(value)
    if num is None:
        shape = value.get_shape()
        num = shape[_axis(axis, shape.ndims)].value if shape.ndims is not None else None
        if num is None:
            raise ValueError(f"Cannot infer num from shape {shape}")
    return _unpack(value, num, axis, name=name)


@op("Unpack")
def _unpack(value: Tensor, num: int, axis: int = 0, name: str | None = None) -> Any:
    sizes = shapes.at_least(value.sizes, 1)
    if sizes is None:
        return [None] * num
    at = _axis(axis, len(sizes))
    shapes.same(sizes[at], num)
    return [(*sizes[:at], *sizes[at + 1:])] * num
