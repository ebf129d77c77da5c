"""`tf.contrib.crf`, whose numbers 0.12.1 gave."""

import itertools

import numpy as np
import pytest

import tracer as tf

crf = tf.contrib.crf
_RNG = np.random.RandomState(0)
INPUTS = _RNG.randn(2, 4, 3).astype(np.float32)
TAGS = _RNG.randint(0, 3, (2, 4)).astype(np.int32)
LENGTHS = np.array([4, 2], np.int32)
STEPS = _RNG.randn(3, 3).astype(np.float32)


def test_scores():
    with tf.Session() as session:
        found = session.run([
            crf.crf_log_likelihood(INPUTS, TAGS, LENGTHS, STEPS)[0], crf.crf_log_norm(INPUTS, LENGTHS, STEPS),
            crf.crf_sequence_score(INPUTS, TAGS, LENGTHS, STEPS), crf.crf_unary_score(TAGS, LENGTHS, INPUTS),
            crf.crf_binary_score(TAGS, LENGTHS, STEPS)])
    np.testing.assert_allclose(found, [[-8.367032, -2.728337], [8.8345995, 3.6602266], [0.46756732, 0.93188953],
                                       [2.1474614, 2.255117], [-1.6798941, -1.3232274]], rtol=2e-6)


def test_gradients():
    inputs, steps = tf.constant(INPUTS), tf.constant(STEPS)
    likelihood, _ = crf.crf_log_likelihood(inputs, TAGS, LENGTHS, steps)
    with tf.Session() as session:
        of_inputs, of_steps = session.run(tf.gradients(likelihood, [inputs, steps]))
    np.testing.assert_allclose(of_inputs[0, 0], [0.75184, -0.37264, -0.3792], atol=1e-5)
    np.testing.assert_allclose(of_inputs[1, 1:], [[-0.16533, 0.35414, -0.18881], [0, 0, 0], [0, 0, 0]], atol=1e-5)
    np.testing.assert_allclose(of_steps, [[0.69295, 0.77234, 0.49776], [-0.58166, -0.78359, -0.32652],
                                          [0.93163, -0.64787, -0.55504]], atol=1e-5)


def test_the_sum_is_over_all_sequences():
    scores = [sum(INPUTS[0][range(4), tags]) + sum(STEPS[a, b] for a, b in itertools.pairwise(tags))
              for tags in itertools.product(range(3), repeat=4)]
    with tf.Session() as session:
        found = session.run(crf.crf_log_norm(INPUTS[:1], [4], STEPS))
    np.testing.assert_allclose(found, [np.log(np.sum(np.exp(scores)))], rtol=1e-5)
    best, score = crf.viterbi_decode(INPUTS[0], STEPS)
    assert best == [2, 1, 0, 2]
    assert score == pytest.approx(max(scores), rel=1e-6)


def test_the_variable_of_steps():
    _, transitions = crf.crf_log_likelihood(tf.constant(INPUTS), TAGS, LENGTHS)
    assert transitions.op.name == "transitions"
    assert transitions.get_shape().as_list() == [3, 3]
