"""The variables that the rounds of a loop write: of each round its own, as moving averages are, or one that all share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from lowering import registry
from lowering.kernels.stacking import ShapesDifferError, parts
from lowering.plan.slice import ALIASES, inner, variable_of, written_by
from tracer.ir import Operation, Tensor


def writes(op: Operation) -> bool:
    """Whether the operation, or one in the regions inside of it, writes a variable."""
    return any((rule := registry.find(node.type)) is not None and bool(rule.writes) for node in inner(op))


class Memory:
    """What the operations of rounds write. Those of one round, the template, stand for all of them."""

    def __init__(self) -> None:
        self.own: dict[Operation, tuple[Operation | None, ...]] = {}  # by the template's: that of each round
        self.shared: list[Operation] = []

    @classmethod
    def of(cls, rows: Sequence[Sequence[Operation | None]], template: Sequence[Operation | None]) -> Memory | None:
        """None where a variable would have to be two things at once."""
        found = cls()
        for k, op in enumerate(template):
            if op is None or not writes(op):
                continue
            lists = [None if row[k] is None else written_by(row[k]) for row in rows]  # type: ignore[arg-type]
            for j, variable in enumerate(written_by(op)):
                variables = tuple(None if some is None else some[j] for some in lists)
                present = [v for v in variables if v is not None]
                if all(v is variable for v in present):
                    found.shared.append(variable)
                elif found.own.setdefault(variable, variables) != variables:
                    return None
        found.shared = list(dict.fromkeys(found.shared))
        single = [v for variables in found.own.values() for v in variables if v is not None]
        return found if len({*single, *found.shared}) == len(single) + len(found.shared) else None

    def __bool__(self) -> bool:
        return bool(self.own or self.shared)

    def takes(self, tensors: Sequence[Tensor | None]) -> bool:
        """Whether these stand for the variables of their rounds."""
        return any(all(t is None or variable_of(t) is v is not None for t, v in zip(tensors, variables, strict=True))
                   for variables in self.own.values())

    def holds(self, tensor: Tensor) -> bool:
        """Whether `tensor` is an alias of a variable that some round writes."""
        variable = variable_of(tensor)
        return variable is not None and (variable in self.shared or self.keeps(tensor))

    def keeps(self, tensor: Tensor) -> bool:
        """Whether `tensor` is an alias of a variable that one round has for itself."""
        variable = variable_of(tensor)
        return variable is not None and any(variable in variables for variables in self.own.values())

    # -- while they are evaluated

    def stacks(self, context: Any) -> list[Any]:
        """For each variable of the template, what those of all rounds hold. Raises ShapesDifferError."""
        self._check(context)
        found = []
        for template, variables in self.own.items():
            arrays = [_held(template if v is None else v, context) for v in variables]
            if len({(array.shape, array.dtype) for array in arrays}) > 1:
                raise ShapesDifferError
            found.append(jnp.stack(arrays))
        return found

    def starts(self, context: Any) -> list[Any]:
        """What the variables that all rounds share hold."""
        return [_held(variable, context) for variable in self.shared]

    def _check(self, context: Any) -> None:
        """Raises ShapesDifferError where one of them is differentiated by: each round would see another zero."""
        touched = {*self.shared, *(v for variables in self.own.values() for v in variables)}
        if any(isinstance(key, Tensor) and variable_of(key) in touched for key in context.deltas):
            raise ShapesDifferError

    def enter(self, child: Any, own: list[Any], shared: list[Any]) -> None:
        """Gives the context of one round what its variables hold."""
        child.state.update(zip(self.own, own, strict=True))
        child.state.update(zip(self.shared, shared, strict=True))

    def after(self, child: Any) -> tuple[list[Any], list[Any]]:
        """What they hold after the round, its own ones and the shared ones."""
        return [_held(v, child) for v in self.own], [_held(v, child) for v in self.shared]

    def store(self, context: Any, own: list[Any], shared: list[Any]) -> None:
        """Writes to the variables what they hold in the end."""
        context.state.update((v, jax.lax.stop_gradient(value)) for v, value in zip(self.shared, shared, strict=True))
        for variables, array in zip(self.own.values(), own, strict=True):
            rows = parts(jax.lax.stop_gradient(array))
            context.state.update((v, row) for v, row in zip(variables, rows, strict=True) if v is not None)


def _held(variable: Operation, context: Any) -> Any:
    value = context.state.get(variable)
    if value is None:
        raise ShapesDifferError
    value = jnp.asarray(value)
    return jax.lax.convert_element_type(value, value.dtype)


def accesses(op: Operation) -> Iterator[tuple[Operation, bool]]:
    """The variables that the operation reads or writes, and whether it writes them. Passing an alias on is neither."""
    if op.type in ALIASES:
        return
    written = written_by(op)
    yield from ((variable, True) for variable in written)
    for node in inner(op):
        for tensor in node.inputs:
            variable = variable_of(tensor)
            if variable is not None and variable not in written:
                yield variable, False
