"""Distributions of TensorFlow 0.10 to 0.12, whose numbers, drawn ones among them, 0.12.1 gave."""

import numpy as np
import pytest

import tracer as tf
from tests.contrib.answers import check_answers

d = tf.contrib.distributions


def mixture(count=2):
    return d.Mixture(cat=d.Categorical(logits=[[0.1, 0.2], [0.3, 0.4]]), components=[
        d.Normal(mu=[0.0, 1.0], sigma=[1.0, 2.0]), d.Normal(mu=[3.0, 4.0], sigma=[1.0, 1.0])][:count])


CASES = {  # what to make, where to ask, and what 0.12.1 says
    "Normal": (lambda: d.Normal([0.5, 1.0], 2.0), [0.3, 2.0], {
        "mean": [0.5, 1], "variance": [4, 4], "entropy": [2.1120858, 2.1120858]}),
    "Bernoulli": (lambda: d.Bernoulli(p=[0.2, 0.7]), [0, 1], {
        "entropy": [0.50040245, 0.61086434], "mode": [0, 1], "prob": [0.8, 0.7], "variance": [0.16, 0.21]}),
    "Chi2": (lambda: d.Chi2([2.0, 3.0]), [0.3, 2.0], {
        "log_prob": [-0.84314716, -1.5723649], "entropy": [1.6931472, 2.05412], "cdf": [0.139292, 0.4275933],
        "sample": [[1.2862124, 2.4031227], [3.9750962, 3.8923683]]}),
    "Exponential": (lambda: d.Exponential([2.0, 0.5]), [0.3, 2.0], {
        "log_prob": [0.09314716, -1.6931472], "sample": [[0.45678735, 1.951875], [0.58673346, 4.8591185]]}),
    "Beta": (lambda: d.Beta([2.0, 3.0], [3.0, 1.5]), [0.3, 0.2], {
        "log_prob": [0.5675839, -1.4490758], "entropy": [-0.2349062, -0.2730076], "cdf": [0.34829992, 0.01613009],
        "mode": [0.33333334, 0.8], "std": [0.2, 0.20100756], "sample": [[0.10394427, 0.75086755], [0.6116773, 0.8200663]]}),
    "Laplace": (lambda: d.Laplace([0.0, 1.0], [2.0, 1.0]), [0.3, -2.0], {
        "log_prob": [-1.5362943, -3.6931472], "cdf": [0.569646, 0.02489352], "std": [2.828427, 1.4142135],
        "sample": [[-0.44085494, 0.7172098], [-0.96063924, -0.7364118]]}),
    "StudentT": (lambda: d.StudentT([3.0, 5.0], [0.0, 1.0], [1.0, 2.0]), [0.3, -2.0], {
        "log_prob": [-1.0600064, -2.7764575], "entropy": [1.7734773, 2.320649], "variance": [3, 6.6666665],
        "sample": [[1.7003386, -0.8439282], [1.6108744, 3.2823327]]}),
    "Poisson": (lambda: d.Poisson([2.0, 3.5]), [1.0, 2.0], {
        "log_prob": [-1.3068528, -1.6876214], "cdf": [0.40600586, 0.3208472], "mode": [2, 3]}),
    "Dirichlet": (lambda: d.Dirichlet([[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]]), [[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]], {
        "log_prob": [1.5040774, -0.04082203], "entropy": [-1.2443442, -0.93749154], "event_shape": [3],
        "mode": [[np.nan, 0.33333334, 0.6666667], [0.33333334] * 3]}),
    "MultivariateNormalDiag": (
        lambda: d.MultivariateNormalDiag([[0.0, 1.0], [2.0, 3.0]], [[1.0, 2.0], [1.0, 0.5]]), [[0.2, 0.3], [0.1, 0.1]], {
            "log_prob": [-2.6122742, -19.769732], "entropy": [3.5310242, 2.1447299], "batch_shape": [2],
            "variance": [[[1, 0], [0, 4]], [[1, 0], [0, 0.25]]]}),
    "MultivariateNormalCholesky": (lambda: d.MultivariateNormalCholesky([0.0, 1.0], [[1.0, 0.0], [0.5, 2.0]]), [0.2, 0.3], {
        "log_prob": -2.6310241, "entropy": 3.5310242, "variance": [[1, 0.5], [0.5, 4.25]],
        "sample": [[0.9447038, 3.0826952], [-0.9667907, 3.1232362]]}),
    "MultivariateNormalFull": (
        lambda: d.MultivariateNormalFull([[0.0, 1.0], [1.0, 1.0]], [[[2.0, 0.5], [0.5, 1.0]], [[1.0, 0.2], [0.2, 3.0]]]),
        [[0.2, 0.3], [1.0, 0.0]], {"log_prob": [-2.4491134, -2.5493906], "entropy": [3.1176848, 3.3804717]}),
    "Binomial": (lambda: d.Binomial(n=[4.0, 5.0], p=[0.3, 0.6]), [1.0, 2.0], {
        "mean": [1.2, 3], "variance": [0.84, 1.2], "std": [0.9165152, 1.095445], "mode": [1, 3],
        "log_prob": [-0.8877034, -1.4679384], "prob": [0.4116, 0.23039997]}),
    "Multinomial": (
        lambda: d.Multinomial(n=[4.0, 3.0], p=[[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]), [[1.0, 2.0, 1.0], [0.0, 0.0, 3.0]], {
            "mean": [[0.8, 1.2, 2], [0.3, 0.3, 2.4]], "log_prob": [-2.225624, -0.6694306], "batch_shape": [2],
            "event_shape": [3], "variance": [[[0.64, -0.24, -0.4], [-0.24, 0.84, -0.6], [-0.4, -0.6, 1]],
                                             [[0.27, -0.03, -0.24], [-0.03, 0.27, -0.24], [-0.24, -0.24, 0.48]]]}),
    "InverseGamma": (lambda: d.InverseGamma(alpha=[3.0, 4.0], beta=[2.0, 1.0]), [1.0, 2.0], {
        "mean": [1, 0.33333334], "variance": [1, 0.05555556], "mode": [0.5, 0.2], "entropy": [0.6951575, -0.48882914],
        "log_prob": [-0.61370564, -5.7574954], "cdf": [0.6766764, 0.9982484]}),
    "Mixture": (lambda: mixture(), [0.5, 1.0], {
        "mean": [1.5749376, 2.5749376], "entropy_lower_bound": [1.4189384, 1.7481978],
        "log_prob": [-1.7347724, -2.3322244], "prob": [0.17644034, 0.09707957]}),
    "Categorical": (lambda: d.Categorical(logits=[[0.1, 0.5, 1.0], [1.0, 0.0, 0.0]]), [2, 0], {"mode": [2, 0]}),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_numbers(name):
    make, values, expected = CASES[name]
    made = check_answers(make, values, expected, seed=7, atol=1e-6)
    assert made.name == f"{name}/"


def test_shapes_of_samples():
    made = d.Normal([0.0, 1.0, 2.0], 1.0)
    assert [made.sample(shape).get_shape().as_list() for shape in ((), 4, [2, 5])] == [[3], [4, 3], [2, 5, 3]]
    assert made.sample_n(4).get_shape().as_list() == [4, 3]
    assert (made.get_batch_shape().as_list(), made.get_event_shape().as_list()) == ([3], [])
    assert (made.is_continuous, made.is_reparameterized) == (True, True)
    assert made.copy(sigma=2.0).parameters["sigma"] == 2.0
    mean = tf.constant(1.0)
    assert tf.gradients(d.Normal(mean, 1.0).sample(3), mean)[0] is not None


DIVERGENCES = [
    (lambda: (d.Normal(0.0, 1.0), d.Normal(1.0, 2.0)), 0.44314718),
    (lambda: (d.Bernoulli(p=0.3), d.Bernoulli(p=0.6)), 0.18378688),
    (lambda: (d.Categorical(logits=[0.1, 0.2]), d.Categorical(logits=[1.0, 2.0])), 0.096383676),
    (lambda: (d.Beta(2.0, 3.0), d.Beta(1.0, 2.0)), 0.1250925),
]


@pytest.mark.parametrize(("make", "expected"), DIVERGENCES)
def test_divergences(make, expected):
    with tf.Session() as session:
        assert session.run(d.kl(*make())) == pytest.approx(expected, rel=2e-5)


def test_divergences_of_ones_own():
    class Mine(d.Normal):
        pass

    @d.RegisterKL(Mine, d.Gamma)
    def _mine(a, b, name=None):
        return a.mu - b.alpha

    with tf.Session() as session:
        assert session.run(d.kl(Mine(1.0, 1.0), d.Gamma(3.0, 1.0))) == -2.0
    with pytest.raises(ValueError, match="has already been registered to"):
        d.RegisterKL(Mine, d.Gamma)(_mine)
    with pytest.raises(NotImplementedError, match="registered for dist_a type Gamma and dist_b type Normal"):
        d.kl(d.Gamma(1.0, 1.0), d.Normal(0.0, 1.0))


def test_what_is_not_defined():
    with pytest.raises(TypeError, match="pmf is undefined for continuous distributions"):
        d.Normal(0.0, 1.0).pmf(0.0)
    with pytest.raises(TypeError, match="pdf is undefined for non-continuous distributions"):
        d.Bernoulli(p=0.5).pdf(0)
    with pytest.raises(NotImplementedError, match="sample_n is not implemented"):
        d.Poisson(1.0).sample()
    with pytest.raises(ValueError, match="Must pass p or logits, but not both"):
        d.Bernoulli(p=0.5, logits=0.0)
    wrong = d.Normal(0.0, [-1.0], validate_args=True)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="Condition x > 0 did not hold"):
        session.run(wrong.sample())
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="mode not defined"):
        session.run(d.Gamma([0.5], [1.0], allow_nan_stats=False).mode())


