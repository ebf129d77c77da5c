"""What is known of means after values were seen, by the names of 0.9 to 0.12: values of 0.12.1."""

import numpy as np
import pytest

import tracer as tf

CASES = {
    "normal_conjugates_known_sigma_posterior": ([1.96, 1.2], [[2.2935781, -0.20895521], [1.4367394, 1.4660333]]),
    "normal_conjugates_known_sigma_predictive": ([1.96, 3.231099], [[2.2935781, -0.20895521], [3.3262923, 4.2601943]]),
    "normal_congugates_known_sigma_predictive": ([1.96, 3.231099], [[2.2935781, -0.20895521], [3.3262923, 4.2601943]]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_normal_distribution_after_some_values(name):
    distributions = tf.contrib.distributions
    one = getattr(distributions, name)(prior=distributions.Normal(mu=1.0, sigma=2.0), sigma=3.0, s=tf.constant(10.0), n=4)
    prior = distributions.Normal(mu=[0.0, 1.0], sigma=[5.0, 6.0])
    two = getattr(distributions, name)(prior, [3.0, 4.0], tf.constant([10.0, -2.0]), [4, 7])
    assert type(one) is distributions.Normal
    for found, expected in zip((one, two), CASES[name], strict=True):
        np.testing.assert_allclose(tf.Session().run([found.mu, found.sigma]), expected, rtol=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_what_they_refuse(name):
    distributions = tf.contrib.distributions
    with pytest.raises(TypeError, match="Expected prior to be an instance of type Normal"):
        getattr(distributions, name)(distributions.Gaussian(1.0, 2.0), 3.0, tf.constant(10.0), 4)
    with pytest.raises(TypeError, match=r"Observation sum s\.dtype does not match prior dtype"):
        getattr(distributions, name)(distributions.Normal(1.0, 2.0), 3.0, tf.constant(10.0, tf.float64), 4)
