"""Arrays that grow while a loop writes to them. The numbers are TensorFlow 0.12.1's."""

import re

import numpy as np
import pytest

import tracer as tf
from tracer import errors


@pytest.fixture(autouse=True)
def graph():
    tf.reset_default_graph()
    yield
    tf.reset_default_graph()


def array(size):
    return tf.TensorArray(tf.float32, size=size, dynamic_size=True)


def powers(holds, size):
    """Doubles (or what `w` is) three numbers as long as `holds`, and keeps each state in an array."""
    x, w = tf.placeholder(tf.float32, [3]), tf.Variable(2.0)
    trips, _, kept = tf.while_loop(
        holds, lambda t, s, kept: (t + 1, s * w, kept.write(t, s * w)), [tf.constant(0), x, array(size)])
    return x, w, trips, kept.pack()


@pytest.mark.parametrize("size", [0, 1, 2])
def test_a_fed_number_tells_the_size(size):
    lengths = tf.placeholder(tf.int32, [None])
    limit = tf.reduce_max(lengths)
    x, w, _, packed = powers(lambda t, s, kept: t < limit, size)
    loss = tf.reduce_sum(packed)
    step = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        found = []
        for count in (max(size, 1), 3):
            feeds = {x: [1, 1, 1], lengths: [1, count]}
            assert session.run(packed, feeds).shape == (max(count, size), 3)
            found.append((session.run([loss, step], feeds)[0], session.run(w)))
        if size < 2:
            np.testing.assert_allclose(found, [(6, 1.97), (40.488823, 1.472519)], rtol=1e-6)


def test_what_the_loop_computes_tells_the_size():
    x, _, trips, packed = powers(lambda t, s, kept: tf.reduce_sum(s) < 100.0, 0)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for start, count, last in ((1, 6, 64), (5, 3, 40), (1, 6, 64)):
            found = session.run([trips, packed], {x: [start] * 3})
            assert found[0] == count
            assert found[1].shape == (count, 3)
            assert found[1][-1].tolist() == [last] * 3


def test_the_gradient_of_as_many_elements_as_the_loop_wrote():
    x, w, _, packed = powers(lambda t, s, kept: tf.reduce_sum(s) < 100.0, 0)
    gradients = tf.gradients(tf.reduce_sum(packed), w)
    counted = tf.gradients(tf.reduce_sum(x * w), w)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for start, count in ((1, 6), (5, 3)):
            feeds = {x: [start] * 3}
            assert session.run(packed, feeds).shape == (count, 3)
            assert session.run(gradients, feeds) == [3 * start * sum(k * 2.0 ** (k - 1) for k in range(1, count + 1))]
            assert session.run(counted, feeds) == [3.0 * start]


def test_the_gradient_of_complex_elements():
    """Each element is `x` times a number, so the loss is quadratic in `x`."""
    x, turn = tf.placeholder(tf.float32, [3]), np.complex64(1 + 0.5j)
    given = tf.TensorArray(tf.complex64, size=0, dynamic_size=True)
    kept = tf.while_loop(lambda t, s, kept: tf.reduce_sum(tf.complex_abs(s)) < 60.0,
                         lambda t, s, kept: (t + 1, s * turn, kept.write(t, s)), [0, tf.complex(x, 2 * x), given])[2]
    packed = kept.pack()
    loss = tf.reduce_sum(0.3 * tf.square(tf.real(packed)) + tf.real(packed) * tf.imag(packed))
    start = np.float64([1, 2, 3])
    factors = [(1 + 2j) * (1 + 0.5j) ** t for t in range(20)]
    factors = [c for c in factors if np.abs(c) * start.sum() < 60]
    with tf.Session() as session:
        found, = session.run(tf.gradients(loss, x), {x: start})
    np.testing.assert_allclose(found, 2 * start * sum(0.3 * c.real ** 2 + c.real * c.imag for c in factors), rtol=1e-5)


