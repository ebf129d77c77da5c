"""Loops over a traced step: counted ones as `lax.scan`, others as `lax.while_loop`, differentiated by checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.checks import Checks
from lowering.flow.matmuls import Products

CHECKPOINTS = 64
"""States that a loop of unknown length keeps for its gradient; further ones are computed again from the nearest."""


def replay(closed: Any, shape: Any) -> Callable:
    """A traced function again as a function, without tracing its Python a second time."""
    tree = jax.tree.structure(shape)

    def run(*arguments: Any) -> Any:
        flat = jax.core.eval_jaxpr(closed.jaxpr, closed.consts, *jax.tree.leaves(arguments))  # type: ignore[attr-defined]
        return jax.tree.unflatten(tree, flat)

    return run


class _Reports:
    """Checks inside a loop: for each, whether it has held so far, and the operands of the first time it did not."""

    def __init__(self) -> None:
        self.table: list[Any] = []

    def traced(self, checks: Checks) -> tuple[list[Any], list[tuple]]:
        """What one step reports."""
        self.table = list(checks.table)
        return checks.results, [tuple(jnp.asarray(o) for o in some) for some in checks.operands]

    @staticmethod
    def start(shape: Any) -> tuple[list[Any], list[tuple]]:
        """The report before the first step, from the shapes of one step's."""
        results, operands = shape
        return ([jnp.ones((), bool) for _ in results],
                jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), operands))

    @staticmethod
    def merge(old: Any, new: Any) -> Any:
        """The report after one more step."""
        results, operands = [], []
        for held, holds, before, now in zip(old[0], new[0], old[1], new[1], strict=True):
            results.append(held & holds)
            first = held & ~holds
            operands.append(jax.tree.map(lambda a, b, first=first: jnp.where(first, b, a), before, now))
        return results, operands

    def finish(self, report: Any, checks: Checks) -> None:
        """Adds the loop's checks to those around it."""
        checks.table += self.table
        checks.results += report[0]
        checks.operands += report[1]


def _step(advance: Callable, values: Any, state: tuple) -> tuple[Any, Any, _Reports]:
    """`advance` traced once: from (values, state) to (values, state, report), and the shape of that."""
    reports = _Reports()

    def run(values: list[Any], state: tuple) -> tuple:
        results, after, checks = advance(values, state)
        return results, after, reports.traced(checks)

    closed, shape = jax.make_jaxpr(run, return_shape=True)(values, state)
    return closed, shape, reports


def counted(advance: Callable, products: Products, weights: dict[int, Any], start: tuple, given: Any, trips: int,
            checks: Checks) -> tuple:
    """`trips` steps as a scan, from `start`, values and state; each step takes one row of `given`.

    `advance` takes `weights`, whose gradients are found after the scan, values, state, slots for that, and what is given;
    it returns values and state, checks, factors and what is kept of the step, of which the rows are returned too.
    """
    reports = _Reports()
    one = jax.tree.map(lambda rows: rows[0], given)

    def run(weights: dict[int, Any], values: list[Any], state: tuple, slots: list[Any], given: Any) -> tuple:
        after, found, factors, kept = advance(weights, values, state, slots, given)
        return after, reports.traced(found), factors, kept

    def traced(slots: list[Any]) -> tuple[Any, Any]:
        return jax.make_jaxpr(run, return_shape=True)(weights, *start, slots, one)

    plain, shape = traced([])  # this one tells the shapes of the slots
    with_slots, full = (plain, shape)
    if weights:
        with_slots, full = traced([jnp.zeros(size, weights[i].dtype) for i, size in products.slots()])
    consts = list({id(const): const for const in (*plain.consts, *with_slots.consts)}.values())
    known = {-1 - i: const for i, const in enumerate(consts)}  # beside the weights, whose numbers are no less than 0
    place = {id(const): -1 - i for i, const in enumerate(consts)}

    def rounds(arrays: dict[int, Any], start: Any, given: Any, slots: list[Any]) -> tuple:
        closed, form = (with_slots, full) if slots else (plain, shape)
        outside = [arrays[place[id(const)]] for const in closed.consts]
        again = {i: arrays[i] for i in weights}

        def body(carry: tuple, rows: tuple) -> tuple:
            leaves = jax.core.eval_jaxpr(closed.jaxpr, outside, *jax.tree.leaves((again, *carry[0], *rows)))  # type: ignore[attr-defined]
            after, new, factors, kept = jax.tree.unflatten(jax.tree.structure(form), leaves)
            return (after, reports.merge(carry[1], new)), (factors, kept)

        carry, (factors, kept) = jax.lax.scan(body, start, (slots, given), length=trips)
        return (carry, kept), factors

    first = (start, reports.start(shape[1]))
    if weights or shape[3]:
        results = products.differentiable(rounds, trips)({**known, **weights}, first, given)
        (after, report), kept = jax.tree.map(_ended, results)
    else:
        ((after, report), kept), _ = rounds(known, first, given, [])
    reports.finish(report, checks)
    return after, kept


