"""Conditionals and loops: regions of the graph as `jax.lax` control flow; and calls, whose region is a copy of a body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret
from lowering.checks import Check
from lowering.flow import arrays_in_loops, loops, trips
from lowering.flow.matmuls import Products
from lowering.interpret import Context
from lowering.kernels.arrays import Elements, UnwrittenError
from lowering.plan.slice import FIXED, draws, inner, region_nodes, variable_of, written_by
from tracer import errors
from tracer.ir import Operation, Region, Tensor

UNROLLED = 1000
"""Most trips of a loop that is unrolled because a loop variable changes its shape."""


class ShapeVariesError(errors.UnsupportedError):
    """A conditional or loop whose values have no fixed shape: it must run on the host, region by region."""

    def __init__(self, node: Operation, what: str) -> None:
        super().__init__(what)
        self.node = node


class Body:
    """A region as a function: from the values of its inputs, variables and streams to new ones, with its checks."""

    def __init__(self, node: Operation, regions: tuple[Region, ...], context: Context) -> None:
        self.context = context
        self.variables = [v for v in written_by(node)]
        self.streams = [n for n in inner(node) if draws(n)]

    def state(self, context: Context) -> tuple[list[Any], list[Any]]:
        """The variables that the node writes and the streams that it draws from, as they are in `context`."""
        return ([jnp.asarray(context.state[v]) for v in self.variables],
                [jnp.asarray(context.streams[op]) for op in self.streams])

    def enter(self, inputs: list[Tensor], values: list[Any], state: tuple) -> Context:
        """A child context in which the region's inputs have these values."""
        child = self.context.child()
        child.values.update(zip(inputs, values, strict=True))
        child.state.update(zip(self.variables, state[0], strict=True))
        child.streams.update(zip(self.streams, state[1], strict=True))
        return child

    def commit(self, state: tuple) -> None:
        """Puts the state after the node into the outer context."""
        self.context.state.update(zip(self.variables, state[0], strict=True))
        self.context.streams.update(zip(self.streams, state[1], strict=True))


def evaluate(node: Operation, context: Context) -> None:
    """Evaluates a conditional, a loop or a call."""
    if node.type == "Cond":
        _conditional(node, context)
    elif node.type == "While":
        _loop(node, context)
    else:
        _call(node, context)


def compute(region: Region, outputs: list[Tensor], context: Context, effects: list[Operation] | None = None) -> list[Any]:
    """Evaluates what `outputs` need of `region`, and `effects`, in `context`."""
    nodes = region_nodes(region, outputs, effects or ())
    context.used = frozenset((*outputs, *(t for n in nodes for t in n.inputs)))
    interpret.evaluate(nodes, context)
    return [interpret.as_value(context.read(t)) for t in outputs]


# -- calls


def _call(node: Operation, context: Context) -> None:
    body = Body(node, node.regions, context)
    child = context.child()
    results = compute(node.regions[0], node.regions[0].outputs, child)
    body.commit(body.state(child))
    context.checks.absorb(child.checks)
    for output, value in zip(node.outputs, results, strict=True):
        context.write(output, interpret.typed(value, output, node))


# -- conditionals


def _conditional(node: Operation, context: Context) -> None:
    wanted = [i for i, output in enumerate(node.outputs[:-1]) if context.used is None or output in context.used]
    pred = interpret.as_value(context.read(node.inputs[0]))
    context.write(node.outputs[-1], pred.reshape(()).astype(np.int32))  # which branch ran
    known = trips.known_value(node.inputs[0], context)
    if known is not None:
        region = node.regions[0 if known else 1]
        used = context.used
        results = compute(region, [region.outputs[i] for i in wanted], context)
        context.used = used
    else:
        results = _branches(node, wanted, context)
    for i, value in zip(wanted, results, strict=True):
        context.write(node.outputs[i], interpret.typed(value, node.outputs[i], node))


