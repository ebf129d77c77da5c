"""Numbers with a gamma distribution, drawn as TensorFlow's kernel does: by Marsaglia and Tsang's rejection, in float64.

Each number has samples of its own, from which normal and uniform candidates come in pairs, the second of a pair first.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lowering.kernels import random


def drawn(stream: Any, sizes: tuple[int, ...], alpha: Any) -> tuple[jax.Array, jax.Array]:
    """Numbers of shape `sizes` and that of `alpha`, and the stream behind them."""
    alpha = jnp.asarray(alpha)
    each, kinds = math.prod(sizes), math.prod(alpha.shape)
    shape = jnp.repeat(alpha.reshape(-1).astype(jnp.float64), each)  # all of one parameter before those of the next
    first = lax.iota(jnp.uint64, each * kinds) * jnp.uint64(random.RESERVED)
    numbers = jnp.where(shape == 1, _exponential(stream, first), _rejected(stream, first, shape))
    ordered = numbers.reshape(kinds, each).T.reshape(*sizes, *alpha.shape).astype(alpha.dtype)
    return ordered, random.advance(stream, each * kinds * random.RESERVED)


def _exponential(stream: Any, first: jax.Array) -> jax.Array:
    return -jnp.log1p(-random.doubles_at(stream, first)[1])


def _rejected(stream: Any, first: jax.Array, shape: jax.Array) -> jax.Array:
    small = shape < 1
    d = shape + jnp.where(small, 2 / 3, -1 / 3)
    c = 1 / 3 / jnp.sqrt(d)
    zeros, none = jnp.zeros_like(d), jnp.zeros(d.shape, jnp.int32)

    def attempt(state: Any) -> Any:
        done, result, at, normals, normal, uniforms, uniform = state
        ahead = random.doubles_at(stream, first + at + lax.iota(jnp.uint64, 3)[:, None])  # as many as it may need

        def taken(pair: Any, left: jax.Array, kept: Any, needed: Any) -> tuple[Any, ...]:
            """One of two candidates where it is needed; of a new pair where none is left."""
            fresh = needed & (left == 0)
            values = tuple(jnp.where(fresh, new, old) for new, old in zip(pair, kept, strict=True))
            left = jnp.where(fresh, 2, left) - needed
            return jnp.where(left == 1, values[1], values[0]), fresh.astype(jnp.int32), left, values

        def sample(row: jax.Array) -> tuple[jax.Array, jax.Array]:
            return tuple(jnp.where(row == 0, one[0], jnp.where(row == 1, one[1], one[2])) for one in ahead)  # type: ignore

        x, used, normals, normal = taken(random.normals_of(ahead[0][0], ahead[1][0]), normals, normal, ~done)
        v = 1 + c * x
        possible = ~done & (v > 0)
        v = v * v * v
        u, more, uniforms, uniform = taken(sample(used), uniforms, uniform, possible)
        used = used + more
        squeezed = u < 1 - 0.0331 * (x * x) * (x * x)
        good = possible & (squeezed | (jnp.log(u) < 0.5 * x * x + d * (1 - v + jnp.log(jnp.where(possible, v, 1)))))
        b, more, uniforms, uniform = taken(sample(used), uniforms, uniform, good & small)
        found = d * v * jnp.where(small, jnp.power(b, 1 / shape), 1)
        at = at + (used + more).astype(at.dtype)
        return done | good, jnp.where(good, found, result), at, normals, normal, uniforms, uniform

    start = (jnp.zeros(d.shape, bool), zeros, jnp.zeros(d.shape, jnp.uint64), none, (zeros, zeros), none, (zeros, zeros))
    return lax.while_loop(lambda state: ~state[0].all(), attempt, start)[1]
