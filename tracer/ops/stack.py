"""Stacks of tensors, which live as long as a run: operations that only graphs and `gen_data_flow_ops` name."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor


@op("Stack")
def stack(elem_type: Any, stack_name: str = "", name: str | None = None) -> Any:
    """An empty stack of tensors of one type."""
    return (2,)


@op("StackPush")
def stack_push(handle: Tensor, elem: Tensor, swap_memory: bool = False, name: str | None = None) -> Any:
    """`elem`, after it has been put on the stack. `swap_memory` is for devices with less memory than their host."""
    shapes.rank(handle.sizes, 1)
    return elem.sizes


@op("StackPop")
def stack_pop(handle: Tensor, elem_type: Any, name: str | None = None) -> Any:
    """What was put on the stack last, which it takes off."""
    shapes.rank(handle.sizes, 1)
    return None


@op("StackClose")
def stack_close(handle: Tensor, name: str | None = None) -> Any:
    """Empties the stack."""
    return []
