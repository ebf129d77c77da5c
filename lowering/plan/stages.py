"""What a run is cut into."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracer.ir import Operation, Tensor


@dataclass
class DeviceStage:
    """One program: its operations in order and what crosses its border."""

    nodes: list[Operation]
    inputs: list[Tensor] = field(default_factory=list)  # fed, or made by another stage
    static: list[Tensor] = field(default_factory=list)  # those among them whose values shape the program
    outputs: list[Tensor] = field(default_factory=list)  # read by another stage or fetched
    held: list[Operation] = field(default_factory=list)  # variables read
    written: list[Operation] = field(default_factory=list)
    streams: list[Operation] = field(default_factory=list)  # operations that draw random numbers
    again: frozenset[Operation] = frozenset()  # what has run before, and is computed again to be differentiated
    used: frozenset[Tensor] = frozenset()  # what anything reads: a conditional computes no more than that

    @property
    def is_trip(self) -> bool:
        """Whether it steps back through a trip of a loop on the host, or a branch, whose sizes are other in each run."""
        return any(node.type == "Gradients" and node in self.again for node in self.nodes)


@dataclass
class HostStage:
    """Host operations, in order."""

    nodes: list[Operation]
    inputs: list[Tensor] = field(default_factory=list)
    passing: frozenset[Tensor] = frozenset()  # what is of no use after its one reader: see `lowering.run.restoring`
    only_loads: bool = False  # whether it does nothing but give variables what is restored


@dataclass
class Plan:
    """How one signature runs."""

    stages: list[DeviceStage | HostStage]
    fetched: list[Tensor]
    required: list[Operation]  # variables that must hold a value before the run
    nodes: list[Operation]
