"""Rules of the operations that TensorFlow had from 0.9 on, and of which imported graphs may consist."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.registry import Static, direct, lowers
from lowering.rules.math import matched

direct(Log1p=jnp.log1p, Expm1=jnp.expm1, Tan=jnp.tan, Asin=jnp.arcsin, Acos=jnp.arccos, Atan=jnp.arctan, Rint=jnp.rint,
       Round=jnp.round)


@lowers("TanhGrad")
def tanh_grad(x: Any, y: Any) -> Any:
    return y * (1 - x * x)


@lowers("SigmoidGrad")
def sigmoid_grad(x: Any, y: Any) -> Any:
    return y * x * (1 - x)


@lowers("SqrtGrad")
def sqrt_grad(x: Any, y: Any) -> Any:
    return y * np.array(0.5, x.dtype) / x


@lowers("RsqrtGrad")
def rsqrt_grad(x: Any, y: Any) -> Any:
    return y * np.array(-0.5, x.dtype) * x * x * x


@lowers("ReciprocalGrad")
def reciprocal_grad(x: Any, y: Any) -> Any:
    return -y * x * x


@lowers("FloorDiv")
def floor_div(x: Any, y: Any, *, check: Any) -> Any:
    x, y = matched(x, y)
    if not jnp.issubdtype(y.dtype, jnp.integer):
        return jnp.floor(x / y)
    check(jnp.all(y != 0), "Integer division by zero")
    return jnp.floor_divide(x, jnp.where(y == 0, 1, y))


@lowers("FloorMod")
def floor_mod(x: Any, y: Any, *, check: Any) -> Any:
    x, y = matched(x, y)
    if not jnp.issubdtype(y.dtype, jnp.integer):
        return jnp.mod(x, y)
    check(jnp.all(y != 0), "Integer division by zero")
    return jnp.mod(x, jnp.where(y == 0, 1, y))


@lowers("SplitV")
def split_v(value: Any, size_splits: Static, split_dim: Static, *, num_split: int) -> Any:
    axis = int(split_dim)
    sizes = [int(size) for size in size_splits]
    whole = value.shape[axis]
    known = sum(size for size in sizes if size >= 0)
    if sizes.count(-1) > 1 or (known != whole if -1 not in sizes else known > whole):
        raise ValueError(f"Determined shape must either match input shape along split_dim exactly if fully specified, or "
                         f"be less than the size of the input along split_dim if not fully specified.  Got: {known}")
    ends = np.cumsum([whole - known if size < 0 else size for size in sizes]).tolist()
    return jnp.split(value, ends[:-1], axis)


@lowers("ReverseV2")
def reverse_v2(tensor: Any, axis: Static) -> Any:
    return jnp.flip(tensor, tuple(int(i) for i in np.reshape(axis, -1)))


def _running(function: Any, neutral: int, x: Any, axis: Any, exclusive: bool, reverse: bool) -> Any:
    at = int(axis) % x.ndim
    if exclusive:  # the neutral element comes in where the elements are taken from, the last goes out
        ends = [(0, 0)] * x.ndim
        ends[at] = (0, 1) if reverse else (1, 0)
        kept = lax.slice_in_dim(x, 1, None, axis=at) if reverse else lax.slice_in_dim(x, 0, x.shape[at] - 1, axis=at)
        x = jnp.pad(kept, ends, constant_values=neutral) if x.shape[at] else x
    return function(x, axis=at, reverse=reverse)


@lowers("Cumsum")
def cumsum(x: Any, axis: Static, *, exclusive: bool, reverse: bool) -> Any:
    return _running(lax.cumsum, 0, x, axis, exclusive, reverse)


@lowers("Cumprod")
def cumprod(x: Any, axis: Static, *, exclusive: bool, reverse: bool) -> Any:
    return _running(lax.cumprod, 1, x, axis, exclusive, reverse)


@lowers("GatherV2")
def gather_v2(params: Any, indices: Any, axis: Static, *, batch_dims: int, check: Any) -> Any:
    if batch_dims:
        raise NotImplementedError("GatherV2 with batch_dims, which came long after 0.8; gather each row by itself")
    at = int(axis) % np.ndim(params)
    size = np.shape(params)[at]
    within = jnp.logical_and(indices >= 0, indices < size)
    check(jnp.all(within), lambda i: f"indices = {np.reshape(i, -1)[~np.reshape((i >= 0) & (i < size), -1)][0]} is not "
                                     f"in [0, {size})", indices)
    return jnp.take(params, jnp.where(within, indices, 0), axis=at)


@lowers("FusedBatchNorm")
def fused_batch_norm(x: Any, scale: Any, offset: Any, mean: Any, variance: Any, *, epsilon: float, data_format: str,
                     is_training: bool) -> Any:
    axis = 1 if data_format == "NCHW" else 3
    others = tuple(i for i in range(4) if i != axis)
    wide = x.astype(jnp.float32)
    unbiased = variance
    if is_training:
        count = wide.size // wide.shape[axis]
        mean, variance = jnp.mean(wide, others), jnp.var(wide, others)
        unbiased = variance * (count / max(count - 1, 1))

    def spread(vector: Any) -> Any:
        return vector.reshape([-1 if i == axis else 1 for i in range(4)])

    inverse = lax.rsqrt(variance + np.float32(epsilon)) * scale
    y = (wide - spread(mean)) * spread(inverse) + spread(offset)
    return y.astype(x.dtype), mean, unbiased, mean, variance


@lowers("FusedBatchNormV2")
def fused_batch_norm_v2(x: Any, scale: Any, offset: Any, mean: Any, variance: Any, *, epsilon: float, data_format: str,
                        is_training: bool, exponential_avg_factor: float) -> Any:
    if is_training and exponential_avg_factor != 1:
        raise NotImplementedError("FusedBatchNormV2 with exponential_avg_factor, which came long after 0.8")
    return fused_batch_norm(x, scale, offset, mean, variance, epsilon=epsilon, data_format=data_format,
                            is_training=is_training)


@lowers("FusedBatchNormGrad")
def fused_batch_norm_grad(y_backprop: Any, x: Any, scale: Any, reserve_space_1: Any, reserve_space_2: Any, *,
                          epsilon: float, data_format: str, is_training: bool) -> Any:
    axis = 1 if data_format == "NCHW" else 3
    others = tuple(i for i in range(4) if i != axis)

    def spread(vector: Any) -> Any:
        return vector.reshape([-1 if i == axis else 1 for i in range(4)])

    inverse = lax.rsqrt(reserve_space_2 + np.float32(epsilon))
    normal = (x - spread(reserve_space_1)) * spread(inverse)
    of_scale, of_offset = jnp.sum(y_backprop * normal, others), jnp.sum(y_backprop, others)
    centred = y_backprop
    if is_training:
        count = x.size // x.shape[axis]
        centred = y_backprop - spread(of_offset) / count - normal * spread(of_scale) / count
    nothing = jnp.zeros((), x.dtype)
    return centred * spread(scale * inverse), of_scale, of_offset, nothing, nothing
