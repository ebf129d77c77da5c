"""A slice cut into stages: device programs and host steps in turn, and what each takes, gives, reads and writes."""

from __future__ import annotations

from lowering import registry
from lowering.plan import crossings, decisions
from lowering.plan.companions import inputs_of, is_cut
from lowering.plan.slice import (
    ALIASES,
    VARIABLES,
    RawControlFlowError,
    check_supported,
    draws,
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
from lowering.plan.stager import Stager
from lowering.plan.stages import DeviceStage, HostStage, Plan
from lowering.run import idle, restoring
from tracer.errors import UnsupportedError
from tracer.ir import Operation, Region, Tensor


def plan(fetches: list[Tensor], targets: list[Operation], fed: frozenset[Tensor], controls: bool = True,
         moved: frozenset[Operation] = frozenset(), within: Region | None = None, decides: bool = False,
         again: bool = False) -> Plan:
    """The stages that compute `fetches` and run `targets` when the tensors in `fed` are given.

    Those are of the region `within`, where they are of one.
    Without `controls` nothing is run that is only waited for. What is `moved` runs on the host: see `lowering.plan.ragged`.
    With `decides` the programs are for fed values that decide on conditionals: see `lowering.plan.decisions`. What runs
    `again` has no effects any more: see `lowering.run.backward`.
    """
    ops = needed({t.op for t in fetches if t not in fed} | set(targets), fed, controls, within)
    while crossings.settle(ops):
        ops = needed({t.op for t in fetches if t not in fed} | set(targets), fed, controls, within)
    if controls and any(is_raw(op) for op in ops):
        raise RawControlFlowError
    order = ordered(ops, fed)
    check_supported(order)
    loads = restoring.find(order, fed, fetches)
    moved |= loads
    moved |= idle.find(order, fed, lambda op: op in moved or is_host(op))
    if any(is_cut(op) for op in order):  # what stands in no graph is no reader that those would know of
        moved = moved.difference(*(forward_path(op, fed) for op in order if op.type == "Gradients" and not is_cut(op)))
    stager = Stager(order, fed, moved, decisions.find(order, fed) if decides else frozenset())
    stager.assign()
    groups: dict[int, set[Operation]] = {}
    for op in order:
        if op.type not in ("Const", "Placeholder", "Variable"):
            groups.setdefault(stager.stage[op], set()).add(op)
    stages: list[DeviceStage | HostStage] = []
    for number in sorted(groups):
        stages.append(_host_stage(stager, groups[number], loads) if number % 2 else _device_stage(
            stager, groups[number], None if again else number))
    _check_temporaries(stages)
    _connect(stages, fetches, fed)
    return Plan(stages, fetches, _required(order, stager, fetches), order)


def _host_stage(stager: Stager, ops: set[Operation], loads: frozenset[Operation]) -> HostStage:
    nodes = sorted(ops, key=stager.position.__getitem__)
    inputs = dict.fromkeys(t for op in nodes for t in op.inputs)
    if ops.isdisjoint(loads):
        return HostStage(nodes, list(inputs))
    nodes, passing = restoring.arranged(nodes, loads)
    only = all(op in loads or any(t in passing for t in op.outputs) for op in nodes)
    return HostStage(nodes, list(inputs), passing, only)


def _device_stage(stager: Stager, ops: set[Operation], number: int | None) -> DeviceStage:
    """The program of `ops`. What it computes again is what has another number than it."""
    ops, static = _completed(stager, ops)
    nodes = sorted(ops, key=lambda op: stager.position.get(op, -1))
    held, written = _looked_at(nodes, stager)
    streams = [node for op in nodes for node in inner(op) if draws(node)]
    again = frozenset(node for op in nodes if stager.stage.get(op, number) != number or number is None for node in inner(op))
    return DeviceStage(nodes, static=sorted(static, key=lambda t: t.name), held=held, written=written, streams=streams,
                       again=again)


def _completed(stager: Stager, ops: set[Operation]) -> tuple[set[Operation], set[Tensor]]:
    """The operations, with what the program computes along with them; and the tensors whose values shape it."""
    static: set[Tensor] = set()
    for op in list(ops):
        if op.type == "Gradients" and not is_cut(op):
            path = forward_path(op, stager.fed)
            ops |= {n for n in path if not stager.is_host(n) and not stager.written_by(n)}
    for op in list(ops):
        for tensor in stager.static_inputs(op):
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


def _looked_at(nodes: list[Operation], stager: Stager) -> tuple[list[Operation], list[Operation]]:
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


def _required(order: list[Operation], stager: Stager, fetches: list[Tensor]) -> list[Operation]:
    """The variables that are read before the run itself has written them."""
    held, written = _looked_at(order, stager)
    fetched = [variable_of(tensor, stager.fed) for tensor in fetches]
    return list(dict.fromkeys([*held, *(variable for variable in fetched if variable is not None
                                        and variable.type == "Variable" and variable not in written)]))
