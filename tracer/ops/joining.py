"""Tensors joined and cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_to_tensor, internal_convert_to_tensor, register_tensor_conversion_function
from tracer.declare import op
from tracer.ir import Graph, Tensor
from tracer.ops.placeholders import identity
from tracer.static import constant_value, known_elements


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
    starts, extents = known_elements(begin), constant_value(size)
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
        else:
            start = starts[i] if starts is not None else None
            found.append(None if whole is None or start is None else whole - start)
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
