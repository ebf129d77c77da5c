"""Names of TensorFlow 0.9 to 0.12 that scripts of late 2016 use. What they give was asked of 0.12.1."""

import numpy as np
import pytest

import tracer as tf

ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(("build", "expected"), [
    (lambda x: tf.stack([x, x + 1], axis=1), [[[0, 1, 2], [1, 2, 3]], [[3, 4, 5], [4, 5, 6]]]),
    (lambda x: tf.stack([x, x + 1], axis=-1), [[[0, 1], [1, 2], [2, 3]], [[3, 4], [4, 5], [5, 6]]]),
    (lambda x: tf.stack(tf.unstack(x)), ROWS),
    (lambda x: tf.unstack(x, axis=1)[1], [1, 4]),
    (lambda x: tf.cumsum(x, 1, exclusive=True), [[0, 0, 1], [0, 3, 7]]),
    (lambda x: tf.cumprod(x, axis=1, reverse=True), [[0, 2, 2], [60, 20, 5]]),
    (lambda x: tf.sequence_mask([1, 3, 2], 4),
     [[True, False, False, False], [True, True, True, False], [True, True, False, False]]),
    (lambda x: tf.sequence_mask([1, 3], dtype=tf.float32), [[1, 0, 0], [1, 1, 1]]),
    (lambda x: tf.stack(tf.meshgrid([1, 2, 3], [4, 5])), [[[1, 2, 3], [1, 2, 3]], [[4, 4, 4], [5, 5, 5]]]),
    (lambda x: tf.meshgrid([1, 2, 3], [4, 5], indexing="ij")[1], [[4, 5], [4, 5], [4, 5]]),
    (lambda x: tf.matrix_transpose(x), ROWS.T),
    (lambda x: tf.eye(2, 3), [[1, 0, 0], [0, 1, 0]]),
    (lambda x: tf.nn.conv1d(tf.ones([1, 4, 2]), tf.ones([3, 2, 1]), 1, "SAME"), [[[4], [6], [6], [4]]]),
    (lambda x: tf.nn.crelu(x - 2), [[0, 0, 0, 2, 1, 0], [1, 2, 3, 0, 0, 0]]),
    (lambda x: tf.subtract(tf.multiply(x, x), tf.negative(x)), ROWS * ROWS + ROWS),
    (lambda x: tf.floor_div([-7, 7], [2, -2]), [-4, -4]),
    (lambda x: tf.floormod([-7, 7], [2, -2]), [1, -1]),
    (lambda x: tf.truncatediv([-7, 7], [2, -2]), [-3, -3]),
    (lambda x: tf.floormod([-7.0, 7.0], 2.0), [1, 1]),
    (lambda x: tf.reduce_sum(x, axis=1), [3, 12]),
    (lambda x: tf.reduce_max(x, axis=0, keep_dims=True), [[3, 4, 5]]),
    (lambda x: tf.argmax(x, axis=1), [2, 2]),
    (lambda x: tf.squeeze(tf.expand_dims(x, axis=0), axis=[0]), ROWS),
], ids=str)
def test_functions(build, expected):
    with tf.Session() as session:
        value = session.run(build(tf.constant(ROWS)))
    np.testing.assert_array_equal(value, expected)
    assert value.shape == np.shape(expected)


FORWARD = [[[0.02489] * 3, [0.10504] * 3, [0.18407] * 3], [[0.07852] * 3, [0.13147] * 3, [0.0] * 3]]
BACKWARD = [[[0.15241] * 2, [0.16162] * 2, [0.0932] * 2], [[0.13153] * 2, [0.05891] * 2, [0.0] * 2]]


def test_both_ways_along_a_sequence():
    inputs = tf.constant(np.arange(12, dtype=np.float32).reshape(2, 3, 2))
    with tf.variable_scope("rnn", initializer=tf.constant_initializer(0.1)):
        outputs, states = tf.nn.bidirectional_dynamic_rnn(
            tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.GRUCell(2), inputs, sequence_length=[3, 2], dtype=tf.float32)
    assert [v.op.name for v in tf.trainable_variables()] == [
        f"rnn/BiRNN/{way}/GRUCell/{part}" for way in ("FW", "BW") for part in (
            "Gates/Linear/Matrix", "Gates/Linear/Bias", "Candidate/Linear/Matrix", "Candidate/Linear/Bias")]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        (forward, backward), (last, first) = session.run([outputs, states])
    np.testing.assert_allclose(forward, FORWARD, atol=6e-6)
    np.testing.assert_allclose(backward, BACKWARD, atol=6e-6)
    np.testing.assert_allclose(last, [FORWARD[0][2], FORWARD[1][1]], atol=6e-6)
    np.testing.assert_allclose(first, [BACKWARD[0][0], BACKWARD[1][0]], atol=6e-6)


