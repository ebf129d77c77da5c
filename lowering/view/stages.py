"""The stages of a prepared run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lowering.executable import Executable
from lowering.program import Program
from lowering.slice import DeviceStage
from tracer.ir import Operation, Tensor


@dataclass
class Stage:
    """A device program or a host step: its operations in order, and what crosses its border."""

    nodes: list[Operation]
    program: Program | None = None  # None for a host step
    takes: list[Tensor] = field(default_factory=list)
    fixed: list[Tensor] = field(default_factory=list)  # those among them whose values shape the program
    gives: list[Tensor] = field(default_factory=list)
    reads: list[Operation] = field(default_factory=list)
    writes: list[Operation] = field(default_factory=list)
    draws: list[Operation] = field(default_factory=list)


def stages(executable: Executable) -> Iterator[Stage]:
    """The stages of a run, and of what it was planned as later on."""
    planned: Executable | None = executable
    while planned is not None:
        if planned.dataflow is not None:
            yield Stage(sorted(planned.dataflow.operations, key=lambda op: op._id))
        for stage, step in zip(planned.plan.stages, planned.steps, strict=True):
            if isinstance(stage, DeviceStage):
                yield Stage(stage.nodes, step if isinstance(step, Program) else None, stage.inputs, stage.static,
                            stage.outputs, stage.held, stage.written, stage.streams)
            else:  # constants belong to no host step
                constants = dict.fromkeys(t.op for t in stage.inputs if t.op.type == "Const")
                yield Stage([*constants, *stage.nodes])
        planned = planned.successor
