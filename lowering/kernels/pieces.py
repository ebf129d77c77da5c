"""A tensor that many slices cut up is cut once: the gradients of the pieces then lie side by side.

The gradient of a slice is an array of the whole size with zeros around, and those of n slices are n such arrays to be added
up: work for n times the whole, and n computations for XLA to compile.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from lowering import fast
from lowering.interpret import Alias
from lowering.plan.slice import variable_of
from tracer.ir import Operation, Tensor

FEWEST = 4
"""So many different pieces are worth it."""


def read(node: Operation, context: Any) -> Any:
    """What a `Slice` gives, as a piece of its input; None where it is not one of many."""
    tensor = node.inputs[0]
    if tensor not in context.pieces:
        context.pieces[tensor] = _cut(tensor, context) if fast.on("pieces") else {}
    return context.pieces[tensor].get(node)


def _cut(tensor: Tensor, context: Any) -> dict[Operation, Any]:
    """The pieces of a tensor, by the operations that read them; none where these do not lie side by side."""
    readers = [op for op in dict.fromkeys(context.readers.get(tensor, ())) if _is_constant(op, tensor, context)]
    if len(readers) < FEWEST or variable_of(tensor) is not None or isinstance(context.values.get(tensor), Alias):
        return {}
    whole = context.read(tensor)
    sizes = np.shape(whole)
    by_axis: dict[int, dict[Operation, tuple[int, int]]] = {}
    for op in readers:
        found = _place(op, sizes)
        if found is not None:
            by_axis.setdefault(found[0], {})[op] = found[1]
    axis, places = max(by_axis.items(), key=lambda item: len(set(item[1].values())), default=(0, {}))
    ends = _ends(sorted(set(places.values())), sizes[axis] if places else 0)
    if ends is None:
        return {}
    parts = jax.lax.split(jax.numpy.asarray(whole), np.diff([0, *ends]).tolist(), axis)
    return {op: parts[ends.index(end)] for op, (_, end) in places.items()}


def _is_constant(op: Operation | None, tensor: Tensor, context: Any) -> bool:
    return (op is not None and op.type == "Slice" and op.inputs[0] is tensor and op not in context.custom
            and all(t.op.type == "Const" and t not in context.given for t in op.inputs[1:]))


def _place(op: Operation, sizes: tuple[int, ...]) -> tuple[int, tuple[int, int]] | None:
    """The one axis that it cuts, and from where to where; None where it cuts none, or several, or what is not there."""
    begins, lengths = (np.ravel(t.op.attrs["value"]).tolist() for t in op.inputs[1:])
    if len(begins) != len(sizes) or len(lengths) != len(sizes):
        return None
    ends = [size if length == -1 else begin + length for begin, length, size in zip(begins, lengths, sizes, strict=True)]
    cut = [i for i, size in enumerate(sizes) if begins[i] or ends[i] != size]
    if len(cut) != 1 or not 0 <= begins[cut[0]] < ends[cut[0]] <= sizes[cut[0]]:
        return None
    return cut[0], (begins[cut[0]], ends[cut[0]])


def _ends(places: list[tuple[int, int]], size: int) -> list[int] | None:
    """Where the pieces end, gaps between them among these; None where they are few, or overlap."""
    ends: list[int] = []
    for begin, end in places:
        before = ends[-1] if ends else 0
        if begin < before:
            return None
        ends += [begin, end] if begin > before else [end]
    if len(places) < FEWEST:
        return None
    return ends if ends[-1] == size else [*ends, size]
