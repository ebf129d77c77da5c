"""Products of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer.derivatives.registry import conjugate, derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, indexing, reduction


@derivative("MatMul")
def _matmul(op: Operation, grad: Tensor) -> Any:
    factors = [conjugate(tensor) for tensor in op.inputs]
    return _of_product("MatMul", ("transpose_a", "transpose_b"), op.attrs, factors, grad)


@derivative("BatchMatMul")
def _batch_matmul(op: Operation, grad: Tensor) -> Any:
    return _of_product("BatchMatMul", ("adj_x", "adj_y"), op.attrs, op.inputs, grad)


def _of_product(type: str, words: tuple[str, str], attrs: Any, factors: Sequence[Tensor], grad: Tensor) -> list[Tensor]:
    """The gradients of both factors. A factor that was turned in the product has its gradient turned."""
    a, b = factors

    def product(x: Tensor, y: Tensor, turn_x: bool, turn_y: bool) -> Tensor:
        return raw(type, x, y, **dict(zip(words, (turn_x, turn_y), strict=True)))

    turn_a, turn_b = (attrs[word] for word in words)
    of_a = product(b, grad, turn_b, True) if turn_a else product(grad, b, False, not turn_b)
    of_b = product(grad, a, True, turn_a) if turn_b else product(a, grad, not turn_a, False)
    return [of_a, of_b]


@derivative("SparseMatMul")
def _sparse_matmul(op: Operation, grad: Tensor) -> Any:
    wide = [casting.cast(tensor, grad.dtype.base_dtype) for tensor in op.inputs]
    found = _of_product("MatMul", ("transpose_a", "transpose_b"), op.attrs, wide, grad)
    return [casting.cast(one, tensor.dtype.base_dtype) for one, tensor in zip(found, op.inputs, strict=True)]


@derivative("SparseTensorDenseMatMul")
def _sparse_tensor_dense_matmul(op: Operation, grad: Tensor) -> Any:
    indices, values, shape, b = op.inputs
    adjoint_a, adjoint_b = op.attrs["adjoint_a"], op.attrs["adjoint_b"]
    of_b = raw("SparseTensorDenseMatMul", indices, values, shape, grad, adjoint_a=not adjoint_a)
    if adjoint_b:
        of_b = conjugate(array.transpose(of_b))
        b = conjugate(array.transpose(b))
    rows, columns = _columns(indices)
    if adjoint_a:
        rows, columns = columns, rows
    of_values = reduction.reduce_sum(indexing.gather(grad, rows) * conjugate(indexing.gather(b, columns)), 1)
    return None, conjugate(of_values) if adjoint_a else of_values, None, of_b


def _columns(indices: Tensor) -> list[Tensor]:
    return [array.squeeze(column, [1]) for column in array.split(1, 2, indices)]


@derivative("Cross")
def _cross(op: Operation, grad: Tensor) -> Any:
    a, b = op.inputs
    return raw("Cross", b, grad), raw("Cross", grad, a)


@derivative("L2Loss")
def _l2_loss(op: Operation, grad: Tensor) -> Any:
    return op.inputs[0] * grad
