"""Rules of stacks: Python lists that live as long as the run that made them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lowering.kernels.arrays import StackHandle
from lowering.registry import lowers
from tracer import errors


@lowers("Stack", host=True)
def stack(*, elem_type: Any, stack_name: str, op: Any, temporaries: set) -> StackHandle:
    name = stack_name or op.name
    if ("Stack", name) in temporaries:
        raise errors.AlreadyExistsError(None, None, f"Resource _stacks/{name}/N10tensorflow5StackE")
    temporaries.add(("Stack", name))
    return StackHandle(name, elem_type)


@lowers("StackPush", host=True)
def stack_push(handle: StackHandle, elem: Any, *, swap_memory: bool) -> Any:
    elem = np.asarray(elem)
    if elem.dtype != np.dtype(handle.dtype.array_dtype):
        raise errors.InvalidArgumentError(None, None, f"Must have type {handle.dtype.name} but got {elem.dtype.name}")
    if handle.closed:
        raise errors.InvalidArgumentError(None, None, f"Stack[{handle.name}] has already been closed.")
    handle.items.append(elem)
    return elem


@lowers("StackPop", host=True)
def stack_pop(handle: StackHandle, *, elem_type: Any) -> Any:
    if handle.closed:
        raise errors.InvalidArgumentError(None, None, f"Stack[{handle.name}] has already been closed.")
    if not handle.items:
        raise errors.InvalidArgumentError(None, None, f"Stack[{handle.name}] is empty when calling Pop().")
    return handle.items.pop()


@lowers("StackClose", host=True)
def stack_close(handle: StackHandle) -> None:
    handle.closed = True
    handle.items.clear()
