"""`accuracy` of one batch."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import casting, constants, logic, math, reduction

__all__ = ["accuracy"]


def accuracy(predictions: Any, labels: Any, weights: Any = None) -> Tensor:
    """How often predictions equal labels.

    >>> tf.contrib.metrics.accuracy(tf.constant([1, 2]), tf.constant([1, 3])).eval()
    0.5

    Args:
        predictions, labels: tensors of one shape and type: bool, integer or string.
        weights: how much each element counts.

    Raises ValueError when type or shape differ, or the type is another.
    """
    predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
    kind = labels.dtype.base_dtype
    if not (kind.is_integer or kind in (dtypes.bool, dtypes.string)):
        raise ValueError(f"Labels should have bool, integer, or string dtype, not {kind!r}")
    if predictions.dtype.base_dtype is not kind:
        raise ValueError("Dtypes of predictions and labels should match. Given: predictions "
                         f"({predictions.dtype.base_dtype!r}) and labels ({kind!r})")
    predictions.get_shape().assert_is_compatible_with(labels.get_shape())
    with scopes.op_scope([predictions, labels], "accuracy"):
        correct = casting.cast(logic.equal(predictions, labels), dtypes.float32)
        if weights is None:
            return reduction.reduce_mean(correct)
        correct, each = math.mul(correct, weights), math.mul(weights, constants.ones_like(correct))
        return math.div(reduction.reduce_sum(correct), reduction.reduce_sum(each))
