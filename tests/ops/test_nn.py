"""Activations, losses, biases and their like against TensorFlow."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import network
from tracer import errors

rng = np.random.RandomState(2)
KINKS = np.float32([[-30, -2, -1e-3, 0], [1e-3, 2, 6, 30]])
LOGITS = (rng.randn(4, 5) * 3).astype(np.float32)
CUBE = rng.randn(2, 3, 4).astype(np.float32)
IMAGE = rng.randn(2, 3, 2, 7).astype(np.float32)
LABELS = np.float32([[0, 1, 0, 0, 0], [0.5, 0.5, 0, 0, 0], [0, 0, 0, 0, 0], [0.1, 2, 0.3, 0.2, 0.2]])
ACTIVATIONS = ("relu", "relu6", "elu", "softplus", "softsign", "sigmoid", "tanh")


@parity([
    # Where they saturate, little is left of 1 - y * y.
    *(case(f"nn.{name}", x, tolerance=None if x.dtype == np.float64 else 5e-5) for name in ACTIVATIONS for x in (KINKS, KINKS.astype(np.float64), np.float32(3.0))),
    *(case(network.slope, f"nn.{name}", KINKS, tolerance=1e-4) for name in ("relu", "sigmoid", "tanh")),
    *(case(f"nn.{name}", np.array([-3, 0, 9]).astype(kind)) for name in ("relu", "relu6") for kind in (np.int32, np.int8, np.int64)),
    case("sigmoid", KINKS), case("tanh", KINKS), case("nn.elu", np.float32([np.inf, -np.inf, 1, -1])),
])
def test_activations(case):
    case.check()


@pytest.mark.parametrize(("name", "second"), [
    ("elu", lambda x: np.where(x < 0, np.exp(x), 0)),
    ("softplus", lambda x: 1 / (1 + np.exp(-x)) / (1 + np.exp(x))),
    ("softsign", lambda x: -2 * np.sign(x) / (1 + np.abs(x))**3),
    ("relu6", np.zeros_like),
])
def test_second_derivatives_that_the_reference_lacks(name, second):
    x = np.array([-2.0, -0.5, 0.5, 3.0, 7.0])
    tensor = tf.constant(x)
    (once,) = tf.gradients(getattr(tf.nn, name)(tensor), tensor)
    (twice,) = tf.gradients(once, tensor)
    np.testing.assert_allclose(tf.Session().run(twice), second(x), rtol=1e-9, atol=1e-12)


@parity([
    *(case(f"nn.{name}", x, tolerance=None if x.dtype == np.float64 else 5e-5) for name in ("softmax", "log_softmax")
      for x in (LOGITS, LOGITS.astype(np.float64), LOGITS * 200)),
    case("nn.softmax", CUBE, feed="rank"), case("nn.log_softmax", CUBE, feed="rank"),
    case(network.slope, "nn.softmax", LOGITS, tolerance=1e-4),
    case("nn.softmax", LOGITS.astype(np.float16), tolerance=3e-2),  # what a half has left of 1 - y
    case("nn.log_softmax", LOGITS.astype(np.float16), tolerance=5e-3),
    case("nn.softmax_cross_entropy_with_logits", LOGITS, LABELS),
    case("nn.softmax_cross_entropy_with_logits", LOGITS.astype(np.float64), LABELS.astype(np.float64)),
    case("nn.softmax_cross_entropy_with_logits", LOGITS.astype(np.float16), LABELS.astype(np.float16)),
    *(case("nn.sparse_softmax_cross_entropy_with_logits", LOGITS, np.array([1, 0, 4, 2], kind)) for kind in (np.int32, np.int64)),
    case("nn.sparse_softmax_cross_entropy_with_logits", np.float32([[-np.inf, 1, 2]]), np.int32([1]), gradient=False),
    *(case("nn.l2_loss", x) for x in (LOGITS, CUBE.astype(np.float64))),
    case("nn.softmax", LOGITS[0, 0], raises=("ValueError", "must have rank 2")),
    case("nn.softmax_cross_entropy_with_logits", LOGITS[0, 0], LABELS[0, 0], raises=("ValueError", "must have rank 2")),
    case("nn.softmax_cross_entropy_with_logits", LOGITS, LABELS[:, 1:], raises=("ValueError", r"\(4, 5\) and \(4, 4\)")),
    case("nn.sparse_softmax_cross_entropy_with_logits", CUBE, np.int32([0, 0]), raises=("ValueError", "Rank mismatch")),
    case("nn.sparse_softmax_cross_entropy_with_logits", LOGITS, np.int32([1, 0, 5, 2]), raises=(
        "InvalidArgumentError", r"label value of 5 which is outside the valid range of \[0, 5\)\.  Label values: 1 0 5 2")),
    case("nn.sparse_softmax_cross_entropy_with_logits", LOGITS, np.int32([1, 0, -1, 2]), raises=(
        "InvalidArgumentError", "label value of -1")),
])
def test_normalized_exponentials(case):
    case.check()


def test_the_second_derivative_of_a_cross_entropy_is_that_of_its_first():
    logits, labels = LOGITS.astype(np.float64), np.int32([1, 0, 4, 2])
    x = tf.constant(logits)
    (once,) = tf.gradients(tf.nn.sparse_softmax_cross_entropy_with_logits(x, labels), x)
    (twice,) = tf.gradients(once[:, 0], x)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(tf.Session().run(twice), p[:, :1] * (np.eye(5)[0] - p), rtol=1e-9, atol=1e-12)


@parity([
    *(case("nn.bias_add", x, np.arange(x.shape[-1]).astype(x.dtype), feed="rank") for x in (LOGITS, CUBE, IMAGE)),
    case("nn.bias_add", np.int32([[1, 2]]), np.int32([3, 4])),
    case("nn.bias_add", LOGITS, LOGITS[0, :4], raises=("ValueError", "Dimensions 5 and 4 are not compatible")),
    case("nn.bias_add", LOGITS, LOGITS[0].astype(np.float64), raises=True),
    case("nn.bias_add", LOGITS[0], LOGITS[0], raises=("ValueError", "must have rank at least 2")),
    case("nn.bias_add", IMAGE, np.float32([1, 2, 3]), data_format="NCHW", gradient=False, feed="rank",
         expect=IMAGE + np.float32([1, 2, 3])[:, None, None]),
    *(case("nn.lrn", IMAGE, radius, bias, alpha, beta, feed="rank", tolerance=2e-5)
      for radius, bias, alpha, beta in ((2, 1.0, 0.5, 0.75), (5, 2.0, 1e-2, 0.5), (1, 1.0, 1.0, 1.0), (9, 1.0, 0.1, 0.6))),
    case("nn.local_response_normalization", IMAGE, feed="rank", tolerance=2e-5),
    case("nn.lrn", CUBE, raises=("ValueError", "must have rank 4")),
])
def test_channels(case):
    case.check()


@parity([
    *(case("nn.top_k", x, k) for x in (LOGITS, CUBE, LOGITS[0]) for k in (1, 3)),
    case("nn.top_k", np.float32([[1, 3, 3, 2, 3]]), 4), case("nn.top_k", np.int32([4, 9, 9, 1]), 2),
    case("nn.top_k", np.float32([1, np.nan, 3]), 2, gradient=False), case("nn.top_k", LOGITS, 0, gradient=False),
    case("nn.top_k", LOGITS, 6, raises=("ValueError", r"input.shape \(4, 5\) must have last dimension >= k = 6")),
    *(case("nn.in_top_k", LOGITS, np.array([1, 0, 4, 2], kind), k) for kind in (np.int32, np.int64) for k in (1, 2, 5)),
    case("nn.in_top_k", np.float32([[1, 1, 1], [3, np.inf, 1], [2, 1, np.nan]]), np.int32([2, 0, 0]), 1),
    case("nn.in_top_k", LOGITS, np.int32([1, 0, 5, 2]), 1, raises=("InvalidArgumentError", r"targets\[2\] is out of range")),
])
def test_the_largest(case):
    case.check()


@pytest.mark.parametrize(("make", "fed", "message"), [
    (lambda x, y: tf.nn.bias_add(x, y), ([[1, 2, 3]], [1, 2]),
     r"Must provide as many biases as the last dimension of the input tensor: \[2\] vs. \[1,3\]"),
    (lambda x, y: tf.nn.bias_add(x, y), ([1, 2], [1, 2]), r"Input tensor must be at least 2D: \[2\]"),
    (lambda x, y: tf.nn.softmax_cross_entropy_with_logits(x, y), ([[1, 2]], [[1, 2, 3]]),
     r"logits and labels must be same size: logits_size=\[1,2\] labels_size=\[1,3\]"),
    (lambda x, y: tf.nn.lrn(x + y), ([[1.0]], [[1.0]]), "in must be 4-dimensional"),
    (lambda x, y: tf.nn.top_k(x, tf.to_int32(y)), ([[1.0]], 3), "input must have at least k columns"),
    (lambda x, y: tf.nn.top_k(x, tf.to_int32(y)), ([[1.0]], -7), "Need k >= 0, got -7"),
])
def test_shapes_found_wrong_at_run_time(make, fed, message):
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with pytest.raises(errors.InvalidArgumentError, match=message):
        tf.Session().run(make(x, y), {x: fed[0], y: fed[1]})


def test_labels_get_no_gradient():
    logits, labels = tf.constant(LOGITS), tf.constant(LABELS)
    loss = tf.nn.softmax_cross_entropy_with_logits(logits, labels)
    assert tf.gradients(loss, labels) == [None]
    assert tf.gradients(loss, [logits, labels])[1] is None


def test_a_run_with_a_wrong_label_leaves_the_variables():
    x = tf.Variable(LOGITS)
    labels = tf.placeholder(tf.int32, [4])
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(x, labels)
    update = x.assign_sub(tf.gradients(loss, x)[0])
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    with pytest.raises(errors.InvalidArgumentError, match="label value of 7"):
        session.run(update, {labels: [0, 1, 7, 0]})
    np.testing.assert_array_equal(session.run(x), LOGITS)


def test_names():
    tf.nn.softmax_cross_entropy_with_logits(LOGITS, LABELS)
    tf.nn.top_k(LOGITS, 2)
    tf.nn.bias_add(LOGITS, LOGITS[0])
    tf.nn.l2_loss(LOGITS)
    tf.nn.lrn(IMAGE)
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert names == [
        "SoftmaxCrossEntropyWithLogits/features", "SoftmaxCrossEntropyWithLogits/labels", "SoftmaxCrossEntropyWithLogits",
        "TopKV2/input", "TopKV2/k", "TopKV2", "BiasAdd/input", "BiasAdd/bias", "BiasAdd", "L2Loss/t", "L2Loss", "LRN/input", "LRN"]
