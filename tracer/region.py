"""The bodies of conditionals and loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracer.ir import Graph, Operation, Tensor


class Region:
    """The body of a conditional or loop: the operations recorded while the script's function built it.

    They stand in the graph like all others and answer to their names, but run only as part of the operation that holds
    the region. They use tensors from outside directly; `captures` finds those.
    """

    def __init__(self, graph: Graph) -> None:
        self.parent: Region | None = graph.region
        self.operations: list[Operation] = []
        self.inputs: list[Tensor] = []  # the loop variables, in a loop
        self.labels: list[str] = []  # what the script calls those; empty where that is not known
        self.outputs: list[Tensor] = []
        self.effects: list[Operation] = []  # what happens besides: writes to a loop variable that is memory
        self.names: dict[str, Operation] = {}  # in the copy of a function's body, its operations by their names there

    def holds(self, op: Operation) -> bool:
        """Whether `op` was recorded in this region or in one inside of it."""
        region = op.region
        while region is not None and region is not self:
            region = region.parent
        return region is self

    def walk(self) -> Iterator[Operation]:
        """Its operations and those of the regions inside, in the order of their creation."""
        for op in self.operations:
            yield op
            for region in op.regions:
                yield from region.walk()

    def take(self, tensors: Iterable[Tensor], scope: str) -> None:
        """Told that the operation called `scope` in it uses `tensors`: regions that TensorFlow gives edges note them."""

    def captures(self) -> tuple[list[Tensor], list[Operation]]:
        """Tensors that it uses from outside, and operations outside that it waits for."""
        tensors: dict[Tensor, None] = {}
        controls: dict[Operation, None] = {}
        for op in self.walk():
            tensors.update((t, None) for t in op.inputs if not self.holds(t.op))
            controls.update((c, None) for c in op.control_inputs if not self.holds(c))
        tensors.update((t, None) for t in self.outputs if not self.holds(t.op))
        return list(tensors), list(controls)
