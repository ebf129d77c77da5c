"""Gradients through conditionals and loops that run on the host; the numbers are what TensorFlow 0.12.1 gave."""

import numpy as np
import pytest

import tracer as tf

ROWS = np.float32([[1, -2, 3], [4, 5, -6], [-1, -1, 2], [3, 1, 1]])


def kept(row, mask):
    return tf.boolean_mask(row, mask)


def check(loss, xs, wanted, feeds=None, before=(), rtol=3e-5):
    """The gradients are those `wanted`, for each of the feeds."""
    gradients = [tf.convert_to_tensor(one) for one in tf.gradients(loss, xs)]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for op in before:
            session.run(op)
        for feed, values in zip(feeds or [{}], wanted, strict=True):
            for got, want in zip(session.run(gradients, feed), values, strict=True):
                np.testing.assert_allclose(got, want, rtol=rtol, atol=1e-6)


def test_masked_rows_of_a_map():
    w, x = tf.Variable([1.0, 2.0, 0.5]), tf.constant(ROWS)
    y = tf.map_fn(lambda r: tf.reduce_sum(kept(r * w * tf.stop_gradient(w), r > 0)), x)
    z = tf.map_fn(lambda r: tf.reduce_sum(kept(r * w, r > 0)), x, back_prop=False)
    check(tf.reduce_sum(y * z), [w, x], [([75, 151, 7.5], [[2.5, 0, .625], [14, 56, 0], [0, 0, .25], [5.5, 22, 1.375]])])


def test_one_loop_after_the_other():
    w, x = tf.Variable([1.0, 2.0, 0.5]), tf.constant(ROWS[:1])
    y = tf.map_fn(lambda r: r * w + tf.reduce_sum(kept(r * w, r > 0)), x)
    z = tf.map_fn(lambda r: tf.reduce_sum(kept(r, r > 0.6)) + w[0] * r[0], y * w)
    check(tf.reduce_sum(z) + tf.reduce_sum(y * w), [w, x], _by_hand())


def _by_hand():
    w, x = np.float64([1, 2, .5]), np.float64([1, -2, 3])

    def loss(w, x):
        y = x * w + (x * w)[[0, 2]].sum()
        h = y * w
        return h[[0, 2]].sum() + w[0] * h[0] + h.sum()

    def slopes(function, at):
        return [(function(at + d) - function(at - d)) / 2e-6 for d in np.eye(3) * 1e-6]

    return [(slopes(lambda w: loss(w, x), w), [slopes(lambda x: loss(w, x), x)])]


def test_rows_of_a_table_inside_of_a_loop_and_outside():
    table = tf.Variable(np.arange(12).reshape(6, 2).astype(np.float32) * .1)

    def squares(ids):
        found, places = tf.unique(ids)
        return tf.reduce_sum(tf.square(tf.gather(tf.nn.embedding_lookup(table, found), places)))

    y = tf.map_fn(squares, tf.constant([[1, 1, 2], [3, 3, 3], [0, 1, 2]]), dtype=tf.float32)
    z = tf.nn.embedding_lookup(table, [1, 5, 1])
    check(tf.reduce_sum(y * y) + tf.reduce_sum(z * z * z), [table], [(
        [[0, .22], [1.752, 2.808], [1.952, 2.44], [18.36, 21.42], [0, 0], [3, 3.63]],)])


def test_rows_of_a_table_that_a_loop_takes_stay_rows():
    table = tf.Variable(np.arange(12).reshape(6, 2).astype(np.float32) * .1)
    rows = tf.nn.embedding_lookup(table, [1, 1, 3])
    y = tf.map_fn(lambda r: tf.reduce_sum(tf.square(kept(r, r > 0.3))), rows)
    gradient, = tf.gradients(tf.reduce_sum(y), table)
    assert isinstance(gradient, tf.IndexedSlices)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        values, places = session.run([gradient.values, gradient.indices])
    assert places.tolist() == [1, 1, 3]
    np.testing.assert_allclose(values, [[0, 0], [0, 0], [1.2, 1.4]], rtol=1e-6)


