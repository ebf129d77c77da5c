"""Conditionals in TensorFlow's own form, made into `Cond` operations: what stands between `Switch` and `Merge`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tracer import dtypes
from tracer.ir import Operation, Tensor
from tracer.ops.contexts import Branch
from tracer.raw_graph import MERGES, NEXTS, SWITCHES, Path, RawGraph, UnusualError, ordered, reached
from tracer.raw_loops import is_header

State = frozenset[tuple[Tensor, int]]  # the conditions that must hold for a value to be there
NONE: State = frozenset()


class _Resolved(NamedTuple):
    """A `Merge` behind a conditional."""

    condition: Tensor
    arms: tuple[Tensor, Tensor]  # the inputs for false and for true


def make_conditionals(raw: RawGraph, path: Path) -> None:
    """Makes the conditionals of one frame, those inside of others first."""
    found = _Found(raw, path)
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
    for group in groups:
        group.make(groups)


def _condition(tensor: Tensor) -> Tensor:
    """What a condition is a copy of."""
    while tensor.op.type == "Identity" and not tensor.op.inputs[0].dtype.is_ref_dtype:
        tensor = tensor.op.inputs[0]
    return tensor


class _Found:
    """Which conditions each operation of a frame is under."""

    def __init__(self, raw: RawGraph, path: Path) -> None:
        self.raw = raw
        self.path = path
        self.inside = raw.within(path)
        self.members = set(self.inside)
        self.values: dict[Tensor, State] = {}
        self.under: dict[Operation, State] = {}
        self.merges: dict[Operation, _Resolved] = {}
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
        needs = frozenset().union(*(self.values.get(t, NONE) for t in op.inputs))
        waits = frozenset().union(*(self.under.get(c, NONE) for c in op.control_inputs))
        if op.type in MERGES and not is_header(op) and not self._is_made(op):
            self.merges[op] = resolved = self._resolve(op)
            arm = self.values[resolved.arms[1]]
            needs = arm - {(resolved.condition, 1)}
        elif op.type == "ControlTrigger":
            needs = NONE  # it runs even where what it waits for does not
        else:
            needs |= waits
        if len({tensor for tensor, _ in needs}) != len(needs):
            raise UnusualError(f"{op.name} is on both branches of a conditional")
        self.under[op] = needs
        self.values.update(dict.fromkeys(op.outputs, needs))
        if op.type in SWITCHES and op.inputs[1].op.type != "LoopCond":
            self.switches[op] = condition = _condition(op.inputs[1])
            for i, output in enumerate(op.outputs):
                self.values[output] = needs | {(condition, i)}

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

    def groups(self) -> list[_Group]:
        """The conditionals: operations that are under one condition and hang together."""
        union = _Union()
        shared: dict[Tensor, Operation] = {}
        for op in self.inside:
            mine = {condition for condition, _ in self.under[op]}
            if op in self.switches:
                mine.add(self.switches[op])
                union.join((self.switches[op], op), (self.switches[op], shared.setdefault(op.inputs[1], op)))
            if op in self.merges:
                mine.add(self.merges[op].condition)
            for condition in mine:
                union.join((condition, op), (condition, op))
                for tensor in op.inputs:
                    if any(condition is c for c, _ in self.values.get(tensor, NONE)):
                        union.join((condition, op), (condition, tensor.op))
                for control in op.control_inputs:
                    if any(condition is c for c, _ in self.under.get(control, NONE)):
                        union.join((condition, op), (condition, control))
        found = []
        for keys in union.sets():
            group = _Group(self, keys[0][0], [op for _, op in keys])
            if group.is_needed():
                found.append(group)
            else:
                for op in group.operations:
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


class _Group:
    """One conditional."""

    def __init__(self, found: _Found, condition: Tensor, operations: list[Operation]) -> None:
        self.found = found
        self.raw = found.raw
        self.condition = condition
        self.operations = sorted(operations, key=lambda op: op._id)
        self.switches = [op for op in self.operations if found.switches.get(op) is condition]
        self.merges = [op for op in self.operations if op in found.merges and found.merges[op].condition is condition]
        states = {found.under[op] for op in self.merges} or {found.under[op] for op in self.switches}
        self.around = min(states, key=len)
        scope = self.switches[0].name.rpartition("/")[0] if self.switches else ""
        self.scope = f"{scope}/" if scope else ""

    def arm(self, branch: int) -> list[Operation]:
        """The operations of one branch."""
        return [op for op in self.operations if (self.condition, branch) in self.found.under[op]]

    def is_needed(self) -> bool:
        """Whether something outside depends on it: by a merge, or because it waits for what a branch does."""
        members = set(self.operations)
        return bool(self.merges) or any(op in members and other not in members
                                        for other in self.found.inside for op in other.control_inputs)

    def is_open(self) -> bool:
        """Whether a trip of a loop ends in it: then its condition holds as long as the loop runs."""
        return any(op.type in NEXTS for op in self.operations)

    def check(self) -> None:
        """Raises UnusualError where it cannot be one operation."""
        members = set(self.operations)
        if self.is_open():
            if self.merges:
                raise UnusualError(f"{self.merges[0].name} joins what goes on to the next trip by itself")
            return
        states = {self.found.under[op] for op in self.merges}
        if len(states) > 1 or not self.switches:
            raise UnusualError(f"{self.operations[0].name} and what hangs together with it are not one conditional")
        after = reached(self.merges, self._after)
        again = next((op for op in after if op in members and op not in self.merges), None)
        if again is not None:
            raise UnusualError(f"{again.name} is in a branch and depends on its own conditional")
        for merge in self.merges:
            if merge.type == "RefMerge" and any(r.outputs and r.outputs[0].dtype.is_ref_dtype
                                                for r in merge.outputs[0]._consumers):
                raise UnusualError(f"{merge.name} gives a reference that is written to")

    def _after(self, op: Operation) -> list[Operation]:
        """What reads what `op` gives, or waits for it, within one trip of the loop around."""
        return [] if op.type in NEXTS else self.found.after[op]

    # -- the changes

    def make(self, groups: list[_Group]) -> None:
        """Makes it one operation; `groups` are all conditionals of the frame."""
        raw = self.raw
        if self.is_open():
            self._open()
            return
        around = [group for group in groups if group is not self and self.switches[0] in group.operations]
        branches = [Branch(raw.graph, self.switches[0].inputs[1], index) for index in (0, 1)]
        for branch in branches:
            branch.parent = raw.home
        raw.contexts += branches
        outputs = [self.found.merges[op].arms for op in self.merges]
        for branch in branches:
            branch.outputs = [arms[branch.index] for arms in outputs]
        waits = dict.fromkeys(c for op in self.switches for c in op.control_inputs)
        for op in self.merges:
            raw.note(op)
        condition = branches[0].condition
        for op in self.switches:
            raw.hide(op)
            for branch in branches:
                branch.entered.setdefault(op.inputs[0], op.outputs[branch.index])
                raw.substitute(op.outputs[branch.index], op.inputs[0])
        hidden = set(self.switches)
        for branch in branches:
            arm = [op for op in self.arm(branch.index) if op not in raw.shadows and op.region is raw.home]
            for op in arm:
                raw.wait(op, hidden.__contains__)
            raw.give(branch, arm)
        done = self._done(branches)
        conditional = self._record(branches, condition, waits, done)
        for group in around:
            group.operations.append(conditional)

    def _open(self) -> None:
        """Leaves the switches out."""
        for op in self.switches:
            self.raw.hide(op)
            for output in op.outputs:
                for reader in dict.fromkeys(output._consumers):
                    if reader not in self.raw.shadows:
                        self.raw.note(reader)
                        reader._add_control_inputs(op.control_inputs)
                self.raw.substitute(output, op.inputs[0])

    def _done(self, branches: list[Branch]) -> bool:
        """Where something waits for a part of a branch, has the branches give a result that comes after it."""
        held = {op for branch in branches for op in branch.walk()}
        awaited = {c for op in self.found.inside if op not in held for c in op.control_inputs if c in held}
        for branch in branches if awaited else []:
            parts = [op for op in branch.operations if any(inner in awaited for inner in (op, *_walk(op)))]
            op = self.raw.add("Identity", (branch.condition,), {"T": dtypes.bool}, f"{self.scope}done", self.found.path,
                              ((dtypes.bool, ()),), parts)
            self.raw.give(branch, [op])
            branch.outputs = [*branch.outputs, op.outputs[0]]
        return bool(awaited)

    def _record(self, branches: list[Branch], condition: Tensor, waits: dict[Operation, None],
                done: bool) -> Operation:
        raw = self.raw
        captured: dict[Tensor, None] = {}
        for branch in branches:
            tensors, controls = branch.captures()
            captured.update(dict.fromkeys(tensors))
            waits.update(dict.fromkeys(controls))
        captured.pop(condition, None)
        kinds = (*((op.outputs[0].dtype.base_dtype, op.outputs[0].sizes) for op in self.merges),
                 *([(dtypes.bool, ())] if done else []), (dtypes.int32, ()))
        conditional = raw.add("Cond", (condition, *captured), {"regions": (branches[1], branches[0])},
                              f"{self.scope}Cond", self.found.path, kinds, waits)
        raw.beside[conditional] = list(self.switches)
        self.found.inside.append(conditional)
        self.found.members.add(conditional)
        self.found.under[conditional] = self.around
        self.found.values.update(dict.fromkeys(conditional.outputs, self.around))
        for output, merge in zip(conditional.outputs, self.merges, strict=False):
            raw.rewrite(merge, merge.type, (output, conditional.outputs[-1]), 2)
        self._tell(conditional)
        return conditional

    def _tell(self, conditional: Operation) -> None:
        """Whatever outside waits for a part of it waits for the whole; conditionals around it hold it."""
        held = {op for region in conditional.regions for op in region.walk()}
        for op in self.found.inside:
            if op is conditional or op in held:
                continue
            if any(other in held for other in op.control_inputs):
                self.raw.note(op)
                op._controls = tuple(dict.fromkeys(conditional if c in held else c for c in op.control_inputs))


def _walk(op: Operation) -> Iterator[Operation]:
    """The operations inside of those that hold regions."""
    return (inner for region in op.regions for inner in region.walk())
