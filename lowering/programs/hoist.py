"""What only constants go into, and takes long: computed once for a program, not in each of its runs.

TensorFlow folds constants before its first run. XLA would fold them too, were the large ones not passed to the program;
so the results are passed instead. Only work worth the memory is: convolutions, products of matrices and the like, with
what leads to them and what follows.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lowering import checks, fast, interpret, registry
from lowering.plan.ragged import HEAVY
from lowering.plan.slice import VARIABLES, inputs_of
from lowering.plan.stages import DeviceStage
from lowering.programs import options
from tracer.ir import Operation, Tensor

KNOWN = {"check", "declared", "differentiated", "op", "used"}
"""What rules may ask for here beside their arguments."""


def find(stage: DeviceStage) -> tuple[list[Operation], list[Tensor]]:
    """The operations to compute once, in order, and those of their results that the rest of the stage reads.

    Nothing where all follows from constants: such a program has one result, and runs once.
    """
    if (not stage.held and not stage.inputs and not stage.streams) or not fast.on("hoist"):
        return [], []
    known = _constant(stage)
    heavy = {node for node in known if HEAVY.search(node.type)}
    if not heavy:
        return [], []
    chosen = _around(known, heavy)
    for node in stage.nodes:
        if node.type == "Gradients" and any(t.op in chosen or any(c in chosen for c in t.consumers() if c in known)
                                            for t in node.inputs if t.op.type == "Const" or t.op in known):
            return [], []  # differentiated by something that they follow from
    read: dict[Tensor, None] = dict.fromkeys(t for t in stage.outputs if t.op in chosen)
    for node in stage.nodes:
        if node not in chosen:
            read.update((t, None) for t in inputs_of(node) if t.op in chosen)
    return [node for node in known if node in chosen], list(read)


def _constant(stage: DeviceStage) -> dict[Operation, None]:
    """The operations that compute with constants only, in order."""
    known: dict[Operation, None] = {}
    given = set(stage.inputs)
    for node in stage.nodes:
        rule = registry.find(node.type)
        if (rule is not None and rule.pure and KNOWN.issuperset(rule.extras) and node.inputs and not node.regions
                and not node.control_inputs and node.type not in VARIABLES
                and all(t not in given and (t.op.type == "Const" or t.op in known) for t in node.inputs)):
            known[node] = None
    return known


def _around(known: dict[Operation, None], heavy: set[Operation]) -> set[Operation]:
    """The heavy ones and what follows from them, among the known, with all that these are computed from."""
    chosen = set(heavy)
    for node in known:
        if any(t.op in chosen for t in node.inputs):
            chosen.add(node)
    for node in reversed(known):
        if node in chosen:
            chosen.update(t.op for t in node.inputs if t.op in known)
    return chosen


def compute(nodes: list[Operation], results: list[Tensor]) -> list[Any]:
    """The results, on the device.

    Raises what a check of theirs raises.
    """
    table: list[checks.Check] = []
    constants = list(dict.fromkeys(t for node in nodes for t in node.inputs if t.op.type == "Const"))

    def call(values: list[Any]) -> tuple:
        context = interpret.Context()
        context.values.update(zip(constants, values, strict=True))
        with options.matmul_precision():
            interpret.evaluate(nodes, context)
        report = context.checks.outputs()
        table[:] = context.checks.table
        return [jnp.asarray(context.read(t)) for t in results], report

    with jax.enable_x64(True):
        values, report = jax.jit(call)([t.op.attrs["value"] for t in constants])
    if report is not None and not bool(report[0]):
        checks.raise_first(table, report[1], report[2])
    return values
