"""Networks asked about a few rows, which NumPy computes: as XLA would, and only those."""

import threading
import warnings

import jax
import numpy as np
import pytest

import tracer as tf
from lowering.programs import few, kept, numpy_lines

pytestmark = pytest.mark.usefixtures("fast_paths")
X = np.random.RandomState(0).randn(3, 4).astype(np.float32)
WEIGHTS = np.random.RandomState(1).randn(4, 8).astype(np.float32)


@pytest.fixture
def programs(monkeypatch):
    """Those that NumPy computes of what a test runs, or None in their place."""
    kept._here.clear()
    kept._recent.clear()
    made, found = [], few.found
    monkeypatch.setattr(few, "found", lambda *told: made.append(found(*told)) or made[-1])
    return made


def network(x, hidden=8):
    w = tf.Variable(WEIGHTS[:, :hidden])
    b = tf.Variable(np.linspace(-1, 1, hidden), dtype=tf.float32)
    v = tf.Variable(WEIGHTS.T[:hidden, :3])
    return tf.matmul(tf.nn.relu(tf.matmul(x, w) + b), v)


def started():
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    return session


FORMS = {
    "itself": lambda y: y,
    "twice": lambda y: [y, y, tf.identity(y)],
    "the largest": lambda y: [tf.argmax(y, 0), tf.argmax(y, 1), tf.reduce_max(y, reduction_indices=[1])],
    "probabilities": lambda y: [tf.nn.softmax(y), tf.log(tf.nn.softmax(y)), tf.nn.log_softmax(y), tf.sigmoid(y)],
    "means": lambda y: [tf.reduce_mean(y), tf.reduce_mean(y, 0), tf.reduce_sum(y, 1, keep_dims=True), tf.nn.l2_loss(y)],
    "shapes": lambda y: [tf.expand_dims(y, 0), tf.reshape(y, [-1]), tf.transpose(y), y[0], tf.concat(1, [y, y]),
                         tf.pack([y, y])],
    "activations": lambda y: [tf.nn.elu(y), tf.nn.softplus(y), tf.tanh(y), tf.nn.relu6(y), tf.nn.l2_normalize(y, 1)],
    "powers": lambda y: [tf.pow(tf.abs(y), 1.5), tf.square(y), tf.rsqrt(tf.exp(y)), tf.floor(y), tf.sign(y), y / 3],
    "whole numbers": lambda y: [tf.cast(tf.greater(y, 0), tf.int32) + 3, tf.one_hot(tf.argmax(y, 1), 3),
                                tf.reduce_sum(tf.cast(tf.greater(y, 0), tf.int32)), tf.cast(tf.argmax(y, 1), tf.float32)],
    "a loss": lambda y: tf.nn.softmax_cross_entropy_with_logits(y, tf.nn.softmax(-y)),
    "a cell": lambda y: tf.nn.rnn_cell.BasicLSTMCell(2, state_is_tuple=False)(y, tf.zeros([3, 4])),
}


@pytest.mark.parametrize("form", FORMS)
def test_it_is_what_xla_computes(monkeypatch, programs, form):
    x = tf.placeholder(tf.float32, [None, 4])
    tf.set_random_seed(3)
    wanted = FORMS[form](network(x))
    wanted = list(wanted) if isinstance(wanted, tuple | list) else [wanted]
    found = []
    for without in ("", "few"):
        monkeypatch.setenv("TRACER_WITHOUT", without)
        session = started()
        programs.clear()
        found.append([session.run(wanted, {x: X}) for _ in range(3)])
        assert [program is not None for program in programs] == [not without]
    for ours, again, theirs in zip(found[0][0], found[0][2], found[1][0], strict=True):
        assert (type(ours), ours.dtype, ours.shape) == (type(theirs), theirs.dtype, theirs.shape)
        np.testing.assert_array_equal(ours, again)
        np.testing.assert_allclose(ours, theirs, rtol=3e-6, atol=1e-6)
        assert ours.ndim == 0 or (ours.flags.writeable and ours.flags.owndata)


def test_results_are_the_callers_own(programs):
    x = tf.placeholder(tf.float32, [None, 4])
    w = tf.Variable(WEIGHTS)
    same, flat, fed = tf.identity(w), tf.reshape(w, [-1]), tf.identity(x)
    total = tf.reduce_sum(w) + tf.reduce_sum(x)
    session, rows = started(), X.copy()
    for value in session.run([total, same, same, flat, fed], {x: rows})[1:]:
        value[...] = 7
    np.testing.assert_array_equal(session.run(w), WEIGHTS)
    np.testing.assert_array_equal(rows, X)
    np.testing.assert_allclose(session.run([total, flat], {x: X})[0], WEIGHTS.sum() + X.sum(), rtol=1e-6)


@pytest.mark.parametrize(("row", "place"), [
    ([1, np.nan, 3], 2), ([np.nan, np.nan, np.nan], 0), ([-np.inf, -np.inf, -np.inf], 0), ([2, 2, 1], 0),
    ([-np.inf, np.nan, -1e38], 2), ([np.inf, np.nan, np.inf], 0),
])
def test_no_number_is_never_the_largest(programs, row, place):
    x, w = tf.placeholder(tf.float32, [1, 3]), tf.Variable(tf.zeros([3]))
    session, largest = started(), tf.argmax(x + w, 1)
    assert session.run(largest, {x: [row]}) == [place]
    assert programs[-1] is not None


