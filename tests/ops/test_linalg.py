"""Linear algebra, diagonals and bands, for one matrix and for many."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity

ONE = np.float64([[4, 1, 0.5], [1, 3, 0.25], [0.5, 0.25, 2]])
MANY = np.stack([ONE, ONE @ ONE, ONE + 2 * np.eye(3)]).reshape(3, 1, 3, 3)
SKEW = np.float64([[2, 1], [-3, 0.5]])
TALL = np.float64([[1, 2], [3, 4], [5, 7]])
RIGHT = np.float64([[1, 2], [0.5, -1], [3, 0]])
PLANE = np.float64([[1, 0.5], [-2, 3]])


@parity([
    case("cholesky", ONE),
    case("cholesky", ONE.astype(np.float32), tolerance=1e-4),
    case("cholesky", np.float64([[4, 99], [2, 5]]), gradient=False),  # the upper half is not read
    case("batch_cholesky", MANY, reference=case("cholesky", MANY)),
    case("cholesky", SKEW - 4 * np.eye(2), raises=True),
    case("matrix_determinant", SKEW),
    case("matrix_determinant", np.zeros((0, 0))),
    case("batch_matrix_determinant", MANY, reference=case("matrix_determinant", MANY)),
    case("matrix_inverse", SKEW),
    # 0.12.1 forgets the adjoint in the gradient.
    case("matrix_inverse", SKEW, adjoint=True, expect=np.linalg.inv(SKEW.T)),
    case("matrix_inverse", SKEW.astype(np.float32), tolerance=1e-4),
    case("batch_matrix_inverse", MANY, reference=case("matrix_inverse", MANY)),
    case("matrix_inverse", np.float64([[1, 2], [2, 4]]), raises=True),
    case("matrix_inverse", TALL, raises=True),
    case("matrix_solve", SKEW, PLANE),
    case("matrix_solve", SKEW, PLANE[:, :1].copy(), adjoint=True),
    case("batch_matrix_solve", MANY, MANY[..., :2].copy(),
         reference=case("matrix_solve", MANY, MANY[..., :2].copy())),
    case("matrix_solve", np.float64([[1, 2], [2, 4]]), PLANE, raises=True),
    case("matrix_solve", SKEW, PLANE * [1, np.nan], gradient=False), case("matrix_solve", SKEW * [1, np.nan], PLANE, gradient=False),
    case("matrix_inverse", SKEW * [np.nan, 1], raises=True),
    case("cholesky", np.float64([[np.nan, 0], [1, 1]]), gradient=False),
    *(case("matrix_triangular_solve", SKEW, PLANE, lower=lower, adjoint=adjoint)
      for lower in (True, False) for adjoint in (True, False)),
    case("batch_matrix_triangular_solve", MANY, MANY[..., :2].copy(),
         reference=case("matrix_triangular_solve", MANY, MANY[..., :2].copy())),
    case("matrix_triangular_solve", np.float64([[0, 1], [1, 1]]), PLANE, raises=True),
    case("matrix_solve_ls", TALL, RIGHT),
    case("matrix_solve_ls", TALL, RIGHT, l2_regularizer=0.5),
    case("matrix_solve_ls", TALL.T.copy(), PLANE, gradient=False),
    case("matrix_solve_ls", TALL.T.copy(), PLANE, l2_regularizer=0.5),
    case("matrix_solve_ls", TALL, RIGHT, fast=False, gradient=False),
    case("matrix_solve_ls", np.float64([[1, 1], [1, 1], [2, 2]]), RIGHT, fast=False, gradient=False),
    case("matrix_solve_ls", np.float64([[1, 0], [0, 0], [2, 0]]), RIGHT, raises=True),
    case("batch_matrix_solve_ls", np.stack([TALL, -TALL]), np.stack([RIGHT, RIGHT]), l2_regularizer=0.1,
         reference=case("matrix_solve_ls", np.stack([TALL, -TALL]), np.stack([RIGHT, RIGHT]), l2_regularizer=0.1)),
])
def test_equations(case):
    case.check()


@pytest.mark.parametrize(("function", "matrix"), [("self_adjoint_eig", ONE), ("batch_self_adjoint_eig", MANY)])
def test_self_adjoint_eig(function, matrix):
    with tf.Session() as session:
        found = session.run(getattr(tf, function)(matrix))
    assert found.shape == (*matrix.shape[:-2], 4, 3)
    values, vectors = found[..., 0, :], found[..., 1:, :]
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix), rtol=1e-12)
    np.testing.assert_allclose(matrix @ vectors, vectors * values[..., None, :], atol=1e-12)


def test_eigenvalues_and_eigenvectors_as_from_0_11_on_with_a_gradient():
    matrix = np.float64([[2, 9, 9], [1, 3, 9], [0, 0.5, 5]])  # what lies above the diagonal is not read
    x = tf.constant(matrix)
    values, vectors = tf.self_adjoint_eig(x)
    gradient, = tf.gradients(tf.reduce_sum(values * values), x)
    with tf.Session() as session:
        found, basis, slope = session.run([values, vectors, gradient])
    whole = np.tril(matrix) + np.tril(matrix, -1).T
    np.testing.assert_allclose(found, np.linalg.eigvalsh(whole), rtol=1e-12)
    np.testing.assert_allclose(whole @ basis, basis * found, atol=1e-12)
    np.testing.assert_allclose(slope, [[4, 0, 0], [4, 6, 0], [0, 2, 10]], atol=1e-12)


def test_cholesky_grad_is_the_gradient_of_cholesky():
    from tracer.ops import linalg

    weight = np.tril(np.arange(9.0).reshape(3, 3))
    x = tf.constant(ONE)
    factor = tf.cholesky(x)
    with tf.Session() as session:
        direct, through = session.run([linalg.cholesky_grad(factor, tf.constant(weight)),
                                       tf.gradients(factor, x, tf.constant(weight))[0]])
    np.testing.assert_allclose(direct, through, rtol=1e-12)


@pytest.mark.parametrize(("function", "shape"), [
    ("matrix_inverse", [2]), ("cholesky", [2]), ("matrix_determinant", [2]), ("self_adjoint_eig", [1, 2, 2])])
def test_one_matrix_is_needed(function, shape):
    with pytest.raises(ValueError, match=r"must have rank 2"):
        getattr(tf, function)(tf.zeros(shape))


@parity([
    case("diag", np.float32([[1, 2], [3, 4]])),
    case("diag", np.int64([1, 2, 3])),
    case("diag_part", np.arange(16, dtype=np.float32).reshape(2, 2, 2, 2)),
    case("diag_part", np.float32([[1, 2, 3], [4, 5, 6]]), raises=True),
    case("batch_matrix_diag", RIGHT, reference=case("matrix_diag", RIGHT)),
    case("batch_matrix_diag_part", MANY, reference=case("matrix_diag_part", MANY)),
    *(case("batch_matrix_band_part", MANY, np.int64(lower), np.int64(upper),
           reference=case("matrix_band_part", MANY, np.int64(lower), np.int64(upper)))
      for lower, upper in [(-1, 0), (0, -1), (1, 0), (0, 0), (5, 1)]),
    case("trace", np.int32([[1, 2], [3, 4]])),
    case("trace", np.float32([1, 2]), raises=("ValueError", "Expected a tensor with rank 2, rank 1 tensor received")),
])
def test_diagonals(case):
    case.check()
