"""What trains in a run: which variables, by which optimizers, and which slots those keep for themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lowering import registry
from lowering.emit.optimizers import ADAM_BY_ROWS, KINDS
from lowering.emit.rows import RowsStep
from lowering.emit.trace import Trace
from lowering.plan.slice import VARIABLES, variable_of
from tracer.ir import Operation, Tensor


def slots(nodes: list[Operation], rows: Sequence[RowsStep], fetches: Iterable[Tensor] = ()) -> set[Operation]:
    """The variables that optimizers keep for themselves. A power that something else reads as well is an ordinary one."""
    steps = [op for op in (*nodes, *rows) if op.type in KINDS]
    kept = {v for op in steps for i in KINDS[op.type].slots if (v := slot_of(op.inputs[i])) is not None}
    read = {variable_of(t) for t in fetches}
    powers = {v for op in steps if op.type == "ApplyAdam" for i in (3, 4) if (v := slot_of(op.inputs[i])) is not None}
    inside = {op for step in rows for op in step.nodes}
    left = [op for op in nodes if op not in inside]
    return {v for v in kept if v not in powers or not (v in read or _is_used(v, left))}


def slot_of(tensor: Tensor) -> Operation | None:
    """The variable that a slot is: also of a power, which is of 32 bits, for a variable of 64."""
    return variable_of(tensor.op.inputs[0] if tensor.op.type == "Cast" else tensor)


def _is_used(power: Operation, nodes: list[Operation]) -> bool:
    """Whether a power goes into anything but optimizers' operations and what it becomes itself."""
    reached: set[Operation] = set()
    for op in nodes:
        if op.type in VARIABLES or op.type in KINDS:
            continue
        if any(t.op in reached or variable_of(t) is power for t in op.inputs):
            if op.type == "Assign":
                if variable_of(op.inputs[0]) is not power:
                    return True
            elif registry.find(op.type) is not None and registry.find(op.type).writes:  # type: ignore[union-attr]
                return True
            else:
                reached.add(op)
    return False


def trained_by(nodes: Sequence[Operation | RowsStep]) -> list[Operation]:
    """The variables that optimizers change, or by which something is differentiated."""
    found = [variable_of(op.inputs[0]) for op in nodes if op.type in KINDS]
    for op in nodes:
        if isinstance(op, Operation) and op.type == "Gradients":
            count = op.attrs["ys"]
            found += [variable_of(t) for t in op.inputs[count:count + op.attrs["xs"]]]
    return list(dict.fromkeys(variable for variable in found if variable is not None))


class Group:
    """The updates of one optimizer."""

    def __init__(self, operations: Sequence[Operation | RowsStep], name: str) -> None:
        self.operations, self.name = operations, name
        self.kind = ADAM_BY_ROWS if any(isinstance(op, RowsStep) for op in operations) else KINDS[operations[0].type]
        self.variables = [v for op in operations if (v := variable_of(op.inputs[0])) is not None]
        self.computed = False  # whether a step computes one of its numbers
        self.momentum, self.decay = True, ""  # whether it has one, and Adam's second number as source


def is_training(trace: Trace) -> bool:
    """Whether a run differentiates, trains or writes variables, so that it is a step."""
    return bool(trace.gradients or trace.updates
                or any(value is not trace.begun[v] for v, value in trace.state.items() if v in trace.begun))
