"""Rules of the operations of arithmetic and arrangement that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.kernels import random_gamma as gamma
from lowering.registry import Static, lowers
from lowering.rules.array import text
from lowering.rules.math import matched

# XLA's special functions are off by several units in the last place of float32; in float64 nothing of that is left.


@lowers("Zeta")
def zeta(x: Any, q: Any) -> Any:
    x, q = matched(x, q)
    return _zeta(x.astype(jnp.float64), q.astype(jnp.float64)).astype(q.dtype)


@jax.custom_jvp
def _zeta(x: Any, q: Any) -> Any:
    return jax.scipy.special.zeta(x, q)


@_zeta.defjvp
def _zeta_moved(primals: Any, tangents: Any) -> Any:
    (x, q), (_, moved) = primals, tangents  # TensorFlow has no derivative with respect to x
    return _zeta(x, q), -x * _zeta(x + 1, q) * moved


@lowers("Polygamma")
def polygamma(a: Any, x: Any) -> Any:
    a, x = matched(a, x)
    return _polygamma(a.astype(jnp.float64), x.astype(jnp.float64)).astype(x.dtype)


@jax.custom_jvp
def _polygamma(a: Any, x: Any) -> Any:
    whole = (a == jnp.floor(a)) & (a >= 0)
    order = jnp.where(whole & (a > 0), a, 1)
    sign = jnp.where(order % 2 == 1, 1.0, -1.0)
    higher = sign * jnp.exp(jax.lax.lgamma(order + 1)) * jax.scipy.special.zeta(order + 1, x)
    return jnp.where(whole, jnp.where(a == 0, jax.lax.digamma(x), higher), jnp.nan)


@_polygamma.defjvp
def _polygamma_moved(primals: Any, tangents: Any) -> Any:
    (a, x), (_, moved) = primals, tangents
    return _polygamma(a, x), _polygamma(a + 1, x) * moved


@lowers("Betainc")
def betainc(a: Any, b: Any, x: Any) -> Any:
    given = {np.shape(one) for one in (a, b, x)} - {()}
    if len(given) > 1:
        raise ValueError(f"Shapes of a, b and x are inconsistent: {text(np.shape(a))} vs. {text(np.shape(b))} vs. "
                         f"{text(np.shape(x))}")
    return jax.scipy.special.betainc(*(jnp.asarray(one, jnp.float64) for one in (a, b, x))).astype(x.dtype)


@lowers("MatrixSetDiag")
def matrix_set_diag(input: Any, diagonal: Any) -> Any:
    sizes = np.shape(input)
    if len(sizes) < 2:
        raise ValueError(f"input must be at least 2-dim, received shape: {text(sizes)}")
    wanted = (*sizes[:-2], min(sizes[-2:]))
    if np.shape(diagonal) != wanted:
        raise ValueError("must have diagonal.shape == input.shape[:-2] + min(input.shape[-2:]), but received input "
                         f"shape: {text(sizes)} and diagonal shape: {text(np.shape(diagonal))}")
    at = np.arange(wanted[-1])
    return jnp.asarray(input).at[..., at, at].set(diagonal)


def _block_sizes(input: Any, block_shape: np.ndarray, widths: np.ndarray, word: str) -> list[int]:
    count = block_shape.size
    if block_shape.ndim != 1:
        raise ValueError(f"block_shape rank should be 1 instead of {block_shape.ndim}")
    if np.ndim(input) < count + 1:
        raise ValueError(f"input rank should be >= {count + 1} instead of {np.ndim(input)}")
    if widths.shape != (count, 2):
        raise ValueError(f"{word} should have shape [{count}, 2] instead of {text(widths.shape)}")
    if (block_shape < 1).any():
        raise ValueError("All values in block_shape must be positive, got value, "
                         f"{int(block_shape[block_shape < 1][0])} at index {int(np.flatnonzero(block_shape < 1)[0])}.")
    if (widths < 0).any():
        raise ValueError(f"{word} must be non-negative")
    return block_shape.tolist()


@lowers("SpaceToBatchND")
def space_to_batch_nd(input: Any, block_shape: Static, paddings: Static) -> Any:
    blocks = _block_sizes(input, block_shape, paddings, "paddings")
    count, rest = len(blocks), np.shape(input)[len(blocks) + 1:]
    padded = jnp.pad(input, [(0, 0), *map(tuple, paddings.tolist()), *[(0, 0)] * len(rest)])
    for size, block in zip(padded.shape[1:], blocks, strict=False):
        if size % block:
            raise ValueError(f"padded_shape[{padded.shape.index(size)}]={size} is not divisible by "
                             f"block_shape[{blocks.index(block)}]={block}")
    sizes = [size // block for size, block in zip(padded.shape[1:count + 1], blocks, strict=True)]
    parts = [part for pair in zip(sizes, blocks, strict=True) for part in pair]
    cut = padded.reshape(padded.shape[0], *parts, *rest)
    order = [*range(2, 2 * count + 1, 2), 0, *range(1, 2 * count + 1, 2), *range(2 * count + 1, cut.ndim)]
    return cut.transpose(order).reshape(-1, *sizes, *rest)


@lowers("BatchToSpaceND")
def batch_to_space_nd(input: Any, block_shape: Static, crops: Static) -> Any:
    blocks = _block_sizes(input, block_shape, crops, "crops")
    input, count = jnp.asarray(input), len(blocks)
    sizes, rest = input.shape[1:count + 1], input.shape[count + 1:]
    product = int(np.prod(blocks))
    if input.shape[0] % product:
        raise ValueError(f"Input batch dimension ({input.shape[0]}) is not divisible by product of block sizes "
                         f"({product})")
    cut = input.reshape(*blocks, input.shape[0] // product, *sizes, *rest)
    order = [count, *(axis for i in range(count) for axis in (count + 1 + i, i)), *range(2 * count + 1, cut.ndim)]
    whole = cut.transpose(order).reshape(
        -1, *(size * block for size, block in zip(sizes, blocks, strict=True)), *rest)
    kept = [slice(None)]
    for axis, (before, after) in enumerate(crops.tolist(), 1):
        if whole.shape[axis] < before + after:
            raise ValueError(f"cropped_shape[{axis - 1}]={whole.shape[axis] - before - after} must be non-negative")
        kept.append(slice(before, whole.shape[axis] - after))
    return whole[tuple(kept)]


@lowers("RandomGamma")
def random_gamma(shape: Static, alpha: Any, *, stream: Any) -> Any:
    if shape.ndim != 1:
        raise ValueError(f"shape must be a vector of {{int32,int64}}, got shape {text(shape.shape)}")
    return gamma.drawn(stream, tuple(shape.tolist()), alpha)


@lowers("MatrixDiagPart")
def matrix_diag_part(input: Any) -> Any:
    if np.ndim(input) < 2:
        raise ValueError(f"input must be at least 2-dim, received shape: {text(np.shape(input))}")
    return jnp.diagonal(input, axis1=-2, axis2=-1)


@lowers("ScatterNd")
def scatter_nd(indices: Any, updates: Any, shape: Static, *, check: Any) -> Any:
    indices, updates, sizes = jnp.asarray(indices), jnp.asarray(updates), tuple(shape.tolist())
    depth = indices.shape[-1] if indices.ndim else 1
    if depth > len(sizes) or updates.shape != (*indices.shape[:-1], *sizes[depth:]):
        raise ValueError("Must have updates.shape = indices.shape[:-1] + params_shape[indices.shape[-1]:], got "
                         f"updates.shape {text(updates.shape)}, indices.shape {text(indices.shape)}, params_shape "
                         f"{text(sizes)}")
    outer = np.array(sizes[:depth], np.int64)
    inside = ((indices >= 0) & (indices < outer)).all()
    check(inside, lambda found: f"Invalid indices: {text(found.reshape(-1, depth)[_outside(found, outer)])} is not in "
                                f"{text(sizes[:depth])}", indices)
    places = tuple(indices[..., i] for i in range(depth))
    return jnp.zeros(sizes, updates.dtype).at[places].add(updates)


def _outside(indices: np.ndarray, outer: np.ndarray) -> int:
    rows = indices.reshape(-1, len(outer))
    return int(np.flatnonzero(((rows < 0) | (rows >= outer)).any(1))[0])


@lowers("Svd")
def svd(input: Any, *, compute_uv: bool, full_matrices: bool) -> Any:
    if np.ndim(input) < 2:
        raise ValueError("Input tensor must have rank >= 2")
    if not compute_uv:
        nothing = jnp.zeros((0,), input.dtype)
        return jnp.linalg.svd(input, compute_uv=False), nothing, nothing
    left, values, right = jnp.linalg.svd(input, full_matrices=full_matrices)
    return values, left, jnp.conj(jnp.swapaxes(right, -1, -2))


@lowers("SelfAdjointEigV2")
def self_adjoint_eig_v2(input: Any, *, compute_v: bool, check: Any) -> Any:
    from lowering.rules.linalg import self_adjoint_eig

    whole = self_adjoint_eig(input, check=check)
    return whole[..., 0, :], whole[..., 1:, :] if compute_v else jnp.zeros((0,), input.dtype)
