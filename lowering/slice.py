"""The part of a graph that a run needs, in order, cut into device programs and host steps.

Order: data and control edges first; among what is ready, what only computes goes before gradients, gradients before
what writes a variable, and each in the order of creation. So a loss and its update in one run agree on the variables'
old values whatever order the script fetches them in, and all gradients of a run can share one forward pass.
"""

from __future__ import annotations

import heapq
import weakref
from collections.abc import Iterable, Iterator

from lowering import idle, registry, restoring
from lowering.companions import companion, inputs_of
from lowering.stages import DeviceStage, HostStage, Plan
from tracer import dtypes
from tracer.errors import NoKernelError, UnsupportedError
from tracer.ir import Operation, Region, Tensor

VARIABLES = frozenset({"Variable", "TemporaryVariable"})
ALIASES = frozenset({"Identity", "RefIdentity", "RefEnter", "RefExit", "RefNextIteration", "RefSwitch"})
SHAPES = frozenset({"Shape", "ShapeN", "Rank", "Size", "TensorArraySize", "TensorArraySizeV2"})
"""What is known from the input's shape, not from its value."""
ARRAY_USERS = frozenset(f"TensorArray{verb}{version}" for version in ("", "V2") for verb in (
    "Grad", "Start", "Write", "Read", "Pack", "Unpack", "Gather", "Scatter", "Concat", "Split", "Size", "Close"))
FRAMES = frozenset({"Enter", "RefEnter", "Exit", "RefExit", "NextIteration", "RefNextIteration", "LoopCond"})
SWITCHES = frozenset({"Switch", "RefSwitch"})
MERGES = frozenset({"Merge", "RefMerge"})
_RAW = FRAMES | SWITCHES | MERGES
CONTROL = frozenset({"Cond", "While"})  # they hold regions
PICTURES = frozenset({"DecodeJpeg", "DecodePng"})
FIXED: weakref.WeakSet[Operation] = weakref.WeakSet()
"""Conditionals and loops found to give values of several shapes: which branch runs, or how often the body does, must be
known while a program is traced."""
ON_HOST: weakref.WeakSet[Operation] = weakref.WeakSet()
"""Those for which even that is not enough: they run on the host, one region at a time."""
_DEVICE = object()


def variable_of(tensor: Tensor) -> Operation | None:
    """The variable that `tensor` is an alias of, or None when it holds a value of its own."""
    while True:
        op = tensor.op
        if op.type in VARIABLES:
            return op
        if not op.inputs:
            return None
        if op.type in ALIASES:
            tensor = op.inputs[0]
        elif tensor.dtype.is_ref_dtype and op.inputs[0].dtype.is_ref_dtype:
            tensor = op.inputs[0]
        else:
            return None


def kept_variable(tensor: Tensor) -> Operation | None:
    """The variable that `tensor` is an alias of and that outlives the run."""
    variable = variable_of(tensor)
    return variable if variable is not None and variable.type == "Variable" else None


class RawControlFlowError(Exception):
    """What is to run has `Switch`, `Merge` or frames in it, which only `lowering.dataflow` can run."""


def is_raw(op: Operation) -> bool:
    """Whether the operation is control flow that is no region's: what stands behind a region reads its output."""
    return op.type in _RAW and not (op.inputs and op.inputs[0].op.type in CONTROL)


def needed(roots: Iterable[Operation], fed: frozenset[Tensor], controls: bool = True,
           within: Region | None = None) -> set[Operation]:
    """The operations that `roots` depend on, themselves included; fed tensors cut the search.

    What a region's operations wait for outside of it (`within`) has run before.
    """
    found = set(roots)
    stack = list(found)
    while stack:
        op = stack.pop()
        for tensor in inputs_of(op):
            if tensor.op not in found and tensor not in fed:
                found.add(tensor.op)
                stack.append(tensor.op)
        for control in op.control_inputs if controls else ():
            if control not in found and not _is_given(control, fed) and (within is None or within.holds(control)):
                found.add(control)
                stack.append(control)
    return found


