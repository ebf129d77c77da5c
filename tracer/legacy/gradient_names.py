"""What programs of 2016 reach for in `tensorflow.python.ops.gradients` and `math_ops` beside their public names."""

from __future__ import annotations

from typing import Any

from tracer.convert import IndexedSlices
from tracer.gradients import gradients
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, math


def _hessian_vector_product(ys: Any, xs: list[Any], v: list[Any]) -> list[Any]:
    """The product of the Hessian of `ys` by each of `xs` with the vector in `v` that has its shape."""
    if len(v) != len(xs):
        raise ValueError("xs and v must have the same length.")
    products = [math.mul(gradient, array.stop_gradient(vector))
                for gradient, vector in zip(gradients(ys, xs), v, strict=True) if gradient is not None]
    return gradients(products, xs)


def _MarkReachedOps(from_ops: list[Operation], reached_ops: list[bool]) -> None:
    """Marks `from_ops` and what depends on them, by `op._id`; what is marked already is not passed."""
    waiting = list(from_ops)
    while waiting:
        op = waiting.pop()
        if not reached_ops[op._id]:
            reached_ops[op._id] = True
            waiting += [consumer for output in op.outputs for consumer in output.consumers()]


def _GatherInputs(to_ops: list[Operation], reached_ops: list[bool]) -> list[Operation]:
    """The marked operations on which `to_ops` depend through marked ones; takes their marks away."""
    found = []
    waiting = list(to_ops)
    while waiting:
        op = waiting.pop(0)
        if reached_ops[op._id]:
            reached_ops[op._id] = False
            found.append(op)
            waiting += [tensor.op for tensor in op.inputs]
    return found


def _as_indexed_slices(x: Any) -> IndexedSlices:
    """A tensor as `IndexedSlices` that hold all of its rows."""
    if not isinstance(x, Tensor | IndexedSlices):
        raise TypeError(f"Not a Tensor or IndexedSlices: {type(x)}")
    if isinstance(x, IndexedSlices):
        return x
    shape = array.shape(x)
    return IndexedSlices(x, constants.range(0, shape[0]), shape)  # type: ignore[index]


def _as_indexed_slices_list(inputs: Any) -> list[IndexedSlices]:
    """Each as `IndexedSlices`, with indices of one type: int64 where theirs differ."""
    if not isinstance(inputs, list | tuple):
        raise TypeError(f"Expected a list or tuple, not a {type(inputs)}")
    slices = [_as_indexed_slices(x) for x in inputs]
    if len({s.indices.dtype for s in slices}) < 2:
        return slices
    return [IndexedSlices(s.values, casting.to_int64(s.indices), s.dense_shape) for s in slices]
