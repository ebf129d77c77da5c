"""Conditionals and loops as `lax.cond`, `lax.fori_loop` and `lax.while_loop` over functions inside of the function."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from lowering import interpret, trips
from lowering.emit.expressions import Expr, Local, UnquotableError
from lowering.slice import inner, region_nodes, written_by
from tracer.ir import Operation, Region, Tensor


def evaluate(op: Operation, trace: Any) -> list[Any]:
    """The outputs of a conditional or loop as expressions."""
    if written_by(op):
        raise UnquotableError("variables are written inside of it")
    if any(node.type.startswith("TensorArray") for node in inner(op)):
        raise UnquotableError("it holds a TensorArray")
    return _conditional(op, trace) if op.type == "Cond" else _loop(op, trace)


def _inside(region: Region, outputs: list[Tensor], trace: Any, inputs: dict[Tensor, Expr]) -> list[Any]:
    """What `outputs` are, computed inside of a function."""
    child = trace.child(inputs)
    for node in region_nodes(region, outputs):
        child.step(node)
    trace.unsupported.update(child.unsupported)
    if child.keys[len(trace.keys):]:
        raise UnquotableError("random numbers are drawn inside of it")
    return [child.read(t) for t in outputs]


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
    if not isinstance(pred, Expr):
        region = op.regions[0 if bool(np.asarray(pred)) else 1]
        return [*_inside(region, list(region.outputs), trace, {}), np.int32(bool(pred))]
    since = _now()
    branches = [_inside(region, list(region.outputs), trace, {}) for region in op.regions]
    if _shapes(branches[0]) != _shapes(branches[1]):
        raise UnquotableError("its branches give different shapes")
    first, second = (Local(name, [], results, since) for name, results in zip(("then", "otherwise"), branches, strict=True))
    pred = pred.reshape(()) if pred.ndim else pred
    whole = Expr("call", "lax.cond", (pred, first, second))
    whole.origin = op
    return [*_parts(whole, branches[0]), pred.astype(np.int32)]


def _loop(op: Operation, trace: Any) -> list[Any]:
    condition, step = op.regions
    count = op.attrs["count"]
    starts = [trace.read(t) for t in op.inputs[:count]]
    known = trips.known(op, _context(trace))
    since = _now()
    carried = [Expr("name", t.op.name.rpartition("/")[2], outline=jax.ShapeDtypeStruct(np.shape(v), np.dtype(v.dtype)))
               for t, v in zip(step.inputs, starts, strict=True)]
    results = _inside(step, list(step.outputs), trace, dict(zip(step.inputs, carried, strict=True)))
    if _shapes(results) != _shapes(starts):
        raise UnquotableError("a loop variable changes its shape")
    body = Local("body", carried, results, since)
    first = tuple(starts)
    if known is not None:
        whole = Expr("call", "lax.fori_loop", (0, known.count, _Trip(body), first))
    else:
        trace.open_loops.append(op)
        asked = [Expr("name", c.head, outline=jax.ShapeDtypeStruct(c.shape, c.dtype)) for c in carried]
        (holds,) = _inside(condition, list(condition.outputs), trace, dict(zip(condition.inputs, asked, strict=True)))
        whole = Expr("call", "lax.while_loop", (Local("condition", asked, [holds], since), body, first))
    whole.origin = op
    return _parts(whole, starts)


class _Trip(Local):
    """The body of a counted loop, which is given the number of the trip as well."""

    def __init__(self, body: Local) -> None:
        super().__init__("trip_body", body.parameters, body.results, body.since)


def _context(trace: Any) -> interpret.Context:
    """What is known while tracing, for those who count trips."""
    context = interpret.Context()
    context.values.update({t: np.asarray(v) for t, v in trace.values.items() if not isinstance(v, Expr)})
    context.given = frozenset(t for t, v in trace.values.items() if isinstance(v, Expr))
    return context
