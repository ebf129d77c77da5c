"""Conditionals and loops as `lax.cond`, `lax.fori_loop` and `lax.while_loop` over functions inside of the function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from lowering import interpret
from lowering.emit import tensor_arrays
from lowering.emit.expressions import Expr, Local, UnquotableError
from lowering.emit.naming import snake
from lowering.emit.tensor_arrays import Stacked
from lowering.flow import trips
from lowering.plan.slice import region_nodes, written_by
from tracer.ir import Operation, Region, Tensor


def evaluate(op: Operation, trace: Any) -> list[Any]:
    """The outputs of a conditional or loop as expressions."""
    return _conditional(op, trace) if op.type == "Cond" else _loop(op, trace)


def _inside(region: Region, outputs: list[Tensor], trace: Any, inputs: dict[Tensor, Expr],
            written: Sequence[Operation] = (), state: Mapping[Operation, Any] | None = None,
            rounds: Sequence[Expr] = ()) -> list[Any]:
    """What `outputs` are, computed inside of a function, and what the variables in `written` are after it.

    In `state` is what variables are when it begins, where that is not what they are outside; in `rounds`, the number of
    a loop's round, where it draws.
    """
    child = trace.child(inputs)
    child.state.update(state or {})
    child.rounds += rounds
    for node in region_nodes(region, outputs, region.effects if written else ()):
        child.step(node)
    trace.unsupported.update(child.unsupported)
    trace.keys[:] = child.keys
    if child.updates or child.gradients:
        raise UnquotableError("it trains inside of it")
    return [*(child.read(t) for t in outputs), *(child.state[variable] for variable in written)]


def _now() -> int:
    return Expr("name", "", outline=jax.ShapeDtypeStruct((), np.dtype(bool))).number


def _shapes(values: list[Any]) -> list[tuple]:
    return [(np.shape(v), np.dtype(v.dtype)) for v in values]


def _parts(whole: Expr, values: list[Any]) -> list[Expr]:
    outlines = [jax.ShapeDtypeStruct(np.shape(v), np.dtype(v.dtype)) for v in values]
    whole.tree = outlines
    return [Expr("index", "", (whole, i), {}, outline) for i, outline in enumerate(outlines)]


def _conditional(op: Operation, trace: Any) -> list[Any]:
    pred = trace.read(op.inputs[0])
    written = written_by(op)
    since = _now()
    if not isinstance(pred, Expr):
        region = op.regions[0 if bool(np.asarray(pred)) else 1]
        results = _inside(region, list(region.outputs), trace, {}, written)
        taken: Any = np.int32(bool(pred))
    else:
        branches = [_inside(region, list(region.outputs), trace, {}, written) for region in op.regions]
        if _shapes(branches[0]) != _shapes(branches[1]):
            raise UnquotableError("its branches give different shapes")
        first, second = (Local(name, [], values, since)
                         for name, values in zip(("then", "otherwise"), branches, strict=True))
        pred = pred.reshape(()) if pred.ndim else pred
        whole = Expr("call", "lax.cond", (pred, first, second))
        whole.origin = op
        results, taken = _parts(whole, branches[0]), pred.astype(np.int32)
    count = len(results) - len(written)
    trace.state.update(zip(written, results[count:], strict=True))
    return [*results[:count], taken]


def _loop(op: Operation, trace: Any) -> list[Any]:
    condition, step = op.regions
    count = op.attrs["count"]
    starts = [trace.read(t) for t in op.inputs[:count]]
    known = trips.known(op, _context(trace))
    arrays = {i for i, value in enumerate(starts) if tensor_arrays.is_array(value)}
    elements = _elements(op, trace, starts, arrays)
    starts = [tensor_arrays.stacked(v, elements.get(i)) if i in arrays else v for i, v in enumerate(starts)]
    since = _now()
    written = written_by(op)  # variables are carried like what the script carries
    labels = step.labels or [f"carry_{i}" if len(starts) > 1 else "carry" for i in range(len(starts))]
    labels = [*labels, *(snake(variable.name.rpartition("/")[2]) for variable in written)]
    starts += [trace.state[variable] for variable in written]
    draws = any(node.type in trace.draws for node in _walk(region_nodes(step, list(step.outputs), step.effects)))
    if draws:  # each round draws other numbers
        labels, starts = [*labels, "trip"], [*starts, np.int32(0)]
    carried = [Expr("name", label, outline=tensor_arrays.outline(v)) for label, v in zip(labels, starts, strict=True)]
    state = dict(zip(written, carried[count:], strict=False))
    rounds: list[Any] = carried[-1:] if draws else []
    results = _inside(step, list(step.outputs), trace, _given(step, carried[:count], arrays), written, state, rounds)
    results += [number + np.int32(1) for number in rounds]
    results = [value.array if i in arrays else value for i, value in enumerate(results)]
    if _shapes(results) != _shapes(starts):
        raise UnquotableError("a loop variable changes its shape")
    body = Local("body", carried, results, since)
    first = tuple(starts)
    if known is not None:
        whole = Expr("call", "lax.fori_loop", (0, known.count, _Trip(body), first))
    else:
        asked = [Expr("name", c.head, outline=jax.ShapeDtypeStruct(c.shape, c.dtype)) for c in carried]
        state = dict(zip(written, asked[count:], strict=False))
        (holds,) = _inside(condition, list(condition.outputs), trace, _given(condition, asked[:count], arrays), (), state)
        asking = Local("condition", asked, [holds], since)
        limit = _limit(op, trace) if trace.differentiates else None
        if limit is not None:
            whole = Expr("call", "lowering.emit.layers:bounded_while_loop", (asking, body, limit, first))
        else:
            trace.open_loops.append(op)
            whole = Expr("call", "lax.while_loop", (asking, body, first))
    whole.origin = op
    parts = _parts(whole, starts)
    whole.labels, whole.pieces = labels if step.labels or written else [], parts
    trace.state.update(zip(written, parts[count:], strict=False))
    return [Stacked(part) if i in arrays else part for i, part in enumerate(parts[:count])]


def _walk(nodes: Iterable[Operation]) -> Iterator[Operation]:
    """Operations, and those in their bodies."""
    for node in nodes:
        yield node
        for region in node.regions:
            yield from region.walk()


def _limit(op: Operation, trace: Any) -> int | None:
    """How often a loop runs at most, where one of the things that its condition asks for is a count; None elsewhere."""
    waiting, limits = list(op.regions[0].outputs), []
    while waiting:
        tensor = waiting.pop()
        if tensor.op.type in ("LogicalAnd", "LoopCond", "Identity"):
            waiting += tensor.op.inputs
            continue
        if (known := trips.known(op, _context(trace), [tensor])) is not None:
            limits.append(known.count)
    return min(limits, default=None)


def _given(region: Region, carried: list[Any], arrays: set[int]) -> dict[Tensor, Any]:
    """What the loop's variables are inside of it."""
    return {t: Stacked(c) if i in arrays else c for i, (t, c) in enumerate(zip(region.inputs, carried, strict=True))}


