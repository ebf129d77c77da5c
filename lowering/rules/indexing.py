"""Elements picked out of tensors: by index, by mask, by value."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.registry import Static, lowers
from lowering.rules.array import text


@lowers("Gather")
def gather(params: Any, indices: Any, *, check: Any) -> Any:
    if np.ndim(params) < 1:
        raise ValueError("params must be at least 1 dimensional")
    indices = jnp.asarray(indices)
    rows = np.shape(params)[0]
    check_range(indices, rows, check, lambda at, bad: f"indices{at} = {bad} is not in [0, {rows})")
    return take(params, (indices,))


@lowers("GatherNd")
def gather_nd(params: Any, indices: Any, *, check: Any) -> Any:
    sizes, places = np.shape(params), np.shape(indices)
    if not sizes:
        raise ValueError("params must be at least a vector")
    if not places:
        raise ValueError("indices must be at least a vector")
    count = places[-1]
    if count > len(sizes):
        raise ValueError(f"index innermost dimension length must equal params rank; saw: {count} vs. {len(sizes)}")
    indices = jnp.asarray(indices)
    flat = indices.reshape((-1, count))
    if flat.shape[0] and count:
        limits = np.array(sizes[:count], indices.dtype)

        def message(flat: np.ndarray) -> str:
            at = int(((flat < 0) | (flat >= limits)).any(1).argmax())
            return (f"flat indices[{at}, :] = [{', '.join(map(str, flat[at]))}] does not index into param (shape: "
                    f"{text(sizes)}).")

        check(((flat >= 0) & (flat < limits)).all(), message, flat)
    return take(params, tuple(indices[..., i] for i in range(count)))


def take(params: Any, indices: tuple[Any, ...]) -> Any:
    """`params[indices]`, the indices being checked elsewhere."""
    params = jnp.asarray(params)
    if not indices:
        return params
    if 0 in params.shape[:len(indices)]:  # nothing to take: there are no indices, or a check fails
        return jnp.zeros((*indices[0].shape, *params.shape[len(indices):]), params.dtype)
    return params.at[indices].get(mode="promise_in_bounds", wrap_negative_indices=False)


def check_range(indices: Any, limit: Any, check: Any, explain: Any) -> None:
    """Checks that all `indices` are in [0, limit). `explain` gets the place of the first bad one, as text, and it."""
    if not np.size(indices):
        return

    def message(indices: np.ndarray) -> str:
        at = tuple(np.argwhere((indices < 0) | (indices >= limit))[0].tolist())
        return explain(text(at) if at else "", indices[at])

    # The first bad one is looked for when there is one: a search on the device takes ten times as long as this.
    check(((indices >= 0) & (indices < limit)).all(), message, indices)


@lowers("OneHot")
def one_hot(indices: Any, depth: Static, on_value: Any, off_value: Any, *, axis: int) -> Any:
    count = np.ndim(indices)
    if not -1 <= axis <= count:
        raise ValueError(f"Expected axis to be -1 or between [0, {count + 1}).  But received: {axis}")
    for name, value in (("depth", depth), ("on_value", on_value), ("off_value", off_value)):
        if np.ndim(value):
            raise ValueError(f"{name} must be a scalar, but got: {text(np.shape(value))}")
    if depth < 0:
        raise ValueError(f"depth must be non-negative, got: {depth}")
    at = count if axis == -1 else axis
    numbers = jnp.arange(int(depth), dtype=jnp.int64).reshape([-1 if i == at else 1 for i in range(count + 1)])
    return jnp.where(jnp.expand_dims(indices, at) == numbers, on_value, off_value)


# -- where the number of elements follows from the values: on the host


@lowers("Where", host=True)
def where(input: Any) -> Any:
    if not np.ndim(input):
        raise ValueError("WhereOp : Unhandled input dimensions: 0")
    return np.argwhere(np.asarray(input)).astype(np.int64).reshape((-1, np.ndim(input)))


@lowers("Unique", host=True)
def unique(x: Any) -> Any:
    return distinct(x)[:2]


@lowers("UniqueWithCounts", host=True)
def unique_with_counts(x: Any) -> Any:
    return distinct(x)


def distinct(x: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct elements in the order in which they appear, the number of each element, and how often each is."""
    x = np.asarray(x)
    if x.ndim != 1:
        raise ValueError("unique expects a 1D vector.")
    values, first, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True,
                                               equal_nan=False)
    order = np.argsort(first)
    number = np.empty_like(order)
    number[order] = np.arange(order.size)
    return values[order], number[inverse].astype(np.int32), counts[order].astype(np.int32)