def test_summaries_are_tagged_by_their_operations(tmp_path):
    with tf.name_scope("s"):
        made = [tf.summary.scalar("loss rate", 1.5), tf.summary.scalar("loss", 1.5), tf.summary.histogram("loss", ROWS)]
    assert [t.name for t in made] == ["s/loss_rate:0", "s/loss:0", "s/loss_1:0"]
    writer = tf.summary.FileWriter(str(tmp_path))
    with tf.Session() as session:
        merged = session.run(tf.summary.merge_all())
        writer.add_summary(merged, 1)
    writer.close()
    assert [value.tag for value in tf.Summary.FromString(merged).value] == ["s/loss_rate", "s/loss", "s/loss_1"]


def test_what_nothing_ever_had_is_no_attribute():
    for module in (tf, tf.nn, tf.train):
        with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
            _ = module.nonsense
    assert "global_variables" not in dir(tf)
    with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
        tf.add(1, 2, axis=0)


SOFT = np.exp(ROWS) / np.exp(ROWS).sum(0)


@pytest.mark.parametrize(("build", "expected"), [
    (lambda x: tf.zeros(2), [0, 0]),
    (lambda x: tf.ones(np.int64(2), tf.int32), [1, 1]),
    (lambda x: tf.squeeze(tf.expand_dims(x, 1), 1), ROWS),
    (lambda x: tf.squeeze(tf.expand_dims(x, 1), squeeze_dims=-2), ROWS),
    (lambda x: tf.concat(-1, [x, x]), np.hstack([ROWS, ROWS])),
    (lambda x: tf.shape(x, out_type=tf.int64), np.array([2, 3], np.int64)),
    (lambda x: tf.pack([x, x], axis=-1), np.stack([ROWS, ROWS], -1)),
    (lambda x: tf.unpack(x, axis=1)[2], ROWS[:, 2]),
    (lambda x: tf.where(x > 2, x, -x), np.where(ROWS > 2, ROWS, -ROWS)),
    (lambda x: tf.where(tf.equal(x, 4), name="places"), [[1, 1]]),
    (lambda x: tf.py_func(np.sum, [x], tf.float32), 15),
    (lambda x: tf.nn.softmax(x, 0), SOFT),
    (lambda x: tf.nn.softmax(x, dim=-2), SOFT),
    (lambda x: tf.nn.log_softmax(x, dim=0), np.log(SOFT)),
    (lambda x: tf.nn.softmax(tf.transpose(x), "named"), SOFT.T),
    (lambda x: tf.nn.softmax_cross_entropy_with_logits(tf.pack([x, x]), tf.ones([2, 2, 3])), [[4.222818] * 2] * 2),
    (lambda x: tf.nn.sparse_softmax_cross_entropy_with_logits(tf.pack([x, x]), [[0, 2], [1, 1]]),
     [[2.407606, 0.407606], [1.407606, 1.407606]]),
    (lambda x: tf.matmul(tf.pack([x, 2 * x]), tf.pack([x, x]), transpose_b=True),
     [ROWS @ ROWS.T, 2 * ROWS @ ROWS.T]),
    (lambda x: tf.matmul(x, x, adjoint_a=True), ROWS.T @ ROWS),
    (lambda x: tf.matrix_inverse(tf.batch_matrix_diag(x + 1)), [np.diag(1 / (row + 1)) for row in ROWS]),
    (lambda x: tf.matrix_determinant(np.array([[[2.0, 0], [0, 3]]], np.float32)), [6]),
    (lambda x: tf.range(3.0), np.float32([0, 1, 2])),
    (lambda x: tf.range(0, 1, 0.25), np.float32([0, 0.25, 0.5, 0.75])),
    (lambda x: tf.range(x[0, 1], 2.5, 0.5), np.float32([1, 1.5, 2])),
    (lambda x: tf.range(tf.constant(7, tf.int64), 2, -2), np.int64([7, 5, 3])),
], ids=str)
def test_more_than_0_8_took(build, expected):
    with tf.Session() as session:
        value = session.run(build(tf.constant(ROWS)))
    np.testing.assert_allclose(value, expected, rtol=2e-6)
    assert value.shape == np.shape(expected)
    if isinstance(expected, np.ndarray):
        assert value.dtype == expected.dtype


def test_losses_of_more_dimensions_know_their_shape():
    logits = tf.placeholder(tf.float32, [None, 5, 3])
    assert tf.nn.softmax_cross_entropy_with_logits(logits, logits).get_shape().as_list() == [None, 5]
    with pytest.raises(ValueError, match=r"Rank of labels \(received 3\) should equal rank of logits minus 1"):
        tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.zeros([2, 5, 1], tf.int32))
