"""Many tensors as one array: the rows of a stack, the parts of a tensor that was cut up, or arrays side by side."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret, registry
from lowering.kernels.arrays import Stack, StackRow
from lowering.plan import companions
from tracer.ir import Operation, Tensor


class ShapesDifferError(Exception):
    """These values cannot stand in one array."""


def stacked(tensors: tuple[Tensor, ...], context: Any) -> Any:
    """The values of `tensors` as one array. Raises ShapesDifferError where they have no common shape and type."""
    values = [context.values.get(tensor) for tensor in tensors]
    if not all(isinstance(value, StackRow) for value in values):
        whole = _cut_up(tensors, context)
        if whole is not None:
            return whole
    pieces = _pieces(values)
    if len(pieces) == 1 and not isinstance(pieces[0], int):
        return pieces[0]
    arrays = [interpret.as_value(context.read(tensors[piece]))[None] if isinstance(piece, int) else piece
              for piece in pieces]
    _check_alike(arrays)
    return jnp.concatenate(arrays)


def _check_alike(arrays: list[Any]) -> None:
    if len({(array.shape[1:], array.dtype) for array in arrays}) > 1:
        raise ShapesDifferError


def _pieces(values: list[Any]) -> list[Any]:
    """Runs of rows that follow one another in one stack, as arrays; the places of all other values."""
    found: list[Any] = []
    i = 0
    while i < len(values):
        first = values[i]
        if not isinstance(first, StackRow):
            found.append(i)
            i += 1
            continue
        step, count = 1, 1
        for step in (1, -1):
            count = 1
            while i + count < len(values) and isinstance(values[i + count], StackRow) and (
                    values[i + count].stack is first.stack and values[i + count].index == first.index + step * count):
                count += 1
            if count > 1:
                break
        found.append(i if count == 1 else _rows(first.stack.array, first.index, count, step))
        i += count
    return found


def _rows(array: Any, first: int, count: int, step: int) -> Any:
    if step < 0:
        return jnp.flip(_rows(array, first - count + 1, count, 1), 0)
    return array if count == array.shape[0] else jax.lax.slice_in_dim(array, first, first + count)


def _cut_up(tensors: tuple[Tensor, ...], context: Any) -> Any:
    """The slices of one tensor along a dimension, in order or backwards: that dimension moved to the front."""
    operations = [tensor.op for tensor in tensors]
    op = operations[0]
    if any(tensor in context.given or tensor in context.deltas for tensor in tensors) or op in context.custom:
        return None
    if op.type in ("Unpack", "Split") and all(other is op for other in operations):
        axis = 0 if op.type == "Unpack" else _constant(op.inputs[0])
        if axis is None or op.inputs[0] in context.given:
            return None
        whole = interpret.as_value(context.read(op.inputs[-1]))
        rows = _split(whole, int(axis), len(op.outputs), op.type == "Split")
        return _in_order(rows, [tensor.value_index for tensor in tensors])
    if op.type == "Slice" and len(set(operations)) == len(operations):
        return _sliced(operations, context)
    return None


def _constant(tensor: Tensor) -> Any:
    return tensor.op.attrs["value"] if tensor.op.type == "Const" else None


def _split(whole: Any, axis: int, count: int, keeps: bool) -> Any:
    """`whole` cut along `axis` into `count` pieces, stacked; with `keeps` the pieces keep that dimension."""
    sizes = whole.shape
    if not keeps:
        return jnp.moveaxis(whole, axis, 0)
    pieces = whole.reshape(*sizes[:axis], count, sizes[axis] // count, *sizes[axis + 1:])
    return jnp.moveaxis(pieces, axis, 0)


def _in_order(rows: Any, at: list[int]) -> Any:
    """The rows at these places, which follow one another, forwards or backwards; None where they do not."""
    first, count = at[0], len(at)
    for step in (1, -1):
        if at == list(range(first, first + step * count, step)):
            return _rows(rows, first, count, step)
    return None


def _sliced(operations: list[Operation], context: Any) -> Any:
    """Slices of one tensor, each beside the one before."""
    first = operations[0]
    if any(op.type != "Slice" or op.inputs[0] is not first.inputs[0]
           or any(_constant(t) is None or t in context.given for t in op.inputs[1:]) for op in operations):
        return None
    begins = np.array([_constant(op.inputs[1]) for op in operations])
    sizes = np.array([_constant(op.inputs[2]) for op in operations])
    moving = np.flatnonzero((begins != begins[0]).any(0))
    if len(moving) != 1 or (sizes != sizes[0]).any():
        return None
    axis, size = int(moving[0]), int(sizes[0][moving[0]])
    steps = np.diff(begins[:, axis])
    if size < 1 or (np.abs(steps) != size).any() or (steps != steps[0]).any():
        return None
    whole = interpret.as_value(context.read(first.inputs[0]))
    low, high = int(begins[:, axis].min()), int(begins[:, axis].max()) + size
    region = []
    for d, extent in enumerate(whole.shape):
        begin = low if d == axis else int(begins[0][d])
        length = high - low if d == axis else int(sizes[0][d])
        region.append(slice(begin, extent if length == -1 else begin + length))
        if begin < 0 or region[-1].stop > extent:
            return None  # the operation itself says what is wrong
    rows = _split(whole[tuple(region)], axis, len(operations), True)
    return jnp.flip(rows, 0) if steps[0] < 0 else rows


def joined(node: Operation, context: Any) -> Any:
    """The result of an operation that joins tensors, where these are rows of a stack, in order; None elsewhere."""
    if node.type == "DynamicStitch":
        return _stitched(node, context)
    tensors = node.inputs[1:] if node.type == "Concat" else node.inputs
    values = [context.values.get(tensor) for tensor in tensors]
    if sum(isinstance(value, StackRow) for value in values) < 2 or node.attrs.get("axis"):
        return None
    pieces = _pieces(values)
    if all(isinstance(piece, int) for piece in pieces):
        return None
    arrays = [interpret.as_value(context.read(tensors[piece])) if isinstance(piece, int) else piece
              for piece in pieces]
    single = [isinstance(piece, int) for piece in pieces]
    shapes = {(a.shape if alone else a.shape[1:], a.dtype) for a, alone in zip(arrays, single, strict=True)}
    if len(shapes) > 1:
        return None
    if node.type == "AddN":
        return _total(arrays, single)
    if node.type == "Pack":
        return jnp.concatenate([a[None] if alone else a for a, alone in zip(arrays, single, strict=True)])
    axis = _constant(node.inputs[0])
    rank = len(next(iter(shapes))[0])
    if axis is None or node.inputs[0] in context.given or not 0 <= int(axis) < rank:
        return None
    return jnp.concatenate([a if alone else _side_by_side(a, int(axis))
                            for a, alone in zip(arrays, single, strict=True)], int(axis))


def _stitched(node: Operation, context: Any) -> Any:
    """The same of `DynamicStitch`, where each row has a constant as its place."""
    indices, data = node.arguments
    pieces = _pieces([context.values.get(tensor) for tensor in data])
    if any(tensor in context.given or np.ndim(_constant(tensor)) for tensor in indices) or any(
            isinstance(piece, int) for piece in pieces):
        return None
    places: list[Any] = [_constant(tensor) for tensor in indices]
    if any(place is None for place in places) or len({(piece.shape[1:], piece.dtype) for piece in pieces}) > 1:
        return None
    rule = registry.find(node.type)
    assert rule is not None
    return rule.function([np.stack(places)], [jnp.concatenate(pieces)], prepared=companions.prepared(node, context))


def _total(arrays: list[Any], single: list[bool]) -> Any:
    total = None
    for array, alone in zip(arrays, single, strict=True):
        part = array if alone else array.sum(0, dtype=array.dtype)
        total = part if total is None else total + part
    return total


def _side_by_side(rows: Any, axis: int) -> Any:
    sizes = rows.shape[1:]
    return jnp.moveaxis(rows, 0, axis).reshape(*sizes[:axis], sizes[axis] * rows.shape[0], *sizes[axis + 1:])


def parts(array: Any) -> list[Any]:
    """All rows of `array`."""
    return [jax.lax.squeeze(part, (0,)) for part in jax.lax.split(array, [1] * array.shape[0])]


class Rows:
    """The rows that one context has taken out of stacks. A second one of a stack takes out all, by one operation."""

    def __init__(self) -> None:
        self.first: dict[int, tuple[Stack, int, Any]] = {}
        self.all: dict[int, list[Any]] = {}

    def read(self, row: StackRow) -> Any:
        """The value of `row`."""
        key = id(row.stack)
        if key in self.all:
            return self.all[key][row.index]
        known = self.first.get(key)
        if known is None:
            value = jax.lax.index_in_dim(row.stack.array, row.index, keepdims=False)
            self.first[key] = row.stack, row.index, value
            return value
        if known[1] == row.index:
            return known[2]
        self.all[key] = parts(row.stack.array)
        self.all[key][known[1]] = known[2]
        return self.all[key][row.index]
