"""Conditionals, loops, and what orders and watches operations."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import control

PAIR = np.float32([1.5, -0.5]), np.float32([0.25, 2])
TRUE, FALSE = np.bool_(True), np.bool_(False)


@parity([
    case(control.branches, TRUE, *PAIR),
    case(control.branches, FALSE, *PAIR),
    case(control.nested_branches, *PAIR),
    case(control.nested_branches, -PAIR[0], PAIR[1]),
    case(control.nested_branches, -PAIR[0], -PAIR[1]),
    case(control.unread_branch, TRUE, PAIR[0]),
    case(control.unread_branch, FALSE, PAIR[0]),
    case(control.cases, PAIR[0], TRUE, TRUE),
    case(control.cases, PAIR[0], FALSE, TRUE),
    case(control.cases, PAIR[0], FALSE, FALSE),
])
def test_conditionals(case):
    case.check()


@parity([
    case(control.power, PAIR[0], np.int32(4)),
    case(control.power, PAIR[0], np.int32(1)),
    case(control.squared_until, np.float32([1.5, 2]), np.float32([1.25, 1])),
    case(control.steps_until, PAIR[0], np.float32(0.5)),
    case(control.no_trips, PAIR[0]),
    case(control.nested_loops, *PAIR),
    case(control.nested_open_loops, np.float32([0.5, 1]), np.float32([1.5, 1.25])),
    case(control.branch_in_loop, *PAIR),
    case(control.loop_in_branch, TRUE, PAIR[0], np.float32([1.5, 2])),
    case(control.loop_in_branch, FALSE, PAIR[0], np.float32([1.5, 2])),
    case(control.growing, np.float64([1.5, -0.5]), np.int32(3), expect=np.float64([1.5, -0.5, 3, 3, 3])),
    case(control.shared, np.float32([1.5, 0.5])),
    case(control.without_gradient, np.float32([1.5, 0.5])),
    case(control.many_trips, np.float32([1.5, 0.5]), tolerance=1e-4),
    case(control.counted_trips, PAIR[0], tolerance=1e-4),
])
def test_loops(case):
    case.check()


def test_waiting_for_the_loop_variable_beside_a_host_step():
    def body(i):
        with tf.control_dependencies([i]):
            filled = tf.constant([1.0, 2.0])
        row, = tf.py_func(lambda x: x * 2, [filled], [tf.float32])
        with tf.control_dependencies([row]):
            return tf.add(i, 1)

    end = tf.while_loop(lambda i: i < 3, body, [tf.constant(0)])
    with tf.Session() as session:
        assert session.run(end) == 3


@pytest.mark.parametrize("taken", [True, False])
def test_branches_that_give_text(taken):
    """Constants alone, or beside numbers."""
    truth = tf.placeholder(tf.bool)
    number = tf.placeholder(tf.float32)
    word = tf.cond(truth, lambda: tf.constant("yes"), lambda: tf.constant("no"))
    both = tf.cond(truth, lambda: [tf.constant("yes"), number * 2], lambda: [tf.constant("no"), number * 3])
    last = tf.while_loop(lambda i, _: i < 2, lambda i, _: [i + 1, tf.constant("last")], [0, tf.constant("first")])
    with tf.Session() as session:
        given = session.run([word, both, last], {truth: taken, number: 1.5})
    assert given == [b"yes" if taken else b"no", [b"yes", 3.0] if taken else [b"no", 4.5], [2, b"last"]]


def _picked(weights):
    return tf.reduce_sum(tf.gather(weights, tf.where(tf.greater([1.0, -1.0], 0.0))[:, 0]))


@pytest.mark.parametrize(("build", "wanted"), [
    (lambda w: tf.cond(tf.placeholder_with_default(True, []), lambda: _picked(w), lambda: tf.reduce_sum(w * w)), [1, 0]),
    (lambda w: tf.while_loop(lambda i, _: i < 2, lambda i, x: [i + 1, x + _picked(w)], [0, 0.0])[1], [2, 0]),
], ids=["conditional", "loop"])
def test_the_gradient_through_what_runs_on_the_host_inside(build, wanted):
    weights = tf.Variable([2.0, 3.0])
    value = build(weights)
    gradient = tf.convert_to_tensor(tf.gradients(value, [weights])[0])
    with tf.Session() as session:
        session.run(weights.initializer)
        assert session.run(value) in (2.0, 4.0)
        np.testing.assert_array_equal(session.run(gradient), wanted)


def test_operations_say_in_which_body_they_are():
    from tracer.ops import dataflow

    graph = tf.get_default_graph()
    x = tf.constant(1.0)
    seen = []

    def noting(result):
        seen.append((graph._get_control_flow_context(), result.op._get_control_flow_context()))
        return result

    condition = tf.greater(x, 0.0)
    tf.cond(condition, lambda: noting(x + 1.0), lambda: noting(x - 1.0))
    tf.while_loop(lambda i: i < 3.0, lambda i: noting(i + 1.0), [x])
    assert all(recording is recorded for recording, recorded in seen)
    assert [type(context) for context, _ in seen] == [
        dataflow.CondContext, dataflow.CondContext, dataflow.WhileContext]
    assert [context.branch for context, _ in seen[:2]] == [1, 0]
    assert seen[0][0].pred.op.inputs[0] is condition
    assert graph._get_control_flow_context() is None
    assert x.op._get_control_flow_context() is None
