"""One conditional in TensorFlow's own form, made into a `Cond` operation: its arms become regions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracer import dtypes
from tracer.ir import Operation, Tensor
from tracer.ops.contexts import Branch
from tracer.raw.graph import NEXTS, UnusualError

if TYPE_CHECKING:
    from tracer.raw.conditionals import Whole


class Group:
    """One conditional."""

    def __init__(self, whole: Whole, operations: list[Operation]) -> None:
        self.whole = whole
        self.found = found = whole.found
        self.raw = found.raw
        self.condition = condition = whole.condition
        self.operations = operations
        members = set(operations)
        self.switches = [op for op in whole.switches if op in members]
        self.merges = [op for op in whole.merges if op in members]
        self.branches: list[Branch] = []
        states = {found.under[op] for op in self.merges} or {found.under[op] for op in self.switches} or {
            frozenset(at for at in found.under[op] if at[0] is not condition) for op in operations}
        self.around = min(states, key=len)
        scope = min(self.switches or self.operations, key=lambda op: op._id).name.rpartition("/")[0]
        self.scope = f"{scope}/" if scope else ""

    def arm(self, branch: int) -> list[Operation]:
        """The operations of one branch."""
        return [op for op in self.operations if (self.condition, branch) in self.found.under[op]]

    def is_open(self) -> bool:
        """Whether a trip of a loop ends in it: then its condition holds as long as the loop runs."""
        return any(op.type in NEXTS for op in self.operations)

    def check(self) -> None:
        """Raises UnusualError where it cannot be one operation."""
        if self.is_open():
            if self.whole.merges:
                raise UnusualError(f"{self.whole.merges[0].name} joins what goes on to the next trip by itself")
            return
        states = {self.found.under[op] for op in self.merges}
        if len(states) > 1 or not self.whole.switches:
            raise UnusualError(f"{self.operations[0].name} and what hangs together with it are not one conditional")
        for branch in (0, 1):
            for tensor in self._left(self.arm(branch)):
                if tensor.dtype.is_ref_dtype:
                    raise UnusualError(f"{tensor.name} is a reference that is read by another conditional")
        for merge in self.merges:
            if merge.type == "RefMerge" and any(r.outputs and r.outputs[0].dtype.is_ref_dtype
                                                for r in merge.outputs[0]._consumers):
                raise UnusualError(f"{merge.name} gives a reference that is written to")

    def _left(self, arm: list[Operation]) -> list[Tensor]:
        """What one branch computes and later conditionals of the whole read."""
        held = dict.fromkeys(op for outer in arm for op in (outer, *_walk(outer)))
        regions = {region for op in held for region in op.regions}
        given = {tensor for context in self.raw.contexts if context not in regions and context not in self.branches
                 for tensor in context.outputs}
        mine = {*held, *self.operations, *self.raw.shadows}
        return [tensor for op in held if op not in self.switches for tensor in op.outputs
                if tensor in given or any(reader not in mine for reader in tensor._consumers)]

    # -- the changes

    def make(self, groups: list[Group]) -> None:
        """Makes it one operation; `groups` are all conditionals of the frame."""
        raw = self.raw
        if self.is_open():
            self._open()
            return
        around = [group for group in groups if group.whole is not self.whole and self.operations[0] in group.operations]
        branches = self.branches = [Branch(raw.graph, self.whole.switches[0].inputs[1], index) for index in (0, 1)]
        for branch, entered in zip(branches, self.whole.entered, strict=True):
            branch.parent = raw.home
            branch.entered.update(entered)
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
                for entered in (branch.entered, self.whole.entered[branch.index]):
                    entered.setdefault(op.inputs[0], op.outputs[branch.index])
                raw.substitute(op.outputs[branch.index], op.inputs[0])
        hidden = set(self.switches)
        for branch in branches:
            arm = [op for op in self.arm(branch.index) if op not in raw.shadows and op.region is raw.home]
            for op in arm:
                raw.wait(op, hidden.__contains__)
            raw.give(branch, arm)
        left = self._give_out(branches)
        done = self._done(branches)
        conditional = self._record(branches, condition, waits, left, done)
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

    def _give_out(self, branches: list[Branch]) -> list[Tensor]:
        """Has the branches give what later conditionals read; each is absent where the other branch runs. Returns it."""
        found: list[Tensor] = []
        for branch, other in (branches, branches[::-1]):
            for tensor in self._left(branch.operations):
                kind = (tensor.dtype, tensor.sizes)
                op = self.raw.add("Absent", (other.condition,), {"dtype": tensor.dtype}, f"{self.scope}absent",
                                  self.found.path, (kind,))
                self.raw.give(other, [op])
                branch.outputs = [*branch.outputs, tensor]
                other.outputs = [*other.outputs, op.outputs[0]]
                found.append(tensor)
        return found

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

    def _record(self, branches: list[Branch], condition: Tensor, waits: dict[Operation, None], left: list[Tensor],
                done: bool) -> Operation:
        raw = self.raw
        captured: dict[Tensor, None] = {}
        for branch in branches:
            tensors, controls = branch.captures()
            captured.update(dict.fromkeys(tensors))
            waits.update(dict.fromkeys(controls))
        captured.pop(condition, None)
        given = [*(op.outputs[0] for op in self.merges), *left]
        kinds = (*((tensor.dtype.base_dtype, tensor.sizes) for tensor in given),
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
        held = {op for branch in branches for op in branch.walk()}
        for output, tensor in zip(conditional.outputs[len(self.merges):], left, strict=False):
            raw.substitute(tensor, output, held, branches)
            index = next(branch.index for branch in branches if branch.holds(tensor.op))
            self.whole.entered[index][output] = tensor
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
