"""Which program or host step each operation of a run belongs to."""

from __future__ import annotations

from lowering import registry
from lowering.flow import trips
from lowering.plan import decisions, ragged
from lowering.plan.companions import inputs_of
from lowering.plan.slice import (
    ALIASES,
    PICTURES,
    SHAPES,
    VARIABLES,
    inner,
    is_host,
    variable_of,
    written_by,
)
from lowering.plan.varying import FIXED
from tracer.ir import Operation, Tensor

_DEVICE = object()


class Stager:
    """Gives each operation of a slice the number of its stage: even for device programs, odd for host steps."""

    def __init__(self, order: list[Operation], fed: frozenset[Tensor], moved: frozenset[Operation],
                 decided: frozenset[Tensor]) -> None:
        self.order = order
        self.fed = fed
        self.moved = moved
        self.decided = decided
        self.position = {op: i for i, op in enumerate(order)}
        self.stage: dict[Operation, int] = {}
        self.sources: dict[Tensor, frozenset | object] = {}
        self.materialized: set[Tensor] = set()  # device values that a later program needs as static ones
        self.pictures: set[Tensor] = set()  # of any size, from files
        self.framed: set[Tensor] = set()  # of one size, made of those
        self._last_read: dict[Operation, int] = {}
        self._last_write: dict[Operation, int] = {}
        self._host_after = 0

    def is_host(self, op: Operation) -> bool:
        """Whether the operation runs as Python in this plan."""
        return op in self.moved or is_host(op)

    def assign(self) -> None:
        """Fills `stage`."""
        for op in self.order:
            if op.type in ("Const", "Placeholder") or op.type in VARIABLES:
                self.stage[op] = 0
                continue
            host = self.is_host(op)
            stage = 1 if host else 0
            for before in (*(t.op for t in inputs_of(op) if t not in self.fed), *op.control_inputs):
                if before in self.position:
                    stage = max(stage, self._reach(before, host))
            if op.type in PICTURES:
                self.pictures.update(t for t in op.outputs if not t.get_shape().is_fully_defined())
            if not host:
                stage = max(stage, self._after_pictures(op))
                for tensor in self.static_inputs(op):
                    if self.static_sources(tensor) is _DEVICE:
                        self.materialized.add(tensor)
                        stage = max(stage, self.stage[tensor.op] + 2)
            self.stage[op] = self._after_accesses(op, stage, host)
        if any(stage > 1 for stage in self.stage.values()):
            self._delay()

    def _delay(self) -> None:
        """Moves what waits for nothing into the program of those who need it, so that it is no program of its own."""
        users: dict[Operation, list[Operation]] = {}
        for op in reversed(self.order):
            if op in users and self._may_wait(op):
                gap = 2 if any(t in self.materialized for t in op.outputs) else 0
                latest = min(self.stage[user] - (1 if self.stage[user] % 2 else gap) for user in users[op])
                self.stage[op] = max(self.stage[op], latest)
            for before in (*(t.op for t in inputs_of(op) if t not in self.fed), *op.control_inputs):
                users.setdefault(before, []).append(op)

    def _may_wait(self, op: Operation) -> bool:
        rule = registry.find(op.type)
        if rule is None or op.regions or self.stage[op] or op.type in ("Const", "Placeholder") or op.type in VARIABLES:
            return False
        if not (rule.pure or rule.draws) or rule.writes or not {"check", "later", "session"}.isdisjoint(rule.extras):
            return False
        return op.type not in ALIASES and not any(variable_of(t, self.fed) is not None for t in op.inputs)

    def _after_pictures(self, op: Operation) -> int:
        """The earliest stage for what works on pictures that have come to one size: it is compiled once for all."""
        if any(t in self.pictures for t in op.inputs) and ragged.is_light(op, self.fed):
            for output in op.outputs:
                shape = output.get_shape()
                if not shape.is_fully_defined():
                    self.pictures.add(output)
                elif len(shape) > 1:
                    self.framed.add(output)
            return 0
        return max((self.stage[t.op] + 2 for t in op.inputs if t in self.framed), default=0)

    def _reach(self, before: Operation, host: bool) -> int:
        """The earliest stage of this kind that can follow `before`."""
        if before.type in ("Const", "Placeholder") or before.type in VARIABLES:
            # Its value is known, but what it waits for, its users wait for: they may have no dependency of their own.
            waits = (self._reach(op, host) for op in before.control_inputs if op in self.position)
            return max(1 if host else 0, *waits, 0)
        at = self.stage[before]
        return at + 1 if (at % 2 == 1) != host else at

    def _after_accesses(self, op: Operation, stage: int, host: bool) -> int:
        """Moves the stage on so that variables are read and written in the order of the slice."""
        writes = self.written_by(op)
        touched = [v for t in op.inputs if (v := variable_of(t, self.fed)) is not None]
        for variable in dict.fromkeys((*touched, *writes)):
            floor = self._last_write.get(variable, 0)
            if variable in writes:
                floor = max(floor, self._last_read.get(variable, 0))
            stage = max(stage, floor if (floor % 2 == 1) == host else floor + 1)
        if op.type not in ALIASES:
            for variable in dict.fromkeys((*touched, *writes)):
                table = self._last_write if variable in writes else self._last_read
                table[variable] = max(table.get(variable, 0), stage)
        return stage

    def written_by(self, op: Operation) -> list[Operation]:
        """The variables that `op` writes."""
        return written_by(op)

    def static_inputs(self, op: Operation) -> list[Tensor]:
        """The tensors outside of any region whose values `op` needs while it is traced."""
        found: list[Tensor] = []
        for node in inner(op):
            if node in FIXED:
                found += self._from_outside(op, trips.deciding(node))
                continue
            if self.decided and node.type == "Cond":
                found += [t for t in decisions.sources(node, self.fed) if t in self.decided]
            rule = registry.find(node.type)
            if rule is None or not (rule.static or rule.wants):
                continue
            arguments = node.arguments
            tensors = [t for i in rule.static if i < len(arguments)
                       for t in (arguments[i] if isinstance(arguments[i], list) else [arguments[i]])]
            tensors += rule.wants(node) if rule.wants is not None else []
            found += tensors if node is op else self._from_outside(op, tensors)
        return found

    def _from_outside(self, op: Operation, tensors: list[Tensor]) -> list[Tensor]:
        """Where the computation of static values inside of `op`'s regions enters them."""
        found: list[Tensor] = []
        stack, seen = list(tensors), set(tensors)
        while stack:
            tensor = stack.pop()
            if not any(region.holds(tensor.op) for region in op.regions):
                if self.static_sources(tensor) is not _DEVICE:
                    found.append(tensor)
            elif tensor.op.type not in SHAPES:
                stack += [t for t in tensor.op.inputs if t not in seen]
                seen.update(tensor.op.inputs)
        return found

    def static_sources(self, tensor: Tensor) -> frozenset | object:
        """What fixes the value of `tensor`: fed tensors and host results; `_DEVICE` when a program must run first."""
        if tensor in self.sources:
            return self.sources[tensor]
        stack = [tensor]
        while stack:  # an explicit stack: shape arithmetic can be deep
            at = stack[-1]
            op = at.op
            if at in self.fed or at in self.materialized:
                self.sources[at] = frozenset({at})
            elif op.type == "Const" or op.type in SHAPES:
                self.sources[at] = frozenset()
            elif self.is_host(op):
                self.sources[at] = frozenset({at})
            else:
                rule = registry.find(op.type)
                if rule is None or not rule.pure or op.type in VARIABLES:
                    self.sources[at] = _DEVICE
                else:
                    missing = [t for t in op.inputs if t not in self.sources]
                    if missing:
                        stack += missing
                        continue
                    parts = [self.sources[t] for t in op.inputs]
                    self.sources[at] = (_DEVICE if any(part is _DEVICE for part in parts)
                                        else frozenset().union(*parts))  # type: ignore[arg-type]
            stack.pop()
        return self.sources[tensor]

    def cone(self, tensor: Tensor) -> tuple[set[Operation], set[Tensor]]:
        """The operations that compute a static value while tracing, and the values they start from."""
        ops: set[Operation] = set()
        starts: set[Tensor] = set()
        stack = [tensor]
        while stack:
            at = stack.pop()
            if at in self.fed or at in self.materialized or self.is_host(at.op):
                starts.add(at)
            elif at.op not in ops:
                ops.add(at.op)
                if at.op.type not in SHAPES:
                    stack += at.op.inputs
        return ops, starts
