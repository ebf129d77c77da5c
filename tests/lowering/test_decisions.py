"""Fed truth values that conditionals go by: a program for each, with the branch that is taken alone."""

import jax
import numpy as np
import pytest

import tracer as tf


def normalized(training, depth=3):
    """Layers that are normalized by their batch while they are trained, and by what was seen else."""
    x = tf.placeholder(tf.float32, [None, 4])
    y = x
    for _ in range(depth):
        mean = tf.Variable(tf.zeros([4]))

        def batch(y=y, mean=mean):
            now = tf.reduce_mean(y, 0)
            with tf.control_dependencies([mean.assign(mean * 0.9 + now * 0.1)]):
                return tf.identity(now)

        y = tf.tanh(y * 1.5 - tf.cond(training, batch, lambda mean=mean: mean * 1.0))
    return x, y, tf.gradients(y, x)[0]


def evaluated(monkeypatch, without):
    monkeypatch.setenv("TRACER_WITHOUT", without)
    with tf.Graph().as_default(), tf.Session() as session:
        training = tf.placeholder(tf.bool)
        x, y, gradient = normalized(training)
        session.run(tf.initialize_all_variables())
        given = np.random.RandomState(1).rand(5, 4)
        found = [session.run([y, gradient], {x: given, training: value}) for value in (True, False, True)]
        found.append(session.run(tf.all_variables()))
        program = next(run.single for run in session.runs() if training in run.fed)
        static, outline = program.variants[0]
        return found, len(program.variants), str(jax.make_jaxpr(program.function(static, []))(*outline)).count("cond[")


def test_each_value_has_a_program_without_conditionals(monkeypatch):
    found, variants, conditionals = evaluated(monkeypatch, "")
    expected, *others = evaluated(monkeypatch, "decisions")
    assert (variants, conditionals) == (2, 0)
    assert others[0] == 1
    assert others[1] >= 3
    for one, two in zip(found, expected, strict=True):
        for a, b in zip(one, two, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("depth", [1, 3])
def test_what_follows_from_numbers_is_a_conditional(depth):
    count = tf.placeholder(tf.float32, [])
    x, y, _ = normalized(tf.greater(count, 2.0), depth)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for value in (1.0, 3.0, 5.0):
            session.run(y, {x: np.ones((2, 4)), count: value})
        assert len(session.runs()[-1].single.variants) == 1


def test_small_branches_are_a_conditional():
    flag, x = tf.placeholder(tf.bool, []), tf.placeholder(tf.float32, [3])
    y = tf.cond(tf.logical_not(flag), lambda: x + 1.0, lambda: x * 2.0)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(y, {x: np.ones(3), flag: True}), np.full(3, 2.0))
        np.testing.assert_array_equal(session.run(y, {x: np.ones(3) * 3, flag: False}), np.full(3, 4.0))
        assert len(session.runs()[-1].single.variants) == 1
