"""What a program that has not run would be compiled for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import numpy as np

from lowering.programs.program import Program
from lowering.run.executable import Executable
from lowering.run.state import State
from tracer import errors
from tracer.ir import Operation, Tensor


class NotKnownError(errors.UnsupportedError):
    """Something of a program is not known before it runs."""

    def __init__(self, op: Operation, message: str) -> None:
        super().__init__(message)
        self.op = op


_STREAM = jax.ShapeDtypeStruct((6,), np.uint32)


def shapes_seen(executables: Iterable[Executable]) -> dict[Tensor, tuple[int, ...]]:
    """The shapes that tensors had when they came into programs last."""
    found: dict[Tensor, tuple[int, ...]] = {}
    programs = (step for executable in executables for step in executable.steps if isinstance(step, Program))
    for step in programs:
        for static, outline in step.variants:
            found.update((t, tuple(value.shape)) for t, value in zip(step.dynamic, outline[-1], strict=True))
            found.update((t, value.shape) for t, value in static.items())
    return found


def shapeless(tensors: Iterable[Tensor]) -> str:
    """What is wrong with tensors whose shape nothing tells, and what helps."""
    lines = "".join(f"\n  {t.name} has an unknown shape, and no run has fed it (recorded at {t.op.where})" for t in tensors)
    return f"The shapes of all feeds must be known:{lines}\nset_shape gives them one; so does a run that feeds them."


def assumed(program: Program, state: State | None, shapes: Mapping[Tensor, tuple[int, ...]], values: Mapping[Tensor, Any],
            size: int) -> tuple[dict[Tensor, np.ndarray], tuple]:
    """Static values and outlines for `program`: variables as in `state`, or as declared; tensors as in `shapes`, or as
    declared, where an unknown size is `size` and a placeholder of unknown rank a scalar. `values` are given for what
    shapes the program.

    Raises:
        NotKnownError: something has an unknown rank, or shapes the program and has no value.
    """
    static = {tensor: _value(tensor, state, values) for tensor in program.stage.static}
    groups = (program.updated, program.readonly)
    held, readonly = (tuple(_variable(op, state) for op in group) for group in groups)
    constants = tuple(jax.ShapeDtypeStruct(value.shape, value.dtype) for value in program.constant_values())
    inputs = tuple(_input(tensor, shapes, size) for tensor in program.dynamic)
    return static, (held, tuple(_STREAM for _ in program.stage.streams), readonly, constants, inputs)


def _value(tensor: Tensor, state: State | None, values: Mapping[Tensor, Any]) -> np.ndarray:
    from lowering.plan.slice import variable_of

    variable = variable_of(tensor)
    if tensor in values:
        return np.asarray(values[tensor], tensor.dtype.base_dtype.array_dtype)
    if variable is not None and state is not None and variable.name in state.variables:
        return np.asarray(state.variables[variable.name])
    raise NotKnownError(tensor.op, f"the value of {tensor.name} shapes the program: feed one, or give it by --value")


def _variable(op: Operation, state: State | None) -> jax.ShapeDtypeStruct:
    value = state.variables.get(op.name) if state is not None else None
    if value is not None:
        return jax.ShapeDtypeStruct(value.shape, value.dtype)
    declared = op.attrs.get("shape")  # an imported variable has its shape here only
    sizes = op.outputs[0].sizes or (declared.sizes if declared is not None else None)
    if sizes is None or None in sizes:
        raise NotKnownError(op, f"the variable {op.name} has no known shape before it is initialized")
    return jax.ShapeDtypeStruct(sizes, op.outputs[0].dtype.base_dtype.array_dtype)


def _input(tensor: Tensor, shapes: Mapping[Tensor, tuple[int, ...]], size: int) -> jax.ShapeDtypeStruct:
    sizes = shapes.get(tensor, tensor.sizes)
    if sizes is None and tensor.op.type == "Placeholder":
        sizes = ()  # a rate or a probability, mostly
    if sizes is None:
        raise NotKnownError(tensor.op, f"{tensor.name} has an unknown rank: set_shape, or --shape here, gives it one")
    return jax.ShapeDtypeStruct(tuple(size if n is None else n for n in sizes), tensor.dtype.base_dtype.array_dtype)
