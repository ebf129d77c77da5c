"""The cells of `tf.contrib.rnn` and `tf.contrib.grid_rnn`."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import cells
from tracer.nn import states

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


def weights(shape, dtype=None, partition_info=None):
    return tf.constant(np.sin(np.arange(np.prod(shape)) * 1.7).reshape(shape) * .5, tf.float32)


def two_steps(cell, state):
    """Outputs of two steps of a cell of 0.12, whose weights a rule gives, and the names of its variables."""
    x = tf.constant(np.cos(np.arange(6.)).reshape(2, 3), tf.float32)
    with tf.variable_scope("cell", initializer=weights):
        first, state = cell(x, state)
        tf.get_variable_scope().reuse_variables()
        second, _ = cell(x * .5, state)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        return session.run([first, second]), [v.op.name.partition("/")[2].partition("/")[2] for v in tf.all_variables()]


NORMS = [f"{gate}/{name}" for gate in ("input", "transform", "forget", "output", "state") for name in ("gamma", "beta")]


@pytest.mark.parametrize(("options", "names", "first", "second"), [  # the numbers are those of TensorFlow 0.12.1
    ({}, ["linear/weights", *NORMS], [0.59812933, -0.13997413, -0.27192923, 0.15890582],
     [0.71588355, -0.1243965, -0.16455497, -0.19298914]),
    ({"layer_norm": False}, ["linear/weights", "linear/b"], [0.3432635, 0.17126322, -0.02265047, 0.10129285],
     [0.49308193, 0.24990728, -0.08552605, 0.00721536]),
    ({"norm_gain": .5, "norm_shift": .25, "forget_bias": 2., "activation": tf.nn.relu}, ["linear/weights", *NORMS],
     [0.6743447, 0., 0., 0.183536], [0.73594904, 0.1107682, 0., 0.02827635]),
])
def test_layer_norm_cell(options, names, first, second):
    state = tf.nn.rnn_cell.LSTMStateTuple(tf.ones([2, 4]) * .3, tf.constant(np.linspace(-1, 1, 8).reshape(2, 4), tf.float32))
    found, variables = two_steps(tf.contrib.rnn.LayerNormBasicLSTMCell(4, **options), state)
    np.testing.assert_allclose(found[0][0], first, 1e-4, 1e-6)
    np.testing.assert_allclose(found[1][0], second, 1e-4, 1e-6)
    assert variables == names


@pytest.mark.parametrize(("tuples", "sizes", "first", "second"), [  # of TensorFlow 0.12.1 too
    (True, (tf.nn.rnn_cell.LSTMStateTuple(4, 4), 5, 15), [0.01046772, 0.1105995, -0.03896799, -0.10055788, 0.06488065],
     [-0.01885659, 0.14542691, -0.01861833, -0.14062917, 0.05485693]),
    (False, 24, [0.05064105, -0.02088706, -0.04525868, 0.03254973, 0.03687098],
     [0.06309589, -0.04192263, -0.05229289, 0.05539794, 0.03801745]),
])
def test_attention_to_earlier_outputs(tuples, sizes, first, second):
    inner = tf.nn.rnn_cell.BasicLSTMCell(4, state_is_tuple=True) if tuples else tf.nn.rnn_cell.GRUCell(4)
    cell = tf.contrib.rnn.AttentionCellWrapper(inner, 3, attn_size=5, attn_vec_size=2, state_is_tuple=tuples)
    assert (cell.state_size, cell.output_size) == (sizes, 5)
    found, variables = two_steps(cell, cell.zero_state(2, tf.float32))
    np.testing.assert_allclose(found[0][0], first, 1e-4, 1e-6)
    np.testing.assert_allclose(found[1][0], second, 1e-4, 1e-6)
    assert variables[-6:] == ["Attention/AttnW", "Attention/AttnV", "Attention/Linear/Matrix", "Attention/Linear/Bias",
                              "AttnOutputProjection/Linear/Matrix", "AttnOutputProjection/Linear/Bias"]


def test_attention_of_what_cannot_be():
    with pytest.raises(TypeError, match="The parameter cell is not RNNCell"):
        tf.contrib.rnn.AttentionCellWrapper(None, 3)
    with pytest.raises(ValueError, match="attn_length should be greater than zero, got 0"):
        tf.contrib.rnn.AttentionCellWrapper(tf.nn.rnn_cell.GRUCell(4), 0)
    with pytest.raises(ValueError, match="the flag state_is_tuple is not set"):
        tf.contrib.rnn.AttentionCellWrapper(tf.nn.rnn_cell.BasicLSTMCell(4, state_is_tuple=True), 3)


def test_an_attention_cell_records_in_tensorflows_order():
    """By which the seeds of its weights' first values go."""
    cell = tf.contrib.rnn.AttentionCellWrapper(tf.nn.rnn_cell.GRUCell(4), 3, state_is_tuple=True)
    cell(tf.zeros([2, 4]), (tf.zeros([2, 4]), tf.zeros([2, 4]), tf.zeros([2, 12])))
    names = [op.name.removeprefix("AttentionCellWrapper/") for op in tf.get_default_graph().get_operations()]
    places = list(map(names.index, ("Reshape", "GRUCell/add", "Attention/Conv2D", "Attention/Slice")))
    assert places == sorted(places)


def test_cells_with_tuples_of_states_make_a_tuple_of_them():
    """As from 0.11 on; 0.8 wanted that said."""
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(3, state_is_tuple=True)] * 2)
    assert cell.state_size == ((3, 3), (3, 3))
    assert tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.GRUCell(3)] * 2).state_size == 6
    with pytest.raises(ValueError, match="Some cells return tuples of states, but the flag state_is_tuple is not set"):
        tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(3, state_is_tuple=True)], state_is_tuple=False)


C, H = np.float32([[0.5, -1], [0.25, 2]]), np.float32([[0.1, 0.2], [-0.3, 0.4]])


@pytest.mark.parametrize(("cell", "state", "output", "first"), [  # all three as 0.12.1 answers
    (lambda: tf.nn.rnn_cell.BasicLSTMCell(2), (C, H), [[0.42671004, -0.28699833], [0.0935083, 0.45213968]],
     [0.7822081, -0.47204643]),
    (lambda: tf.nn.rnn_cell.LSTMCell(2, num_proj=1), (C, H[:, :1]), [[0.01293161], [0.05209519]],
     [0.76926786, -0.48084924]),
    (lambda: tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(2)] * 2), ((C, H), (C, H)),
     [[0.19075742, -0.314335], [0.11134351, 0.46904728]], [0.7822081, -0.47204643]),
])
def test_a_state_given_as_a_tuple_is_one(cell, state, output, first):
    """Later versions need not be told; 0.8 failed on it."""
    state = states.apply(tf.constant, state)
    with tf.variable_scope("cell", initializer=tf.constant_initializer(0.1)):
        found, new = cell()(tf.constant([[1.0, 2, 3], [-1, 0, 1]]), state)
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        out, c = sess.run([found, states.flatten(new)[0]])
    np.testing.assert_allclose(out, output, 1e-5)
    np.testing.assert_allclose(c[0], first, 1e-5)