def test_samples_of_a_mixture_and_of_inverses():
    made = d.Mixture(cat=d.Categorical(p=[0.2, 0.3, 0.5]), components=[
        d.Normal(mu=-20.0, sigma=0.1), d.Normal(mu=0.0, sigma=0.1), d.Normal(mu=20.0, sigma=0.1)])
    vectors = d.Mixture(cat=d.Categorical(p=[0.5, 0.5]), components=[
        d.MultivariateNormalDiag([-9.0, 9.0], [0.1, 0.1]), d.MultivariateNormalDiag([9.0, -9.0], [0.1, 0.1])])
    assert vectors.get_event_shape().as_list() == [2]
    with tf.Session() as session:
        drawn = session.run(made.sample(4000, seed=1))
        pairs, mean, density = session.run([vectors.sample(500, seed=2), vectors.mean(), vectors.prob([[9.0, -9.0]])])
        inverse = session.run(d.InverseGamma(alpha=[3.0, 4.0], beta=[2.0, 1.0]).sample(3, seed=1))
    np.testing.assert_allclose([(np.abs(drawn - at) < 1).mean() for at in (-20, 0, 20)], [0.2, 0.3, 0.5], atol=0.03)
    np.testing.assert_allclose(pairs.sum(1), np.zeros(500), atol=1)  # both come from the same component
    assert 0.35 < (pairs[:, 0] > 0).mean() < 0.65
    np.testing.assert_allclose(mean, [0, 0], atol=1e-6)
    np.testing.assert_allclose(density, [0.5 / (2 * np.pi * 0.01)], rtol=1e-4)
    np.testing.assert_allclose(inverse, [[0.9386316, 0.353035], [1.1930814, 0.33947197], [1.241623, 0.20303231]], rtol=1e-5)


