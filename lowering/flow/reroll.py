"""Puts loops that a script unrolled back into loops.

What `lowering.flow.repeats` finds is taken apart: the operations that carry something from round to round become a `Chain`,
evaluated as one scan; each of the others, and each that stands around them once for every round, becomes a `Wide`, its
T copies evaluated as one operation on all rounds at once. `lowering.flow.rolled` evaluates both.

Nothing is taken for granted: operations are put together only where they are the same computation of inputs that are
known before, and where values turn out to have different shapes they are evaluated one by one.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from lowering import fast, registry
from lowering.flow import memory, repeats
from lowering.flow.memory import Memory
from lowering.flow.repeats import ROUNDS, Inside, Row
from lowering.plan.slice import variable_of
from tracer.ir import Operation, Tensor

ACCUMULATES = frozenset({"Add", "AddN", "Mul", "Sub", "Maximum", "Minimum"})
"""Operations that do not make a loop of what else is in the round when they carry only their own result on."""
ATTEMPTS = 3
"""How often loops are looked for, shorter ones each time, where nothing comes of those that are found."""
MANY = 16
"""Fewest operations that are worth putting together for themselves."""
Port = tuple[int, int]  # an operation of the round, and which of its outputs


class Wide:
    """One operation of each round, all evaluated as one: nothing passes from one of them to another."""

    def __init__(self, operations: Sequence[Operation], given: Collection[Tensor] = ()) -> None:
        self.fed = given
        self.operations = list(operations)
        self.template = self.operations[0]
        self.static = repeats.static_places(self.template)
        self.varying: dict[int, tuple[Tensor, ...]] = {}  # inputs that differ from round to round
        self.memory = Memory()

    def verify(self) -> bool:
        """Finds what varies. False where these operations cannot be evaluated as one."""
        members = set(self.operations)
        memory = Memory.of([[op] for op in self.operations], [self.template])
        if len(members) < len(self.operations) or memory is None or memory.shared:
            return False
        self.memory = memory
        for i in range(len(self.template.inputs)):
            tensors = tuple(op.inputs[i] for op in self.operations)
            if repeats.same(tensors, self.fed):
                if memory.holds(tensors[0]):
                    return False
                continue
            if memory.takes(tensors):
                continue
            if any(t.op in members or variable_of(t) is not None for t in tensors):
                return False
            if i in self.static and all(t.op.type == "Const" for t in tensors):
                return False  # like the place of a slice: it shapes each of them in its own way
            self.varying[i] = tensors
        rule = registry.find(self.template.type)
        if not self.varying and not (rule is not None and rule.draws):
            return False  # they are one value
        bound: dict[Tensor, Any] = {}
        return all(bound.setdefault(t, self.varying.get(i)) == self.varying.get(i)
                   for i, t in enumerate(self.template.inputs))

    def taken(self) -> Iterator[tuple[Tensor, ...]]:
        """What it takes for each round."""
        yield from (tensors for i, tensors in self.varying.items() if i not in self.static)

    def given(self) -> Iterator[tuple[Tensor, ...]]:
        """What it gives in each round."""
        for o in range(len(self.template.outputs)):
            yield tuple(op.outputs[o] for op in self.operations)

    def __repr__(self) -> str:
        return f"{len(self.operations)} at once: {self.template.name} to {self.operations[-1].name}"


class Chain:
    """Rounds of which each needs the one before: `rows[t][k]` is operation k of round t, None where nothing needs it.

    An input is an output of the same round, carried over from the round before, taken from outside (in each round
    another tensor), or the same in all rounds.
    """

    def __init__(self, rows: list[Row], given: Collection[Tensor] = ()) -> None:
        self.fed = given
        self.rows = rows
        self.template = rows[1]
        self.carried: dict[Port, Tensor] = {}  # what the first round starts from
        self.varying: dict[tuple[Tensor | None, ...], None] = {}
        self.static: dict[tuple[Tensor | None, ...], None] = {}  # those among them that the rules must know
        self.exported: dict[Port, list[int]] = {}  # outputs that others read, and of which rounds
        self.memory = Memory()

    @property
    def operations(self) -> list[Operation]:
        """All operations, round after round."""
        return [op for row in self.rows for op in row if op is not None]

    def verify(self) -> bool:
        """Finds what is carried and what varies. False where a tensor would have to be two things at once."""
        while len(self.rows) >= ROUNDS:
            found = self._wire()
            if found is not None:
                return found
            self.rows = self.rows[1:]  # the first round starts one thing from two places
            self.template = self.rows[1]
        return False

    def _wire(self) -> bool | None:
        where = repeats.places(self.rows)
        memory = Memory.of(self.rows, self.template)
        if memory is None:
            return False
        self.carried, self.varying, self.static, self.memory = {}, {}, {}, memory
        bound: dict[Tensor, Any] = {}
        for k, line in enumerate(repeats.sources(self.rows, 1, where)):
            op = self.template[k]
            assert op is not None
            assert line is not None
            fixed = repeats.static_places(op)
            for i, source in enumerate(line):
                tensors = tuple(None if row[k] is None else row[k].inputs[i] for row in self.rows)  # type: ignore[union-attr]
                if isinstance(source, Inside):
                    start = tensors[0]
                    assert start is not None
                    port = source.operation, source.output
                    if source.before and self.carried.setdefault(port, start) is not start:
                        return None
                    if source.before and variable_of(start) is not None:
                        return False  # not what it holds is carried on, but the variable
                    continue
                present = [t for t in tensors if t is not None]
                if any(t.op in where for t in present):
                    return False
                alike = repeats.same(present, self.fed)
                if memory.keeps(present[0]) if alike else memory.takes(tensors):
                    if alike:
                        return False  # a variable of one round, which others look at
                    continue
                if bound.setdefault(source, None if alike else tensors) != (None if alike else tensors):
                    return False
                if alike:
                    continue
                if any(variable_of(t) is not None for t in present):
                    return False
                if i in fixed and all(t.op.type == "Const" for t in present):
                    return False
                (self.static if i in fixed else self.varying)[tensors] = None
        return bool(self.carried)

    def note_exports(self, readers: dict[Tensor, list[Any]]) -> None:
        """Notes the outputs that others read."""
        inside = set(self.operations)
        for t, row in enumerate(self.rows):
            for k, op in enumerate(row):
                for o, tensor in enumerate(op.outputs if op is not None else ()):
                    if variable_of(tensor) is None and any(reader not in inside for reader in readers.get(tensor, ())):
                        self.exported.setdefault((k, o), []).append(t)

    def taken(self) -> Iterator[tuple[Tensor, ...]]:
        """What it takes for each round."""
        for tensors in self.varying:
            yield tuple(t for t in tensors if t is not None)

    def given(self) -> Iterator[tuple[Tensor, ...]]:
        """What it gives in each round."""
        for k, op in enumerate(self.template):
            for o in range(len(op.outputs) if op is not None else 0):
                yield tuple(row[k].outputs[o] for row in self.rows if row[k] is not None)  # type: ignore[union-attr]

    def __repr__(self) -> str:
        operations = self.operations
        return (f"{len(self.rows)} rounds of {len(self.template)} operations: {operations[0].name} to "
                f"{operations[-1].name}, {len(self.carried)} carried on")


Item = Operation | Wide | Chain


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
        order = _ordered(nodes, [*kept, *groups.worthwhile()])
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
    return len(wide.operations) >= MANY and all(t.op.type == "Const" for tensors in wide.varying.values() for t in tensors)


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


def _ordered(nodes: list[Operation], items: list[Wide | Chain]) -> list[Item]:
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
