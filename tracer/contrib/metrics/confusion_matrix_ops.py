"""The matrix of confusions."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, control_flow, math, reduction, segment
from tracer.ops.check import assert_less, assert_non_negative

__all__ = ["confusion_matrix"]


def confusion_matrix(predictions: Any, labels: Any, num_classes: Any = None, name: Any = None,
                     dtype: Any = dtypes.int32, weights: Any = None) -> Tensor:
    """A square matrix: in row i and column j, how often i was predicted where the label is j.

    >>> tf.contrib.metrics.confusion_matrix([1, 2, 1], [1, 0, 1]).eval()
    array([[0, 0, 0],
           [0, 2, 0],
           [1, 0, 0]], dtype=int32)

    Args:
        predictions, labels: vectors of classes, of one size.
        num_classes: the size of the matrix; by default one more than the largest class.
        name: the result's name; in this place later versions have its type.
        dtype: its type.
        weights: how much each element counts.

    Raises ValueError when the shapes differ. A run fails when a class is not below `num_classes`, or below 0.
    """
    if isinstance(name, dtypes.DType):
        dtype, name = name, None
    with scopes.op_scope([predictions, labels, num_classes], name, "confusion_matrix"):
        predictions, labels = _vectors(predictions, labels)
        if num_classes is None:
            largest = math.maximum(reduction.reduce_max(predictions), reduction.reduce_max(labels))
            num_classes = math.add(largest, constants.constant(1, dtype=dtypes.int64))
        else:
            num_classes = casting.to_int64(num_classes)
            with scopes.control_dependencies([
                assert_less(predictions, num_classes), assert_less(labels, num_classes),
                assert_non_negative(predictions), assert_non_negative(labels),
            ]):
                predictions = control_flow.with_dependencies([], predictions)
        size = casting.to_int32(num_classes)
        places = math.add(math.mul(predictions, num_classes), labels)
        kind = dtypes.as_dtype(dtype)
        each = constants.ones_like(places, dtype=kind) if weights is None else casting.cast(weights, kind)
        counts = segment.unsorted_segment_sum(each, places, math.mul(size, size))
        return array.reshape(counts, array.pack([size, size]))


def _vectors(predictions: Any, labels: Any) -> tuple[Tensor, Tensor]:
    predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
    predictions.get_shape().merge_with(labels.get_shape())
    return casting.to_int64(predictions), casting.to_int64(labels)
