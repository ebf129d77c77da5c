"""Tensors that many slices cut up: cut once, with what the slices give one by one."""

import jax
import numpy as np

import tracer as tf


def evaluated(places, monkeypatch, without=""):
    """Values and gradients, and how many arrays are padded for them."""
    monkeypatch.setenv("TRACER_WITHOUT", without)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.Variable(np.random.RandomState(1).randn(5, 9, 3).astype(np.float32))
        y = tf.tanh(x)
        parts = [tf.slice(y, [0, begin, 0], [-1, size, 3]) for begin, size in places]
        loss = tf.add_n([tf.reduce_sum(part ** 3) * (i + 1.0) for i, part in enumerate(parts)])
        fetches = [*parts, *tf.gradients(loss, [x, y])]
        session.run(tf.initialize_all_variables())
        found = session.run(fetches)
        program = session.runs()[-1].single
        text = str(jax.make_jaxpr(program.function({}, []))(*program.variants[-1][1]))
    return found, text.count(" pad[")


def compared(places, monkeypatch):
    """How many arrays are padded, at once and one by one, where the results are the same."""
    (found, pads), (expected, more) = (evaluated(places, monkeypatch, without) for without in ("", "pieces"))
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_array_max_ulp(one, two, 4)  # XLA fuses each its own way
    return pads, more


def test_pieces_side_by_side_with_gaps_and_twice(monkeypatch):
    assert compared([(0, 1), (2, 1), (3, 1), (3, 1), (4, 2), (7, -1)], monkeypatch) == (0, 6)


def test_pieces_that_overlap_are_slices(monkeypatch):
    assert compared([(0, 1), (1, 2), (2, 2), (5, 1), (6, 1)], monkeypatch) == (5, 5)


def test_few_pieces_are_slices(monkeypatch):
    assert compared([(0, 3), (3, 3), (6, 3)], monkeypatch) == (3, 3)


def test_pieces_of_what_is_fed_and_of_a_variable_that_changes(monkeypatch):
    x, v = tf.placeholder(tf.float32, [None, 6]), tf.Variable(np.arange(6, dtype=np.float32))
    total = tf.add_n([tf.slice(x, [0, i], [-1, 1]) * float(i + 1) for i in range(6)])
    before = [tf.slice(v, [i], [1]) for i in range(6)]
    with tf.control_dependencies(before):
        written = v.assign_add(np.ones(6, np.float32))
    with tf.control_dependencies([written]):
        after = [tf.slice(v, [i], [1]) + 0.0 for i in range(6)]
    with tf.Session() as session:
        session.run(v.initializer)
        given = np.arange(12.0).reshape(2, 6)
        np.testing.assert_array_equal(session.run(total, {x: given}), given @ np.arange(1.0, 7.0)[:, None])
        np.testing.assert_array_equal(np.ravel(session.run(after)), np.arange(6) + 1.0)
