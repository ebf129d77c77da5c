"""Moments and normalization."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, indexing, math, reduction
from tracer.static import constant_value


def l2_normalize(x: Any, dim: Any, epsilon: float = 1e-12, name: str | None = None) -> Tensor:
    """`x / sqrt(max(sum(x**2), epsilon))`, the sum along dimension `dim` (one, or a list of them)."""
    with scopes.op_scope([x], name, "l2_normalize") as scope:
        x = convert_to_tensor(x, name="x")
        total = reduction.reduce_sum(math.square(x), dim, keep_dims=True)
        return math.mul(x, math.rsqrt(math.maximum(total, epsilon)), name=scope)


def _axes(axes: Any) -> list[int]:
    value = constant_value(axes) if isinstance(axes, Tensor) else axes
    if value is None:
        raise ValueError("axes must be known while the graph is made")
    return [int(axis) for axis in (value if hasattr(value, "__iter__") else [value])]


def sufficient_statistics(x: Any, axes: Any, shift: bool = True, keep_dims: bool = False,
                          name: str | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Count, sum, and sum of squares of `x` over `axes`, of values shifted by the first one along these axes.

    Args:
        x: a tensor.
        axes: the dimensions to sum over.
        shift: whether to subtract the first value before summing: then the sums lose less precision.
        keep_dims: whether the dimensions stay, with size 1.

    Returns:
        The count (a scalar), the sum, the sum of squares, and the shift, or None without one.
    """
    chosen = _axes(axes)
    with scopes.op_scope([x, axes], name, "sufficient_statistics"):
        x = convert_to_tensor(x, name="x")
        sizes = x.sizes
        if sizes is not None and all(sizes[axis] is not None for axis in chosen):
            count = 1
            for axis in chosen:
                count *= sizes[axis]  # type: ignore[operator]
            total = constants.constant(count, dtype=x.dtype.base_dtype, name="count")
        else:
            counted = indexing.gather(array.shape(x), chosen)
            total = casting.cast(reduction.reduce_prod(counted), x.dtype.base_dtype, name="count")
        if not shift:
            return (total, reduction.reduce_sum(x, axes, keep_dims=keep_dims, name="mean_ss"),
                    reduction.reduce_sum(math.square(x), axes, keep_dims=keep_dims, name="var_ss"), None)
        first = _first(x, chosen)
        moved = x - first
        sums = reduction.reduce_sum(moved, axes, keep_dims=keep_dims, name="mean_ss")
        squares = reduction.reduce_sum(math.square(moved), axes, keep_dims=keep_dims, name="var_ss")
        return total, sums, squares, first if keep_dims else array.squeeze(first, chosen)


def _first(x: Tensor, axes: list[int]) -> Tensor:
    """The slice of `x` at index 0 of `axes`, which keep the size 1."""
    rank = x.get_shape().ndims
    if rank is None:
        raise ValueError("the rank of x must be known to shift by its first value; pass shift=False")
    return array.slice(x, [0] * rank, [1 if axis in axes else -1 for axis in range(rank)])


def normalize_moments(counts: Any, mean_ss: Any, variance_ss: Any, shift: Any,
                      name: str | None = None) -> tuple[Tensor, Tensor]:
    """Mean and variance from the result of `sufficient_statistics`."""
    with scopes.op_scope([t for t in (counts, mean_ss, variance_ss, shift) if t is not None], name, "normalize"):
        divisor = math.inv(convert_to_tensor(counts, name="counts"), name="divisor")
        shifted = math.mul(mean_ss, divisor, name="shifted_mean")
        mean = shifted if shift is None else math.add(shifted, shift, name="mean")
        variance = math.sub(math.mul(variance_ss, divisor), math.square(shifted), name="variance")
        return mean, variance


def moments(x: Any, axes: Any, name: str | None = None, keep_dims: bool = False) -> tuple[Tensor, Tensor]:
    """Mean and variance of `x` over `axes`.

    >>> mean, variance = tf.nn.moments([[1., 2.], [3., 4.]], [0])
    >>> sess.run([mean, variance])
    [array([2., 3.], dtype=float32), array([1., 1.], dtype=float32)]
    """
    with scopes.op_scope([x, axes], name, "moments"):
        x = convert_to_tensor(x, name="x")
        counts, sums, squares, shift = sufficient_statistics(x, axes, keep_dims=keep_dims, name=name,
                                                             shift=x.get_shape().ndims is not None)
        return normalize_moments(counts, sums, squares, shift, name=name)


def batch_normalization(x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float,
                        name: str | None = None) -> Tensor:
    """`scale * (x - mean) / sqrt(variance + variance_epsilon) + offset`; `offset` and `scale` may be None."""
    with scopes.op_scope([t for t in (x, mean, variance, scale, offset) if t is not None], name, "batchnorm"):
        inverse = math.rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse = inverse * scale
        return x * inverse + (offset - mean * inverse if offset is not None else -mean * inverse)


def batch_norm_with_global_normalization(t: Any, m: Any, v: Any, beta: Any, gamma: Any, variance_epsilon: float,
                                         scale_after_normalization: bool, name: str | None = None) -> Tensor:
    """`batch_normalization` under the older signature; `gamma` is used where `scale_after_normalization` says so."""
    return batch_normalization(t, m, v, beta, gamma if scale_after_normalization else None, variance_epsilon, name)
