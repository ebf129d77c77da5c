"""What holds regions: loops as `jax.lax` control flow, conditionals, and calls, whose region is a copy of a body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret
from lowering.flow import arrays_in_loops, branches, gathers, loops, trips
from lowering.flow.matmuls import Products
from lowering.flow.regions import Body, ShapeVariesError, compute
from lowering.interpret import Context
from lowering.kernels.arrays import Elements
from lowering.plan.slice import region_nodes, variable_of
from lowering.plan.varying import COUNTED, FIXED, ROOM
from tracer.ir import Operation, Region, Tensor

UNROLLED = 1000
"""Most trips of a loop that is unrolled because a loop variable changes its shape."""
ROUNDS = 16
"""For so many trips there is room at first, where a loop that runs as often as the data say gathers rows."""


def evaluate(node: Operation, context: Context) -> None:
    """Evaluates a conditional, a loop or a call."""
    if node.type == "Cond":
        branches.evaluate(node, context)
    elif node.type == "While":
        _loop(node, context)
    else:
        _call(node, context)


# -- calls


def _call(node: Operation, context: Context) -> None:
    body = Body(node, node.regions, context)
    child = context.child()
    results = compute(node.regions[0], node.regions[0].outputs, child)
    body.commit(body.state(child))
    context.checks.absorb(child.checks)
    for output, value in zip(node.outputs, results, strict=True):
        context.write(output, interpret.typed(value, output, node))


# -- loops


def _loop(node: Operation, context: Context) -> None:
    condition, step = node.regions
    count = node.attrs["count"]
    body = Body(node, node.regions, context)
    starts = [interpret.as_value(context.read(t)) for t in node.inputs[:count]]
    starts = jax.tree.map(lambda v: jax.lax.convert_element_type(v, v.dtype), starts)  # no weak types in a carry
    known = trips.known(node, context)
    rounds = gathers.Inside(node, step, context)
    if known is None and rounds.gathers and not context.padded:
        raise ShapeVariesError(node, "how many rows of a gradient there are depends on the trips", only_counted=True)

    def round(values: list[Any], state: tuple, counters: dict[int, np.ndarray] | None = None,
              deltas: list[Any] | None = None) -> tuple:
        child = body.enter(step.inputs, values, state)
        rounds.enter(child, deltas)
        child.values.update((step.inputs[i], value) for i, value in (counters or {}).items())
        results = compute(step, step.outputs, child, step.effects)
        if counters is None:
            results = [v.spread() if isinstance(v, Elements) else v for v in results]
        return results, body.state(child), child

    def advance(values: list[Any], state: tuple) -> tuple:
        results, after, child = round(values, state)
        return results, after, child.checks

    def holds(values: list[Any], state: tuple) -> tuple:
        child = body.enter(condition.inputs, values, state)
        (pred,) = compute(condition, condition.outputs, child)
        return pred.reshape(()), child.checks

    state = body.state(context)
    grows = arrays_in_loops.grow(node, starts, context)
    if known is not None and (known.count <= 1 or (node in FIXED and node not in COUNTED and not grows)):
        values, state = _unrolled(node, round, starts, state, known, rounds)
    else:
        stacked = arrays_in_loops.entering(node, starts, known, context)
        if not _keeps_shapes(advance, stacked, state):
            if known is None or node not in FIXED:
                raise ShapeVariesError(node, "a loop variable changes its shape")
            values, state = _unrolled(node, round, starts, state, known, rounds)
        elif known is not None:
            values, state = _counted(node, body, round, stacked, state, known.count, rounds)
        elif rounds.gathers:
            values, state = _with_room(node, round, holds, stacked, state, rounds)
        else:
            values, state = loops.open_ended(holds, advance, stacked, state, context, node.attrs["back_prop"])
    body.commit(state)
    if not node.attrs["back_prop"]:
        values = jax.lax.stop_gradient(values)
    for output, value in zip(node.outputs, values, strict=True):
        context.write(output, interpret.typed(value, output, node))


def _counted(node: Operation, body: Body, round: Callable, values: list[Any], state: tuple, trips: int,
             rounds: gathers.Inside) -> tuple:
    """A number of trips as a scan; gradients of what each trip multiplies by are found after it."""
    context, step = body.context, node.regions[1]
    nodes = region_nodes(step, step.outputs, step.effects)
    around = _factors(nodes, step, body) if node.attrs["back_prop"] else {}
    moving = {*step.inputs, *(t for op in nodes for t in op.outputs)}
    products = Products(nodes, around, moving, context)
    weights = {i: value for i, (tensor, value) in enumerate(around.items()) if tensor in products.factors()}
    tensors = list(around)
    courses: list[Any] = []

    def multiply(weights: dict[int, Any], values: list[Any], state: tuple, slots: list[Any], deltas: list[Any]) -> tuple:
        if not weights:
            results, after, child = round(values, state, None, deltas)
            factors: list[Any] = []
        else:
            child = body.enter(step.inputs, values, state)
            rounds.enter(child, deltas)
            child.values.update((tensors[i], weight) for i, weight in weights.items())
            child.used = frozenset((*step.outputs, *(t for op in nodes for t in op.inputs)))
            factors = products.evaluate(nodes, child, slots)
            results = [interpret.as_value(child.read(t)) for t in step.outputs]
            results = [v.spread() if isinstance(v, Elements) else v for v in results]
            after = body.state(child)
        taken, courses[:] = rounds.left(child)
        return (results, after), child.checks, factors, taken

    after, taken = loops.counted(multiply, products, weights, (values, state), rounds.deltas(), trips, context.checks)
    rounds.keep(taken, courses, gathers.SCANNED)
    return after


def _factors(nodes: list[Operation], step: Region, body: Body) -> dict[Tensor, Any]:
    """The values from outside that a trip multiplies by or gathers rows of, read once."""
    context, found = body.context, {}
    if interpret.DIFFERENTIATED not in context.temporaries or any(op.type == "Gradients" for op in nodes):
        return {}
    for tensor in (t for op in nodes if op.type in ("MatMul", "Gather") for t in op.inputs):
        if not step.holds(tensor.op) and variable_of(tensor) not in body.variables and tensor not in found:
            found[tensor] = context.read(tensor)
    return found


def _with_room(node: Operation, round: Callable, holds: Callable, values: list[Any], state: tuple,
               rounds: gathers.Inside) -> tuple:
    """Trips as long as the condition holds, with room to keep the rows that so many of them take."""
    context = rounds.context
    room = ROOM.setdefault(node, ROUNDS)
    courses: list[Any] = []

    def advance(values: list[Any], state: tuple) -> tuple:
        *values, trip, kept = values
        results, after, child = round(values, state, None, rounds.deltas_of(trip))
        taken, courses[:] = rounds.left(child)
        kept = jax.tree.map(lambda rows, row: rows.at[trip].set(row, mode="drop"), kept, taken)
        return [*results, trip + 1, kept], after, child.checks

    shapes = jax.eval_shape(lambda: rounds.left(round(values, state)[2])[0])
    kept = jax.tree.map(lambda s: jnp.zeros((room, *s.shape), s.dtype), shapes)
    start = [*values, jnp.int32(0), kept]
    (*values, count, kept), state = loops.open_ended(
        lambda values, state: holds(values[:-2], state), advance, start, state, context, node.attrs["back_prop"])
    context.checks.add(node, count <= room, gathers.HasRoom(node), (count,))
    rounds.keep(kept, courses, gathers.SCANNED)
    return values, state


def _unrolled(node: Operation, round: Callable, values: list[Any], state: tuple, known: trips.Trips,
              rounds: gathers.Inside) -> tuple:
    """Trip after trip, each with counters of known value, so that shapes and indices may depend on them."""
    if known.count > UNROLLED:
        raise ShapeVariesError(node, "a loop variable changes its shape")
    left = []
    for trip in range(known.count):
        values, state, child = round(values, state, known.values(trip), rounds.deltas_of(trip))
        rounds.context.checks.absorb(child.checks)
        left.append(rounds.left(child))
    rounds.keep_all(left)
    return values, state


def _keeps_shapes(advance: Callable, starts: list[Any], state: tuple) -> bool:
    shapes = jax.eval_shape(lambda v, s: advance(v, s)[0], starts, state)
    if jax.tree.structure(starts) != jax.tree.structure(shapes):
        return False
    pairs = zip(jax.tree.leaves(starts), jax.tree.leaves(shapes), strict=True)
    return all(a.shape == b.shape and a.dtype == b.dtype for a, b in pairs)
