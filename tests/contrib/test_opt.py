"""`tf.contrib.opt`: optimizers around others, and those of SciPy. The numbers are those of 0.12.1."""

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import opt


def started():
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    return session


def test_averages_are_saved_in_place_of_variables(tmp_path):
    v = tf.Variable([7.0, 3.0], name="v")
    optimizer = opt.MovingAverageOptimizer(tf.train.GradientDescentOptimizer(0.1), average_decay=0.5)
    with pytest.raises(RuntimeError, match="Must call apply_gradients or minimize before creating the swapping_saver"):
        optimizer.swapping_saver()
    step = optimizer.minimize(tf.reduce_sum(v * v))
    assert step.name == "train_with_avg"
    saver = optimizer.swapping_saver()
    session = started()
    averages = []
    for _ in range(3):
        session.run(step)
        averages.append(session.run("v/ExponentialMovingAverage:0"))
    np.testing.assert_allclose(averages, [[6.3, 2.7], [5.39, 2.31], [4.487, 1.923]], rtol=1e-6)
    reader = tf.train.NewCheckpointReader(saver.save(session, str(tmp_path / "m")))
    np.testing.assert_allclose(reader.get_tensor("v"), [4.487, 1.923], rtol=1e-6)
    np.testing.assert_allclose(reader.get_tensor("v/ExponentialMovingAverage"), [3.584, 1.536], rtol=1e-6)
    with pytest.raises(ValueError, match="is not part of variables to save"):
        optimizer.swapping_saver([v])


def test_norms_stay_small():
    v, w = tf.Variable([[7.0, 3.0], [3.0, 4.0]], name="v"), tf.Variable([1.0])
    optimizer = opt.VariableClippingOptimizer(tf.train.GradientDescentOptimizer(0.1), {v: [1]}, max_norm=2.0)
    step = optimizer.minimize(tf.reduce_sum(v * v) + w[0])
    assert (step.name, step.type) == ("VariableClipping", "NoOp")
    session = started()
    session.run(step)
    np.testing.assert_allclose(session.run(v), [[1.8382902, 0.7878387], [1.2, 1.6]], rtol=1e-6)
    session.run(step)
    np.testing.assert_allclose(session.run(v), [[1.4706322, 0.63027096], [0.96, 1.28]], rtol=1e-6)
    np.testing.assert_allclose(session.run(w), [0.8], rtol=1e-6)


def test_norms_of_the_rows_that_were_moved():
    v = tf.Variable([[6.0, 8.0], [3.0, 4.0], [30.0, 40.0]], name="v")
    optimizer = opt.VariableClippingOptimizer(tf.train.GradientDescentOptimizer(0.5), {v: [1]}, max_norm=2.0)
    step = optimizer.minimize(tf.reduce_sum(tf.nn.embedding_lookup(v, [0, 1])))
    session = started()
    session.run(step)
    moved = np.array([[5.5, 7.5], [2.5, 3.5]])
    expected = [*(moved * 2 / np.linalg.norm(moved, axis=1, keepdims=True)), [30, 40]]
    np.testing.assert_allclose(session.run(v), expected, rtol=1e-6)


def test_scipy_finds_the_minimum():
    v = tf.Variable([7.0, 3.0], name="v")
    x = tf.placeholder(tf.float32, [])
    loss = tf.reduce_sum((v - x) ** 2)
    steps, losses = [], []
    optimizer = opt.ScipyOptimizerInterface(loss, options={"maxiter": 100})
    with started() as session:
        optimizer.minimize(session, feed_dict={x: 1.0}, fetches=[loss], step_callback=steps.append,
                           loss_callback=losses.append)
        np.testing.assert_allclose(session.run(v), [1, 1], atol=1e-5)
    assert steps[-1].shape == (2,)
    assert losses[0] == 40.0 > losses[-1]


def test_scipy_under_constraints():
    v, w = tf.Variable([7.0, 3.0], name="v"), tf.Variable(1.0)
    loss = tf.reduce_sum((v - 1) ** 2) + (w - 2) ** 2
    optimizer = opt.ScipyOptimizerInterface(loss, equalities=[v[0] - 3.0], inequalities=[v[1] - 2.0], method="SLSQP")
    with started() as session:
        optimizer.minimize(session)
        np.testing.assert_allclose(session.run(v), [3, 2], rtol=1e-5)
        np.testing.assert_allclose(session.run(w), 2, rtol=1e-5)


def test_only_some_variables_move():
    v, w = tf.Variable([7.0, 3.0]), tf.Variable(5.0)
    optimizer = opt.ScipyOptimizerInterface(tf.reduce_sum(v ** 2) + w ** 2, var_list=[w], method="CG")
    with started() as session:
        optimizer.minimize()
        np.testing.assert_allclose(session.run(v), [7, 3])
        np.testing.assert_allclose(session.run(w), 0, atol=1e-5)


def test_a_failure_leaves_the_variables():
    v = tf.Variable([7.0])

    def stop(*_):
        raise KeyError("mine")

    optimizer = opt.ScipyOptimizerInterface(tf.reduce_sum(v ** 2))
    with started() as session:
        with pytest.raises(KeyError, match="mine"):
            optimizer.minimize(session, step_callback=stop)
        assert session.run(v) == [7]


def test_an_optimizer_of_ones_own():
    class Halving(opt.ExternalOptimizerInterface):
        def _minimize(self, initial_val, loss_grad_func, optimizer_kwargs, **_):
            assert loss_grad_func(initial_val)[0] == 8
            return initial_val * optimizer_kwargs["by"]

    v = tf.Variable([[2.0, 2.0]])
    with started() as session:
        Halving(tf.reduce_sum(v ** 2), by=0.5).minimize(session)
        assert session.run(v).tolist() == [[1, 1]]
        with pytest.raises(NotImplementedError, match="subclass from it and implement the _minimize"):
            opt.ExternalOptimizerInterface(tf.reduce_sum(v)).minimize(session)
