"""Rules of rows joined by segments: how many there are is found out before, on the host."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.registry import Static, lowers
from lowering.rules.array import text


def sorted_segments(segment_ids: np.ndarray) -> dict[str, np.ndarray]:
    """How many rows each segment has. ValueError when the segments do not follow each other."""
    if segment_ids.ndim != 1:
        raise ValueError("segment_ids should be a vector.")
    if not segment_ids.size:
        return {"counts": np.zeros(0, np.int32)}
    if segment_ids[-1] < 0:
        raise ValueError("segment ids must be >= 0")
    if segment_ids[0] != 0:
        raise ValueError("segment ids do not start at 0")
    if not np.isin(np.diff(segment_ids), (0, 1)).all():
        raise ValueError(_disorder(segment_ids))
    return {"counts": np.bincount(segment_ids).astype(np.int32)}


def _disorder(segment_ids: np.ndarray) -> str:
    """What TensorFlow says first, going from segment to segment."""
    rows = int(segment_ids[-1]) + 1
    segments = segment_ids[np.r_[True, np.diff(segment_ids) != 0]].tolist()
    for segment, following in itertools.pairwise(segments):
        if following != segment + 1:
            break
        if segment >= rows:
            return (f"Segment id {segment} out of range [0, {rows}), probably because 'segment_ids' input is not "
                    "sorted.")
    return "segment ids are not increasing by 1"


def _joined(join: Callable, data: Any, segment_ids: Any, counts: Any) -> Any:
    return join(data, jnp.asarray(segment_ids), counts.shape[0], indices_are_sorted=True)


def _check_rows(data: Any, segment_ids: Any) -> None:
    if not np.ndim(data) or np.shape(segment_ids)[0] != np.shape(data)[0]:
        raise ValueError("segment_ids should be the same size as dimension 0 of input.")


def _each(counts: Any, like: Any) -> Any:
    """A number for each segment, as it meets the rows of `like`."""
    return jnp.reshape(counts, (-1,) + (1,) * (np.ndim(like) - 1)).astype(like.dtype)


def _divided(total: Any, counts: Any) -> Any:
    if jnp.issubdtype(total.dtype, jnp.integer):
        return lax.div(*jnp.broadcast_arrays(total, _each(counts, total)))  # cut towards zero
    return total / _each(counts, total)


@lowers("SegmentSum", before=sorted_segments)
def segment_sum(data: Any, segment_ids: Any, *, prepared: Any) -> Any:
    _check_rows(data, segment_ids)
    return _joined(jax.ops.segment_sum, data, segment_ids, prepared["counts"])


@lowers("SegmentMean", before=sorted_segments)
def segment_mean(data: Any, segment_ids: Any, *, prepared: Any) -> Any:
    _check_rows(data, segment_ids)
    return _divided(_joined(jax.ops.segment_sum, data, segment_ids, prepared["counts"]), prepared["counts"])


@lowers("SegmentProd", before=sorted_segments)
def segment_prod(data: Any, segment_ids: Any, *, prepared: Any) -> Any:
    _check_rows(data, segment_ids)
    return _joined(jax.ops.segment_prod, data, segment_ids, prepared["counts"])


@lowers("SegmentMax", before=sorted_segments)
def segment_max(data: Any, segment_ids: Any, *, prepared: Any) -> Any:
    _check_rows(data, segment_ids)
    return _extreme(data, segment_ids, _joined(jax.ops.segment_max, lax.stop_gradient(data), segment_ids,
                                               prepared["counts"]))


@lowers("SegmentMin", before=sorted_segments)
def segment_min(data: Any, segment_ids: Any, *, prepared: Any) -> Any:
    _check_rows(data, segment_ids)
    return _extreme(data, segment_ids, _joined(jax.ops.segment_min, lax.stop_gradient(data), segment_ids,
                                               prepared["counts"]))


def _extreme(data: Any, segment_ids: Any, result: Any) -> Any:
    """`result`, the extreme of each segment; the rows of a segment that are equal to it share its gradient."""
    if not jnp.issubdtype(data.dtype, jnp.floating):
        return result
    chosen = lax.stop_gradient(data == result[segment_ids]).astype(data.dtype)
    count = result.shape[0]
    share = chosen / jax.ops.segment_sum(chosen, segment_ids, count)[segment_ids]
    return result + jax.ops.segment_sum(_nothing(data) * share, segment_ids, count)


@jax.custom_jvp
def _nothing(x: Any) -> Any:
    """Zeros, which change as `x` does."""
    return jnp.zeros_like(x)


_nothing.defjvp(lambda primals, tangents: (jnp.zeros_like(primals[0]), tangents[0]))


@lowers("UnsortedSegmentSum")
def unsorted_segment_sum(data: Any, segment_ids: Any, num_segments: Static, *, check: Any) -> Any:
    places, sizes = np.shape(segment_ids), np.shape(data)
    if num_segments.ndim:
        raise ValueError(f"num_segments should be a scalar, not shape {text(num_segments.shape)}")
    if sizes[:len(places)] != places:
        raise ValueError(f"data.shape = {text(sizes)} does not start with segment_ids.shape = {text(places)}")
    count = int(num_segments)
    if count < 0:
        raise ValueError(f"Input num_segments == {count} must not be negative.")

    def outside(ids: np.ndarray) -> str:
        at = tuple(np.argwhere((ids < 0) | (ids >= count))[0].tolist())
        where = text(at) if at else ""
        return f"segment_ids{where} = {ids[at]} is out of range [0, {count})"

    ids = jnp.asarray(segment_ids)
    check(jnp.all((ids >= 0) & (ids < count)), outside, ids)
    parts = jnp.reshape(data, (int(np.prod(places)), *sizes[len(places):]))
    return jax.ops.segment_sum(parts, ids.reshape(-1), count)


# -- of rows that indices choose


def _chosen(data: Any, indices: Any, segment_ids: Any, check: Any) -> Any:
    for name, value in (("indices", indices), ("segment_ids", segment_ids)):
        if np.ndim(value) != 1:
            raise ValueError(f"{name} should be a vector.")
    if np.shape(indices) != np.shape(segment_ids):
        raise ValueError("segment_ids and indices should have same size.")
    count = np.shape(data)[0]

    def outside(indices: np.ndarray) -> str:
        at = int(np.argwhere((indices < 0) | (indices >= count))[0, 0])
        return f"Bad: indices[{at}] == {indices[at]} out of range [0, {count})"

    indices = jnp.asarray(indices)
    check(jnp.all((indices >= 0) & (indices < count)), outside, indices)
    return jnp.take(data, indices, 0, mode="clip")


@lowers("SparseSegmentSum", before=sorted_segments)
def sparse_segment_sum(data: Any, indices: Any, segment_ids: Any, *, prepared: Any, check: Any) -> Any:
    rows = _chosen(data, indices, segment_ids, check)
    return _joined(jax.ops.segment_sum, rows, segment_ids, prepared["counts"])


@lowers("SparseSegmentMean", before=sorted_segments)
def sparse_segment_mean(data: Any, indices: Any, segment_ids: Any, *, prepared: Any, check: Any) -> Any:
    rows = _chosen(data, indices, segment_ids, check)
    return _divided(_joined(jax.ops.segment_sum, rows, segment_ids, prepared["counts"]), prepared["counts"])


@lowers("SparseSegmentSqrtN", before=sorted_segments)
def sparse_segment_sqrt_n(data: Any, indices: Any, segment_ids: Any, *, prepared: Any, check: Any) -> Any:
    total = _joined(jax.ops.segment_sum, _chosen(data, indices, segment_ids, check), segment_ids, prepared["counts"])
    return total / jnp.sqrt(_each(prepared["counts"], total))


@lowers("SparseSegmentMeanGrad")
def sparse_segment_mean_grad(grad: Any, indices: Any, segment_ids: Any, output_dim0: Static, *, check: Any) -> Any:
    return _spread(grad, indices, segment_ids, output_dim0, lambda counts: counts, check)


@lowers("SparseSegmentSqrtNGrad")
def sparse_segment_sqrt_n_grad(grad: Any, indices: Any, segment_ids: Any, output_dim0: Static, *, check: Any) -> Any:
    return _spread(grad, indices, segment_ids, output_dim0, jnp.sqrt, check)


def _spread(grad: Any, indices: Any, segment_ids: Any, output_dim0: np.ndarray, divisor: Callable, check: Any) -> Any:
    """Adds the row of each segment, divided, to the rows that its indices choose."""
    if output_dim0.size != 1:
        raise ValueError("output_dim0 should be a scalar.")
    if np.shape(indices) != np.shape(segment_ids):
        raise ValueError("segment_ids and indices should have same size.")
    rows, segments = int(output_dim0.reshape(-1)[0]), np.shape(grad)[0]
    indices, ids = jnp.asarray(indices), jnp.asarray(segment_ids)

    def outside(word: str, limit: int) -> Callable[[np.ndarray], str]:
        return lambda values: f"{word} {values[(values < 0) | (values >= limit)][0]} out of range [0, {limit})."

    if not ids.size or not rows:
        return jnp.zeros((rows, *np.shape(grad)[1:]), grad.dtype)
    check(ids[-1] + 1 == segments, "Invalid number of segments")
    check(jnp.all((ids >= 0) & (ids < segments)), outside("Segment id", segments), ids)
    check(jnp.all((indices >= 0) & (indices < rows)), outside("Index", rows), indices)
    if not segments:
        return jnp.zeros((rows, *np.shape(grad)[1:]), grad.dtype)
    counts = jax.ops.segment_sum(jnp.ones(ids.shape, jnp.asarray(grad).dtype), ids, segments)
    shares = jnp.asarray(grad) / _each(divisor(jnp.maximum(counts, 1)), grad)
    return jax.ops.segment_sum(jnp.take(shares, ids, 0, mode="clip"), indices, rows)
