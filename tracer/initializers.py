"""Initializers: functions of `(shape, dtype)` that make the initial values of variables."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tracer import dtypes
from tracer.ir import Tensor
from tracer.ops import constants, random

Initializer = Callable[..., Tensor]


def zeros_initializer(shape: Any = None, dtype: Any = dtypes.float32, partition_info: Any = None) -> Any:
    """Zeros. It is an initializer itself: `tf.get_variable("v", [2], initializer=tf.zeros_initializer)`.

    Later versions made it a class; called without a shape it returns itself.
    """
    return zeros_initializer if shape is None else constants.zeros(shape, dtype)


def ones_initializer(shape: Any = None, dtype: Any = dtypes.float32, partition_info: Any = None) -> Any:
    """Ones. It is an initializer itself: `tf.get_variable("v", [2], initializer=tf.ones_initializer)`.

    Later versions made it a class; called without a shape it returns itself.
    """
    return ones_initializer if shape is None else constants.ones(shape, dtype)


def constant_initializer(value: Any = 0, dtype: Any = dtypes.float32) -> Initializer:
    """An initializer that gives `value` everywhere; the elements of a list, the last one repeated.

    >>> tf.constant_initializer(0.1)([2]).eval()
    array([0.1, 0.1], dtype=float32)
    """

    def initializer(shape: Any, dtype: Any = dtype, partition_info: Any = None) -> Tensor:
        return constants.constant(value, dtype=dtype, shape=shape)

    return initializer


def random_uniform_initializer(
    minval: float = 0.0, maxval: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32,
) -> Initializer:
    """An initializer that draws from [minval, maxval).

    Raises ValueError when `dtype` is no floating point type, as the other random initializers do.
    """
    kind = _floating(dtype)

    def initializer(shape: Any, dtype: Any = kind, partition_info: Any = None) -> Tensor:
        return random.random_uniform(shape, minval, maxval, dtype, seed=seed)

    return initializer


def random_normal_initializer(
    mean: float = 0.0, stddev: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32,
) -> Initializer:
    """An initializer that draws from a normal distribution."""
    kind = _floating(dtype)

    def initializer(shape: Any, dtype: Any = kind, partition_info: Any = None) -> Tensor:
        return random.random_normal(shape, mean, stddev, dtype, seed=seed)

    return initializer


def truncated_normal_initializer(
    mean: float = 0.0, stddev: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32,
) -> Initializer:
    """An initializer that draws from a normal distribution, again where a value is beyond two deviations."""
    kind = _floating(dtype)

    def initializer(shape: Any, dtype: Any = kind, partition_info: Any = None) -> Tensor:
        return random.truncated_normal(shape, mean, stddev, dtype, seed=seed)

    return initializer


def uniform_unit_scaling_initializer(
    factor: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32, full_shape: Any = None,
) -> Initializer:
    """An initializer under which a layer's outputs have the scale of its inputs: uniform in +-sqrt(3 / inputs).

    Args:
        factor: multiplies the bounds; about 1.15 for tanh and 1.43 for relu layers.
        seed, dtype: of what is drawn.
        full_shape: the shape of the whole variable, where the initializer is called for one of its slices.
    """
    kind = _floating(dtype)

    def initializer(shape: Any, dtype: Any = kind, partition_info: Any = None) -> Tensor:
        scaled = shape if full_shape is None else full_shape
        inputs = max(1.0, math.prod(float(size) for size in scaled[:-1]))
        bound = math.sqrt(3 / inputs) * factor
        return random.random_uniform(shape, -bound, bound, dtype, seed=seed)

    return initializer


def _floating(dtype: Any) -> dtypes.DType:
    kind = dtypes.as_dtype(dtype)
    if not kind.is_floating:
        raise ValueError(f"Expected floating point type, got {kind}.")
    return kind


def _random_walk(
    shape: Any, nonlinearity: Any, dtype: Any = dtypes.float32, seed: int | None = None, name: str = "random_walk",
) -> Tensor:
    """A square-ish weight matrix that keeps gradients' scale through many layers (Sussillo and Abbott, 2014)."""
    from tracer import nn
    from tracer.ops.math import tanh

    inputs = shape[0]
    gain = (1.15 if nonlinearity is tanh  # the paper gives no formula for it
            else math.sqrt(2) * math.exp(1.2 / (max(inputs, 6) - 2.4)) if nonlinearity is nn.relu
            else math.exp(1 / (2 * inputs)))
    return random.random_normal(shape, stddev=gain / math.sqrt(inputs), dtype=dtype, seed=seed, name=name)
