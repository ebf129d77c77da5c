"""The rule of `tensor[...]` where 0.8 had none."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels.convolving import transposed
from lowering.registry import Partly, Static, lowers
from lowering.rules.convolution import shape_of
from lowering.rules.state import brackets
from tracer import errors, shapes
from tracer.ir import Operation, Tensor


def _bounds(op: Operation) -> list[Tensor]:
    """What must be known while tracing: the bounds of ranges; a single place need not be."""
    found = []
    for tensor, mask in zip(op.inputs[1:4], ("begin_mask", "end_mask", ""), strict=True):
        free = op.attrs["shrink_axis_mask"] | (op.attrs[mask] if mask else 0)
        free |= op.attrs["ellipsis_mask"] | op.attrs["new_axis_mask"]
        parts = tensor.op.inputs if tensor.op.type == "Pack" else None
        if parts is not None:
            found += [part for i, part in enumerate(parts) if not free >> i & 1]
        elif tensor.op.type != "Const" and (tensor.sizes is None or tensor.sizes[0] is None
                                            or free != (1 << tensor.sizes[0]) - 1):
            found.append(tensor)
    return found


@lowers("StridedSlice", wants=_bounds)
def strided_slice(input: Any, begin: Partly, end: Partly, strides: Partly, *, begin_mask: int, end_mask: int,
                  ellipsis_mask: int, new_axis_mask: int, shrink_axis_mask: int, check: Any, declared: Any) -> Any:
    places = shapes.slice_places(np.ndim(input), len(begin), ellipsis_mask, new_axis_mask, shrink_axis_mask)
    input, begin, end = _begun(input, begin, end, strides, places, (begin_mask, end_mask), declared[0])
    index, dynamic = places_of(np.shape(input), begin, end, strides, begin_mask, end_mask, ellipsis_mask, new_axis_mask,
                               shrink_axis_mask)
    return _taken(input, index, dynamic, check)


def _begun(input: Any, begin: Any, end: Any, strides: Any, places: Any, masks: tuple[int, int],
           declared: Any) -> tuple[Any, list[Any], list[Any]]:
    """The input, from where on its ranges are taken that begin or end where only the run knows, of a known length."""
    begin, end = list(begin), list(end)
    axis = at = 0
    for kind, i in places:
        if kind == "range" and not all(_is_known(part[i]) or mask >> i & 1
                                       for part, mask in zip((begin, end), masks, strict=True)):
            length = None if declared is None or strides[i] != 1 else declared[at]
            if length is not None:
                start, size = 0 if masks[0] >> i & 1 else begin[i], np.shape(input)[axis]
                start = jnp.clip(jnp.where(start < 0, start + size, start), 0, size)
                input = lax.dynamic_slice_in_dim(input, start, length, axis)
                begin[i], end[i] = 0, length
        axis += kind != "new"
        at += kind != "index"
    return input, begin, end


def _is_known(place: Any) -> bool:
    return isinstance(place, (int, np.generic))


def places_of(sizes: tuple[int, ...], begin: Any, end: Any, strides: Any, begin_mask: int, end_mask: int,
              ellipsis_mask: int, new_axis_mask: int, shrink_axis_mask: int) -> tuple[list[Any], list[tuple[int, Any]]]:
    """What a slice takes as an index, and the places that only the run knows, which are ranges of one there."""
    places = shapes.slice_places(len(sizes), len(begin), ellipsis_mask, new_axis_mask, shrink_axis_mask)
    index: list[Any] = []
    dynamic: list[tuple[int, Any]] = []  # dimensions of which a place is taken that only the run knows
    axis = 0
    for kind, i in places:
        if kind == "new":
            index.append(None)
            continue
        if kind == "whole":
            index.append(slice(None))
        elif kind == "range":
            index.append(slice(None if begin_mask >> i & 1 else int(begin[i]),
                               None if end_mask >> i & 1 else int(end[i]), int(strides[i])))
        elif _is_known(begin[i]):
            shapes.check_index(int(begin[i]), sizes[axis], axis)
            index.append(int(begin[i]))
        else:
            dynamic.append((axis, begin[i]))
            index.append(slice(0, 1))
        axis += 1
    return index, dynamic


@lowers("StridedSliceGrad", wants=_bounds)
def strided_slice_grad(shape: Static, begin: Partly, end: Partly, strides: Partly, dy: Any, *, begin_mask: int,
                       end_mask: int, ellipsis_mask: int, new_axis_mask: int, shrink_axis_mask: int, check: Any) -> Any:
    def sliced(input: Any) -> Any:
        return strided_slice(input, begin, end, strides, begin_mask=begin_mask, end_mask=end_mask, check=check,
                             ellipsis_mask=ellipsis_mask, new_axis_mask=new_axis_mask, shrink_axis_mask=shrink_axis_mask,
                             declared=(None,))

    return transposed(sliced, shape_of(shape, check), dy)


def _taken(input: Any, index: list[Any], dynamic: list[tuple[int, Any]], check: Any) -> Any:
    for axis, place in dynamic:
        size = np.shape(input)[axis]
        check((place >= -size) & (place < size),
              lambda place, axis=axis: f"slice index {place} of dimension {axis} out of bounds.", place)
        input = lax.dynamic_slice_in_dim(input, jnp.where(place < 0, place + size, place), 1, axis)
    result = jnp.asarray(input)[tuple(index)]
    # A place taken as a range of one is a dimension too many.
    gone = set()
    at = axis = 0
    places = {axis for axis, _ in dynamic}
    for item in index:
        if item is not None:
            if axis in places:
                gone.add(at)
            axis += 1
        at += not isinstance(item, int)
    return jnp.squeeze(result, tuple(gone)) if gone else result


@lowers("StridedSliceAssign", writes="ref", wants=_bounds)
def strided_slice_assign(ref: Any, begin: Partly, end: Partly, strides: Partly, value: Any, *, begin_mask: int,
                         end_mask: int, ellipsis_mask: int, new_axis_mask: int, shrink_axis_mask: int,
                         check: Any) -> Any:
    ref, value = jnp.asarray(ref), jnp.asarray(value)
    index, dynamic = places_of(ref.shape, begin, end, strides, begin_mask, end_mask, ellipsis_mask, new_axis_mask,
                               shrink_axis_mask)
    numbers = _taken(np.arange(ref.size).reshape(ref.shape), index, dynamic, check)
    check(numbers.shape == value.shape, lambda: errors.UnimplementedError(
        None, None, f"sliced l-value shape {brackets(numbers.shape)} does not match r-value shape "
                    f"{brackets(value.shape)}. Automatic broadcasting not yet implemented."))
    return ref.reshape(-1).at[numbers.reshape(-1)].set(value.reshape(-1)).reshape(ref.shape)
