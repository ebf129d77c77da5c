"""Rows joined by segments: ties, empty segments, and every way to number segments wrongly."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity

ROWS = np.float32([[1, 5], [3, 5], [-2, 0], [4, 4], [4, -1]])
IDS = np.int32([0, 0, 1, 2, 2])
CHOSEN = np.int32([4, 0, 4, 2])
OF_CHOSEN = np.int32([0, 0, 1, 1])


def spread(gradient, divisor):
    """Of two rows each segment, to 6 rows."""
    rows = np.zeros((6, 2))
    np.add.at(rows, CHOSEN, gradient[OF_CHOSEN] / divisor)
    return rows.astype(np.float32)


@parity([
    *(case(name, np.float64([[1, -np.inf], [np.inf, 2], [3, np.inf]]), np.int32([0, 0, 1])) for name in (
        "segment_max", "segment_min")),
    *(case(name, ROWS, IDS.astype(np.int64)) for name in ("segment_sum", "segment_mean", "segment_max", "segment_min")),
    *(case(name, ROWS.astype(np.int32), IDS) for name in ("segment_sum", "segment_mean", "segment_max", "segment_min",
                                                         "segment_prod")),
    *(case(name, ROWS[:, 0].copy(), IDS) for name in ("segment_sum", "segment_max")),
    case("unsorted_segment_sum", ROWS, np.int32([3, 0, 3, 1, 3]), 5),
    case("unsorted_segment_sum", ROWS[:4].reshape(2, 2, 2), np.int64([[1, 0], [1, 1]]), np.int32(3)),
    *(case(name, ROWS, CHOSEN, OF_CHOSEN) for name in ("sparse_segment_sum", "sparse_segment_mean",
                                                      "sparse_segment_sqrt_n")),
    *(case(name, ROWS[:2], CHOSEN, OF_CHOSEN, 6, gradient=False, expect=spread(ROWS[:2], divisor))
      for name, divisor in [("sparse_segment_mean_grad", 2), ("sparse_segment_sqrt_n_grad", 2 ** 0.5)]),
    case("segment_sum", ROWS, np.int32([0, 0, 1, 2]), raises=True),
    *(case("segment_sum", ROWS, np.int32(ids), raises=("InvalidArgumentError", message)) for ids, message in [
        ([1, 1, 2, 2, 3], "segment ids do not start at 0"),
        ([0, 0, 2, 2, 3], "segment ids are not increasing by 1"),
        ([0, 1, 0, 1, 2], "segment ids are not increasing by 1"),
        ([0, 1, 2, 2, 0], r"Segment id 1 out of range \[0, 1\), probably because 'segment_ids' input is not sorted"),
        ([0, 0, 0, 0, -1], "segment ids must be >= 0"),
    ]),
    case("unsorted_segment_sum", ROWS, np.int32([0, 1, 5, 1, 0]), 5,
         raises=("InvalidArgumentError", r"segment_ids\[2\] = 5 is out of range \[0, 5\)")),
    case("sparse_segment_sum", ROWS, np.int32([0, 5]), np.int32([0, 0]),
         raises=("InvalidArgumentError", r"Bad: indices\[1\] == 5 out of range \[0, 5\)")),
])
def test_segments(case):
    case.check()


def test_segment_prod_has_no_gradient():
    x = tf.constant(ROWS)
    with pytest.raises(LookupError, match=r"No gradient defined for operation 'SegmentProd' \(op type: SegmentProd\)"):
        tf.gradients(tf.segment_prod(x, IDS), x)


def test_other_segments_of_the_same_number_compile_nothing_anew():
    ids = tf.placeholder(tf.int32, [5])
    total = tf.segment_sum(tf.constant(ROWS), ids)
    with tf.Session() as session:
        first = session.run(total, {ids: IDS})
        second = session.run(total, {ids: [0, 1, 1, 1, 2]})
        (prepared,) = session._prepared.values()
        program = prepared.executable.steps[-1]
        assert len(program.variants) == 1
    np.testing.assert_array_equal(first, [[4, 10], [-2, 0], [8, 3]])
    np.testing.assert_array_equal(second, [[1, 5], [5, 9], [4, -1]])


def test_no_rows_make_no_segments():
    x = tf.placeholder(tf.float32, [None, 2])
    ids = tf.placeholder(tf.int32, [None])
    with tf.Session() as session:
        assert session.run(tf.segment_sum(x, ids), {x: np.zeros((0, 2)), ids: []}).shape == (0, 2)
