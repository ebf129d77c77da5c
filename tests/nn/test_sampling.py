"""Candidate samplers draw what TensorFlow's draw; losses over samples."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import network
from tracer import errors

rng = np.random.RandomState(6)
CLASSES = np.int64([[0, 3], [5, 9]])
WEIGHTS = rng.randn(6, 4).astype(np.float32)
BIASES = rng.randn(6).astype(np.float32)
INPUTS = rng.randn(3, 4).astype(np.float32)
SAMPLED = np.int64([1, 4, 0])


@parity([
    *(case(network.drawn, f"{name}_candidate_sampler", CLASSES, 2, 5, unique, size, seed=seed)
      for name in ("uniform", "log_uniform", "learned_unigram") for unique in (True, False)
      for size, seed in ((10, 7), (16, 8), (5000, 9))),
    *(case(network.drawn, "log_uniform_candidate_sampler", CLASSES, 2, count, True, count, seed=3) for count in (10, 40)),
    *(case(network.drawn, "fixed_unigram_candidate_sampler", CLASSES, 2, 5, unique, 10, unigrams=list(range(1, 11)),
           distortion=distortion, seed=7) for unique in (True, False) for distortion in (1.0, 0.75)),
    case(network.drawn, "fixed_unigram_candidate_sampler", CLASSES % 5, 2, 3, True, 5, unigrams=[3.0, 1.0, 2.0],
         num_reserved_ids=2, seed=1),
    case(network.drawn, "fixed_unigram_candidate_sampler", CLASSES % 3, 2, 3, False, 3, unigrams=[3.0, 1.0, 2.0, 7.0, 1.0],
         num_shards=2, shard=0, seed=1),
    case(network.drawn, "all_candidate_sampler", CLASSES, 2, 12, True),
    case("nn.compute_accidental_hits", CLASSES, np.int64([3, 9, 1, 5]), 2),
    case("nn.uniform_candidate_sampler", CLASSES, 3, 5, True, 10,
         raises=("InvalidArgumentError", "must have num_true columns")),
    case("nn.uniform_candidate_sampler", CLASSES, 2, 11, True, 10,
         raises=("InvalidArgumentError", "11 classes cannot be drawn from 10")),
])
def test_samplers(case):
    case.check()


@pytest.mark.parametrize("unique", [True, False])
def test_runs_go_on_in_the_stream(unique):
    # What TensorFlow 0.12.1 drew in three runs that fed the classes.
    tf.set_random_seed(1)
    drawn, _, expected = tf.nn.learned_unigram_candidate_sampler(
        tf.placeholder_with_default(CLASSES, [2, 2]), 2, 5, unique, 10, seed=7)
    with tf.Session() as session:
        runs = [session.run([drawn, expected]) for _ in range(2)]
    wanted = {True: [[1, 2, 4, 0, 7], [7, 5, 9, 2, 3]], False: [[1, 1, 2, 4, 0], [7, 7, 5, 9, 9]]}[unique]
    np.testing.assert_array_equal([classes for classes, _ in runs], wanted)
    by_class = {True: {7: 0.40473932, 5: 0.66008335, 9: 0.66008335, 2: 0.40473932, 3: 0.66008335},
                False: {7: 0.35714287, 5: 0.71428573, 9: 0.71428573}}[unique]
    np.testing.assert_allclose(runs[1][1], [by_class[c] for c in wanted[1]], rtol=1e-6)


@pytest.mark.parametrize("name", ["uniform", "log_uniform"])
def test_classes_are_different_and_in_range(name):
    sampler = getattr(tf.nn, f"{name}_candidate_sampler")
    drawn, _, expected = sampler([[0]], 1, 60, True, 64, seed=5)
    with tf.Session() as session:
        runs = [session.run([drawn, expected]) for _ in range(5)]
    for classes, counts in runs:
        assert len(set(classes.tolist())) == 60
        assert 0 <= classes.min() <= classes.max() < 64
        assert ((counts > 0) & (counts <= 1)).all()
    assert len({tuple(classes) for classes, _ in runs}) == 5


def test_weights_from_a_file(tmp_path):
    (tmp_path / "words").write_text("a,1\nb,0\n\nc,x,3\n")
    drawn, true, _ = tf.nn.fixed_unigram_candidate_sampler(
        [[2]], 1, 200, False, 3, vocab_file=str(tmp_path / "words"), seed=2)
    classes, true_count = tf.Session().run([drawn, true])
    assert set(classes.tolist()) == {0, 2}
    np.testing.assert_allclose(true_count, [[150.0]])
    (tmp_path / "words").write_text("a,one\n")
    with pytest.raises(errors.InvalidArgumentError, match="Wrong vocabulary format at line: a,one"):
        tf.Session().run(drawn)
    (tmp_path / "words").unlink()
    with pytest.raises(errors.NotFoundError, match="words"):
        tf.Session().run(drawn)


def test_too_few_classes_with_a_weight():
    drawn, _, _ = tf.nn.fixed_unigram_candidate_sampler([[2]], 1, 3, True, 3, unigrams=[1.0, 0.0, 1.0])
    with pytest.raises(errors.InvalidArgumentError, match="3 classes cannot be drawn from 2"):
        tf.Session().run(drawn)


@parity([
    case(network.loss_of_samples, name, labels.shape[1], WEIGHTS, BIASES, INPUTS, labels, SAMPLED,
         np.full(labels.shape, 0.5, np.float32), np.float32([0.4, 0.2, 0.6]), remove)
    for name in ("nce_loss", "sampled_softmax_loss")
    for labels in (np.int64([[1], [2], [0]]), np.int64([[1, 0], [2, 5], [3, 4]]))
    for remove in (False, True)
])
def test_losses(case):
    if case.args[-1] and case.args[0] == "nce_loss":
        case.tolerance = 1e-4
    case.check()


def test_training_on_samples_lowers_the_loss():
    table, offsets = tf.Variable(WEIGHTS), tf.Variable(BIASES)
    labels = tf.placeholder(tf.int64, [3, 1])
    loss = tf.reduce_mean(tf.nn.sampled_softmax_loss(table, offsets, INPUTS, labels, 4, 6))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        first = session.run(loss, {labels: [[1], [2], [0]]})
        for i in range(40):
            session.run(step, {labels: [[1], [2], [i % 6]]})
        assert session.run(loss, {labels: [[1], [2], [0]]}) < first