def test_a_conditional_inside_of_a_loop():
    w = tf.Variable([1.0, -2.0, 0.5])

    def body(i, a):
        d = tf.cond(tf.equal(i % 2, 0), lambda: tf.reduce_sum(kept(w * a, w > 0)), lambda: a * tf.reduce_sum(w * w))
        return i + 1, a + 0.1 * d

    end = tf.while_loop(lambda i, a: i < 5, body, [0, w[2] * 2.])[1]
    check(tf.square(end), [w], [([13.089856, -13.125523, 59.849529],)])


def test_a_loop_inside_of_a_loop():
    w = tf.Variable([1.0, -2.0, 0.5])

    def outer(i, a):
        inner = tf.while_loop(lambda j, b: j < 2, lambda j, b: (j + 1, b * 0.5 + tf.reduce_sum(kept(w * b, w > 0))), [0, a])
        return i + 1, inner[1] * 0.3 + w[0]

    check(tf.while_loop(lambda i, a: i < 3, outer, [0, tf.constant(1.)])[1], [w], [([12.904, 0, 9.264],)])


def test_a_conditional_inside_of_a_conditional():
    w, p, q = tf.Variable([1.0, -2.0, 0.5]), tf.placeholder(tf.bool, []), tf.placeholder(tf.bool, [])
    y = tf.cond(p, lambda: tf.cond(q, lambda: tf.reduce_sum(kept(w * w, w > 0)), lambda: tf.reduce_sum(w)),
                lambda: tf.reduce_sum(w * w * w))
    check(y * y, [w], [([5, 0, 2.5],), ([-1, -1, -1],), ([-41.25, -165, -10.3125],)],
          [{p: True, q: True}, {p: True, q: False}, {p: False, q: True}])


def test_a_python_function_in_a_branch():
    w, p = tf.Variable([1.0, 2.0]), tf.placeholder(tf.bool, [])

    def large():
        found = tf.py_func(lambda v: (v > 1.5).astype(np.float32), [w], [tf.float32])[0]
        found.set_shape([2])
        return tf.reduce_sum(w * w * found)

    y = tf.cond(p, large, lambda: tf.reduce_sum(w * 3.))
    check(y * y, [w], [([0, 32],), ([54, 54],)], [{p: True}, {p: False}])


def test_a_loop_whose_value_grows_until_it_is_large():
    w = tf.Variable([[1.0, 2.0]])
    end = tf.while_loop(lambda a: tf.logical_and(tf.reduce_sum(a) < 30., tf.shape(a)[0] < 12),
                        lambda a: tf.concat(0, [a, a[-1:] * w * 0.7]), [w * 1.], [tf.TensorShape([None, 2])])
    check(tf.reduce_sum(tf.square(end)), [w], [([[7.2572422, 1175.6206]],)])


def test_an_array_that_a_loop_writes():
    w = tf.Variable([1.0, 2.0, 0.5])

    def body(i, a, array):
        a = a * 0.9 + tf.reduce_sum(kept(w * a, w > 0.7))
        return i + 1, a, array.write(i, a)

    array = tf.while_loop(lambda i, *_: i < 4, body, [0, w[2], tf.TensorArray(tf.float32, 4)])[2]
    check(tf.reduce_sum(tf.square(array.pack())), [w], [([28860.838, 28860.838, 57285.398],)])


def test_a_scan_with_partitions():
    w, x = tf.Variable([1.0, 2.0, 0.5]), tf.constant(ROWS)

    def step(total, row):
        low, high = tf.dynamic_partition(tf.tanh(row * w), tf.cast(row > 0, tf.int32), 2)
        return total * 0.5 + tf.reduce_sum(high) - tf.reduce_sum(tf.square(low)) * total

    y = tf.scan(step, x, initializer=tf.constant(1.))
    check(tf.reduce_sum(y * y), [w], [([.017461777, .14637393, 4.2939277],)], rtol=2e-4)


