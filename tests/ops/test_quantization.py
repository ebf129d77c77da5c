"""Operations on quantized numbers."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes.quantized import quantized, there_and_back

rng = np.random.RandomState(8)
MATRIX = rng.randint(0, 256, (3, 4)).astype(np.uint8)
OTHER = rng.randint(0, 256, (4, 2)).astype(np.uint8)
IMAGES = rng.randint(0, 256, (1, 4, 3, 2)).astype(np.uint8)
FILTER = rng.randint(0, 256, (2, 2, 2, 3)).astype(np.uint8)
WIDE = np.int32([[-100, 0, 500], [30000, 7, -2000000]])
REALS = np.float32([[0, 1, 2.25, -0.5], [3, -1, 5.5, 7]])
CHANNELS = [rng.randint(0, 256, 2).astype(np.uint8) for _ in range(4)]
WINDOW = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1]}


def quant(function, *values, **settings):
    return case(quantized, function, *values, gradient=False, **settings)


@parity([
    *(case(there_and_back, REALS, low, high, kind, mode, gradient=False)
      for mode in ("MIN_COMBINED", "MIN_FIRST") for kind in (tf.quint8, tf.qint8, tf.quint16, tf.qint16)
      for low, high in ((-1.0, 6.0), (0.0, 0.0))),
    case(there_and_back, np.float32([np.inf, -np.inf, np.nan, 0.5]), 0.0, 1.0, tf.quint8, "MIN_COMBINED", gradient=False),
    case(there_and_back, REALS, -500.0, -500.0, tf.quint8, "MIN_COMBINED", gradient=False),
    case(there_and_back, REALS, 3.0, 1.0, tf.quint8, "MIN_COMBINED", raises=True),
    case(there_and_back, REALS, 3.0, 5.0, tf.quint8, "NEAREST", raises=True),
])
def test_reals(case):
    case.check()


@parity([
    *(quant("quantized_mat_mul", MATRIX, OTHER, *a, *b) for a in ((0.0, 255.0), (-1.0, 6.0)) for b in ((-3.0, 0.5), (0.2, 2.0))),
    quant("quantized_mat_mul", MATRIX.T.copy(), OTHER.T.copy(), 0.0, 1.0, 0.0, 1.0, transpose_a=True, transpose_b=True),
    case(quantized, "quantized_mat_mul", MATRIX, OTHER, 5.0, 1.0, 0.0, 1.0, raises=True),
    case(quantized, "quantized_mat_mul", MATRIX, MATRIX, 0.0, 1.0, 0.0, 1.0, raises=True),
    *(quant("quantized_conv2d", IMAGES, FILTER, -1.0, 2.0, -0.3, 0.7, strides=[1, n, n, 1], padding=padding)
      for n in (1, 2) for padding in ("SAME", "VALID")),
    *(quant("quantized_bias_add", MATRIX, MATRIX[0], *ends, out_type=tf.qint32)
      for ends in ((-1.0, 6.0, -2.0, 2.0), (0.0, 255.0, 0.0, 255.0))),
    case(quantized, "quantized_bias_add", MATRIX, OTHER[0], -1.0, 6.0, -2.0, 2.0, out_type=tf.qint32, raises=True),
])
def test_products_and_sums(case):
    case.check()


@parity([
    *(quant("quantize_down_and_shrink_range", wide, *ends, out_type=tf.quint8)
      for ends in ((-1.0, 1.0), (-2.0**31, 2.0**31)) for wide in (WIDE, np.abs(WIDE), -np.abs(WIDE), WIDE * 0 + 7)),
    *(quant("quantized_concat", axis, [MATRIX, MATRIX[:, ::-1]], lows, highs, feed="rank")
      for axis, lows, highs in ((0, [0.0, 0.0], [1.0, 1.0]), (1, [-1.0, 0.0], [6.0, 2.0]), (1, [-3.0, -2.0], [-1.0, -1.0]))),
    quant("quantized_concat", 0, [WIDE[0], WIDE[1]], [0.0, 0.0], [1.0, 2.0]),
])
def test_ranges(case):
    case.check()


@parity([
    *(quant(f"quantized_{relu}", MATRIX, *ends) for relu in ("relu", "relu6")
      for ends in ((-1.0, 6.0), (0.0, 10.0), (-5.0, -1.0))),
    quant("quantized_relu_x", MATRIX, 2.5, 0.0, 10.0, expect=(np.minimum(MATRIX, 64), np.float32(0), np.float32(10))),
    *(quant(f"quantized_{pool}_pool", IMAGES, -1.0, 2.0, padding=padding, **WINDOW)
      for pool in ("max", "avg") for padding in ("SAME", "VALID")),
    case(quantized, "quantized_avg_pool", IMAGES, -1.0, 2.0, [1, 1, 1, 2], [1, 1, 1, 2], "SAME", raises=("ValueError", "depth")),
])
def test_activations_and_pools(case):
    case.check()


def reals(numbers, low, high):
    return low + numbers * ((high - low) / 255)


@pytest.mark.parametrize("scaled", [False, True])
def test_normalization_is_that_of_the_reals(scaled):
    """0.12.1 computes it in fixed point, a few steps of 1 / 2048 away from this."""
    ends = [(-1.0, 3.0), (0.0, 1.0), (0.1, 2.0), (-1.0, 1.0), (0.5, 1.5)]
    arguments = [part for numbers, pair in zip([IMAGES, *CHANNELS], ends, strict=True)
                 for part in (tf.constant(numbers, tf.quint8), *pair)]
    result, low, high = tf.contrib.quantization.quantized_batch_norm_with_global_normalization(
        *arguments, tf.qint32, 0.001, scaled)
    t, mean, variance, beta, gamma = (reals(n, *pair) for n, pair in zip([IMAGES, *CHANNELS], ends, strict=True))
    want = (t - mean) / np.sqrt(variance + 0.001) * (gamma if scaled else 1) + beta
    with tf.Session() as session:
        got, low, high = session.run([result, low, high])
    assert (low, high) == (-2.0**20, 2.0**20)
    np.testing.assert_allclose(got / 2048, want, atol=1 / 2000)


def test_numbers_go_through_variables_feeds_and_other_operations():
    numbers = tf.placeholder(tf.quint8, [None])
    variable = tf.Variable(tf.constant(np.uint8([1, 2]), tf.quint8))
    with tf.Session() as session:
        session.run(variable.initializer)
        np.testing.assert_array_equal(session.run(tf.concat(0, [numbers, variable]), {numbers: np.uint8([250, 0])}),
                                      np.uint8([250, 0, 1, 2]))


def test_a_gradient_is_refused():
    x = tf.constant([1.0])
    y = tf.contrib.quantization.dequantize(tf.contrib.quantization.quantize_v2(x, 0.0, 2.0, tf.quint8)[0], 0.0, 2.0)
    with pytest.raises(LookupError, match=r"No gradient defined for operation 'Dequantize' \(op type: Dequantize\)"):
        tf.gradients(y, x)


def test_later_operations_of_quantized_graphs():
    from tracer.declare import raw_op

    wide = tf.constant(np.int32([-5, 700000, -9000000]), tf.qint32)
    with tf.Session() as session:
        ends = session.run(list(raw_op("requantization_range")(wide[:2], -1.0, 1.0)))
        numbers = session.run(list(raw_op("requantize")(wide, -1.0, 1.0, -0.001, 0.003, tf.quint8)))
        shaped = session.run(list(raw_op("quantized_reshape")(tf.constant(MATRIX, tf.quint8), [4, 3], -1.0, 2.0)))
    np.testing.assert_allclose(ends, [-2.0954758e-09, 0.00032596313], rtol=1e-6)  # all three as 0.12.1 has it
    np.testing.assert_array_equal(numbers[0], [64, 85, 0])
    np.testing.assert_array_equal(shaped[0], MATRIX.reshape(4, 3))
    assert shaped[1:] == [-1.0, 2.0]