def _branches(node: Operation, wanted: list[int], context: Context) -> list[Any]:
    body = Body(node, node.regions, context)
    given = [[region.outputs[i] for i in wanted] for region in node.regions]
    traced = _trace_branches(body, node, given)
    traced = [_filled(one, outputs, other[1][0]) for one, outputs, other in zip(traced, given, traced[::-1], strict=True)]
    shapes = [[(v.shape, v.dtype) for v in jax.tree.leaves(shape[:2])] for _, shape, _ in traced]
    if shapes[0] != shapes[1]:
        raise ShapeVariesError(node, f"the branches give different shapes: {shapes[0]} and {shapes[1]}")
    absent = [_all_hold(shape[2]) for _, shape, _ in traced]
    (first, _, first_table), (second, _, second_table) = traced

    def chosen() -> tuple:
        outputs, state, report = first()
        return outputs, state, (report, absent[1])

    def other() -> tuple:
        outputs, state, report = second()
        return outputs, state, (absent[0], report)

    pred = jnp.asarray(context.read(node.inputs[0]))
    outputs, state, reports = jax.lax.cond(pred.reshape(()), chosen, other)
    body.commit(state)
    for table, (results, operands) in zip((first_table, second_table), reports, strict=True):
        context.checks.table += table
        context.checks.results += results
        context.checks.operands += operands
    return outputs


def _filled(traced: tuple, outputs: list[Tensor], others: list[Any]) -> tuple:
    """A traced branch that gives zeros, in the shapes of the `other` branch's results, where a result is absent."""
    missing = [i for i, output in enumerate(outputs) if output.op.type == "Absent"]
    if not missing:
        return traced
    run, (values, *rest), table = traced

    def filled() -> tuple:
        values, *rest = run()
        return _with_zeros(values), *rest

    def _with_zeros(values: list[Any]) -> list[Any]:
        zeros = {i: jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), others[i]) for i in missing}
        return [zeros.get(i, value) for i, value in enumerate(values)]

    return filled, ([others[i] if i in missing else value for i, value in enumerate(values)], *rest), table


def _trace_branches(body: Body, node: Operation, wanted: list[list[Tensor]]) -> list[tuple]:
    """Both branches; one that reads of an array to which nothing is written yet fails in the runs that take it."""
    found: list[Any] = []
    for region, outputs in zip(node.regions, wanted, strict=True):
        try:
            found.append(_trace_branch(body, region, outputs))
        except UnwrittenError as error:
            found.append(error)
    unwritten = [branch for branch in found if isinstance(branch, UnwrittenError)]
    if len(unwritten) == len(found):
        raise unwritten[0]
    other = next(branch for branch in found if not isinstance(branch, UnwrittenError))
    return [_failing(body, branch, other[1]) if isinstance(branch, UnwrittenError) else branch for branch in found]


def _failing(body: Body, error: UnwrittenError, like: Any) -> tuple[Callable, Any, list[Check]]:
    """A branch that raises `error`, with results of the shapes that the other's are `like`."""

    def run() -> tuple:
        results = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), like[0])
        return results, body.state(body.context), ([jnp.asarray(False)], [()])

    table = [Check(error.op, str(error.message))]
    return run, jax.eval_shape(run), table


def _trace_branch(body: Body, region: Region, outputs: list[Tensor]) -> tuple[Callable, Any, list[Check]]:
    """The branch as a traced function, the shapes of its results, and the table of its checks."""
    table: list[Check] = []

    def run() -> tuple:
        child = body.context.child()
        values = compute(region, outputs, child)
        table[:] = child.checks.table
        return values, body.state(child), (child.checks.results, _arrays(child.checks.operands))

    closed, shape = jax.make_jaxpr(run, return_shape=True)()
    return loops.replay(closed, shape), shape, table


def _arrays(operands: list[tuple]) -> list[tuple]:
    return [tuple(jnp.asarray(operand) for operand in some) for some in operands]


def _all_hold(report: Any) -> Any:
    """The report of a body that did not run."""
    results, operands = report
    return [np.True_ for _ in results], jax.tree.map(lambda s: np.zeros(s.shape, s.dtype), operands)


# -- loops


