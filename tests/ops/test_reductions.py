"""Reductions, matrix products, segments and linear algebra against the real TensorFlow."""

import itertools

import numpy as np

from tests.parity import case, parity

X = (np.arange(24, dtype=np.float32).reshape(2, 3, 4) - 11.5) / 8
TIES = np.float32([[1, 3, 3], [2, 2, 0]])
EDGES = np.array(list(itertools.product([np.nan, np.inf, -np.inf, *np.finfo(np.float32).max * np.float32([-1, 1]), 0], repeat=3)),
                 np.float32)
FLAGS = np.array([[True, False, True], [True, True, True]])
A = np.float32([[2, 1, 0.5], [-1, 3, 0.25]])
SQUARE = np.float64([[4, 1, 0.5], [1, 3, 0.25], [0.5, 0.25, 2]])
DATA = np.float32([[1, 2], [3, 4], [5, 6], [-7, 8]])
SEGMENTS = np.int32([0, 0, 1, 2])


@parity([
    *(case(name, X) for name in ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_prod")),
    *(case(name, X, reduction_indices=[0, 2]) for name in ("reduce_sum", "reduce_mean", "reduce_max", "reduce_min",
                                                          "reduce_prod")),
    *(case(name, X, reduction_indices=1, keep_dims=True) for name in ("reduce_sum", "reduce_mean", "reduce_max")),
    *(case(name, TIES, reduction_indices=[1]) for name in ("reduce_max", "reduce_min", "reduce_prod")),
    case("reduce_sum", np.int32([[1, 2], [3, 4]]), 0),
    case("reduce_mean", np.float64([[1, 2], [3, 4]]), 0),
    case("reduce_sum", np.complex64([1 + 2j, 3])),
    case("reduce_all", FLAGS, 1),
    case("reduce_any", FLAGS, 0),
    case("argmax", X, 2),
    case("argmin", X, 1),
    case("argmax", TIES, 1),
    *(case(name, EDGES, 1) for name in ("argmax", "argmin")),
])
def test_reductions(case):
    case.check()


@parity([
    case("matmul", A, A.T),
    case("matmul", A, A, transpose_b=True),
    case("matmul", A, A, transpose_a=True),
    case("matmul", A.astype(np.float64), A.T.astype(np.float64)),
    case("matmul", np.int32([[1, 2]]), np.int32([[3], [4]])),
    case("matmul", A.astype(np.float16), A.astype(np.float16), transpose_b=True),
    case("batch_matmul", X.astype(np.float16), X.astype(np.float16), adj_x=True),
    # 0.12.1's gradient of a complex product leaves out the conjugate.
    case("matmul", np.complex64([[1 + 1j, 2]]), np.complex64([[3], [4j]]), gradient=False),
    case("batch_matmul", X, np.swapaxes(X, 1, 2).copy()),
    case("batch_matmul", X, X, adj_y=True),
    case("batch_matmul", X, X, adj_x=True),
    case("trace", np.float32([[1, 2], [3, 4]])),
    case("diag", np.float32([1, 2])),
    case("diag_part", np.float32([[1, 2], [3, 4]])),
])
def test_products(case):
    case.check()


@parity([
    *(case(name, DATA, SEGMENTS) for name in ("segment_sum", "segment_mean", "segment_max", "segment_min")),
    case("segment_prod", DATA, SEGMENTS, gradient=False),
    case("unsorted_segment_sum", DATA, np.int32([2, 0, 2, 1]), 4),
    case("sparse_segment_sum", DATA, np.int32([0, 1, 3]), np.int32([0, 0, 1])),
    case("sparse_segment_mean", DATA, np.int32([0, 1, 3]), np.int32([0, 0, 1])),
])
def test_segments(case):
    case.check()


@parity([
    case("cholesky", SQUARE, gradient=False),
    case("matrix_inverse", SQUARE),
    case("matrix_determinant", SQUARE),
    case("matrix_solve", SQUARE, np.float64([[1], [2], [3]]), gradient=False),
    case("fft", np.complex64([1, 2j, -1, 0.5]), expect=np.fft.fft([1, 2j, -1, 0.5]).astype(np.complex64), gradient=False),
    case("ifft", np.complex64([1, 2j, -1, 0.5]), expect=np.fft.ifft([1, 2j, -1, 0.5]).astype(np.complex64),
         gradient=False),
    case("matrix_triangular_solve", np.tril(SQUARE), np.float64([[1], [2], [3]])),
])
def test_linear_algebra(case):
    case.check()
