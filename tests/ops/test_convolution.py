"""Convolutions against TensorFlow."""

import jax
import numpy as np
import pytest

import tracer as tf
from lowering.rules.convolution import conv2d_backprop_input, convolve
from tests.parity import case, parity, plain
from tests.reference.recipes import network
from tracer import errors

rng = np.random.RandomState(3)
IMAGES = rng.randn(2, 6, 5, 3).astype(np.float32)
FILTER = rng.randn(3, 2, 3, 4).astype(np.float32)
ONE = rng.randn(1, 1, 3, 4).astype(np.float32)
EACH = rng.randn(2, 3, 3, 2).astype(np.float32)
VOLUME = rng.randn(1, 4, 3, 5, 2).astype(np.float32)
VOLUME_FILTER = rng.randn(2, 2, 3, 2, 3).astype(np.float32)
SPREAD = 2e-5  # sums of many products round differently
STRIDES = ([1, 1, 1, 1], [1, 2, 2, 1])
SMALL = {size: rng.randn(2, size, size, 2).astype(np.float32) for size in (1, 2, 3)}


def check_all(*rows):
    return [case(*row[:-1], feed="rank", tolerance=SPREAD, **row[-1]) for row in rows]


@parity(check_all(
    *(("nn.conv2d", IMAGES, taps, strides, padding, {}) for taps in (FILTER, ONE) for strides in STRIDES
      for padding in ("SAME", "VALID")),
    ("nn.conv2d", IMAGES[:, :, :, :1], rng.randn(5, 5, 1, 2).astype(np.float32), [1, 1, 1, 1], "SAME", {}),
    (network.slope, "nn.conv2d", IMAGES, FILTER, [1, 2, 2, 1], "SAME", {}),
    *(("nn.conv2d_transpose", SMALL[size], rng.randn(5, 4, 3, 2).astype(np.float32), plain(np.int32([2, wide, wide, 3])),
       [1, step, step, 1], "SAME", {}) for size, wide, step in ((1, 2, 2), (2, 2, 1), (2, 3, 2), (3, 6, 2), (1, 3, 3))),
    (network.slope, "nn.conv2d_transpose", SMALL[2], rng.randn(5, 4, 3, 2).astype(np.float32), plain(np.int32([2, 4, 4, 3])),
     [1, 2, 2, 1], "SAME", {}),
    *(("nn.depthwise_conv2d", IMAGES, EACH, strides, padding, {}) for strides in STRIDES for padding in ("SAME", "VALID")),
    ("nn.depthwise_conv2d_native", IMAGES, EACH, [1, 1, 1, 1], "SAME", {}),
    ("nn.separable_conv2d", IMAGES, EACH, rng.randn(1, 1, 6, 7).astype(np.float32), [1, 1, 1, 1], "SAME", {}),
    *(("nn.conv2d_transpose", IMAGES[:, :3, :3], rng.randn(3, 3, 2, 3).astype(np.float32), plain(np.int32([2, *size, 2])),
       [1, 2, 2, 1], padding, {}) for size, padding in (((6, 6), "SAME"), ((5, 5), "SAME"), ((7, 7), "VALID"))),
    *(("nn.atrous_conv2d", IMAGES, FILTER, rate, padding, {}) for rate in (1, 2, 3)
      for padding in (("SAME", "VALID") if rate < 3 else ("SAME",))),
    *(("nn.conv3d", VOLUME, VOLUME_FILTER, strides, padding, {})
      for strides in ([1, 1, 1, 1, 1], [1, 2, 1, 2, 1]) for padding in ("SAME", "VALID")),
))
def test_convolutions(case):
    case.check()


