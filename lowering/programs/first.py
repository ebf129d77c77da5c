"""The first run of a program that reads no variable: computed by NumPy, since most such programs run once.

To compile what initializes a network takes seconds, or minutes, and to compute it a moment. Only operations whose results
are rounded in one way are computed here, so that a run does not depend on how it was made; random numbers come from
programs that all shapes share (`lowering.kernels.random`). What runs again is compiled, once that is worth it.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from lowering import checks, fast, interpret, registry
from lowering.interpret import Context
from lowering.plan.slice import ALIASES, SHAPES, VARIABLES
from lowering.plan.stages import DeviceStage
from lowering.programs import devices
from lowering.run import idle
from tracer.ir import Operation, Tensor

EXACT = SHAPES | VARIABLES | frozenset({
    "Abs", "Add", "Assign", "Cast", "Concat", "Const", "Diag", "Div", "Equal", "ExpandDims", "Fill", "Gather", "Greater",
    "GreaterEqual", "Identity", "Less", "LessEqual", "LinSpace", "LogicalAnd", "LogicalNot", "LogicalOr", "Maximum",
    "Minimum", "Mul", "Neg", "NoOp", "NotEqual", "Pack", "Pad", "RandomStandardNormal", "RandomUniform",
    "Range", "Reshape", "Reverse", "Select", "Slice", "Split", "Sqrt", "Square", "Squeeze", "Sub", "Tile", "Transpose",
    "TruncatedNormal", "Unpack", "ZerosLike",
})
"""Operations that NumPy and XLA compute to the same last bit."""
_AS_TRACED = SHAPES | {"NoOp"}
FEW = 0.02
"""Others, at most so many of all, are computed by JAX one by one: a network whose initializers need one is not compiled."""
COMPILING = 0.005
"""Seconds that compiling takes for each operation, roughly: what initializes variables is computed here for as long."""


def is_worth_it(stage: DeviceStage) -> bool:
    """Whether the first run of a stage is computed here."""
    if stage.held or not fast.on("first"):
        return False
    others = sum(node.type not in EXACT or bool(node.regions) for node in stage.nodes)
    return others <= FEW * len(stage.nodes) and not any(node.type == "Gradients" for node in stage.nodes)


def patience(stage: DeviceStage) -> float:
    """The seconds after which a stage whose runs are computed here is compiled; the first of them always is."""
    return COMPILING * len(stage.nodes) if stage.written and not stage.inputs else 0.0


def run(nodes: list[Operation], outputs: list[Tensor], context: Context) -> None:
    """Evaluates `nodes`: afterwards the values of `outputs`, and of variables, are in `context`."""
    last = {t: i for i, node in enumerate(nodes) for t in node.inputs}
    last.update((t, len(nodes)) for t in outputs)
    for i, node in enumerate(nodes):
        _step(node, context)
        for tensor in node.inputs:  # large ones are not kept until the end
            if last[tensor] == i:
                context.values.pop(tensor, None)
        for tensor in node.outputs:
            if tensor not in last:
                context.values.pop(tensor, None)


def _step(node: Operation, context: Context) -> None:
    rule = registry.find(node.type)
    if rule is None or rule.draws or node.type not in EXACT or node.type in _AS_TRACED:
        interpret.step(node, context)
    elif any(output not in context.values for output in node.outputs):
        if node.type not in ALIASES or not interpret.pass_alias(node, context):
            with interpret.blame(node):
                _compute(node, rule, context)
    report = context.checks
    if report.results:
        checks.raise_first(report.table, report.results, report.operands)
        report.__init__()


def _compute(node: Operation, rule: registry.Rule, context: Context) -> None:
    from lowering.host import text

    def read(argument: Any) -> Any:
        return [read(one) for one in argument] if isinstance(argument, list) else np.asarray(context.read(argument))

    arguments = [None if i in rule.unread else read(argument) for i, argument in enumerate(node.arguments)]
    attrs = {name: node.attrs[name] for name in rule.attrs}
    try:
        quick = idle.quick(node, attrs, arguments)
        with np.errstate(all="ignore"):
            results = None if quick is None else [quick(*arguments)]
    except (ValueError, IndexError, TypeError):
        results = None
    if results is None:
        results = text.run(node, rule, arguments, attrs)
    if node.type == "Assign":
        variable = interpret.variable_of(node.inputs[0])
        assert variable is not None
        context.state[variable] = on_device(results[0])
        context.write(node.outputs[0], interpret.Alias(variable, (node.outputs[0],)))
        return
    for output, value in zip(node.outputs, results, strict=True):
        context.write(output, np.asarray(value, output.dtype.base_dtype.array_dtype))


def on_device(value: Any) -> jax.Array:
    """`value` in memory of the device's own."""
    return value if isinstance(value, jax.Array) else devices.copied(np.asarray(value))
