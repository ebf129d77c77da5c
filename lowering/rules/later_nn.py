"""Rules of the operations of neural networks that TensorFlow had from 0.9 on."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.registry import lowers
from lowering.rules.quantization import single


@lowers("Dilation2D")
def dilation2d(input: Any, filter: Any, *, strides: Sequence[int], rates: Sequence[int], padding: str, check: Any) -> Any:
    check(input.ndim == 4, f"input must be 4-dimensional: {list(input.shape)}")
    check(filter.ndim == 3, f"filter must be 3-dimensional: {list(filter.shape)}")
    check(input.shape[3] == filter.shape[2],
          f"input and filter must have the same depth: {input.shape[3]} vs {filter.shape[2]}")
    return _dilated(input, filter, strides[1:3], rates[1:3], padding)


def _dilated(input: Any, filter: Any, strides: Sequence[int], rates: Sequence[int], padding: str) -> Any:
    """The gradient of a sum that several windows tie for goes to the first of them, as TensorFlow's."""
    inexact = jnp.issubdtype(input.dtype, jnp.inexact)
    lowest = np.array(-np.inf if inexact else np.iinfo(input.dtype).min, input.dtype)  # which no sum falls below
    taps = filter.shape[:2]
    spread = [(n - 1) * rate + 1 for n, rate in zip(taps, rates, strict=True)]
    ends = lax.padtype_to_pads(input.shape[1:3], spread, strides, padding)
    padded = lax.pad(input, lowest, [(0, 0, 0), *((int(a), int(b), 0) for a, b in ends), (0, 0, 0)])
    places = [max((size - n) // stride + 1, 0)
              for size, n, stride in zip(padded.shape[1:3], spread, strides, strict=True)]
    if 0 in places or 0 in taps:
        return jnp.zeros((input.shape[0], *places, input.shape[3]), input.dtype)
    sums = []
    for y, x in itertools.product(*map(range, taps)):
        first = [n * rate for n, rate in zip((y, x), rates, strict=True)]
        last = [at + (count - 1) * stride + 1 for at, count, stride in zip(first, places, strides, strict=True)]
        part = lax.slice(padded, (0, *first, 0), (padded.shape[0], *last, padded.shape[3]), (1, *strides, 1))
        rows, columns = (_inside(np.arange(at, end, stride) - int(before), size) for at, end, stride, (before, _), size
                         in zip(first, last, strides, ends, input.shape[1:3], strict=True))
        inside = (rows[:, None] & columns)[:, :, None]
        sums.append(part + filter[y, x] if inside.all() else jnp.where(inside, part + filter[y, x], lowest))
    windows = jnp.stack(sums)
    return jnp.take_along_axis(windows, jnp.argmax(windows, 0)[None], 0)[0]


def _inside(places: np.ndarray, size: int) -> np.ndarray:
    return (places >= 0) & (places < size)


@lowers("Dilation2DBackpropInput")
def dilation2d_backprop_input(input: Any, filter: Any, out_backprop: Any, *, strides: Sequence[int],
                              rates: Sequence[int], padding: str) -> Any:
    return jax.vjp(lambda x: _dilated(x, filter, strides[1:3], rates[1:3], padding), input)[1](out_backprop)[0]


@lowers("Dilation2DBackpropFilter")
def dilation2d_backprop_filter(input: Any, filter: Any, out_backprop: Any, *, strides: Sequence[int],
                               rates: Sequence[int], padding: str) -> Any:
    return jax.vjp(lambda x: _dilated(input, x, strides[1:3], rates[1:3], padding), filter)[1](out_backprop)[0]


def _moved(low: Any, high: Any) -> tuple[Any, Any, Any]:
    """The range moved so that zero is one of its 255 steps, and how wide a step is."""
    low, high = (jnp.asarray(end).astype(jnp.float64) for end in (low, high))
    step = single((high - low) / 255)
    zero = jnp.floor(jnp.clip(single(-low / step), 0, 255) + 0.5)
    return tuple(x.astype(jnp.float32) for x in (-zero * step, (255 - zero) * step, step))


def _stepped(inputs: Any, low: Any, high: Any) -> Any:
    """The nearest steps; the gradients of numbers beyond the range go to its ends."""
    low_end, high_end, step = _moved(lax.stop_gradient(low), lax.stop_gradient(high))
    below, above = inputs < low_end, inputs > high_end
    steps = jnp.floor((jnp.clip(inputs, low_end, high_end) - low_end) / step + np.float32(0.5))
    value = lax.stop_gradient(steps * step + low_end)
    through = jnp.where(below, low, jnp.where(above, high, inputs))
    return value + (through - lax.stop_gradient(through))


@lowers("FakeQuantWithMinMaxArgs")
def fake_quant_with_min_max_args(inputs: Any, *, min: float, max: float, check: Any) -> Any:
    check(min < max, f"min has to be smaller than max, was: {min:g} >= {max:g}")
    # TensorFlow's gradient knows nothing of the range that was asked for: it passes within the one by default.
    usual = _stepped(inputs, np.float32(-6), np.float32(6))
    return lax.stop_gradient(_stepped(inputs, np.float32(min), np.float32(max)) - usual) + usual


@lowers("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")
def fake_quant_with_min_max_vars(inputs: Any, min: Any, max: Any) -> Any:
    return _stepped(inputs, min, max)


@lowers("FakeQuantWithMinMaxArgsGradient")
def fake_quant_with_min_max_args_gradient(gradients: Any, inputs: Any, *, min: float, max: float) -> Any:
    return jax.vjp(lambda x: _stepped(x, np.float32(min), np.float32(max)), inputs)[1](gradients)[0]


@lowers("FakeQuantWithMinMaxVarsGradient", "FakeQuantWithMinMaxVarsPerChannelGradient")
def fake_quant_with_min_max_vars_gradient(gradients: Any, inputs: Any, min: Any, max: Any) -> Any:
    return jax.vjp(fake_quant_with_min_max_vars, inputs, min, max)[1](gradients)
