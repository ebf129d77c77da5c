"""What planning has found out of operations. It stands beside the graph, which knows nothing of it, and lives as long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tracer.ir import Operation, Region, Tensor


class Crossing(NamedTuple):
    """How a `Gradients` operation is cut: at which operations, and what comes to each of its xs: gradients, or rows of
    such and their places."""

    hosts: tuple[Operation, ...] = ()
    sums: tuple[tuple[tuple[Tensor, ...], ...], ...] = ()


_UNCUT = Crossing()


@dataclass
class Notes:
    """Of one operation: see `lowering.plan.companions` and `lowering.plan.crossings`."""

    companion: Operation | None = None
    has_companion: bool | None = None  # None until it was asked
    way: Any = None  # of a gradient
    crossing: Crossing = _UNCUT  # likewise
    cuts: frozenset[Tensor] = frozenset()  # what a gradient does not go on from
    turn: int = 0  # of what stands in no graph: after what has its place there
    tape: Operation | None = None  # of what runs region by region
    backs: dict[Operation, Operation] = field(default_factory=dict)  # likewise: the steps back, by gradient
    wanted: dict[Region, Any] = field(default_factory=dict)  # of a step back


_NOTHING = Notes()


def of(op: Operation) -> Notes:
    """The notes of an operation, to be added to."""
    table = vars(op.graph).setdefault("_notes", {})
    found = table.get(op)
    if found is None:
        found = table[op] = Notes()
    return found


def known(op: Operation) -> Notes:
    """The notes of an operation, to be read."""
    return vars(op.graph).get("_notes", {}).get(op, _NOTHING)
