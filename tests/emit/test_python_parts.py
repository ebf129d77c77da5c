"""What a session has Python do in the middle of a run: JAX in emitted modules, an argument, or refused with a reason."""

import functools

import jax
import numpy as np
import pytest

import tracer as tf
from tracer import errors

RNG = np.random.RandomState(0)


def loaded(source, folder):
    namespace = {"__file__": str(folder / "net.py")}
    exec(compile(source, "net", "exec"), namespace)
    return namespace


def begun(module, folder):
    params = module["params_from_checkpoint"](folder / "net.npz")
    return params, module["optimizer"].init(params)


def sparse(batch):
    places, values = tf.placeholder(tf.int64, [None, 2], name="places"), tf.placeholder(tf.int32, [None], name="labels")
    return tf.SparseTensor(places, values, tf.constant([batch, 4], tf.int64))


def test_ctc_loss(tmp_path):
    time, batch, classes = 9, 3, 6
    x = tf.placeholder(tf.float32, [time, batch, 5], name="x")
    lengths = tf.placeholder(tf.int32, [batch], name="lengths")
    labels = sparse(batch)
    weights = tf.Variable(tf.random_normal([5, classes], seed=1), name="weights")
    logits = tf.reshape(tf.matmul(tf.reshape(x, [-1, 5]), weights), [time, batch, classes])
    loss = tf.reduce_mean(tf.nn.ctc_loss(logits, labels, lengths), name="mean_loss")
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    indices = np.array([[0, 0], [0, 1], [0, 2], [1, 0], [2, 0], [2, 1]])
    given = [RNG.randn(time, batch, 5).astype(np.float32), np.array([9, 7, 5], np.int32), indices,
             np.array([1, 1, 2, 4, 3, 5], np.int32)]  # a repeated one; and the last is the blank, which ends a row
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        feeds = [x, lengths, labels.indices, labels.values]
        module = loaded(tf.emit([step, loss], feeds, str(tmp_path / "net.py"), session), tmp_path)
        params, opt_state = begun(module, tmp_path)
        for _ in range(5):
            params, opt_state, found = jax.jit(module["train_step"])(params, opt_state, *given)
            np.testing.assert_allclose(found, session.run([step, loss], dict(zip(feeds, given, strict=True)))[1], rtol=2e-6)
        np.testing.assert_allclose(params["weights"], session.run(weights), rtol=1e-5, atol=1e-6)


def test_ctc_loss_that_merges_otherwise_is_refused(tmp_path):
    logits, lengths = tf.placeholder(tf.float32, [5, 2, 4]), tf.placeholder(tf.int32, [2])
    loss = tf.nn.ctc_loss(logits, sparse(2), lengths, ctc_merge_repeated=False)
    with tf.Session() as session, pytest.raises(errors.UnsupportedError, match=r"CTCLoss 'CTCLoss'.*always merges"):
        tf.emit(loss, path=str(tmp_path / "net.py"), session=session)


def middle(x):
    return np.sort(x, 0) * np.float32(2)


def measures(values, targets):
    return np.median(values).astype(np.float32), np.float32(len(targets))


def test_a_python_function_is_an_argument(tmp_path):
    x, y = tf.placeholder(tf.float32, [None, 4], name="x"), tf.placeholder(tf.float32, [None], name="y")
    weights = tf.Variable(tf.ones([4, 1]), name="weights")
    hidden, = tf.py_func(middle, [tf.matmul(x, weights) + x], [tf.float32])
    hidden.set_shape([None, 4])
    values = tf.reshape(tf.matmul(hidden, weights), [-1])
    loss = tf.reduce_mean(tf.square(values - y))  # by the weights that come after the function alone
    median, count = tf.py_func(measures, [values, y], [tf.float32, tf.float32], name="measured")
    median.set_shape([])
    count.set_shape([])
    step = tf.train.GradientDescentOptimizer(0.001).minimize(loss)
    given = [RNG.rand(6, 4).astype(np.float32), RNG.rand(6).astype(np.float32)]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        module = loaded(tf.emit([step, loss, median, count], [x, y], str(tmp_path / "net.py"), session), tmp_path)
        params, opt_state = begun(module, tmp_path)
        train_step = jax.jit(functools.partial(module["train_step"], middle=middle, measures=measures))
        for size in (6, 6, 3):
            inputs = [array[:size] for array in given]
            params, opt_state, *found = train_step(params, opt_state, *inputs)
            wanted = session.run([step, loss, median, count], dict(zip([x, y], inputs, strict=True)))
            np.testing.assert_allclose(found, wanted[1:], rtol=1e-5)
        np.testing.assert_allclose(params["weights"], session.run(weights), rtol=1e-5)


def test_the_shape_of_what_python_gives_must_be_known(tmp_path):
    value, = tf.py_func(middle, [tf.placeholder(tf.float32, [3])], [tf.float32], name="sorted")
    with tf.Session() as session, pytest.raises(errors.UnsupportedError, match=r"PyFunc 'sorted'.*set_shape says it"):
        tf.emit(value, path=str(tmp_path / "net.py"), session=session)


def test_places_that_are_looked_for_are_refused_with_a_reason(tmp_path):
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    chosen = tf.gather(x, tf.reshape(tf.where(tf.reduce_sum(x, 1) > 0, name="places"), [-1]))
    with tf.Session() as session, pytest.raises(errors.UnsupportedError) as problem:
        tf.emit(chosen, path=str(tmp_path / "net.py"), session=session)
    assert "Where 'places'" in str(problem.value)
    assert "how many rows" in str(problem.value)
