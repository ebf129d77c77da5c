"""Rows joined by the number of their segment."""

from __future__ import annotations

from typing import Any

from tracer.derivatives.registry import derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, indexing, logic, segment


@derivative("SegmentSum", "UnsortedSegmentSum")
def _segment_sum(op: Operation, grad: Tensor) -> Any:
    return indexing.gather(grad, op.inputs[1])


@derivative("SegmentMean")
def _segment_mean(op: Operation, grad: Tensor) -> Any:
    data, places = op.inputs
    ones = constants.fill(array.shape(places), constants.constant(1, grad.dtype.base_dtype))
    after = array.expand_dims(array.rank(data) - 1, 0)
    shape = array.concat(0, [array.shape(places), constants.fill(after, 1)])
    counts = segment.segment_sum(array.reshape(ones, shape), places)
    return indexing.gather(raw("Div", grad, counts), places)


@derivative("SegmentMax", "SegmentMin")
def _segment_extreme(op: Operation, grad: Tensor) -> Any:
    data, places = op.inputs
    chosen = logic.equal(data, indexing.gather(op.outputs[0], places))
    counts = segment.segment_sum(casting.cast(chosen, grad.dtype.base_dtype), places)
    return logic.select(chosen, indexing.gather(raw("Div", grad, counts), places), constants.zeros_like(data))


def _rows(op: Operation) -> Tensor:
    return array.squeeze(array.slice(array.shape(op.inputs[0]), [0], [1]), [0])


@derivative("SparseSegmentSum")
def _sparse_segment_sum(op: Operation, grad: Tensor) -> Any:
    _, places, segments = op.inputs
    return segment.unsorted_segment_sum(indexing.gather(grad, segments), places, _rows(op))


@derivative("SparseSegmentMean", "SparseSegmentSqrtN")
def _sparse_segment_share(op: Operation, grad: Tensor) -> Any:
    return raw(f"{op.type}Grad", grad, *op.inputs[1:], _rows(op))