def _elements(op: Operation, trace: Any, starts: list[Any], arrays: set[int]) -> dict[int, Any]:
    """What is written to the arrays among the loop's variables: the body is looked at once for that."""
    if not arrays:
        return {}
    step = op.regions[1]
    given = [None if i in arrays else Expr("name", "", outline=tensor_arrays.outline(v)) for i, v in enumerate(starts)]
    given = [tensor_arrays.stacked(v, None) if i in arrays and (isinstance(v, Stacked) or v.whole is not None) else given[i]
             for i, v in enumerate(starts)]
    inputs = _given(step, given, arrays)
    child = trace.child(inputs)
    for node in region_nodes(step, list(step.outputs)):
        child.step(node)
    return {i: inputs[step.inputs[i]].element for i in arrays}


class _Trip(Local):
    """The body of a counted loop, which is given the number of the trip as well."""

    def __init__(self, body: Local) -> None:
        super().__init__("trip_body", body.parameters, body.results, body.since)


def _context(trace: Any) -> interpret.Context:
    """What is known while tracing, for those who count trips."""
    context = interpret.Context()
    known = {t: v for t, v in trace.values.items() if not (isinstance(v, Expr) or tensor_arrays.is_array(v))}
    context.values.update({t: np.asarray(v) for t, v in known.items()})
    context.given = frozenset(t for t in trace.values if t not in known)
    return context
