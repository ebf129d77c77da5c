"""A slice cut into stages: device programs and host steps in turn, and what each takes, gives, reads and writes."""

from __future__ import annotations

from lowering import idle, ragged, registry, restoring, trips
from lowering.companions import inputs_of
from lowering.slice import (
    ALIASES,
    FIXED,
    ON_HOST,
    PICTURES,
    SHAPES,
    VARIABLES,
    RawControlFlowError,
    check_supported,
    forward_path,
    inner,
    is_host,
    is_raw,
    kept_variable,
    needed,
    ordered,
    variable_of,
    written_by,
)
from lowering.stages import DeviceStage, HostStage, Plan
from tracer.errors import UnsupportedError
from tracer.ir import Operation, Region, Tensor

_DEVICE = object()


class _Stager:
    """Gives each operation of a slice the number of its stage: even for device programs, odd for host steps."""

    def __init__(self, order: list[Operation], fed: frozenset[Tensor], moved: frozenset[Operation]) -> None:
        self.order = order
        self.fed = fed
        self.moved = moved
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
                for tensor in self._static_inputs(op):
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

    def _static_inputs(self, op: Operation) -> list[Tensor]:
        """The tensors outside of any region whose values `op` needs while it is traced."""
        found: list[Tensor] = []
        for node in inner(op):
            if node in FIXED:
                found += self._from_outside(op, trips.deciding(node))
                continue
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


def _check_differentiable(op: Operation, path: set[Operation], fed: frozenset[Tensor]) -> None:
    """Raises UnsupportedError when a gradient would have to pass through what runs on the host, region by region."""
    if path.isdisjoint(ON_HOST):
        return
    xs = set(op.inputs[op.attrs["ys"]:op.attrs["ys"] + op.attrs["xs"]])
    smooth: set[Operation] = set()
    for node in sorted(path, key=lambda node: node._id):
        if node.type != "StopGradient" and node.attrs.get("back_prop", True) and any(
                t in xs or (t not in fed and t.op in smooth) for t in node.inputs if _is_smooth(t)):
            smooth.add(node)
    needed_by_ys = needed([y.op for y in op.inputs[:op.attrs["ys"]] if y not in fed and _is_smooth(y)], fed)
    blocked = next((node for node in ON_HOST if node in smooth and node in needed_by_ys), None)
    if blocked is not None:
        raise UnsupportedError(
            "there is no gradient through a conditional or a loop whose values change their shapes by what it computes "
            "itself", blocked, "Let fed or constant numbers alone decide how often the loop runs.")


def _is_smooth(tensor: Tensor) -> bool:
    return tensor.dtype.base_dtype.is_floating or tensor.dtype.base_dtype.is_complex


def plan(fetches: list[Tensor], targets: list[Operation], fed: frozenset[Tensor], controls: bool = True,
         moved: frozenset[Operation] = frozenset(), within: Region | None = None) -> Plan:
    """The stages that compute `fetches` and run `targets` when the tensors in `fed` are given.

    Those are of the region `within`, where they are of one.
    Without `controls` nothing is run that is only waited for. What is `moved` runs on the host: see `lowering.ragged`.
    """
    ops = needed({t.op for t in fetches if t not in fed} | set(targets), fed, controls, within)
    if controls and any(is_raw(op) for op in ops):
        raise RawControlFlowError
    order = ordered(ops, fed)
    check_supported(order)
    loads = restoring.find(order, fed, fetches)
    moved |= loads
    moved |= idle.find(order, fed, lambda op: op in moved or is_host(op))
    stager = _Stager(order, fed, moved)
    stager.assign()
    groups: dict[int, set[Operation]] = {}
    for op in order:
        if op.type not in ("Const", "Placeholder", "Variable"):
            groups.setdefault(stager.stage[op], set()).add(op)
    stages: list[DeviceStage | HostStage] = []
    for number in sorted(groups):
        stages.append(_host_stage(stager, groups[number], loads) if number % 2 else _device_stage(stager, groups[number]))
    _check_temporaries(stages)
    _connect(stages, fetches, fed)
    return Plan(stages, fetches, _required(order, stager, fetches), order)


def _host_stage(stager: _Stager, ops: set[Operation], loads: frozenset[Operation]) -> HostStage:
    nodes = sorted(ops, key=stager.position.__getitem__)
    inputs = dict.fromkeys(t for op in nodes for t in op.inputs)
    if ops.isdisjoint(loads):
        return HostStage(nodes, list(inputs))
    nodes, passing = restoring.arranged(nodes, loads)
    only = all(op in loads or any(t in passing for t in op.outputs) for op in nodes)
    return HostStage(nodes, list(inputs), passing, only)


def _device_stage(stager: _Stager, ops: set[Operation]) -> DeviceStage:
    ops, static = _completed(stager, ops)
    nodes = sorted(ops, key=lambda op: stager.position.get(op, -1))
    held, written = _looked_at(nodes, stager)
    streams = [node for op in nodes for node in inner(op)
               if (rule := registry.find(node.type)) is not None and rule.draws]
    return DeviceStage(nodes, static=sorted(static, key=lambda t: t.name), held=held, written=written, streams=streams)


