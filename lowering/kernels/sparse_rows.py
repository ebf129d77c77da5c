"""The rows of a sparse gradient, sorted so that the repetitions of one row stand together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.kernels.rows import RowWrites


class SortedRows:
    """Rows `grad` for the places `indices` of `table`, those of one place next to each other in their order."""

    def __init__(self, table: Any, grad: Any, indices: Any, check: Any) -> None:
        grad, indices = jnp.asarray(grad), jnp.asarray(indices)
        _check(table, grad, indices, check)
        order = jnp.argsort(indices, stable=True)
        self.at = indices[order]
        self.grad = grad[order]
        changes = self.at[1:] != self.at[:-1]
        self.is_first = jnp.append(True, changes)[:self.at.shape[0]]
        self.is_last = jnp.append(changes, True)[:self.at.shape[0]]

    def _spread(self, flags: Any) -> Any:
        return flags.reshape((-1,) + (1,) * (self.grad.ndim - 1))

    def before(self, slot: Any, factor: Any, increment: Any) -> Any:
        """The rows of `slot` that each row finds, where each leaves behind `factor * slot + increment`."""
        if self.at.shape[0] == 0:
            return jnp.zeros_like(self.grad)
        first = jnp.broadcast_to(self._spread(self.is_first), self.grad.shape)
        start = slot[self.at]
        factor = jnp.broadcast_to(jnp.asarray(factor, self.grad.dtype), self.grad.shape)
        total = jnp.where(first, factor * start + increment, increment)

        def combine(a: tuple, b: tuple) -> tuple:
            (_, a_factor, a_total), (b_first, b_factor, b_total) = a, b
            return (a[0] | b_first, jnp.where(b_first, b_factor, a_factor * b_factor),
                    jnp.where(b_first, b_total, b_factor * a_total + b_total))

        after = jax.lax.associative_scan(combine, (first, factor, total))[2]
        return jnp.where(first, start, jnp.roll(after, 1, axis=0))

    def one_by_one(self, slots: tuple, step: Callable[[tuple, Any], tuple]) -> tuple:
        """The rows of `slots` that each row leaves behind, each from where the one before it has left them."""

        def visit(state: tuple, row: tuple) -> tuple:
            first, starts, grad = row
            state = tuple(jnp.where(first, start, value) for start, value in zip(starts, state, strict=True))
            after = step(state, grad)
            return after, after

        starts = tuple(slot[self.at] for slot in slots)
        empty = tuple(jnp.zeros(slot.shape[1:], slot.dtype) for slot in slots)
        return jax.lax.scan(visit, empty, (self.is_first, starts, self.grad))[1]

    def added(self, table: Any, updates: Any) -> RowWrites:
        """`table` with all `updates` added."""
        return RowWrites(table, self.at, updates, adds=True)

    def last(self, table: Any, values: Any) -> RowWrites:
        """`table` with what the last row of each place has left behind."""
        return RowWrites(table, jnp.where(self.is_last, self.at, jnp.asarray(-1, self.at.dtype)), values, adds=False)


def _check(table: Any, grad: Any, indices: Any, check: Any) -> None:
    """The conditions of TensorFlow's kernels, in their words."""
    check(jnp.ndim(table) > 0, "var must be at least 1 dimensional")
    check(indices.ndim == 1, "indices must be one-dimensional")
    check(grad.ndim == jnp.ndim(table), "var and grad must have the same rank")
    for d in range(1, jnp.ndim(table)):
        check(table.shape[d] == grad.shape[d], f"var and grad must match in dimension {d}")
    check(grad.shape[0] == indices.shape[0], "grad must be the same size as indices in the first dimension.")
    size = table.shape[0]

    def outside(indices: np.ndarray) -> str:
        place = int(np.nonzero((indices < 0) | (indices >= size))[0][0])
        return f"Index {indices[place]} at offset {place} in indices is out of range"

    check(((indices >= 0) & (indices < size)).all(), outside, indices)