def test_counts_that_cannot_be():
    with tf.Session() as session:
        checked = d.Binomial(n=[4.0, 5.0], p=[0.3, 0.6], validate_args=True)
        with pytest.raises(tf.errors.InvalidArgumentError, match="counts are not less than or equal to n"):
            session.run(checked.log_prob([7.0, 2.0]))
        with pytest.raises(tf.errors.InvalidArgumentError, match="x has non-integer components"):
            session.run(checked.log_prob([1.5, 2.0]))
        with pytest.raises(tf.errors.InvalidArgumentError, match="counts do not sum to n"):
            session.run(d.Multinomial(n=3.0, p=[0.5, 0.5], validate_args=True).log_prob([1.0, 1.0]))
        np.testing.assert_allclose(session.run(d.Binomial(n=3.0, logits=0.5).p), 0.62245935, rtol=1e-6)
        assert np.isnan(session.run(d.InverseGamma(alpha=0.5, beta=1.0).mean()))
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"mean not defined for components of self.alpha <= 1"):
            session.run(d.InverseGamma(alpha=0.5, beta=1.0, allow_nan_stats=False).mean())


@pytest.mark.parametrize(("make", "problem", "message"), [
    (lambda: d.Mixture(3, []), TypeError, "cat must be a Categorical distribution, but saw: 3"),
    (lambda: d.Mixture(d.Categorical(p=[1.0]), []), ValueError, "components must be a non-empty list or tuple"),
    (lambda: d.Mixture(d.Categorical(p=[1.0]), [3]), TypeError, "all entries in components must be Distribution instances"),
    (lambda: mixture(1), ValueError, r"cat.num_classes != len\(components\): 2 vs. 1"),
    (lambda: d.Mixture(d.Categorical(p=[0.5, 0.5]), [d.Normal(0.0, 1.0), d.Normal(np.float64(0), np.float64(1))]),
     TypeError, "All components must have the same dtype"),
    (lambda: d.Binomial(n=3.0), ValueError, "Must pass p or logits."),
    (lambda: d.Multinomial(n=3.0, p=[0.5], logits=[1.0]), ValueError, "Must pass either p or logits, not both."),
])
def test_what_cannot_be_made(make, problem, message):
    with pytest.raises(problem, match=message):
        make()


