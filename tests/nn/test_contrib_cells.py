"""The cells of `tf.contrib.rnn` and `tf.contrib.grid_rnn`."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import cells

rng = np.random.RandomState(0)


def numbers(*shape):
    return rng.randn(*shape).astype(np.float32) / 2


FRAMES, WINDOWS = numbers(2, 7), {"feature_size": 3, "frequency_skip": 2}
STEPS = numbers(2, 4)


def row(package, name, inputs, size, *args, **options):
    return case(cells.stepped, package, name, inputs, numbers(2, size), args, options, feed=False)


@parity([
    row("rnn", "CoupledInputForgetGateLSTMCell", STEPS, 6, 3),
    row("rnn", "CoupledInputForgetGateLSTMCell", STEPS, 5, 3, use_peepholes=True, num_proj=2, proj_clip=0.2,
        forget_bias=0.5, num_unit_shards=2),
    row("rnn", "TimeFreqLSTMCell", FRAMES, 12, 2, **WINDOWS),
    row("rnn", "TimeFreqLSTMCell", FRAMES, 12, 2, use_peepholes=True, cell_clip=0.3, forget_bias=0.5, **WINDOWS),
    row("rnn", "GridLSTMCell", FRAMES, 12, 2, **WINDOWS),
    row("rnn", "GridLSTMCell", FRAMES, 12, 2, use_peepholes=True, cell_clip=0.3, num_unit_shards=2, **WINDOWS),
    row("rnn", "GridLSTMCell", FRAMES, 12, 2, use_peepholes=True, share_time_frequency_weights=True, **WINDOWS),
    row("grid_rnn", "Grid1LSTMCell", STEPS, 6, 3, use_peepholes=True),
    row("grid_rnn", "Grid2BasicRNNCell", STEPS, 6, 3), row("grid_rnn", "Grid2BasicRNNCell", STEPS, 6, 3, tied=True),
    row("grid_rnn", "Grid2BasicLSTMCell", STEPS, 12, 3, forget_bias=0.5),
    row("grid_rnn", "Grid2LSTMCell", STEPS, 12, 3, tied=True, use_peepholes=True),
    row("grid_rnn", "Grid2GRUCell", STEPS, 6, 3), row("grid_rnn", "Grid3LSTMCell", STEPS, 18, 3),
    row("grid_rnn", "Grid3LSTMCell", STEPS, 18, 3, tied=True, use_peepholes=True, forget_bias=0.5),
])
def test_two_steps(case):
    case.check()


def variables(cell, columns, size):
    with tf.variable_scope("cell"):
        cell(tf.zeros([2, columns]), tf.zeros([2, size]))
    return {v.op.name.partition("/")[2]: v.get_shape().as_list() for v in tf.all_variables()}


def test_names_of_variables():
    cell = tf.contrib.grid_rnn.Grid2BasicLSTMCell(3, non_recurrent_fn=tf.nn.relu)
    assert variables(cell, 4, 6) == {
        "Grid2BasicLSTMCell/project_m_0": [4, 3], "Grid2BasicLSTMCell/project_c_0": [4, 3],
        "Grid2BasicLSTMCell/recurrent/cell_1/BasicLSTMCell/Linear/Matrix": [6, 12],
        "Grid2BasicLSTMCell/recurrent/cell_1/BasicLSTMCell/Linear/Bias": [12],
        "Grid2BasicLSTMCell/non_recurrent/cell_0/fully_connected/weights": [6, 3],
        "Grid2BasicLSTMCell/non_recurrent/cell_0/fully_connected/bias": [3]}


def test_names_of_variables_over_frequency():
    assert variables(tf.contrib.rnn.TimeFreqLSTMCell(2, feature_size=3, frequency_skip=2), 7, 12) == {
        "TimeFreqLSTMCell/W_0": [7, 8], "TimeFreqLSTMCell/B": [8]}


def test_sizes():
    cell = tf.contrib.grid_rnn.GridRNNCell(2, 3, input_dims=[0, 1], output_dims=[2, 0], priority_dims=2)
    assert (cell.input_size, cell.output_size, cell.state_size) == (4, 4, 12)
    output, state = cell(tf.zeros([5, 4]), tf.zeros([5, 12]))
    assert (output.get_shape().as_list(), state.get_shape().as_list()) == ([5, 4], [5, 12])


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda c: c.grid_rnn.GridRNNCell(2, 0), ValueError, "dims must be >= 1: 0"),
    (lambda c: c.grid_rnn.GridRNNCell(2, 2, output_dims=[2]), ValueError, r"Invalid dims: \[2\]. Must be in \[0, 2\)"),
    (lambda c: c.grid_rnn.GridRNNCell(2, 2, [0, 1])(tf.zeros([1, 3]), tf.zeros([1, 8])), ValueError,
     "evenly divisible by 2 but is 3"),
    (lambda c: c.grid_rnn.Grid1BasicLSTMCell(2)(tf.zeros([1, 3]), tf.zeros([1, 4])), ValueError,
     "Linear expects shape"),
    (lambda c: c.rnn.TimeFreqLSTMCell(2)(tf.zeros([1, 3]), tf.zeros([1, 8])), TypeError, "feature_size"),
    (lambda c: c.rnn.TimeFreqLSTMCell(2)(tf.placeholder(tf.float32, [1, None]), tf.zeros([1, 8])), ValueError,
     "Cannot infer input_size from static shape inference."),
])
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make(tf.contrib)
