"""What a checkpoint gives goes to its variable at once, tensor by tensor, so that restoring needs no memory for all of them.

An `Assign` of what a `Restore` read is a host step then, and each is run when its variable's turn comes. A run that
fails leaves the old values, so these stay until the end of it. Where that would take much memory, everything is read
once before: when nothing was wrong with it, the old values go one by one.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import Any

import jax
import numpy as np

from lowering.plan.stages import HostStage
from lowering.run.state import State
from tracer import dtypes
from tracer.ir import Operation, Tensor

RESTORES = frozenset({"Restore", "RestoreSlice", "RestoreV2"})
_MUCH = 64 << 20


def find(order: Iterable[Operation], fed: frozenset[Tensor], fetches: Iterable[Tensor]) -> frozenset[Operation]:
    """The assignments among `order` of what is restored for them alone."""
    order = list(order)
    if not any(op.type in RESTORES for op in order):
        return frozenset()
    known, kept = set(order), {*fed, *fetches}
    return frozenset(op for op in order if op.type == "Assign" and op.inputs[0] not in fed
                     and _is_restored(op, known, kept))


def _is_restored(assign: Operation, known: set[Operation], kept: set[Tensor]) -> bool:
    variable, value = assign.inputs
    if variable.op.type != "Variable" or value.dtype.base_dtype is dtypes.string:
        return False
    while _is_for_one(value, known, kept):
        if value.op.type in RESTORES:
            return len(value.op.outputs) == 1
        if value.op.type != "Reshape" or value.op.inputs[1].op.type != "Const":
            return False
        value = value.op.inputs[0]
    return False


def _is_for_one(tensor: Tensor, known: set[Operation], kept: set[Tensor]) -> bool:
    return tensor not in kept and sum(op in known for op in tensor.consumers()) == 1


def arranged(nodes: list[Operation], loads: frozenset[Operation]) -> tuple[list[Operation], frozenset[Tensor]]:
    """The operations of a host step, what an assignment needs right before it; and what is of no use after that."""
    found: dict[Operation, None] = {}
    passing: set[Tensor] = set()
    held: set[Operation] = set()  # what waits for its assignment
    for op in nodes:
        if op in loads:
            tensor = op.inputs[1]
            while tensor not in passing:
                passing.add(tensor)
                held.add(tensor.op)
                if tensor.op.type not in RESTORES:
                    tensor = tensor.op.inputs[0]
    inside = set(nodes)

    def take(op: Operation) -> None:
        if op in found or op not in inside:
            return
        for before in (*(t.op for t in op.inputs), *op.control_inputs):
            if before in held:
                take(before)
        found[op] = None

    for op in nodes:
        if op not in held:
            take(op)
    for op in nodes:
        take(op)
    return list(found), frozenset(passing)


def placed(array: np.ndarray) -> jax.Array:
    """An array on the device. It has its own memory, or the same where JAX can keep that; else that is free by then."""
    result = jax.block_until_ready(jax.device_put(array, may_alias=False))
    gc.collect(0)  # JAX lets go of what it has copied with the garbage
    return result


def put(overlay: Any, name: str, array: np.ndarray) -> None:
    """Gives the variable called `name` what is restored."""
    if isinstance(overlay, (Trial, Swap)):
        overlay.restore(name, array)
    else:
        overlay[name] = placed(array)


class Trial(dict):
    """Takes the new values of variables, and keeps none."""

    def restore(self, name: str, array: np.ndarray) -> None:
        """Lets it go."""


class Swap(dict):
    """Takes the new values of variables, which replace the old ones at once: those are gone before the memory that the
    new ones get on the device is asked for."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    def restore(self, name: str, array: np.ndarray) -> None:
        """Gives a variable its new value."""
        with self._state.lock:
            self._state.variables[name] = array
            self._state.variables[name] = placed(array)


def overlay_for(stage: HostStage, state: State, trial: Callable[[Trial], None]) -> Any:
    """Where the new values of a stage that does nothing but restore go, so that not much memory is needed; else None.

    `trial` runs the stage.
    """
    if not stage.only_loads:
        return None
    old = [state.variables[op.inputs[0].op.name] for op in stage.nodes
           if op.type == "Assign" and op.inputs[0].op.name in state.variables]
    if sum(getattr(value, "nbytes", 0) for value in old) < _MUCH:
        return None
    del old
    trial(Trial())
    return Swap(state)
