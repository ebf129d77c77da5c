"""One stage as a pure function: from variables, random streams, constants and inputs to outputs and new state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret
from lowering.checks import Check
from lowering.flow import gathers
from lowering.kernels import winograd
from lowering.kernels.rows import RowWrites
from lowering.plan.companions import inputs_of, is_cut
from lowering.plan.slice import variable_of
from lowering.plan.stages import DeviceStage
from lowering.programs import hoist, lifted, options
from lowering.run.state import State
from tracer.ir import Operation, Tensor

LARGE_CONSTANT = 1 << 14
"""Constants of more bytes are passed to the program instead of being written into its code."""


class StageFunction:
    """What a device stage computes, apart from how it is compiled and run."""

    def __init__(self, stage: DeviceStage) -> None:
        self.stage = stage
        written = set(stage.written)
        held = set(stage.held)
        self.updated = [v for v in stage.held if v in written]  # read and written: donated, selected on the checks
        self.created = [v for v in stage.written if v not in held]  # written without a look
        self.readonly = [v for v in stage.held if v not in written]
        self.dynamic = [t for t in stage.inputs if t not in set(stage.static)]
        self.hoisted, self.results = hoist.find(stage)
        self.lifted: lifted.Lifted = {}  # constants that change from one program to the next
        self.constants = self._constants()  # what is passed in: large ones, those, and what was computed of such
        self.failures: list[Exception] = []  # of the Python functions that the program calls
        self.rolled: list[str] = []  # the loops that were put together again when it was traced last

    def _constants(self) -> list[Tensor]:
        hoisted = set(self.hoisted)
        read = {t for node in self.stage.nodes if node not in hoisted for t in inputs_of(node)} | set(self.stage.outputs)
        passed = [op.outputs[0] for op in self.stage.nodes if self._is_passed(op)]
        return [t for t in passed if t in read] + self.results

    def _is_passed(self, op: Operation) -> bool:
        return _is_large(op) or (op.type == "Const" and op.outputs[0] in self.lifted)

    def lift(self, constants: lifted.Lifted) -> None:
        """Has these constants passed in, and computes nothing of them beforehand."""
        self.lifted = constants
        self.hoisted, self.results = hoist.find(self.stage)
        if any(tensor in constants for node in self.hoisted for tensor in node.inputs):
            self.hoisted, self.results = [], []
        self.constants = self._constants()

    def constant_names(self) -> list[str]:
        """Their names: operations, and tensors where they are the results of such."""
        return [t.op.name if t.op.type == "Const" else t.name for t in self.constants]

    def constant_values(self) -> list[Any]:
        """The values of the constants that it is passed."""
        given = [t.op.attrs["value"] for t in self.constants if t.op.type == "Const"]
        return given + (hoist.compute(self.hoisted, self.results) if self.hoisted else [])

    def function(self, static: dict[Tensor, np.ndarray], table: list[Check], session: Any = None) -> Callable:
        """The pure function from (held, streams, readonly, constants, inputs) to outputs, new state and checks.

        `session` is what operations keep things in that print, or do the like, while the program runs.
        """

        def call(held: tuple, streams: tuple, readonly: tuple, constants: tuple, inputs: tuple) -> tuple:
            context = self.context(static, held, streams, readonly, constants, inputs)
            context.session, context.failures = session, self.failures
            context.readers = self._readers()
            with options.matmul_precision(), winograd.only_where_it_pays(self.stage.nodes):
                interpret.evaluate(self.own_nodes(), context)
            self.rolled = context.rolled
            outputs = tuple(interpret.as_value(context.read(t)) for t in self.stage.outputs)
            updated = tuple(context.state[v] for v in self.updated)
            created = tuple(jnp.asarray(context.state[v]) for v in self.created)
            report = context.checks.outputs()
            table[:] = context.checks.table
            if report is not None:
                keep = report[0]
                updated = tuple(_select(keep, new, old) for new, old in zip(updated, held, strict=True))
            updated = tuple(jnp.asarray(value) for value in updated)
            advanced = tuple(context.streams[op] for op in self.stage.streams)
            if (fits := gathers.have_room(context.checks)) is not None:  # else it runs again, with the same random numbers
                advanced = tuple(_select(fits, new, old) for new, old in zip(advanced, streams, strict=True))
            return outputs, updated, created, advanced, report

        return call

    def context(self, static: dict[Tensor, np.ndarray], held: tuple, streams: tuple, readonly: tuple,
                constants: tuple, inputs: tuple) -> interpret.Context:
        """What the operations start from."""
        context = interpret.Context()
        context.again = self.stage.again
        context.used, context.given = self.stage.used, frozenset((*self.stage.inputs, *self.lifted))
        context.lifted = self.lifted
        context.values.update(static)
        context.values.update(zip(self.dynamic, inputs, strict=True))
        context.values.update(zip(self.constants, constants, strict=True))
        context.state.update(zip(self.updated, held, strict=True))
        context.state.update(zip(self.readonly, readonly, strict=True))
        context.streams.update(zip(self.stage.streams, streams, strict=True))
        return context

    def own_nodes(self) -> list[Operation]:
        """The operations that it evaluates: those of the stage, but what is passed in."""
        known = set(self.hoisted)
        return [node for node in self.stage.nodes if node not in known and not self._is_passed(node)]

    def static_values(self, state: State, values: dict[Tensor, Any],
                      overlay: dict[str, Any] | None) -> dict[Tensor, np.ndarray]:
        """The values that shape it."""
        return {t: self._known(t, values, state, overlay) for t in self.stage.static} if self.stage.static else {}

    def _readers(self) -> dict[Tensor, list[Any]]:
        """What reads each tensor: operations of the stage, and None for what it hands out."""
        found: dict[Tensor, list[Any]] = {tensor: [None] for tensor in self.stage.outputs}
        for op in self.stage.nodes:
            for tensor in inputs_of(op) if is_cut(op) else op.inputs:
                found.setdefault(tensor, []).append(op)
            for names in op.attrs["rows"] if op.type == "Gradients" else ():
                for gather in names:  # the places of the rows are its results too
                    found.setdefault(op.graph.get_operation_by_name(gather).inputs[1], []).append(op)
        return found

    @staticmethod
    def _known(tensor: Tensor, values: dict[Tensor, Any], state: State, overlay: dict[str, Any] | None) -> np.ndarray:
        """A value that shapes the program; a variable's is what it holds now."""
        variable = variable_of(tensor) if tensor not in values else None
        if variable is None:
            return np.asarray(values[tensor])
        if overlay and variable.name in overlay:
            return np.asarray(overlay[variable.name])
        return np.asarray(state.variables[variable.name])


def _is_large(op: Operation) -> bool:
    return op.type == "Const" and op.attrs["value"].nbytes > LARGE_CONSTANT


def _select(keep: Any, new: Any, old: Any) -> Any:
    if isinstance(new, RowWrites):
        if new.table is old:
            return new.settle(keep)
        new = new.settle()
    if new is old:
        return new
    if new.shape != old.shape:  # an assignment with validate_shape=False; the run raises if a check fails
        return new
    return jax.lax.select(jnp.broadcast_to(keep, new.shape), new, old)
