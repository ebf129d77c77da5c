"""The stages of a prepared run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lowering.plan.slice import inner
from lowering.plan.stages import DeviceStage
from lowering.programs.program import Program
from lowering.run.executable import Executable
from tracer.ir import Operation, Region, Tensor


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
    inside: str = ""  # the body that it is part of, where the host runs that step by step


def stages(executable: Executable) -> Iterator[Stage]:
    """The stages of a run, and of what it was planned as later on; those of bodies behind the run they are part of."""
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
        for region, body in planned.bodies():
            for stage in stages(body):
                stage.inside = stage.inside or _name(region, planned)
                yield stage
        planned = planned.successor


def _name(region: Region, executable: Executable) -> str:
    for node in executable.plan.nodes:
        for op in inner(node):
            if region in op.regions:
                return f"{op.name}, body {op.regions.index(region)}"
    return "a body"
