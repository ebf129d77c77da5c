"""Conditionals, loops, and what orders and watches operations."""

import numpy as np

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
