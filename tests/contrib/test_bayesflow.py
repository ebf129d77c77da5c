"""`tf.contrib.bayesflow`: random nodes and what their gradients need, bounds, and expected values.

The numbers are those of 0.12.1, with the samples given.
"""

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import distributions
from tracer.contrib.bayesflow import entropy, monte_carlo, stochastic_graph, stochastic_tensor, variational_inference
from tracer.contrib.bayesflow import stochastic_gradient_estimators as estimators

Forms = variational_inference.ELBOForms


def normal(mu=(0.0, 1.0, 2.0), sigma=(1.0, 1.0, 2.0)):
    return distributions.Normal(mu=tf.constant(mu), sigma=tf.constant(sigma))


@pytest.fixture
def drawn():
    """Samples, the distribution they may be of, and another."""
    z = tf.constant([[0.1, 0.2, 0.3], [0.3, 0.4, 0.5]])
    return z, normal(), normal((0.0, 1.0, 1.0), (1.0, 2.0, 1.0))


@pytest.mark.parametrize(("kind", "shape", "passes"), [
    (stochastic_tensor.SampleValue(), [3], True), (stochastic_tensor.SampleValue(shape=(4,)), [4, 3], True),
    (stochastic_tensor.SampleValue(shape=4), [4, 3], True), (stochastic_tensor.MeanValue(), [3], True),
    (stochastic_tensor.MeanValue(stop_gradient=True), [3], False),
    (stochastic_tensor.SampleValue(stop_gradient=True), [3], False),
    (stochastic_tensor.SampleAndReshapeValue(n=2), [6], None),
])
def test_values(kind, shape, passes):
    mu = tf.Variable([[0.0, 1.0, 2.0]] if passes is None else [0.0, 1.0, 2.0])
    with stochastic_tensor.value_type(kind):
        x = stochastic_tensor.StochasticTensor(distributions.Normal(mu=mu, sigma=tf.ones([3])))
        assert stochastic_tensor.get_current_value_type() is kind is x.value_type
    value = tf.convert_to_tensor(x)
    if passes is None:
        assert value.get_shape().as_list() == [2, 3]
        return
    assert value.get_shape().as_list() == shape
    assert (tf.gradients(value, mu)[0] is not None) == passes
    assert (x.loss(tf.constant([1.0, 2.0, 3.0])) is None) == passes


def test_a_node_is_used_like_a_tensor():
    x = stochastic_tensor.StochasticTensor(normal(), name="x", dist_value_type=stochastic_tensor.MeanValue())
    assert (x.name, x.dtype) == ("x/", tf.float32)
    with tf.Session() as session:
        assert session.run(tf.square(x)).tolist() == [0, 1, 4]
        assert session.run(x).tolist() == [0, 1, 2]
        np.testing.assert_allclose(session.run(x.entropy()), [1.4189385, 1.4189385, 2.1120858], rtol=1e-6)
    with pytest.raises(stochastic_tensor.NoValueTypeSetError, match="Did you forget to wrap"):
        stochastic_tensor.get_current_value_type()
    with pytest.raises(TypeError, match="dist must be an instance of Distribution"):
        stochastic_tensor.StochasticTensor(3)
    with pytest.raises(TypeError, match="dist_value_type must be a Distribution Value Type"):
        stochastic_tensor.StochasticTensor(normal(), dist_value_type=3)
    with pytest.raises(ValueError, match="Incompatible type conversion requested to type 'int32'"):
        tf.convert_to_tensor(x, dtype=tf.int32)


def test_as_0_10_spelt_it():
    with stochastic_graph.value_type(stochastic_graph.SampleAndReshapeValue()):
        z = stochastic_graph.DistributionTensor(distributions.Normal, mu=tf.zeros([5, 2]), sigma=tf.ones([5, 2]))
    assert z.value().get_shape().as_list() == [5, 2]


@pytest.mark.parametrize(("loss_fn", "factor"), [
    (estimators.score_function, [1.0, 2.0, 3.0]),
    (estimators.get_score_function_with_constant_baseline(8.0), [-7.0, -6.0, -5.0]),
    (estimators.get_score_function_with_advantage(lambda _, loss: 2.0 * loss), [2.0, 4.0, 6.0]),
])
def test_the_score_function(loss_fn, factor):
    logits = tf.Variable([0.5, 1.0, 2.0])
    x = stochastic_tensor.StochasticTensor(distributions.Bernoulli(logits=logits), loss_fn=loss_fn)
    gradient = tf.gradients(x.loss(tf.constant([1.0, 2.0, 3.0])), logits)[0]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        found, value = session.run([gradient, x])
    expected = np.array(factor) * (value - 1 / (1 + np.exp([-0.5, -1.0, -2.0])))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_mean_so_far_as_baseline():
    x = stochastic_tensor.StochasticTensor(
        distributions.Bernoulli(logits=tf.zeros([3])), loss_fn=estimators.get_score_function_with_baseline())
    loss = x.loss(tf.constant([1.0, 2.0, 3.0]))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert session.run(loss).shape == (3,)
    assert any("MeanBaseline" in variable.op.name for variable in tf.all_variables())


