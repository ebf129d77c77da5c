"""Conditionals in TensorFlow's own form: what a `Switch` sends into a branch, and what a `Merge` brings out of them."""

from __future__ import annotations

from typing import Any

from tracer.derivatives.registry import CONDITION, UnsupportedError, derivative, raw
from tracer.ir import Operation, Tensor


@derivative("Merge", "RefMerge")
def _merge(op: Operation, grad: Tensor, _: Any) -> Any:
    """The gradient goes into the branch that was taken."""
    condition = op.attrs.get(CONDITION)
    if condition is None or len(op.inputs) != 2:
        raise UnsupportedError(op, "whose condition is not known")
    return list(raw("Switch", grad, condition, name="cond_grad"))


@derivative("Switch", "RefSwitch")
def _switch(op: Operation, *grads: Tensor) -> Any:
    """What came from the branch that was taken: zeros where it did not use the value."""
    return raw("Merge", list(grads), name="cond_grad")[0]
