"""Rules of the operations that write parts of variables and that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels.rows import last_of_each
from lowering.registry import lowers
from lowering.rules.state import brackets, scatter_operands


@lowers("ScatterMul", writes="ref")
def scatter_mul(ref: Any, indices: Any, updates: Any, *, check: Any) -> Any:
    ref, indices, updates = scatter_operands(ref, indices, updates, check)
    return ref.at[indices].multiply(updates)


@lowers("ScatterDiv", writes="ref")
def scatter_div(ref: Any, indices: Any, updates: Any, *, check: Any) -> Any:
    ref, indices, updates = scatter_operands(ref, indices, updates, check)
    if not jnp.issubdtype(ref.dtype, jnp.integer):
        return ref.at[indices].divide(updates)
    check((updates != 0).all(), "Integer division by zero")
    divisors = jnp.where(updates == 0, 1, updates)

    def divided(row: Any, whole: Any) -> Any:  # one after the other: each cuts what is left
        return whole.at[indices[row]].set(lax.div(whole[indices[row]], divisors[row]))

    return lax.fori_loop(0, indices.shape[0], divided, ref)


def _parts(ref: Any, indices: Any, updates: Any, check: Any) -> tuple[Any, Any, Any]:
    """The variable as rows that are not divided, the numbers of the rows, and what is written to them."""
    ref, indices, updates = jnp.asarray(ref), jnp.asarray(indices), jnp.asarray(updates)
    depth = indices.shape[-1] if indices.ndim else 1
    check(0 < indices.ndim and depth <= ref.ndim,
          f"The inner dimension of indices must be at most the rank of the variable: {brackets(indices.shape)} for "
          f"{brackets(ref.shape)}")
    check(updates.shape == (*indices.shape[:-1], *ref.shape[depth:]),
          f"Must have updates.shape = indices.shape[:-1] + params_shape[indices.shape[-1]:], got updates.shape "
          f"{brackets(updates.shape)}, indices.shape {brackets(indices.shape)}, params_shape {brackets(ref.shape)}")
    outer = np.array(ref.shape[:depth], indices.dtype)
    places = indices.reshape(-1, depth)
    inside = jnp.all((places >= 0) & (places < outer), axis=1)

    def outside(places: np.ndarray) -> str:
        row = int(np.flatnonzero(((places < 0) | (places >= outer)).any(1))[0])
        said = ", ".join(map(str, places[row].tolist()))
        return f"Invalid indices: [{row},0] = [{said}] is not in [0, {ref.shape[0] if ref.ndim else 1})"

    check(inside.all(), outside, places)
    strides = np.cumprod([1, *ref.shape[:depth][:0:-1]])[::-1].astype(indices.dtype) if depth else outer
    rows = (jnp.where(inside[:, None], places, 0) * strides).sum(1, dtype=indices.dtype)
    inner = ref.shape[depth:]
    return ref.reshape(-1, *inner), rows, updates.reshape(-1, *inner)


@lowers("ScatterNdUpdate", writes="ref")
def scatter_nd_update(ref: Any, indices: Any, updates: Any, *, check: Any) -> Any:
    rows, places, values = _parts(ref, indices, updates, check)
    last = last_of_each(places)
    last = jnp.where(last < 0, jnp.asarray(rows.shape[0], last.dtype), last)  # JAX counts negative ones from the end
    return rows.at[last].set(values, mode="drop").reshape(jnp.shape(ref))


@lowers("ScatterNdAdd", writes="ref")
def scatter_nd_add(ref: Any, indices: Any, updates: Any, *, check: Any) -> Any:
    rows, places, values = _parts(ref, indices, updates, check)
    return rows.at[places].add(values).reshape(jnp.shape(ref))


@lowers("ScatterNdSub", writes="ref")
def scatter_nd_sub(ref: Any, indices: Any, updates: Any, *, check: Any) -> Any:
    rows, places, values = _parts(ref, indices, updates, check)
    return rows.at[places].add(-values).reshape(jnp.shape(ref))
