"""Products of matrices."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.complex import conj


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, a_is_sparse: bool = False,
           b_is_sparse: bool = False, name: str | None = None, *, adjoint_a: bool = False,
           adjoint_b: bool = False) -> Tensor:
    """The matrix product of `a` and `b`.

    >>> tf.matmul([[1., 2.]], [[3.], [4.]]).eval()
    array([[11.]], dtype=float32)

    Args:
        a, b: matrices of one type; from 0.12 on, tensors that hold matrices in their last two dimensions.
        transpose_a, transpose_b: whether to transpose the matrix first.
        adjoint_a, adjoint_b: whether to transpose and conjugate it (from 0.12 on).
        a_is_sparse, b_is_sparse: records a `SparseMatMul`, which multiplies float32 matrices; the result is the same.
    """
    sparse = a_is_sparse or b_is_sparse
    if type(a) is Tensor and type(b) is Tensor and not sparse and not _many(a, b) and not (adjoint_a or adjoint_b):
        return _matmul(a, b, transpose_a, transpose_b, name=name)
    with scopes.op_scope([a, b], name, "MatMul") as scope:
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        if _many(a, b) or adjoint_a or adjoint_b:
            if (transpose_a and adjoint_a) or (transpose_b and adjoint_b):
                raise ValueError("Only one of transpose and adjoint can be True.")
            a, b = _conjugate(a) if transpose_a else a, _conjugate(b) if transpose_b else b
            return batch_matmul(a, b, transpose_a or adjoint_a, transpose_b or adjoint_b, name=scope)
        if sparse and a.dtype.base_dtype is dtypes.float32 and b.dtype.base_dtype is dtypes.float32:
            return sparse_matmul(a, b, transpose_a, transpose_b, a_is_sparse, b_is_sparse, name=scope)
        return _matmul(a, b, transpose_a, transpose_b, name=scope)


def _conjugate(matrix: Tensor) -> Tensor:
    return conj(matrix) if matrix.dtype.base_dtype in (dtypes.complex64, dtypes.complex128) else matrix


def _many(a: Tensor, b: Tensor) -> bool:
    """Whether tensors hold many matrices."""
    return a.sizes is not None and b.sizes is not None and len(a.sizes) > 2 and len(b.sizes) > 2


def _product(a: Tensor, b: Tensor, transpose_a: bool, transpose_b: bool) -> shapes.Sizes:
    rows, inner = shapes.rank(a.sizes, 2)[::-1 if transpose_a else 1]
    inner_b, columns = shapes.rank(b.sizes, 2)[::-1 if transpose_b else 1]
    shapes.same(inner, inner_b)
    return rows, columns


@op("MatMul")
def _matmul(a: Tensor, b: Tensor, transpose_a: bool = False, transpose_b: bool = False,
            name: str | None = None) -> Any:
    return _product(a, b, transpose_a, transpose_b)


@op("SparseMatMul")
def sparse_matmul(a: Tensor, b: Tensor, transpose_a: bool = False, transpose_b: bool = False, a_is_sparse: bool = False,
                  b_is_sparse: bool = False, name: str | None = None) -> Any:
    """The product of two float32 matrices, of which one has many zeros. They are multiplied like any other."""
    return _product(a, b, transpose_a, transpose_b)


@op("BatchMatMul")
def batch_matmul(x: Tensor, y: Tensor, adj_x: bool = False, adj_y: bool = False, name: str | None = None) -> Any:
    """The products of the matrices that the last two dimensions of `x` and `y` hold.

    >>> tf.batch_matmul([[[1., 2.]], [[3., 4.]]], [[[5.], [6.]], [[7.], [8.]]]).eval().reshape(-1)
    array([17., 53.], dtype=float32)

    Args:
        x, y: tensors of one type whose other dimensions are the same.
        adj_x, adj_y: whether to transpose (and conjugate) the matrices first.
    """
    left, right = shapes.at_least(x.sizes, 2), shapes.at_least(y.sizes, 2)
    if left is None or right is None:
        return None
    batch = shapes.merge(left[:-2], right[:-2]) or ()
    rows, inner = left[-2:][::-1 if adj_x else 1]
    inner_y, columns = right[-2:][::-1 if adj_y else 1]
    shapes.same(inner, inner_y)
    return (*batch, rows, columns)
