"""Operations of neural networks of TensorFlow 0.9 to 0.12, against what 0.12.1 computes."""

import numpy as np

import tracer as tf
from tests.parity import case, parity

rng = np.random.RandomState(12)
IMAGES = rng.randn(2, 5, 4, 3).astype(np.float32)
FILTER = rng.randn(2, 3, 3).astype(np.float32)
TIES = np.zeros([1, 4, 4, 1], np.float32)
FLAT = np.zeros([2, 2, 1], np.float32)
NUMBERS = np.float32([-7, -6, -0.02, 0, 0.01, 0.03, 3.3, 6, 9])
PER_CHANNEL = np.float32([[-2, 0.1, 3], [0.5, 0.26, 9]])
ONES = {"strides": [1, 1, 1, 1], "rates": [1, 1, 1, 1]}


@parity([
    *(case(f"nn.{kind}", IMAGES, FILTER, [1, *strides, 1], [1, *rates, 1], padding)
      for kind in ("dilation2d", "erosion2d") for padding in ("SAME", "VALID")
      for strides, rates in (((1, 1), (1, 1)), ((2, 1), (1, 1)), ((1, 2), (2, 1)))),
    case("nn.dilation2d", TIES, FLAT, padding="SAME", **ONES), case("nn.dilation2d", TIES, FLAT, padding="VALID", **ONES),
    case("nn.dilation2d", np.int32(IMAGES * 9), np.int32(FILTER * 9), padding="SAME", **ONES),
    case("nn.dilation2d_backprop_input", IMAGES, FILTER, IMAGES, padding="SAME", gradient=False, **ONES),
    case("nn.dilation2d_backprop_filter", IMAGES, FILTER, IMAGES, padding="SAME", gradient=False, **ONES),
    case("nn.dilation2d", IMAGES, FILTER[:, :, :2], padding="SAME", raises=True, **ONES),
    case("nn.dilation2d", IMAGES[0], FILTER, padding="SAME", raises=True, **ONES),
])
def test_morphology(case):
    case.check()


@parity([
    *(case("fake_quant_with_min_max_args", NUMBERS, **ends)
      for ends in ({}, {"min": -1, "max": 2.5}, {"min": 0.5, "max": 2}, {"min": -3, "max": -1})),
    case("fake_quant_with_min_max_args", NUMBERS, min=2, max=1, raises=True),
    *(case("fake_quant_with_min_max_vars", NUMBERS, np.float32(low), np.float32(high))
      for low, high in ((-6, 6), (-1, 2.5), (0.5, 2), (-3, -1))),
    case("fake_quant_with_min_max_vars_per_channel", PER_CHANNEL, np.float32([-1, 0, -1]), np.float32([1, 0.25, 8])),
    case("fake_quant_with_min_max_vars_per_channel", PER_CHANNEL[0], np.float32([-1, 0, -1]), np.float32([1, 0.25, 8])),
    case("fake_quant_with_min_max_vars_per_channel", PER_CHANNEL, np.float32([-1, 0]), np.float32([1, 0.25]), raises=True),
    case("fake_quant_with_min_max_args_gradient", NUMBERS[::-1], NUMBERS, min=-1, max=2.5, gradient=False),
    case("fake_quant_with_min_max_vars_gradient", NUMBERS[::-1], NUMBERS, np.float32(-1), np.float32(2.5), gradient=False),
    case("fake_quant_with_min_max_vars_per_channel_gradient", PER_CHANNEL[::-1], PER_CHANNEL, np.float32([-1, 0, -1]),
         np.float32([1, 0.25, 8]), gradient=False),
])
def test_numbers_as_if_quantized(case):
    case.check()


LOGITS = np.float32([[[1, 2, 3], [0, 1, 0]], [[1, 0, 3], [5, 1, 2]]])


def test_softmaxes_of_a_list_of_tensors():
    """Each of them a step of a sequence, say."""
    logits, labels = list(map(tf.constant, LOGITS)), [tf.constant([0, 1]), tf.constant([2, 1])]
    losses = [[2.407606, 0.55144465], [0.16984604, 4.065884]]
    found = tf.Session().run([tf.nn.sparse_softmax_cross_entropy_with_logits(logits, labels), tf.nn.softmax(logits)])
    np.testing.assert_allclose(found[0], losses, 1e-5)
    np.testing.assert_allclose(found[1][1, 0], [0.11419519, 0.04201007, 0.8437947], 1e-5)


def test_softmax_along_a_dimension_and_with_a_name():
    along = tf.nn.softmax(LOGITS[0], 0, name="weights"), tf.nn.log_softmax(LOGITS[0], np.int64(0), "logs")
    assert [tensor.op.name for tensor in along] == ["weights", "logs"]
    weights, logs = tf.Session().run(along)
    np.testing.assert_allclose(weights[0], [0.7310586, 0.7310586, 0.95257413], 1e-5)
    np.testing.assert_allclose(logs[1], [-1.3132616, -1.3132616, -3.0485873], 1e-5)


def test_the_inverse_of_a_list_of_matrices():
    found = tf.Session().run(tf.matrix_inverse([tf.constant([[2.0, 0], [0, 4]])]))
    np.testing.assert_allclose(found, [[[0.5, 0], [0, 0.25]]])
