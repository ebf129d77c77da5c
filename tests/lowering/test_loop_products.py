"""What every trip of a loop multiplies by, or gathers rows of: its gradient is that of the loop written out."""

import numpy as np
import pytest

import tracer as tf

TRIPS, BATCH, SIZE, WORDS = 5, 3, 4, 7
rng = np.random.RandomState(0)
INPUTS = rng.randn(TRIPS, BATCH, SIZE).astype(np.float32)
CODES = rng.randint(0, WORDS, (TRIPS, BATCH)).astype(np.int32)
WEIGHT = (rng.randn(SIZE, SIZE) / 2).astype(np.float32)
TABLE = rng.randn(WORDS, SIZE).astype(np.float32)


def looped(body, start):
    """The state after all trips: by `while_loop`, and written out."""
    _, by_loop = tf.while_loop(lambda t, h: t < TRIPS, lambda t, h: (t + 1, body(t, h)), [tf.constant(0), start])
    written_out = start
    for t in range(TRIPS):
        written_out = body(tf.constant(t), written_out)
    return by_loop, written_out


def same(body, start, xs, feeds=None):
    """That both have the same values, gradients, and gradients of gradients."""
    fetched = []
    for state in looped(body, start):
        loss = tf.reduce_sum(tf.square(state))
        first = [tf.convert_to_tensor(g) for g in tf.gradients(loss, xs)]
        penalty = tf.add_n([tf.reduce_sum(tf.square(g)) for g in first])
        second = [tf.convert_to_tensor(g) for g in tf.gradients(loss + 0.1 * penalty, xs)]
        fetched.append([state, *first, *second])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        by_loop, written_out = session.run(fetched, feeds)
    for found, wanted in zip(by_loop, written_out, strict=True):
        assert np.abs(wanted).max() > 0
        np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize("transposed", [(False, False), (True, True)])
@pytest.mark.parametrize("left", [False, True])
def test_weights(left, transposed):
    inputs, weight = tf.constant(INPUTS), tf.Variable(WEIGHT)
    flags = {"transpose_a": transposed[0], "transpose_b": transposed[1]}

    def body(t, h):
        product = tf.matmul(weight, h, **flags) if left else tf.matmul(h, weight, **flags)
        return tf.tanh(product + tf.gather(inputs, t)[:1, :1])

    same(body, tf.constant(WEIGHT + 1), [weight])


def test_a_weight_that_is_computed_and_used_twice():
    inputs, weight = tf.constant(INPUTS), tf.Variable(WEIGHT)
    scaled = weight * 0.5

    def body(t, h):
        return tf.tanh(tf.matmul(tf.tanh(tf.matmul(h, scaled)), scaled) + tf.gather(inputs, t))

    same(body, tf.constant(INPUTS[0]), [weight, scaled, inputs])


def test_a_weight_that_is_also_added():
    weight = tf.Variable(WEIGHT)
    same(lambda t, h: tf.tanh(tf.matmul(h, weight) + weight), tf.constant(WEIGHT), [weight])


def test_rows_of_a_table():
    table, codes, weight = tf.Variable(TABLE), tf.constant(CODES), tf.Variable(WEIGHT)

    def body(t, h):
        return tf.tanh(tf.matmul(h, weight) + tf.nn.embedding_lookup(table, tf.gather(codes, t)))

    same(body, tf.constant(INPUTS[0]), [table, weight])


def test_rows_that_the_state_decides_on():
    table = tf.Variable(TABLE)

    def body(t, h):
        return tf.tanh(h * 0.5 + tf.gather(table, tf.cast(tf.argmax(h, 1), tf.int32)))

    same(body, tf.constant(INPUTS[0]), [table])


def test_a_batch_of_which_only_a_run_knows():
    x, weight = tf.placeholder(tf.float32, [None, SIZE]), tf.Variable(WEIGHT)
    same(lambda t, h: tf.tanh(tf.matmul(h, weight) + x), tf.zeros_like(x), [weight, x], {x: INPUTS[0]})


def test_a_loop_in_a_loop():
    weight = tf.Variable(WEIGHT)

    def body(t, h):
        h = tf.matmul(h, weight)
        return tf.while_loop(lambda i, h: i < 2, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, weight))),
                             [tf.constant(0), h])[1]

    same(body, tf.constant(INPUTS[0]), [weight])


def test_an_index_out_of_range_is_found_where_gradients_are_taken():
    table, codes = tf.Variable(TABLE), tf.placeholder(tf.int32, [TRIPS, BATCH])
    state, _ = looped(lambda t, h: tf.tanh(h + tf.gather(table, tf.gather(codes, t))), tf.constant(INPUTS[0]))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(state))
    wrong = CODES.copy()
    wrong[3, 1] = WORDS
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[1\] = 7 is not in \[0, 7\)"):
            session.run(step, {codes: wrong})
        np.testing.assert_array_equal(session.run(table), TABLE)
