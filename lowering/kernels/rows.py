"""Writes to single rows of a variable, held back until the program's end.

A run whose check fails must leave the variable as it was. Choosing between the old and the new table would copy it;
choosing the rows that are written costs only those.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class RowWrites:
    """`table` after `rows` have been written at `indices` of its first dimension; an index outside writes nothing."""

    table: Any
    indices: Any
    rows: Any
    adds: bool = dataclasses.field(metadata={"static": True})  # or replaces; then no index stands there twice

    @property
    def dtype(self) -> Any:
        """The table's type."""
        return self.table.dtype

    def settle(self, keep: Any = True) -> jax.Array:
        """The table with the rows written, or without them when `keep` (a bool scalar) is false."""
        size = self.table.shape[0]
        inside = (self.indices >= 0) & (self.indices < size) & keep
        at = self.table.at[jnp.where(inside, self.indices, jnp.asarray(size, self.indices.dtype))]
        return (at.add if self.adds else at.set)(self.rows, mode="drop")

    def __jax_array__(self) -> jax.Array:
        return self.settle()


def last_of_each(indices: Any) -> Any:
    """`indices` with all but the last place of each index replaced by -1."""
    if indices.shape[0] < 2:
        return indices
    order = jnp.argsort(indices, stable=True)
    grouped = indices[order]
    last = jnp.append(grouped[1:] != grouped[:-1], True)
    return jnp.zeros_like(indices).at[order].set(jnp.where(last, grouped, jnp.asarray(-1, indices.dtype)))
