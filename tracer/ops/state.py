"""Variables as operations: their memory, and what writes it."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor


@op("Variable")
def variable_op(shape: Any, dtype: Any, container: str = "", shared_name: str = "", name: str | None = None) -> Any:
    """The memory of a variable, as a reference."""
    return shape


@op("Assign")
def assign(ref: Tensor, value: Tensor, validate_shape: bool = True, use_locking: bool = True,
           name: str | None = None) -> Any:
    """Gives `ref` the value `value`; returns the reference, as it is afterwards.

    Raises ValueError while recording when the shapes are known to differ (unless `validate_shape` is False).
    """
    if not validate_shape:
        return value.sizes
    return shapes.merge(ref.sizes, value.sizes)


@op("AssignAdd")
def assign_add(ref: Tensor, value: Tensor, use_locking: bool = False, name: str | None = None) -> Any:
    """Adds `value` to `ref`; returns the reference, as it is afterwards."""
    return shapes.merge(ref.sizes, value.sizes)


@op("AssignSub")
def assign_sub(ref: Tensor, value: Tensor, use_locking: bool = False, name: str | None = None) -> Any:
    """Subtracts `value` from `ref`; returns the reference, as it is afterwards."""
    return shapes.merge(ref.sizes, value.sizes)
