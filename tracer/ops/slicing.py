"""`tensor[...]`: the block that 0.8 took when every dimension was given, and what later versions made of the rest."""

from __future__ import annotations

import builtins
import numbers
from typing import Any

import numpy as np

from tracer import dtypes, opdef, shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.static import constant_sizes, known_elements

_INDEX = opdef.Attribute("Index", "type", (dtypes.int32, dtypes.int64))
_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
opdef.register(opdef.OpDef(
    "StridedSlice",
    (opdef.Argument("input", type_attr="T"), opdef.Argument("begin", type_attr="Index"),
     opdef.Argument("end", type_attr="Index"), opdef.Argument("strides", type_attr="Index")),
    (opdef.Argument("output", type_attr="T"),),
    {"T": opdef.Attribute("T", "type"), "Index": _INDEX,
     **{name: opdef.Attribute(name, "int", default=0, has_default=True) for name in _MASKS}},
    inferred=frozenset({"T", "Index"}),
))
opdef.register(opdef.parse(
    "StridedSliceGrad\tshape:Index; begin:Index; end:Index; strides:Index; dy:T\toutput:T\tT:type; "
    f"Index:type{{int32,int64}}; {'; '.join(f'{name}:int=0' for name in _MASKS)}\t"))
opdef.register(opdef.parse(
    "StridedSliceAssign\tref:Ref(T); begin:Index; end:Index; strides:Index; value:T\toutput_ref:Ref(T)\tT:type; "
    f"Index:type{{int32,int64}}; {'; '.join(f'{name}:int=0' for name in _MASKS)}\t"))


def getitem(tensor: Tensor, key: Any) -> Tensor:
    """`tensor[key]`, where `key` is made of numbers, slices, scalar tensors, `...` and `tf.newaxis`.

    >>> tf.constant([[1, 2, 3], [4, 5, 6]])[:, -1].eval()
    array([3, 6], dtype=int32)

    Raises TypeError for anything else.
    """
    items = list(key) if isinstance(key, (list, tuple)) else [key]
    block = _block(tensor, items)
    return _strided(tensor, items) if block is None else _sliced(tensor, *block)


def getitem_of_variable(variable: Any, key: Any) -> Tensor:
    """`variable[key]`, which from 0.10 on has a method that writes there: `variable[key].assign(value)`.

    >>> v = tf.Variable([1.0, 2.0, 3.0])
    >>> sess.run(v.initializer)
    >>> sess.run(v[1:].assign([8.0, 9.0]))
    array([1., 8., 9.], dtype=float32)

    Raises UnimplementedError, while running, when `value` is not of the shape of what is at `key`.
    """
    part = getitem(variable.value(), key)
    vars(part)["assign"] = lambda value: _assigned(variable, key, value, part)
    return part


def _assigned(variable: Any, key: Any, value: Any, part: Tensor) -> Tensor:
    from tracer import scopes

    bounds, masks = _bounds_of(list(key) if isinstance(key, (list, tuple)) else [key])
    with scopes.op_scope([variable, *_tensors(*bounds)], f"{part.op.name}/"):
        return strided_slice_assign(variable.ref(), *_vectors(*bounds), value, **masks, name="_assign")


# -- as TensorFlow 0.8 recorded it: Slice, then Squeeze


def _block(tensor: Tensor, items: list[Any]) -> tuple[list[int], list[int], list[int]] | None:
    """Begin and size of each dimension, and which dimensions go; None where 0.8 knew no answer."""
    if tensor.sizes is None or len(items) != len(tensor.sizes) or not items:
        return None
    begin, size, gone = [], [], []
    for axis, (item, whole) in enumerate(zip(items, tensor.sizes, strict=True)):
        if isinstance(item, builtins.slice):
            bounds = _bounds(item, whole)
            if bounds is None:
                return None
            begin.append(bounds[0])
            size.append(bounds[1])
        elif not _is_number(item) or int(item) < 0:
            return None
        else:
            begin.append(int(item))
            size.append(1)
            gone.append(axis)
    return begin, size, gone


def _bounds(item: builtins.slice, whole: int | None) -> tuple[int, int] | None:
    if not all(part is None or _is_number(part) for part in (item.start, item.stop, item.step)):
        return None
    start = 0 if item.start is None else int(item.start)
    if item.step not in (None, 1) or start < 0 or (whole is not None and start > whole):
        return None
    if item.stop is None:
        return start, -1
    stop = int(item.stop)
    return None if stop < start or (whole is not None and stop > whole) else (start, stop - start)


def _is_number(item: Any) -> bool:
    """Whether it counts as a number; 0.8 cut fractions off."""
    if isinstance(item, np.ndarray):
        return item.ndim == 0 and item.dtype.kind in "iuf"
    return isinstance(item, (numbers.Real, shapes.Dimension)) and not isinstance(item, bool)


def _sliced(tensor: Tensor, begin: list[int], size: list[int], gone: list[int]) -> Tensor:
    from tracer.ops import array

    block = array.slice(tensor, begin, size)
    return array.squeeze(block, squeeze_dims=gone) if gone else block


# -- as later versions recorded it: StridedSlice


