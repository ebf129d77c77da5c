"""What several read is computed once, to the same numbers, and keeps no variable from being updated in place."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tracer as tf
from lowering import jaxprs
from lowering.kernels import random
from lowering.kernels.apart import apart
from lowering.kernels.convolving import convolved, window_of
from lowering.programs import options

RNG = np.random.RandomState(0)
IMAGES, CLASSES = RNG.rand(6, 10, 10, 1).astype(np.float32), RNG.randint(0, 3, 6).astype(np.int32)


def taps_in_the_program(monkeypatch, without):
    """How often a program multiplies that convolves with a filter of nine taps and reads the result twice."""
    monkeypatch.setenv("TRACER_WITHOUT", without)
    filter = RNG.randn(3, 3, 1, 8).astype(np.float32)

    def function(images, filter):
        y = convolved(window_of(images.shape, filter.shape, (1, 1, 1, 1), "SAME"), images, filter)
        return jnp.maximum(y, 0), jnp.maximum(y[:, ::2], y[:, 1::2])

    return jax.jit(function).lower(IMAGES, filter).compile().as_text().count(" multiply(")


def test_a_convolution_is_computed_once(monkeypatch):
    assert taps_in_the_program(monkeypatch, "") == 9
    assert taps_in_the_program(monkeypatch, "apart") > 9


@pytest.mark.parametrize("draw", [
    lambda stream: random.uniform(stream, (70,), np.float32), lambda stream: random.normal(stream, (70,), np.float64),
    lambda stream: random.truncated_normal(stream, (70,), np.float32),
    lambda stream: random.uniform_int(stream, (70,), 3, 99, np.int32),
    lambda stream: random.permutation(stream, 70),
])
def test_random_numbers_are_the_same_to_the_bit(draw, monkeypatch):
    stream, found = random.stream_of(7, 9), []
    for without in ("", "apart"):
        monkeypatch.setenv("TRACER_WITHOUT", without)
        with jax.enable_x64(True):
            found.append([np.asarray(value).tolist() for value in jax.jit(draw)(stream)])
    assert found[0] == found[1]


def test_drawing_is_no_loop(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    with jax.enable_x64(True):
        jaxpr = jax.make_jaxpr(lambda stream: random.uniform(stream, (700,), np.float32))(random.stream_of(1, 2))
        assert jaxprs.is_straight(jaxpr)
        with options.portable():  # what is for any device has one
            jaxpr = jax.make_jaxpr(lambda stream: random.uniform(stream, (700,), np.float32))(random.stream_of(1, 2))
            assert not jaxprs.is_straight(jaxpr)


def test_what_it_calls_is_inlined_and_its_gradient_is_right(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    function = jax.jit(lambda x: apart(lambda x: jnp.pad(x, 1) ** 2)(x).sum())
    assert function.lower(jnp.arange(4.0)).compile().as_text().count(" call(") == 1
    np.testing.assert_allclose(jax.grad(function)(jnp.arange(4.0)), [0, 2, 4, 6])
    np.testing.assert_allclose(jax.vmap(function)(jnp.ones((2, 3))), [3, 3])


def trained(optimizer):
    """Losses and variables of three steps of a network with a convolution of few taps and dropout, and its program."""
    tf.reset_default_graph()
    tf.set_random_seed(1)
    images, classes = tf.placeholder(tf.float32, [None, 10, 10, 1]), tf.placeholder(tf.int32, [None])
    taps = tf.Variable(np.cos(np.arange(72)).reshape(3, 3, 1, 8), dtype=tf.float32)
    hidden = tf.nn.relu(tf.nn.conv2d(images, taps, [1, 1, 1, 1], "SAME"))
    hidden = tf.nn.max_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    hidden = tf.nn.dropout(tf.reshape(hidden, [-1, 200]), 0.5)
    weights = tf.Variable(np.sin(np.arange(8000)).reshape(200, 40), dtype=tf.float32)
    last = tf.Variable(np.cos(np.arange(120)).reshape(40, 3), dtype=tf.float32)
    logits = tf.matmul(tf.tanh(tf.matmul(hidden, weights)), last)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, classes))
    step = optimizer.minimize(loss)
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    losses = [session.run([loss, step], {images: IMAGES, classes: CLASSES})[0] for _ in range(3)]
    program = next(e.single for e in session.runs() if e.single is not None and e.single.updated)
    return [losses, *(value.tolist() for value in session.run(tf.all_variables()))], program


@pytest.mark.parametrize("optimizer", [tf.train.AdamOptimizer(0.01), tf.train.MomentumOptimizer(0.1, 0.9)])
def test_variables_are_updated_in_place_beside_it(optimizer, monkeypatch):
    found = {}
    for without in ("", "in_place", "apart"):
        monkeypatch.setenv("TRACER_WITHOUT", without)
        found[without], program = trained(optimizer)
        text = next(iter(program._last._found.values())).as_text()
        copies = [line for line in text.splitlines() if "f32[40,3]" in line and " copy(" in line]
        assert bool(copies) == bool(without), text
        assert ('inlineable="false"' in text) == (without != "apart")
    assert found[""] == found["in_place"]
    for one, other in zip(found[""], found["apart"], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