def open_ended(holds: Callable, advance: Callable, values: list[Any], state: tuple, context: Any,
               differentiable: bool) -> tuple:
    """Steps as long as the condition holds."""
    pred, before = holds(values, state)
    context.checks.absorb(before)

    def both(values: list[Any], state: tuple) -> tuple:
        """One step, and the condition of the next: so that the condition's checks are reported too."""
        results, after, report = advance(values, state)
        again, more = holds(results, after)
        report.absorb(more)
        return [*results, again], after, report

    closed, shape, reports = _step(both, values, state)
    again = closed
    if closed.effects and differentiable:  # what is computed again for the gradient prints nothing
        context.silent = True
        again = _step(both, values, state)[0]
        context.silent = False
    flat, tree = jax.tree.flatten((pred, values, state, reports.start(shape[2])))

    consts = list({id(const): const for const in (*closed.consts, *again.consts)}.values())

    def flattened(traced: Any) -> Callable:
        place = {id(const): i for i, const in enumerate(consts)}
        taken = [place[id(const)] for const in traced.consts]

        def advance_flat(consts: list[Any], flat: list[Any]) -> list[Any]:
            _, values, state, report = jax.tree.unflatten(tree, flat)
            leaves = jax.core.eval_jaxpr(traced.jaxpr, [consts[i] for i in taken], *jax.tree.leaves((values, state)))  # type: ignore[attr-defined]
            results, state, new = jax.tree.unflatten(jax.tree.structure(shape), leaves)
            return jax.tree.leaves((results[-1], results[:-1], state, reports.merge(report, new)))

        return advance_flat

    forward = flattened(closed)
    run = _while_with_gradient(forward, flattened(again)) if differentiable else _plain_while(forward)
    result = jax.tree.unflatten(tree, [_ended(value) for value in run(consts, flat)])
    reports.finish(result[3], context.checks)
    return result[1], result[2]


def _ended(value: Any) -> Any:
    """`value`; one that has no gradient says so."""
    return value if jnp.issubdtype(value.dtype, jnp.inexact) else jax.lax.stop_gradient(value)


def _plain_while(step: Callable) -> Callable:
    def run(consts: list[Any], flat: list[Any]) -> list[Any]:
        return jax.lax.while_loop(lambda carry: carry[0], lambda carry: step(consts, carry), flat)

    return run


def _while_with_gradient(step: Callable, again: Callable) -> Callable:
    """A while loop with a reverse derivative; `again` is the step as it is computed on the way back.

    Going forward it keeps at most `CHECKPOINTS` states, at a stride that doubles whenever they are full: memory is
    bounded whatever the number of trips n. Going back, the state before each step is computed from the nearest kept
    one, so n trips cost n * (1 + n / CHECKPOINTS / 2) further steps at most.
    """

    @jax.custom_vjp
    def run(consts: list[Any], flat: list[Any]) -> list[Any]:
        return _plain_while(step)(consts, flat)

    def forward(consts: list[Any], flat: list[Any]) -> tuple:
        return _forward(step, consts, flat)

    def backward(residuals: tuple, cotangents: list[Any]) -> tuple:
        return _backward(again, residuals, cotangents)

    run.defvjp(forward, backward)
    return run


def _forward(step: Callable, consts: list[Any], flat: list[Any]) -> tuple:
    """The end of a loop, and what the way back needs: the constants, how many trips there were, and the states kept."""
    kept = [jnp.zeros((CHECKPOINTS, *v.shape), v.dtype) for v in flat]

    def body(carry: tuple) -> tuple:
        trips, stride, kept, flat = carry
        full = trips // stride >= CHECKPOINTS
        kept, stride = jax.lax.cond(full, _thin, lambda k, s: (k, s), kept, stride)
        at = trips // stride
        kept = [jnp.where(trips % stride == 0, k.at[at].set(v), k) for k, v in zip(kept, flat, strict=True)]
        return trips + 1, stride, kept, step(consts, flat)

    start = (jnp.int32(0), jnp.int32(1), kept, flat)
    trips, stride, kept, flat = jax.lax.while_loop(lambda carry: carry[3][0], body, start)
    return flat, (consts, trips, stride, kept)


def _backward(again: Callable, residuals: tuple, cotangents: list[Any]) -> tuple:
    """The cotangents of a loop's constants and of what it starts from."""
    consts, trips, stride, kept = residuals
    inexact = [jnp.issubdtype(jnp.result_type(c), jnp.inexact) for c in consts]
    zeros = [jnp.zeros_like(c) if float_ else None for c, float_ in zip(consts, inexact, strict=True)]
    moving = [jnp.issubdtype(k.dtype, jnp.inexact) for k in kept]
    carried = [c if m else None for c, m in zip(cotangents, moving, strict=True)]

    def state_before(trip: Any) -> list[Any]:
        at = trip // stride
        near = [k[at] for k in kept]
        return jax.lax.fori_loop(at * stride, trip, lambda _, flat: again(consts, flat), near)

    def body(carry: tuple) -> tuple:
        trip, carried, total = carry
        flat = state_before(trip - 1)

        def some(constants: list[Any], values: list[Any]) -> list[Any]:
            whole = [a if b is None else b for a, b in zip(consts, constants, strict=True)]
            state = [a if b is None else b for a, b in zip(flat, values, strict=True)]
            return [v for v, m in zip(again(whole, state), moving, strict=True) if m]

        _, pull = jax.vjp(some, [c if f else None for c, f in zip(consts, inexact, strict=True)],
                          [v if m else None for v, m in zip(flat, moving, strict=True)])
        more, carried = pull([c for c in carried if c is not None])
        total = jax.tree.map(jnp.add, total, more)
        return trip - 1, carried, total

    _, carried, total = jax.lax.while_loop(lambda carry: carry[0] > 0, body, (trips, carried, zeros))
    return (_cotangents(consts, total), _cotangents([k[0] for k in kept], carried))


def _thin(kept: list[Any], stride: Any) -> tuple:
    """Keeps every other state, at the front, and doubles the stride."""
    half = CHECKPOINTS // 2
    return [jnp.concatenate([k[::2], jnp.zeros_like(k[:CHECKPOINTS - half])]) for k in kept], stride * 2


def _cotangents(primals: list[Any], found: list[Any]) -> list[Any]:
    return [np.zeros(jnp.shape(p), jax.dtypes.float0) if c is None else c for p, c in zip(primals, found, strict=True)]