def _strided(tensor: Tensor, items: list[Any]) -> Tensor:
    from tracer import scopes

    bounds, masks = _bounds_of(items)
    with scopes.op_scope([tensor, *_tensors(*bounds)], None, "strided_slice") as scope:
        return strided_slice(tensor, *_vectors(*bounds), **masks, name=scope)


def _bounds_of(items: list[Any]) -> tuple[tuple[list[Any], list[Any], list[Any]], dict[str, int]]:
    """Begins, ends and strides, as numbers and tensors, and the masks that say what they stand for."""
    begin, end, strides = [], [], []
    masks: dict[str, int] = dict.fromkeys(_MASKS, 0)
    for i, item in enumerate(items):
        bit = 1 << i
        start, stop, step = 0, 0, 1
        if item is None:
            masks["new_axis_mask"] |= bit
        elif item is Ellipsis:
            masks["ellipsis_mask"] |= bit
        elif isinstance(item, builtins.slice):
            start, stop, step = _part(item.start, 0), _part(item.stop, 0), _part(item.step, 1)
            masks["begin_mask"] |= bit * (item.start is None)
            masks["end_mask"] |= bit * (item.stop is None)
        else:
            start = _part(item, 0)
            stop = start if isinstance(start, Tensor) else start + 1
            masks["shrink_axis_mask"] |= bit
        begin.append(start)
        end.append(stop)
        strides.append(step)
    return (begin, end, strides), masks


def _part(item: Any, default: int) -> Any:
    if item is None:
        return default
    if _is_number(item):
        return int(item)
    if hasattr(item, "_as_graph_element") or isinstance(item, Tensor):
        index = convert_to_tensor(item)
        if index.dtype.base_dtype in (dtypes.int32, dtypes.int64) and index.sizes in (None, ()):
            return index
    raise TypeError(f"Bad slice index {item} of type {type(item)}")


def _tensors(*lists: list[Any]) -> list[Tensor]:
    return [part for parts in lists for part in parts if isinstance(part, Tensor)]


def _vectors(*lists: list[Any]) -> list[Tensor]:
    wide = any(part.dtype.base_dtype is dtypes.int64 for part in _tensors(*lists))
    return [_vector(parts, dtypes.int64 if wide else dtypes.int32) for parts in lists]


def _vector(parts: list[Any], kind: dtypes.DType) -> Tensor:
    from tracer.ops import array, math

    if not _tensors(parts):
        return array.constant(np.array(parts, kind.array_dtype), name="stack")
    same = [math.cast(part, kind) if isinstance(part, Tensor) and part.dtype.base_dtype is not kind else part
            for part in parts]
    return array.pack(same, name="stack")


@op("StridedSlice")
def strided_slice(input: Tensor, begin: Tensor, end: Tensor, strides: Tensor, begin_mask: int = 0, end_mask: int = 0,
                  ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0,
                  name: str | None = None) -> Any:
    """The elements from `begin` to `end` in steps of `strides`, as the masks change it. TensorFlow has it since 0.11."""
    (count,) = shapes.merge(shapes.rank(begin.sizes, 1), shapes.rank(end.sizes, 1)) or (None,)
    if input.sizes is None or count is None:
        return None
    places = shapes.slice_places(len(input.sizes), count, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    starts, stops, steps = _known(begin, count), _known(end, count), _known(strides, count)
    found: list[int | None] = []
    axis = 0
    for kind, i in places:
        if kind == "new":
            found.append(1)
            continue
        whole = input.sizes[axis]
        axis += 1
        if kind == "whole":
            found.append(whole)
        elif kind == "index":
            shapes.check_index(starts[i], whole, axis - 1)
        else:
            bounds = [None if begin_mask >> i & 1 else starts[i], None if end_mask >> i & 1 else stops[i], steps[i]]
            unknown = (not begin_mask >> i & 1 and starts[i] is None) or (not end_mask >> i & 1 and stops[i] is None)
            if steps[i] == 0:
                raise ValueError(f"strides[{i}] must be non-zero")
            known = not unknown and steps[i] is not None and whole is not None
            found.append(len(range(*builtins.slice(*bounds).indices(whole))) if known else None)  # type: ignore[arg-type]
    return tuple(found)


def _known(vector: Tensor, count: int) -> list[int | None]:
    """The elements of a vector as far as they are known while recording."""
    return known_elements(vector) or [None] * count


@op("StridedSliceGrad")
def strided_slice_grad(shape: Tensor, begin: Tensor, end: Tensor, strides: Tensor, dy: Tensor, begin_mask: int = 0,
                       end_mask: int = 0, ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0,
                       name: str | None = None) -> Any:
    """The gradient of `strided_slice` by its input, which had this `shape`: `dy` at its places, zeros elsewhere."""
    return constant_sizes(shape)


@op("StridedSliceAssign")
def strided_slice_assign(ref: Tensor, begin: Tensor, end: Tensor, strides: Tensor, value: Tensor, begin_mask: int = 0,
                         end_mask: int = 0, ellipsis_mask: int = 0, new_axis_mask: int = 0, shrink_axis_mask: int = 0,
                         name: str | None = None) -> Any:
    """Writes `value` where `strided_slice` would read of `ref`; returns the reference, as it is afterwards."""
    return ref.sizes
