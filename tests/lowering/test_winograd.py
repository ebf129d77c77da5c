"""Convolutions with fewer products are within the roundings of the plain ones, and zeros stay zeros."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tracer as tf
from lowering.kernels import winograd
from lowering.kernels.convolving import convolved, to_filter, to_input, window_of

rng = np.random.RandomState(0)
made = winograd.convolved


@pytest.fixture(autouse=True)
def taken(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")
    for name, value in {"LEAST": 1, "LEAST_EACH": 1, "CHANNELS": 9}.items():
        monkeypatch.setattr(winograd, name, value)


def arrays(images, high, wide, taps, across, inputs, outputs):
    x = rng.randn(images, high, wide, inputs).astype(np.float32)
    return jnp.asarray(x), jnp.asarray(rng.randn(taps, across, inputs, outputs).astype(np.float32))


def is_taken(window, x, f):
    """Whether a convolution is computed by parts."""
    return str(jax.make_jaxpr(lambda x, f: convolved(window, x, f))(x, f)).count("conv_general_dilated") > 1


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("sizes", [
    (2, 12, 7, 5, 5, 10, 9), (12, 14, 6, 5, 1, 9, 11), (3, 9, 7, 3, 3, 16, 10), (1, 11, 5, 3, 4, 9, 9),
    (9, 8, 8, 3, 2, 9, 12)])
def test_values_and_gradients_are_the_plain_ones(sizes, padding, monkeypatch):
    x, f = arrays(*sizes)
    window = window_of(x.shape, f.shape, (1, 1, 1, 1), padding)
    g = jnp.asarray(rng.randn(*jax.eval_shape(lambda: convolved(window, x, f)).shape).astype(np.float32))

    def everything(x, f):
        y, back = jax.vjp(lambda x, f: convolved(window, x, f), x, f)
        again = jax.grad(lambda g: jnp.sum(to_filter(window, f.shape, x, g) ** 2) + jnp.sum(
            to_input(window, x.shape, g, f) ** 2))(g)
        batched = jax.vmap(lambda f: convolved(window, x, f))(jnp.stack([f, f + 1]))
        return y, *back(g), again, batched

    assert is_taken(window, x, f)
    found = jax.jit(everything)(x, f)
    monkeypatch.setenv("TRACER_WITHOUT", "winograd")
    assert not is_taken(window, x, f)
    for one, plain in zip(found, jax.jit(lambda x, f: everything(x, f))(x, f), strict=True):
        np.testing.assert_allclose(one, plain, atol=5e-6 * np.abs(plain).max(), rtol=0)


def test_what_meets_zeros_alone_is_zero(monkeypatch):
    x, f = arrays(2, 12, 9, 5, 5, 9, 9)
    x = x.at[:, 3:].set(0).at[:, :, 6:].set(0)
    window = window_of(x.shape, f.shape, (1, 1, 1, 1), "SAME")
    found = convolved(window, x, f)
    monkeypatch.setenv("TRACER_WITHOUT", "winograd")
    plain = convolved(window, x, f)
    np.testing.assert_array_equal(found == 0, plain == 0)
    assert (plain == 0).any()
    assert np.isnan(jax.jit(lambda: convolved(window, x.at[0, 9, 8].set(np.nan), f))()[0, 8, 7]).all()


@pytest.mark.parametrize(("sizes", "strides", "dtype"), [
    ((2, 12, 12, 5, 5, 9, 9), 2, np.float32), ((2, 12, 12, 5, 5, 9, 9), 1, np.float16),
    ((2, 12, 12, 4, 5, 9, 9), 1, np.float32),
    ((2, 12, 12, 5, 5, 8, 9), 1, np.float32), ((2, 5, 12, 3, 3, 9, 9), 1, np.float32)])
def test_others_are_left_alone(sizes, strides, dtype):
    x, f = (array.astype(dtype) for array in arrays(*sizes))
    assert not is_taken(window_of(x.shape, f.shape, (1, strides, strides, 1), "SAME"), x, f)


def test_the_products_of_whole_numbers_are_those_that_the_matrices_say():
    for taps in winograd.POINTS:
        inputs, filters, results = (matrix.astype(np.float64) for matrix in winograd.transforms(taps))
        x, f = rng.randint(-9, 9, winograd.TILE + taps - 1), rng.randint(-9, 9, taps)
        np.testing.assert_allclose(results @ ((inputs @ x) * (filters @ f)), np.correlate(x, f, "valid"), atol=1e-5)


@pytest.mark.parametrize(("layers", "trains", "has"), [(1, True, True), (1, False, False), (5, True, False)])
def test_trainings_of_few_layers_have_it(layers, trains, has, monkeypatch):
    x = tf.placeholder(tf.float32, [8, 12, 12, 9])
    y = x
    for _ in range(layers):
        y = tf.nn.relu(tf.nn.conv2d(y, tf.Variable(tf.truncated_normal([5, 5, 9, 9], stddev=0.1)), [1, 1, 1, 1], "SAME"))
    loss = tf.reduce_mean(tf.square(y))
    fetches = [loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss)] if trains else loss
    seen = []
    monkeypatch.setattr(winograd, "convolved", lambda pads, *arrays: seen.append(pads) or made(pads, *arrays))
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        sess.run(fetches, {x: rng.rand(8, 12, 12, 9)})
    assert bool(seen) == has
