"""The `Gradients` operation: what stands before it is differentiated once, for all gradients that follow together."""

from __future__ import annotations

import functools
import operator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret, through
from lowering.flow import control
from lowering.interpret import Alias, Context
from lowering.kernels import cotangents
from lowering.kernels.arrays import Elements, Stack, StackRow
from lowering.plan import companions
from lowering.plan.companions import is_cut
from tracer import errors
from tracer.ir import Operation, Region, Tensor


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
        self.dense: tuple[bool, ...] = op.attrs["dense"]
        self.custom = {op.named(name): CustomGradient(region, returned)
                       for (name, returned), region in zip(op.attrs["custom"], op.regions, strict=True)}

    def keys(self) -> list[Any]:
        """Where zeros are added to be differentiated by: the xs, and the `Gather` operations that take their rows."""
        found: list[Any] = []
        for x, gathers, dense in zip(self.xs, self.rows, self.dense, strict=True):
            found += [*gathers, *([x] if dense else [])]
        return found


def evaluate(before: list[Operation], gradients: list[Operation], context: Context) -> None:
    """Evaluates `before` and `gradients`, leaving all their values in `context`."""
    parts = [Parts(op) for op in gradients]
    ys = list(dict.fromkeys(y for part in parts for y in part.ys))
    keys = list(dict.fromkeys(key for part in parts for key in part.keys()))
    inside = _Inside(before, context)
    inside.custom = {op: gradient for part in parts for op, gradient in part.custom.items()}
    for part in parts:
        for x, gathers in zip(part.xs, part.rows, strict=True):
            for gather in gathers:
                inside.rows.setdefault(gather, set()).add(x)
    zeros = _zeros(keys, before, context)
    outputs, pullback, arrays = jax.vjp(lambda deltas: inside.run(deltas, keys, ys), zeros, has_aux=True)
    inside.commit(arrays)
    with np.errstate(all="ignore"):
        for part in parts:
            _gradient(part, ys, keys, outputs, pullback, context)


class CustomGradient(NamedTuple):
    """A gradient that the script registered: from the gradients of the outputs to those of the inputs."""

    region: Region
    returned: tuple[bool, ...]  # for which inputs there is one


def step(node: Operation, context: Context) -> None:
    """Evaluates an operation that has a gradient of its own."""
    gradient = context.custom[node]
    if len(gradient.returned) != len(node.inputs):  # only a function of the graph gets here
        raise errors.InvalidArgumentError(None, node, f"SymGrad expects to return {len(node.inputs)} tensor(s), but get "
                                                      f"{len(gradient.returned)} tensor(s) instead.")
    extra = [t for t in gradient.region.captures()[0] if t not in node.inputs and t.op is not node]
    plain = context.plain()
    inputs = list(dict.fromkeys(node.inputs))
    table: list[Any] = []

    def run(values: list[Any], others: list[Any]) -> tuple:
        child = plain.child()
        child.values.update(zip(inputs, values, strict=True))
        interpret.step(node, child)
        table[:] = child.checks.table
        return [jnp.asarray(child.read(t)) for t in node.outputs], child.checks.results, child.checks.operands

    def forward(values: list[Any], others: list[Any]) -> tuple:
        outputs = run(values, others)
        return outputs, (values, others, outputs[0])

    def backward(residuals: tuple, cotangents: tuple) -> tuple:
        values, others, outputs = residuals
        found: list[Any] = [None] * len(inputs)
        if any(gradient.returned):
            child = plain.child()
            child.values.update(zip([*inputs, *extra, *node.outputs], [*values, *others, *outputs], strict=True))
            total = _by_script(node, gradient, cotangents[0], child)
            found = [total.get(t) for t in inputs]
        return ([_like(one, v) for one, v in zip(found, values, strict=True)], [_like(None, v) for v in others])

    call = jax.custom_vjp(run)
    call.defvjp(forward, backward)
    outputs, results, operands = call([jnp.asarray(context.read(t)) for t in inputs],
                                      [jnp.asarray(context.read(t)) for t in extra])
    context.checks.table += table
    context.checks.results += results
    context.checks.operands += operands
    for output, value in zip(node.outputs, outputs, strict=True):
        context.write(output, value)


def _by_script(node: Operation, gradient: CustomGradient, cotangents: list[Any], context: Context) -> dict[Tensor, Any]:
    """The gradients of the inputs of `node`, by what the script registered for it."""
    seeds = [c for c, o in zip(cotangents, node.outputs, strict=True) if jnp.issubdtype(
        o.dtype.base_dtype.array_dtype, jnp.inexact)]
    context.values.update(zip(gradient.region.inputs, seeds, strict=True))
    given = iter(control.compute(gradient.region, gradient.region.outputs, context))
    total: dict[Tensor, Any] = {}
    for tensor, has in zip(node.inputs, gradient.returned, strict=True):
        if has:
            value = next(given)
            total[tensor] = total[tensor] + value if tensor in total else value
    return total


