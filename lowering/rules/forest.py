"""The rule of `ScatterAddNdim`."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from lowering.registry import lowers


@lowers("ScatterAddNdim", writes="input")
def scatter_add_ndim(input: Any, indices: Any, deltas: Any, *, check: Any) -> Any:
    if not indices.size:
        return input
    check(indices.ndim == 2 and len(indices) == len(deltas), "Number of updates should be same as number of indices.")
    limits = jnp.array(input.shape[:indices.shape[1]])
    check(((indices >= 0) & (indices < limits)).all(), "An index is outside of the variable.")
    return input.at[tuple(indices.T)].add(deltas)
