"""Rules of the special functions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lowering.registry import direct, lowers
from lowering.rules.math import matched

direct(Erf=jax.scipy.special.erf, Erfc=jax.scipy.special.erfc)

# zeta(k) - 1 for k = 2, 3, ...: the coefficients of log(gamma) around 2.
_ZETA_LESS_ONE = (
    0.6449340668482264, 0.2020569031595943, 0.0823232337111382, 0.0369277551433699, 0.0173430619844491,
    0.0083492773819228, 0.0040773561979443, 0.0020083928260822, 0.0009945751278181, 0.0004941886041195,
    0.0002460865533080, 0.0001227133475785,
)  # fmt: skip
_ONE_LESS_EULERS = 0.4227843350984671


@lowers("Lgamma")
def lgamma(x: Any) -> Any:
    value = jax.lax.lgamma(x)
    if x.dtype == jnp.float64:
        return value
    # XLA's is off by 5e-7 everywhere; at its zeros 1 and 2, and around them, that is all there is.
    from_two, from_one = jnp.clip(x - 2, -0.75, 0.75), jnp.clip(x - 1, -0.75, 0.75)
    at_two, at_one = _around_two(from_two), _around_two(from_one) - jnp.log1p(from_one)
    return jnp.where(jnp.abs(x - 2) <= 0.5, at_two, jnp.where(jnp.abs(x - 1) <= 0.5, at_one, value))


def _around_two(z: Any) -> Any:
    """`log(gamma(2 + z))`, for z up to a half."""
    total = jnp.zeros_like(z)
    for power, coefficient in reversed(list(enumerate(_ZETA_LESS_ONE, 2))):
        total = z * (total + (-1) ** power * coefficient / power)
    return z * (total + _ONE_LESS_EULERS)


@lowers("Digamma")
def digamma(x: Any) -> Any:
    pole = (x <= 0) & (x == jnp.floor(x))  # infinite there, as in Eigen
    return jnp.where(pole, jnp.inf, jax.lax.digamma(jnp.where(pole, 1, x)))


@lowers("Igamma")
def igamma(a: Any, x: Any) -> Any:
    a, x = matched(a, x)
    value = jax.scipy.special.gammainc(jnp.where(a > 0, a, 1), x)
    return jnp.where(a > 0, value, jnp.where(x == 0, 0, jnp.nan)).astype(value.dtype)


@lowers("Igammac")
def igammac(a: Any, x: Any) -> Any:
    a, x = matched(a, x)
    value = jax.scipy.special.gammaincc(jnp.where(a > 0, a, 1), x)
    return jnp.where(a > 0, value, jnp.nan).astype(value.dtype)
