"""Smaller batches on programs that are compiled for larger ones: how often is compiled, and that the numbers are right."""

import numpy as np
import pytest

import tracer as tf
from lowering.batch import padding
from tracer import errors
from tracer.nn import rnn_cell

pytestmark = pytest.mark.usefixtures("fast_paths")
rng = np.random.RandomState(11)
SIZES = [10, 10, 4, 7, 1, 10]


def weights(*shape):
    return tf.Variable(rng.randn(*shape).astype(np.float32) * 0.3)


def conv_net():
    x = tf.placeholder(tf.float32, [None, 64])
    images = tf.reshape(x, [-1, 8, 8, 1])
    hidden = tf.nn.relu(tf.nn.conv2d(images, weights(3, 3, 1, 12), [1, 1, 1, 1], "SAME") + weights(12))
    pooled = tf.nn.max_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    pooled = tf.nn.lrn(tf.nn.conv2d(pooled, weights(3, 3, 12, 40), [1, 2, 2, 1], "VALID"))
    logits = tf.matmul(tf.reshape(pooled, [-1, 40]), weights(40, 5)) + weights(5)
    return x, [logits, tf.nn.softmax(logits), tf.argmax(logits, 1), tf.nn.top_k(logits, 2)[0]], lambda n: rng.rand(n, 64)


def lstm(unrolled):
    x = tf.placeholder(tf.float32, [None, 6, 3])
    cell = rnn_cell.BasicLSTMCell(8)
    if unrolled:
        parts = [tf.squeeze(part, [1]) for part in tf.split(1, 6, x)]
        outputs, _ = tf.nn.rnn(cell, parts, dtype=tf.float32)
        last = outputs[-1]
    else:
        outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
        last = tf.slice(state, [0, 8], [-1, -1]) + tf.reduce_mean(outputs, 1)
    return x, [tf.nn.sigmoid(tf.matmul(last, weights(8, 2))), last], lambda n: rng.rand(n, 6, 3)


def embedding():
    x = tf.placeholder(tf.int32, [None, 4])
    found = tf.nn.embedding_lookup(weights(20, 6), x)
    flat = tf.matmul(tf.reshape(found, [-1, 6]), weights(6, 3))
    scores = tf.reduce_max(tf.reshape(flat, [-1, 4, 3]), [1])
    distances = tf.reduce_sum(tf.square(tf.expand_dims(scores, 1) - weights(5, 3)), 2)
    return x, [scores, tf.reduce_sum(found, [1, 2]), tf.argmin(distances, 1)], lambda n: rng.randint(0, 20, (n, 4))


def normalized():
    x = tf.placeholder(tf.float32, [None, 4])
    moments = tf.nn.moments(x, [1], keep_dims=True)
    y = tf.nn.batch_normalization(x, *moments, None, None, 1e-3)
    picked = tf.select(tf.greater(y, 0), y, tf.transpose(tf.transpose(y) * 2.0))
    return x, [tf.concat(1, [picked, tf.zeros_like(y)]), tf.pack([x, y]), tf.reverse(y, [False, True]), tf.split(1, 2, y)[1],
               tf.pad(y, [[0, 0], [1, 2]])], lambda n: rng.rand(n, 4)


NETWORKS = [conv_net, lambda: lstm(True), lambda: lstm(False), embedding, normalized]


@pytest.mark.parametrize("network", NETWORKS, ids=["conv", "unrolled", "dynamic", "embedding", "normalized"])
def test_smaller_batches_need_no_compilation(network, monkeypatch):
    x, fetches, batch = network()
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    program = None
    for size in SIZES:
        given = batch(size)
        found = session.run(fetches, {x: given})
        program = program or session.runs()[-1].single
        with monkeypatch.context() as without:
            without.setenv("TRACER_WITHOUT", "padding")
            with tf.Session() as other:
                _copy_variables(session, other)
                expected = other.run(fetches, {x: given})
        for one, two in zip(found, expected, strict=True):
            assert type(one) is type(two)
            assert one.dtype == two.dtype
            assert one.flags.writeable
            np.testing.assert_allclose(one, two, rtol=2e-5, atol=1e-6)
    assert len(program.variants) == 1


