"""Operations that move to the host because their arrays have another shape in every run.

XLA compiles a program for each shape. Where pictures of all sizes are read from files, cut and resized, that is a
compilation for each picture. So what works on arrays of varying shape, up to where their shapes are fixed again, is
computed by NumPy (`lowering.host.text`), and the program that follows is compiled once.
"""

from __future__ import annotations

import re

import numpy as np

from lowering import registry
from lowering.plan.slice import SHAPES, VARIABLES, forward_path, variable_of
from lowering.plan.stages import DeviceStage
from tracer.ir import Operation, Tensor

PATIENCE = 3
"""So many shapes have been compiled for before anything moves."""
HEAVY = re.compile(r"Conv|Pool|MatMul|LRN|Matrix|Cholesky|FFT|Eig|CTC|Dilation|Sparse|Segment|Scatter|Multinomial")
"""What no one wants NumPy to compute, whatever its shape."""


def find(stage: DeviceStage, variants: list[tuple[dict[Tensor, np.ndarray], tuple]], fed: frozenset[Tensor],
         patient: bool) -> list[Operation]:
    """What should move to the host; nothing when that would not leave a program for fixed shapes.

    `variants` are the static values and the outlines of the arguments that the stage has been compiled for. As long as
    `patient`, light work on what is fed is compiled for each shape.
    """
    shaped, valued = _varying(stage, variants)
    found: list[Operation] = []
    constant: set[Tensor] = set()
    light = True  # whether nothing that is left takes long
    only_fed = all(tensor in fed for tensor in (*shaped, *valued))
    for node in stage.nodes:
        if node.type in ("Const", "Placeholder") or node.type in VARIABLES:
            constant.update(node.outputs if node.type == "Const" else ())
            continue
        touched = _touches(node, registry.find(node.type), shaped, valued)
        if not is_light(node, fed):
            if touched:
                return []
            light = False
        elif all(t in constant for t in node.inputs):
            constant.update(node.outputs)
        elif touched or all(t in valued or t in constant for t in node.inputs):
            found.append(node)
            valued.update(output for output in node.outputs if output.sizes is not None and len(output.sizes) < 2)
            shaped.update(output for output in node.outputs if not output.get_shape().is_fully_defined())
    if patient and only_fed and light:
        return []
    if any(node.type == "Gradients" and not forward_path(node, fed).isdisjoint(found) for node in stage.nodes):
        return []
    return found + _constants_of(found, constant)


def _constants_of(found: list[Operation], constant: set[Tensor]) -> list[Operation]:
    """What computes with constants for those that move."""
    added: dict[Operation, None] = {}
    stack = [t for node in found for t in node.inputs]
    while stack:
        tensor = stack.pop()
        if tensor in constant and tensor.op.type != "Const" and tensor.op not in added:
            added[tensor.op] = None
            stack += tensor.op.inputs
    return list(added)


def _varying(stage: DeviceStage, variants: list[tuple[dict[Tensor, np.ndarray], tuple]]) -> tuple[set[Tensor], set[Tensor]]:
    """The inputs of a stage that came in several shapes, and those that came with several values that shape it.

    What follows from the second in a vector or a number may shape something too.
    """
    valued = {tensor for tensor in stage.static
              if len({value.tobytes() for static, _ in variants if (value := static.get(tensor)) is not None}) > 1}
    fixed = set(stage.static)
    dynamic = [tensor for tensor in stage.inputs if tensor not in fixed]
    outlines = [[getattr(part, "shape", None) for part in arguments[-1]] for _, arguments in variants]
    shaped = {tensor for tensor, shapes in zip(dynamic, zip(*outlines, strict=True), strict=True) if len(set(shapes)) > 1}
    return shaped, valued


def _touches(node: Operation, rule: registry.Rule | None, shaped: set[Tensor], valued: set[Tensor]) -> bool:
    """Whether the shapes that the operation works on vary."""
    if any(tensor in shaped for tensor in node.inputs):
        return True
    if rule is None or not (rule.static or rule.wants):
        return False
    arguments = node.arguments
    wanted = [t for i in rule.static for t in (arguments[i] if isinstance(arguments[i], list) else [arguments[i]])]
    return any(t in valued for t in (*wanted, *(rule.wants(node) if rule.wants is not None else ())))


def is_light(node: Operation, fed: frozenset[Tensor]) -> bool:
    """Whether NumPy can compute it, and as fast as one wants."""
    if node.type in SHAPES:
        return True
    rule = registry.find(node.type)
    if rule is None or not rule.pure or node.regions or node.type.startswith("TensorArray") or HEAVY.search(node.type):
        return False
    return not any(t not in fed and variable_of(t) is not None for t in node.inputs)
