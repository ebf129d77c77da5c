"""Operations that are evaluated as one: the rounds of a loop that a script unrolled, or one operation of each round."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from lowering import registry
from lowering.flow import repeats
from lowering.flow.memory import Memory
from lowering.flow.repeats import ROUNDS, Inside, Row
from lowering.plan.slice import variable_of
from tracer.ir import Operation, Tensor

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
