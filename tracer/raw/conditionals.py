"""Conditionals in TensorFlow's own form, made into `Cond` operations: what stands between `Switch` and `Merge`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tracer import opdef
from tracer.ir import Operation, Tensor
from tracer.raw.branches import Group
from tracer.raw.graph import MERGES, NEXTS, SWITCHES, Path, RawGraph, UnusualError, ordered
from tracer.raw.loops import is_header

State = frozenset[tuple[Tensor, int]]  # the conditions that must hold for a value to be there
NONE: State = frozenset()


class _Resolved(NamedTuple):
    """A `Merge` behind a conditional."""

    condition: Tensor
    arms: tuple[Tensor, Tensor]  # the inputs for false and for true


def make_conditionals(raw: RawGraph, path: Path) -> None:
    """Makes the conditionals of one frame, those inside of others first."""
    found = Found(raw, path)
    groups = sorted(found.groups(), key=lambda group: -len(group.around))
    unusual: set[Operation] = set()
    for group in groups:
        try:
            group.check()
        except UnusualError:
            if path:
                raise
            unusual.update(group.operations)
    while True:
        usual = [group for group in groups if unusual.isdisjoint(group.operations)]
        if len(usual) == len(groups):
            break
        unusual.update(op for group in groups if group not in usual for op in group.operations)
        groups = usual
    found.drop()
    for group in groups:
        group.make(groups)


def _condition(tensor: Tensor) -> Tensor:
    """What a condition is a copy of."""
    while tensor.op.type == "Identity" and not tensor.op.inputs[0].dtype.is_ref_dtype:
        tensor = tensor.op.inputs[0]
    return tensor


class Found:
    """Which conditions each operation of a frame is under."""

    def __init__(self, raw: RawGraph, path: Path) -> None:
        self.raw = raw
        self.path = path
        self.inside = raw.within(path)
        self.members = set(self.inside)
        self.values: dict[Tensor, State] = {}
        self.under: dict[Operation, State] = {}
        self.merges: dict[Operation, _Resolved] = {}
        self.never: set[Operation] = set()  # what has no value, whatever the conditions are
        self.passing: dict[Operation, Tensor] = {}  # each `Merge` that chooses nothing, and what it passes on
        self.switches: dict[Operation, Tensor] = {}
        self.after: dict[Operation, list[Operation]] = {op: [] for op in self.inside}
        for op in self.inside:
            for other in self.before(op):
                self.after[other].append(op)
        for op in ordered(self.inside, self.before):
            self._look(op)

    def before(self, op: Operation) -> Iterator[Operation]:
        """The operations of the frame that `op` waits for."""
        return (other for other in self.raw.before(op) if other in self.members)

    def _look(self, op: Operation) -> None:
        is_merge = op.type in MERGES and not is_header(op) and not self._is_made(op)
        alive = [t for t in op.inputs if t.op not in self.never and not self._contradicts(self.values.get(t, NONE))]
        needs = frozenset().union(*(self.values.get(t, NONE) for t in alive))
        waits = frozenset().union(*(self.under.get(c, NONE) for c in op.control_inputs))
        if not alive if is_merge else len(alive) < len(op.inputs) or not self.never.isdisjoint(op.control_inputs):
            self._look_at_nothing(op)
            return
        if is_merge and (len(alive) < len(op.inputs) or len({self.values.get(t, NONE) for t in alive}) == 1):
            self.passing[op] = alive[0]  # `accumulate_n` joins tensors that are all there
            needs |= waits
        elif is_merge:
            self.merges[op] = resolved = self._resolve(op)
            arm = self.values[resolved.arms[1]]
            needs = arm - {(resolved.condition, 1)}
        elif op.type == "ControlTrigger":
            needs = NONE  # it runs even where what it waits for does not
        else:
            needs |= waits
        if self._contradicts(needs):
            self._look_at_nothing(op)
            return
        self.under[op] = needs
        self.values.update(dict.fromkeys(op.outputs, needs))
        if op.type in SWITCHES and op.inputs[1].op.type != "LoopCond":
            self.switches[op] = condition = _condition(op.inputs[1])
            for i, output in enumerate(op.outputs):
                self.values[output] = needs | {(condition, i)}

    @staticmethod
    def _contradicts(state: State) -> bool:
        return len({tensor for tensor, _ in state}) != len(state)

    def _look_at_nothing(self, op: Operation) -> None:
        """Notes an operation that is on both branches of a conditional: gradients inside of branches have such zeros."""
        if op.type in NEXTS or op.type == "ControlTrigger":
            raise UnusualError(f"{op.name} is on both branches of a conditional")
        self.never.add(op)
        self.under[op] = NONE

    def drop(self) -> None:
        """Leaves out what has no value."""
        for op in self.passing:
            if op.outputs[1]._consumers:
                raise UnusualError(f"{op.name} chooses nothing, and the number of its choice is read")
        for op, tensor in self.passing.items():
            self.raw.rewrite(op, "Identity", (tensor,), 1)
        for op in self.never:
            self.raw.hide(op)

    @staticmethod
    def _is_made(op: Operation) -> bool:
        return op.inputs[0].op.type == "Cond"

    def _resolve(self, merge: Operation) -> _Resolved:
        if len(merge.inputs) == 2:
            states = [self.values.get(t, NONE) for t in merge.inputs]
            for condition, branch in states[0]:
                other = condition, 1 - branch
                if other in states[1] and states[0] - {(condition, branch)} == states[1] - {other}:
                    if branch and merge.outputs[1]._consumers:
                        raise UnusualError(f"{merge.name} has the true branch first, and its number is read")
                    arms = merge.inputs[::-1] if branch else merge.inputs
                    return _Resolved(condition, (arms[0], arms[1]))
        raise UnusualError(f"{merge.name} does not join the two branches of a conditional")

    def groups(self) -> list[Group]:
        """The conditionals: operations that are under one condition and hang together."""
        union = _Union()
        shared: dict[Tensor, Operation] = {}
        for op in self.inside:
            if op in self.never:
                continue
            mine = {condition for condition, _ in self.under[op]}
            if op in self.switches:
                mine.add(self.switches[op])
                union.join((self.switches[op], op), (self.switches[op], shared.setdefault(op.inputs[1], op)))
            if op in self.merges:
                mine.add(self.merges[op].condition)
            for condition in mine:
                union.join((condition, op), (condition, op))
                for tensor in op.inputs if op not in self.passing else [self.passing[op]]:
                    if any(condition is c for c, _ in self.values.get(tensor, NONE)):
                        union.join((condition, op), (condition, tensor.op))
                for control in op.control_inputs:
                    if any(condition is c for c, _ in self.under.get(control, NONE)):
                        union.join((condition, op), (condition, control))
        found = []
        for keys in union.sets():
            whole = Whole(self, keys[0][0], [op for _, op in keys])
            if whole.is_needed():
                found += whole.groups()
            else:
                for op in whole.operations:
                    self.raw.hide(op)
        return found


class _Union:
    """Sets that are joined."""

    def __init__(self) -> None:
        self.parent: dict[tuple[Tensor, Operation], tuple[Tensor, Operation]] = {}

    def find(self, key: tuple[Tensor, Operation]) -> tuple[Tensor, Operation]:
        self.parent.setdefault(key, key)
        while self.parent[key] is not key:
            self.parent[key] = self.parent[self.parent[key]]
            key = self.parent[key]
        return key

    def join(self, a: tuple[Tensor, Operation], b: tuple[Tensor, Operation]) -> None:
        self.parent[self.find(a)] = self.find(b)

    def sets(self) -> list[list[tuple[Tensor, Operation]]]:
        found: dict[tuple[Tensor, Operation], list[tuple[Tensor, Operation]]] = {}
        for key in self.parent:
            found.setdefault(self.find(key), []).append(key)
        return list(found.values())


class Whole:
    """What is under one condition and hangs together: a conditional, or one and its gradients.

    A gradient reads what the branches have computed and depends on what came of them. It is a conditional of its own,
    and what it reads leaves the first as a result of it, one that is absent where the other branch has run.
    """

    def __init__(self, found: Found, condition: Tensor, operations: list[Operation]) -> None:
        self.found = found
        self.condition = condition
        self.operations = sorted(operations, key=lambda op: op._id)
        self.members = set(self.operations)
        self.switches = [op for op in self.operations if found.switches.get(op) is condition]
        self.merges = [op for op in self.operations if op in found.merges and found.merges[op].condition is condition]
        self.entered: tuple[dict[Tensor, Tensor], ...] = ({}, {})  # for each branch, what stands inside for what is outside

    def is_needed(self) -> bool:
        """Whether something outside depends on it: by a merge, or because it waits for what a branch does."""
        return bool(self.merges) or any(op in self.members and other not in self.members
                                        for other in self.found.inside for op in other.control_inputs)

    def groups(self) -> list[Group]:
        """Its conditionals, each with no operation that depends on its own results."""
        if any(op.type in NEXTS for op in self.operations):
            return [Group(self, self.operations)]
        order = [op for op in ordered(self.found.inside, self.found.before) if op not in self.found.never]
        depth = self._depths(order)
        layers: dict[int, list[Operation]] = {}
        for op in reversed(order):  # each as late as may be: the shapes that gradients look at are no results then
            if op in self.members:
                readers = [depth[other] for other in self.found.after[op] if other in self.members]
                if readers and self._moves(op):
                    depth[op] = max(depth[op], min(readers))
                layers.setdefault(depth[op], []).append(op)
        return [Group(self, sorted(layers[key], key=lambda op: op._id)) for key in sorted(layers)]

    def _moves(self, op: Operation) -> bool:
        """Whether it does not matter when it runs."""
        if op in self.merges or op.regions or any(t.dtype.is_ref_dtype for t in op.inputs):
            return False
        definition = opdef.lookup(op.type)
        return definition is not None and not definition.is_stateful

    def _depths(self, order: list[Operation]) -> dict[Operation, int]:
        """On how many conditionals of this condition, one after the other, each operation depends."""
        merges = set(self.merges)
        depth: dict[Operation, int] = {}
        for op in order:
            before = [t.op for t in op.inputs] if op in merges else self.found.before(op)
            depth[op] = max((depth[other] + (other in merges) for other in before if other in depth), default=0)
        return depth
