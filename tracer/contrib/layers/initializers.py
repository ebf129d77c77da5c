"""Initializers that keep the scale of what flows through a layer."""

from __future__ import annotations

import math
from typing import Any

from tracer import dtypes
from tracer.initializers import Initializer
from tracer.ir import Tensor
from tracer.ops import random

__all__ = ["variance_scaling_initializer", "xavier_initializer", "xavier_initializer_conv2d"]


def xavier_initializer(uniform: bool = True, seed: int | None = None, dtype: Any = dtypes.float32) -> Initializer:
    """An initializer under which gradients keep about the same scale in all layers (Glorot and Bengio, 2010).

    >>> w = tf.get_variable("w", [784, 10], initializer=tf.contrib.layers.xavier_initializer())

    Args:
        uniform: whether to draw uniformly, from +-sqrt(6 / (inputs + outputs)), or from a truncated normal
            distribution of the same variance.
        seed: the operation seed.
        dtype: a floating point type; TypeError for any other.
    """
    return variance_scaling_initializer(factor=1.0, mode="FAN_AVG", uniform=uniform, seed=seed, dtype=dtype)


xavier_initializer_conv2d = xavier_initializer


def variance_scaling_initializer(factor: float = 2.0, mode: str = "FAN_IN", uniform: bool = False,
                                 seed: int | None = None, dtype: Any = dtypes.float32) -> Initializer:
    """An initializer whose values have the variance `factor / n`; n is a number of connections.

    Args:
        factor: 2.0 for layers with relu (He et al., 2015).
        mode: what n counts: the inputs of a unit ("FAN_IN"), its outputs ("FAN_OUT") or the mean of both ("FAN_AVG").
        uniform: whether to draw uniformly, or from a truncated normal distribution.
        seed: the operation seed.
        dtype: a floating point type; TypeError for any other.

    Raises TypeError for another mode.
    """
    _check_floating(dtype)
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknow mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")
    default = dtype

    def _initializer(shape: Any, dtype: Any = default, partition_info: Any = None) -> Tensor:
        _check_floating(dtype)
        inputs, outputs = _fans([float(size) for size in shape])
        n = {"FAN_IN": inputs, "FAN_OUT": outputs, "FAN_AVG": (inputs + outputs) / 2}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / n)
            return random.random_uniform(shape, -limit, limit, dtype, seed=seed)
        # 1.3 makes up for the variance that truncation takes away.
        return random.truncated_normal(shape, 0.0, math.sqrt(1.3 * factor / n), dtype, seed=seed)

    return _initializer


def _fans(sizes: list[float]) -> tuple[float, float]:
    """How many inputs and outputs a unit has, by the shape of the weights."""
    if not sizes:
        return 1.0, 1.0
    places = math.prod(sizes[:-2])
    return places * sizes[max(len(sizes) - 2, 0)], places * sizes[-1]


def _check_floating(dtype: Any) -> None:
    if not dtypes.as_dtype(dtype).is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
