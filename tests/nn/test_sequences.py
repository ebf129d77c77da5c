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


def test_the_loop_of_dynamic_rnn_takes_any_function():
    """Libraries of the time reach for it below its private name, for steps that are no RNNCell."""
    from tracer.nn.recurrent import _dynamic_rnn_loop

    def step(value, state):
        return state - value, state + 2 * value

    step.state_size = step.output_size = 2
    zeros, seen = tf.zeros([3, 2]), np.float32(LENGTHS[:, None] > np.arange(4)).T[:, :, None]
    before = np.cumsum(2 * STEPS, axis=0) - 2 * STEPS
    with tf.Session() as session:
        outputs, final = _dynamic_rnn_loop(step, tf.constant(STEPS), zeros, 32, True, sequence_length=None)
        assert outputs.get_shape().as_list() == [4, 3, 2]
        np.testing.assert_allclose(session.run(outputs), before - STEPS, rtol=1e-5)
        np.testing.assert_allclose(session.run(final), 2 * STEPS.sum(0), rtol=1e-5)
        outputs, final = _dynamic_rnn_loop(step, tf.constant(STEPS), zeros, 32, True, LENGTHS, tf.float32)
        np.testing.assert_allclose(session.run(outputs), (before - STEPS) * seen, rtol=1e-5)
        np.testing.assert_allclose(session.run(final), 2 * (STEPS * seen).sum(0), rtol=1e-5)


@pytest.mark.parametrize(("time", "skip", "ended"), [
    (0, False, [False, False, False]), (1, True, [True, False, False]), (1, False, [False, False, False]),
    (2, False, [True, False, False]), (3, False, [True, True, False]), (3, True, [True, True, False]),
    (4, True, [True, True, False]), (4, False, [True, True, True]),
])
def test_one_step_of_a_sequence(time, skip, ended):
    """Rows of lengths 1, 3 and 5, where the shortest and the longest are said to be 2 and 4."""
    from tracer.nn.recurrent import _rnn_step

    new, old = np.float32([[1, 2], [3, 4], [5, 6]]), np.float32([[7], [8], [9]])
    result = _rnn_step(tf.constant(time), tf.constant([1, 3, 5]), 2, 4, tf.zeros([3, 2]) - 1, (tf.constant(old),),
                       lambda: (tf.constant(new), (tf.constant(-old),)), (1,), skip_conditionals=skip)
    with tf.Session() as session:
        output, (state,) = session.run([result[0], result[1]])
    rows = np.array(ended)[:, None]
    np.testing.assert_array_equal(output, np.where(rows, -1, new))
    np.testing.assert_array_equal(state, np.where(rows, old, -old))


@pytest.mark.parametrize(("size", "prefix", "expected"), [
    (3, None, [3]), (3, [2], [2, 3]), ([2, 3], [None], [None, 2, 3]), (tf.TensorShape([2, 3]), [1], [1, 2, 3]),
])
def test_sizes_of_states_after_others(size, prefix, expected):
    assert tf.nn.rnn_cell._state_size_with_prefix(size, prefix=prefix) == expected


def test_sizes_of_states_follow_a_list():
    with pytest.raises(TypeError, match="prefix of _state_size_with_prefix should be a list"):
        tf.nn.rnn_cell._state_size_with_prefix(3, prefix=2)
