"""What is known of the mean of a normal distribution after some of its values were seen."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.contrib.distributions.gaussian import Gaussian
from tracer.convert import convert_to_tensor
from tracer.ops import casting, math

__all__ = ["known_sigma_posterior", "known_sigma_predictive"]


def moments(kind: type, prior: Any, sigma: Any, s: Any, n: Any) -> tuple[Any, Any, Any]:
    """Mean and variance of the mean, and the variance of values, for a `prior` that must be a `kind`."""
    if not isinstance(prior, kind):
        raise TypeError(f"Expected prior to be an instance of type {kind.__name__}")
    n, s = convert_to_tensor(n), convert_to_tensor(s)
    if s.dtype.base_dtype is not prior.dtype.base_dtype:
        raise TypeError(f"Observation sum s.dtype does not match prior dtype: {s.dtype} vs. {prior.dtype}")
    count = casting.cast(n, prior.dtype.base_dtype)
    before, each = math.square(prior.sigma), math.square(convert_to_tensor(sigma))
    variance = 1.0 / (1.0 / before + count / each)
    return (prior.mu / before + s / each) * variance, variance, each


def known_sigma_posterior(prior: Gaussian, sigma: Any, s: Any, n: Any) -> Gaussian:
    """The distribution of the mean of a normal distribution, after `n` values whose sum is `s`.

    Args:
        prior: the distribution of the mean before.
        sigma: the standard deviation of the values, which is known.
        s, n: the sum and the number of the values.
    """
    with scopes.op_scope([sigma, s, n], "known_sigma_posterior"):
        mean, variance, _ = moments(Gaussian, prior, sigma, s, n)
        return Gaussian(mu=mean, sigma=math.sqrt(variance))


def known_sigma_predictive(prior: Gaussian, sigma: Any, s: Any, n: Any) -> Gaussian:
    """The distribution of the next value; see `known_sigma_posterior`."""
    with scopes.op_scope([sigma, s, n], "known_sigma_predictive"):
        mean, variance, each = moments(Gaussian, prior, sigma, s, n)
        return Gaussian(mu=mean, sigma=math.sqrt(variance + each))
