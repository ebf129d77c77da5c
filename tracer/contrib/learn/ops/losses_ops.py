"""The last layer of a model, and its loss."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.contrib import losses
from tracer.ir import Tensor
from tracer.nn import regularization
from tracer.ops import array, math, nn


def mean_squared_error_regressor(tensor_in: Any, labels: Any, weights: Any, biases: Any,
                                 name: str | None = None) -> tuple[Tensor, Tensor]:
    """`tensor_in * weights + biases`, and the mean of the squares of what it is off `labels` by."""
    with scopes.op_scope([tensor_in, labels], name, "mean_squared_error_regressor"):
        predictions = regularization.xw_plus_b(tensor_in, weights, biases)
        if len(labels.get_shape()) == 1 and len(predictions.get_shape()) == 2:
            predictions = array.squeeze(predictions, squeeze_dims=[1])
        return predictions, losses.sum_of_squares(predictions, labels)


def softmax_classifier(tensor_in: Any, labels: Any, weights: Any, biases: Any, class_weight: Any = None,
                       name: str | None = None) -> tuple[Tensor, Tensor]:
    """The softmax of `tensor_in * weights + biases`, and its cross entropy with `labels`, rows of probabilities.

    `class_weight`: a factor for the logits of each class.
    """
    with scopes.op_scope([tensor_in, labels], name, "softmax_classifier"):
        logits = regularization.xw_plus_b(tensor_in, weights, biases)
        if class_weight is not None:
            logits = math.mul(logits, class_weight)
        return nn.softmax(logits), losses.softmax_cross_entropy(logits, labels)