@lowers("ListDiff", host=True)
def listdiff(x: Any, y: Any) -> Any:
    x, y = np.asarray(x), np.asarray(y)
    for name, value in (("x", x), ("y", y)):
        if value.ndim != 1:
            raise ValueError(f"{name} should be a 1D vector.")
    if x.dtype == object:
        known = set(y.tolist())
        left = np.array([i for i, item in enumerate(x.tolist()) if item not in known], np.int32)
    else:
        left = np.flatnonzero(~np.isin(x, y)).astype(np.int32)
    return x[left], left


# -- parts dealt out and put together again


def _rows_of_parts(partitions: Any, *, num_partitions: int) -> dict[str, Any]:
    """For each part the rows that go there."""
    wrong = (partitions < 0) | (partitions >= num_partitions)
    if wrong.any():
        at = np.unravel_index(int(wrong.argmax()), wrong.shape)
        place = f"[{','.join(map(str, at))}]" if at else ""
        raise ValueError(f"partitions{place} = {partitions[at]} is not in [0, {num_partitions})")
    flat = partitions.reshape(-1)
    order = np.argsort(flat, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(flat, minlength=num_partitions))[:-1]
    return {"rows": np.split(order, ends)}


@lowers("DynamicPartition", before=_rows_of_parts)
def dynamic_partition(data: Any, partitions: Any, *, prepared: Any) -> Any:
    sizes, outer = np.shape(data), np.shape(partitions)
    if sizes[:len(outer)] != outer:
        raise ValueError(f"data.shape must start with partitions.shape, got data.shape = {text(sizes)}, "
                         f"partitions.shape = {text(outer)}")
    flat = jnp.reshape(data, (partitions.size, *sizes[len(outer):]))
    return [take(flat, (jnp.asarray(rows),)) for rows in prepared["rows"]]


def _source_rows(indices: Any) -> dict[str, Any]:
    """For each row of the result the row of all data that it comes from, -1 where there is none."""
    for places in indices:
        below = places.reshape(-1) < 0
        if below.any():
            raise ValueError(f"indices[{int(below.argmax())}] is out of range")
    flat = np.concatenate([places.reshape(-1) for places in indices])
    sources = np.full(flat.max() + 1 if flat.size else 0, -1, np.int32)
    sources[flat] = np.arange(flat.size, dtype=np.int32)  # of several for one row the last counts
    return {"sources": sources}


@lowers("DynamicStitch", before=_source_rows)
def dynamic_stitch(indices: Any, data: Any, *, prepared: Any) -> Any:
    tail = np.shape(data[0])[np.ndim(indices[0]):]
    for i, (places, part) in enumerate(zip(indices, data, strict=True)):
        outer, sizes = np.shape(places), np.shape(part)
        if sizes[:len(outer)] != outer:
            raise ValueError(f"data[{i}].shape = {text(sizes)} does not start with indices[{i}].shape = {text(outer)}")
        if sizes[len(outer):] != tail:
            raise ValueError(
                f"Need data[0].shape[{np.ndim(indices[0])}:] = data[{i}].shape[{len(outer)}:], got data[0].shape = "
                f"{text(np.shape(data[0]))}, data[{i}].shape = {text(sizes)}, indices[0].shape = "
                f"{text(np.shape(indices[0]))}, indices[{i}].shape = {text(outer)}")
    places = jnp.concatenate([jnp.reshape(part, (-1,)) for part in indices])
    rows = jnp.concatenate([jnp.reshape(part, (np.size(place), *tail))
                            for place, part in zip(indices, data, strict=True)])
    return _stitch(rows, places, jnp.asarray(prepared["sources"]))


