"""Values that an operation cannot take: TensorFlow's error, with the operation's name, and variables as they were."""

import numpy as np
import pytest

import tracer as tf
from tracer import errors

ROWS = np.arange(6, dtype=np.float32).reshape(3, 2)


def fed(value):
    """A tensor that only the run knows, of unknown shape."""
    return tf.placeholder_with_default(tf.constant(value), None)


INDICES = [
    ("Gather", lambda: tf.gather(ROWS, fed([0, 3]), name="bad"), r"indices\[1\] = 3 is not in \[0, 3\)"),
    ("Gather", lambda: tf.gather(ROWS, fed([-1]), name="bad"), r"indices\[0\] = -1 is not in \[0, 3\)"),
    ("GatherNd", lambda: tf.gather_nd(ROWS, fed([[0, 2]]), name="bad"), "does not index into param"),
    ("Slice", lambda: tf.slice(ROWS, fed([2, 0]), [2, 1], name="bad"), r"Expected size\[0\] in \[0, 1\], but got 2"),
    ("Slice", lambda: tf.slice(ROWS, fed([-1, 0]), [1, 1], name="bad"), r"Expected begin\[0\] in \[0, 3\], but got -1"),
    ("DynamicPartition", lambda: tf.dynamic_partition(ROWS, fed([0, 2, 1]), 2, name="bad"), r"partitions\[1\] = 2 is not in"),
    ("DynamicStitch", lambda: tf.dynamic_stitch([fed([0]), fed([1, -1])], [fed([1.0]), fed([2.0, 3.0])], name="bad"),
     r"indices\[1\] is out of range"),
    ("UnsortedSegmentSum", lambda: tf.unsorted_segment_sum(ROWS, fed([0, 1, 5]), 3, name="bad"),
     r"segment_ids\[2\] = 5 is out of range \[0, 3\)"),
    ("SegmentSum", lambda: tf.segment_sum(ROWS, fed([0, 2, 1]), name="bad"), "segment ids are not increasing by 1"),
    ("SparseSegmentSum", lambda: tf.sparse_segment_sum(ROWS, fed([0, 7]), fed([0, 0]), name="bad"),
     r"indices\[1\] == 7 out of range \[0, 3\)"),
    ("SparseToDense", lambda: tf.sparse_to_dense(fed([4]), [4], fed([1.0]), name="bad"), "out of bounds"),
    ("InvertPermutation", lambda: tf.invert_permutation(fed([0, 3]), name="bad"), "3 is not between 0 and 2"),
    ("InTopK", lambda: tf.nn.in_top_k(ROWS, fed([0, 1, 2]), 1, name="bad"), "out of range|not in"),
    ("ArgMax", lambda: tf.argmax(ROWS, fed(2), name="bad"), "rank|dim"),
    ("Split", lambda: tf.split(fed(2), 2, ROWS, name="bad"), "split_dim"),
    ("Concat", lambda: tf.concat(fed(2), [ROWS, ROWS], name="bad"), r"in the range \[0, 2\), but got 2"),
    ("Reverse", lambda: tf.reverse(ROWS, fed([True]), name="bad"), "dims"),
    ("ReverseSequence", lambda: tf.reverse_sequence(ROWS, fed(np.int64([1, 1, 9])), 1, name="bad"), "seq_lens"),
    ("Sum", lambda: tf.reduce_sum(ROWS, fed(5), name="bad"), "Invalid reduction dimension"),
    ("Transpose", lambda: tf.transpose(ROWS, fed([0, 2]), name="bad"), "2 is out of range|missing"),
    ("ExpandDims", lambda: tf.expand_dims(ROWS, fed(9), name="bad"), "Tried to expand dim index 9"),
]
NUMBERS = [
    ("Div", lambda: tf.div(fed([4, 2]), fed([2, 0]), name="bad"), "Integer division by zero"),
    ("Mod", lambda: tf.mod(fed([4, 2]), fed([2, 0]), name="bad"), "Integer division by zero"),
    ("MatrixInverse", lambda: tf.matrix_inverse(fed([[1.0, 2.0], [2.0, 4.0]]), name="bad"), "not invertible"),
    ("MatrixSolve", lambda: tf.matrix_solve(fed([[0.0, 0.0], [0.0, 0.0]]), ROWS[:2], name="bad"), "not invertible"),
    ("MatrixTriangularSolve", lambda: tf.matrix_triangular_solve(fed([[0.0, 0.0], [1.0, 1.0]]), ROWS[:2], name="bad"),
     "not invertible"),
    ("Cholesky", lambda: tf.cholesky(fed([[-1.0, 0.0], [0.0, 1.0]]), name="bad"), "LLT decomposition was not successful"),
    ("CheckNumerics", lambda: tf.check_numerics(fed([1.0, np.nan]), "here", name="bad"), "here : Tensor had NaN values"),
    ("CheckNumerics", lambda: tf.check_numerics(fed([np.inf]), "here", name="bad"), "here : Tensor had Inf values"),
]
SIZES = [
    ("Fill", lambda: tf.fill(fed([2, -1]), 1.0, name="bad"), "must be >= 0|negative"),
    ("Reshape", lambda: tf.reshape(ROWS, fed([-2, 3]), name="bad"), "size 0 must be non-negative, not -2"),
    ("Tile", lambda: tf.tile(ROWS, fed([1, -1]), name="bad"), "Expected multiples"),
    ("Pad", lambda: tf.pad(ROWS, fed([[0, 0], [-1, 0]]), name="bad"), "[Pp]addings must be non-negative"),
    ("Slice", lambda: tf.slice(ROWS, [0, 0], fed([-3, 1]), name="bad"), r"Expected size\[0\] in"),
    ("TruncatedNormal", lambda: tf.truncated_normal(fed([-1])), "must be >= 0"),
    ("OneHot", lambda: tf.one_hot(fed([1]), fed(-2), name="bad"), "depth must be non-negative"),
    ("UnsortedSegmentSum", lambda: tf.unsorted_segment_sum(ROWS, [0, 0, 0], fed(-1), name="bad"), "must not be negative"),
]


@pytest.mark.parametrize(("type", "make", "message"), INDICES + NUMBERS + SIZES,
                         ids=lambda value: value if isinstance(value, str) else "")
def test_what_an_operation_cannot_take(type, make, message):
    with tf.Session() as session:
        variable = tf.Variable(1.0)
        session.run(variable.initializer)
        made = make()
        first = variable.assign_add(1.0)
        with pytest.raises(errors.InvalidArgumentError, match=message) as caught:
            session.run([first, made])
        assert caught.value.op.type == type
        assert caught.value.op in {op for op in tf.get_default_graph().get_operations() if op.type == type}
        assert session.run(variable) == 1


def test_a_division_by_zero_in_the_arithmetic_of_a_shape():
    with tf.Session() as session:
        parts = tf.placeholder(tf.int32)
        folded = tf.reshape(ROWS, tf.pack([6 // parts, -1]))
        assert session.run(folded, {parts: 2}).shape == (3, 2)
        with pytest.raises(errors.InvalidArgumentError, match="Integer division by zero"):
            session.run(folded, {parts: 0})
