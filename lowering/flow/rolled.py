"""Evaluates what `lowering.flow.reroll` has put together: chains as one `jax.lax.scan`, wides as one operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret, registry
from lowering.checks import Check, error_of
from lowering.flow import repeats
from lowering.flow.matmuls import Products
from lowering.flow.rounds import Chain, Item, Port, Wide
from lowering.interpret import Context
from lowering.kernels.arrays import Stack, StackRow
from lowering.kernels.stacking import ShapesDifferError, stacked
from lowering.plan.slice import variable_of
from lowering.programs import fold
from tracer import errors
from tracer.ir import Operation, Tensor

PEELED = 2
"""Most rounds at the beginning that are evaluated one by one because their state has another shape yet."""


CAUGHT = (ShapesDifferError, errors.OpError, ValueError, TypeError, NotImplementedError)
"""What tells that operations cannot be one computation: their shapes, what a rule says of its inputs or must know while
it is traced, and what JAX cannot map or scan. Anything else is a fault of ours."""


def evaluate(item: Item, context: Context) -> None:
    """Evaluates one item and leaves in `context` what others read of it.

    Where it cannot be one computation after all, its operations are evaluated one by one; an error that was the
    script's own then comes with the name of the operation that it belongs to.
    """
    if isinstance(item, Operation):
        interpret.step(item, context)
        return
    try:
        done = _wide(item, context) if isinstance(item, Wide) else _chain(item, context)
    except CAUGHT:
        for op in item.operations:
            interpret.step(op, context)
    else:
        context.rolled.append(repr(done))


class _Extras:
    """What operations take besides their inputs in every round: zeros to differentiate by, and random streams."""

    def __init__(self, rows: list[list[Operation | None]], template: list[Operation], context: Context) -> None:
        self.context = context
        columns = [[row[k] for row in rows] for k in range(len(template))]
        keys = [(op, column) for op, column in zip(template, columns, strict=True)]
        keys += [(op.outputs[o], [None if other is None else other.outputs[o] for other in column])  # type: ignore[misc]
                 for op, column in zip(template, columns, strict=True) for o in range(len(op.outputs))]
        self.deltas = {key: column for key, column in keys if any(k in context.deltas for k in column)}
        self.draws = {op: [other or op for other in column] for op, column in zip(template, columns, strict=True)
                      if (rule := registry.find(op.type)) is not None and rule.draws}
        self.columns = dict(zip(template, columns, strict=True))

    def values(self) -> tuple[list[Any], list[Any]]:
        """One array for each, a row for every round."""
        return ([self._delta(column) for column in self.deltas.values()],
                [jnp.stack([jnp.asarray(self.context.streams[op]) for op in column]) for column in self.draws.values()])

    def _delta(self, column: list[Any]) -> Any:
        known = [self.context.deltas.get(key) for key in column]
        zeros = jnp.zeros_like(next(delta for delta in known if delta is not None))
        return jnp.stack([zeros if delta is None else delta for delta in known])

    def enter(self, child: Context, deltas: list[Any], streams: list[Any]) -> None:
        """Gives them to the context of one round."""
        child.deltas = {**self.context.deltas, **dict(zip(self.deltas, deltas, strict=True))}
        child.streams.update(zip(self.draws, streams, strict=True))

    def advanced(self, child: Context) -> list[Any]:
        """The streams after the round."""
        return [child.streams[op] for op in self.draws]

    def store(self, streams: list[Any]) -> None:
        """Puts the streams of all rounds back."""
        for op, array in zip(self.draws, streams, strict=True):
            self.context.streams.update(
                (drawn, array[t]) for t, drawn in enumerate(self.columns[op]) if drawn is not None)

    def report(self, table: list[Check], results: list[Any], operands: list[tuple]) -> None:
        """Hands on the checks of all rounds: for each, whether all held, and the operands of all of them."""
        checks = self.context.checks
        for check, holds, values in zip(table, results, operands, strict=True):
            column = self.columns.get(check.op)
            if column is not None and column[-1] is None:  # nothing needs it in the last round
                holds, values = holds[:-1], tuple(value[:-1] for value in values)
            checks.table.append(Check(check.op, _message_of(check, column)))
            checks.results.append(holds.all())
            checks.operands.append((holds, *values))


def _message_of(check: Check, column: list[Any] | None) -> Callable:
    """The check's error, of the operation in the round where it was found."""

    def explain(holds: Any, *operands: Any) -> Any:
        at = int(np.argmin(holds))
        values = [operand[at] for operand in operands]
        return error_of(Check(check.op if column is None else column[at], check.message), tuple(values))

    return explain


