"""The first run of a program that reads no variable: computed by NumPy, since most such programs run once.

To compile what initializes a network takes seconds, and to compute it a moment. Only operations whose results are
rounded in one way are computed here, so that a run does not depend on how it was made; random numbers come from
programs that all shapes share (`lowering.random`). What runs again is compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import numpy as np

from lowering import fast, plain
from lowering.slice import SHAPES, VARIABLES
from lowering.stages import DeviceStage

if TYPE_CHECKING:
    from lowering.checks import Check
    from lowering.program import Program

EXACT = SHAPES | VARIABLES | frozenset({
    "Abs", "Add", "Assign", "Cast", "Concat", "Const", "Diag", "Div", "Equal", "ExpandDims", "Fill", "Gather", "Greater",
    "GreaterEqual", "Identity", "Less", "LessEqual", "LinSpace", "LogicalAnd", "LogicalNot", "LogicalOr", "Maximum",
    "Minimum", "Mul", "Neg", "NoOp", "NotEqual", "Pack", "Pad", "RandomStandardNormal", "RandomUniform",
    "Range", "Reshape", "Reverse", "Select", "Slice", "Split", "Sqrt", "Square", "Squeeze", "Sub", "Tile", "Transpose",
    "TruncatedNormal", "Unpack", "ZerosLike",
})
"""Operations that NumPy and XLA compute to the same last bit."""
LONGEST = 2000
"""Programs of more operations are compiled at once: they would take long to trace twice."""


def is_worth_it(stage: DeviceStage) -> bool:
    """Whether the first run of a stage is computed here."""
    return (fast.on("first") and not stage.held and len(stage.nodes) <= LONGEST
            and all(node.type in EXACT and not node.regions for node in stage.nodes))


def run(program: Program, static: dict, table: list[Check], arguments: tuple) -> tuple:
    """What the jitted function gives for `arguments`."""
    held, streams, readonly, constants, inputs = arguments
    function = program.function(static, table)
    streams = tuple([np.asarray(stream) for stream in streams])  # known while tracing: the numbers are drawn then

    def call(constants: tuple, inputs: tuple) -> tuple:
        return function(held, streams, readonly, constants, inputs)

    closed, form = jax.make_jaxpr(call, return_shape=True)(constants, inputs)
    results = plain.evaluate(closed.jaxpr, closed.consts, jax.tree.leaves((constants, inputs)))
    outputs, updated, created, advanced, report = jax.tree.unflatten(jax.tree.structure(form), results)
    created = tuple([jax.device_put(np.asarray(value), may_alias=False) for value in created])
    return outputs, updated, created, advanced, report
