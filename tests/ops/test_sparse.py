"""Sparse tensors: moved, cut, added and multiplied."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity, sparse

PLACES = [[0, 1], [0, 3], [2, 0], [3, 4]]
FLOATS = sparse(PLACES, np.float64([1.5, -2, 3, 0.25]), [4, 5])
INTS = sparse([[0, 0], [0, 3], [3, 4]], np.int32([7, -2, 5]), [4, 5])
WORDS = sparse(PLACES, np.array([b"a", b"bc", b"", b"d"], object), [4, 5])
OTHER = sparse([[0, 3], [1, 1], [3, 4]], np.float64([2, 4, -0.25]), [4, 5])
SHUFFLED = sparse([[2, 0], [0, 3], [3, 4], [0, 1]], np.float64([3, -2, 0.25, 1.5]), [4, 5])
CUBE = sparse([[0, 1, 0], [0, 1, 2], [1, 0, 1]], np.float32([1, 2, 3]), [2, 2, 3])
EMPTY = sparse(np.zeros((0, 2)), np.float64([]), [4, 5])
DENSE = np.linspace(-1, 1, 20).reshape(4, 5)
IDS = sparse([[0, 0], [0, 1], [2, 0]], np.int64([3, 1, 2]), [3, 2])


@parity([
    case("sparse_tensor_to_dense", FLOATS), case("sparse_tensor_to_dense", WORDS, ""),
    case("sparse_tensor_to_dense", INTS, -1), case("sparse_tensor_to_dense", EMPTY),
    case("sparse_to_dense", np.int32([1, 3]), [5], np.float32([7, 8])),
    case("sparse_to_dense", np.int64(2), np.int64([4]), np.int32(9), 1),
    case("sparse_to_dense", np.int32([[1, 0], [0, 1]]), [2, 2], np.float32(2), validate_indices=False),
    case("sparse_to_indicator", IDS, 5), case("sparse_merge", IDS, sparse(
        [[0, 0], [0, 1], [2, 0]], np.float32([0.5, 1.5, 2.5]), [3, 2]), 4),
    case("sparse_reorder", SHUFFLED), case("sparse_reorder", sparse([[1, 0], [0, 1]], WORDS.parts[1][:2], [2, 2])),
    case("sparse_retain", FLOATS, np.array([True, False, False, True])),
    case("sparse_fill_empty_rows", FLOATS, -1.0), case("sparse_fill_empty_rows", WORDS, "none"),
    case("sparse_concat", 1, [FLOATS, OTHER]), case("sparse_concat", 0, [WORDS, WORDS]),
    case("sparse_split", 1, 2, FLOATS), case("sparse_split", 0, 4, WORDS), case("sparse_split", 1, 5, INTS),
    case("sparse_tensor_to_dense", SHUFFLED, raises=("InvalidArgumentError", r"indices\[1\] = \[0,3\] is out of order")),
    case("sparse_to_dense", np.int32([1, 1]), [5], np.float32([7, 8]), raises=(
        "InvalidArgumentError", r"indices\[1\] = \[1\] is repeated")),
    case("sparse_to_dense", np.int32([1, 5]), [5], np.float32([7, 8]), raises=(
        "InvalidArgumentError", r"indices\[1\] = \[5\] is out of bounds: need 0 <= index < \[5\]")),
    case("sparse_to_dense", np.int32([-1]), [5], np.float32([7]), validate_indices=False, raises=(
        "InvalidArgumentError", "Indices are not valid")),
    case("sparse_concat", 0, [FLOATS, IDS], raises=("TypeError", "")),
    case("sparse_concat", 2, [FLOATS, OTHER], raises=("InvalidArgumentError", "Concat dimension must be between")),
    case("sparse_split", 0, 9, FLOATS, raises=("InvalidArgumentError", "Input num_split should be between 1 and")),
])
def test_places(case):
    case.check()


@parity([
    case("sparse_add", FLOATS, OTHER), case("sparse_add", FLOATS, OTHER, 0.1), case("sparse_add", INTS, INTS),
    case("sparse_add", EMPTY, OTHER), case("sparse_add", FLOATS, DENSE), case("sparse_add", DENSE, OTHER),
    case("operator.mul", FLOATS, DENSE), case("operator.mul", FLOATS, DENSE[:1].copy()),
    case("operator.mul", INTS, np.int32([1, 2, 3, 4, 5])), case("operator.truediv", FLOATS, DENSE, gradient=False),
    case("operator.truediv", CUBE, np.float32([2, 4, 8]), gradient=False),
    *(case("sparse_tensor_dense_matmul", FLOATS, matrix, adjoint_a=a, adjoint_b=b)
      for a, b, matrix in ((False, False, DENSE.T.copy()), (True, False, DENSE), (False, True, DENSE),
                           (True, True, DENSE.T.copy()))),
    case("sparse_tensor_dense_matmul", sparse([[0, 0], [1, 1]], np.complex64([1j, 2 - 1j]), [2, 2]),
         np.complex64([[1, 1j], [2, 3]]), adjoint_a=True, gradient=False),
    *(case("raw.sparse_reduce_sum", *FLOATS.parts, axes, keep) for axes in ([0, 1], 0, [1]) for keep in (False, True)),
    case("raw.sparse_reduce_sum", *CUBE.parts, [0, 2]),
    case("sparse_matmul", np.float32([[1, 0], [0, 2]]), np.float32([[0, 3, 1], [4, 0, 0]]), a_is_sparse=True),
    case("sparse_matmul", np.float32([[1, 0], [0, 2]]), np.float32([[0, 3], [4, 0], [1, 1]]), transpose_a=True,
         transpose_b=True, b_is_sparse=True),
    case("sparse_add", FLOATS, CUBE, raises=("TypeError", "")),
    case("sparse_add", FLOATS, sparse(PLACES, np.float64([1, 2, 3, 4]), [4, 6]), raises=(
        "InvalidArgumentError", "Input shapes must match: got 5 and 6 for dimension 1")),
    case("operator.mul", FLOATS, DENSE[:2].copy(), raises=("InvalidArgumentError", "broadcasts dense to sparse only")),
    case("sparse_tensor_dense_matmul", sparse([[0, 9]], np.float64([1]), [4, 5]), DENSE.T.copy(), raises=(
        "InvalidArgumentError", r"indices\[0\] = \[0,9\] is out of bounds")),
    case("sparse_tensor_dense_matmul", FLOATS, DENSE, raises=("ValueError", "")),
])
def test_arithmetic(case):
    case.check()


SPOKEN = sparse([[0, 0, 0], [0, 0, 1], [1, 0, 0]], np.array([b"a", b"b", b"c"], object), [2, 1, 2])
MEANT = sparse([[0, 0, 0], [1, 0, 0], [1, 0, 1], [1, 0, 2]], np.array([b"a", b"b", b"c", b"d"], object), [2, 1, 3])


@parity([
    case("edit_distance", SPOKEN, MEANT), case("edit_distance", SPOKEN, MEANT, normalize=False),
    case("edit_distance", SPOKEN, sparse([[0, 0, 0]], np.array([b"a"], object), [2, 1, 1])),
    case("edit_distance", SPOKEN, WORDS, raises=("ValueError", "")),
])
def test_edit_distance(case):
    case.check()


@pytest.mark.parametrize("kind", ["serialize_sparse", "serialize_many_sparse"])
@pytest.mark.parametrize("given", [FLOATS, WORDS, CUBE], ids=["floats", "words", "cube"])
def test_what_was_serialized_comes_back(kind, given):
    session = tf.Session()
    written = getattr(tf, kind)(tf.SparseTensor(*given.parts))
    dtype = tf.string if given is WORDS else tf.as_dtype(given.parts[1].dtype)
    rank = len(given.parts[2])
    rows, parts = (tf.pack([written]), given.parts) if kind == "serialize_sparse" else (written, given.parts)
    back = session.run(tf.deserialize_many_sparse(rows, dtype, rank if kind == "serialize_sparse" else rank - 1))
    expected = parts[0] if kind != "serialize_sparse" else np.insert(parts[0], 0, 0, axis=1)
    np.testing.assert_array_equal(back.indices, expected)
    assert back.values.tolist() == parts[1].tolist()
    assert back.shape.tolist() == ([1] if kind == "serialize_sparse" else []) + parts[2].tolist()
