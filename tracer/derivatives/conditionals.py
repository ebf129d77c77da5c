"""Conditionals in TensorFlow's own form: what a `Switch` sends into a branch, and what a `Merge` brings out of them."""

from __future__ import annotations

from typing import Any

from tracer.convert import IndexedSlices
from tracer.derivatives.arrays import all_rows
from tracer.derivatives.registry import CONDITION, UnsupportedError, derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting


@derivative("Merge", "RefMerge")
def _merge(op: Operation, grad: Tensor, _: Any) -> Any:
    """The gradient goes into the branch that was taken."""
    condition = op.attrs.get(CONDITION)
    if condition is None or len(op.inputs) != 2:
        raise UnsupportedError(op, "whose condition is not known")
    return list(raw("Switch", grad, condition, name="cond_grad"))


@derivative("Switch", "RefSwitch")
def _switch(op: Operation, *grads: Any) -> Any:
    """What came from the branch that was taken: zeros where it did not use the value, and for all rows where the other
    branch took rows."""
    if not any(isinstance(grad, IndexedSlices) for grad in grads):
        return raw("Merge", list(grads), name="cond_grad")[0]
    slices = [grad if isinstance(grad, IndexedSlices) else all_rows(grad) for grad in grads]
    kind = next(grad.indices.dtype for grad in grads if isinstance(grad, IndexedSlices))
    values = raw("Merge", [one.values for one in slices], name="cond_grad")[0]
    indices = raw("Merge", [casting.cast(one.indices, kind) for one in slices], name="cond_grad/indices")[0]
    return IndexedSlices(values, indices, array.shape(op.inputs[0]))
