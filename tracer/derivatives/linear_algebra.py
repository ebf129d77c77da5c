"""Factors, inverses, determinants and solutions of matrices and batches of them."""

from __future__ import annotations

from typing import Any

from tracer.derivatives.registry import derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, constants, logic
from tracer.ops.math import neg


def _times(op: Operation, x: Tensor, y: Tensor, turn_x: bool = False, turn_y: bool = False) -> Tensor:
    """The product of matrices, or of those of two batches."""
    if op.type.startswith("Batch"):
        return raw("BatchMatMul", x, y, adj_x=turn_x, adj_y=turn_y)
    return raw("MatMul", x, y, transpose_a=turn_x, transpose_b=turn_y)


@derivative("Cholesky")
def _cholesky(op: Operation, grad: Tensor) -> Any:
    return raw("CholeskyGrad", op.outputs[0], grad)


@derivative("BatchCholesky")
def _batch_cholesky(op: Operation, grad: Tensor) -> Any:
    """L^-T P L^-1 made symmetric, where P is the lower half of L^T G with half of its diagonal."""
    factor = op.outputs[0]
    inner = _times(op, factor, grad, turn_x=True)
    diagonal = raw("BatchMatrixDiag", raw("BatchMatrixDiagPart", inner))
    lower = raw("BatchMatrixBandPart", inner, -1, 0) - 0.5 * diagonal
    inverse = raw("BatchMatrixInverse", factor)
    found = _times(op, _times(op, inverse, lower, turn_x=True), inverse)
    ones = raw("BatchMatrixDiag", constants.ones_like(raw("BatchMatrixDiagPart", found)))
    return 0.5 * (found + _times(op, found, ones, turn_x=True))


@derivative("MatrixInverse", "BatchMatrixInverse")
def _inverse(op: Operation, grad: Tensor) -> Any:
    y = op.outputs[0]
    if op.attrs["adjoint"]:
        return neg(_times(op, y, _times(op, grad, y, turn_x=True)))
    return neg(_times(op, y, _times(op, grad, y, turn_y=True), turn_x=True))


@derivative("MatrixDeterminant", "BatchMatrixDeterminant")
def _determinant(op: Operation, grad: Tensor) -> Any:
    inverse = raw(op.type.replace("Determinant", "Inverse"), op.inputs[0], adjoint=True)
    scale = grad * op.outputs[0]
    if op.type.startswith("Batch"):
        scale = array.expand_dims(array.expand_dims(scale, -1), -1)
    return scale * inverse


@derivative("MatrixSolve", "BatchMatrixSolve")
def _solve(op: Operation, grad: Tensor) -> Any:
    adjoint = op.attrs["adjoint"]
    solution, of_rhs = op.outputs[0], raw(op.type, op.inputs[0], grad, adjoint=not adjoint)
    return _of_matrix(op, of_rhs, solution, adjoint), of_rhs


@derivative("MatrixTriangularSolve", "BatchMatrixTriangularSolve")
def _triangular_solve(op: Operation, grad: Tensor) -> Any:
    adjoint, lower = op.attrs["adjoint"], op.attrs["lower"]
    solution, of_rhs = op.outputs[0], raw(op.type, op.inputs[0], grad, lower=lower, adjoint=not adjoint)
    return _half(op, _of_matrix(op, of_rhs, solution, adjoint), lower), of_rhs


def _half(op: Operation, x: Tensor, lower: bool) -> Tensor:
    """The lower or the upper half of a matrix, or of each of a batch, for which alone there is an operation."""
    if op.type.startswith("Batch"):
        return raw("BatchMatrixBandPart", x, *((-1, 0) if lower else (0, -1)))
    numbers = constants.range(0, array.squeeze(array.slice(array.shape(x), [0], [1]), [0]))
    rows, columns = array.expand_dims(numbers, 1), array.expand_dims(numbers, 0)
    chosen = logic.greater_equal(rows, columns) if lower else logic.less_equal(rows, columns)
    return logic.select(chosen, x, constants.zeros_like(x))


def _of_matrix(op: Operation, of_rhs: Tensor, solution: Tensor, adjoint: bool) -> Tensor:
    first, second = (solution, of_rhs) if adjoint else (of_rhs, solution)
    return neg(_times(op, first, second, turn_y=True))
