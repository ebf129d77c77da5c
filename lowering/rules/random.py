"""Random numbers and shuffles, drawn from each operation's own stream as TensorFlow's CPU kernels draw them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering.kernels import random
from lowering.registry import Static, lowers
from lowering.rules.array import text


def _sizes(shape: np.ndarray) -> tuple[int, ...]:
    if shape.ndim != 1:
        raise ValueError(f"shape must be a vector of {{int32,int64}}, got shape {text(shape.shape)}")
    for size in shape.tolist():
        if size < 0:
            raise ValueError(f"Dimension {size} must be >= 0")
    return tuple(shape.tolist())


@lowers("RandomUniform")
def random_uniform(shape: Static, *, dtype: Any, stream: Any) -> Any:
    return random.uniform(stream, _sizes(shape), dtype)


@lowers("RandomUniformInt")
def random_uniform_int(shape: Static, minval: Any, maxval: Any, *, Tout: Any, stream: Any, check: Any) -> Any:
    for name, value in (("minval", minval), ("maxval", maxval)):
        if np.ndim(value):
            raise ValueError(f"{name} must be 0-D, got shape {text(np.shape(value))}")
    check(minval < maxval, lambda low, high: f"Need minval < maxval, got {low} >= {high}", minval, maxval)
    return random.uniform_int(stream, _sizes(shape), minval, maxval, Tout)


@lowers("RandomStandardNormal")
def random_standard_normal(shape: Static, *, dtype: Any, stream: Any) -> Any:
    return random.normal(stream, _sizes(shape), dtype)


@lowers("TruncatedNormal")
def truncated_normal(shape: Static, *, dtype: Any, stream: Any) -> Any:
    return random.truncated_normal(stream, _sizes(shape), dtype)


@lowers("RandomShuffle")
def random_shuffle(value: Any, *, stream: Any) -> Any:
    if not np.ndim(value):
        return jnp.asarray(value), stream
    return random.shuffle(stream, value)


@lowers("Multinomial")
def multinomial(logits: Any, num_samples: Static, *, stream: Any) -> Any:
    if np.ndim(logits) != 2:
        raise ValueError(f"Input logits should be a matrix, got shape: {text(np.shape(logits))}")
    if num_samples.ndim:
        raise ValueError(f"Input num_samples should be a scalar, got shape: {text(num_samples.shape)}")
    if num_samples <= 0:
        raise ValueError(f"Input num_samples should be a positive integer, got: {num_samples}")
    return random.multinomial(stream, logits, int(num_samples))
