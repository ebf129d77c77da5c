"""Conditionals, loops, and what orders and watches operations."""

import numpy as np

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
