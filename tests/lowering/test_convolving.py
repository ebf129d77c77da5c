"""The forms of convolutions that are fast on a CPU give what the plain ones give."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import tracer as tf
from lowering import jaxprs
from lowering.kernels import depthwise
from lowering.kernels.convolving import convolved, to_filter, to_input, window_of
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


@pytest.mark.parametrize(("sizes", "taps", "stride", "padding"), [
    ((2, 9, 6, 1), (3, 6), 1, "VALID"), ((2, 5, 9, 3), (5, 2), 1, "VALID"), ((3, 4, 4, 2), (4, 4), 1, "VALID"),
    ((2, 9, 8, 2), (3, 6), 4, "VALID"), ((2, 3, 7, 2), (5, 3), 3, "SAME"), ((2, 2, 3, 2), (5, 5), 3, "SAME"),
    ((2, 3, 5, 4, 2), (3, 2, 4), 1, "VALID"), ((2, 3, 4, 5, 2), (3, 4, 2), 1, "VALID"),
])
def test_a_filter_that_covers_the_input_has_the_plain_gradients(sizes, taps, stride, padding, monkeypatch):
    x = jnp.asarray(rng.randn(*sizes).astype(np.float32))
    f = jnp.asarray(rng.randn(*taps, sizes[-1], 3).astype(np.float32))
    window = window_of(x.shape, f.shape, (1, *[stride] * len(taps), 1), padding)

    def everything(x, f):
        y, back = jax.vjp(lambda x, f: convolved(window, x, f), x, f)
        of_gradient = jax.grad(lambda y, f: jnp.sum(to_input(window, x.shape, y, f) ** 3), (0, 1))(y, f)
        return y, *back(jnp.sin(y)), *of_gradient

    plain = jax.jit(lambda x, f: lax.conv_general_dilated(
        x, f, window.strides, window.pads, dimension_numbers=window.layout))
    expected = jax.vjp(plain, x, f)[1](jnp.sin(plain(x, f)))
    fast = jax.jit(everything)(x, f)
    assert 1 in fast[0].shape[1:-1]
    for found, value in zip(fast[1:3], expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-5 * np.abs(value).max())
    monkeypatch.setenv("TRACER_WITHOUT", "convolutions")
    for found, value in zip(fast, jax.jit(lambda x, f: everything(x, f))(x, f), strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-5 * np.abs(value).max())


def largest(jaxpr):
    """The size of the largest array that a jaxpr makes."""
    made = [0]
    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        made += [variable.aval.size for variable in equation.outvars] + list(map(largest, jaxprs.inside(equation)))
    return max(made)


def test_a_filter_that_covers_the_input_meets_each_result_once(monkeypatch):
    """The text networks of the time convolve so: no zeros stand around what their filters meet going back."""
    monkeypatch.setenv("TRACER_WITHOUT", "")
    sizes, taps = (4, 20, 64, 1), (3, 64, 1, 8)
    window = window_of(sizes, taps, (1, 1, 1, 1), "VALID")
    jaxpr = jax.make_jaxpr(lambda g, f: to_input(window, sizes, g, f))(jnp.ones((4, 18, 1, 8)), jnp.ones(taps))
    assert largest(jaxpr) <= 4 * 20 * 64


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