@jax.custom_vjp
def _stitch(rows: Any, places: Any, sources: Any) -> Any:
    found = (sources >= 0).reshape((-1, *[1] * (rows.ndim - 1)))
    return jnp.where(found, take(rows, (jnp.maximum(sources, 0),)), jnp.zeros((), rows.dtype))


def _stitch_forward(rows: Any, places: Any, sources: Any) -> tuple:
    return _stitch(rows, places, sources), (places, sources)


def _stitch_backward(residuals: tuple, gradient: Any) -> tuple:
    # TensorFlow gives every row the gradient at its index, those too that a later one has overwritten.
    places, sources = residuals
    return take(gradient, (places,)), _none(places), _none(sources)


def _none(array: Any) -> np.ndarray:
    return np.zeros(array.shape, jax.dtypes.float0)


_stitch.defvjp(_stitch_forward, _stitch_backward)


# -- reordered


@lowers("InvertPermutation")
def invert_permutation(x: Any, *, check: Any) -> Any:
    if np.ndim(x) != 1:
        raise ValueError("invert_permutation expects a 1D vector.")
    x = jnp.asarray(x)
    count = x.shape[0]
    check_range(x, count, check, lambda at, bad: f"{bad} is not between 0 and {count}")
    times = jnp.zeros(count, jnp.int32).at[x].add(1)
    check((times <= 1).all(), lambda bad: f"{bad} is duplicated in the input.", times.argmax() if count else 0)
    return jnp.zeros(count, x.dtype).at[x].set(jnp.arange(count, dtype=x.dtype))


@lowers("Reverse")
def reverse(tensor: Any, dims: Any) -> Any:
    if np.ndim(dims) != 1:
        raise ValueError(f"'dims' must be 1-dimension, not {np.ndim(dims)}")
    if np.size(dims) != np.ndim(tensor):
        raise ValueError("'dims' must have the same number of values as 'input' has dimensions. 'input' has "
                         f"{np.ndim(tensor)}'dims' has {np.size(dims)} values")
    if isinstance(dims, np.ndarray):
        return jnp.flip(tensor, tuple(np.flatnonzero(dims).tolist()))
    for axis in range(np.ndim(tensor)):  # decided in the run: the random flips of images
        tensor = jnp.where(dims[axis], jnp.flip(tensor, axis), tensor)
    return tensor


@lowers("ReverseSequence")
def reverse_sequence(input: Any, seq_lengths: Any, *, seq_dim: int, batch_dim: int, check: Any) -> Any:
    sizes, count = np.shape(input), np.ndim(input)
    if np.ndim(seq_lengths) != 1:
        raise ValueError(f"seq_lens input must be 1-dim, not {np.ndim(seq_lengths)}")
    if batch_dim == seq_dim:
        raise ValueError(f"batch_dim == seq_dim == {seq_dim}")
    for name, axis in (("seq_dim", seq_dim), ("batch_dim", batch_dim)):
        if axis >= count:
            raise ValueError(f"{name} must be < input.dims()( {axis} vs. {count})")
    if np.shape(seq_lengths)[0] != sizes[batch_dim]:
        raise ValueError(f"len(seq_lens) != input.dims({batch_dim}), ({np.shape(seq_lengths)[0]} vs. "
                         f"{sizes[batch_dim]})")
    lengths = jnp.asarray(seq_lengths)
    _check_lengths(lengths, sizes[seq_dim], seq_dim, check)
    position = jnp.arange(sizes[seq_dim], dtype=lengths.dtype)
    position = position.reshape([-1 if i == seq_dim else 1 for i in range(count)])
    lengths = lengths.reshape([-1 if i == batch_dim else 1 for i in range(count)])
    places = jnp.where(position < lengths, lengths - 1 - position, position)
    return jnp.take_along_axis(jnp.asarray(input), places, seq_dim, mode="promise_in_bounds")


def _check_lengths(lengths: Any, limit: int, seq_dim: int, check: Any) -> None:
    if lengths.shape[0]:
        check((lengths >= 0).all(), lambda at: f"seq_lens({at}) < 0", (lengths < 0).argmax())
        check((lengths <= limit).all(), lambda at: f"seq_lens({at}) > input.dims({seq_dim})",
              (lengths > limit).argmax())
