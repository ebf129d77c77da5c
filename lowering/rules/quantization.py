"""Rules of the operations on quantized numbers.

TensorFlow makes numbers of other types as `mode` MIN_FIRST does, whatever the mode of those that it makes them of; those
of 32 bits it takes to be centred in their range. Where each of its kernels rounds is told by what 0.12.1 computes.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.registry import Static, lowers
from lowering.rules.array import reshape
from lowering.rules.convolution import conv2d
from lowering.rules.joining import concat
from lowering.rules.pooling import _check_windows, max_pool, mean
from lowering.rules.products import matmul
from tracer import dtypes

LEAST_SPREAD = 0.01  # the ends of a range are apart by this part of the larger one, or of 1


def _ends(kind: Any) -> tuple[int, int]:
    """The lowest and the highest integer of a quantized type."""
    info = np.iinfo(kind)
    return int(info.min), int(info.max)


def _rounded(x: Any) -> Any:
    """The nearest integers of numbers in double precision; halves go away from zero."""
    return jnp.trunc(x + jnp.copysign(0.5, x))


def single(x: Any) -> Any:
    """Numbers in double precision, rounded to what single precision has.

    The compiler would leave out a rounding that only a change of types asks for, and add before it rounds a product.
    """
    return lax.reduce_precision(x, exponent_bits=8, mantissa_bits=23)


def _clamped(x: Any, kind: Any) -> Any:
    """Integers that are held as float64, in a quantized type; what is no number is 0."""
    lowest, highest = _ends(kind)
    return jnp.clip(jnp.where(jnp.isnan(x), 0, x), lowest, highest).astype(kind)


def _double(*values: Any) -> list[Any]:
    return [jnp.asarray(value).astype(jnp.float64) for value in values]


def _step(low: Any, high: Any, kind: Any) -> Any:
    """What lies between two neighbours, in double precision."""
    lowest, highest = _ends(kind)
    low, high = _double(low, high)
    return (high - low) / (highest - lowest)


def _unclamped(x: Any, low: Any, high: Any, kind: Any) -> Any:
    """The integers of real numbers, also where the type has none; they are multiplied in single precision."""
    step = _step(low, high, kind)
    scale = single(1 / jnp.where(step == 0, 1, step))
    x, low = (_rounded(single(value * scale)) for value in _double(x, low))
    return x - low + _ends(kind)[0]


def _quantized(x: Any, low: Any, high: Any, kind: Any) -> Any:
    return _clamped(_unclamped(x, low, high, kind), kind)


def _real(x: Any, low: Any, high: Any) -> Any:
    """The real numbers, as float32, that integers stand for."""
    step = _step(low, high, x.dtype)
    return (_double(low)[0] + (_double(x)[0] - _ends(x.dtype)[0]) * step).astype(jnp.float32)


def _combined(x: Any, low: Any, high: Any) -> Any:
    """The same in single precision throughout, which rounds elsewhere."""
    lowest, highest = _ends(x.dtype)
    steps, width = _double(x.astype(jnp.float32) - np.float32(lowest), (high - low) / np.float32(highest - lowest))
    return (single(steps * width) + low).astype(jnp.float32)


def _zero(low: Any, high: Any, kind: Any) -> Any:
    """The integer that stands for zero, which may lie outside of the type."""
    return _unclamped(0, low, high, kind).astype(jnp.int32)


@lowers("QuantizeV2")
def quantize_v2(input: Any, min_range: Any, max_range: Any, *, T: Any, mode: str, check: Any) -> Any:
    check(min_range <= max_range, "input_max_range must be larger than input_min_range.")
    kind = T.array_dtype
    largest = jnp.maximum(1, jnp.maximum(jnp.abs(min_range), jnp.abs(max_range)))
    max_range = jnp.maximum(max_range, min_range + largest * np.float32(LEAST_SPREAD))
    if mode == "MIN_FIRST":
        return _quantized(input, min_range, max_range, kind), min_range, max_range
    lowest, highest = _ends(kind)
    scale = np.float32(highest - lowest) / (max_range - min_range)
    steps = (jnp.clip(input, min_range, max_range) - min_range) * scale
    return _clamped(_rounded(_double(steps)[0] + lowest), kind), min_range, max_range


@lowers("Dequantize")
def dequantize(input: Any, min_range: Any, max_range: Any, *, mode: str) -> Any:
    return (_real if mode == "MIN_FIRST" else _combined)(input, min_range, max_range)


@lowers("QuantizedReshape")
def quantized_reshape(tensor: Any, shape: Static, input_min: Any, input_max: Any) -> Any:
    return reshape(tensor, shape), input_min, input_max


@lowers("QuantizedConcat")
def quantized_concat(concat_dim: Static, values: Any, input_mins: Any, input_maxes: Any) -> Any:
    kind = values[0].dtype
    low, high = jnp.min(jnp.stack(input_mins)), jnp.max(jnp.stack(input_maxes))
    if _ends(kind)[0] < 0:  # around zero, then
        high = jnp.maximum(jnp.abs(low), jnp.abs(high))
        low = -high
    moved = [jnp.where((at == low) & (to == high), value, _quantized(_combined(value, at, to), low, high, kind))
             for value, at, to in zip(values, input_mins, input_maxes, strict=True)]
    return concat(concat_dim, moved), low, high


def _product_range(min_a: Any, max_a: Any, a: Any, min_b: Any, max_b: Any, b: Any, kind: Any) -> tuple[Any, Any]:
    """The range of what products of quantized numbers add up to."""
    spans = [np.float32(highest - lowest) for lowest, highest in (_ends(x.dtype) for x in (a, b))]
    step = (max_a - min_a) / spans[0] * ((max_b - min_b) / spans[1])
    return step * np.float32(_ends(kind)[0]), step * np.float32(_ends(kind)[1])


@lowers("QuantizedMatMul")
def quantized_mat_mul(a: Any, b: Any, min_a: Any, max_a: Any, min_b: Any, max_b: Any, *, Toutput: Any, transpose_a: bool,
                      transpose_b: bool, check: Any) -> Any:
    check(min_a < max_a, "max_a must be larger than min_a.")
    check(min_b < max_b, "max_b must be larger than min_b.")
    kind = Toutput.array_dtype
    product = matmul(a.astype(jnp.int32) - _zero(min_a, max_a, a.dtype), b.astype(jnp.int32) - _zero(min_b, max_b, b.dtype),
                     transpose_a=transpose_a, transpose_b=transpose_b)
    return product.astype(kind), *_product_range(min_a, max_a, a, min_b, max_b, b, kind)


@lowers("QuantizedConv2D")
def quantized_conv2d(input: Any, filter: Any, min_input: Any, max_input: Any, min_filter: Any, max_filter: Any, *,
                     strides: list[int], padding: str, out_type: Any, check: Any) -> Any:
    kind = out_type.array_dtype
    # No device has fast kernels for integers; in double precision these sums are exact.
    steps = [(x.astype(jnp.int32) - _zero(low, high, x.dtype)).astype(jnp.float64)
             for x, low, high in ((input, min_input, max_input), (filter, min_filter, max_filter))]
    result = conv2d(*steps, strides=strides, padding=padding, data_format="NHWC", check=check)
    return (_rounded(result).astype(kind),
            *_product_range(min_input, max_input, input, min_filter, max_filter, filter, kind))


def _centred(x: Any, low: Any, high: Any) -> Any:
    """The real numbers that integers stand for whose zero is in the middle of the range."""
    low, high = _double(low, high)
    lowest, highest = _ends(x.dtype)
    middle = (low + high) / 2 if lowest < 0 else low
    return (_double(x)[0] * ((high - low) / (highest - lowest + 1)) + middle).astype(jnp.float32)


def _moved(x: Any, low: Any, high: Any, to_low: Any, to_high: Any, kind: Any) -> Any:
    """Quantized numbers in another type and range."""
    reals = _centred(x, low, high) if x.dtype == jnp.int32 else _combined(x, low, high)
    return _quantized(reals, to_low, to_high, kind)


@lowers("RequantizationRange")
def requantization_range(input: Any, input_min: Any, input_max: Any) -> Any:
    ends = jnp.stack([jnp.min(input), jnp.max(input)])
    return tuple(_real(ends, input_min, input_max))


@lowers("Requantize")
def requantize(input: Any, input_min: Any, input_max: Any, requested_output_min: Any, requested_output_max: Any, *,
               out_type: Any) -> Any:
    moved = _moved(input, input_min, input_max, requested_output_min, requested_output_max, out_type.array_dtype)
    return moved, requested_output_min, requested_output_max


@lowers("QuantizeDownAndShrinkRange")
def quantize_down_and_shrink_range(input: Any, input_min: Any, input_max: Any, *, out_type: Any) -> Any:
    low, high = requantization_range(input, input_min, input_max)
    low = jnp.minimum(low, 0)
    return _moved(input, input_min, input_max, low, high, out_type.array_dtype), low, high


@lowers("QuantizedBiasAdd")
def quantized_bias_add(input: Any, bias: Any, min_input: Any, max_input: Any, min_bias: Any, max_bias: Any, *,
                       out_type: Any, check: Any) -> Any:
    check(input.ndim >= 2, "Input tensor must be at least 2D")
    check(bias.ndim == 1, "Must provide as many biases as the last dimension of the input tensor")
    kind = out_type.array_dtype
    bits = [8 * np.dtype(x).itemsize for x in (input.dtype, bias.dtype, kind)]
    # So many times the largest number fits, with a bit to spare for the sum.
    room = np.float32(2.0 ** (bits[2] - bits[0] - bits[1] + 1))
    low, high = jnp.minimum(min_input, min_bias), jnp.maximum(max_input, max_bias)
    high = jnp.maximum(-low, high) * room
    parts = [_quantized(_combined(x, *ends), -high, high, kind)
             for x, ends in ((input, (min_input, max_input)), (bias, (min_bias, max_bias)))]
    return parts[0] + parts[1], -high, high


@lowers("QuantizedAvgPool")
def quantized_avg_pool(input: Any, min_input: Any, max_input: Any, *, ksize: list[int], strides: list[int], padding: str,
                       check: Any) -> Any:
    _check_windows(input, ksize, padding, 4, check)
    almost = mean(input.astype(jnp.float64), ksize, strides, padding)  # a factor of 1 / 3 may round a mean down
    means = jnp.floor(almost + 1e-9)
    return means.astype(input.dtype), min_input, max_input


@lowers("QuantizedMaxPool")
def quantized_max_pool(input: Any, min_input: Any, max_input: Any, *, ksize: list[int], strides: list[int], padding: str,
                       check: Any) -> Any:
    return (max_pool(input, ksize=ksize, strides=strides, padding=padding, data_format="NHWC", check=check), min_input,
            max_input)


def _limited(features: Any, low: Any, high: Any, limit: Any, out_type: dtypes.DType) -> Any:
    kind = out_type.array_dtype
    activations = jnp.maximum(features, _quantized(0, low, high, kind))
    if limit is not None:
        activations = jnp.minimum(activations, _quantized(limit, low, high, kind))
    return activations.astype(kind), low, high


@lowers("QuantizedRelu")
def quantized_relu(features: Any, min_features: Any, max_features: Any, *, out_type: Any) -> Any:
    return _limited(features, min_features, max_features, None, out_type)


@lowers("QuantizedRelu6")
def quantized_relu6(features: Any, min_features: Any, max_features: Any, *, out_type: Any) -> Any:
    return _limited(features, min_features, max_features, 6, out_type)


@lowers("QuantizedReluX")
def quantized_relu_x(features: Any, max_value: Any, min_features: Any, max_features: Any, *, out_type: Any) -> Any:
    return _limited(features, min_features, max_features, max_value, out_type)


@lowers("QuantizedBatchNormWithGlobalNormalization")
def quantized_batch_norm_with_global_normalization(
    t: Any, t_min: Any, t_max: Any, m: Any, m_min: Any, m_max: Any, v: Any, v_min: Any, v_max: Any, beta: Any,
    beta_min: Any, beta_max: Any, gamma: Any, gamma_min: Any, gamma_max: Any, *, out_type: Any, variance_epsilon: float,
    scale_after_normalization: bool,
) -> Any:
    factor = 1 / jnp.sqrt(_real(v, v_min, v_max) + np.float32(variance_epsilon))
    if scale_after_normalization:
        factor *= _real(gamma, gamma_min, gamma_max)
    result = (_real(t, t_min, t_max) - _real(m, m_min, m_max)) * factor + _real(beta, beta_min, beta_max)
    ends = jnp.float32(-(1 << 20)), jnp.float32(1 << 20)
    return _quantized(result, *ends, out_type.array_dtype), *ends
