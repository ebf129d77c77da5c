"""How a `TensorArray` enters a loop: as one stacked array, of the size that it will have at the end."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from lowering.flow import trips
from lowering.kernels.arrays import Elements, Handle
from tracer.ir import Operation, Tensor


def entering(node: Operation, starts: list[Any], known: trips.Trips | None, context: Any) -> list[Any]:
    """The first values of the loop variables, the arrays among them stacked.

    What an array without elements will hold, the body tells: `_element` evaluates it up to the write, abstractly.
    """
    found = []
    for i, value in enumerate(starts):
        if isinstance(value, Elements):
            writes = _writes(node, i)
            value = _grown(node, value, writes, known, context)
            value = value.spread(_element(node, writes, starts, context) if _is_empty(value) else None)
        found.append(value)
    return found


def grow(node: Operation, starts: list[Any], context: Any) -> bool:
    """Whether the body writes to an array that may grow."""
    return any(isinstance(value, Elements) and _may_grow(_writes(node, i), context) for i, value in enumerate(starts))


def surely_grow(node: Operation) -> bool:
    """Whether the body writes to an array that began, of constant size, with one element or none, and may grow."""
    for i in range(node.attrs["count"]):
        writes = _writes(node, i)
        made = writes[0].inputs[0].op if writes else None
        if made is not None and made.type == "TensorArray" and made.attrs["dynamic_size"]:
            size = made.inputs[0].op
            if size.type == "Const" and size.attrs["value"] <= 1:
                return True
    return False


def _may_grow(writes: list[Operation], context: Any) -> bool:
    handle = context.values.get(writes[0].inputs[0]) if writes else None
    return isinstance(handle, Handle) and handle.dynamic_size


def _is_empty(value: Elements) -> bool:
    return value.items is not None and all(item is None for item in value.items)


def _writes(node: Operation, index: int) -> list[Operation]:
    """The operations of the body, outside of further regions, that write to the array of a loop variable."""
    step = node.regions[1]
    found = []
    tensor = step.outputs[index]
    while tensor is not step.inputs[index]:
        op = tensor.op
        if op.region is not step or op.type not in ("TensorArrayWrite", "Identity"):
            return []
        if op.type == "TensorArrayWrite":
            found.append(op)
        tensor = op.inputs[-1] if op.type == "TensorArrayWrite" else op.inputs[0]
    return found


def _grown(node: Operation, value: Elements, writes: list[Operation], known: trips.Trips | None,
           context: Any) -> Elements:
    """An array that grows, at its final size, where the indices follow from what counts the trips."""
    if known is None or not known.count or not _may_grow(writes, context):
        return value
    starts = [known.walk(0)[k] for k in range(len(known.counters))]
    size = value.size
    for write in writes:
        index = trips.traced(node.regions[1], [write.inputs[1]], known.counters, starts, context) \
            if (trips.depends(node.regions[1], [write.inputs[1]]) or {-1}) <= set(known.counters) else None
        if index is None:
            return value
        last = max(int(trips.evaluate(index, known.walk(trip))[0]) for trip in range(known.count))
        size = max(size, last + 1)
    return value.grown(size)


def _element(node: Operation, writes: list[Operation], starts: list[Any], context: Any) -> Any:
    """Shape and type of what the first write of the body writes; None when that cannot be told."""
    from lowering.flow.regions import compute

    if not writes:
        return None
    step = node.regions[1]
    value: Tensor = writes[-1].inputs[2]

    def written() -> Any:
        child = context.child()
        child.values.update((t, v) for t, v in zip(step.inputs, starts, strict=True))
        return compute(step, [value], child)[0]

    try:
        return jax.eval_shape(written)
    except Exception:
        known = value.sizes
        if known is None or None in known:
            raise
        return jax.ShapeDtypeStruct(known, np.dtype(value.dtype.base_dtype.array_dtype))
