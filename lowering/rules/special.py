"""Rules of the special functions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lowering.registry import direct, lowers
from lowering.rules.math import matched

direct(Erf=jax.scipy.special.erf, Erfc=jax.scipy.special.erfc, Lgamma=jax.lax.lgamma)


@lowers("Digamma")
def digamma(x: Any) -> Any:
    pole = (x <= 0) & (x == jnp.floor(x))  # infinite there, as in Eigen
    return jnp.where(pole, jnp.inf, jax.lax.digamma(jnp.where(pole, 1, x)))


@lowers("Igamma")
def igamma(a: Any, x: Any) -> Any:
    a, x = matched(a, x)
    value = jax.scipy.special.gammainc(jnp.where(a > 0, a, 1), x)
    return jnp.where((a > 0) | (x == 0), jnp.where(x == 0, 0, value), jnp.nan).astype(value.dtype)


@lowers("Igammac")
def igammac(a: Any, x: Any) -> Any:
    a, x = matched(a, x)
    value = jax.scipy.special.gammaincc(jnp.where(a > 0, a, 1), x)
    return jnp.where(a > 0, value, jnp.nan).astype(value.dtype)