def _copy_variables(session, other):
    _ = other.state
    for name, value in session.state.variables.items():
        other.state.variables[name] = value


def mean_of_rows(x):
    return tf.expand_dims(tf.reduce_mean(x, 0), 0) + 0.0 * x


def batch_normalized(x):
    return tf.nn.batch_normalization(x, *tf.nn.moments(x, [0]), None, None, 1e-3)


def turned(x):
    return tf.reverse(x, [True, False])


def counted(x):
    return x * tf.to_float(tf.shape(x)[0])


def summed_up(x):
    return tf.matmul(x, tf.matmul(x, x, transpose_a=True))


def twice(x):
    return tf.concat(0, [x, x])


def ordered(x):
    return tf.transpose(tf.nn.top_k(tf.transpose(x), 1)[0])


@pytest.mark.parametrize("made", [mean_of_rows, batch_normalized, turned, counted, summed_up, twice, ordered])
def test_what_looks_at_other_rows_is_right(made):
    x = tf.placeholder(tf.float32, [None, 3])
    y = made(x * weights(3))
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    for size in (6, 6, 4, 2):
        given = rng.rand(size, 3)
        with tf.Graph().as_default(), tf.Session() as other:
            exact = tf.constant(given, tf.float32) * session.state.variables["Variable"]
            expected = other.run(made(tf.convert_to_tensor(np.asarray(other.run(exact)))))
        np.testing.assert_allclose(session.run(y, {x: given}), expected, rtol=1e-5, atol=1e-6)


def test_what_sums_over_the_batch_is_compiled_for_each_size(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "masking")
    x = tf.placeholder(tf.float32, [None, 3])
    y = batch_normalized(tf.matmul(x, weights(3, 3)))
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    for size in (6, 4, 4):
        session.run(y, {x: rng.rand(size, 3)})
    assert len(session.runs()[-1].single.variants) == 2


def test_rows_that_are_counted_beforehand_are_compiled_for():
    x, groups = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.int32, [None])
    sums, twice, session = tf.segment_sum(x, groups), x * 2, tf.Session()
    for size in SIZES:
        value = rng.rand(size, 2).astype(np.float32)
        found = session.run([sums, twice], {x: value, groups: np.arange(size) // 2})
        np.testing.assert_allclose(found[0], np.add.reduceat(value, np.arange(0, size, 2)), rtol=1e-6)
        np.testing.assert_array_equal(found[1], value * 2)


def test_an_error_is_that_of_the_rows_that_are_there():
    x = tf.placeholder(tf.int32, [None])
    y = tf.gather(weights(5, 2), x)
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    session.run(y, {x: [1, 2, 3, 4, 0]})
    with pytest.raises(errors.InvalidArgumentError, match=r"indices\[2\] = 7 is not in \[0, 5\)"):
        session.run(y, {x: [0, 1, 7]})
    np.testing.assert_array_equal(session.run(y, {x: [3, 1]}), session.run(y, {x: [3, 1, 0, 0, 0]})[:2])


def test_a_size_that_comes_often_gets_its_own_program(monkeypatch):
    monkeypatch.setattr(padding, "OFTEN", 3)
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.matmul(x, weights(3, 2))
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    session.run(y, {x: np.ones((5, 3))})
    program = session.runs()[-1].single
    for turn in range(5):
        assert session.run(y, {x: np.ones((2, 3))}).shape == (2, 2)
        assert len(program.variants) == (1 if turn < 3 else 2)
    assert session.run(y, {x: np.ones((3, 3))}).shape == (3, 2)
    assert len(program.variants) == 2


def test_two_batches_that_differ_are_not_mixed():
    x, y = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.float32, [None, 2])
    product = tf.matmul(x, y, transpose_b=True) * weights(1)
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    scale = session.state.variables["Variable"]
    for rows, columns in ((4, 4), (4, 3), (3, 3), (2, 4)):
        a, b = rng.rand(rows, 2), rng.rand(columns, 2)
        np.testing.assert_allclose(session.run(product, {x: a, y: b}), a @ b.T * scale, rtol=1e-5)
