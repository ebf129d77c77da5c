"""Clipping of gradients, and the decay of the learning rate."""

import numpy as np

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import clipping

SMALL = np.float32([[.5, -.25], [.125, 0]])
LARGE = np.float32([[3, -4], [12, .5], [-1, 2]])
DOUBLES = np.float64([1.5, -2, .25])


@parity([
    case("clip_by_value", LARGE, np.float32(-1), np.float32(2)),
    case("clip_by_value", LARGE, -1.5, 2.5),
    case("clip_by_value", np.float32([-1, 2, .5]), -1.0, 2.0),
    case("clip_by_value", np.int32([-5, 0, 7]), -2, 3),
    case("clip_by_value", DOUBLES, np.float64(-1), np.float64(1)),
])
def test_clip_by_value(case):
    case.check()


@parity([
    case("clip_by_norm", LARGE, 5.0),
    case("clip_by_norm", SMALL, 5.0),
    case("clip_by_norm", SMALL, np.float32(.25)),
    case("clip_by_norm", DOUBLES, np.float64(1)),
    case("clip_by_average_norm", LARGE, .5),
    case("clip_by_average_norm", SMALL, .5),
    case("clip_by_average_norm", SMALL, np.float32(.0625)),
])
def test_clip_by_norm(case):
    case.check()


@parity([
    case("global_norm", [LARGE, SMALL]),
    case("global_norm", [LARGE, None, SMALL]),
    # 0.12.1's gradient of several ys that share what they are made of is not the sum of its gradients of each.
    case("clip_by_global_norm", [LARGE, SMALL], 5.0, gradient=False),
    case("clip_by_global_norm", [SMALL, SMALL], 5.0),
    case("clip_by_global_norm", [LARGE, None, SMALL], 1.0, gradient=False),
    case("clip_by_global_norm", [LARGE, SMALL], 1.0, use_norm=np.float32(20), gradient=False),
    case("clip_by_global_norm", (LARGE, SMALL), np.float32(.5), gradient=False),
    case(clipping.clipped_slices, LARGE, np.float32([[1, 2], [2, 1]]), gradient=False),
    case("clip_by_global_norm", LARGE, 1.0, raises=("TypeError", "t_list should be a sequence")),
])
def test_clip_by_global_norm(case):
    case.check()


@parity([
    *[case("train.exponential_decay", .1, np.int32(step), 10, .9) for step in (0, 1, 9, 10, 25)],
    *[case("train.exponential_decay", .1, np.int32(step), 10, .9, staircase=True) for step in (0, 9, 10, 25)],
    case("train.exponential_decay", np.float32(.5), np.int64(7), np.int32(3), np.float32(.25), True),
    case("train.exponential_decay", np.float64(.5), np.int32(7), 3, .25),
])
def test_exponential_decay(case):
    case.check()


def test_what_is_clipped_keeps_its_slices():
    slices = tf.IndexedSlices(tf.constant([[3.0, 4.0]]), tf.constant([2]))
    (clipped,), norm = tf.clip_by_global_norm([slices], 1.0)
    assert isinstance(clipped, tf.IndexedSlices)
    assert clipped.indices is slices.indices
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(clipped.values), [[.6, .8]], rtol=1e-6)
        assert session.run(norm) == 5


def test_norms_along_a_dimension_are_clipped():
    with tf.Session() as session:
        clipped = session.run(tf.clip_by_norm(tf.constant([[3.0, 4.0], [0.3, 0.4]]), 1.0, axes=[1]))
    np.testing.assert_allclose(clipped, [[.6, .8], [.3, .4]], rtol=1e-6)
