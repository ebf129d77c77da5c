"""Sparse tensors, by their values."""

from __future__ import annotations

from typing import Any

from tracer import dtypes
from tracer.derivatives.reductions import kept_shape
from tracer.derivatives.registry import derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, indexing


@derivative("SparseReorder")
def _reorder(op: Operation, places_grad: Any, grad: Tensor) -> Any:
    """Where each value went is what becomes of their numbers."""
    indices, values, shape = op.inputs
    numbers = constants.range(0, array.squeeze(array.shape(values), [0]))
    order = raw("SparseReorder", indices, numbers, shape)[1]
    return None, indexing.gather(grad, indexing.invert_permutation(order)), None


@derivative("SparseAdd")
def _add(op: Operation, places_grad: Any, grad: Tensor, shape_grad: Any) -> Any:
    of_a, of_b = raw("SparseAddGrad", grad, op.inputs[0], op.inputs[3], op.outputs[0])
    return None, of_a, None, None, of_b, None, None


@derivative("SparseTensorDenseAdd")
def _dense_add(op: Operation, grad: Tensor) -> Any:
    return None, indexing.gather_nd(grad, op.inputs[0]), None, grad


@derivative("SparseReduceSum")
def _reduce_sum(op: Operation, grad: Tensor) -> Any:
    indices, _, shape, axes = op.inputs
    kept = kept_shape(casting.cast(shape, dtypes.int32), axes)
    steps = raw("Div", shape, casting.cast(kept, dtypes.int64))
    return None, indexing.gather_nd(array.reshape(grad, kept), raw("Div", indices, steps)), None, None