class Point(d.Distribution):
    """A distribution that says its shapes itself, as Edward's do."""

    def __init__(self, value):
        self._at = tf.convert_to_tensor(value)
        super().__init__(dtype=self._at.dtype, is_continuous=False, is_reparameterized=True, validate_args=False,
                         allow_nan_stats=True, parameters={"value": value}, name="Point")

    def _batch_shape(self):
        return tf.constant([], tf.int32)

    def _get_batch_shape(self):
        return tf.TensorShape([])

    def _event_shape(self):
        return tf.shape(self._at)

    def _get_event_shape(self):
        return self._at.get_shape()

    def _prob(self, value):
        return value * 2.0

    def _log_survival_function(self, value):
        return value * 7.0


class Drawn(Point):
    def _sample_n(self, n, seed=None):
        return tf.tile(tf.expand_dims(self._at, 0), tf.pack([n, 1]))


class DrawnInPublic(Point):
    def sample_n(self, n, seed=None):
        return tf.tile(tf.expand_dims(self._at, 0), tf.pack([n, 1]))


@pytest.mark.parametrize("kind", [Drawn, DrawnInPublic])
def test_distribution_of_a_library(kind):
    """All of it asked of 0.12.1."""
    made = kind([1.0, 2.0])
    assert made.get_batch_shape().as_list() == []
    assert made.get_event_shape().as_list() == [2]
    one, three, table = made.sample(), made.sample(3), made.sample([2, 1])
    assert [drawn.get_shape().as_list() for drawn in (one, three, table)] == [[2], [3, 2], [2, 1, 2]]
    with tf.Session() as session:
        assert session.run(one).tolist() == [1.0, 2.0]
        assert session.run(three).tolist() == [[1.0, 2.0]] * 3
        assert session.run(table).tolist() == [[[1.0, 2.0]]] * 2
        assert session.run([made.batch_shape(), made.event_shape()])[1].tolist() == [2]
        assert session.run([made.prob(3.0), made.log_survival_function(1.0)]) == [6.0, 7.0]


def test_all_distributions_are_listed():
    found = {name for name in dir(d) if isinstance(getattr(d, name), type)}
    assert {"Normal", "Beta", "Categorical", "Distribution", "MultivariateNormalDiag", "Gaussian"} <= found
