"""Runs like earlier ones are a mere call of what those have compiled, and give what those would."""

import jax
import numpy as np
import pytest

import tracer as tf
from tracer import errors


@pytest.fixture(autouse=True)
def nothing_left_out(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "")


def started():
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    return session


def repeats(session):
    """Whether the session's last distinct run is prepared."""
    return session.runs()[-1].repeated is not None


def test_what_is_fetched_besides_outputs_is_the_callers_own():
    x, w = tf.placeholder(tf.float32, [2]), tf.Variable([1.0, 2.0])
    added, c = w.assign_add(x).op, tf.constant([5.0, 6.0])
    fetches = [tf.reduce_sum(w) * 0.0, added, w, x, c, w * 2.0]
    session = started()
    fed = np.ones(2, np.float32)
    for step in range(1, 6):
        zero, none, *arrays = session.run(fetches, {x: fed})
        assert (zero, none) == (0.0, None)
        expected = [[1.0 + step, 2.0 + step], [1.0, 1.0], [5.0, 6.0], [2.0 * step, 2.0 + 2.0 * step]]
        for array, values in zip(arrays, expected, strict=True):
            assert array.tolist() == values
            array[:] = -7.0
        assert fed.tolist() == [1.0, 1.0]
    assert repeats(session)
    assert not jax.config.jax_enable_x64  # type: ignore[attr-defined]


def test_a_program_of_several_shapes_repeats_for_each(monkeypatch):
    monkeypatch.setenv("TRACER_WITHOUT", "padding,masking")
    x = tf.placeholder(tf.float32, [None])
    total = tf.Variable(0.0)
    step = total.assign_add(tf.reduce_sum(x))
    session = started()
    expected = 0.0
    for size in (3, 5, 3, 5, 5, 4, 3, 4):
        expected += size
        assert session.run(step, {x: np.ones(size)}) == expected
    assert sorted(session.runs()[-1].single.ready) == [((3,),), ((4,),), ((5,),)]


def test_smaller_batches_between_are_padded_as_ever():
    x = tf.placeholder(tf.float32, [None, 3])
    y = x * 2.0
    session = tf.Session()
    for size in (4, 4, 2, 4, 3, 4):
        assert session.run(y, {x: np.ones([size, 3])}).tolist() == [[2.0] * 3] * size
    assert list(session.runs()[-1].single.ready) == [((4, 3),)]


def test_random_numbers_go_on_from_run_to_run():
    drawn = tf.random_uniform([3], seed=5)
    plain, watched = tf.Session(), tf.Session()
    for _ in range(6):  # what is watched is not repeated
        np.testing.assert_array_equal(plain.run(drawn),
                                      watched.run(drawn, options=tf.RunOptions(timeout_in_ms=100_000)))
    variable = tf.Variable(0.0)
    step = variable.assign_add(tf.random_uniform([], seed=3))
    session = started()
    values = [session.run(step) for _ in range(5)]
    assert len({*np.diff(values)}) == 4
    assert repeats(session)


def test_a_check_that_fails_in_a_run_like_others():
    table, index = tf.Variable([1.0, 2.0, 3.0]), tf.placeholder(tf.int32, [2])
    step = tf.scatter_add(table, index, [1.0, 1.0]).op
    session = started()
    for _ in range(4):
        session.run(step, {index: [0, 2]})
    with pytest.raises(errors.InvalidArgumentError, match=r"indices\[1\] = 3 is not in \[0, 3\)"):
        session.run(step, {index: [0, 3]})
    assert session.run(table).tolist() == [5.0, 2.0, 7.0]
    session.run(step, {index: [0, 1]})
    assert session.run(table).tolist() == [6.0, 3.0, 7.0]


def test_a_shape_that_is_refined_between_runs():
    x = tf.placeholder(tf.float32, [None])
    y = x + 1.0
    session = tf.Session()
    for _ in range(3):
        session.run(y, {x: np.ones(3, np.float32)})
    x.set_shape([2])
    with pytest.raises(ValueError, match=r"Cannot feed value of shape \(3,\) for Tensor"):
        session.run(y, {x: np.ones(3, np.float32)})
    assert session.run(y, {x: np.ones(2, np.float32)}).tolist() == [2.0, 2.0]


def test_variables_that_are_gone_or_of_another_shape():
    w = tf.Variable(tf.ones([2]), validate_shape=False)
    total, double = tf.reduce_sum(w), w.assign(w * 2.0).op
    other = tf.assign(w, tf.ones([3]), validate_shape=False).op
    session = started()
    for _ in range(3):
        session.run(double)
        session.run(total)
    session.run(other)
    session.run(double)
    assert session.run(total) == 6.0
    session.state.variables.clear()
    for fetched in (double, total, [total, w]):
        with pytest.raises(errors.FailedPreconditionError, match="uninitialized value Variable"):
            session.run(fetched)
