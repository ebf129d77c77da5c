"""`tf.contrib.losses` against what the real TensorFlow computes."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import losses as recipes
from tracer.contrib import framework, losses

rng = np.random.RandomState(0)
LOGITS = rng.randn(4, 3).astype(np.float32)
TARGETS = rng.randn(4, 3).astype(np.float32)
SHARES = rng.rand(4, 3).astype(np.float32)
ONE_HOT = np.eye(3, dtype=np.float32)[[0, 2, 1, 1]]
CUBES = rng.randn(2, 3, 4).astype(np.float32)
WEIGHTS = [np.float32(2.5), np.float32(0), np.float32([1, 0, 2, 0.5]), np.float32([[1], [0], [2], [3]]),
           np.float32([[1, 0, 2], [0, 0, 0], [3, 1, 1], [0, 1, 0]])]


@parity([
    *(case(recipes.of, name, LOGITS, TARGETS, *weights, feed="rank")
      for name in ("absolute_difference", "sum_of_squares")
      for weights in ((), *((weight,) for weight in WEIGHTS))),
    *(case(recipes.of, "log", SHARES, ONE_HOT, *weights, feed="rank") for weights in ((), (WEIGHTS[4],))),
    case(recipes.of, "log", SHARES, ONE_HOT, feed="rank", epsilon=0.1),
    *(case(recipes.of, "sum_of_pairwise_squares", LOGITS, TARGETS, *weights, feed="rank",
           gradient=len(weights) < 1 or bool(weights[0].all()))  # by a weight of zero 0.12.1 has a gradient of zero
      for weights in ((), *((weight,) for weight in WEIGHTS[:3]))),
    *(case(recipes.of, "cosine_distance", LOGITS, TARGETS, *weights, dim=1, feed=False)
      for weights in ((), *((weight,) for weight in WEIGHTS[:4]))),
    *(case(recipes.of, "cosine_distance", CUBES, CUBES[::-1].copy(), weights, dim=2, feed="rank")
      for weights in (np.float32([1, 0]), np.float32([[1, 0, 2], [0, 0, 1]]))),
    case(recipes.of, "hinge_loss", LOGITS, ONE_HOT),
    *(case(recipes.of, "sigmoid_cross_entropy", LOGITS, SHARES, *weights, feed="rank")
      for weights in ((), (WEIGHTS[2],), (WEIGHTS[4],))),
    *(case(recipes.of, "softmax_cross_entropy", LOGITS, ONE_HOT, *weights, feed="rank", label_smoothing=smoothing)
      for weights in ((), (WEIGHTS[2],), (WEIGHTS[0],)) for smoothing in (0, 0.25)),
    *(case(recipes.of, "sparse_softmax_cross_entropy", LOGITS, labels, feed=False)
      for labels in (np.int64([0, 2, 1, 1]), np.int32([[0], [2], [1], [1]]))),
    case(recipes.of, "compute_weighted_loss", CUBES, np.float32([2, 0]), feed="rank"),
    case(recipes.of, "compute_weighted_loss", CUBES, np.float32(2), feed="rank"),
    case(recipes.total, LOGITS, TARGETS, np.float32(3), feed="rank"),
])
def test_losses(case):
    case.check()


def test_labels_of_sigmoids_are_smoothed_as_0_8_does():
    loss = losses.sigmoid_cross_entropy([[100.0, -100.0, -100.0]], [[1, 0, 0]], label_smoothing=0.1)
    np.testing.assert_allclose(tf.Session().run(loss), 40 / 9, rtol=1e-6)


def p(*sizes):
    return tf.placeholder(tf.float32, sizes)


@pytest.mark.parametrize(("make", "name"), [
    (lambda: losses.absolute_difference(p(2), p(2)), "absolute_difference/value"),
    (lambda: losses.sum_of_squares(p(2), p(2)), "sum_of_squares_loss/value"),
    (lambda: losses.mean_squared_error(p(2), p(2), scope="mine"), "mine/value"),
    (lambda: losses.log(p(2), p(2)), "log_loss/value"),
    (lambda: losses.sum_of_pairwise_squares(p(2, 3), p(2, 3)), "sum_of_pairwise_squares_loss/value"),
    (lambda: losses.mean_pairwise_squared_error(p(2, 3), p(2, 3)), "mean_pairwise_squared_error/value"),
    (lambda: losses.cosine_distance(p(2, 3), p(2, 3), 1), "cosine_distance_loss/value"),
    (lambda: losses.softmax_cross_entropy(p(2, 3), p(2, 3)), "softmax_cross_entropy_loss/value"),
])
def test_losses_are_named_and_listed(make, name):
    loss = make()
    assert loss.op.name == name
    assert losses.get_losses() == losses.get_losses(name.partition("/")[0]) == [loss]
    assert losses.get_losses("other") == []


def test_a_loss_is_added_to_a_collection_or_to_none():
    loss = tf.constant(1.0)
    losses.add_loss(loss, "others")
    losses.add_loss(loss, None)
    with tf.contrib.framework.arg_scope([losses.add_loss], loss_collection="third"):
        losses.add_loss(loss)
    assert [tf.get_collection(key) for key in ("others", "third", tf.GraphKeys.LOSSES)] == [[loss], [loss], []]


def test_both_names_of_an_argument_are_too_many():
    assert losses.log_loss(predictions=p(2), labels=p(2), weights=2.0).op.type == "Select"
    with pytest.raises(TypeError, match="got both 'targets' and 'labels'"):
        losses.log_loss(p(2), targets=p(2), labels=p(2))


def test_defaults_from_an_arg_scope():
    with framework.arg_scope([losses.absolute_difference], weight=3.0):
        loss = losses.absolute_difference([1.0], [2.0])
    assert tf.Session().run(loss) == 3


@pytest.mark.parametrize(("make", "message"), [
    (lambda: losses.absolute_difference(p(2, 3), p(2, 4)), r"Shapes \(2, 3\) and \(2, 4\) are incompatible"),
    (lambda: losses.absolute_difference(p(2, 3), p(2, 3), None), "`weights` cannot be None"),
    (lambda: losses.absolute_difference(tf.placeholder(tf.float32), p(2, 3)), r"losses.get_shape\(\).ndims cannot be None"),
    (lambda: losses.absolute_difference(p(2), p(2), tf.placeholder(tf.float32)), r"weight.get_shape\(\).ndims cannot"),
    (lambda: losses.softmax_cross_entropy(p(3, 3), p(3, 3), p(3, 3)), r"Weights of shape \(3, 3\) are too many"),
    (lambda: losses.cosine_distance(p(3, 3), p(3, 3)), "`dim` cannot be None"),
])
def test_what_losses_refuse(make, message):
    with pytest.raises(ValueError, match=message):
        make()


SEQUENCES = np.random.RandomState(3).randn(2, 3, 4).astype(np.float32)
RIGHT, COUNTS = np.int32([[0, 1, 2], [3, 3, 0]]), np.float32([[1, 1, 0], [0.5, 0, 0]])


@pytest.mark.parametrize("over_time", [True, False])
@pytest.mark.parametrize("over_batch", [True, False])
def test_the_loss_of_sequences_is_averaged_as_its_weights_are(over_time, over_batch):
    exponents = np.exp(SEQUENCES.astype(np.float64))
    losses = -np.log(np.take_along_axis(exponents, RIGHT[..., None], 2)[..., 0] / exponents.sum(2)) * COUNTS
    axes = tuple(axis for axis, averaged in ((0, over_batch), (1, over_time)) if averaged)
    wanted = losses.sum(axes) / np.maximum(COUNTS.sum(axes), 1e-12) if axes else losses
    loss = tf.contrib.seq2seq.sequence_loss(tf.constant(SEQUENCES), RIGHT, COUNTS, over_time, over_batch)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(loss), wanted, rtol=1e-5)
        halved = tf.contrib.seq2seq.sequence_loss(
            tf.constant(SEQUENCES), RIGHT, COUNTS, over_time, over_batch,
            lambda right, guessed: tf.nn.sparse_softmax_cross_entropy_with_logits(guessed, right) / 2)
        np.testing.assert_allclose(session.run(halved), wanted / 2, rtol=1e-5)


@pytest.mark.parametrize(("arguments", "message"), [
    ((SEQUENCES[0], RIGHT, COUNTS), "Logits must be"), ((SEQUENCES, RIGHT[0], COUNTS), "Targets must be"),
    ((SEQUENCES, RIGHT, COUNTS[0]), "Weights must be"),
])
def test_the_loss_of_sequences_knows_ranks(arguments, message):
    with pytest.raises(ValueError, match=message):
        tf.contrib.seq2seq.sequence_loss(*arguments)


def test_sequences_have_a_second_name():
    assert tf.contrib.legacy_seq2seq is tf.nn.seq2seq