def test_the_surrogate_loss_has_the_gradient_of_the_expected_loss():
    logits = tf.Variable([0.5, 1.0])
    x = stochastic_tensor.StochasticTensor(distributions.Bernoulli(logits=logits))
    stochastic_tensor.StochasticTensor(distributions.Bernoulli(logits=logits), name="elsewhere")
    loss = tf.to_float(x) * 3.0
    surrogate = stochastic_graph.surrogate_loss([loss])
    gradient = tf.gradients(surrogate, logits)[0]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        found, value = session.run([gradient, x])
    np.testing.assert_allclose(found, 3 * value * (value - 1 / (1 + np.exp([-0.5, -1.0]))), rtol=1e-5)
    with pytest.raises(ValueError, match="loss must have dimensionality 1 or greater"):
        stochastic_graph.surrogate_loss([tf.constant(1.0)])
    with pytest.raises(TypeError, match="must be a list"):
        stochastic_graph.surrogate_loss(loss)


def test_what_was_observed():
    node = stochastic_tensor.ObservedStochasticTensor(normal(), value=[[1.0, 2.0, 3.0]] * 2)
    assert node.value().get_shape().as_list() == [2, 3]
    assert node.loss(tf.constant(1.0)) is None
    with pytest.raises(ValueError, match=r"Shape of observed value \(1,\) is incompatible with the shape of a sample"):
        stochastic_tensor.ObservedStochasticTensor(normal(), value=[1.0])
    with pytest.raises(ValueError, match="does not match type of distribution"):
        stochastic_tensor.ObservedStochasticTensor(normal(), value=[1, 2, 3])


@pytest.mark.parametrize(("form", "keep"), [(None, True), (Forms.analytic_kl, True), (Forms.analytic_entropy, True),
                                            (Forms.sample, True), (None, False)])
def test_the_bound(form, keep, drawn):
    _, q, prior = drawn
    z = stochastic_tensor.StochasticTensor(q)
    value = z.value()
    likelihood = tf.reduce_sum(value) * tf.ones([3])
    if form is None:
        variational_inference.register_prior(z, prior)
        bound = variational_inference.elbo(likelihood, keep_batch_dim=keep)
    else:
        bound = variational_inference.elbo(likelihood, {z: prior}, form=form)
    known = {None: -distributions.kl(q, prior), Forms.analytic_kl: -distributions.kl(q, prior),
             Forms.analytic_entropy: prior.log_prob(value) + q.entropy(),
             Forms.sample: prior.log_prob(value) - q.log_prob(value)}[form]
    with tf.Session() as session:
        found, first, rest = session.run([bound, likelihood, known])
    np.testing.assert_allclose(found, first + (rest if keep else rest.sum()), rtol=1e-5, atol=1e-5)


def test_the_bound_by_the_joint_likelihood():
    z = stochastic_tensor.StochasticTensor(normal())
    joint = tf.square(z)
    bound = variational_inference.elbo_with_log_joint(joint)
    with tf.Session() as session:
        found, first, rest = session.run([bound, joint, z.entropy()])
    np.testing.assert_allclose(found, first + rest, rtol=1e-6)
    with pytest.raises(ValueError, match="analytic_kl is not available when using elbo_with_log_joint"):
        variational_inference.elbo_with_log_joint(joint, form=Forms.analytic_kl)
    with pytest.raises(ValueError, match="No upstream stochastic nodes found"):
        variational_inference.elbo(tf.constant([1.0]))
    with pytest.raises(ValueError, match="No prior was given"):
        variational_inference.elbo(joint)
    with pytest.raises(TypeError, match="form must be an ELBOForms constant"):
        variational_inference.elbo(joint, {z: normal()}, form="sample")


@pytest.mark.parametrize(("function", "expected"), [
    (lambda z, p, q: monte_carlo.expectation(tf.square, p, z=z), [0.05, 0.10000001, 0.17]),
    (lambda z, p, q: monte_carlo.expectation_importance_sampler(tf.square, p.log_prob, q, z=z),
     [0.04999995, 0.17125952, 0.07348976]),
    (lambda z, p, q: monte_carlo.expectation_importance_sampler_logspace(
        lambda x: tf.log(tf.square(x)), p.log_prob, q, z=z), [-2.9957323, -1.7645744, -2.610609]),
    (lambda z, p, q: entropy.entropy_shannon(p, z=z, form=Forms.sample), [0.9439385, 1.1689385, 1.9333358]),
    (lambda z, p, q: entropy.entropy_shannon(p), [1.4189385, 1.4189385, 2.1120858]),
    (lambda z, p, q: entropy.elbo_ratio(p.log_prob, q, z=z), [0.47500002, 0.9431473, -0.51439726]),
    (lambda z, p, q: entropy.renyi_ratio(p.log_prob, q, 0.5, z=z), [0.0, 0.5063362, -0.8292973]),
    (lambda z, p, q: tf.pack([entropy.renyi_alpha(tf.constant(step), 10, 0.5) for step in (0, 3, 9, 30)]),
     [0.9999899864196777, 0.89818716, 0.5752710103988647, 0.5]),
])
def test_expected_values(function, expected, drawn):
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(function(*drawn)), expected, rtol=2e-6, atol=1e-7)


def test_samples_are_given_or_drawn(drawn):
    z, p, _ = drawn
    for options in ({}, {"z": z, "n": 3}):
        with pytest.raises(ValueError, match='Must specify exactly one of arguments "n" and "z"'):
            monte_carlo.expectation(tf.square, p, **options)
    with tf.Session() as session:
        mean = session.run(monte_carlo.expectation(lambda x: x, p, n=4000, seed=1))
    np.testing.assert_allclose(mean, [0, 1, 2], atol=0.15)
    with pytest.raises(ValueError, match="ELBOForm not handled by this function"):
        entropy.elbo_ratio(p.log_prob, p, z=z, form=Forms.analytic_kl)
    with pytest.raises(ValueError, match="step must be scalar"):
        entropy.renyi_alpha(tf.constant([3]), 10, 0.5)
