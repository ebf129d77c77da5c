"""Rules of linear algebra; the same for one matrix and for many."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.registry import lowers
from tracer import errors


def _matrices(input: Any, square: bool = True) -> Any:
    sizes = np.shape(input)
    if len(sizes) < 2:
        raise ValueError("Input tensor must have rank >= 2")
    if square and sizes[-1] != sizes[-2]:
        raise ValueError("Input matrix must be square.")
    return jnp.asarray(input)


def _equations(matrix: Any, rhs: Any, square: bool = True) -> tuple[Any, Any]:
    matrix = _matrices(matrix, square)
    a, b = matrix.shape, np.shape(rhs)
    if len(a) != len(b):
        raise ValueError(f"Tensors must have the same rank: rank(lhs) ({len(a)}) != rank(rhs) ({len(b)})")
    for i, (m, n) in enumerate(zip(a[:-2], b[:-2], strict=True)):
        if m != n:
            raise ValueError(f"Dimension mismatch: {m} != {n} for dimension {i}")
    if a[-2] != b[-2]:
        raise ValueError("Input matrix and rhs are incompatible.")
    return matrix, jnp.asarray(rhs)


def _transposed(x: Any) -> Any:
    return jnp.swapaxes(x, -1, -2)


def _usable(result: Any, matrix: Any, *others: Any) -> Any:
    """Whether a matrix could be inverted: where it could not, what is computed from finite numbers is not finite.

    TensorFlow looks at the pivots, the first of which may be no number, and lets pass what is not finite elsewhere.
    """
    given = jnp.isfinite(matrix).all() & jnp.stack([jnp.isfinite(other).all() for other in (0, *others)]).all()
    return (jnp.isfinite(result).all() | ~given) & ~jnp.isnan(matrix[..., 0]).any()


@lowers("Cholesky", "BatchCholesky")
def cholesky(input: Any, *, check: Any) -> Any:
    input = _matrices(input)
    if not input.size:
        return input
    factor = _factor(input)
    # What is no number is not noticed by a search for pivots below zero.
    check(jnp.isfinite(factor).all() | ~jnp.isfinite(jnp.tril(input)).all(),
          "LLT decomposition was not successful. The input might not be valid.")
    return factor


def _factor(x: Any) -> Any:
    # Only the lower half is read; the gradient goes to both halves alike.
    lower = jnp.tril(x)
    whole = lower + _transposed(jnp.tril(x, -1))
    both = (x + _transposed(x)) / 2
    return lax.linalg.cholesky(both + lax.stop_gradient(whole - both), symmetrize_input=False)


@lowers("CholeskyGrad")
def cholesky_grad(l: Any, grad: Any) -> Any:  # noqa: E741 - the definition's name
    l = _matrices(l)  # noqa: E741
    if np.shape(grad) != l.shape:
        raise ValueError("Input matrices must be same size.")
    return jax.vjp(_factor, l @ _transposed(l))[1](jnp.asarray(grad))[0]


@lowers("MatrixDeterminant", "BatchMatrixDeterminant")
def matrix_determinant(input: Any, *, check: Any) -> Any:
    input = _matrices(input)
    if not input.size:
        return jnp.ones(input.shape[:-2], input.dtype)
    result = jnp.linalg.det(input)
    check(jnp.all(jnp.isfinite(result)),
          lambda: errors.InternalError(None, None, "The determinant is not finite."))
    return result


@lowers("MatrixInverse", "BatchMatrixInverse")
def matrix_inverse(input: Any, *, adjoint: bool, check: Any) -> Any:
    input = _matrices(input)
    if not input.size:
        return input
    result = jnp.linalg.inv(_transposed(input) if adjoint else input)
    check(_usable(result, input), "Input is not invertible.")
    return result


@lowers("MatrixSolve", "BatchMatrixSolve")
def matrix_solve(matrix: Any, rhs: Any, *, adjoint: bool, check: Any) -> Any:
    matrix, rhs = _equations(matrix, rhs)
    if not rhs.size:
        return rhs
    result = jnp.linalg.solve(_transposed(matrix) if adjoint else matrix, rhs)
    check(_usable(result, matrix, rhs), "Input matrix is not invertible.")
    return result


@lowers("MatrixTriangularSolve", "BatchMatrixTriangularSolve")
def matrix_triangular_solve(matrix: Any, rhs: Any, *, lower: bool, adjoint: bool, check: Any) -> Any:
    matrix, rhs = _equations(matrix, rhs)
    if not rhs.size:
        return rhs
    check(jnp.all(jnp.abs(jnp.diagonal(matrix, axis1=-2, axis2=-1)) > 0), "Input matrix is not invertible.")
    return lax.linalg.triangular_solve(matrix, rhs, left_side=True, lower=lower, transpose_a=adjoint)


@lowers("MatrixSolveLs", "BatchMatrixSolveLs")
def matrix_solve_ls(matrix: Any, rhs: Any, l2_regularizer: Any, *, fast: bool, check: Any) -> Any:
    matrix, rhs = _equations(matrix, rhs, square=False)
    if np.ndim(l2_regularizer):
        raise ValueError(f"l2_regularizer must be scalar, got shape {list(np.shape(l2_regularizer))}")
    check(jnp.asarray(l2_regularizer) >= 0, "l2_regularizer must be >= 0.")
    rows, columns = matrix.shape[-2:]
    if not rows or not columns:
        return jnp.zeros((*matrix.shape[:-2], columns, rhs.shape[-1]), rhs.dtype)
    if not fast:
        return jnp.linalg.pinv(matrix) @ rhs  # of the best solutions the smallest
    tall = rows >= columns
    gramian = _transposed(matrix) @ matrix if tall else matrix @ _transposed(matrix)
    gramian = gramian + jnp.asarray(l2_regularizer).astype(matrix.dtype) * jnp.eye(min(rows, columns), dtype=matrix.dtype)
    factor = lax.linalg.cholesky(gramian, symmetrize_input=False)
    cure = "a larger l2_regularizer > 0." if tall else "an l2_regularizer > 0."
    check(jnp.isfinite(factor).all() | ~jnp.isfinite(matrix).all(),
          f"Input matrix was rank deficient or ill-conditioned. Try setting fast=False or provide {cure}")
    solution = _by_factor(factor, _transposed(matrix) @ rhs if tall else rhs)
    return solution if tall else _transposed(matrix) @ solution


def _by_factor(factor: Any, rhs: Any) -> Any:
    half = lax.linalg.triangular_solve(factor, rhs, left_side=True, lower=True)
    return lax.linalg.triangular_solve(factor, half, left_side=True, lower=True, transpose_a=True)


@lowers("SelfAdjointEig", "BatchSelfAdjointEig")
def self_adjoint_eig(input: Any, *, check: Any) -> Any:
    input = _matrices(input)
    if not input.size:
        return jnp.zeros((*input.shape[:-2], input.shape[-2] + 1, input.shape[-1]), input.dtype)
    whole = jnp.tril(input) + jnp.swapaxes(jnp.tril(input, -1), -1, -2)  # JAX's derivative takes it for symmetric
    vectors, values = lax.linalg.eigh(whole, lower=True, symmetrize_input=False)
    check(jnp.all(jnp.isfinite(values)),
          "Self Adjoint Eigen decomposition wasnot successful. The input might not be valid.")
    return jnp.concatenate([values[..., None, :], vectors], -2)
