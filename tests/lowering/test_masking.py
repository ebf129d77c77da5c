"""Smaller batches in programs that add up rows: how often is compiled, and that nothing but rounding is other."""

import numpy as np
import pytest

import tracer as tf
from lowering.batch import padding
from tracer import errors
from tracer.nn import rnn_cell

pytestmark = pytest.mark.usefixtures("fast_paths")
SIZES = (12, 9, 8)
CLASSES = 3


def weights(*shape):
    seed = len(tf.all_variables())
    return tf.Variable(np.random.RandomState(seed).randn(*shape).astype(np.float32) * 0.4)


def batch(size, *shape):
    return np.random.RandomState(size).rand(size, *shape).astype(np.float32)


def labels(size, classes=CLASSES):
    return np.random.RandomState(size).randint(0, classes, size)


def perceptron():
    x, y = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.int64, [None])
    hidden = tf.nn.relu(tf.matmul(x, weights(6, 8)) + weights(8))
    logits = tf.matmul(hidden, weights(8, CLASSES)) + weights(CLASSES)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, y))
    accuracy = tf.reduce_mean(tf.to_float(tf.equal(tf.argmax(logits, 1), y)))
    train = tf.train.AdamOptimizer(0.01).minimize(loss)
    return [loss, accuracy, logits], train, lambda n: {x: batch(n, 6), y: labels(n)}


def convolutions():
    x, y = tf.placeholder(tf.float32, [None, 8, 8, 2]), tf.placeholder(tf.float32, [None, CLASSES])
    images = tf.nn.conv2d(x, weights(3, 3, 2, 9), [1, 1, 1, 1], "SAME")
    mean, variance = tf.nn.moments(images, [0, 1, 2])
    images = tf.nn.batch_normalization(images, mean, variance, weights(9), weights(9), 1e-3)
    pooled = tf.nn.max_pool(tf.nn.relu(images), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    logits = tf.matmul(tf.reshape(pooled, [-1, 144]), weights(144, CLASSES))
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits, y))
    train = tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss)
    return [loss, mean], train, lambda n: {x: batch(n, 8, 8, 2), y: np.eye(CLASSES)[labels(n)]}


def recurrent():
    x, y = tf.placeholder(tf.float32, [None, 5, 4]), tf.placeholder(tf.float32, [None, 6])
    lengths = tf.to_int32(y[:, 0] * 4) + 1
    outputs, state = tf.nn.dynamic_rnn(rnn_cell.GRUCell(6), x, dtype=tf.float32, sequence_length=lengths)
    loss = tf.reduce_sum(tf.square(state - y)) / tf.to_float(tf.shape(x)[0]) + tf.reduce_mean(outputs)
    gradients = tf.gradients(loss, tf.trainable_variables())
    clipped, norm = tf.clip_by_global_norm(gradients, 0.5)
    train = tf.train.GradientDescentOptimizer(0.1).apply_gradients(zip(clipped, tf.trainable_variables(), strict=True))
    return [loss, norm], train, lambda n: {x: batch(n, 5, 4), y: batch(n, 6)}


def embedded():
    words, y = tf.placeholder(tf.int32, [None, 3]), tf.placeholder(tf.float32, [None])
    found = tf.nn.embedding_lookup(weights(11, 4), words)
    error = tf.reduce_sum(found, [1, 2]) - y
    loss = tf.nn.l2_loss(error)
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    return [loss, error], train, lambda n: {words: labels(3 * n, 11).reshape(n, 3), y: batch(n)}


def policy():
    x, actions, rewards = (tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.int32, [None]),
                           tf.placeholder(tf.float32, [None]))
    chances = tf.nn.softmax(tf.matmul(x, weights(4, CLASSES)))
    places = tf.range(0, tf.shape(chances)[0]) * tf.shape(chances)[1] + actions
    taken = tf.gather(tf.reshape(chances, [-1]), places)
    loss = -tf.reduce_mean(tf.log(taken) * rewards)
    train = tf.train.RMSPropOptimizer(0.01).minimize(loss)
    return [loss, taken], train, lambda n: {x: batch(n, 4), actions: labels(n), rewards: batch(n)}


def dropped():
    x = tf.placeholder(tf.float32, [None, 8])
    hidden = tf.nn.dropout(tf.tanh(tf.matmul(x, weights(8, 16))), 0.5, seed=3)
    loss = tf.reduce_mean(tf.square(hidden))
    return [loss, hidden], tf.train.GradientDescentOptimizer(0.1).minimize(loss), lambda n: {x: batch(n, 8)}


NETWORKS = [perceptron, convolutions, recurrent, embedded, policy, dropped]


def sessions():
    made = tf.Session(), tf.Session()
    for session in made:
        session.run(tf.initialize_all_variables())
    return made


@pytest.mark.parametrize("network", NETWORKS)
def test_training_is_compiled_twice_for_all_sizes(network, monkeypatch):
    tf.set_random_seed(5)
    fetches, train, fed = network()
    session, exact = sessions()
    for size in SIZES:
        found = session.run([*fetches, train], fed(size))[:-1]
        with monkeypatch.context() as without:
            without.setenv("TRACER_WITHOUT", "masking,padding")
            expected = exact.run([*fetches, train], fed(size))[:-1]
        for one, two in zip(found, expected, strict=True):
            close(one, two)
        for name, value in exact.state.variables.items():
            close(session.state.variables[name], value)
        for name, value in exact.state.streams.items():
            np.testing.assert_array_equal(session.state.streams[name], value)
    program = session.runs()[-1].single
    assert len(program.variants) == 1
    assert len(program.padding.masked) == 1
    assert program.padding.ran == {(9, 12, True): 1, (8, 12, True): 1}


