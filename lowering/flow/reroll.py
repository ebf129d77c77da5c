"""Puts loops that a script unrolled back into loops.

What `lowering.flow.repeats` finds is taken apart: the operations that carry something from round to round become a `Chain`,
evaluated as one scan; each of the others, and each that stands around them once for every round, becomes a `Wide`, its
T copies evaluated as one operation on all rounds at once. `lowering.flow.rolled` evaluates both.

Nothing is taken for granted: operations are put together only where they are the same computation of inputs that are
known before, and where values turn out to have different shapes they are evaluated one by one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lowering import fast
from lowering.flow import memory, ordering, repeats
from lowering.flow.repeats import ROUNDS, Inside, Row
from lowering.flow.rounds import Chain, Item, Wide
from tracer.ir import Operation, Tensor

ACCUMULATES = frozenset({"Add", "AddN", "Mul", "Sub", "Maximum", "Minimum"})
"""Operations that do not make a loop of what else is in the round when they carry only their own result on."""
ATTEMPTS = 3
"""How often loops are looked for, shorter ones each time, where nothing comes of those that are found."""
MANY = 16
"""Fewest operations that are worth putting together for themselves."""


def arranged(nodes: list[Operation], context: Any) -> list[Item]:
    """`nodes` with chains and wides in the place of the operations in them, in an order in which they can be evaluated."""
    if context.readers is None or len(nodes) < repeats.OPERATIONS or not fast.on("reroll"):
        return list(nodes)
    result: list[Item] = []
    stretch: list[Operation] = []
    for node in nodes:  # what writes a variable keeps its place among all others, where no round can hold it
        if memory.writes(node) and not repeats.eligible(node, context):
            result += _arranged(stretch, context)
            result.append(node)
            stretch = []
        else:
            stretch.append(node)
    return result + _arranged(stretch, context)


def _arranged(nodes: list[Operation], context: Any) -> list[Item]:
    sequence = sorted((op for op in nodes if repeats.eligible(op, context)), key=lambda op: op._id)
    if len(sequence) < repeats.OPERATIONS:
        return list(nodes)
    order: list[Item] = list(nodes)
    kept: list[Wide | Chain] = []
    below = len(sequence)
    for _ in range(ATTEMPTS):
        loops = repeats.find(sequence, below)
        groups = _Groups(sequence, context.readers, context.given)
        for rows in loops:
            groups.add(rows)
        groups.grow()
        order = ordering.ordered(nodes, [*kept, *groups.worthwhile()])
        kept = [item for item in order if not isinstance(item, Operation)]
        taken = {op for item in kept for op in item.operations}
        lost = [rows for rows in loops if not any(op in taken for row in rows for op in row)]
        if not lost:
            break
        below = max(len(rows[0]) for rows in lost)  # nothing came of these: there may be loops within their rounds
        sequence = [op for op in sequence if op not in taken]
    for item in order:
        if isinstance(item, Chain):
            item.note_exports(context.readers)
    return order


class _Groups:
    """The chains and wides, as they are found: each operation belongs to one of them at most."""

    def __init__(self, sequence: list[Operation], readers: dict[Tensor, list[Any]], given: Collection[Tensor]) -> None:
        self.given = given
        self.free = set(sequence)
        self.readers = readers
        self.tokens = {op: repeats.token(op) for op in sequence}
        self.items: list[Wide | Chain] = []
        self._grown = 0

    def add(self, rows: list[Row]) -> None:
        """Takes the rounds of a loop apart."""
        core, alone = _parts(rows)
        if core:
            self._keep(Chain([[row[k] for k in core] for row in rows], self.given))
        for k in alone:
            self._keep(Chain([[row[k]] for row in rows if row[k] is not None], self.given))
        for k in range(len(rows[0])):
            if k not in core and k not in alone:
                self._keep(Wide([op for row in rows if (op := row[k]) is not None], self.given))

    def _keep(self, item: Wide | Chain) -> bool:
        operations = item.operations
        if len(operations) < ROUNDS or not self.free.issuperset(operations) or not item.verify():
            return False
        self.items.append(item)
        self.free.difference_update(item.operations)
        return True

    def grow(self) -> None:
        """Finds what stands around: operations that make what is taken in each round, and that read what is given."""
        while self._grown < len(self.items):
            item = self.items[self._grown]
            self._grown += 1
            for tensors in item.taken():
                self._makers(tensors)
            for tensors in item.given():
                self._users(tensors)

    def worthwhile(self) -> list[Wide | Chain]:
        """The items that hang together with a chain, with a tensor that was cut up for them, or with many constants."""
        by_operation = {op: item for item in self.items for op in item.operations}
        kept: dict[Wide | Chain, None] = {}
        stack = [item for item in self.items
                 if isinstance(item, Chain) or any(map(_is_cut, item.taken())) or _is_of_constants(item)]
        after: dict[Wide | Chain, set[Wide | Chain]] = {}
        for item in self.items:
            for tensors in item.taken():
                for maker in {by_operation[t.op] for t in tensors if t.op in by_operation}:
                    after.setdefault(maker, set()).add(item)
                    after.setdefault(item, set()).add(maker)
        while stack:
            item = stack.pop()
            if item not in kept:
                kept[item] = None
                stack += after.get(item, ())
        return [item for item in self.items if item in kept]

    def _makers(self, tensors: tuple[Tensor, ...]) -> None:
        operations = [t.op for t in tensors]
        if len({t.value_index for t in tensors}) == 1 and self._alike(operations):
            self._keep(Wide(operations, self.given))

    def _users(self, tensors: tuple[Tensor, ...]) -> None:
        """Operations of one kind that each read another of `tensors`, at the same place."""
        tables = [self._readers_of(tensor) for tensor in tensors]
        for key in dict.fromkeys(key for table in tables for key in table):
            for rank in range(max(len(table.get(key, ())) for table in tables)):
                some = [table[key][rank] if len(table.get(key, ())) > rank else None for table in tables]
                operations = _longest_run(some)
                if len(operations) >= ROUNDS and self._alike(operations) and not self._keep(Wide(operations, self.given)):
                    self._keep(Chain([[op] for op in operations], self.given))

    def _readers_of(self, tensor: Tensor) -> dict[Any, list[Operation]]:
        table: dict[Any, list[Operation]] = {}
        found = {op for op in self.readers.get(tensor, ()) if op in self.free}
        for op in sorted(found, key=lambda op: op._id):
            for i, taken in enumerate(op.inputs):
                if taken is tensor:
                    table.setdefault((self.tokens[op], i), []).append(op)
                    break
        return table

    def _alike(self, operations: list[Operation]) -> bool:
        return self.free.issuperset(operations) and len({self.tokens[op] for op in operations}) == 1


def _is_cut(tensors: tuple[Tensor, ...]) -> bool:
    """Whether these are parts of one tensor."""
    types = {t.op.type for t in tensors}
    sources = {t.op.inputs[0] if t.op.type == "Slice" else t.op for t in tensors if t.op.inputs}
    return len(sources) == 1 and types <= {"Slice", "Split", "Unpack"}


def _is_of_constants(wide: Wide) -> bool:
    """Whether these are many, and all that they do not have in common are constants: elements taken one by one."""
    taken = [t for tensors in wide.varying.values() for t in tensors]  # nothing where they draw random numbers
    return len(wide.operations) >= MANY and bool(taken) and all(t.op.type == "Const" for t in taken)


def _longest_run(some: list[Operation | None]) -> list[Operation]:
    best: list[Operation] = []
    run: list[Operation] = []
    for op in [*some, None]:
        if op is not None:
            run.append(op)
            continue
        best = max(best, run, key=len)
        run = []
    return best


def _parts(rows: list[Row]) -> tuple[list[int], list[int]]:
    """The operations that carry values on from round to round and lie on the way; and those that only add up."""
    lines = repeats.sources(rows, 1, repeats.places(rows))
    at = {op: k for k, op in enumerate(rows[1]) if op is not None}
    after: dict[int, set[int]] = {k: set() for k in range(len(lines))}
    carried: set[tuple[int, int]] = set()  # from, to
    for k, line in enumerate(lines):
        for source in line or ():
            if isinstance(source, Inside):
                (carried.add((source.operation, k)) if source.before else after[source.operation].add(k))
        for control in rows[1][k].control_inputs:  # type: ignore[union-attr]
            if control in at and at[control] != k:
                after[at[control]].add(k)
    alone = {k for k in after if rows[1][k].type in ACCUMULATES  # type: ignore[union-attr]
             and [to for at, to in carried if at == k] == [k]}
    carried = {(at, to) for at, to in carried if not (at == to and at in alone)}
    before: dict[int, set[int]] = {k: set() for k in after}
    for k, users in after.items():
        for user in users:
            before[user].add(k)
    # What a round takes from the one before and needs for what it hands on. What needs nothing is no part of the loop.
    while True:
        core = _reached({to for _, to in carried}, after) & _reached({at for at, _ in carried}, before)
        kept = {(at, to) for at, to in carried if at in core and to in core}
        if kept == carried:
            break
        carried = kept
    return sorted(core), sorted(alone - core)


def _reached(starts: set[int], onward: dict[int, set[int]]) -> set[int]:
    found, stack = set(starts), list(starts)
    while stack:
        more = onward[stack.pop()] - found
        found |= more
        stack += more
    return found