def test_it_reads_what_a_step_has_made_of_the_variables(programs):
    x = tf.placeholder(tf.float32, [None, 4])
    y = network(x)
    step = tf.train.GradientDescentOptimizer(0.01).minimize(tf.reduce_sum(tf.square(y)))
    session = started()
    w, b, v = tf.trainable_variables()
    for _ in range(4):
        now = session.run([w, b, v])
        np.testing.assert_allclose(session.run(y, {x: X}), np.maximum(X @ now[0] + now[1], 0) @ now[2], rtol=1e-5, atol=1e-5)
        session.run(step, {x: X})
        assert not np.allclose(session.run(w), now[0])
    session.run(w.assign(WEIGHTS))
    np.testing.assert_array_equal(session.run(tf.identity(w), {x: X}), WEIGHTS)
    assert any(programs)


def test_a_variable_may_change_its_shape(programs):
    x = tf.placeholder(tf.float32, [None, 4])
    w = tf.Variable(WEIGHTS, validate_shape=False)
    y, value = tf.matmul(x, w), tf.placeholder(tf.float32)
    grown = tf.assign(w, value, validate_shape=False)
    session = started()
    for width in (8, 8, 2, 2, 5):
        session.run(grown, {value: WEIGHTS[:, :width]})
        np.testing.assert_allclose(session.run(y, {x: X}), X @ WEIGHTS[:, :width], rtol=1e-5)
    assert len([program for program in programs if program]) == 3


def test_nothing_is_said_of_what_is_infinite(programs):
    x, w = tf.placeholder(tf.float32, [2]), tf.Variable(tf.constant([1.0, 0.0]))
    y = tf.log(w + x) + tf.exp(x * 1e4) + 1 / w
    session = started()
    before = np.geterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = [session.run(y, {x: [-2.0, 2.0]}) for _ in range(3)]
    np.testing.assert_array_equal(results, [[np.nan, np.inf]] * 3)
    assert programs[-1] is not None
    assert np.geterr() == before


@pytest.mark.parametrize(
    "case", ["no variable", "a write", "random numbers", "many rows", "no row", "a large table", "a real made whole"])
def test_what_is_left_to_xla(programs, case):
    x = tf.placeholder(tf.float32, [None, 4])
    y, rows = network(x), X
    if case == "no variable":
        y = tf.nn.softmax(x)
    elif case == "a write":
        y = [y, tf.trainable_variables()[0].assign_add(tf.ones([4, 8]))]
    elif case == "random numbers":
        y = tf.nn.dropout(y, 0.5)
    elif case == "many rows":
        rows = np.ones((4000, 4), np.float32)
    elif case == "no row":
        y, rows = tf.reduce_max(y, reduction_indices=[0]), X[:0]
    elif case == "a large table":
        y = tf.matmul(x, tf.Variable(tf.ones([4, 1 << 15])))
    else:
        y = tf.cast(y, tf.int32)
    session = started()
    programs.clear()
    session.run(y, {x: rows})
    assert not any(programs)


def test_a_wrong_shape_is_told_as_ever(programs):
    x = tf.placeholder(tf.float32)
    w = tf.Variable(WEIGHTS)
    y = tf.matmul(x, w)
    session = started()
    for _ in range(3):
        session.run(y, {x: X})
        with pytest.raises(tf.errors.InvalidArgumentError, match="Matrix size-compatible"):
            session.run(y, {x: X.T})
        with pytest.raises(tf.errors.InvalidArgumentError, match="In\\[0\\] is not a matrix"):
            session.run(y, {x: X[None]})


def test_threads_ask_at_once(programs):
    x = tf.placeholder(tf.float32, [None, 4])
    y = network(x)
    session = started()
    wanted, wrong = session.run(y, {x: X}), []

    def ask():
        wrong.extend(i for i in range(200) if not np.array_equal(session.run(y, {x: X}), wanted))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert any(programs)


def test_copies_go_with_what_they_are_of():
    x = tf.placeholder(tf.float32, [None, 4])
    y = network(x)
    step = tf.train.GradientDescentOptimizer(0.01).minimize(tf.reduce_sum(tf.square(y)))
    session, counts = started(), []
    for _ in range(6):
        session.run(y, {x: X})
        counts.append(len(few._copies))
        session.run(step, {x: X})
    assert max(counts) == counts[0] >= 3


def test_what_the_results_do_not_need_is_left_out():
    def function(x, w):
        unused = jax.numpy.exp(x @ w)
        return (jax.numpy.broadcast_to(w[0], (3, 8)) + unused, jax.numpy.tanh(x))[1]

    closed = jax.make_jaxpr(function)(X, WEIGHTS)
    run, source = numpy_lines.written(closed, [0, 2])
    np.testing.assert_allclose(run((), (X, WEIGHTS))[0], np.tanh(X), rtol=1e-6)
    assert len(source.splitlines()) == 4