def _known_alike(tensors: list[Tensor], context: Context) -> Any:
    """The value that all of these have, known while tracing. Raises ShapesDifferError where they differ."""
    values = [fold.known(tensor, context) for tensor in tensors]
    first = values[0]
    if any(value.dtype != first.dtype or not np.array_equal(value, first) for value in values[1:]):
        raise ShapesDifferError
    return first


def _operands(checks: Any) -> list[tuple]:
    return [tuple(jnp.asarray(operand) for operand in some) for some in checks.operands]


# -- wides


def _wide(wide: Wide, context: Context) -> Wide:
    template, count = wide.template, len(wide.operations)
    extras = _Extras([[op] for op in wide.operations], [template], context)
    fixed = {template.inputs[i]: _known_alike(list(tensors), context)
             for i, tensors in wide.varying.items() if i in wide.static}
    taken = {template.inputs[i]: stacked(tensors, context)
             for i, tensors in wide.varying.items() if i not in wide.static}
    table: list[Check] = []
    known: dict[int, np.ndarray] = {}  # results that follow from shapes: the same in every round
    stacks = wide.memory.stacks(context)

    def one(values: list[Any], others: tuple[list[Any], list[Any]], memory: list[Any]) -> tuple:
        child = context.child()
        child.values.update(fixed)
        child.values.update(zip(taken, values, strict=True))
        child.given = context.given.union(taken)
        extras.enter(child, *others)
        wide.memory.enter(child, memory, [])
        interpret.step(template, child)
        table[:] = child.checks.table
        results = {o: child.values[t] for o, t in enumerate(template.outputs) if variable_of(t) is None}
        known.update((o, value) for o, value in results.items() if isinstance(value, np.ndarray))
        report = child.checks.results, _operands(child.checks)
        return results, extras.advanced(child), report, wide.memory.after(child)[0]

    results, streams, (holds, operands), written = jax.vmap(one, axis_size=count)(
        list(taken.values()), extras.values(), stacks)
    for o, array in results.items():
        stack = Stack(array)
        for t, op in enumerate(wide.operations):
            context.values[op.outputs[o]] = known[o] if o in known else StackRow(stack, t)
    _pass_aliases(wide.operations, context)
    wide.memory.store(context, written, [])
    extras.store(streams)
    extras.report(table, holds, operands)
    return wide


def _pass_aliases(operations: list[Operation], context: Context) -> None:
    """The outputs that are memory: who reads one sees what the variable holds then."""
    for op in operations:
        for output in op.outputs:
            if (variable := variable_of(output)) is not None:
                context.write(output, interpret.Alias(variable, (output,)))


# -- chains


def _chain(chain: Chain, context: Context) -> Chain:
    """Evaluates a chain; first rounds that start from a state of another shape are evaluated one by one.

    Returns what has become the scan.
    """
    for _ in range(PEELED + 1):
        scan = _Scan(chain, context)
        if scan.keeps_shapes():
            scan.run()
            return chain
        chain = _without_first(chain, context)
    raise ShapesDifferError


def _without_first(chain: Chain, context: Context) -> Chain:
    for op in chain.rows[0]:
        if op is not None:
            interpret.step(op, context)
    rest = Chain(chain.rows[1:], chain.fed)
    rest.exported = {port: [t - 1 for t in rounds if t] for port, rounds in chain.exported.items()}
    if not rest.verify() or len(rest.rows) < len(chain.rows) - 1:
        raise ShapesDifferError
    return rest


