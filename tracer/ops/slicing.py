"""`tensor[...]`: TensorFlow 0.8 had `Slice` and `Squeeze` for it; what 0.9 to 0.12 added is composed of the same."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from tracer import dtypes
from tracer.ir import Tensor
from tracer.ops import array
from tracer.shapes import Dimension

_INTEGERS = (int, np.integer)


def getitem(tensor: Tensor, key: Any) -> Tensor:
    """The part of `tensor` that `key` names, as NumPy reads it: numbers, slices, `...`, None, and scalar tensors.

    Dimensions that are not named are taken whole. Raises TypeError for any other index, ValueError for too many.
    """
    keys = _expanded(tensor, key if isinstance(key, tuple) else (key,))
    begin: list[Any] = []
    size: list[Any] = []
    strides: list[tuple[int, int]] = []
    drop: list[int] = []
    added: list[int] = []
    place = 0
    for item in keys:
        if item is None:
            added.append(place)
            place += 1
            continue
        axis = len(begin)
        if isinstance(item, slice):
            start, length, step = _range(tensor, axis, item)
            if step != 1:
                strides.append((axis, step))
            place += 1
        else:
            start, length = _from_front(tensor, axis, _index(item)), 1
            drop.append(axis)
        begin.append(start)
        size.append(length)
    result = tensor
    if begin:
        result = array.slice(tensor, _vector(begin), _vector(size))
    for axis, step in strides:
        result = _every(result, axis, step)
    if drop:
        result = array.squeeze(result, drop)
    for at in added:
        result = array.expand_dims(result, at)
    return result


def _index(item: Any) -> Any:
    if isinstance(item, Tensor):
        if not item.dtype.is_integer:
            raise TypeError(f"Bad slice index {item} of type {type(item)}")
        return item
    if hasattr(item, "_as_graph_element"):  # a variable
        return item.value()
    if isinstance(item, (*_INTEGERS, float)) and not isinstance(item, bool):
        return int(item)
    if isinstance(item, Dimension) and item.value is not None:
        return item.value
    raise TypeError(f"Bad slice index {item} of type {type(item)}")


def _expanded(tensor: Tensor, keys: tuple) -> list[Any]:
    """The keys with `...` spelled out; dimensions left out at the end are whole only where the rank is known."""
    rank = tensor.get_shape().ndims
    named = sum(1 for item in keys if item is not None and not isinstance(item, types.EllipsisType))
    if rank is None:
        if any(isinstance(item, types.EllipsisType) for item in keys):
            raise ValueError(f"Ellipsis in an index of {tensor}, whose rank is not known: call set_shape first")
        return list(keys)
    if named > rank:
        tensor.get_shape().assert_has_rank(named)
    ellipses = [i for i, item in enumerate(keys) if isinstance(item, types.EllipsisType)]
    if len(ellipses) > 1:
        raise ValueError("Multiple ellipses not allowed")
    rest = [slice(None)] * (rank - named)
    if not ellipses:
        return [*keys, *rest]
    at = ellipses[0]
    return [*keys[:at], *rest, *keys[at + 1:]]


def _extent(tensor: Tensor, axis: int) -> Any:
    """The size of a dimension: a number where it is known, a tensor elsewhere."""
    sizes = tensor.sizes
    if sizes is not None and sizes[axis] is not None:
        return sizes[axis]
    return array.squeeze(array.slice(array.shape(tensor), [axis], [1]), [0])


def _from_front(tensor: Tensor, axis: int, index: Any) -> Any:
    """An index that may count from the end, counted from the front."""
    if isinstance(index, int) and index < 0:
        extent = _extent(tensor, axis)
        return extent + index
    return index


def _range(tensor: Tensor, axis: int, item: slice) -> tuple[Any, Any, int]:
    """Begin, size and step of a slice; a negative step is the same elements turned round."""
    step = 1 if item.step is None else int(item.step)
    if step == 0:
        raise ValueError("slice step cannot be zero")
    start, stop = (None if bound is None else _index(bound) for bound in (item.start, item.stop))
    if step < 0:
        start, stop = _turned(tensor, axis, start, stop)
    known = tensor.sizes[axis] if tensor.sizes is not None and axis < len(tensor.sizes) else None
    if known is not None and all(bound is None or isinstance(bound, int) for bound in (start, stop)):
        first, last, _ = slice(start, stop).indices(known)
        return first, max(last - first, 0), step
    first = 0 if start is None else _from_front(tensor, axis, start)
    if stop is None:
        return first, -1 if not isinstance(first, Tensor) else _extent(tensor, axis) - first, step
    last = _from_front(tensor, axis, stop)
    if isinstance(first, int) and isinstance(last, int) and last < first:
        raise ValueError("Stop must be at least start")
    return first, last - first, step


def _turned(tensor: Tensor, axis: int, start: Any, stop: Any) -> tuple[Any, Any]:
    """The slice from low to high that holds the elements of `[start:stop:-n]`."""
    low = None if stop is None else stop + 1
    high = None if start is None or start == -1 else start + 1
    return low, high


def _every(tensor: Tensor, axis: int, step: int) -> Tensor:
    """Every `step`-th element along `axis`; from the last one backwards when `step` is negative."""
    from tracer.ops import constants, indexing

    if step < 0:
        rank = tensor.get_shape().ndims or axis + 1
        tensor = indexing.reverse(tensor, [i == axis for i in range(rank)])
    if step in (1, -1):
        return tensor
    places = constants.range(0, _extent(tensor, axis), step if step > 0 else -step)
    if axis == 0:
        return indexing.gather(tensor, places)
    rank = tensor.get_shape().ndims or axis + 1
    order = [axis, *(i for i in range(rank) if i != axis)]
    front = indexing.gather(array.transpose(tensor, order), places)
    return array.transpose(front, [order.index(i) for i in range(rank)])


def _vector(items: list[Any]) -> Any:
    if any(isinstance(item, Tensor) for item in items):
        from tracer.ops import casting

        return array.pack([casting.cast(item, dtypes.int32) if isinstance(item, Tensor) else item for item in items])
    return items
