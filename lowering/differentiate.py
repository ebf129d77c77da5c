"""The `Gradients` operation: what stands before it is differentiated once, for all gradients that follow together."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret, through
from lowering.flow import gathers
from lowering.interpret import Alias, Context
from lowering.kernels import cotangents
from lowering.kernels.arrays import Elements, Stack, StackRow
from lowering.own_gradients import CustomGradient
from lowering.plan import companions
from lowering.plan.companions import is_cut
from tracer.ir import Operation, Tensor


def last_wave(nodes: list[Operation]) -> tuple[list[Operation], list[Operation], list[Operation]] | None:
    """Splits at the last run of `Gradients` operations: before, the gradients, after. None when there are none."""
    end = next((i for i in range(len(nodes) - 1, -1, -1) if _is_gradient(nodes[i])), None)
    if end is None:
        return None
    start = end
    inside: set[Operation] = set()
    while start >= 0 and _is_gradient(nodes[start]):
        start -= 1
    start += 1
    # A gradient of a gradient is a wave of its own.
    for i in range(start, end + 1):
        if any(t.op in inside for t in nodes[i].inputs):
            start, inside = i, set()
        inside.add(nodes[i])
    return nodes[:start], nodes[start:end + 1], nodes[end + 1:]


def _is_gradient(node: Operation) -> bool:
    return node.type == "Gradients" and not is_cut(node)


class Parts:
    """The inputs of a `Gradients` operation by their roles."""

    def __init__(self, op: Operation) -> None:
        count_y, count_x = op.attrs["ys"], op.attrs["xs"]
        self.op = op
        self.ys = op.inputs[:count_y]
        self.xs = op.inputs[count_y:count_y + count_x]
        given = iter(op.inputs[count_y + count_x:])  # what custom gradients use from outside follows the seeds
        self.seeds = [next(given) if has else None for has in op.attrs["seeded"]]
        self.rows: list[tuple[Operation, ...]] = [
            tuple(op.named(name) for name in names) for names in op.attrs["rows"]]
        self.dense: list[bool] = list(op.attrs["dense"])
        self.custom = {op.named(name): CustomGradient(region, returned)
                       for (name, returned), region in zip(op.attrs["custom"], op.regions, strict=True)}

    def inside(self) -> list[Operation]:
        """The `Gather` operations that stand in regions."""
        return [gather for some in self.rows for gather in some if gather.region is not self.op.region]

    def leave_out_inner(self, readers: Callable[[Tensor], list[Any]]) -> bool:
        """Has the gradient of a table be one array, but for rows taken outside of regions, where it is only added up.

        Returns whether more rows of zeros may stand among those that are left.
        """
        may_have_more = True
        results = iter(self.op.outputs)
        for i, rows in enumerate(self.rows):
            values, indices = next(results), next(results) if rows else None
            outer = tuple(gather for gather in rows if gather.region is self.op.region)
            if indices is None or len(outer) == len(rows):
                continue
            if gathers.are_added_up(values, indices, readers):
                self.rows[i], self.dense[i] = outer, True
            else:
                may_have_more = may_have_more and gathers.zeros_are_nothing(values, indices, readers)
        return may_have_more

    def keys(self) -> list[Any]:
        """Where zeros are added to be differentiated by: the xs, and the `Gather` operations that take their rows."""
        found: list[Any] = []
        for x, rows, dense in zip(self.xs, self.rows, self.dense, strict=True):
            found += [*rows, *([x] if dense else [])]
        return found


def evaluate(before: list[Operation], gradients: list[Operation], context: Context) -> None:
    """Evaluates `before` and `gradients`, leaving all their values in `context`."""
    parts = [Parts(op) for op in gradients]

    def readers(tensor: Tensor) -> list[Any]:
        return [None] if context.readers is None else context.readers.get(tensor, [])

    padded = all([part.leave_out_inner(readers) for part in parts])
    ys = list(dict.fromkeys(y for part in parts for y in part.ys))
    keys = list(dict.fromkeys(key for part in parts for key in part.keys()))
    inside = _Inside(before, context)
    inside.custom = {op: gradient for part in parts for op, gradient in part.custom.items()}
    for part in parts:
        inside.watch(part.inside(), padded)
        for x, rows in zip(part.xs, part.rows, strict=True):
            for gather in rows:
                inside.rows.setdefault(gather, set()).add(x)
    zeros = _zeros(keys, parts, inside)
    outputs, pullback, arrays = jax.vjp(lambda deltas: inside.run(deltas, keys, ys), zeros, has_aux=True)
    inside.commit(arrays)
    with np.errstate(all="ignore"):
        for part in parts:
            _gradient(part, ys, keys, outputs, pullback, inside, context)


def _changed(now: dict[Any, Any], before: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in now.items() if value is not before.get(key)}


def _both(one: Any, other: Any) -> Any:
    """The sum of what two differentiations add; of what is met in several rounds of a loop, in each."""
    if isinstance(one, tuple):
        return tuple(map(_both, one, other))
    return None if one is None else one + other


class _Inside:
    """Evaluates the forward part inside of `jax.vjp`, and brings its values out."""

    def __init__(self, nodes: list[Operation], context: Context) -> None:
        self.nodes = nodes
        self.outer = context
        self.values: dict[Tensor, Any] = {}
        self.stacks: list[Stack] = []
        self.order: tuple[list, list, list] = ([], [], [])
        self.watched, self.padded = context.watched, context.padded
        self.tables: dict[Tensor, Any] = {}  # the shapes of what `watched` take rows of
        self.custom: dict[Operation, CustomGradient] = {}
        self.rows: dict[Operation, set[Tensor]] = {}
        self.inner = context

    def run(self, deltas: list[Any], keys: list[Any], ys: list[Tensor]) -> tuple[list[Any], Any]:
        inner = self.inner = Context()
        inner.values = {t: v for t, v in self.outer.values.items()}
        inner.state, inner.streams = dict(self.outer.state), dict(self.outer.streams)
        inner.deltas, inner.used = dict(self.outer.deltas), self.outer.used
        inner.temporaries, inner.given = {*self.outer.temporaries, interpret.DIFFERENTIATED}, self.outer.given
        inner.custom = {**self.outer.custom, **self.custom}
        inner.readers, inner.rolled = self.outer.readers, self.outer.rolled
        inner.session, inner.silent, inner.failures = self.outer.session, self.outer.silent, self.outer.failures
        inner.levels = [*self.outer.levels, interpret.Level(dict(zip(keys, deltas, strict=True)), self.rows)]
        inner.without, inner.watched, inner.padded = dict(self.outer.without), self.watched, self.padded
        for key, delta in zip(keys, deltas, strict=True):
            inner.deltas[key] = _both(inner.deltas[key], delta) if key in inner.deltas else delta
            if isinstance(key, Tensor) and key in inner.values and not isinstance(inner.values[key], Alias):
                came = inner.read(key)  # from outside: it is not written again
                inner.without.setdefault(key, came)
                inner.values[key] = came + delta
        through.evaluate(self.nodes, inner)
        # What stayed as it was stays outside: brought out it would be another array, though an equal one, and writes to
        # the rows of a table go by what is the table.
        values = _changed(inner.values, self.outer.values)
        state, streams = _changed(inner.state, self.outer.state), _changed(inner.streams, self.outer.streams)
        arrays = {t: v for t, v in values.items() if isinstance(v, (jax.Array, Elements))}
        self.values = {t: v for t, v in values.items() if t not in arrays}
        self.stacks = list({id(v.stack): v.stack for v in self.values.values() if isinstance(v, StackRow)}.values())
        self.order = (list(arrays), list(state), list(streams))
        out = (list(arrays.values()), list(state.values()), list(streams.values()), inner.checks.results,
               inner.checks.operands, [stack.array for stack in self.stacks],
               [inner.taken.get(gather) for gather in self.in_order()])
        return [interpret.as_value(inner.read(y)) for y in ys], out

    def watch(self, ops: list[Operation], padded: bool) -> None:
        """Has what `Gather` operations in regions took kept, `padded` with zeros where that is easier."""
        self.padded = padded and (self.padded or not self.watched)
        self.watched |= frozenset(ops)

    def in_order(self) -> list[Operation]:
        """The `Gather` operations whose indices are kept."""
        return sorted(self.watched, key=lambda op: op._id)

    def commit(self, arrays: Any) -> None:
        values, state, streams, results, operands, rows, taken = arrays
        outer = self.outer
        for stack, array in zip(self.stacks, rows, strict=True):
            stack.array = array
        outer.values.update(self.values)
        outer.values.update(zip(self.order[0], values, strict=True))
        outer.state.update(zip(self.order[1], state, strict=True))
        outer.streams.update(zip(self.order[2], streams, strict=True))
        inside = {interpret.DIFFERENTIATED} - outer.temporaries
        outer.temporaries = self.inner.temporaries - inside
        outer.taken.update(zip(self.in_order(), taken, strict=True))
        outer.courses.update(self.inner.courses)
        outer.checks.table += self.inner.checks.table
        outer.checks.results += results
        outer.checks.operands += operands


def _zeros(keys: list[Any], parts: list[Parts], inside: _Inside) -> list[Any]:
    """What is added at each key. Its shape is from what is there, from the static shape, or by evaluating abstractly."""
    found: dict[Any, Any] = {}
    context = inside.outer
    for key in keys:
        tensor = key.outputs[0] if isinstance(key, Operation) else key
        dtype = tensor.dtype.base_dtype.array_dtype
        value = None if isinstance(key, Operation) else _available(tensor, context)
        if isinstance(value, Elements):
            found[key] = cotangents.zeros(value)
        elif value is not None:
            found[key] = jnp.zeros(value.shape if isinstance(value, StackRow) else np.shape(value), dtype)
        elif tensor.sizes is not None and None not in tensor.sizes and key not in inside.watched and (
                not cotangents.are_behind(tensor)):
            found[key] = jnp.zeros(tensor.sizes, dtype)
    missing = [key for key in keys if key not in found]
    if missing:
        found.update(_zeros_of_trial(missing, parts, inside))
    return [found[key] for key in keys]


def _zeros_of_trial(keys: list[Any], parts: list[Parts], inside: _Inside) -> dict[Any, Any]:
    """The same for keys whose shapes an abstract evaluation finds; for a `Gather` in a region, as its indices are kept."""
    outer = [key for key in keys if key not in inside.watched]
    tables = {gather: x for part in parts for x, rows in zip(part.xs, part.rows, strict=True) for gather in rows
              if gather in inside.watched}
    tensors = [key.outputs[0] if isinstance(key, Operation) else key for key in outer]
    trial = _Inside(inside.nodes, inside.outer)
    trial.watched, trial.padded = inside.watched, inside.padded

    def run() -> tuple:
        values, arrays = trial.run([], [], [*tensors, *dict.fromkeys(tables.values())])
        return values, arrays[-1]

    shapes, taken = jax.eval_shape(run)
    found = {key: cotangents.zeros(s) if isinstance(s, Elements) else jnp.zeros(s.shape, s.dtype)
             for key, s in zip(outer, shapes, strict=False)}
    inside.tables.update(zip(dict.fromkeys(tables.values()), shapes[len(outer):], strict=True))
    indices = dict(zip(trial.in_order(), taken, strict=True))
    for gather, x in tables.items():
        table = inside.tables[x]
        found[gather] = jax.tree.map(lambda s, t=table: jnp.zeros((*s.shape, *t.shape[1:]), t.dtype), indices[gather])
    return found


def _available(tensor: Tensor, context: Context) -> Any:
    from lowering.plan.slice import variable_of

    value = context.values.get(tensor)
    if value is not None and not isinstance(value, Alias):
        return value
    variable = value.variable if isinstance(value, Alias) else variable_of(tensor)
    return context.state.get(variable) if variable is not None else None


def _gradient(part: Parts, ys: list[Tensor], keys: list[Any], outputs: list[Any], pullback: Any, inside: _Inside,
              context: Context) -> None:
    """Pulls this operation's cotangents back, the other ys' being symbolic zeros, and stores its outputs."""
    seeds: dict[Tensor, Any] = {}
    cotangent: Any
    for y, seed in zip(part.ys, part.seeds, strict=True):
        value = outputs[ys.index(y)]
        if isinstance(value, Elements):
            cotangent = cotangents.zeros(value) if seed is None else cotangents.like(context.read(seed), value)
            seeds[y] = seeds[y] + cotangent if y in seeds else cotangent
            continue
        cotangent = jnp.ones(value.shape, value.dtype) if seed is None else jnp.asarray(context.read(seed))
        if cotangent.size == value.size:
            cotangent = cotangent.reshape(value.shape)  # TensorFlow's gradients often look at the elements only
        cotangent = jnp.broadcast_to(cotangent, value.shape)
        seeds[y] = seeds[y] + cotangent if y in seeds else cotangent
    with jax.named_scope(part.op.name), interpret.blame(part.op):
        (pulled,) = pullback([cotangents.cotangent(value, seeds.get(y)) for y, value in zip(ys, outputs, strict=True)])
    by_key = dict(zip(keys, map(cotangents.gradient, pulled), strict=True))
    results = iter(part.op.outputs)
    for x, rows, dense, declared in zip(part.xs, part.rows, part.dense, part.op.attrs["rows"], strict=True):
        if not declared:
            context.write(next(results), by_key[x])
            continue
        rows_of_x, places = next(results), next(results)
        values, indices = _rows(part, x, rows, by_key, inside, places)
        if dense:
            values = jnp.concatenate([values, by_key[x]])
            indices = jnp.concatenate([indices, jnp.arange(by_key[x].shape[0], dtype=indices.dtype)])
        context.write(rows_of_x, values)
        context.write(places, indices)


def _rows(part: Parts, x: Tensor, rows: tuple[Operation, ...], by_key: dict[Any, Any], inside: _Inside,
          places: Tensor) -> tuple[Any, Any]:
    """The gradients of the rows of `x` that were gathered, and which rows these are."""
    context = inside.outer
    outer = [gather for gather in rows if gather not in inside.watched]
    taken: dict[Operation, Any] = {gather: jnp.asarray(context.read(gather.inputs[1])) for gather in outer}
    if len(taken) == len(rows) > 0:
        row = by_key[rows[0]].shape[taken[rows[0]].ndim:]
        return _joined([by_key[gather] for gather in rows], row), _joined(list(taken.values()), ())
    table = inside.tables[x] if rows else by_key[x]
    taken.update((gather, context.taken.get(gather)) for gather in rows if gather in inside.watched)
    pieces = gathers.Collected(by_key, taken, context.courses).pieces(rows, part.op.region, table)
    return gathers.joined(pieces, table, places.dtype.base_dtype.array_dtype)


def add_up(op: Operation, context: Context) -> None:
    """Gives a `Gradients` operation that has been cut the sums of what others found."""
    results = iter(op.outputs)
    for sums, rows in zip(companions.sums_of(op), op.attrs["rows"], strict=True):
        found = [[interpret.as_value(context.read(tensor)) for tensor in one] for one in sums]
        output = next(results)
        if not rows:
            context.write(output, functools.reduce(operator.add, [one for one, in found]))
            continue
        places = next(results)
        kind = places.dtype.base_dtype.array_dtype
        found = [one if len(one) > 1 else [one[0], jnp.arange(one[0].shape[0], dtype=kind)] for one in found]
        context.write(output, jnp.concatenate([values for values, _ in found]))
        context.write(places, jnp.concatenate([indices for _, indices in found]))


def _joined(arrays: list[Any], row: tuple[int, ...]) -> Any:
    """The rows of all arrays, one after the other.

    Where these are the rows of a stack, to stack them again is nothing to XLA, and to flatten each is a copy of it.
    """
    alike = len({array.shape for array in arrays}) == 1 < len(arrays)
    if alike:
        return jnp.stack(arrays).reshape(-1, *row)
    flat = [array.reshape(-1, *row) for array in arrays]
    return flat[0] if len(flat) == 1 else jnp.concatenate(flat)
