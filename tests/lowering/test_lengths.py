"""Sequences of other lengths in programs for longer ones: how often is compiled, and that nothing but rounding is other."""

import numpy as np
import pytest

import tracer as tf
from lowering.batch import padding
from lowering.programs.program import Program
from tests.lowering.test_masking import batch, close, labels, sessions, weights
from tracer import errors
from tracer.nn import rnn_cell

pytestmark = pytest.mark.usefixtures("fast_paths")
CLASSES, ROWS, UNITS = 3, 2, 3


def descent(loss):
    return tf.train.GradientDescentOptimizer(0.1).minimize(loss)


def lengths_of(length):
    return np.random.RandomState(length).randint(1, length + 1, ROWS)


def last_state():
    x, y = tf.placeholder(tf.float32, [None, None, 2]), tf.placeholder(tf.int64, [None])
    lengths = tf.placeholder(tf.int32, [None])
    outputs, state = tf.nn.dynamic_rnn(rnn_cell.GRUCell(UNITS), x, lengths, dtype=tf.float32)
    logits = tf.matmul(state, weights(UNITS, CLASSES))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, y))
    return [loss, outputs], descent(loss), lambda n: {
        x: batch(n, ROWS, 2).swapaxes(0, 1), y: labels(ROWS), lengths: lengths_of(n)}


def every_output():
    words, y = tf.placeholder(tf.int32, [ROWS, None]), tf.placeholder(tf.int64, [ROWS, None])
    found = tf.nn.embedding_lookup(weights(9, 4), words)
    outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicLSTMCell(UNITS), found, dtype=tf.float32)
    logits = tf.matmul(tf.reshape(outputs, [-1, UNITS]), weights(UNITS, CLASSES)) + weights(CLASSES)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.reshape(y, [-1]))
    loss = tf.reduce_sum(losses) / tf.to_float(tf.size(y))
    shown = tf.reshape(tf.nn.softmax(logits), [ROWS, -1, CLASSES])
    return [loss, shown], descent(loss), lambda n: {
        words: labels(ROWS * n, 9).reshape(ROWS, n), y: labels(ROWS * n).reshape(ROWS, n)}


def time_first():
    x, y = tf.placeholder(tf.float32, [None, ROWS, 2]), tf.placeholder(tf.float32, [None, ROWS, UNITS])
    outputs, state = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(UNITS), x, dtype=tf.float32, time_major=True)
    loss = tf.reduce_mean(tf.square(outputs - y)) + tf.reduce_sum(tf.square(state))
    return [loss, outputs, state], descent(loss), lambda n: {x: batch(n, ROWS, 2), y: batch(n, ROWS, UNITS)}


def both_ways():
    x, lengths = tf.placeholder(tf.float32, [ROWS, None, 2]), tf.placeholder(tf.int64, [ROWS])
    outputs, _ = tf.nn.bidirectional_dynamic_rnn(
        rnn_cell.BasicRNNCell(UNITS), rnn_cell.BasicRNNCell(UNITS), x, lengths, dtype=tf.float32)
    joined = tf.concat(2, outputs)
    loss = tf.reduce_mean(tf.square(tf.reduce_max(joined, 1)))
    return [loss, joined], descent(loss), lambda n: {x: batch(n, ROWS, 2).swapaxes(0, 1), lengths: lengths_of(n)}


def by_hand():
    x, w = tf.placeholder(tf.float32, [None, ROWS]), weights(ROWS, ROWS)

    def step(t, state):
        return t + 1, tf.tanh(tf.matmul(tf.expand_dims(tf.gather(x, t), 0), w) + state)

    _, state = tf.while_loop(lambda t, _: t < tf.shape(x)[0], step, [tf.constant(0), tf.zeros([1, ROWS])])
    loss = tf.reduce_sum(tf.square(state))
    return [loss, state], descent(loss), lambda n: {x: batch(n, ROWS)}


def spoken():
    x, lengths = tf.placeholder(tf.float32, [ROWS, None, 2]), tf.placeholder(tf.int32, [ROWS])
    said = tf.SparseTensor(tf.constant([[0, 0], [0, 1], [1, 0]], tf.int64), [1, 0, 1], tf.constant([2, 2], tf.int64))
    outputs, _ = tf.nn.dynamic_rnn(rnn_cell.BasicRNNCell(CLASSES), x, lengths, dtype=tf.float32)
    loss = tf.reduce_mean(tf.nn.ctc_loss(tf.transpose(outputs, [1, 0, 2]), said, lengths))
    return [loss, outputs], descent(loss), lambda n: {x: batch(n, ROWS, 2).swapaxes(0, 1), lengths: np.array([n, 3])}


NETWORKS = [last_state, every_output, time_first, both_ways, by_hand]


def compared(network, sizes, monkeypatch):
    """The programs of a training, which give for all sizes what those give that are compiled for each."""
    tf.set_random_seed(5)
    fetches, train, fed = network()
    session, exact = sessions()
    for size in sizes:
        given = fed(*size)
        found = session.run([*fetches, train], given)[:-1]
        with monkeypatch.context() as without:
            without.setenv("TRACER_WITHOUT", "masking,padding")
            expected = exact.run([*fetches, train], given)[:-1]
        for one, two in zip(found, expected, strict=True):
            close(one, two)
        for name, value in exact.state.variables.items():
            close(session.state.variables[name], value)
    return [step for step in session.runs()[-1].steps if isinstance(step, Program)]


