"""`tf.nn.raw_rnn`, and the cells and stacks of `tf.contrib.rnn` that take whole sequences."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import sequences

rng = np.random.RandomState(0)
STEPS = rng.randn(4, 3, 2).astype(np.float32)  # time, batch, columns
LENGTHS = np.int32([4, 2, 3])
PAIR = rng.randn(2, 2).astype(np.float32)


@parity([
    case(sequences.fused, "plain", STEPS, feed=False, gradient=False),
    case(sequences.fused, "clipped", STEPS, LENGTHS, feed=False),
    case(sequences.fused, "peephole", STEPS, np.int32([0, 4, 1]), feed=False),
    case(sequences.fused, "plain", STEPS, LENGTHS, reverse=True, feed=False, gradient=False),
    case(sequences.fused, "plain", STEPS, as_list=True, feed=False, gradient=False),
    case(sequences.fused, "adapted", STEPS, LENGTHS, reverse=True, feed=False, gradient=False),
    case(sequences.fused, "unrolled", STEPS, np.int32([4, 2, 3]), as_list=True, feed=False, gradient=False),
    case(sequences.fused, "unrolled", STEPS, reverse=True, feed=False, gradient=False),
])
def test_fused(case):
    case.check()


@parity([
    case(sequences.block, "LSTMBlockCell", PAIR, {}, feed=False),
    case(sequences.block, "LSTMBlockCell", PAIR, {"use_peephole": True, "forget_bias": 0.3}, feed=False),
    case(sequences.block, "LSTMBlockCell", PAIR, {"use_peephole": True, "use_compatible_names": True}, feed=False),
    case(sequences.block, "GRUBlockCell", PAIR, {}, feed=False),
])
def test_blocks(case):
    case.check()


@parity([
    case(sequences.stacked, STEPS, np.int32([3, 2, 1, 3]), False, feed=False, gradient=False),
    case(sequences.stacked, STEPS, np.int32([3, 2, 1, 3]), True, feed=False, gradient=False),
    case(sequences.refused, 0, 1, raises=True), case(sequences.refused, 1, 0, raises=True),
    case(sequences.refused, 1, 2, raises=True),
])
def test_stacks(case):
    case.check()


@parity([
    case(sequences.raw, STEPS, LENGTHS, "output", feed=False, gradient=False),
    case(sequences.raw, STEPS, LENGTHS, "pair", feed=False, gradient=False),
])
def test_raw_rnn(case):
    case.check()


def test_what_raw_rnn_needs():
    with pytest.raises(TypeError, match="cell must be an instance of RNNCell"):
        tf.nn.raw_rnn(None, print)
    with pytest.raises(TypeError, match="loop_fn must be a callable"):
        tf.nn.raw_rnn(tf.nn.rnn_cell.GRUCell(2), None)


def test_a_list_of_steps_is_turned_row_by_row():
    from tracer.nn.recurrent import _reverse_seq

    steps = [tf.constant([[float(time)], [10.0 * time]]) for time in range(1, 4)]
    assert _reverse_seq(steps, None) == steps[::-1]
    with tf.Session() as session:
        turned = session.run(_reverse_seq(steps, tf.constant([2, 3], tf.int64)))
    np.testing.assert_array_equal(np.concatenate(turned, 1), [[2, 1, 3], [30, 20, 10]])


def test_a_weight_in_parts_is_joined_once():
    from tracer.nn import rnn_cell

    with tf.variable_scope("cell") as scope:
        joined = rnn_cell._get_concat_variable("W", [5, 2], tf.float32, 2)
        scope.reuse_variables()
        assert rnn_cell._get_concat_variable("W", [5, 2], tf.float32, 2) is joined
        parts = rnn_cell._get_sharded_variable("W", [5, 2], tf.float32, 2)
    assert joined.name == "cell/W/concat:0"
    assert [(part.name, part.get_shape().as_list()) for part in parts] == [("cell/W_0:0", [3, 2]), ("cell/W_1:0", [2, 2])]


@pytest.mark.parametrize("of", [tf.nn.rnn_cell.BasicLSTMCell, tf.nn.rnn_cell.GRUCell])
def test_a_state_for_as_many_rows_as_a_variable_says(of):
    rows = tf.Variable(0, trainable=False)
    state = of(3).zero_state(rows, tf.float32)
    with tf.Session() as session:
        session.run(tf.assign(rows, 4))
        assert session.run(state).shape[0] == 4
