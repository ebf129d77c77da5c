"""`tf.contrib.distributions` against what the real TensorFlow computes."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import distributions as recipes
from tracer import errors
from tracer.contrib import bayesflow, distributions

rng = np.random.RandomState(0)
MU = np.float32([1, -2, 0.5])
SIGMA = np.float32([0.5, 2, 1])
X = rng.randn(4, 3).astype(np.float32)
ROOT = np.tril(rng.rand(3, 3).astype(np.float32)) + np.eye(3, dtype=np.float32)
COVARIANCE = ROOT @ ROOT.T
MANY = np.stack([COVARIANCE, np.eye(3, dtype=np.float32) * 2])


@parity([
    # 0.12.1's gradients of several results, of which one goes into another, are not the sum of those of each.
    *(case(recipes.normal, mu, sigma, x, gradient=False, tolerance=1e-4)
      for mu, sigma, x in ((MU, SIGMA, X), (np.float32(1), np.float32(2), X[0]), (MU, SIGMA[:1], X[:, :1].copy()))),
    case(recipes.normal, MU.astype(np.float64), SIGMA.astype(np.float64), X.astype(np.float64), gradient=False),
    case(recipes.posterior, MU, SIGMA, np.float32(1.5), np.float32(7), np.int32(4)),
    case(recipes.vectors, MU, COVARIANCE, X[0], feed="rank", gradient=False),
    case(recipes.vectors, np.stack([MU, -MU]), MANY, X[:2], feed="rank", gradient=False),
    case(recipes.factored, MU, ROOT, X[0], feed="rank", gradient=False, tolerance=1e-4),
    case(recipes.classes, np.float32([1, 2, 3]), np.float32([2, 0, 1]), feed=False, gradient=False, tolerance=1e-4),
    case(recipes.classes, np.float32([[1, 2], [2, 3]]), np.float32([[1, 0], [4, 1]]), feed="rank", gradient=False,
         tolerance=1e-4),
])
def test_distributions(case):
    case.check()


def test_vectors_broadcast():
    one = distributions.MultivariateNormal(MU, COVARIANCE)
    many = distributions.MultivariateNormal(np.stack([MU, MU]), np.stack([COVARIANCE] * 2))
    with tf.Session() as session:
        at_all, at_each, at_one = session.run([one.log_pdf(X), [one.log_pdf(x) for x in X], many.log_pdf(X[0])])
    np.testing.assert_allclose(at_all, at_each, rtol=1e-5)
    np.testing.assert_allclose(at_one, at_all[[0, 0]], rtol=1e-5)


def test_determinants_and_factors():
    one = distributions.MultivariateNormal(MU, COVARIANCE)
    other = distributions.MultivariateNormal(MU, sigma_chol=ROOT)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run([one.sigma_det, other.sigma_det]), [np.linalg.det(COVARIANCE)] * 2, rtol=1e-4)
        np.testing.assert_allclose(session.run(other.sigma), COVARIANCE, rtol=1e-5)


def test_samples():
    gaussian = distributions.Gaussian(MU, SIGMA)
    vectors = distributions.MultivariateNormal(np.stack([MU, -MU]), MANY)
    drawn, rows = gaussian.sample(20000, seed=1), vectors.sample(tf.constant(20000), seed=2)
    assert (drawn.get_shape().as_list(), rows.get_shape().as_list()) == ([20000, 3], [20000, 2, 3])
    with tf.Session() as session:
        values, vector_values = session.run([drawn, rows])
    np.testing.assert_allclose(values.mean(0), MU, atol=0.05)
    np.testing.assert_allclose(values.std(0), SIGMA, rtol=0.03)
    for i, covariance in enumerate(MANY):
        np.testing.assert_allclose(vector_values[:, i].mean(0), [MU, -MU][i], atol=0.1)
        np.testing.assert_allclose(np.cov(vector_values[:, i].T), covariance, atol=0.15)


def test_a_mean_for_each():
    gaussian = distributions.Gaussian(np.float32([1, 2]), np.float32([[1], [3]]))
    assert gaussian.dtype is tf.float32
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(gaussian.mean), [[1, 2], [1, 2]])
        assert session.run(distributions.DirichletMultinomial([[1.0, 2.0]]).num_classes) == 2


@pytest.mark.parametrize(("make", "message"), [
    (lambda: distributions.Gaussian([1.0], tf.placeholder_with_default([0.0], [1])).mu, "Condition x > 0 did not hold"),
    (lambda: distributions.MultivariateNormal([1.0, 2.0], np.float32([np.eye(2)] * 2)).mean,
     "Rank of mu should be one less than rank of sigma"),
    (lambda: distributions.MultivariateNormal([1.0], np.float32(np.eye(2))).mean,
     r"mu.shape and sigma.shape\[:-1\] must match"),
    (lambda: distributions.MultivariateNormal([1.0, 2.0], [[1.0, 1.0], [1.0, 1.0]]).mean,
     "LLT decomposition was not successful"),
    (lambda: distributions.MultivariateNormal([1.0, 2.0], sigma_chol=[[1.0, 0.0], [0.0, -1.0]]).mean,
     "sigma_chol is not positive definite"),
    (lambda: distributions.DirichletMultinomial([1.0, -1.0]).mean, "Condition x > 0 did not hold"),
    (lambda: distributions.DirichletMultinomial([1.0, 1.0]).pmf([1.0, -1.0]), "Condition x >= 0 did not hold"),
])
def test_what_a_run_refuses(make, message):
    with pytest.raises(errors.InvalidArgumentError, match=message):
        tf.Session().run(make())


def test_what_is_refused_at_once():
    with pytest.raises(ValueError, match="Exactly one of sigma and sigma_chol"):
        distributions.MultivariateNormal([1.0])
    with pytest.raises(ValueError, match="must be of the same type"):
        distributions.Gaussian(np.float32(1), np.float64(1))
    with pytest.raises(TypeError, match="Expected prior to be an instance of type Gaussian"):
        distributions.gaussian_conjugate_posteriors.known_sigma_posterior(3, 1.0, 1.0, 1)
    with pytest.raises(NotImplementedError, match="does not have a well-defined cdf"):
        distributions.DirichletMultinomial([1.0, 2.0]).cdf([1.0])


def test_bayesflow_has_the_same():
    assert bayesflow.Gaussian is distributions.Gaussian