def test_what_is_dequeued_in_a_loop_is_dequeued_once():
    queue = tf.FIFOQueue(20, [tf.float32], [[]])
    fill = queue.enqueue_many([[1., 2., 3., 4.]])
    w = tf.Variable([1.0, 2.0])
    end = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * .5 + tf.reduce_sum(w * queue.dequeue() * a)),
                        [0, w[0] * 1.])[1]
    loss = end * 1.0
    gradient, = tf.gradients(loss, w)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(fill)
        value, slopes = session.run([loss, gradient])
        assert session.run(queue.size()) == 1
    np.testing.assert_allclose(value, 3.5 * 6.5 * 9.5)
    each = 6.5 * 9.5 + 2 * 3.5 * 9.5 + 3 * 3.5 * 6.5
    np.testing.assert_allclose(slopes, [each + 3.5 * 6.5 * 9.5, each], rtol=1e-6)


@pytest.mark.parametrize("where", ["in", "before"])
def test_random_numbers_are_drawn_once(where):
    """What is dropped is dropped in the gradient, in a branch on the device too."""
    tf.set_random_seed(3)
    w, x = tf.Variable([1.0, 2.0, 0.5]), tf.constant(np.abs(ROWS))

    def dropped(value):
        return tf.cond(tf.reduce_sum(value) > 0, lambda: tf.nn.dropout(value, .5), lambda: value)

    y = (tf.map_fn(lambda r: kept(dropped(r * w), r > 0), x) if where == "in"
         else tf.map_fn(lambda r: kept(r, tf.abs(r) > -1), dropped(x * w)))
    gradient, = tf.gradients(tf.reduce_sum(y), x)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        masks = []
        for _ in range(3):
            values, slopes = session.run([y, gradient])
            masks.append((values > 0).tolist())
            np.testing.assert_allclose(slopes, np.where(values > 0, np.float32([2, 4, 1]), 0))
    assert masks[0] != masks[1] != masks[2]


def by_hand(kind, function):
    name = f"{kind}Of{id(function)}"
    tf.RegisterGradient(name)(function)
    return tf.get_default_graph().gradient_override_map({kind: name})


def test_the_registered_gradient_of_a_python_function():
    w = tf.Variable([1.0, 2.0])
    with by_hand("PyFunc", lambda op, grad: grad * 5 * op.inputs[0]):
        y = tf.py_func(lambda a: a * a, [w * 3.], [tf.float32])[0]
    y.set_shape([2])
    check(tf.reduce_sum(y * y * w), [w], [([891, 14256],)])