def close(one, two):
    one, two = np.asarray(one), np.asarray(two)
    assert one.dtype == two.dtype
    largest = np.abs(two[np.isfinite(two)]).max(initial=0)
    np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-6 * largest)


def compared(x, fetches, runs, monkeypatch):
    """The program of `fetches`, whose results are those of one compiled for each size."""
    session, exact = sessions()
    for value in runs:
        found = session.run(fetches, {x: value})
        with monkeypatch.context() as without:
            without.setenv("TRACER_WITHOUT", "masking,padding")
            for one, two in zip(found, exact.run(fetches, {x: value}), strict=True):
                close(one, two)
    return session.runs()[-1].single


def test_every_reduction_over_rows(monkeypatch):
    x = tf.placeholder(tf.float32, [None, 3])
    rows = x * tf.expand_dims(tf.to_float(tf.range(tf.shape(x)[0])) - 3.0, 1)
    whole = tf.to_int32(rows)
    fetches = [tf.reduce_max(rows, 0), tf.reduce_min(whole, 0), tf.reduce_prod(rows, 0), tf.argmax(rows, 0),
               tf.argmin(rows, 0), tf.reduce_any(rows > 8.0), tf.reduce_all(rows < 8.0), tf.cumsum(rows, 0, reverse=True),
               tf.reduce_max(whole, 0), tf.reduce_min(tf.concat(0, [rows, 2.0 * rows - 5.0]), 0)]
    program = compared(x, fetches, [batch(size, 3) for size in SIZES], monkeypatch)
    assert len(program.variants) == len(program.padding.masked) == 1


def test_what_is_infinite_or_no_number_is_where_it_was(monkeypatch):
    x = tf.placeholder(tf.float32, [None, 2])
    w = weights(2, 2)
    product = tf.matmul(x, w)
    finite = tf.select(tf.is_nan(product), tf.zeros_like(product), product)
    fetches = [tf.reduce_sum(finite), *tf.gradients(tf.reduce_mean(product), [w, x]), *tf.gradients(finite, w)]
    runs = [batch(size, 2) for size in SIZES]
    runs[1][-1] = np.inf, np.nan
    runs[2][-1], runs[2][3] = np.inf, -np.inf
    program = compared(x, fetches, runs, monkeypatch)
    assert len(program.variants) == len(program.padding.masked) == 1


REFUSED = {
    "across": lambda x: tf.reduce_sum(tf.exp(tf.reshape(x, [-1, 2])), 0),
    "shuffled": lambda x: tf.random_shuffle(x, seed=1)[0],
    "twice": lambda x: tf.argmax(tf.concat(0, [x, 2.0 * x]), 0),
    "largest": lambda x: tf.nn.top_k(tf.transpose(x), 2)[0],
    "pairs": lambda x: tf.reduce_sum(tf.nn.relu(tf.matmul(x, x, transpose_b=True) - 0.5)),
    "turned": lambda x: tf.reverse(x, [True, False])[0],
    "last": lambda x: tf.slice(x, [tf.shape(x)[0] - 1, 0], [1, -1]),
}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_what_goes_by_places_or_pairs_of_rows_is_compiled_for_each_size(made, monkeypatch):
    x = tf.placeholder(tf.float32, [None, 3])
    program = compared(x, [made(x)], [batch(6, 3), batch(4, 3)], monkeypatch)
    assert len(program.variants) == 2
    assert not program.padding.ran


def test_an_index_of_no_row_is_the_error_that_it_was():
    fetches, train, fed = policy()
    session, _ = sessions()
    session.run(train, fed(6))
    session.run(train, fed(4))
    before = {name: np.array(value) for name, value in session.state.variables.items()}
    given = fed(5)
    actions = next(tensor for tensor in given if tensor.dtype == tf.int32)
    given[actions] = np.array([0, 1, 2, 0, 7])
    with pytest.raises(errors.InvalidArgumentError, match=r"indices\[4\] = 19 is not in \[0, 15\)"):
        session.run([*fetches, train], given)
    for name, value in before.items():
        np.testing.assert_array_equal(session.state.variables[name], value)


def test_ever_larger_batches_find_room(monkeypatch):
    x = tf.placeholder(tf.float32, [None, 3])
    program = compared(x, [tf.reduce_mean(tf.square(x), 0)], [batch(size, 3) for size in (2, 3, 5, 6, 7, 9)], monkeypatch)
    assert len(program.variants) == 3
    assert program.padding.ran == {(6, 8, True): 1, (7, 8, True): 1, (9, 16, True): 1}
    assert len(program.padding.masked) == 2


def test_few_rows_do_not_run_as_very_many(monkeypatch):
    x = tf.placeholder(tf.float32, [None, 3])
    program = compared(x, [tf.reduce_sum(x)], [batch(padding.SPARSE * 2, 3), batch(2, 3)], monkeypatch)
    assert len(program.variants) == 2
    assert not program.padding.masked
