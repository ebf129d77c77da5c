"""Conditionals and loops whose values vary in shape: what has been found out of them, for all programs that hold them."""

from __future__ import annotations

import weakref

from tracer.ir import Operation, Region

CONTROL = frozenset({"Cond", "While"})
"""What holds regions."""
FIXED: weakref.WeakSet[Operation] = weakref.WeakSet()
"""Conditionals and loops found to give values of several shapes: which branch runs, or how often the body does, must be
known while a program is traced."""
COUNTED: weakref.WeakSet[Operation] = weakref.WeakSet()
"""The loops among those of which no more is found than that it must be known how often the body runs."""
ROOM: weakref.WeakKeyDictionary[Operation, int] = weakref.WeakKeyDictionary()
"""For how many rounds programs keep what a loop took that runs as often as the data say: see `lowering.flow.gathers`."""
ON_HOST: weakref.WeakSet[Operation] = weakref.WeakSet()
"""Those for which even that is not enough: they run on the host, one region at a time."""


def fix(node: Operation, only_counted: bool = False) -> None:
    """After `node` was found to change shapes: fixes what decides on it and all around it, or sends it to the host.

    A loop that is `only_counted` has the same shapes in every round.
    """
    if node in FIXED:
        ON_HOST.add(node)
        return
    FIXED.add(node)
    if only_counted:
        COUNTED.add(node)
    around = holder(node)
    if around is not None and around.type in CONTROL:
        COUNTED.discard(around)
        if around not in FIXED:
            fix(around)


def make_room(loop: Operation, rounds: int) -> None:
    """After `loop` ran more often than programs keep rounds of it: has them keep the next power of two."""
    ROOM[loop] = max(ROOM.get(loop, 0), 1 << max(rounds - 1, 0).bit_length())


def outermost(node: Operation, region: Region | None) -> Operation:
    """The operation of `region` that `node` is, or stands in."""
    while node.region is not region:
        around = holder(node)
        assert around is not None
        node = around
    return node


def holder(node: Operation) -> Operation | None:
    """The operation in one of whose regions `node` stands."""
    if node.region is None:
        return None
    return next((op for op in node.graph.get_operations() if node.region in op.regions), None)