def _is_given(op: Operation, fed: frozenset[Tensor]) -> bool:
    """Whether there is nothing to wait for: a loop variable or placeholder that comes in from outside."""
    return op.type in ("LoopVariable", "Placeholder") and fed.issuperset(op.outputs)


def inner(op: Operation) -> Iterator[Operation]:
    """The operation, and those of the regions inside of it."""
    yield op
    for region in op.regions:
        yield from region.walk()


def _priority(op: Operation) -> int:
    if op.type == "Gradients":
        return 1
    for node in inner(op):
        rule = registry.find(node.type)
        if rule is not None and rule.writes:
            return 2
    return 0


def ordered(ops: set[Operation], fed: frozenset[Tensor]) -> list[Operation]:
    """`ops` in the order in which they run."""
    waiting: dict[Operation, int] = {}
    after: dict[Operation, list[Operation]] = {}
    ready: list[tuple[int, int, Operation]] = []
    for op in ops:
        before = {t.op for t in inputs_of(op) if t not in fed} | set(op.control_inputs)
        before &= ops
        waiting[op] = len(before)
        for earlier in before:
            after.setdefault(earlier, []).append(op)
        if not before:
            heapq.heappush(ready, (_priority(op), op._id, op))
    order = []
    while ready:
        op = heapq.heappop(ready)[2]
        order.append(op)
        for later in after.get(op, ()):
            waiting[later] -= 1
            if not waiting[later]:
                heapq.heappush(ready, (_priority(later), later._id, later))
    return order


def _is_host(op: Operation) -> bool:
    """Whether the operation runs as Python: by its rule, or because it carries strings, which no device holds."""
    if op.type == "Gradients":
        return False
    if op.regions:
        return op in ON_HOST or any(
            _is_host(node) or companion(node) is not None for region in op.regions for node in region.walk())
    rule = registry.find(op.type)
    if rule is not None and rule.host:
        return True
    if op.type in ("Const", "Placeholder"):
        return False
    if op.type.startswith("TensorArray"):
        if op.region is not None and any(op.region in around.regions for around in ON_HOST):
            return True  # where an index is known, and an array can grow
        return _array_type(op) is dtypes.string or any(t.dtype.base_dtype is dtypes.string for t in op.inputs[1:])
    text = [t for t in (*op.inputs, *op.outputs) if t.dtype.base_dtype is dtypes.string]
    if rule is not None and rule.strings:
        return any(t.op.type != "Const" for t in text)
    return bool(text)


def _array_type(op: Operation) -> dtypes.DType | None:
    """The type of the elements of the `TensorArray` that `op` works on."""
    while op.type in ARRAY_USERS:
        op = op.inputs[0].op
    return op.attrs.get("dtype")


def fix(node: Operation) -> None:
    """After `node` was found to change shapes: fixes what decides on it and all around it, or sends it to the host."""
    if node in FIXED:
        ON_HOST.add(node)
        return
    FIXED.add(node)
    around = holder(node)
    if around is not None and around.type in CONTROL and around not in FIXED:
        fix(around)


def holder(node: Operation) -> Operation | None:
    """The operation in one of whose regions `node` stands."""
    if node.region is None:
        return None
    return next((op for op in node.graph.get_operations() if node.region in op.regions), None)


def check_supported(ops: Iterable[Operation]) -> None:
    """Raises NoKernelError that lists every operation without a rule."""
    known = {"Const", "Gradients", "Placeholder", "LoopVariable", *CONTROL, *VARIABLES, *ALIASES}
    missing = [node for op in ops for node in inner(op)
               if node.type not in known and not node.regions and registry.find(node.type) is None]
    if missing:
        lines = [f"  {op.type} '{op.name}', recorded at {op.where}" for op in missing]
        raise NoKernelError(
            "This run needs operations that have no lowering yet:\n" + "\n".join(lines)
            + "\nFetch something that does not depend on them, or feed their outputs.", missing[0])