def test_the_registered_gradient_of_a_python_function_in_a_cell():
    def cell(tanh):
        def step(state, x):
            z = tf.matmul(tf.concat(1, [x, state]), w)
            return tanh(z)
        return step

    def called(z):
        with by_hand("PyFunc", lambda op, grad: grad * (1 - tf.square(op.outputs[0]))):
            h = tf.py_func(np.tanh, [z], [tf.float32])[0]
        h.set_shape([2, 2])
        return h

    w = tf.Variable([[.1, .2], [.3, -.4], [.5, .6], [.2, .1], [-.3, .2]])
    x = tf.constant(np.random.RandomState(7).randn(4, 2, 3).astype(np.float32))
    losses = [tf.reduce_sum(tf.square(tf.scan(cell(tanh), x, initializer=tf.zeros([2, 2])))) for tanh in (called, tf.tanh)]
    slopes = [tf.gradients(loss, [w, x]) for loss in losses]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for one, other in zip(*session.run(slopes), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("extra", [False, True], ids=["device", "host"])
def test_a_registered_gradient_inside_of_a_loop(extra):
    w = tf.Variable([1.0, 2.0])

    def body(i, a):
        with by_hand("Square", lambda op, grad: grad * 100 * op.inputs[0]):
            return i + 1, tf.square(a) * .1 + (tf.reduce_sum(kept(a, a > 1.5)) if extra else 0.0)

    end = tf.while_loop(lambda i, a: i < 2, body, [0, w * 1.])[1]
    check(tf.reduce_sum(end), [w], [([230, 569] if extra else [10, 80],)])


def test_a_registered_gradient_inside_of_a_branch():
    w, p = tf.Variable([1.0, 2.0]), tf.placeholder(tf.bool, [])

    def branch():
        with by_hand("Square", lambda op, grad: grad * 100 * op.inputs[0]):
            return tf.square(w) * .1

    check(tf.reduce_sum(tf.cond(p, branch, lambda: w * 3.)), [w], [([10, 20],), ([3, 3],)], [{p: True}, {p: False}])


def test_text_that_is_printed_on_the_way(capfd):
    w = tf.Variable([1.0, 2.0])
    y = tf.map_fn(lambda v: tf.Print(v * v, [tf.as_string(v)], "it is "), w)
    check(tf.reduce_sum(y), [w], [([2, 4],)])
    assert capfd.readouterr().err.count("it is ") == 2


def test_steps_of_an_optimizer_through_a_loop():
    w, x = tf.Variable([1.0, 2.0, 0.5]), tf.placeholder(tf.float32, [None, 3])
    loss = tf.reduce_sum(tf.map_fn(lambda r: tf.reduce_sum(tf.square(kept(r * w, r > 0))), x))
    train = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    now = np.float64([1, 2, .5])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for rows in (ROWS[:2], ROWS[2:], ROWS[:2]):
            value, _ = session.run([loss, train], {x: rows})
            squares = np.where(rows > 0, rows, 0) ** 2
            np.testing.assert_allclose(value, (squares * now ** 2).sum(), rtol=1e-5)
            now -= 0.01 * (2 * squares * now).sum(0)
            np.testing.assert_allclose(session.run(w), now, rtol=1e-5)


def test_a_run_that_fails_on_the_way_back_changes_nothing():
    w = tf.Variable([1.0, 2.0])
    count = tf.Variable(0)

    def fail(value):
        raise ValueError("no gradient today")

    with by_hand("PyFunc", lambda op, grad: tf.py_func(fail, [grad], [tf.float32])[0]):
        y = tf.py_func(np.square, [w], [tf.float32])[0]
    gradient, = tf.gradients(tf.reduce_sum(y), w)
    both = tf.group(count.assign_add(1), w.assign_sub(gradient))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(tf.errors.OpError, match="no gradient today"):
            session.run(both)
        assert session.run([count, w[0]]) == [0, 1.0]


def test_a_gradient_of_such_a_gradient_says_what_to_do():
    w = tf.Variable([1.0, 2.0])
    loss = tf.reduce_sum(tf.map_fn(lambda v: v * tf.reduce_sum(kept(w, w > 1.5)), w))
    first, = tf.gradients(loss, w)
    second, = tf.gradients(tf.reduce_sum(first), w)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(tf.errors.UnsupportedError, match=r"(?s)no gradient of a gradient .*map/while.*stop_gradient"):
            session.run(second)


def test_why_it_is_no_function_is_said_once(tmp_path):
    w, x = tf.Variable([1.0, 2.0, 0.5]), tf.placeholder(tf.float32, [4, 3])
    loss = tf.reduce_sum(tf.map_fn(lambda r: tf.reduce_sum(kept(r * w, r > 0)), x))
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(tf.errors.UnsupportedError) as refused:
            tf.emit(step, [x], str(tmp_path / "m.py"), session)
    listed = [line for line in str(refused.value).splitlines() if "recorded at" in line and line.startswith("  ")]
    assert [line.split()[0] for line in listed] == ["Where"]
