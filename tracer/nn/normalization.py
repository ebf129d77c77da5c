"""Moments and normalization."""

from __future__ import annotations

import math
from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, indexing, reduction
from tracer.ops import math as ops


def l2_normalize(x: Any, dim: Any, epsilon: float = 1e-12, name: str | None = None) -> Tensor:
    """`x / sqrt(max(sum(x**2), epsilon))`, the sum along dimension `dim`.

    >>> tf.nn.l2_normalize([[3.0, 4.0], [0.0, 2.0]], 1).eval()
    array([[0.6, 0.8],
           [0. , 1. ]], dtype=float32)
    """
    with scopes.op_scope([x], name, "l2_normalize") as scope:
        x = convert_to_tensor(x, name="x")
        total = reduction.reduce_sum(ops.square(x), dim if isinstance(dim, (list, tuple)) else [dim], keep_dims=True)
        return ops.mul(x, ops.rsqrt(ops.maximum(total, epsilon)), name=scope)


def sufficient_statistics(x: Any, axes: Any, shift: Any = True, keep_dims: bool = False,
                          name: str | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """What mean and variance of `x` over `axes` follow from: a count, a sum and a sum of squares.

    >>> sess.run(tf.nn.sufficient_statistics([1.0, 2.0, 4.0], [0]))
    (3.0, 4.0, 10.0, 1.0)

    Args:
        x: a tensor.
        axes: the dimensions to sum over, a list of ints.
        shift: whether to subtract the first value along `axes` before summing: then the sums lose less precision. From
            0.9 on it was what to subtract, a tensor.
        keep_dims: whether the dimensions stay, with size 1.

    Returns:
        The count (a scalar), the sum, the sum of squares, and what was subtracted (None without `shift`).
    """
    with scopes.op_scope([x, axes], name, "sufficient_statistics"):
        x = convert_to_tensor(x, name="x")
        kind = x.dtype.base_dtype
        first: Any
        if x.sizes is not None and None not in x.sizes:
            first = [1 if axis in axes else size for axis, size in enumerate(x.sizes)]
            counts = constants.constant(math.prod(x.sizes) // math.prod(first), dtype=kind)  # type: ignore[arg-type]
        else:
            sizes = array.shape(x)
            reduced = reduction.reduce_sum(indexing.one_hot(axes, array.size(sizes), 1, 0, dtype=dtypes.int32), [0])
            first = sizes + reduced * (1 - sizes)
            counts = casting.cast(reduction.reduce_prod(sizes // first), kind, name="count")
        subtracted = None
        terms, squares = x, x
        if isinstance(shift, Tensor):
            terms, squares, subtracted = ops.sub(x, shift), ops.squared_difference(x, shift), shift
        elif shift:
            start = array.slice(x, constants.zeros_like(first), first)
            if x.sizes is not None:
                start.set_shape([1 if axis in axes else size for axis, size in enumerate(x.sizes)])
            terms, squares = ops.sub(x, start), ops.squared_difference(x, start)
            subtracted = array.identity(start, name="shift") if keep_dims else array.squeeze(start, axes, name="shift")
        else:
            squares = ops.square(x)
        total = reduction.reduce_sum(terms, axes, keep_dims=keep_dims, name="mean_ss")
        return counts, total, reduction.reduce_sum(squares, axes, keep_dims=keep_dims, name="var_ss"), subtracted


def normalize_moments(counts: Any, mean_ss: Any, variance_ss: Any, shift: Any,
                      name: str | None = None) -> tuple[Tensor, Tensor]:
    """Mean and variance from the result of `sufficient_statistics`.

    >>> sess.run(tf.nn.normalize_moments(3.0, 4.0, 10.0, None))
    (1.3333334, 1.5555555)
    """
    with scopes.op_scope([t for t in (counts, mean_ss, variance_ss, shift) if t is not None], name, "normalize"):
        divisor = ops.inv(counts, name="divisor")
        if shift is None:
            mean = shifted = ops.mul(mean_ss, divisor, name="mean")
        else:
            shifted = ops.mul(mean_ss, divisor, name="shifted_mean")
            mean = ops.add(shifted, shift, name="mean")
        return mean, ops.sub(ops.mul(variance_ss, divisor), ops.square(shifted), name="variance")


def moments(x: Any, axes: Any, name: str | None = None, keep_dims: bool = False,
            shift: Any = None) -> tuple[Tensor, Tensor]:
    """Mean and variance of `x` over `axes`.

    >>> mean, variance = tf.nn.moments([[1., 2.], [3., 4.]], [0])
    >>> sess.run([mean, variance])
    [array([2., 3.], dtype=float32), array([1., 1.], dtype=float32)]

    Args:
        x: a tensor.
        axes: a list of ints; for images, [0, 1, 2] gives the moments of each channel.
        keep_dims: whether the dimensions stay, with size 1.
        shift: a tensor to subtract before summing, for precision (from 0.9 on); by default the first value along `axes`.
    """
    with scopes.op_scope([x, axes], name, "moments"):
        x = convert_to_tensor(x, name="x")
        shift = True if shift is None else convert_to_tensor(shift, dtype=x.dtype.base_dtype, name="shift")
        counts, sums, squares, shift = sufficient_statistics(x, axes, shift, keep_dims=keep_dims, name=name)
        with scopes.control_dependencies([counts, sums, squares]):
            return normalize_moments(counts, sums, squares, shift, name=name)


def batch_normalization(x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float,
                        name: str | None = None) -> Tensor:
    """`scale * (x - mean) / sqrt(variance + variance_epsilon) + offset`.

    >>> tf.nn.batch_normalization([[1.0], [3.0]], [2.0], [1.0], [10.0], [2.0], 0.0).eval()
    array([[ 8.],
           [12.]], dtype=float32)

    Args:
        x: a tensor.
        mean, variance: of the shape that `tf.nn.moments` gives, with or without `keep_dims`.
        offset, scale: of the same shape, or None.
        variance_epsilon: keeps the root away from zero.
    """
    with scopes.op_scope([t for t in (x, mean, variance, scale, offset) if t is not None], name, "batchnorm"):
        inverse = ops.rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse = inverse * scale
        return x * inverse + (offset - mean * inverse if offset is not None else -mean * inverse)


def batch_norm_with_global_normalization(t: Any, m: Any, v: Any, beta: Any, gamma: Any, variance_epsilon: float,
                                         scale_after_normalization: bool, name: str | None = None) -> Tensor:
    """`batch_normalization` under its older signature; `gamma` counts where `scale_after_normalization` says so.

    >>> tf.nn.batch_norm_with_global_normalization([[[[3.0]]]], [1.0], [4.0], [5.0], [7.0], 0.0, False).eval()
    array([[[[6.]]]], dtype=float32)
    """
    return batch_normalization(t, m, v, beta, gamma if scale_after_normalization else None, variance_epsilon, name)
