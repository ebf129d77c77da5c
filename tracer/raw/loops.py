"""Loops in TensorFlow's own form, made into `While` operations: a frame's circles of `Merge`, `Switch`, `NextIteration`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracer.ir import Operation, Tensor
from tracer.ops.contexts import Frame
from tracer.raw.graph import ENTERS, EXITS, MERGES, NEXTS, SWITCHES, Path, RawGraph, UnusualError, reached


@dataclass
class _Variable:
    """One loop variable, by the operations of its circle."""

    enter: Operation
    merge: Operation
    next: Operation
    switch: Operation | None = None
    exits: list[Operation] = field(default_factory=list)
    leaving: list[Operation] = field(default_factory=list)  # copies on the way to them


def is_header(op: Operation) -> bool:
    """Whether a `Merge` begins the trips of a loop."""
    return op.type in MERGES and any(t.op.type in NEXTS for t in op.inputs)


def make_loop(raw: RawGraph, path: Path) -> None:
    """Makes the frame `path` a loop. Its conditionals and the loops inside of it have been made before."""
    _Loop(raw, path).make()


class _Loop:
    def __init__(self, raw: RawGraph, path: Path) -> None:
        self.raw = raw
        self.path = path
        self.inside = raw.within(path)
        self.enters = [op for op in raw.operations if op.type in ENTERS and raw.outer_path(op) == path]
        conditions = [op for op in self.inside if op.type == "LoopCond"]
        if len(conditions) != 1:
            raise UnusualError(f"the loop of {self.enters[0].name} has {len(conditions)} conditions")
        (self.pivot,) = conditions
        self.variables = [self._variable(op) for op in self.inside if is_header(op)]
        self.headers = {variable.merge: variable for variable in self.variables}
        self.constants = self._constants()
        self._find_switches()
        self.condition = self._of_condition()
        self.body = self._of_body()
        self._check()

    def _variable(self, merge: Operation) -> _Variable:
        pair = sorted((t.op for t in merge.inputs), key=lambda op: op.type in NEXTS)
        if (len(pair) != 2 or pair[0].type not in ENTERS or pair[1].type not in NEXTS or merge.control_inputs
                or merge.outputs[1]._consumers or not self._is_same_memory(merge, pair[1])):
            raise UnusualError(f"{merge.name} does not begin a loop's trips")
        return _Variable(pair[0], merge, pair[1])

    @staticmethod
    def _is_same_memory(merge: Operation, step: Operation) -> bool:
        """Whether a loop variable that is a reference stays the same one."""
        if not merge.outputs[0].dtype.is_ref_dtype:
            return True
        while step is not merge and step.inputs and step.inputs[0].dtype.is_ref_dtype:
            step = step.inputs[0].op
        return step is merge

    def _constants(self) -> list[Operation]:
        variables = {variable.enter for variable in self.variables}
        constants = [op for op in self.enters if op not in variables]
        for op in constants:
            if not op.attrs["is_constant"] and any(c not in self.raw.shadows for c in op.outputs[0]._consumers):
                raise UnusualError(f"{op.name} brings in a value for the first trip alone")
        for op in variables:
            if op.attrs["is_constant"] or len(op.outputs[0]._consumers) != 1:
                raise UnusualError(f"{op.name} is a loop variable and a constant")
        return constants

    def _find_switches(self) -> None:
        for op in self.inside:
            if op.type not in SWITCHES or op.inputs[1].op is not self.pivot:
                continue
            variable = self.headers.get(op.inputs[0].op)
            if variable is None or variable.switch is not None or op.control_inputs:
                raise UnusualError(f"{op.name} is not the one switch of a loop variable")
            variable.switch = op
            readers = list(op.outputs[0]._consumers)
            for reader in readers:
                if reader.type == "Identity":
                    variable.leaving.append(reader)
                    readers += reader.outputs[0]._consumers
                elif reader.type in EXITS and not reader.control_inputs:
                    variable.exits.append(reader)
                else:
                    raise UnusualError(f"{reader.name} reads a loop variable after the last trip")

    def _of_condition(self) -> list[Operation]:
        inside = set(self.inside)
        found = reached([self.pivot], lambda op: [] if op in self.headers else
                        [other for other in self.raw.before(op) if other in inside])
        return [op for op in self.inside if op in found and op is not self.pivot and op not in self.headers]

    def _of_body(self) -> list[Operation]:
        switches = {variable.switch for variable in self.variables}
        ends = {op for variable in self.variables for op in (variable.next, *variable.exits, *variable.leaving)}
        apart = {*self.condition, self.pivot, *self.headers, *switches, *ends}
        body = [op for op in self.inside if op not in apart]
        for op in body:
            if op.type in NEXTS or (op.type in EXITS and op.inputs[0].op.type != "While"):
                raise UnusualError(f"{op.name} belongs to no loop variable")
        return body

    def _check(self) -> None:
        condition = set(self.condition)
        if any(reader not in {v.switch for v in self.variables} for reader in self.pivot.outputs[0]._consumers):
            raise UnusualError(f"{self.pivot.name} is read in the loop")
        for op in (*self.body, *(variable.next for variable in self.variables)):
            if any(other in condition for other in self.raw.before(op)):
                raise UnusualError(f"{op.name} reads what the loop's condition has computed")

    # -- the changes

    def make(self) -> None:
        raw, name = self.raw, self.enters[0].attrs["frame_name"]
        entered: dict[Tensor, Tensor] = {}
        trips = self.enters[0].attrs["parallel_iterations"]
        condition, body = (Frame(raw.graph, name, trips, entered) for _ in range(2))
        for frame in (condition, body):
            frame.parent = raw.home
        raw.contexts += [condition, body]
        carried = [v for v in self.variables if not v.merge.outputs[0].dtype.is_ref_dtype]
        starts = [variable.enter.inputs[0] for variable in carried]
        waits = dict.fromkeys(c for op in self.enters for c in op.control_inputs)
        self._enter(entered)
        for variable in carried:
            self._begin(variable, condition, body)
        for variable in self.variables:
            if variable not in carried:
                self._refer(variable, condition, body)
        condition.outputs = [self.pivot.inputs[0]]
        body.outputs = [self._end(variable.next) for variable in carried]
        self._give(condition, body)
        captured: dict[Tensor, None] = {}
        for frame in (condition, body):
            tensors, controls = frame.captures()
            captured.update(dict.fromkeys(tensors))
            waits.update(dict.fromkeys(controls))
        loop = raw.add("While", (*starts, *captured),
                       {"regions": (condition, body), "count": len(starts), "back_prop": True},
                       self.pivot.name.rpartition("/")[0] + "/While" if "/" in self.pivot.name else "While",
                       self.path[:-1], tuple((t.dtype.base_dtype, None) for t in starts), waits)
        raw.beside[loop] = list(self.enters)
        for variable in self.variables:
            if variable not in carried:
                for exit in variable.exits:
                    raw.rewrite(exit, "RefIdentity", (variable.enter.inputs[0],), 1)
                    exit._controls = (loop,)
        for output, variable in zip(loop.outputs, carried, strict=True):
            for exit in variable.exits:
                raw.rewrite(exit, exit.type, (output,), 1)
                exit.type = "Exit"

    def _enter(self, entered: dict[Tensor, Tensor]) -> None:
        for op in self.enters:
            self.raw.hide(op)
        for op in self.constants:
            outside, inside = op.inputs[0], op.outputs[0]
            self.raw.substitute(inside, outside)
            entered.setdefault(outside, inside)

    def _begin(self, variable: _Variable, condition: Frame, body: Frame) -> None:
        """Makes the variable an input of both regions: its `Merge`, and the `Identity` behind its `Switch`."""
        raw, merge, switch = self.raw, variable.merge, variable.switch
        first = None
        if switch is not None:
            raw.hide(switch)
            first = next((op for op in switch.outputs[1]._consumers
                          if op.type == "Identity" and not op.control_inputs), None)
        if first is None:
            source = switch.outputs[1] if switch is not None else merge.outputs[0]
            first = raw.add("Identity", (source,), {"T": source.dtype.base_dtype}, f"{merge.name}/Identity", self.path,
                            ((source.dtype, source.sizes),))
            self.body.append(first)
        raw.rewrite(first, "LoopVariable", (), 1)
        if switch is not None:
            raw.substitute(switch.outputs[1], first.outputs[0])
        inside = {*self.body, variable.next}
        for reader in dict.fromkeys(merge.outputs[0]._consumers):
            if reader in inside:
                for i, tensor in enumerate(reader.inputs):
                    if tensor is merge.outputs[0]:
                        raw.note(reader)
                        reader._update_input(i, first.outputs[0])
        raw.rewrite(merge, "LoopVariable", (), 1)
        self.condition.append(merge)
        condition.inputs.append(merge.outputs[0])
        body.inputs.append(first.outputs[0])

    def _refer(self, variable: _Variable, condition: Frame, body: Frame) -> None:
        """A reference is not carried: the memory itself stands in its place, and what writes to it happens besides."""
        raw, memory = self.raw, variable.enter.inputs[0]
        written = variable.next.inputs[0].op
        for op in (variable.merge, variable.switch, variable.next):
            if op is not None:
                raw.hide(op)
        condition.references[memory] = variable.merge.outputs[0]
        raw.substitute(variable.merge.outputs[0], memory)
        if variable.switch is not None:
            body.references[memory] = variable.switch.outputs[1]
            raw.substitute(variable.switch.outputs[1], memory)
        if written in self.body:
            body.effects.append(written)

    def _end(self, step: Operation) -> Tensor:
        """The variable's value after a trip, which whatever the `NextIteration` waits for comes before."""
        tensor = step.inputs[0]
        self.raw.hide(step)
        if not step.control_inputs:
            return tensor
        last = self.raw.add("Identity", (tensor,), {"T": tensor.dtype.base_dtype}, f"{step.name}/Identity", self.path,
                            ((tensor.dtype, tensor.sizes),), step.control_inputs)
        self.body.append(last)
        return last.outputs[0]

    def _give(self, condition: Frame, body: Frame) -> None:
        raw = self.raw
        shadows = [self.pivot, *(v.switch for v in self.variables if v.switch is not None)]
        shadows += [op for variable in self.variables for op in variable.leaving]
        for op in (*shadows, *(v.next for v in self.variables)):
            raw.hide(op)
        hidden = {*shadows, *self.enters}
        for op in (*self.condition, *self.body):
            raw.wait(op, hidden.__contains__)
        raw.give(condition, self.condition)
        raw.give(body, self.body)
        for op in shadows:
            op.region = condition
        for exit in (op for variable in self.variables for op in variable.exits):
            raw.path[exit] = self.path[:-1]
        for op in raw.operations:
            if raw.path[op] == self.path and op.region is raw.home:
                op.region = body
