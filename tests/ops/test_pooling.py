"""Pooling against TensorFlow."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tracer import errors

rng = np.random.RandomState(4)
IMAGES = rng.randn(2, 7, 6, 3).astype(np.float32)
TIED = rng.randint(0, 3, (2, 7, 6, 3)).astype(np.float32)
LONG = rng.randn(2, 40, 3, 2).astype(np.float32)
VOLUME = rng.randint(0, 3, (1, 5, 4, 3, 2)).astype(np.float32)
WINDOWS = (([1, 2, 2, 1], [1, 2, 2, 1]), ([1, 3, 3, 1], [1, 2, 2, 1]), ([1, 3, 2, 1], [1, 1, 1, 1]), ([1, 1, 1, 1], [1, 2, 3, 1]),
           ([1, 5, 4, 1], [1, 1, 2, 1]), ([1, 7, 6, 1], [1, 1, 1, 1]))


@parity([
    *(case(f"nn.{name}", x, ksize, strides, padding, feed="rank") for name, x in (("max_pool", TIED), ("avg_pool", IMAGES))
      for ksize, strides in WINDOWS for padding in ("SAME", "VALID")),
    *(case(f"nn.{name}", LONG, [1, 40, 1, 1], [1, 40, 1, 1], "VALID", feed="rank") for name in ("max_pool", "avg_pool")),
    case("nn.max_pool", LONG, [1, 20, 1, 1], [1, 3, 1, 1], "SAME", feed="rank"),
    case("nn.max_pool", np.float32([[[[1, 2, 5, 3, 4, 4]]]]), [1, 1, 1, 3], [1, 1, 1, 3], "SAME", gradient=False, feed="rank"),
    case("nn.max_pool", np.float32([1, np.nan, 0.5, 1, 1, 1, 3, 1, 1]).reshape(1, 3, 3, 1), [1, 2, 2, 1], [1, 1, 1, 1],
         "SAME", gradient=False, feed="rank"),
    *(case(f"nn.{name}3d", VOLUME, ksize, strides, padding, feed="rank") for name in ("max_pool", "avg_pool")
      for ksize, strides in (([1, 2, 2, 2, 1], [1, 2, 2, 2, 1]), ([1, 3, 2, 3, 1], [1, 1, 1, 1, 1]))
      for padding in ("SAME", "VALID")),
])
def test_pooling(case):
    case.check()


@pytest.mark.parametrize(("ksize", "stride"), [(2, 2), (3, 1), (6, 6)])
def test_the_places_of_the_maxima(ksize, stride):
    window, strides = [1, ksize, ksize, 1], [1, stride, stride, 1]
    x = tf.constant(TIED)
    pooled, places = tf.nn.max_pool_with_argmax(x, window, strides, "SAME")
    plain = tf.nn.max_pool(x, window, strides, "SAME")
    values, at, wanted, slope, plain_slope = tf.Session().run(
        [pooled, places, plain, tf.gradients(pooled, x)[0], tf.gradients(plain, x)[0]])
    np.testing.assert_array_equal(values, wanted)
    np.testing.assert_array_equal(slope, plain_slope)
    flat = TIED.reshape(2, -1)
    np.testing.assert_array_equal(np.take_along_axis(flat, at.reshape(2, -1), 1), values.reshape(2, -1))
    assert at.dtype == np.int64


def test_places_of_ties_are_the_first():
    _, places = tf.nn.max_pool_with_argmax(np.float32([1, 1, 1, 1, 0, 1, 1, 1, 1]).reshape(1, 3, 3, 1), [1, 2, 2, 1],
                                           [1, 1, 1, 1], "VALID", Targmax=tf.int32)
    np.testing.assert_array_equal(tf.Session().run(places).ravel(), [0, 1, 3, 5])


def test_the_gradient_of_a_gradient_of_pooling():
    x = np.arange(12.0, dtype=np.float32).reshape(1, 3, 4, 1)
    tensor = tf.constant(x)
    pooled = tf.nn.max_pool(tf.square(tensor), [1, 1, 2, 1], [1, 1, 2, 1], "VALID")
    (once,) = tf.gradients(pooled, tensor)
    (twice,) = tf.gradients(once, tensor)
    first, second = tf.Session().run([once, twice])
    largest = x % 2 == 1  # of each pair the second
    np.testing.assert_array_equal(first, np.where(largest, 2 * x, 0))
    np.testing.assert_array_equal(second, np.where(largest, 2, 0))


def test_channels_first_is_channels_last_transposed():
    x = tf.constant(TIED)
    turned = tf.transpose(x, [0, 3, 1, 2])
    for pool in (tf.nn.max_pool, tf.nn.avg_pool):
        last = pool(x, [1, 3, 2, 1], [1, 2, 1, 1], "SAME")
        first = pool(turned, [1, 1, 3, 2], [1, 1, 2, 1], "SAME", data_format="NCHW")
        assert first.get_shape().as_list() == [2, 3, 4, 6]
        wanted, got, by_last, by_first = tf.Session().run([last, first, tf.gradients(last, x)[0], tf.gradients(first, x)[0]])
        np.testing.assert_allclose(got.transpose(0, 2, 3, 1), wanted, rtol=1e-6)
        np.testing.assert_allclose(by_first, by_last, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("pool", "ksize", "strides", "message"), [
    (tf.nn.max_pool, [1, 2, 2, 2], [1, 1, 1, 2], "exactly one of pooling across depth"),
    (tf.nn.max_pool, [1, 1, 1, 2], [1, 1, 1, 1], "depth window to equal the depth stride"),
    (tf.nn.max_pool, [1, 1, 1, 3], [1, 1, 1, 3], "evenly divide"),
    (tf.nn.max_pool, [1, 2, 2, 1], [2, 1, 1, 1], "strides in the batch"),
    (tf.nn.avg_pool, [1, 2, 2, 1], [1, 1, 1, 2], "strides in the batch and depth"),
])
def test_what_does_not_fit(pool, ksize, strides, message):
    with pytest.raises(ValueError, match=message):
        pool(tf.placeholder(tf.float32, [1, 8, 8, 4]), ksize, strides, "SAME")


def test_a_window_is_no_larger_than_the_input_without_padding():
    with pytest.raises(ValueError, match="Filter must not be larger than the input"):
        tf.nn.max_pool(tf.placeholder(tf.float32, [1, 8, 8, 4]), [1, 9, 2, 1], [1, 1, 1, 1], "VALID")


@pytest.mark.parametrize(("pool", "ksize", "strides", "shape", "first", "total", "by_input", "squares"), [
    (tf.nn.max_pool, [1, 5, 4, 1], [1, 1, 1, 1], [2, 2, 3, 2], [2.25, 2.5, 2.25, 2.5], 55.5, [0, 0, 0, 30], 2889.0),
    (tf.nn.max_pool, [1, 3, 3, 1], [1, 2, 2, 1], [2, 1, 2, 2], [2.25, 2.5, 1.5, 2.5], 17.5, [0, 0, 0, 10], 258.5),
    (tf.nn.avg_pool, [1, 3, 5, 1], [1, 1, 2, 1], [2, 2, 2, 2], [0.9583, 1.3333] * 2, 19.5, [1.278, 1.778] * 2, 64.39),
])
def test_padding_makes_room_for_windows_larger_than_the_input(
        pool, ksize, strides, shape, first, total, by_input, squares):
    """Numbers of TensorFlow 0.12.1; 0.8 refused them."""
    x = tf.constant((np.arange(24).reshape(2, 2, 3, 2) * 7 % 11 / 4).astype(np.float32))
    y = pool(x, ksize, strides, "SAME")
    assert y.get_shape().as_list() == shape
    with tf.Session() as session:
        values, gradient = session.run([y, tf.gradients(tf.reduce_sum(y * y), x)[0]])
    np.testing.assert_allclose(values.ravel()[:4], first, atol=1e-4)
    np.testing.assert_allclose(gradient.ravel()[:4], by_input, atol=1e-3)
    np.testing.assert_allclose([values.sum(), (gradient ** 2).sum()], [total, squares], rtol=2e-4)


@pytest.mark.parametrize(("pool", "size", "ksize", "kind", "message"), [
    (tf.nn.max_pool, (1, 1, 1), [1, 1, 1, 1], errors.InvalidArgumentError, "tensor_in must be 4-dimensional"),
    (tf.nn.avg_pool, (1, 1, 1), [1, 1, 1, 1], errors.InvalidArgumentError, "tensor_in must be 4-dimensional"),
    (tf.nn.max_pool, (1, 1, 1, 7), [1, 1, 1, 3], errors.UnimplementedError, "to evenly divide the input depth"),
    (tf.nn.max_pool, (1, 1, 1, 1), [1, 3, 1, 1], errors.InvalidArgumentError, "computed output size would be negative"),
    (tf.nn.max_pool3d, (1, 1, 1, 1), [1, 1, 1, 1, 1], errors.InvalidArgumentError, "tensor_in must be 5-dimensional"),
])
def test_what_is_found_not_to_fit_at_run_time(pool, size, ksize, kind, message):
    x = tf.placeholder(tf.float32)
    with pytest.raises(kind, match=message):
        tf.Session().run(pool(x, ksize, ksize if ksize[-1] > 1 else [1] * len(ksize), "VALID"), {x: np.ones(size)})
