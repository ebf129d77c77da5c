"""What is known of the mean of a normal distribution after some of its values were seen, by its names since 0.9."""

from __future__ import annotations

from typing import Any

from tracer.contrib.distributions.continuous import Normal
from tracer.contrib.distributions.gaussian_conjugate_posteriors import moments
from tracer.ops import math


def normal_conjugates_known_sigma_posterior(prior: Normal, sigma: Any, s: Any, n: Any) -> Normal:
    """The distribution of the mean of a normal distribution, after `n` values whose sum is `s`.

    >>> prior = tf.contrib.distributions.Normal(mu=1.0, sigma=2.0)
    >>> tf.contrib.distributions.normal_conjugates_known_sigma_posterior(prior, 3.0, tf.constant(10.0), 4).mu.eval()
    1.96

    Args:
        prior: the distribution of the mean before.
        sigma: the standard deviation of the values, which is known.
        s, n: the sum and the number of the values.

    Raises TypeError for a prior that is no `Normal`, and for a sum of another type.
    """
    mean, variance, _ = moments(Normal, prior, sigma, s, n)
    return Normal(mu=mean, sigma=math.sqrt(variance))


def normal_conjugates_known_sigma_predictive(prior: Normal, sigma: Any, s: Any, n: Any) -> Normal:
    """The distribution of the next value; see `normal_conjugates_known_sigma_posterior`."""
    mean, variance, each = moments(Normal, prior, sigma, s, n)
    return Normal(mu=mean, sigma=math.sqrt(variance + each))


normal_congugates_known_sigma_predictive = normal_conjugates_known_sigma_predictive  # as 0.9 to 0.11 spelled it