def _completed(stager: _Stager, ops: set[Operation]) -> tuple[set[Operation], set[Tensor]]:
    """The operations, with what the program computes along with them; and the tensors whose values shape it."""
    static: set[Tensor] = set()
    for op in list(ops):
        if op.type == "Gradients":
            path = forward_path(op, stager.fed)
            _check_differentiable(op, path, stager.fed)
            ops |= {n for n in path if not stager.is_host(n) and not stager.written_by(n)}
    for op in list(ops):
        for tensor in stager._static_inputs(op):
            if tensor not in stager.fed and tensor in stager.materialized:
                static.add(tensor)
                continue
            cone, starts = stager.cone(tensor)
            ops |= {node for node in cone if node.type not in VARIABLES}
            static |= starts
    for op in list(ops):
        ops |= _packed_parts(op, stager.fed)
    for op in list(ops):
        ops |= {t.op for t in op.inputs if t not in stager.fed and (t.op.type in ("Const", *VARIABLES))}
    return ops, static


def _looked_at(nodes: list[Operation], stager: _Stager) -> tuple[list[Operation], list[Operation]]:
    """The variables whose values `nodes` look at before they write them themselves; and those that they write."""
    held: dict[Operation, None] = {}
    written: dict[Operation, None] = {}
    for op in nodes:
        if op.type in ALIASES and variable_of(op.inputs[0], stager.fed) is not None:
            continue
        for variable in _values_read(op, stager.fed):
            if variable not in written:
                held[variable] = None
        written.update(dict.fromkeys(stager.written_by(op)))
    return [v for v in held if v.type == "Variable"], [v for v in written if v.type == "Variable"]


def _packed_parts(op: Operation, fed: frozenset[Tensor]) -> set[Operation]:
    """The `Pack` operations of which `op` wants the parts, some known, some not: another program's are one array."""
    rule = registry.find(op.type)
    partly = rule.partly if rule is not None else ()
    return {op.inputs[i].op for i in partly if op.inputs[i].op.type == "Pack" and op.inputs[i] not in fed}


def _values_read(op: Operation, fed: frozenset[Tensor]) -> list[Operation]:
    """The variables whose values `op` looks at; a region that may write one, or not, looks at it."""
    rule = registry.find(op.type)
    unread = rule.unread if rule is not None else ()
    found = written_by(op) if op.regions else []
    for i, argument in enumerate(op.arguments):
        for tensor in argument if isinstance(argument, list) else [argument]:
            if i not in unread:
                variable = variable_of(tensor, fed)
                if variable is not None:
                    found.append(variable)
    return found


def _check_temporaries(stages: list[DeviceStage | HostStage]) -> None:
    """A temporary variable lives in one program."""
    seen: set[Operation] = set()
    for stage in stages:
        for op in stage.nodes:
            if op.type == "TemporaryVariable" and op in seen:
                raise UnsupportedError(f"The temporary variable '{op.name}', recorded at {op.where}, is used before "
                                       "and after a host operation. Use a tf.Variable instead.")
            seen.add(op)


def _connect(stages: list[DeviceStage | HostStage], fetches: list[Tensor], fed: frozenset[Tensor]) -> None:
    """Fills in what each program takes and gives."""
    wanted: dict[Tensor, None] = dict.fromkeys(t for t in fetches if t not in fed)
    used = frozenset((*wanted, *(t for stage in stages for op in stage.nodes for t in op.inputs)))
    for stage in reversed(stages):
        if isinstance(stage, HostStage):
            wanted.update(dict.fromkeys(stage.inputs))
            continue
        inside = set(stage.nodes)
        stage.used = used
        stage.outputs = [t for t in wanted if t.op in inside and t.op.type not in ("Const", "Variable")
                         and kept_variable(t, fed) is None]
        taken: dict[Tensor, None] = dict.fromkeys(stage.static)
        for op in stage.nodes:
            for tensor in _inputs_read(op):
                if tensor in fed or (tensor.op not in inside and variable_of(tensor, fed) is None):
                    taken[tensor] = None
        stage.inputs = list(taken)
        wanted.update(taken)


def _inputs_read(op: Operation) -> tuple[Tensor, ...]:
    """The inputs of `op` that its rule looks at, and its companion's output: the companion has read some for it."""
    rule = registry.find(op.type)
    if rule is None or rule.before is None or not rule.unread:
        return inputs_of(op)
    unread = {op.arguments[i] for i in rule.unread}
    return tuple(t for t in inputs_of(op) if t not in unread)


def _required(order: list[Operation], stager: _Stager, fetches: list[Tensor]) -> list[Operation]:
    """The variables that are read before the run itself has written them."""
    held, written = _looked_at(order, stager)
    fetched = [variable_of(tensor, stager.fed) for tensor in fetches]
    return list(dict.fromkeys([*held, *(variable for variable in fetched if variable is not None
                                        and variable.type == "Variable" and variable not in written)]))
