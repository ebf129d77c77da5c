"""The gradient of a weight that every round of a scan multiplies by: one product over all rounds, after the scan.

JAX adds up such a gradient round by round: T small products, each added to an array of the weight's size. Kept are the
other factors and the gradients of the products; from both, the sum is one large product. It is the same with a table
that every round gathers rows of: kept are the indices and the gradients of the rows, which are added to it once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lowering import fast, interpret, registry
from tracer.ir import Operation, Tensor


class Products:
    """The `MatMul` and `Gather` operations of a round of which one factor, or the table, is the same in all rounds."""

    def __init__(self, template: list[Operation], around: dict[Tensor, Any], moving: set[Tensor], context: Any) -> None:
        self.weights: dict[Operation, int] = {}  # by the operation: which of its inputs
        self.index = {tensor: i for i, tensor in enumerate(around)}
        self.shapes: dict[Operation, tuple[int, ...]] = {}
        if not fast.on("products") or interpret.DIFFERENTIATED not in context.temporaries or len(context.levels) > 1:
            return  # nor for a gradient of a gradient: of a scan's results that nothing needs, JAX 0.10 makes an error
        uses = Counter(tensor for op in template for tensor in op.inputs)
        for op in template:
            if op.type not in ("MatMul", "Gather") or op in context.custom or (
                    op in context.deltas or op in context.watched):
                continue
            for i in (0, 1) if op.type == "MatMul" else (0,):
                value: Any = around.get(op.inputs[i])
                if isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.inexact) and (
                        op.inputs[1 - i] in moving):
                    self.weights[op] = i
        counted = Counter(op.inputs[i] for op, i in self.weights.items())
        self.weights = {op: i for op, i in self.weights.items() if counted[op.inputs[i]] == uses[op.inputs[i]]}

    @staticmethod
    def nothing() -> list[Any]:
        """The slots of a round whose products are evaluated like all else."""
        return []

    def factors(self) -> set[Tensor]:
        """The weights and tables."""
        return {op.inputs[i] for op, i in self.weights.items()}

    def slots(self) -> list[tuple[int, tuple[int, ...]]]:
        """For each product, which of the values around is its weight, and the shape of the result."""
        return [(self.index[op.inputs[i]], self.shapes[op]) for op, i in self.weights.items()]

    def evaluate(self, template: list[Operation], child: Any, slots: list[Any]) -> list[Any]:
        """Evaluates a round; with a slot for each product, returns the factors, and gradients go into the slots."""
        factors: list[Any] = []
        for op in template:
            if op not in self.weights:
                interpret.step(op, child)
                continue
            if not slots:
                interpret.step(op, child)
                self.shapes[op] = child.values[op.outputs[0]].shape
                continue
            weight = self.weights[op]
            factor = child.read(op.inputs[1 - weight])
            if op.type == "Gather":
                interpret.step(op, child)
                child.values[op.outputs[0]] += slots[len(factors)]
                factors.append(factor)
                continue
            with interpret.blame(op), jax.named_scope(op.name):
                value = _product(op, weight)(factor, child.read(op.inputs[weight]), slots[len(factors)])
            child.write(op.outputs[0], value)
            factors.append(factor)
        return factors

    def differentiable(self, rounds: Callable, count: int) -> Callable:
        """`rounds` as a function of arrays, first state and what is taken, whose gradient treats products as said."""
        if not self.weights:
            return lambda arrays, starts, given: _together(rounds(arrays, starts, given, [])[0])
        weights = {self.index[op.inputs[i]] for op, i in self.weights.items()}

        @jax.custom_vjp
        def run(arrays: dict[int, Any], starts: Any, given: Any) -> Any:
            return rounds(arrays, starts, given, [])[0]

        def forward(arrays: dict[int, Any], starts: Any, given: Any) -> tuple:
            fixed = {i: value for i, value in arrays.items() if i in weights}
            rest = {i: value for i, value in arrays.items() if i not in weights}
            slots = [jnp.zeros((count, *self.shapes[op]), arrays[self.index[op.inputs[i]]].dtype)
                     for op, i in self.weights.items()]
            results, pull, factors = jax.vjp(
                lambda rest, *others: rounds({**rest, **fixed}, *others), rest, starts, given, slots, has_aux=True)
            return results, (pull, factors, fixed)

        def backward(residuals: tuple, cotangents: Any) -> tuple:
            pull, factors, tables = residuals
            rest, starts, given, slots = pull(cotangents)
            total: dict[int, Any] = dict(rest)
            for (op, weight), factor, slot in zip(self.weights.items(), factors, slots, strict=True):
                i = self.index[op.inputs[weight]]
                found = (_table_gradient(tables[i], factor, slot) if op.type == "Gather"
                         else _weight_gradient(op, weight, factor, slot))
                total[i] = total[i] + found if i in total else found
            return total, starts, given

        run.defvjp(forward, backward)
        return run


@jax.custom_vjp
def _together(results: Any) -> Any:
    """The results of a scan, of which either all have gradients or none: of rows that alone have none, while others do,
    JAX 0.10 makes an error."""
    return results


_together.defvjp(lambda results: (results, None), lambda _, cotangents: (cotangents,))


def _product(op: Operation, weight: int) -> Callable:
    """The operation as a function of factor, weight and slot; the gradient of the result goes into the slot."""
    rule = registry.find("MatMul")
    assert rule is not None
    multiply = rule.function
    flags = {name: op.attrs[name] for name in ("transpose_a", "transpose_b")}

    def compute(factor: Any, matrix: Any) -> Any:
        return multiply(*((matrix, factor) if weight == 0 else (factor, matrix)), **flags)

    @jax.custom_vjp
    def product(factor: Any, matrix: Any, slot: Any) -> Any:
        return compute(factor, matrix)

    def forward(factor: Any, matrix: Any, slot: Any) -> tuple:
        return compute(factor, matrix), (factor, matrix)

    def backward(residuals: tuple, cotangent: Any) -> tuple:
        factor, matrix = residuals
        (back,) = jax.linear_transpose(lambda f: compute(f, matrix), factor)(cotangent)
        return back, None, cotangent

    product.defvjp(forward, backward)
    return product


def _table_gradient(table: Any, indices: Any, rows: Any) -> Any:
    """The gradient of what rows were taken of."""
    return jnp.zeros_like(table).at[indices.reshape(-1)].add(rows.reshape(-1, *table.shape[1:]), mode="drop")


def _weight_gradient(op: Operation, weight: int, factor: Any, cotangent: Any) -> Any:
    """The sum over all rounds; both arguments have a row for each."""
    a, b = op.attrs["transpose_a"], op.attrs["transpose_b"]
    if weight == 1:
        gradient = jnp.einsum("tik,tkj->ij" if a else "tki,tkj->ij", factor, cotangent)
        return gradient.T if b else gradient
    gradient = jnp.einsum("tij,tjk->ik" if b else "tij,tkj->ik", cotangent, factor)
    return gradient.T if a else gradient