def _ended(value: Any) -> Any:
    """`value`; one that has no gradient says so."""
    return value if jnp.issubdtype(value.dtype, jnp.inexact) else jax.lax.stop_gradient(value)


class _Scan:
    """One chain as a scan: what goes in, what one round does, and what comes out."""

    def __init__(self, chain: Chain, context: Context) -> None:
        self.chain = chain
        self.context = context
        self.template = [op for op in chain.template if op is not None]
        self.carried: list[Port] = list(chain.carried)
        last = len(chain.rows) - 1
        exported = {port: rounds for port, rounds in chain.exported.items() if rounds}
        self.left = [port for port, rounds in exported.items() if rounds == [last] and port not in chain.carried]
        self.stacked = [port for port, rounds in exported.items() if rounds != [last]]
        self.extras = _Extras(chain.rows, self.template, context)
        self.table: list[Check] = []
        self.known: dict[Tensor, np.ndarray] = {}  # results that follow from shapes: the same in every round
        self.fixed = {self._at_template(tensors): _known_alike([t for t in tensors if t is not None], context)
                      for tensors in chain.static}
        self.memory = chain.memory
        self.starts = ([self._typed(context.read(tensor)) for tensor in chain.carried.values()],
                       self.memory.starts(context))
        self.own = self.memory.stacks(context)
        self.taken = [stacked(self._complete(tensors), context) for tensors in chain.varying]
        self.around = self._around()
        self.products = Products(self.template, self.around, self._moving(), context)
        self.shape: Any = None

    @staticmethod
    def _at_template(tensors: tuple[Tensor | None, ...]) -> Tensor:
        tensor = tensors[1]
        assert tensor is not None
        return tensor

    @staticmethod
    def _complete(tensors: tuple[Tensor | None, ...]) -> tuple[Tensor, ...]:
        """What is missing in the last round may be anything: nothing needs what is made of it."""
        return tuple(tensors[-2] if t is None else t for t in tensors)  # type: ignore[misc]

    @staticmethod
    def _typed(value: Any) -> Any:
        value = interpret.as_value(value)
        return jax.lax.convert_element_type(value, value.dtype)

    def _around(self) -> dict[Tensor, Any]:
        """What is the same in all rounds, read once."""
        inside = {t for op in self.template for t in op.outputs}
        bound = {*self.fixed, *self._bound()}
        static = {op.inputs[i] for op in self.template for i in repeats.static_places(op)}
        found: dict[Tensor, Any] = {}
        gathers = {op for op in self.template if op in self.context.deltas}  # whose rows a gradient is taken by
        tables = {op.inputs[0]: op for op in gathers}
        if any(tensor in tables for op in self.template for tensor in op.inputs[op in gathers:]):
            raise ShapesDifferError  # it stands for the table with the zeros of a gradient, and without them
        for op in self.template:
            for tensor in op.inputs:
                if tensor not in inside and tensor not in bound and tensor not in found and (
                        not self.memory.holds(tensor)):
                    if tensor in static and tensor not in self.context.values:
                        continue  # found by folding, when it is asked for
                    found[tensor] = (self.context.read_for_rows(tables[tensor]) if tensor in tables
                                     else self.context.read(tensor))
        return found

    def _previous(self) -> list[Tensor]:
        """The tensors of the round before that the template reads."""
        previous = self.chain.rows[0]
        return [previous[k].outputs[o] for k, o in self.carried]  # type: ignore[union-attr]

    def _bound(self) -> set[Tensor]:
        """The tensors that stand for what comes into a round."""
        return {*self._previous(), *(self._at_template(tensors) for tensors in self.chain.varying)}

    def _moving(self) -> set[Tensor]:
        return self._bound() | {t for op in self.template for t in op.outputs}

    def keeps_shapes(self) -> bool:
        """Whether what is carried on has the shape and type of what the first round starts from."""
        first = jax.tree.map(lambda rows: rows[0], (self.taken, self.extras.values(), self.own))
        self.shape = jax.eval_shape(self._round, self._arrays(), self.starts, first, self.products.nothing())
        return all(a.shape == b.shape and a.dtype == b.dtype for a, b in zip(
            jax.tree.leaves(self.shape[0]), jax.tree.leaves(self.starts), strict=True))

    def _arrays(self) -> dict[int, Any]:
        """The values around that are arrays: those are differentiated by, and handed over."""
        return {i: value for i, value in enumerate(self.around.values()) if isinstance(value, jax.Array)}

    def _round(self, arrays: dict[int, Any], carried: tuple[list[Any], list[Any]], given: Any, slots: list[Any]) -> tuple:
        """One round: from what is carried and what it takes to what is carried on, left behind, kept, and reported."""
        taken, others, own = given
        child = self.context.child()
        child.values.update(self.around)
        names = list(self.around)
        child.values.update((names[i], value) for i, value in arrays.items())
        child.values.update(self.fixed)
        child.values.update(zip(self._previous(), carried[0], strict=True))
        child.values.update((self._at_template(tensors), value)
                            for tensors, value in zip(self.chain.varying, taken, strict=True))
        child.given = self.context.given.union(self._bound())
        self.extras.enter(child, *others)
        self.memory.enter(child, own, carried[1])
        factors = self.products.evaluate(self.template, child, slots)
        self.table[:] = child.checks.table
        for op in self.template:
            self.known.update((t, v) for t in op.outputs if isinstance(v := child.values[t], np.ndarray))

        def read(ports: list[Port]) -> list[Any]:
            return [self._typed(child.read(self._tensor(port))) for port in ports]

        report = child.checks.results, _operands(child.checks)
        own, shared = self.memory.after(child)
        kept = read(self.stacked), self.extras.advanced(child), report, own
        return (read(self.carried), shared), read(self.left), kept, factors

    def _tensor(self, port: Port) -> Tensor:
        op = self.chain.template[port[0]]
        assert op is not None
        return op.outputs[port[1]]

    def _all_rounds(self, arrays: dict[int, Any], starts: Any, given: Any, slots: list[Any]) -> tuple:
        """The scan: what is carried and left in the end, what is kept of all rounds, the factors of all products."""
        left = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), self.shape[1])

        def body(carry: tuple, one: Any) -> tuple:
            after, left, kept, factors = self._round(arrays, carry[0], *one)
            return (after, left), (kept, factors)

        (after, left), (kept, factors) = jax.lax.scan(
            body, (starts, left), (given, slots), length=len(self.chain.rows))
        return (after, left, kept), factors

    def run(self) -> None:
        """Evaluates all rounds."""
        given = self.taken, self.extras.values(), self.own
        run = self.products.differentiable(self._all_rounds, len(self.chain.rows))
        (after, shared), left, (rows, streams, report, own) = jax.tree.map(
            _ended, run(self._arrays(), self.starts, given))
        self._store(after, left, rows)
        _pass_aliases(self.chain.operations, self.context)
        self.memory.store(self.context, own, shared)
        self.extras.store(streams)
        self.extras.report(self.table, *report)

    def _store(self, after: list[Any], left: list[Any], rows: list[Any]) -> None:
        """Gives the tensors that others read their values; what has been differentiated by is in them."""
        values, chain = self.context.values, self.chain
        for (k, o), array in zip(self.stacked, rows, strict=True):
            stack = Stack(array)
            for t, row in enumerate(chain.rows):
                if row[k] is not None:
                    values[row[k].outputs[o]] = StackRow(stack, t)  # type: ignore[union-attr]
        last = chain.rows[-1]
        for (k, o), value in zip((*self.carried, *self.left), (*after, *left), strict=True):
            if last[k] is not None and (k, o) not in self.stacked:
                values[last[k].outputs[o]] = value  # type: ignore[union-attr]
        place = {op: k for k, op in enumerate(chain.template)}
        for tensor, value in self.known.items():
            for row in chain.rows:
                if row[place[tensor.op]] is not None:
                    values[row[place[tensor.op]].outputs[tensor.value_index]] = value  # type: ignore[union-attr]