@pytest.mark.parametrize("size", [2, 4, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_no_filter_is_run_backwards(size, stride):
    """XLA's CPU compiler has no fast convolution that turns its filter around, and makes such ones of small inputs."""
    shapes = ((2, size, size, 3), (5, 5, 3, 4), (2, size // stride, size // stride, 4))
    arrays = [np.ones(shape, np.float32) for shape in shapes]

    def squares(function):
        return lambda *inputs: (function(*inputs) ** 2).sum()

    def narrow(x, f):
        return convolve(x, f, [1, stride, stride, 1], "SAME")

    def wide(f, back):
        return conv2d_backprop_input(np.int32(shapes[0]), f, back, strides=[1, stride, stride, 1],
                                                    padding="SAME", data_format="NHWC", check=lambda *_: None)

    for function, inputs in ((narrow, arrays[:2]), (wide, arrays[1:])):
        compiled = jax.jit(jax.grad(squares(function), (0, 1))).lower(*inputs).compile().as_text()
        assert "convolution(" in compiled
        assert "rhs_reversal" not in compiled


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_filter_larger_than_what_is_fed_reaches_into_zeros(size, stride):
    """TensorFlow 0.8 refuses it where it knows the sizes, and computes it where it does not."""
    x, f = tf.placeholder(tf.float32, [2, None, None, 2]), tf.constant(rng.randn(5, 5, 2, 3).astype(np.float32))
    y = tf.nn.conv2d(x, f, [1, stride, stride, 1], "SAME")
    around = max(-(-size // stride) * stride - stride + 5 - size, 0)
    edges = (around // 2, around - around // 2)
    z = tf.nn.conv2d(tf.pad(x, [[0, 0], edges, edges, [0, 0]]), f, [1, stride, stride, 1], "VALID")
    ours, padded = ([a, *tf.gradients(a * a, [x, f])] for a in (y, z))
    for got, wanted in zip(*tf.Session().run([ours, padded], {x: SMALL[size]}), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


def test_channels_first_is_channels_last_transposed():
    x, f = tf.constant(IMAGES), tf.constant(FILTER)
    last = tf.nn.conv2d(x, f, [1, 2, 1, 1], "SAME")
    first = tf.nn.conv2d(tf.transpose(x, [0, 3, 1, 2]), f, [1, 1, 2, 1], "SAME", data_format="NCHW")
    assert first.get_shape().as_list() == [2, 4, 3, 5]
    wanted, got, by_last, by_first = tf.Session().run([last, first, tf.gradients(last, f)[0], tf.gradients(first, f)[0]])
    np.testing.assert_allclose(got.transpose(0, 2, 3, 1), wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(by_first, by_last, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_operations_that_carry_gradients_are_the_gradients(padding):
    x, f = tf.constant(IMAGES), tf.constant(FILTER)
    y = tf.nn.conv2d(x, f, [1, 2, 2, 1], padding)
    back = tf.constant(rng.randn(*y.get_shape().as_list()).astype(np.float32))
    pairs = [(tf.nn.conv2d_backprop_input(tf.shape(x), f, back, [1, 2, 2, 1], padding), tf.gradients(y, x, back)[0]),
             (tf.nn.conv2d_backprop_filter(x, tf.shape(f), back, [1, 2, 2, 1], padding), tf.gradients(y, f, back)[0])]
    each = tf.constant(EACH)
    z = tf.nn.depthwise_conv2d_native(x, each, [1, 2, 2, 1], padding)
    back = tf.constant(rng.randn(*z.get_shape().as_list()).astype(np.float32))
    pairs += [(tf.nn.depthwise_conv2d_native_backprop_input([2, 6, 5, 3], each, back, [1, 2, 2, 1], padding),
               tf.gradients(z, x, back)[0]),
              (tf.nn.depthwise_conv2d_native_backprop_filter(x, [2, 3, 3, 2], back, [1, 2, 2, 1], padding),
               tf.gradients(z, each, back)[0])]
    for got, wanted in tf.Session().run(pairs):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)
    assert [a.get_shape().as_list() for a, _ in pairs] == [[2, 6, 5, 3], [3, 2, 3, 4], [2, 6, 5, 3], [2, 3, 3, 2]]


@pytest.mark.parametrize(("make", "message"), [
    (lambda p: tf.nn.conv2d(p(1, 4, 4, 3), p(2, 2, 4, 1), [1, 1, 1, 1], "SAME"), "Dimensions 3 and 4 are not compatible"),
    (lambda p: tf.nn.conv2d(p(4, 4, 3), p(2, 2, 3, 1), [1, 1, 1, 1], "SAME"), "must have rank 4"),
    (lambda p: tf.nn.conv2d(p(1, 4, 4, 3), p(2, 2, 3, 1), [1, 1, 1, 2], "SAME"), "strides in the batch and depth"),
    (lambda p: tf.nn.conv2d(p(1, 4, 4, 3), p(5, 2, 3, 1), [1, 1, 1, 1], "VALID"), "Filter must not be larger than the input"),
    (lambda p: tf.nn.conv2d(p(1, 4, 4, 3), p(2, 2, 3, 1), [1, 1, 1, 1], "FOO"), "passed string 'FOO' not in: \"SAME\", \"VALID\""),
    (lambda p: tf.nn.depthwise_conv2d(p(1, 4, 4, 3), p(2, 2, 3, 1), [1, 1, 2, 1], "SAME"), "only supports equal length strides"),
    (lambda p: tf.nn.separable_conv2d(p(1, 4, 4, 3), p(2, 2, 3, 2), p(1, 1, 6, 5), [1, 1, 1, 1], "SAME"), "overparameterized"),
    (lambda p: tf.nn.conv2d_transpose(p(1, 4, 4, 3), p(2, 2, 3, 4), [1, 8, 8, 3], [1, 2, 2, 1]),
     "input channels does not match filter's input channels, 3 != 4"),
    (lambda p: tf.nn.conv2d_transpose(p(1, 4, 4, 4), p(2, 2, 3, 4), [1, 8, 8, 4], [1, 2, 2, 1]),
     "output_shape does not match filter's output channels, 4 != 3"),
    (lambda p: tf.nn.conv2d_transpose(p(1, 4, 4, 4), p(2, 2, 3, 4), [1, 8, 8], [1, 2, 2, 1]), r"must have shape \(4,\), got \(3,\)"),
    (lambda p: tf.nn.atrous_conv2d(p(1, 4, 4, 3), p(2, 2, 3, 4), 0, "SAME"), "rate 0 cannot be less than one"),
    (lambda p: tf.nn.atrous_conv2d(p(1, 4, 4, 4), p(2, 2, 3, 4), 2, "SAME"), "input channels, 4 != 3"),
])
def test_what_does_not_fit(make, message):
    with pytest.raises(ValueError, match=message):
        make(lambda *sizes: tf.placeholder(tf.float32, sizes))


@pytest.mark.parametrize(("make", "sizes", "message"), [
    (lambda x, f: tf.nn.conv2d(x, f, [1, 1, 1, 1], "SAME"), ((1, 3, 3, 2), (2, 2, 3, 1)),
     "input and filter must have the same depth: 2 vs 3"),
    (lambda x, f: tf.nn.conv2d(x, f, [1, 1, 1, 1], "SAME"), ((3, 3, 2), (2, 2, 2, 1)), r"input must be 4-dimensional\[3,3,2\]"),
    (lambda x, f: tf.nn.conv2d(x, f, [1, 1, 1, 1], "SAME"), ((1, 3, 3, 2), (2, 2, 2)), r"filter must be 4-dimensional: \[2,2,2\]"),
    (lambda x, f: tf.nn.conv3d(x, f, [1] * 5, "SAME"), ((1, 3, 3, 2), (1, 2, 2, 2, 1)), "input must be 5-dimensional"),
    (lambda x, f: tf.nn.conv2d_transpose(x, f, [1, 4, 4, 2], [1, 2, 2, 1]), ((1, 3, 2, 3), (2, 2, 2, 3)),
     "Number of rows of out_backprop doesn't match computed: actual = 3, computed = 2"),
    (lambda x, f: tf.nn.conv2d_transpose(x, f, [2, 4, 4, 2], [1, 2, 2, 1]), ((1, 2, 2, 3), (2, 2, 2, 3)), "the same batch size"),
])
def test_what_is_found_not_to_fit_at_run_time(make, sizes, message):
    x, f = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with pytest.raises(errors.InvalidArgumentError, match=message):
        tf.Session().run(make(x, f), {x: np.ones(sizes[0]), f: np.ones(sizes[1])})


def test_names_and_shapes():
    x = tf.placeholder(tf.float32, [None, 28, 28, 1])
    y = tf.nn.conv2d(x, tf.zeros([5, 5, 1, 32]), [1, 1, 1, 1], "SAME")
    assert (y.op.name, y.get_shape().as_list()) == ("Conv2D", [None, 28, 28, 32])
    z = tf.nn.conv2d_transpose(y, tf.zeros([5, 5, 2, 32]), [7, 56, 56, 2], [1, 2, 2, 1])
    assert (z.op.name, z.op.type, z.get_shape().as_list()) == ("conv2d_transpose", "Conv2DBackpropInput", [7, 56, 56, 2])
    assert [t.op.name for t in z.op.inputs] == ["conv2d_transpose/output_shape", "zeros_1", "Conv2D"]
    assert tf.nn.depthwise_conv2d(y, tf.zeros([3, 3, 32, 2]), [1, 1, 1, 1], "SAME").op.name == "depthwise"
    assert tf.nn.depthwise_conv2d(x, tf.zeros([3, 3, 1, 2]), [1, 1, 1, 1], "SAME").op.type == "Conv2D"
    separable = tf.nn.separable_conv2d(x, tf.zeros([3, 3, 1, 2]), tf.zeros([1, 1, 2, 4]), [1, 1, 1, 1], "SAME")
    assert (separable.op.name, separable.op.inputs[0].op.name) == ("separable_conv2d", "separable_conv2d/depthwise")


def test_windows_in_space_may_be_larger_than_what_they_slide_over():
    """As since 0.9, where padding makes room."""
    x = tf.reshape(tf.constant([1.0, 10.0]), [1, 2, 1, 1, 1])
    weights = tf.reshape(tf.constant([1.0, 2.0, 3.0]), [3, 1, 1, 1, 1])
    made = [tf.nn.conv3d(x, weights, [1] * 5, "SAME"), tf.nn.max_pool3d(x, [1, 3, 2, 2, 1], [1] * 5, "SAME")]
    with tf.Session() as session:
        assert [np.ravel(value).tolist() for value in session.run(made)] == [[2 + 30, 1 + 20], [10, 10]]
    with pytest.raises(ValueError, match="Filter must not be larger than the input"):
        tf.nn.conv3d(x, weights, [1] * 5, "VALID")


@pytest.mark.parametrize(("convolve", "strides", "first", "total", "by_input", "squares"), [
    (tf.nn.conv2d, 1, [1.6875, 2.1562, 3.4688, 3.5312], 69.531, [10.938, 11.18, 12.586, 14.734], 6927.22),
    (tf.nn.conv2d, 2, [3.5312, 2.375, 3.5, 0.6875], 23.938, [2.633, 5.922, 0.258, 4.062], 1271.03),
    (tf.nn.depthwise_conv2d, 1, [0.2812, -0.8438, 2.0312, 1.3438], 29.469, [3.891, 1.641, 8.773, 4.5], 1874.92),
])
def test_padding_makes_room_for_filters_larger_than_the_input(convolve, strides, first, total, by_input, squares):
    """Numbers of TensorFlow 0.12.1; 0.8 refused them."""
    x = tf.constant((np.arange(24).reshape(2, 2, 3, 2) * 7 % 11 / 4).astype(np.float32))
    outputs = 2 if convolve is tf.nn.conv2d else 1
    filters = np.arange(40 * outputs).reshape(5, 4, 2, outputs) * 5 % 13 / 8 - 0.5
    y = convolve(x, tf.constant(filters.astype(np.float32)), [1, strides, strides, 1], "SAME")
    with tf.Session() as session:
        values, gradient = session.run([y, tf.gradients(tf.reduce_sum(y * y), x)[0]])
    np.testing.assert_allclose(values.ravel()[:4], first, atol=1e-4)
    np.testing.assert_allclose(gradient.ravel()[:4], by_input, atol=1e-3)
    np.testing.assert_allclose([values.sum(), (gradient ** 2).sum()], [total, squares], rtol=3e-5)  # as they are rounded above
