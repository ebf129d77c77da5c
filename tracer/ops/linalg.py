"""Linear algebra: factors, inverses, determinants, equations; a `batch_` function does it for each of many matrices."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tracer import shapes
from tracer.convert import rank_of
from tracer.declare import op
from tracer.ir import Tensor


def _square(sizes: shapes.Sizes) -> shapes.Sizes:
    """The sizes of one square matrix."""
    rows, columns = shapes.rank(sizes, 2)
    size = shapes.same(rows, columns)
    return size, size


def _squares(sizes: shapes.Sizes) -> shapes.Sizes:
    """The sizes of square matrices in the last two dimensions."""
    if shapes.at_least(sizes, 2) is None or sizes is None:
        return None
    return (*sizes[:-2], *(_square(sizes[-2:]) or ()))


def _solved(matrix: Tensor, rhs: Tensor) -> shapes.Sizes:
    (_, size) = _square(matrix.sizes)  # type: ignore[misc]
    rows, columns = shapes.rank(rhs.sizes, 2)
    shapes.same(size, rows)
    return size if size is not None else rows, columns


def _each_solved(matrix: Tensor, rhs: Tensor) -> shapes.Sizes:
    left, right = _squares(matrix.sizes), shapes.at_least(rhs.sizes, 2)
    if left is None or right is None:
        return None
    return (*(shapes.merge(left[:-1], right[:-1]) or ()), right[-1])


def _or_each(batch: str) -> Callable[[Callable], Callable]:
    """Gives a function of one matrix to its twin, named `batch`, where there are many: from 0.12 on one takes either."""
    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def of_either(*args: Any, **kwargs: Any) -> Any:
            first: Any = args[0] if args else next(iter(kwargs.values()), None)
            rank = rank_of(first) or 0
            chosen = globals()[batch] if rank > 2 else function
            return chosen(*args, **kwargs)

        return of_either

    return decorate


# -- one matrix


@_or_each("batch_cholesky")
@op("Cholesky")
def cholesky(input: Tensor, name: str | None = None) -> Any:
    """The lower triangular factor of a symmetric positive definite matrix, of which only the lower half is read.

    >>> tf.cholesky([[4., 2.], [2., 5.]]).eval()
    array([[2., 0.],
           [1., 2.]], dtype=float32)

    A run fails with InvalidArgumentError when the matrix is not positive definite.
    """
    return _square(input.sizes)


@op("CholeskyGrad")
def cholesky_grad(l: Tensor, grad: Tensor, name: str | None = None) -> Any:  # noqa: E741 - the definition's name
    """The gradient by a matrix whose Cholesky factor is `l`, from the gradient by that factor."""
    shape = _squares if len(l.sizes or ()) > 2 else _square  # of many matrices in graphs of later releases
    return shapes.merge(shape(l.sizes), shape(grad.sizes))


@_or_each("batch_matrix_determinant")
@op("MatrixDeterminant")
def matrix_determinant(input: Tensor, name: str | None = None) -> Any:
    """The determinant of a square matrix.

    >>> tf.matrix_determinant([[4., 2.], [2., 5.]]).eval()
    16.0
    """
    _square(input.sizes)
    return ()


@_or_each("batch_matrix_inverse")
@op("MatrixInverse")
def matrix_inverse(input: Tensor, adjoint: bool = False, name: str | None = None) -> Any:
    """The inverse of a square matrix, or of its adjoint.

    >>> tf.matrix_inverse([[2., 0.], [0., 4.]]).eval()
    array([[0.5 , 0.  ],
           [0.  , 0.25]], dtype=float32)

    A run fails with InvalidArgumentError when there is none.
    """
    return _square(input.sizes)


@_or_each("batch_matrix_solve")
@op("MatrixSolve")
def matrix_solve(matrix: Tensor, rhs: Tensor, adjoint: bool = False, name: str | None = None) -> Any:
    """The matrix X with `matrix @ X = rhs`, or with the adjoint of `matrix`.

    >>> tf.matrix_solve([[2., 0.], [0., 4.]], [[2.], [8.]]).eval()
    array([[1.],
           [2.]], dtype=float32)
    """
    return _solved(matrix, rhs)


@_or_each("batch_matrix_triangular_solve")
@op("MatrixTriangularSolve")
def matrix_triangular_solve(matrix: Tensor, rhs: Tensor, lower: bool = True, adjoint: bool = False,
                            name: str | None = None) -> Any:
    """The matrix X with `matrix @ X = rhs` for a triangular matrix, of which only that triangle is read.

    >>> tf.matrix_triangular_solve([[2., 0.], [1., 1.]], [[2.], [3.]]).eval()
    array([[1.],
           [2.]], dtype=float32)
    """
    return _solved(matrix, rhs)


@op("MatrixSolveLs")
def matrix_solve_ls(matrix: Tensor, rhs: Tensor, l2_regularizer: Tensor = 0.0, fast: bool = True,  # type: ignore[assignment]
                    name: str | None = None) -> Any:
    """The matrix X that makes `matrix @ X - rhs` smallest, in the sense of least squares.

    >>> tf.matrix_solve_ls([[1.], [1.]], [[1.], [3.]]).eval()
    array([[2.]], dtype=float32)

    Args:
        l2_regularizer: how much the squares of X itself count.
        fast: whether to solve the normal equations; otherwise a complete orthogonal decomposition gives the smallest of
            the solutions, without a regularizer.
    """
    shapes.rank(l2_regularizer.sizes, 0)
    rows, columns = shapes.rank(matrix.sizes, 2)
    rhs_rows, rhs_columns = shapes.rank(rhs.sizes, 2)
    shapes.same(rows, rhs_rows)
    return columns, rhs_columns


@op("SelfAdjointEig")
def self_adjoint_eig(input: Tensor, name: str | None = None) -> Any:
    """Eigenvalues (in the first row) and, below them, eigenvectors (as columns) of a symmetric matrix.

    >>> tf.self_adjoint_eig([[1., 0.], [0., 3.]]).eval()[0]
    array([1., 3.], dtype=float32)
    """
    (_, size) = _square(input.sizes)  # type: ignore[misc]
    return None if size is None else size + 1, size


# -- many


@op("BatchCholesky")
def batch_cholesky(input: Tensor, name: str | None = None) -> Any:
    """`cholesky` of each matrix in the last two dimensions."""
    return _squares(input.sizes)


@op("BatchMatrixDeterminant")
def batch_matrix_determinant(input: Tensor, name: str | None = None) -> Any:
    """`matrix_determinant` of each matrix in the last two dimensions."""
    sizes = _squares(input.sizes)
    return None if sizes is None else sizes[:-2]


@op("BatchMatrixInverse")
def batch_matrix_inverse(input: Tensor, adjoint: bool = False, name: str | None = None) -> Any:
    """`matrix_inverse` of each matrix in the last two dimensions."""
    return _squares(input.sizes)


@op("BatchMatrixSolve")
def batch_matrix_solve(matrix: Tensor, rhs: Tensor, adjoint: bool = False, name: str | None = None) -> Any:
    """`matrix_solve` of each pair of matrices in the last two dimensions."""
    return _each_solved(matrix, rhs)


@op("BatchMatrixTriangularSolve")
def batch_matrix_triangular_solve(matrix: Tensor, rhs: Tensor, lower: bool = True, adjoint: bool = False,
                                  name: str | None = None) -> Any:
    """`matrix_triangular_solve` of each pair of matrices in the last two dimensions."""
    return _each_solved(matrix, rhs)


@op("BatchMatrixSolveLs")
def batch_matrix_solve_ls(matrix: Tensor, rhs: Tensor, l2_regularizer: Tensor = 0.0,  # type: ignore[assignment]
                          fast: bool = True, name: str | None = None) -> Any:
    """`matrix_solve_ls` of each pair of matrices in the last two dimensions."""
    shapes.rank(l2_regularizer.sizes, 0)
    left, right = shapes.at_least(matrix.sizes, 2), shapes.at_least(rhs.sizes, 2)
    if left is None or right is None:
        return None
    batch = shapes.merge(left[:-1], right[:-1]) or ()
    return (*batch[:-1], left[-1], right[-1])


@op("BatchSelfAdjointEig")
def batch_self_adjoint_eig(input: Tensor, name: str | None = None) -> Any:
    """`self_adjoint_eig` of each matrix in the last two dimensions."""
    sizes = _squares(input.sizes)
    if sizes is None:
        return None
    return (*sizes[:-2], None if sizes[-1] is None else sizes[-1] + 1, sizes[-1])
