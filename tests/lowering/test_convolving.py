"""The forms of convolutions that are fast on a CPU give what the plain ones give."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tracer as tf
from lowering.kernels import depthwise
from lowering.kernels.convolving import convolved, to_filter, window_of
from lowering.programs import options

rng = np.random.RandomState(0)
SHAPES = [  # images, size, channels, taps, filters
    (1, 16, 3, 3, 4), (2, 12, 1, 5, 8), (3, 7, 2, 4, 3), (5, 10, 4, 2, 2), (7, 16, 8, 3, 5),
    (1, 5, 1, 5, 2), (9, 8, 1, 3, 2), (4, 9, 3, 4, 2), (3, 7, 40, 1, 6), (16, 6, 2, 1, 3),
]


@pytest.mark.parametrize(("sizes", "stride", "padding"), list(itertools.product(SHAPES, (1, 2), ("SAME", "VALID"))))
def test_values_and_gradients_are_the_plain_ones(sizes, stride, padding, monkeypatch):
    images, size, channels, taps, filters = sizes
    x = jnp.asarray(rng.randn(images, size, size + 2, channels).astype(np.float32))
    f = jnp.asarray(rng.randn(taps, taps, channels, filters).astype(np.float32))
    window = window_of(x.shape, f.shape, (1, stride, stride, 1), padding)

    def everything(x, f):
        y = convolved(window, x, f)
        by_input, by_filter = jax.vjp(lambda x, f: convolved(window, x, f), x, f)[1](jnp.sin(y))
        again = jax.grad(lambda g: jnp.sum(to_filter(window, f.shape, x, g) ** 2))(y)
        batched = jax.vmap(lambda f: convolved(window, x, f))(jnp.stack([f, f + 1]))
        return y, by_input, by_filter, again, batched

    fast = jax.jit(everything)(x, f)
    monkeypatch.setenv("TRACER_WITHOUT", "convolutions")
    for found, plain in zip(fast, jax.jit(lambda x, f: everything(x, f))(x, f), strict=True):
        np.testing.assert_allclose(found, plain, rtol=1e-5, atol=1e-5 * np.abs(plain).max())


@pytest.mark.parametrize(("size", "taps", "multiplier", "stride", "padding", "terms"), [
    (9, 3, 1, 1, "SAME", 288), (9, 4, 2, 1, "SAME", 288), (8, 3, 2, 2, "SAME", 288), (9, 2, 1, 2, "VALID", 288),
    (9, 3, 1, 1, "SAME", 36), (11, 3, 2, 2, "VALID", 9), (7, 4, 1, 3, "SAME", 32), (3, 5, 1, 1, "SAME", 288),
    (3, 5, 2, 2, "SAME", 25),
])
def test_filters_of_each_channel_have_the_plain_gradients(size, taps, multiplier, stride, padding, terms, monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    monkeypatch.setattr(depthwise, "LEAST", 1)
    monkeypatch.setattr(depthwise, "TERMS", terms)
    x = jnp.asarray(rng.randn(3, size, size + 2, 2).astype(np.float32))
    f = jnp.asarray(rng.randn(taps, taps, 2, multiplier).astype(np.float32))
    window = window_of(x.shape, f.shape, (1, stride, stride, 1), padding)

    def everything(x, f):
        y, back = jax.vjp(lambda x, f: depthwise.convolved_each(window, x, f), x, f)
        return y, *back(jnp.sin(y)), jax.grad(lambda g: jnp.sum(depthwise.each_to_filter(window, f.shape, x, g) ** 2))(y)

    fast = jax.jit(everything)(x, f)
    monkeypatch.setenv("TRACER_WITHOUT", "convolutions")
    for found, plain in zip(fast, jax.jit(lambda x, f: everything(x, f))(x, f), strict=True):
        np.testing.assert_allclose(found, plain, rtol=1e-5, atol=1e-5 * np.abs(plain).max())


def test_a_filter_larger_than_the_input_gives_nothing():
    x, f = jnp.ones((1, 2, 5, 1)), jnp.ones((3, 3, 1, 2))
    window = window_of(x.shape, f.shape, (1, 2, 2, 1), "VALID")
    assert convolved(window, x, f).shape == (1, 0, 2, 2)


def test_only_programs_that_convolve_get_other_options(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    monkeypatch.setattr(options, "cores", lambda: 2)
    monkeypatch.setattr(options, "_known", lambda: True)
    x = tf.placeholder(tf.float32, [2, 8, 8, 3])
    y = tf.nn.conv2d(x, tf.ones([3, 3, 3, 4]), [1, 1, 1, 1], "SAME")
    tf.cond(tf.reduce_sum(x) > 0, lambda: tf.nn.conv2d(x, tf.ones([3, 3, 3, 4]), [1, 1, 1, 1], "SAME"), lambda: y)
    around, = [op for op in tf.get_default_graph().get_operations() if op.type == "Cond"]
    assert options.compiler_options([y.op]) is options.compiler_options([around]) is not None
    assert options.compiler_options([tf.reduce_sum(x).op, tf.matmul(tf.ones([2, 2]), tf.ones([2, 2])).op]) is None
    monkeypatch.setenv("TRACER_WITHOUT", "all")
    assert options.compiler_options([y.op]) is None


def test_an_option_that_xla_does_not_know_is_left_out(monkeypatch):
    monkeypatch.setattr(options, "_NO_CONVOLUTIONS", {"xla_cpu_no_such_option": "1"})
    options._known.cache_clear()
    assert not options._known()
    options._known.cache_clear()
    monkeypatch.undo()
    monkeypatch.setenv("XLA_FLAGS", f"--{options._LIBRARY}=")
    assert not options._known()
    options._known.cache_clear()


def test_a_misspelt_path_is_named(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "convolution")
    with pytest.raises(ValueError, match=r"TRACER_WITHOUT names \['convolution'\]"):
        tf.Session().run(tf.nn.conv2d(tf.ones([1, 4, 4, 1]), tf.ones([2, 2, 1, 1]), [1, 1, 1, 1], "SAME"))