def written_by(op: Operation) -> list[Operation]:
    """The variables that `op` writes, in the regions inside of it too."""
    found: dict[Operation, None] = {}
    for node in inner(op):
        rule = registry.find(node.type)
        if rule is None or not rule.writes:
            continue
        arguments = node.arguments
        for i in rule.writes:
            for tensor in arguments[i] if isinstance(arguments[i], list) else [arguments[i]]:
                variable = variable_of(tensor)
                if variable is not None:
                    found[variable] = None
    return list(found)


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
        return op in self.moved or _is_host(op)

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
        return op.type not in ALIASES and not any(t not in self.fed and variable_of(t) is not None for t in op.inputs)

    def _after_pictures(self, op: Operation) -> int:
        """The earliest stage for what works on pictures that have come to one size: it is compiled once for all."""
        from lowering import ragged

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
        touched = [v for t in op.inputs if t not in self.fed and (v := variable_of(t)) is not None]
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
                from lowering import trips

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


def forward_path(op: Operation, fed: frozenset[Tensor]) -> set[Operation]:
    """The operations between a `Gradients` operation's xs and ys: what must stand in the same program as it."""
    count_y, count_x = op.attrs["ys"], op.attrs["xs"]
    ys, xs = op.inputs[:count_y], set(op.inputs[count_y:count_y + count_x])
    above = needed([y.op for y in ys if y not in fed], fed)
    onward: dict[Operation, bool] = {}
    for node in sorted(above, key=lambda node: node._id):
        onward[node] = any(t in xs or (t not in fed and onward.get(t.op, False)) for t in node.inputs)
    return {node for node, hit in onward.items() if hit}


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
    moved |= idle.find(order, fed, lambda op: op in moved or _is_host(op))
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
    nodes = sorted(ops, key=lambda op: stager.position.get(op, -1))
    stage = DeviceStage(nodes, static=sorted(static, key=lambda t: t.name))
    held: dict[Operation, None] = {}
    written: dict[Operation, None] = {}
    for op in nodes:
        for node in inner(op):
            rule = registry.find(node.type)
            if rule is not None and rule.draws:
                stage.streams.append(node)
        if op.type in ALIASES and op.inputs[0] not in stager.fed and variable_of(op.inputs[0]) is not None:
            continue
        for variable in _values_read(op, stager.fed):
            if variable not in written:
                held[variable] = None
        written.update(dict.fromkeys(stager.written_by(op)))
    stage.held = [v for v in held if v.type == "Variable"]
    stage.written = [v for v in written if v.type == "Variable"]
    return stage


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
            if tensor not in fed and i not in unread:
                variable = variable_of(tensor)
                if variable is not None:
                    found.append(variable)
    return found


def region_nodes(region: Region, outputs: Iterable[Tensor], effects: Iterable[Operation] = ()) -> list[Operation]:
    """The operations of `region` that `outputs` and `effects` need, in order; those of regions inside belong to their
    holders."""
    found: set[Operation] = set()
    stack = [*(t.op for t in outputs), *effects]
    while stack:
        op = stack.pop()
        if op.region is region and op not in found:
            found.add(op)
            stack += [t.op for t in inputs_of(op)] + list(op.control_inputs)
    outside = frozenset(t for op in found for t in inputs_of(op) if t.op not in found)
    return ordered(found, outside)


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
                         and (kept_variable(t) is None or t in fed)]
        taken: dict[Tensor, None] = dict.fromkeys(stage.static)
        for op in stage.nodes:
            for tensor in _inputs_read(op):
                if tensor in fed or (tensor.op not in inside and variable_of(tensor) is None):
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
    required: dict[Operation, None] = {}
    written: set[Operation] = set()
    for op in order:
        if op.type in ALIASES and op.inputs[0] not in stager.fed and variable_of(op.inputs[0]) is not None:
            continue
        for variable in _values_read(op, stager.fed):
            if variable not in written:
                required[variable] = None
        written.update(stager.written_by(op))
    for tensor in fetches:
        variable = None if tensor in stager.fed else variable_of(tensor)
        if variable is not None and variable not in written:
            required[variable] = None
    return [variable for variable in required if variable.type == "Variable"]