def _like(gradient: Any, value: Any) -> Any:
    """A gradient of `value`'s shape and type; zeros where there is none."""
    if not jnp.issubdtype(value.dtype, jnp.inexact):
        return np.zeros(value.shape, jax.dtypes.float0)
    if gradient is None:
        return jnp.zeros(value.shape, value.dtype)
    return jnp.broadcast_to(gradient, value.shape).astype(value.dtype)


def _changed(now: dict[Any, Any], before: dict[Any, Any]) -> dict[Any, Any]:
    return {key: value for key, value in now.items() if value is not before.get(key)}


class _Inside:
    """Evaluates the forward part inside of `jax.vjp`, and brings its values out."""

    def __init__(self, nodes: list[Operation], context: Context) -> None:
        self.nodes = nodes
        self.outer = context
        self.values: dict[Tensor, Any] = {}
        self.stacks: list[Stack] = []
        self.order: tuple[list, list, list] = ([], [], [])
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
        inner.without = dict(self.outer.without)
        for key, delta in zip(keys, deltas, strict=True):
            inner.deltas[key] = inner.deltas[key] + delta if key in inner.deltas else delta
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
               inner.checks.operands, [stack.array for stack in self.stacks])
        return [interpret.as_value(inner.read(y)) for y in ys], out

    def commit(self, arrays: Any) -> None:
        values, state, streams, results, operands, rows = arrays
        outer = self.outer
        for stack, array in zip(self.stacks, rows, strict=True):
            stack.array = array
        outer.values.update(self.values)
        outer.values.update(zip(self.order[0], values, strict=True))
        outer.state.update(zip(self.order[1], state, strict=True))
        outer.streams.update(zip(self.order[2], streams, strict=True))
        inside = {interpret.DIFFERENTIATED} - outer.temporaries
        outer.temporaries = self.inner.temporaries - inside
        outer.checks.table += self.inner.checks.table
        outer.checks.results += results
        outer.checks.operands += operands


def _zeros(keys: list[Any], before: list[Operation], context: Context) -> list[Any]:
    """What is added at each key. Its shape is from what is there, from the static shape, or by evaluating abstractly."""
    found: dict[Any, Any] = {}
    for key in keys:
        tensor = key.outputs[0] if isinstance(key, Operation) else key
        dtype = tensor.dtype.base_dtype.array_dtype
        value = None if isinstance(key, Operation) else _available(tensor, context)
        if isinstance(value, Elements):
            found[key] = cotangents.zeros(value)
        elif value is not None:
            found[key] = jnp.zeros(value.shape if isinstance(value, StackRow) else np.shape(value), dtype)
        elif tensor.sizes is not None and None not in tensor.sizes and not cotangents.are_behind(tensor):
            found[key] = jnp.zeros(tensor.sizes, dtype)
    missing = [key for key in keys if key not in found]
    if missing:
        tensors = [key.outputs[0] if isinstance(key, Operation) else key for key in missing]
        trial = _Inside(before, context)
        shapes = jax.eval_shape(lambda: trial.run([], [], tensors)[0])
        found.update((key, cotangents.zeros(s) if isinstance(s, Elements) else jnp.zeros(s.shape, s.dtype))
                     for key, s in zip(missing, shapes, strict=True))
    return [found[key] for key in keys]


def _available(tensor: Tensor, context: Context) -> Any:
    from lowering.plan.slice import variable_of

    value = context.values.get(tensor)
    if value is not None and not isinstance(value, Alias):
        return value
    variable = value.variable if isinstance(value, Alias) else variable_of(tensor)
    return context.state.get(variable) if variable is not None else None


def _gradient(part: Parts, ys: list[Tensor], keys: list[Any], outputs: list[Any], pullback: Any,
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
    for x, gathers, dense in zip(part.xs, part.rows, part.dense, strict=True):
        if not gathers:
            context.write(next(results), by_key[x])
            continue
        taken = [jnp.asarray(context.read(gather.inputs[1])) for gather in gathers]
        row = by_key[gathers[0]].shape[taken[0].ndim:]
        values = _joined([by_key[gather] for gather in gathers], row)
        indices = _joined(taken, ())
        if dense:
            values = jnp.concatenate([values, by_key[x]])
            indices = jnp.concatenate([indices, jnp.arange(by_key[x].shape[0], dtype=indices.dtype)])
        context.write(next(results), values)
        context.write(next(results), indices)


def add_up(op: Operation, context: Context) -> None:
    """Gives a `Gradients` operation that has been cut the sums of what others found."""
    results = iter(op.outputs)
    for sums, gathers in zip(companions.sums_of(op), op.attrs["rows"], strict=True):
        found = [[interpret.as_value(context.read(tensor)) for tensor in one] for one in sums]
        output = next(results)
        if not gathers:
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
