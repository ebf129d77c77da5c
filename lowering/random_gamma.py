"""Numbers with a gamma distribution, drawn as TensorFlow's kernel does: by Marsaglia and Tsang's rejection, in float64.

Each number has samples of its own, from which normal and uniform candidates come in pairs, the second of a pair first.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lowering import random


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

    def draw(pairs: Any, at: jax.Array, left: jax.Array, kept: Any, needed: Any) -> tuple[Any, ...]:
        """One candidate where it is needed; a new pair where none is left."""
        fresh = needed & (left == 0)
        values = tuple(jnp.where(fresh, new, old) for new, old in zip(pairs(stream, first + at), kept, strict=True))
        left = jnp.where(fresh, 2, left) - needed
        return jnp.where(left == 1, values[1], values[0]), at + fresh.astype(at.dtype), left, values

    def attempt(state: Any) -> Any:
        done, result, at, normals, normal, uniforms, uniform = state
        x, at, normals, normal = draw(random.normals_at, at, normals, normal, ~done)
        v = 1 + c * x
        possible = ~done & (v > 0)
        v = v * v * v
        u, at, uniforms, uniform = draw(random.doubles_at, at, uniforms, uniform, possible)
        squeezed = u < 1 - 0.0331 * (x * x) * (x * x)
        good = possible & (squeezed | (jnp.log(u) < 0.5 * x * x + d * (1 - v + jnp.log(jnp.where(possible, v, 1)))))
        b, at, uniforms, uniform = draw(random.doubles_at, at, uniforms, uniform, good & small)
        found = d * v * jnp.where(small, jnp.power(b, 1 / shape), 1)
        return done | good, jnp.where(good, found, result), at, normals, normal, uniforms, uniform

    start = (jnp.zeros(d.shape, bool), zeros, jnp.zeros(d.shape, jnp.uint64), none, (zeros, zeros), none, (zeros, zeros))
    return lax.while_loop(lambda state: ~state[0].all(), attempt, start)[1]
