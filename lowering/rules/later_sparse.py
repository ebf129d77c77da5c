"""Rules of the operations on sparse tensors that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.registry import lowers
from lowering.rules.array import completed, text
from lowering.rules.sparse import check_parts, there, union


@lowers("SparseReshape", host=True)
def sparse_reshape(input_indices: Any, input_shape: Any, new_shape: Any) -> Any:
    if np.ndim(input_indices) != 2:
        raise ValueError(f"Input indices should be a matrix but received shape {text(np.shape(input_indices))}")
    if np.ndim(input_shape) != 1 or np.ndim(new_shape) != 1:
        raise ValueError(f"Input shape and target shape should be vectors but received {text(np.shape(input_shape))} and "
                         f"{text(np.shape(new_shape))}")
    sizes = completed([int(size) for size in new_shape], int(np.prod(input_shape)), "output shape size", "SparseTensor",
                      "dense values")
    if not len(input_indices):
        return np.zeros((0, len(sizes)), np.int64), np.array(sizes, np.int64)
    places = np.ravel_multi_index(tuple(np.asarray(input_indices).T), tuple(int(size) for size in input_shape))
    return np.stack(np.unravel_index(places, sizes), 1).astype(np.int64), np.array(sizes, np.int64)


def _rows(sp_indices: Any, sp_shape: Any) -> dict[str, Any]:
    """Which elements stand in the same row, that is, at places alike but for the last number."""
    if sp_indices.ndim != 2 or sp_shape.ndim != 1:
        raise ValueError(f"Input sp_indices should be a matrix but received shape: {text(sp_indices.shape)}")
    if sp_shape.size < 2:
        raise ValueError(f"Input should have rank >= 2, but received shape: {sp_shape.tolist()}")
    _, rows = np.unique(sp_indices[:, :-1], axis=0, return_inverse=True)
    return {"rows": rows.reshape(-1).astype(np.int32)}


@lowers("SparseSoftmax", before=_rows)
def sparse_softmax(sp_indices: Any, sp_values: Any, sp_shape: Any, *, prepared: Any) -> Any:
    check_parts(sp_indices, sp_values, sp_shape)
    count, rows = np.shape(sp_values)[0], jnp.asarray(prepared["rows"])
    if not count:
        return sp_values
    top = jax.lax.stop_gradient(jax.ops.segment_max(jnp.asarray(sp_values), rows, count))
    raised = jnp.exp(sp_values - top[rows])
    return raised / jax.ops.segment_sum(raised, rows, count)[rows]


def _places(a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any, b_shape: Any) -> dict[str, Any]:
    places, a_rows, b_rows = union(a_indices, a_values, a_shape, b_indices, b_values, b_shape)
    return {"places": places, "a": a_rows, "b": b_rows}


@lowers("SparseSparseMaximum", before=_places)
def sparse_sparse_maximum(a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any, b_shape: Any, *,
                          prepared: Any) -> Any:
    mine, theirs = there(a_values, jnp.asarray(prepared["a"])), there(b_values, jnp.asarray(prepared["b"]))
    return prepared["places"], jnp.maximum(mine, theirs)


@lowers("SparseSparseMinimum", before=_places)
def sparse_sparse_minimum(a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any, b_shape: Any, *,
                          prepared: Any) -> Any:
    mine, theirs = there(a_values, jnp.asarray(prepared["a"])), there(b_values, jnp.asarray(prepared["b"]))
    return prepared["places"], jnp.minimum(mine, theirs)


@lowers("SparseReduceSumSparse", host=True)
def sparse_reduce_sum_sparse(input_indices: Any, input_values: Any, input_shape: Any, reduction_axes: Any, *,
                             keep_dims: bool) -> Any:
    check_parts(input_indices, input_values, input_shape)
    rank = len(input_shape)
    axes = np.reshape(reduction_axes, -1)
    if ((axes < -rank) | (axes >= rank)).any():
        wrong = axes[(axes < -rank) | (axes >= rank)][0]
        raise ValueError(f"Invalid reduction dimension {wrong}, for input with {rank} dimensions.")
    gone = set((axes % rank).tolist())
    kept = [axis for axis in range(rank) if axis not in gone]
    places, number = np.unique(input_indices[:, kept], axis=0, return_inverse=True)
    sums = np.zeros(len(places), np.asarray(input_values).dtype)
    np.add.at(sums, number.reshape(-1), input_values)
    if not keep_dims:
        return places, sums, np.asarray(input_shape)[kept]
    whole = np.zeros((len(places), rank), np.int64)
    whole[:, kept] = places
    return whole, sums, np.where([axis in gone for axis in range(rank)], 1, input_shape).astype(np.int64)
