"""Conditionals as `lax.cond`; where it is known which branch runs, as that branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret
from lowering.checks import Check
from lowering.flow import gathers, loops, trips
from lowering.flow.regions import Body, ShapeVariesError, compute
from lowering.interpret import Context
from lowering.kernels.arrays import UnwrittenError
from tracer.ir import Operation, Tensor


def evaluate(node: Operation, context: Context) -> None:
    """Evaluates a conditional."""
    wanted = [i for i, output in enumerate(node.outputs[:-1]) if context.used is None or output in context.used]
    pred = interpret.as_value(context.read(node.inputs[0]))
    context.write(node.outputs[-1], pred.reshape(()).astype(np.int32))  # which branch ran
    known = trips.known_value(node.inputs[0], context)
    inside = [gathers.Inside(node, region, context) for region in node.regions]
    if known is None and not context.padded and any(one.gathers for one in inside):
        raise ShapeVariesError(node, "how many rows of a gradient there are depends on the branch")
    if known is not None:
        context.courses[node] = 0 if known else 1
        region = node.regions[context.courses[node]]
        used = context.used
        results = compute(region, [region.outputs[i] for i in wanted], context)
        context.used = used
    else:
        results = _branches(node, wanted, inside, context)
    for i, value in zip(wanted, results, strict=True):
        context.write(node.outputs[i], interpret.typed(value, node.outputs[i], node))


def _branches(node: Operation, wanted: list[int], inside: list[gathers.Inside], context: Context) -> list[Any]:
    body = Body(node, node.regions, context)
    given = [[region.outputs[i] for i in wanted] for region in node.regions]
    traced = _trace_branches(body, inside, given)
    traced = [_filled(one, outputs, other[1][0]) for one, outputs, other in zip(traced, given, traced[::-1], strict=True)]
    shapes = [[(v.shape, v.dtype) for v in jax.tree.leaves(shape[:2])] for _, shape, _ in traced]
    if shapes[0] != shapes[1]:
        raise ShapeVariesError(node, f"the branches give different shapes: {shapes[0]} and {shapes[1]}")
    absent = [(_all_hold(shape[2]), _zeros(shape[3])) for _, shape, _ in traced]
    (first, _, first_told), (second, _, second_told) = traced

    def chosen() -> tuple:
        outputs, state, *left = first()
        return outputs, state, (tuple(left), absent[1])

    def other() -> tuple:
        outputs, state, *left = second()
        return outputs, state, (absent[0], tuple(left))

    pred = jnp.asarray(context.read(node.inputs[0]))
    outputs, state, left = jax.lax.cond(pred.reshape(()), chosen, other)
    body.commit(state)
    for one, told, ((results, operands), taken) in zip(inside, (first_told, second_told), left, strict=True):
        context.checks.table += told.table
        context.checks.results += results
        context.checks.operands += operands
        one.keep(taken, told.courses, gathers.CHOSEN)
    return outputs


class _Told(NamedTuple):
    """What the trace of a branch tells: its checks, and how the conditionals and loops went in it that gather rows."""

    table: list[Check]
    courses: list[Any]


def _zeros(shapes: Any) -> Any:
    return jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)


def _filled(traced: tuple, outputs: list[Tensor], others: list[Any]) -> tuple:
    """A traced branch that gives zeros, in the shapes of the `other` branch's results, where a result is absent."""
    missing = [i for i, output in enumerate(outputs) if output.op.type == "Absent"]
    if not missing:
        return traced
    run, (values, *rest), told = traced

    def filled() -> tuple:
        values, *rest = run()
        return _with_zeros(values), *rest

    def _with_zeros(values: list[Any]) -> list[Any]:
        zeros = {i: _zeros(others[i]) for i in missing}
        return [zeros.get(i, value) for i, value in enumerate(values)]

    return filled, ([others[i] if i in missing else value for i, value in enumerate(values)], *rest), told


def _trace_branches(body: Body, inside: list[gathers.Inside], wanted: list[list[Tensor]]) -> list[tuple]:
    """Both branches; one that reads of an array to which nothing is written yet fails in the runs that take it."""
    found: list[Any] = []
    for one, outputs in zip(inside, wanted, strict=True):
        try:
            found.append(_trace_branch(body, one, outputs))
        except UnwrittenError as error:
            found.append(error)
    unwritten = [branch for branch in found if isinstance(branch, UnwrittenError)]
    if len(unwritten) == len(found):
        raise unwritten[0]
    other = next(branch for branch in found if not isinstance(branch, UnwrittenError))
    return [_failing(body, branch, one, other[1]) if isinstance(branch, UnwrittenError) else branch
            for branch, one in zip(found, inside, strict=True)]


def _failing(body: Body, error: UnwrittenError, inside: gathers.Inside, like: Any) -> tuple[Callable, Any, _Told]:
    """A branch that raises `error`, with results of the shapes that the other's are `like`."""
    taken, courses = inside.left(body.context.child())

    def run() -> tuple:
        return _zeros(like[0]), body.state(body.context), ([jnp.asarray(False)], [()]), taken

    return run, jax.eval_shape(run), _Told([Check(error.op, str(error.message))], courses)


def _trace_branch(body: Body, inside: gathers.Inside, outputs: list[Tensor]) -> tuple[Callable, Any, _Told]:
    """The branch as a traced function, the shapes of its results, and what the trace tells."""
    told = _Told([], [])

    def run() -> tuple:
        child = body.context.child()
        inside.enter(child, inside.deltas())
        values = compute(inside.region, outputs, child)
        taken, told.courses[:] = inside.left(child)
        told.table[:] = child.checks.table
        return values, body.state(child), (child.checks.results, _arrays(child.checks.operands)), taken

    closed, shape = jax.make_jaxpr(run, return_shape=True)()
    return loops.replay(closed, shape), shape, told


def _arrays(operands: list[tuple]) -> list[tuple]:
    return [tuple(jnp.asarray(operand) for operand in some) for some in operands]


def _all_hold(report: Any) -> Any:
    """The report of a body that did not run."""
    results, operands = report
    return [np.True_ for _ in results], jax.tree.map(lambda s: np.zeros(s.shape, s.dtype), operands)
