"""A program for a batch that holds fewer rows than it has room for: what sums over rows, masked by how many there are.

`lowering.batch.rowwise` says what is to be masked, and which numbers of the program go by the size of the batch: those are
passed in, as tracing for the smaller size has found them. Masks choose; nothing is multiplied by zero, so that what stands
behind the last row, whatever it is, comes nowhere else. A sum then adds up the same numbers as that of the smaller
program, and zeros, perhaps in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend import core

from lowering.batch.rowwise import RESULTS, Guard, Mask, Path, Plan
from lowering.jaxprs import scan_parts

_CALLS = {"pjit": "jaxpr", "jit": "jaxpr", "remat": "jaxpr", "checkpoint": "jaxpr", "closed_call": "call_jaxpr",
          "core_call": "call_jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}


def compiled(plan: Plan, program: Any, large: int, options: Any, begin: Callable[[], None]) -> Callable:
    """The function from the arguments of a closed jaxpr, how many rows there are, and the plan's numbers, to its results
    and whether all indices that are guarded name rows that are there. It calls `begin` before it is compiled."""

    def call(arguments: Sequence[Any], count: Any, numbers: Sequence[Any]) -> tuple[list[Any], Any]:
        begin()
        masked = _Masked(plan, large, count, numbers)
        results = masked.program(program, arguments, ())
        holds = jnp.stack(masked.holds).all() if masked.holds else jnp.asarray(True)
        return results, holds

    return jax.jit(call, compiler_options=options)


def numbers_of(plan: Plan) -> tuple[np.ndarray, ...]:
    """The numbers of a plan, in their order."""
    return tuple([values[operand] for values in map(plan.values.__getitem__, _places(plan)) for operand in sorted(values)])


def _places(plan: Plan) -> list[Path]:
    return sorted(plan.values, key=repr)


class _Masked:
    """Evaluates a program, and what it holds, according to a plan."""

    def __init__(self, plan: Plan, large: int, count: Any, numbers: Sequence[Any]) -> None:
        self.plan = plan
        self.large = large
        self.count = count
        self.holds: list[Any] = []
        given = iter(numbers)
        self.numbers = {at: {operand: next(given) for operand in sorted(plan.values[at])} for at in _places(plan)}

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
            if at in self.plan.guards:
                self.holds.append(self._holds(equation, operands[1], self.plan.guards[at]))
            for mask in self.plan.masks.get(at, ()):
                operands[mask.operand] = self._masked(operands[mask.operand], mask)
            values.update(zip(equation.outvars, self._equation(equation, operands, at), strict=True))
        return read(jaxpr.outvars, (*path, RESULTS))

    def _there(self, shape: tuple[int, ...], axis: int) -> Any:
        """Which entries along an axis belong to rows that are there."""
        each = shape[axis] // self.large
        return lax.broadcasted_iota(jnp.int32, shape, axis) < self.count * each

    def _masked(self, value: Any, mask: Mask) -> Any:
        value = jnp.asarray(value)
        fill = jnp.full(value.shape, FILLS[mask.fill](value.dtype), value.dtype)
        return lax.select(self._there(value.shape, mask.axis), value, fill)

    def _holds(self, equation: Any, indices: Any, guard: Guard) -> Any:
        """Whether an equation takes single rows that are there, or adds to such."""
        numbers = equation.params["dimension_numbers"]
        axes = getattr(numbers, "start_index_map", None) or numbers.scatter_dims_to_operand_dims
        each = equation.invars[0].aval.shape[guard.source] // self.large
        places = jnp.asarray(indices)[..., axes.index(guard.source)].astype(jnp.int64)
        holds = (places >= 0) & (places < self.count * each)
        return (holds if guard.indices is None else holds | ~self._there(places.shape, guard.indices)).all()

    def _equation(self, equation: Any, operands: list[Any], at: Path) -> list[Any]:
        name, parameters = equation.primitive.name, equation.params
        if name in _CALLS:
            return self.program(parameters[_CALLS[name]], operands, (*at, "body"))
        if name == "scan":
            return self._scan(parameters, operands, at)
        if name == "while":
            return self._while(parameters, operands, at)
        if name == "cond":
            branches = [lambda *given, i=i, branch=branch: self.program(branch, given, (*at, i))
                        for i, branch in enumerate(parameters["branches"])]
            return lax.switch(operands[0], branches, *operands[1:])
        results = equation.primitive.bind(*operands, **parameters)
        return results if equation.primitive.multiple_results else [results]

    def _scan(self, parameters: dict[str, Any], operands: list[Any], at: Path) -> list[Any]:
        fixed, count = scan_parts(parameters)
        body = parameters["jaxpr"]

        def one(carried: list[Any], rows: list[Any]) -> tuple[list[Any], list[Any]]:
            results = self.program(body, [*operands[:fixed], *carried, *rows], (*at, "body"))
            results = _typed(results, body)
            return results[:count], results[count:]

        start = [lax.convert_element_type(value, aval.dtype)
                 for value, aval in zip(operands[fixed:fixed + count], body.in_avals[fixed:], strict=False)]
        carried, made = lax.scan(one, start, operands[fixed + count:], length=parameters["length"],
                                 reverse=parameters["reverse"], unroll=parameters["unroll"])
        return [*carried, *made]

    def _while(self, parameters: dict[str, Any], operands: list[Any], at: Path) -> list[Any]:
        first, second = parameters["cond_nconsts"], parameters["body_nconsts"]
        for_condition, for_body = operands[:first], operands[first:first + second]
        condition, body = parameters["cond_jaxpr"], parameters["body_jaxpr"]
        start = [lax.convert_element_type(value, aval.dtype)
                 for value, aval in zip(operands[first + second:], body.in_avals[second:], strict=True)]
        return lax.while_loop(
            lambda carried: self.program(condition, [*for_condition, *carried], (*at, "condition"))[0],
            lambda carried: _typed(self.program(body, [*for_body, *carried], (*at, "body")), body), start)


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