@pytest.mark.parametrize("network", NETWORKS)
def test_all_lengths_are_compiled_twice(network, monkeypatch):
    program, = compared(network, [(7,), (5,), (3,)], monkeypatch)
    assert len(program.variants) == 1
    assert program.padding.ran == {(5, 7, True): 1, (3, 7, True): 1}


def two_lengths():
    asked, told, y = (tf.placeholder(tf.int32, [None, ROWS]), tf.placeholder(tf.int32, [ROWS, None]),
                      tf.placeholder(tf.int64, [ROWS, None]))
    table = weights(9, 2)
    with tf.variable_scope("asked"):
        heard, state = tf.nn.dynamic_rnn(rnn_cell.GRUCell(UNITS), tf.nn.embedding_lookup(table, asked), dtype=tf.float32,
                                         time_major=True)
    with tf.variable_scope("told"):
        outputs, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(UNITS), tf.nn.embedding_lookup(table, told), initial_state=state)
    scores = tf.nn.softmax(tf.reshape(tf.batch_matmul(outputs, tf.transpose(heard, [1, 2, 0])), [-1, tf.shape(asked)[0]]))
    scores = tf.reshape(scores, [ROWS, -1, tf.shape(asked)[0]])
    seen = tf.concat(2, [outputs, tf.batch_matmul(scores, tf.transpose(heard, [1, 0, 2]))])
    logits = tf.matmul(tf.reshape(seen, [-1, 2 * UNITS]), weights(2 * UNITS, CLASSES))
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.reshape(y, [-1]))
    loss = tf.reduce_mean(tf.reshape(losses, tf.shape(y)))
    return [loss, scores], descent(loss), lambda n, m: {
        asked: labels(n * ROWS, 9).reshape(n, ROWS), told: labels(ROWS * m, 9).reshape(ROWS, m),
        y: labels(ROWS * m).reshape(ROWS, m)}


def batches_of_sequences():
    x, y, lengths = (tf.placeholder(tf.int32, [None, None]), tf.placeholder(tf.int64, [None, None]),
                     tf.placeholder(tf.int32, [None]))
    found = tf.nn.embedding_lookup(weights(9, 4), x)
    outputs, _ = tf.nn.dynamic_rnn(rnn_cell.GRUCell(UNITS), found, lengths, dtype=tf.float32)
    logits = tf.matmul(tf.reshape(outputs, [-1, UNITS]), weights(UNITS, CLASSES))
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.reshape(y, [-1]))
    there = tf.to_float(tf.sign(tf.reshape(x, [-1])))
    loss = tf.reduce_sum(losses * there) / tf.reduce_sum(there)
    found = tf.argmax(tf.reshape(logits, [tf.shape(x)[0], -1, CLASSES]), 2)
    return [loss, found], descent(loss), lambda n, m: {
        x: labels(n * m, 9).reshape(n, m), y: labels(n * m).reshape(n, m), lengths: np.arange(n) % m + 1}


@pytest.mark.parametrize("network", [two_lengths, batches_of_sequences])
def test_two_sizes_are_compiled_twice(network, monkeypatch):
    program, = compared(network, [(7, 4), (5, 3), (7, 2), (6, 4)], monkeypatch)
    assert len(program.variants) == 1
    assert program.padding.ran == {((5, 3), (7, 4), True): 1, (2, 4, True): 1, (6, 7, True): 1}
    assert len(program.padding.masked) == 1


def test_all_programs_of_a_run_are_told(monkeypatch):
    programs = compared(spoken, [(7,), (5,)], monkeypatch)
    assert len(programs) == 2
    assert all(program.padding.ran == {(5, 7, True): 1} for program in programs)


def test_what_reads_behind_the_end_is_the_error_that_it_was():
    x, shift = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.int32, [])
    _, total = tf.while_loop(lambda t, _: t < tf.shape(x)[0], lambda t, s: (t + 1, s + tf.gather(x, t + shift)),
                             [tf.constant(0), 0.0])
    session = tf.Session()
    for size in (6, 4, 5):
        assert session.run(total, {x: np.ones(size), shift: 0}) == size
    assert session.runs()[-1].single.padding.ran == {(4, 6, True): 1, (5, 6, True): 1}
    with pytest.raises(errors.InvalidArgumentError, match=r"= 5 is not in \[0, 5\)"):
        session.run(total, {x: np.ones(5), shift: 1})


def test_lengths_find_room_where_another_size_has_its_own():
    x = tf.placeholder(tf.float32, [None, None])
    total = tf.reduce_sum(tf.square(x))
    session = tf.Session()
    for n, m in ((4, 3), (3, 4), (5, 2), (6, 4), (5, 6)):
        assert session.run(total, {x: np.ones((n, m))}) == n * m
    program = session.runs()[-1].single
    assert len(program.variants) == 3
    assert program.padding.ran == {((6, 4), (8, 9), True): 1, ((5, 6), (8, 9), True): 1}  # apart, as no others are alike


def test_a_length_that_keeps_coming_gets_a_program_of_its_own(monkeypatch):
    monkeypatch.setattr(padding, "PAYS", 0)
    x = tf.placeholder(tf.float32, [None, 2])
    total = tf.reduce_sum(tf.square(x))
    session = tf.Session()
    for size in (6, 5, 4, 5, 5, 5):
        assert session.run(total, {x: np.ones((size, 2))}) == 2 * size
    program = session.runs()[-1].single
    assert len(program.variants) == 2
    assert program.padding.ran == {(5, 6, True): 2, (4, 6, True): 1}
