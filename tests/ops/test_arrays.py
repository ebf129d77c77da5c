"""Operations that make, reshape, join, cut and index tensors, against the real TensorFlow."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity, plain

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
INTS = np.arange(6, dtype=np.int32).reshape(2, 3)
WORDS = np.array([[b"a", b"bc"], [b"", b"d"]], object)


@parity([
    case("zeros", [2, 3]), case("ones", [2], tf.int32), case("zeros_like", X), case("ones_like", INTS),
    case("fill", [2, 2], 7), case("range", 5), case("range", 2, 9, 3), case("linspace", 0.0, 1.0, 5),
    case("linspace", 10.0, 12.0, 3), case("constant", plain([1, 2, 3]), shape=[5]), case("constant", plain("text")),
    case("constant", plain([[1.5, 2], [3, 4]]), tf.float64),
])
def test_constants(case):
    case.check()


@parity([
    case("shape", X), case("size", X), case("rank", X), case("reshape", X, [4, 6]), case("reshape", X, [-1, 2]),
    case("reshape", X, [5, 5], raises=True), case("transpose", X), case("transpose", X, [2, 0, 1]),
    case("expand_dims", X, 1), case("expand_dims", X, -1), case("squeeze", X[:1], feed="rank"),
    case("squeeze", X[:, :1], [1], feed="rank"), case("concat", 1, [X, X * 2]), case("concat", 0, [INTS, INTS]),
    case("split", 2, 2, X), case("pack", [X, X + 1]), case("unpack", X, feed=False), case("tile", INTS, [2, 1]),
    case("tile", X, [1, 2, 1]), case("pad", X[0], [[1, 0], [0, 2]]), case("reverse", X, [True, False, True]),
    case("slice", X, [0, 1, 1], [2, 1, -1]), case("identity", X), case("stop_gradient", X),
    case("space_to_depth", X.reshape(1, 4, 6, 1), 2, feed="rank"),
    case("depth_to_space", X.reshape(1, 2, 3, 4), 2, feed="rank"),
    case("reverse_sequence", X, np.int64([2, 3]), 1, 0, feed="rank"),
    case("bitcast", np.float32([1, 2]), tf.int32, gradient=False), case("invert_permutation", np.int32([2, 0, 1])),
    case("reshape", WORDS, [4], feed=False, gradient=False), case("concat", 0, [WORDS, WORDS], feed=False, gradient=False),
])
def test_shapes(case):
    case.check()


@parity([
    case("gather", X, np.int32([1, 0, 1])), case("gather", X, np.int64([[1], [0]])), case("gather", INTS, 1),
    case("gather", X, np.int32([2]), raises=True), case("gather_nd", X, np.int32([[0, 1, 2], [1, 2, 3]]), gradient=False),
    case("one_hot", np.int32([0, 2, 5, -1]), 3, 1.0, 0.0), case("one_hot", np.int32([[0, 2]]), 3, 5.0, -1.0, 0),
    case("where", np.array([[True, False], [True, True]])), case("boolean_mask", X, np.array([True, False]), feed=False),
    case("unique", np.int32([1, 1, 2, 4, 4, 1])), case("listdiff", np.int32([1, 2, 3, 4]), np.int32([2, 4])),
    case("dynamic_partition", X[0], np.int32([0, 1, 0]), 2),
    case("dynamic_stitch", [np.int32([0, 2]), np.int32([1])], [X[0, :2], X[0, :1]]),
])
def test_indexing(case):
    case.check()


@pytest.mark.parametrize(("make", "expected"), [
    (lambda v: tf.one_hot(v([2, 1], np.int32), 3), [[0, 0, 1], [0, 1, 0]]),
    (lambda v: tf.one_hot(v([1, 2], np.uint8), 3, v(5, np.int32), 0, dtype=tf.int32), [[0, 5, 0], [0, 0, 5]]),
    (lambda v: tf.one_hot(v([1], np.int64), v(2, np.int32)), [[0, 1]]),
    (lambda v: tf.reverse_sequence([[1, 2, 3], [4, 5, 6]], v([2, 1], np.int32), 1), [[2, 1, 3], [4, 5, 6]]),
    (lambda v: tf.zeros([v(2, np.int32), 1]), [[0], [0]]),
    (lambda v: tf.ones([v(1, np.int32), v(2, np.int32)]), [[1, 1]]),
    (lambda v: tf.range(v(2.5, np.float32)), [0, 1, 2]),
    (lambda v: tf.range(1, v(3, np.int64)), [1, 2]),
])
def test_variables_where_whole_numbers_are_taken(make, expected):
    """Where a function asks for the type of its argument, or for the sizes in a list, a variable is as good as a tensor."""
    result = make(lambda value, kind: tf.Variable(np.array(value, kind)))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        np.testing.assert_array_equal(session.run(result), expected)