def test_two_loops_may_begin_with_the_same_array():
    """A decoder's two loops, to train and to answer, as programs of the time build them."""
    lengths, x = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32, [None, None, 3])
    start = tf.placeholder(tf.float32, [None, 3])
    limit = tf.reduce_max(lengths)
    inputs = array(1).unpack(tf.transpose(x, [1, 0, 2]))
    weights = tf.constant(np.full((3, 3), 0.1, np.float32))

    def body(feedback):
        def step(t, state, kept):
            seen = tf.cond(t > 0, lambda: state * 2, lambda: inputs.read(0)) if feedback else inputs.read(t)
            state = tf.tanh(tf.matmul(seen, weights) + state)
            return t + 1, state, kept.write(t, state)
        return step

    first = [tf.constant(0), start, tf.TensorArray(tf.float32, size=1, dynamic_size=True, infer_shape=False)]
    arrays = [tf.while_loop(lambda t, s, kept: t < limit, body(feedback), first)[2] for feedback in (False, True)]
    feeds = {lengths: [4, 2], x: np.arange(24).reshape(2, 4, 3) * 0.1, start: np.zeros((2, 3))}
    with tf.Session() as session:
        for kept, total in zip(arrays, (11.738302, 8.029263), strict=True):
            found = session.run(kept.pack(), feeds)
            assert found.shape == (4, 2, 3)
            assert found.sum() == pytest.approx(total, rel=1e-6)


def test_an_array_may_grow_in_a_loop_inside_of_a_loop():
    x, limit = tf.placeholder(tf.float32, [3]), tf.placeholder(tf.int32, [])

    def outer(i, total):
        _, kept = tf.while_loop(lambda t, kept: t < limit,
                                lambda t, kept: (t + 1, kept.write(t, x * tf.cast(t, tf.float32))),
                                [tf.constant(0), array(0)])
        return i + 1, total + tf.reduce_sum(kept.pack())

    loop = tf.while_loop(lambda i, total: i < 3, outer, [tf.constant(0), tf.constant(0.0)])
    with tf.Session() as session:
        assert session.run(loop, {x: [1, 2, 3], limit: 4}) == [3, 108.0]


def test_what_follows_may_depend_on_the_size():
    """The shape is told while the program is traced, before any trip."""
    lengths = tf.placeholder(tf.int32, [None])
    limit = tf.reduce_max(lengths)
    x, _, _, packed = powers(lambda t, s, kept: t < limit, 1)
    rows = tf.reshape(packed, tf.pack([limit, 3, 1]))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert session.run(rows, {x: [1, 2, 3], lengths: [2, 4]})[-1].ravel().tolist() == [16, 32, 48]


def test_an_array_of_fixed_size_does_not_grow():
    limit = tf.placeholder(tf.int32, [])
    fixed = tf.TensorArray(tf.float32, size=2)
    _, kept = tf.while_loop(lambda t, kept: t < limit, lambda t, kept: (t + 1, kept.write(t, 1.0)),
                            [tf.constant(0), fixed])
    with tf.Session() as session, pytest.raises(errors.InvalidArgumentError, match="not resizeable and size is: 2"):
        session.run(kept.pack(), {limit: 3})


@pytest.mark.usefixtures("fast_paths")  # which also keep other copies out of the loop
def test_the_way_back_leaves_the_rest_of_an_array_alone():
    """To set the row that a round has written to zero, in the gradient by all rows, takes a copy of all of them."""
    x = tf.placeholder(tf.float32, [7, 3])
    w = tf.Variable(np.float32(0.5))
    rows = tf.TensorArray(tf.float32, 7)

    def body(t, h, rows):
        h = tf.tanh(h * w + tf.gather(x, t))
        return t + 1, h, rows.write(t, h)

    rows = tf.while_loop(lambda t, h, rows: t < 7, body, [0, tf.zeros([3]), rows])[2].pack()
    gradients = [tf.convert_to_tensor(g) for g in tf.gradients(tf.reduce_sum(tf.square(rows)), [x, w])]
    values, h, wanted = np.linspace(-1, 1, 21, dtype=np.float32).reshape(7, 3), np.zeros(3), []
    for row in values:
        h = np.tanh(h * 0.5 + row)
        wanted.append(h)
    with tf.Session() as session:
        session.run(w.initializer)
        found, by_x, by_w = session.run([rows, *gradients], {x: values})
        text = str(session.runs()[-1].single.compiled({})[0].trace(*_arguments(session, values)).jaxpr)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    back, of_w = np.zeros(3), 0.0
    for t in reversed(range(7)):
        before = (2 * wanted[t] + back) * (1 - wanted[t] ** 2)
        np.testing.assert_allclose(by_x[t], before, rtol=1e-4, atol=1e-6)
        of_w += (before * (wanted[t - 1] if t else 0)).sum()
        back = before * 0.5
    np.testing.assert_allclose(by_w, of_w, rtol=1e-4)
    assert len(re.findall(r"f32\[7,3\] = (dynamic_update_slice|scatter\[)", text)) == 1, text


def _arguments(session, values):
    program = session.runs()[-1].single
    return program.arguments(session._state, dict.fromkeys(program.dynamic, values))
