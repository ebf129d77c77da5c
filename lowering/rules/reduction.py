"""Rules of reductions, places and sums of tensors."""

from __future__ import annotations

import functools
import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels.arrays import Elements
from lowering.registry import Static, lowers
from lowering.rules.array import text


def _axes(input: Any, reduction_indices: np.ndarray) -> tuple[int, ...]:
    rank = np.ndim(input)
    for axis in reduction_indices.reshape(-1):
        if not -rank <= axis < rank:
            raise ValueError(f"Invalid reduction dimension ({axis} for input with {rank} dimension(s)")
    return tuple(sorted({int(axis) % rank for axis in reduction_indices.reshape(-1)}))


@lowers("Sum")
def sum(input: Any, reduction_indices: Static, *, keep_dims: bool) -> Any:
    return jnp.sum(input, _axes(input, reduction_indices), input.dtype, keepdims=keep_dims)


@lowers("Mean")
def mean(input: Any, reduction_indices: Static, *, keep_dims: bool) -> Any:
    axes = _axes(input, reduction_indices)
    if not jnp.issubdtype(input.dtype, jnp.integer):
        return jnp.mean(input, axes, keepdims=keep_dims)
    total = jnp.sum(input, axes, input.dtype, keepdims=keep_dims)
    count = np.array(max(np.prod([np.shape(input)[axis] for axis in axes], dtype=np.int64), 1), input.dtype)
    return lax.div(total, jnp.broadcast_to(count, total.shape))  # whole numbers, cut towards zero


@lowers("Prod")
def prod(input: Any, reduction_indices: Static, *, keep_dims: bool) -> Any:
    return jnp.prod(input, _axes(input, reduction_indices), input.dtype, keepdims=keep_dims)


@lowers("Max")
def max_(input: Any, reduction_indices: Static, *, keep_dims: bool) -> Any:
    axes = _axes(input, reduction_indices)
    # Equal elements share the gradient; the largest of none is the least there is.
    result = lax.reduce_max(jnp.asarray(input), axes)
    return jnp.expand_dims(result, axes) if keep_dims else result


@lowers("Min")
def min_(input: Any, reduction_indices: Static, *, keep_dims: bool) -> Any:
    axes = _axes(input, reduction_indices)
    result = lax.reduce_min(jnp.asarray(input), axes)
    return jnp.expand_dims(result, axes) if keep_dims else result


@lowers("All")
def all(input: Any, reduction_indices: Static, *, keep_dims: bool) -> Any:
    return jnp.all(input, _axes(input, reduction_indices), keepdims=keep_dims)


@lowers("Any")
def any(input: Any, reduction_indices: Static, *, keep_dims: bool) -> Any:
    return jnp.any(input, _axes(input, reduction_indices), keepdims=keep_dims)


# -- places


def _axis(input: Any, dimension: np.ndarray) -> int:
    sizes = np.shape(input)
    if dimension.ndim:
        raise ValueError(f"dim must be a scalar, but received tensor of shape: {text(dimension.shape)}")
    if dimension < 0:
        raise ValueError("dim must be >= 0")
    if dimension >= len(sizes):
        raise ValueError(f"Minimum tensor rank: {dimension} but got: {len(sizes)}")
    if not sizes[int(dimension)]:
        raise ValueError(f"Reduction axis {dimension} is empty in shape {text(sizes)}")
    return int(dimension)


def _check_ordered(input: Any) -> None:
    if jnp.issubdtype(input.dtype, jnp.complexfloating):
        raise TypeError(f"a search for the largest does not accept dtype {input.dtype}")


@lowers("ArgMax")
def argmax(input: Any, dimension: Static) -> Any:
    axis = _axis(input, dimension)
    _check_ordered(input)
    return place_of_largest(input, axis)


@functools.partial(jax.jit, static_argnums=1)
def place_of_largest(input: Any, axis: int) -> Any:
    """By this name `lowering.programs.numpy_lines` knows it."""
    lowest = lax.full((), _bounds(input.dtype).min, input.dtype)
    if jnp.issubdtype(input.dtype, jnp.floating):
        return _place(input, jnp.max(jnp.where(input > lowest, input, lowest), axis, keepdims=True), lowest, axis)
    return _place(input, jnp.max(input, axis, keepdims=True), lowest, axis)


@lowers("ArgMin")
def argmin(input: Any, dimension: Static) -> Any:
    axis = _axis(input, dimension)
    _check_ordered(input)
    highest = lax.full((), _bounds(input.dtype).max, input.dtype)
    if jnp.issubdtype(input.dtype, jnp.floating):
        return _place(input, jnp.min(jnp.where(input < highest, input, highest), axis, keepdims=True), highest, axis)
    return _place(input, jnp.min(input, axis, keepdims=True), highest, axis)


def _bounds(dtype: Any) -> Any:
    return jnp.finfo(dtype) if jnp.issubdtype(dtype, jnp.floating) else jnp.iinfo(dtype)


def _place(input: Any, best: Any, start: Any, axis: int) -> Any:
    """The first place along `axis` where `best` stands; 0 where nothing is better than `start`, which a NaN never is.

    XLA's own argmax takes three to seven times as long on a CPU, and the least of float32 numbers half as long as the least
    of whole ones.
    """
    size = input.shape[axis]
    kind = np.float32 if size <= 1 << 24 else np.int32  # which holds all places
    places = lax.broadcasted_iota(kind, input.shape, axis)
    first = jnp.min(jnp.where(input == best, places, kind(size)), axis)
    return jnp.where(jnp.squeeze(best, axis) == start, 0, first).astype(np.int64)


# -- sums of tensors


@lowers("AddN")
def add_n(inputs: list[Any]) -> Any:
    if isinstance(inputs[0], Elements):
        return functools.reduce(operator.add, inputs)
    first = np.shape(inputs[0])
    for i, value in enumerate(inputs):
        if np.shape(value) != first:
            raise ValueError("Inputs to operation AddN of type AddN must have the same size and shape.  "
                             f"Input 0: {text(first)} != input {i}: {text(np.shape(value))}")
    return functools.reduce(operator.add, inputs[1:], jnp.asarray(inputs[0]))
