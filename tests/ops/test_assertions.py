"""Assertions on tensors: the message that a script adds to them, as since 0.10. The texts are TensorFlow 0.12.1's."""

import pytest

import tracer as tf


@pytest.mark.parametrize(("build", "words"), [
    (lambda: tf.assert_equal([1, 2], [1, 3], message="said"),
     "[said] [Condition x == y did not hold element-wise: x = ] [assert_equal/x:0] [1 2] [y = ] [assert_equal/y:0] [1 3]"),
    (lambda: tf.assert_positive([0], message="said"),
     "[said] [Condition x > 0 did not hold element-wise: x = ] [assert_positive/x:0] [0]"),
    (lambda: tf.assert_less([3], [1], message="said", data=["x"]), "[x]"),
    (lambda: tf.assert_greater([3], [4], message="said"), "[said] [Condition x > y did not hold element-wise: x = ]"),
])
def test_a_message_is_said_first(build, words):
    with tf.Graph().as_default(), tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError) as failed:
            session.run(build())
    assert failed.value.message.startswith("assertion failed: " + words)


def test_a_message_is_said_of_a_rank():
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match=r"^said\.  Tensor .* must have rank 2\.  Received rank 1, shape \(2,\)"):
            tf.assert_rank(tf.zeros([2]), 2, message="said")
        unknown = tf.placeholder(tf.float32)
        with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=r"\[said\] \[Tensor .* at least"):
            session.run(tf.assert_rank_at_least(unknown, 2, message="said"), {unknown: [1.0]})


def test_what_is_asserted_is_one_truth():
    x = tf.placeholder(tf.float32, [None, 10])
    for condition in (x > 0, tf.constant([True]), [True]):
        with pytest.raises(ValueError, match="must have rank 0"):
            tf.Assert(condition, [x])
    assert tf.Assert(tf.placeholder(tf.bool), [x]).type == "Assert"
