"""What waits for nothing runs in the program of those who need it, and not in one of its own."""

from __future__ import annotations

import numpy as np

import tracer as tf
from lowering.programs.program import Program


def _programs(session: tf.Session) -> list[set[str]]:
    return [{node.name for node in step.stage.nodes} for step in session.runs()[-1].steps if isinstance(step, Program)]


def test_random_numbers_are_drawn_where_they_are_used() -> None:
    queue = tf.FIFOQueue(9, [tf.float32], shapes=[[2]])
    put = queue.enqueue_many([np.float32([[1, 2], [3, 4], [5, 6]])])
    noise = tf.random_uniform([2], seed=3, name="noise")
    sum_ = tf.exp(queue.dequeue()) + tf.exp(noise)
    with tf.Session() as session:
        session.run(put)
        first = session.run(noise)
        found = session.run(sum_)
        assert len(_programs(session)) == 1
    np.testing.assert_allclose(found - np.exp(np.float32([1, 2])), np.exp(_second(first)), rtol=1e-4)


def _second(first: np.ndarray) -> np.ndarray:
    """The numbers that a stream gives after its first ones."""
    with tf.Graph().as_default(), tf.Session() as session:
        noise = tf.random_uniform([2], seed=3, name="noise")
        np.testing.assert_array_equal(session.run(noise), first)
        return session.run(noise)


def test_what_a_host_step_needs_stays_before_it() -> None:
    given = tf.placeholder(tf.float32, [2])
    squared = tf.exp(given, name="squared")
    (told,) = tf.py_func(lambda x: [x + 1], [squared], [tf.float32])
    told.set_shape([2])
    result = tf.exp(told) + squared
    with tf.Session() as session:
        found = session.run(result, {given: [0.0, 0.0]})
        assert [("squared" in names) for names in _programs(session)] == [True, False]
    np.testing.assert_allclose(found, np.exp([2.0, 2.0]) + 1, rtol=1e-6)


def test_a_variable_is_read_when_its_turn_comes() -> None:
    variable = tf.Variable(1.0)
    before = tf.exp(variable.ref(), name="before")
    queue = tf.FIFOQueue(9, [tf.float32], shapes=[[]])
    taken = queue.dequeue()
    with tf.control_dependencies([before, taken]):
        assigned = variable.assign(taken)
    with tf.control_dependencies([assigned]):
        result = tf.exp(taken) + before
    with tf.Session() as session:
        session.run(variable.initializer)
        session.run(queue.enqueue([2.0]))
        np.testing.assert_allclose(session.run(result), np.exp(2.0) + np.exp(1.0), rtol=1e-6)
