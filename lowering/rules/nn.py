"""Rules of the activations, biases and their like."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lowering.registry import Static, lowers
from lowering.rules.convolution import brackets
from lowering.rules.softmax import of_class

# -- activations. Gradients at the kinks are TensorFlow's; a `*Grad` operation is the activation's own gradient.


def _check_alike(type: str, gradients: Any, others: Any) -> None:
    if jnp.shape(gradients) != jnp.shape(others):
        raise ValueError(f"Inputs to operation of type {type} must have the same size and shape.  Input 0: "
                         f"{brackets(jnp.shape(gradients))} != input 1: {brackets(jnp.shape(others))}")


@lowers("Relu")
@jax.custom_jvp
def relu(features: Any) -> Any:
    return jnp.maximum(features, 0)


@relu.defjvp
def _relu_jvp(primals: tuple, tangents: tuple) -> tuple:
    (features,), (change,) = primals, tangents
    return relu(features), relu_grad(change, features)


@lowers("ReluGrad")
def relu_grad(gradients: Any, features: Any) -> Any:
    _check_alike("ReluGrad", gradients, features)
    return jnp.where(features > 0, gradients, jnp.zeros((), gradients.dtype))


@lowers("Relu6")
@jax.custom_jvp
def relu6(features: Any) -> Any:
    return jnp.minimum(jnp.maximum(features, 0), 6)


@relu6.defjvp
def _relu6_jvp(primals: tuple, tangents: tuple) -> tuple:
    (features,), (change,) = primals, tangents
    return relu6(features), relu6_grad(change, features)


@lowers("Relu6Grad")
def relu6_grad(gradients: Any, features: Any) -> Any:
    _check_alike("Relu6Grad", gradients, features)
    return jnp.where((features > 0) & (features < 6), gradients, jnp.zeros((), gradients.dtype))


@lowers("Elu")
@jax.custom_jvp
def elu(features: Any) -> Any:
    return jnp.where(features < 0, jnp.expm1(jnp.minimum(features, 0)), features)


@elu.defjvp
def _elu_jvp(primals: tuple, tangents: tuple) -> tuple:
    (features,), (change,) = primals, tangents
    outputs = elu(features)
    return outputs, elu_grad(change, outputs)


@lowers("EluGrad")
def elu_grad(gradients: Any, outputs: Any) -> Any:
    _check_alike("EluGrad", gradients, outputs)
    return gradients * jnp.where(outputs < 0, outputs + 1, jnp.ones((), outputs.dtype))  # finite where outputs are not


@lowers("Softplus")
def softplus(features: Any) -> Any:
    if not jnp.issubdtype(features.dtype, jnp.inexact):
        return softplus(features.astype(jnp.float32)).astype(features.dtype)
    return jnp.logaddexp(features, jnp.zeros((), features.dtype))


@lowers("SoftplusGrad")
def softplus_grad(gradients: Any, features: Any) -> Any:
    _check_alike("SoftplusGrad", gradients, features)
    if not jnp.issubdtype(features.dtype, jnp.inexact):
        return softplus_grad(gradients.astype(jnp.float32), features.astype(jnp.float32)).astype(features.dtype)
    return gradients * jax.nn.sigmoid(features)


@lowers("Softsign")
@jax.custom_jvp
def softsign(features: Any) -> Any:
    if not jnp.issubdtype(features.dtype, jnp.inexact):
        return lax.div(features, jnp.abs(features) + 1)
    return features / (jnp.abs(features) + 1)


@softsign.defjvp
def _softsign_jvp(primals: tuple, tangents: tuple) -> tuple:
    (features,), (change,) = primals, tangents
    return softsign(features), softsign_grad(change, features)


@lowers("SoftsignGrad")
def softsign_grad(gradients: Any, features: Any) -> Any:
    _check_alike("SoftsignGrad", gradients, features)
    square = jnp.square(jnp.abs(features) + 1)
    return lax.div(gradients, square) if not jnp.issubdtype(features.dtype, jnp.inexact) else gradients / square


@lowers("L2Loss")
def l2_loss(t: Any) -> Any:
    return jnp.sum(jnp.square(t)) / 2 if jnp.issubdtype(t.dtype, jnp.inexact) else lax.div(
        jnp.sum(jnp.square(t), dtype=t.dtype), jnp.asarray(2, t.dtype))


# -- biases


@lowers("BiasAdd")
def bias_add(value: Any, bias: Any, *, data_format: str, check: Any) -> Any:
    axis = -3 if data_format == "NCHW" else -1
    check(value.ndim >= (3 if data_format == "NCHW" else 2), f"Input tensor must be at least 2D: {brackets(value.shape)}")
    check(bias.ndim == 1, f"Biases must be 1D: {brackets(bias.shape)}")
    where = "channel" if data_format == "NCHW" else "last"
    check(bias.shape[0] == value.shape[axis], f"Must provide as many biases as the {where} dimension of the input "
                                              f"tensor: {brackets(bias.shape)} vs. {brackets(value.shape)}")
    return value + (bias[:, None, None] if data_format == "NCHW" else bias)


@lowers("BiasAddV1")
def bias_add_v1(value: Any, bias: Any, *, check: Any) -> Any:
    return bias_add(value, bias, data_format="NHWC", check=check)


@lowers("BiasAddGrad")
def bias_add_grad(out_backprop: Any, *, data_format: str, check: Any) -> Any:
    check(out_backprop.ndim >= 2, f"Input tensor must be at least 2D: {brackets(out_backprop.shape)}")
    kept = out_backprop.ndim - (3 if data_format == "NCHW" else 1)
    axes = tuple(axis for axis in range(out_backprop.ndim) if axis != kept)
    return jnp.sum(out_backprop, axes, dtype=out_backprop.dtype)


# -- normalization across channels


def _around(x: Any, radius: int) -> Any:
    """The sum over the channels at most `radius` away: a sum of slices, which XLA makes one pass."""
    channels = x.shape[-1]
    radius = min(radius, channels - 1)
    padded = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(radius, radius)])
    total = jnp.zeros_like(x)
    for start in range(2 * radius + 1):
        total = total + lax.slice_in_dim(padded, start, start + channels, axis=-1)
    return total


@functools.partial(jax.custom_vjp, nondiff_argnums=(1, 2, 3, 4))
def respond(x: Any, radius: int, bias: float, alpha: float, beta: float) -> Any:
    """Local response normalization."""
    return x * _powered(_norm(x, radius, bias, alpha), beta)


def _norm(x: Any, radius: int, bias: float, alpha: float) -> Any:
    return bias + alpha * _around(jnp.square(x), radius)


def _powered(norm: Any, beta: float) -> Any:
    return 1 / norm if beta == 1 else lax.rsqrt(norm) if beta == 0.5 else jnp.exp(-beta * jnp.log(norm))


def _respond_backward(radius: int, bias: float, alpha: float, beta: float, x: Any, gradient: Any) -> tuple[Any]:
    norm = _norm(x, radius, bias, alpha)
    scale = _powered(norm, beta)
    return (_respond_pulled(x, x * scale, gradient, norm, scale, radius, 2 * alpha * beta),)


def _respond_pulled(x: Any, y: Any, gradient: Any, norm: Any, scale: Any, radius: int, factor: float) -> Any:
    return gradient * scale - factor * x * _around(gradient * y / norm, radius)


respond.defvjp(lambda x, radius, bias, alpha, beta: (respond(x, radius, bias, alpha, beta), x), _respond_backward)


@lowers("LRN")
def local_response_normalization(input: Any, *, depth_radius: int, bias: float, alpha: float, beta: float,
                                 check: Any) -> Any:
    check(0 <= depth_radius < 2**31 - 1, f"depth_radius = {depth_radius} larger than int max")
    check(input.ndim == 4, "in must be 4-dimensional")
    return respond(input, depth_radius, bias, alpha, beta)


@lowers("LRNGrad")
def lrn_grad(input_grads: Any, input_image: Any, output_image: Any, *, depth_radius: int, bias: float, alpha: float,
             beta: float, check: Any) -> Any:
    check(input_grads.ndim == 4 and input_image.ndim == 4, "inputs must be 4-dimensional")
    check(input_grads.shape == input_image.shape == output_image.shape,
          "input_grads, input_image, and out_image should have the same shape")
    norm = _norm(input_image, depth_radius, bias, alpha)
    return _respond_pulled(input_image, output_image, input_grads, norm, _powered(norm, beta), depth_radius,
                           2 * alpha * beta)


@lowers("BatchNormWithGlobalNormalization")
def batch_norm_with_global_normalization(t: Any, m: Any, v: Any, beta: Any, gamma: Any, *, variance_epsilon: float,
                                         scale_after_normalization: bool) -> Any:
    scale = lax.rsqrt(v + variance_epsilon) * (gamma if scale_after_normalization else 1)
    return (t - m) * scale + beta


@lowers("BatchNormWithGlobalNormalizationGrad")
def batch_norm_with_global_normalization_grad(t: Any, m: Any, v: Any, gamma: Any, backprop: Any, *,
                                              variance_epsilon: float, scale_after_normalization: bool) -> Any:
    _, pullback = jax.vjp(functools.partial(
        batch_norm_with_global_normalization, variance_epsilon=variance_epsilon,
        scale_after_normalization=scale_after_normalization), t, m, v, jnp.zeros_like(m), gamma)
    return pullback(backprop)


# -- the largest


@lowers("InTopK")
def in_top_k(predictions: Any, targets: Any, *, k: int, check: Any) -> Any:
    check(predictions.ndim == 2, "predictions must be 2-dimensional")
    check(targets.ndim == 1, "targets must be 1-dimensional")
    check(predictions.shape[0] == targets.shape[0], f"First dimension of predictions {predictions.shape[0]} must match "
                                                    f"length of targets {targets.shape[0]}")
    classes = predictions.shape[1]
    inside = (targets >= 0) & (targets < classes)
    check(inside.all(), lambda values: _no_target(classes, values), targets)
    target = jnp.where(of_class(predictions, targets), predictions, 0).sum(1, keepdims=True)
    likelier = (predictions > target).sum(1)
    return (likelier < k) & jnp.isfinite(predictions).all(1)


def _no_target(classes: int, targets: Any) -> str:
    row = next(i for i, target in enumerate(targets) if not 0 <= target < classes)
    return f"targets[{row}] is out of range"


@lowers("TopKV2")
def top_kv2(input: Any, k: Static, *, sorted: bool, check: Any) -> Any:
    check(k.ndim == 0, f"k must be scalar, got shape {brackets(k.shape)}")
    return _top(input, int(k), sorted, check)


@lowers("TopK")
def top_k(input: Any, *, k: int, sorted: bool, check: Any) -> Any:
    return _top(input, k, sorted, check)


def _top(input: Any, k: int, sorted: bool, check: Any) -> Any:
    check(k >= 0, f"Need k >= 0, got {k}")
    check(input.ndim >= 1, f"input must be >= 1-D, got shape {brackets(input.shape)}")
    check(input.shape[-1] >= k, "input must have at least k columns")
    values, indices = lax.top_k(input, k)
    if not sorted:  # TensorFlow hands out its heap, whose root is the smallest; programs must not depend on the rest
        order = jnp.argsort(values, axis=-1, stable=True)
        values, indices = (jnp.take_along_axis(x, order, -1) for x in (values, indices))
    return values, indices.astype(jnp.int32)
