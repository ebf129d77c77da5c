"""A program for a batch that holds fewer rows than it has room for: what sums over rows, masked by how many there are.

`lowering.batch.rowwise` says what is to be masked, and which numbers of the program go by the size of the batch: those are
passed in, as tracing for the smaller size has found them. Masks choose; nothing is multiplied by zero, so that what stands
behind the last row, whatever it is, comes nowhere else. A sum then adds up the same numbers as that of the smaller
program, and zeros, perhaps in another order. A loop over the rows, as over the words of a sentence, ends after those that
are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend import core

from lowering.batch.proving import Place
from lowering.batch.rowwise import RESULTS, Guard, Mask, Path, Plan
from lowering.jaxprs import called, scan_parts

_STARTS = {"dynamic_slice": 1, "dynamic_update_slice": 2}
"""Where the operands begin that say which place is meant."""


def compiled(plans: Sequence[tuple[Plan, int]], places: Sequence[Place], program: Any, options: Any,
             begin: Callable[[], None]) -> Callable:
    """The function from the arguments of a closed jaxpr, how many rows there are, and the numbers for these places, to its
    results and whether all indices that are guarded name rows that are there. It calls `begin` before it is compiled.

    There may be several sizes, each with its plan, and for how much there is room.
    """

    def call(arguments: Sequence[Any], counts: Sequence[Any], numbers: Sequence[Any]) -> tuple[list[Any], Any]:
        begin()
        table: dict[Path, dict[int, Any]] = {}
        for (path, operand), number in zip(places, numbers, strict=True):
            table.setdefault(path, {})[operand] = number
        sizes = [_Size(plan, large, count) for (plan, large), count in zip(plans, counts, strict=True)]
        return _Masked(sizes, table).asked(program, arguments, ())

    return jax.jit(call, compiler_options=options)


class _Size(NamedTuple):
    """What is to be done for one of the sizes, and how many rows of it there are."""

    plan: Plan
    large: int
    count: Any

    def there(self, shape: tuple[int, ...], axis: int, stretches: int) -> Any:
        """Which entries along an axis belong to rows that are there."""
        stretch = shape[axis] // (stretches or 1)
        places = lax.broadcasted_iota(jnp.int32, shape, axis)
        return (places if stretches <= 1 else places % stretch) < self.count * (stretch // self.large)

    def masked(self, value: Any, mask: Mask) -> Any:
        """A value with what is no matter in the place of rows that are not there."""
        value = jnp.asarray(value)
        fill = jnp.full(value.shape, FILLS[mask.fill](value.dtype), value.dtype)
        if not mask.parts:
            return lax.select(self.there(value.shape, mask.axis, mask.stretches), value, fill)
        each = [self.there((length,), 0, stretches) if stretches else jnp.ones(length, bool)
                for length, stretches in mask.parts]
        there = lax.broadcast_in_dim(jnp.concatenate(each), value.shape, (mask.axis,))
        return lax.select(there, value, fill)

    def holds(self, equation: Any, operands: list[Any], guard: Guard) -> Any:
        """Whether an equation takes single rows that are there, or writes or adds to such."""
        each = equation.invars[0].aval.shape[guard.source] // self.large
        first = _STARTS.get(equation.primitive.name)
        if first is not None:
            place = jnp.asarray(operands[first + guard.source]).astype(jnp.int64)
            part = equation.params["slice_sizes"] if first == 1 else equation.invars[1].aval.shape
            return (place >= 0) & (place + part[guard.source] <= self.count * each)
        numbers = equation.params["dimension_numbers"]
        axes = getattr(numbers, "start_index_map", None) or numbers.scatter_dims_to_operand_dims
        places = jnp.asarray(operands[1])[..., axes.index(guard.source)].astype(jnp.int64)
        holds = (places >= 0) & (places < self.count * each)
        if guard.indices is not None:
            holds |= ~self.there(places.shape, guard.indices, guard.stretches)
        return holds.all()


class _Masked:
    """Evaluates a program, and what it holds, according to plans."""

    def __init__(self, sizes: Sequence[_Size], numbers: dict[Path, dict[int, Any]]) -> None:
        self.sizes = sizes
        self.numbers = numbers
        self.holds: list[Any] = []

    def program(self, closed: Any, arguments: Sequence[Any], path: Path) -> list[Any]:
        """The results of a jaxpr."""
        jaxpr = getattr(closed, "jaxpr", closed)
        values: dict[Any, Any] = dict(zip(jaxpr.constvars, getattr(closed, "consts", ()), strict=True))
        values.update(zip(jaxpr.invars, arguments, strict=True))

        def read(atoms: Sequence[Any], at: Path) -> list[Any]:
            numbers = self.numbers.get(at, {})
            return [numbers[i] if i in numbers else _literal(atom) if isinstance(atom, core.Literal) else values[atom]
                    for i, atom in enumerate(atoms)]

        for number, equation in enumerate(jaxpr.eqns):
            at = (*path, number)
            operands = read(equation.invars, at)
            for size in self.sizes:
                if at in size.plan.guards:
                    self.holds.append(size.holds(equation, operands, size.plan.guards[at]))
            for size in self.sizes:
                for mask in size.plan.masks.get(at, ()):
                    operands[mask.operand] = size.masked(operands[mask.operand], mask)
            values.update(zip(equation.outvars, self._equation(equation, operands, at), strict=True))
        return read(jaxpr.outvars, (*path, RESULTS))

    def _equation(self, equation: Any, operands: list[Any], at: Path) -> list[Any]:
        name, parameters = equation.primitive.name, equation.params
        if (inner := called(equation)) is not None:
            return self.program(inner, operands, (*at, "body"))
        if name == "scan":
            return self._scan(parameters, operands, at)
        if name == "while":
            return self._while(parameters, operands, at)
        if name == "cond":
            branches = [lambda *given, i=i, branch=branch: self.asked(branch, given, (*at, i))
                        for i, branch in enumerate(parameters["branches"])]
            results, holds = lax.switch(operands[0], branches, *operands[1:])
            self.holds.append(holds)
            return results
        results = equation.primitive.bind(*operands, **parameters)
        return results if equation.primitive.multiple_results else [results]

    def asked(self, program: Any, arguments: Sequence[Any], path: Path) -> tuple[list[Any], Any]:
        """The results of a jaxpr, and whether the indices in it that are guarded are those of rows that are there."""
        around, self.holds = self.holds, []
        results = _typed(self.program(program, arguments, path), program)
        holds = jnp.stack(self.holds).all() if self.holds else jnp.asarray(True)
        self.holds = around
        return results, holds

    def _scan(self, parameters: dict[str, Any], operands: list[Any], at: Path) -> list[Any]:
        fixed, count = scan_parts(parameters)
        body = parameters["jaxpr"]

        def one(carry: tuple[list[Any], Any], rows: list[Any]) -> tuple[tuple[list[Any], Any], list[Any]]:
            results, holds = self.asked(body, [*operands[:fixed], *carry[0], *rows], (*at, "body"))
            return (results[:count], carry[1] & holds), results[count:]

        start = [lax.convert_element_type(value, aval.dtype)
                 for value, aval in zip(operands[fixed:fixed + count], body.in_avals[fixed:], strict=False)]
        given = operands[fixed + count:], parameters["length"], parameters["reverse"]
        size = next((size for size in self.sizes if at in size.plan.loops), None)
        if size is not None:
            (carried, holds), made = self._rounds(size, one, start, *given, body.out_avals[count:])
        else:
            rows, length, reverse = given
            (carried, holds), made = lax.scan(one, (start, jnp.asarray(True)), rows, length=length, reverse=reverse,
                                              unroll=parameters["unroll"])
        self.holds.append(holds)
        return [*carried, *made]

    @staticmethod
    def _rounds(size: _Size, one: Callable, start: list[Any], rows: list[Any], length: int, reverse: bool,
                made: list[Any]) -> tuple:
        """A scan of as many rounds as there are rows."""
        count = size.count * (length // size.large)

        def again(round: Any, state: tuple) -> tuple:
            at = count - 1 - round if reverse else round
            carry, results = one(state[0], [lax.dynamic_index_in_dim(value, at, 0, keepdims=False) for value in rows])
            return carry, [lax.dynamic_update_index_in_dim(array, value, at, 0)
                           for array, value in zip(state[1], results, strict=True)]

        arrays = [jnp.zeros((length, *aval.shape), aval.dtype) for aval in made]
        return lax.fori_loop(0, count, again, ((start, jnp.asarray(True)), arrays))

    def _while(self, parameters: dict[str, Any], operands: list[Any], at: Path) -> list[Any]:
        first, second = parameters["cond_nconsts"], parameters["body_nconsts"]
        for_condition, for_body = operands[:first], operands[first:first + second]
        condition, body = parameters["cond_jaxpr"], parameters["body_jaxpr"]
        start = [lax.convert_element_type(value, aval.dtype)
                 for value, aval in zip(operands[first + second:], body.in_avals[second:], strict=True)]

        def again(carry: tuple[list[Any], Any]) -> tuple[list[Any], Any]:
            results, holds = self.asked(body, [*for_body, *carry[0]], (*at, "body"))
            return results, carry[1] & holds

        carried, holds = lax.while_loop(
            lambda carry: self.program(condition, [*for_condition, *carry[0]], (*at, "condition"))[0], again,
            (start, jnp.asarray(True)))
        self.holds.append(holds)
        return carried


def _literal(atom: Any) -> Any:
    return np.asarray(atom.val, atom.aval.dtype)


def _typed(results: list[Any], program: Any) -> list[Any]:
    """As the program says, which a number of ours may be more exactly than one in its text."""
    return [lax.convert_element_type(value, aval.dtype) for value, aval in zip(results, program.out_avals, strict=True)]


def _least(dtype: Any) -> Any:
    if dtype == np.bool_:
        return False
    return -np.inf if jnp.issubdtype(dtype, jnp.inexact) else jnp.iinfo(dtype).min


def _greatest(dtype: Any) -> Any:
    if dtype == np.bool_:
        return True
    return np.inf if jnp.issubdtype(dtype, jnp.inexact) else jnp.iinfo(dtype).max


FILLS: dict[str, Callable[[Any], Any]] = {
    "zero": lambda dtype: 0, "one": lambda dtype: 1, "least": _least, "greatest": _greatest,
    "ones": lambda dtype: True if dtype == np.bool_ else -1 if jnp.issubdtype(dtype, jnp.signedinteger) else jnp.iinfo(
        dtype).max,
}
"""What a mask puts in the place of rows that are not there, for a type."""
