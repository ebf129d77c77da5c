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
    return jax.scipy.special.gammainc(*matched(a, x))


@lowers("Igammac")
def igammac(a: Any, x: Any) -> Any:
    return jax.scipy.special.gammaincc(*matched(a, x))
