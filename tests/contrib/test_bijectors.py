"""Invertible functions, and distributions of what they give, as 0.12.1 computes them."""

import numpy as np
import pytest

import tracer as tf

ds = tf.contrib.distributions
bijector = ds.bijector
X = np.float32([[-1.0, 0.5, 2.0], [0.3, 0.1, -0.7]])
LOWER = np.float32([[2, 0], [1, 3]])


def asked(made, x, y):
    """Forward, inverse, and both Jacobians."""
    with tf.Session() as session:
        return session.run([made.forward(x), made.inverse(y), made.forward_log_det_jacobian(x),
                            made.inverse_log_det_jacobian(y)])


@pytest.mark.parametrize(("make", "y", "expected"), [
    (lambda: bijector.Exp(event_ndims=1), np.exp(X), [np.exp(X), X, [1.5, -0.3], [-1.5, 0.3]]),
    (lambda: bijector.Exp(), np.exp(X), [np.exp(X), X, X, -X]),
    (lambda: bijector.Softplus(event_ndims=1), np.exp(X), [
        [[0.31326163, 0.974077, 2.126928], [0.8543552, 0.7443967, 0.40318608]],
        [[-0.8104277, 1.4351621, 7.388438], [1.0497305, 0.7029692, -0.44145352]],
        [-1.9142667, -2.301938], [1.3924847, 1.6403689]]),
    (lambda: bijector.Chain([bijector.Exp(event_ndims=1), bijector.Softplus(event_ndims=1)]), np.exp(X) + 1.5, [
        [[1.3678794, 2.6487212, 8.389057], [2.3498588, 2.105171, 1.4965854]], None, None, [-2.6886468, -1.0849192]]),
    (lambda: bijector.SoftmaxCentered(event_ndims=1), np.float32([
        [0.03535379, 0.15844472, 0.71009994, 0.09610157], [0.34159675, 0.27967575, 0.12566642, 0.2530611]]), [
        [[0.03535379, 0.15844472, 0.71009994, 0.09610157], [0.34159675, 0.27967575, 0.12566642, 0.2530611]], X,
        [-7.869398, -5.7964973], [7.869398, 5.7964973]]),
    (lambda: bijector.SigmoidCentered(), np.stack([1 / (1 + np.exp(-X)), 1 / (1 + np.exp(X))], -1), [
        np.stack([1 / (1 + np.exp(-X)), 1 / (1 + np.exp(X))], -1), X, None,
        [[1.6265233, 1.448154, 2.2538562], [1.4087105, 1.3887933, 1.5063722]]]),
    (lambda: bijector.ScaleAndShift(scale=LOWER[None], shift=np.float32([[1, 2]]), event_ndims=1), X[:1, :2], [
        None, [[-1, -0.16666667]], None, [-1.7917595]]),
    (lambda: bijector.Invert(bijector.Exp(event_ndims=1)), X, [None, np.exp(X), None, [1.5, -0.3]]),
], ids=["exp of events", "exp", "softplus", "chain", "softmax", "sigmoid", "scale and shift", "invert"])
def test_functions(make, y, expected):
    made = make()
    x = X if not isinstance(made, (bijector.ScaleAndShift, bijector.Invert)) else y if made.name[0] == "s" else np.exp(X)
    for got, want in zip(asked(made, x, np.float32(y)), expected, strict=True):
        if want is not None:
            np.testing.assert_allclose(got, want, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("make", [
    lambda: bijector.Exp(event_ndims=1), lambda: bijector.Softplus(event_ndims=1),
    lambda: bijector.ScaleAndShift(shift=[0.5, 1.0], scale=[[-2.0, 0.0], [1.0, 3.0]], event_ndims=1),
    lambda: bijector.Chain([bijector.Exp(event_ndims=1), bijector.Invert(bijector.Softplus(event_ndims=1))]),
], ids=["exp", "softplus", "scale and shift", "chain"])
def test_jacobians_are_those_of_the_functions(make):
    made = make()
    x = tf.constant([0.7, 1.4])
    y = made.forward(x)
    with tf.Session() as session:
        rows = session.run([tf.gradients(y[i], x)[0] for i in range(2)])
        forward, backward, again = session.run([
            made.forward_log_det_jacobian(x), made.inverse_log_det_jacobian(y), made.inverse(y)])
    wanted = np.log(abs(np.linalg.det(rows)))
    np.testing.assert_allclose([forward, backward], [wanted, -wanted], rtol=1e-4)
    np.testing.assert_allclose(again, [0.7, 1.4], rtol=1e-5)


def test_products_of_triangular_matrices():
    made = bijector.CholeskyOuterProduct()
    y = LOWER @ LOWER.T
    forward, inverse, stretched, back = asked(made, LOWER, y)
    np.testing.assert_allclose(forward, y)
    np.testing.assert_allclose(inverse, LOWER, rtol=1e-6)
    # of (4, 2, 10) by (2, 1, 3): the determinant of [[4, 0, 0], [1, 2, 0], [0, 2, 6]]
    np.testing.assert_allclose([stretched, -back], [np.log(48)] * 2, rtol=1e-5)
    assert asked(bijector.CholeskyOuterProduct(event_ndims=0), np.float32(3), np.float32(9)) == [
        9, 3, pytest.approx(np.log(6)), pytest.approx(-np.log(6))]


def test_names_shapes_and_what_is_not_there():
    exp, plus = bijector.Exp(), bijector.Softplus()
    assert [one.name for one in (exp, bijector.Invert(exp), bijector.Chain([exp, plus]), bijector.Identity())] == [
        "exp", "invert_exp", "chain_of_exp_of_softplus", "identity"]
    center = bijector.SoftmaxCentered(event_ndims=1)
    assert center.get_forward_event_shape([4]).as_list() == [5]
    assert center.get_inverse_event_shape([5]).as_list() == [4]
    assert bijector.Identity().is_constant_jacobian
    assert not exp.is_constant_jacobian
    with tf.Session() as session:
        assert session.run([center.forward_event_shape([4]), center.inverse_event_shape([5])])[0].tolist() == [5]
        assert session.run(bijector.Identity().inverse_log_det_jacobian(X)) == 0
        mine = bijector.Inline(forward_fn=tf.exp, inverse_fn=tf.log, name="mine",
                               inverse_log_det_jacobian_fn=lambda y: -tf.reduce_sum(tf.log(y), -1))
        np.testing.assert_allclose(session.run(mine.inverse_log_det_jacobian(np.exp(X))), [-1.5, 0.3], rtol=1e-5)
    with pytest.raises(NotImplementedError, match="forward_fn is not a callable function"):
        bijector.Inline().forward(X)
    with pytest.raises(ValueError, match="scales of vectors must be matrices"):
        bijector.ScaleAndShift(scale=2.0, shift=[1.0, 2.0], event_ndims=1)


def test_a_log_normal_distribution():
    made = ds.TransformedDistribution(distribution=ds.Normal(mu=0.5, sigma=2.0), bijector=bijector.Exp(),
                                      name="LogNormal")
    y = np.float32([0.5, 1.0, 3.0])
    with tf.Session() as session:
        found = session.run([made.log_prob(y), made.prob(y), made.cdf(y), made.survival_function(y)])
        drawn = session.run([made.sample(3, seed=4), made.distribution.sample(3, seed=4)])
    for got, want in zip(found, [
            [-1.0968885, -1.6433357, -2.75549], [0.3339084, 0.19333406, 0.06357785], [0.27539605, 0.4012937, 0.61764675],
            [0.72460395, 0.5987063, 0.38235325]], strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-5)
    np.testing.assert_allclose(drawn[0], np.exp(drawn[1]), rtol=1e-5)
    assert [made.get_batch_shape(), made.get_event_shape()] == [tf.TensorShape([])] * 2
    assert (made.is_continuous, made.is_reparameterized, made.dtype) == (True, True, tf.float32)
    for ask in ("mean", "entropy"):
        with pytest.raises(NotImplementedError, match=f"{ask} is not implemented"):
            getattr(made, ask)()


def test_a_distribution_of_chances():
    made = ds.TransformedDistribution(ds.MultivariateNormalDiag([0.0, 1.0], [1.0, 2.0]),
                                      bijector.SoftmaxCentered(event_ndims=1))
    assert made.get_event_shape().as_list() == [3]
    chances = np.float32([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    logits = np.log(chances[:, :2] / chances[:, 2:])
    wanted = (-0.5 * ((logits - [0, 1]) / [1, 2]) ** 2 - np.log([1, 2]) - 0.5 * np.log(2 * np.pi)).sum(1) \
        - np.log(chances).sum(1)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(made.log_prob(chances)), wanted, rtol=1e-5)
        assert session.run(made.sample(4)).sum(1) == pytest.approx(np.ones(4))
