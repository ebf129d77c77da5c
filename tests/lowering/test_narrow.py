"""Products of few columns give what they always gave, with their gradients, and are written so that those are fast."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tracer as tf
from lowering.kernels import narrow

pytestmark = pytest.mark.usefixtures("fast_paths")
RNG = np.random.RandomState(0)


@pytest.mark.parametrize(("rows", "depth", "columns", "is_narrow"), [
    (100, 784, 10, True), (64, 64, 2, True), (8, 784, 16, True), (100, 784, 17, False), (100, 63, 10, False),
    (100, 784, 1, False)])
def test_which_are_narrow(rows, depth, columns, is_narrow):
    a, b = jnp.zeros((rows, depth)), jnp.zeros((depth, columns))
    assert narrow.is_narrow(a, b) == is_narrow


def test_other_types_and_devices_have_their_products(monkeypatch):
    with jax.enable_x64(True):
        assert not narrow.is_narrow(jnp.zeros((64, 64), jnp.float64), jnp.zeros((64, 8), jnp.float64))
    monkeypatch.setenv("TRACER_WITHOUT", "narrow")
    assert not narrow.is_narrow(jnp.zeros((64, 64)), jnp.zeros((64, 8)))


def test_values_and_gradients_of_both_orders():
    a, b = (RNG.randn(*shape).astype(np.float32) for shape in ((40, 90), (90, 7)))

    def first(product):
        return lambda a, b: jnp.sum(jnp.tanh(product(a, b)) ** 2)

    def second(product):
        return lambda a, b: sum(jnp.sum(g ** 2) for g in jax.grad(first(product), (0, 1))(a, b))

    np.testing.assert_allclose(narrow.product(a, b), a.astype(np.float64) @ b, rtol=1e-5, atol=1e-5)
    for order in (first, second):
        found = jax.jit(jax.grad(order(narrow.product), (0, 1)))(a, b)
        expected = jax.grad(order(jnp.matmul), (0, 1))(a, b)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())
    tangents = jax.jvp(narrow.product, (a, b), (a, b))[1]
    np.testing.assert_allclose(tangents, 2 * (a @ b), rtol=1e-4, atol=1e-4)


def graph():
    x = tf.placeholder(tf.float32, [None, 80])
    weight = tf.Variable(tf.random_normal([80, 5], seed=3))
    loss = tf.nn.l2_loss(tf.tanh(tf.matmul(x, weight)))
    return x, weight, loss, tf.train.GradientDescentOptimizer(0.01).minimize(loss)


@pytest.mark.parametrize("without", ["", "narrow"])
def test_training_with_and_without(without, monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", without)
    rows = np.random.RandomState(1).randn(30, 80).astype(np.float32)
    x, weight, _, train = graph()
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        start = sess.run(weight).astype(np.float64)
        sess.run(train, {x: rows})
        found = sess.run(weight)
    scores = np.tanh(rows @ start)
    expected = start - 0.01 * (rows.T.astype(np.float64) @ (scores * (1 - scores ** 2)))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_gradient_is_the_transpose_of_a_product():
    """In XLA's program: no product whose result has as many rows as the weight."""
    a, b = jnp.ones((100, 784)), jnp.ones((784, 10))
    text = jax.jit(jax.grad(lambda b: jnp.sum(jnp.sin(narrow.product(a, b))))).lower(b).compile().as_text()
    assert "f32[784,10]{1,0} dot(" not in text


def test_a_program_that_differentiates_nothing_has_the_plain_one(monkeypatch):
    seen = []
    monkeypatch.setattr(narrow, "product", lambda a, b: seen.append(a.shape) or a @ b)
    x, _, loss, train = graph()
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        rows = np.ones((30, 80), np.float32)
        sess.run(loss, {x: rows})
        assert not seen
        sess.run(train, {x: rows})
        assert seen


def test_one_program_serves_batches_of_all_sizes(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    x, _, loss, train = graph()
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        for rows in (40, 40, 9, 17, 3, 11, 5):
            sess.run([loss, train], {x: np.ones((rows, 80), np.float32)})
        program = next(run.single for run in sess.runs() if train in run.targets)
    assert len(program.variants) <= 2