def _loop(node: Operation, context: Context) -> None:
    condition, step = node.regions
    count = node.attrs["count"]
    body = Body(node, node.regions, context)
    starts = [interpret.as_value(context.read(t)) for t in node.inputs[:count]]
    starts = jax.tree.map(lambda v: jax.lax.convert_element_type(v, v.dtype), starts)  # no weak types in a carry
    known = trips.known(node, context)

    def advance(values: list[Any], state: tuple, counters: dict[int, np.ndarray] | None = None) -> tuple:
        child = body.enter(step.inputs, values, state)
        child.values.update((step.inputs[i], value) for i, value in (counters or {}).items())
        results = compute(step, step.outputs, child, step.effects)
        if counters is None:
            results = [v.spread() if isinstance(v, Elements) else v for v in results]
        return results, body.state(child), child.checks

    def holds(values: list[Any], state: tuple) -> tuple:
        child = body.enter(condition.inputs, values, state)
        (pred,) = compute(condition, condition.outputs, child)
        return pred.reshape(()), child.checks

    state = body.state(context)
    grows = arrays_in_loops.grow(node, starts, context)
    if known is not None and (known.count <= 1 or (node in FIXED and not grows)):
        values, state = _unrolled(node, advance, starts, state, known, context)
    else:
        stacked = arrays_in_loops.entering(node, starts, known, context)
        if not _keeps_shapes(advance, stacked, state):
            if known is None or node not in FIXED:
                raise ShapeVariesError(node, "a loop variable changes its shape")
            values, state = _unrolled(node, advance, starts, state, known, context)
        elif known is not None:
            values, state = _counted(node, body, advance, stacked, state, known.count)
        else:
            values, state = loops.open_ended(holds, advance, stacked, state, context, node.attrs["back_prop"])
    body.commit(state)
    if not node.attrs["back_prop"]:
        values = jax.lax.stop_gradient(values)
    for output, value in zip(node.outputs, values, strict=True):
        context.write(output, interpret.typed(value, output, node))


def _counted(node: Operation, body: Body, advance: Callable, values: list[Any], state: tuple, trips: int) -> tuple:
    """A number of trips as a scan; gradients of what each trip multiplies by are found after it."""
    context, step = body.context, node.regions[1]
    nodes = region_nodes(step, step.outputs, step.effects)
    around = _factors(nodes, step, body) if node.attrs["back_prop"] else {}
    moving = {*step.inputs, *(t for op in nodes for t in op.outputs)}
    products = Products(nodes, around, moving, context)
    weights = {i: value for i, (tensor, value) in enumerate(around.items()) if tensor in products.factors()}
    if not weights:
        return loops.counted(advance, values, state, trips, context.checks)
    tensors = list(around)

    def multiply(weights: dict[int, Any], values: list[Any], state: tuple, slots: list[Any]) -> tuple:
        child = body.enter(step.inputs, values, state)
        child.values.update((tensors[i], weight) for i, weight in weights.items())
        child.used = frozenset((*step.outputs, *(t for op in nodes for t in op.inputs)))
        factors = products.evaluate(nodes, child, slots)
        results = [interpret.as_value(child.read(t)) for t in step.outputs]
        return ([v.spread() if isinstance(v, Elements) else v for v in results], body.state(child), child.checks, factors)

    return loops.counted_with_products(multiply, products, weights, values, state, trips, context.checks)


def _factors(nodes: list[Operation], step: Region, body: Body) -> dict[Tensor, Any]:
    """The values from outside that a trip multiplies by or gathers rows of, read once."""
    context, found = body.context, {}
    if interpret.DIFFERENTIATED not in context.temporaries or any(op.type == "Gradients" for op in nodes):
        return {}
    for tensor in (t for op in nodes if op.type in ("MatMul", "Gather") for t in op.inputs):
        if not step.holds(tensor.op) and variable_of(tensor) not in body.variables and tensor not in found:
            found[tensor] = context.read(tensor)
    return found


def _unrolled(node: Operation, advance: Callable, values: list[Any], state: tuple, known: trips.Trips,
              context: Context) -> tuple:
    """Trip after trip, each with counters of known value, so that shapes and indices may depend on them."""
    if known.count > UNROLLED:
        raise ShapeVariesError(node, "a loop variable changes its shape")
    for trip in range(known.count):
        values, state, checks = advance(values, state, known.values(trip))
        context.checks.absorb(checks)
    return values, state


def _keeps_shapes(advance: Callable, starts: list[Any], state: tuple) -> bool:
    shapes = jax.eval_shape(lambda v, s: advance(v, s)[0], starts, state)
    if jax.tree.structure(starts) != jax.tree.structure(shapes):
        return False
    pairs = zip(jax.tree.leaves(starts), jax.tree.leaves(shapes), strict=True)
    return all(a.shape == b.shape and a.dtype == b.dtype for a, b in pairs)
