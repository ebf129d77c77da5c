"""The order of operations and of what is evaluated as one, as their dependencies allow."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from lowering import registry
from lowering.flow import memory
from lowering.flow.rounds import Chain, Item, Wide
from tracer.ir import Operation


def ordered(nodes: list[Operation], items: list[Wide | Chain]) -> list[Item]:
    """Nodes and items in an order that their dependencies allow; items that stand in one another's way are given up."""
    alive = list(items)
    while True:
        item_of: dict[Operation, Item] = {op: op for op in nodes}
        for item in alive:
            item_of.update(dict.fromkeys(item.operations, item))
        order, stuck = _sorted(nodes, item_of)
        if not stuck:
            return order
        waiting = [item for item in alive if item in stuck]
        wides = [item for item in waiting if isinstance(item, Wide)]
        smallest = sorted(wides or waiting, key=lambda item: len(item.operations))
        given_up = set(smallest[:max(1, len(smallest) // 8)])  # of hundreds many at once: each time all is sorted again
        alive = [item for item in alive if item not in given_up]


def _accesses(nodes: list[Operation], item_of: dict[Operation, Item]) -> Iterator[tuple[Item, Item]]:
    """What must follow upon what, so that every variable is read and written in the order of `nodes`."""
    if not any(map(memory.writes, nodes)):
        return
    writer: dict[Operation, Item] = {}
    readers: dict[Operation, list[Item]] = {}
    for op in nodes:
        item = item_of[op]
        for variable, writes in memory.accesses(op):
            earlier = [*readers.get(variable, ())] if writes else []
            if variable in writer:
                earlier.append(writer[variable])
            yield from ((item, other) for other in earlier if other is not item)
            if writes:
                writer[variable], readers[variable] = item, []
            else:
                readers.setdefault(variable, []).append(item)


def _sorted(nodes: list[Operation], item_of: dict[Operation, Item]) -> tuple[list[Item], set[Item]]:
    """The items in order, and those that wait for one another in a circle; none if all are in order."""
    position: dict[Item, int] = {}
    before: dict[Item, dict[Item, None]] = {item_of[op]: {} for op in nodes}
    last_impure: Item | None = None
    for item, needs in _accesses(nodes, item_of):
        before[item][needs] = None
    for i, op in enumerate(nodes):
        item = item_of[op]
        position[item] = i
        needs = before[item]
        for other in (*(t.op for t in op.inputs), *op.control_inputs):
            if other in item_of and item_of[other] is not item:
                needs[item_of[other]] = None
        rule = registry.find(op.type)
        if item is op and (rule is None or not rule.pure):  # these stay in their order among themselves
            if last_impure is not None:
                needs[last_impure] = None
            last_impure = item
    after: dict[Item, list[Item]] = {}
    for item, needs in before.items():
        for other in needs:
            after.setdefault(other, []).append(item)
    waiting = {item: len(needs) for item, needs in before.items()}
    heap = [(position[item], n, item) for n, (item, count) in enumerate(waiting.items()) if not count]
    heapq.heapify(heap)
    count, order = len(waiting), []
    while heap:
        item = heapq.heappop(heap)[2]
        order.append(item)
        for later in after.get(item, ()):
            waiting[later] -= 1
            if not waiting[later]:
                count += 1
                heapq.heappush(heap, (position[later], count, later))
    return order, _in_circles(set(waiting).difference(order), before, after)


def _in_circles(stuck: set[Item], before: dict[Item, dict[Item, None]], after: dict[Item, list[Item]]) -> set[Item]:
    """Those of `stuck` for which others wait that they wait for, without those that only wait for these."""
    waited = {item: len(stuck.intersection(after.get(item, ()))) for item in stuck}
    free = [item for item, count in waited.items() if not count]
    while free:
        item = free.pop()
        stuck.discard(item)
        for earlier in stuck.intersection(before[item]):
            waited[earlier] -= 1
            if not waited[earlier]:
                free.append(earlier)
    return stuck
