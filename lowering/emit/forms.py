"""Operations whose rules are written for speed, in the form in which a person would write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.emit.expressions import record


def call(head: str, function: Callable, *args: Any, **kwargs: Any) -> Any:
    """A recorded call."""
    return record("call", head, args, kwargs, function)


class Raw:
    """A function by its name, as an argument."""

    def __init__(self, text: str, function: Any) -> None:
        self.text, self.function = text, function


def relu(features: Any) -> Any:
    return call("jax.nn.relu", jax.nn.relu, features)


def max_pool(input: Any, *, ksize: list[int], strides: list[int], padding: str, data_format: str = "NHWC") -> Any:
    low = -np.inf if np.issubdtype(input.dtype, np.inexact) else np.iinfo(input.dtype).min
    return _window(input, low, "max", ksize, strides, padding)


def avg_pool(value: Any, *, ksize: list[int], strides: list[int], padding: str, data_format: str = "NHWC") -> Any:
    total = _window(value, 0.0, "add", ksize, strides, padding)
    if padding == "VALID":
        return total / float(np.prod(ksize))
    ones = call("jnp.ones_like", jnp.ones_like, value)
    return total / _window(ones, 0.0, "add", ksize, strides, padding)  # the windows at the border hold fewer


def _window(x: Any, start: Any, name: str, ksize: list[int], strides: list[int], padding: str) -> Any:
    function = getattr(lax, name)

    def real(x: Any, start: Any, _: Any, *rest: Any) -> Any:
        return lax.reduce_window(x, start, function, *rest)

    return call("lax.reduce_window", real, x, start, Raw(f"lax.{name}", function), tuple(ksize), tuple(strides), padding)


def arg_max(input: Any, dimension: Any) -> Any:
    return call("jnp.argmax", jnp.argmax, input, int(dimension))


def arg_min(input: Any, dimension: Any) -> Any:
    return call("jnp.argmin", jnp.argmin, input, int(dimension))


def conv2d(input: Any, filter: Any, *, strides: list[int], padding: str, data_format: str) -> Any:
    places = strides[2:] if data_format == "NCHW" else strides[1:3]
    return call("lax.conv_general_dilated", lax.conv_general_dilated, input, filter, tuple(places), padding,
                dimension_numbers=(data_format, "HWIO", data_format))


def depthwise_conv2d_native(input: Any, filter: Any, *, strides: list[int], padding: str) -> Any:
    height, width, depth, multiplier = filter.shape
    kernel = call("jnp.reshape", jnp.reshape, filter, (height, width, 1, depth * multiplier))
    return call("lax.conv_general_dilated", lax.conv_general_dilated, input, kernel, tuple(strides[1:3]), padding,
                dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=depth)


FORMS: dict[str, Callable] = {
    "Relu": relu, "MaxPool": max_pool, "AvgPool": avg_pool, "ArgMax": arg_max, "ArgMin": arg_min, "Conv2D": conv2d,
    "DepthwiseConv2dNative": depthwise_conv2d_native}
