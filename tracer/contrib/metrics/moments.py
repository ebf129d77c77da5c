"""How predictions and labels vary together over many batches. From 0.11 on."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import scopes
from tracer.contrib.metrics.making import Metric, listed, local, quotient, total, weighted
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import casting, constants, logic, math, state
from tracer.variable_scope import variable_op_scope


def streaming_covariance(predictions: Any, labels: Any, weights: Any = None, metrics_collections: Any = None,
                         updates_collections: Any = None, name: str | None = None) -> Metric:
    """The unbiased covariance of predictions and labels; NaN until there are two of them.

    Args:
        predictions, labels: tensors of one shape.
        weights: how much each pair counts.
        metrics_collections, updates_collections: where the two results are listed.
        name: the name of the metric; by default `covariance`.

    Returns:
        The covariance of what has been counted, and an operation that counts another batch and gives it with that. The
        local variables are called `count`, `mean_prediction`, `mean_label` and `comoment`.

    Raises ValueError where the shapes differ.
    """
    with variable_op_scope([predictions, labels, weights], name, "covariance"):
        predictions = casting.to_float(convert_to_tensor(predictions))
        labels = casting.to_float(convert_to_tensor(labels))
        predictions.get_shape().assert_is_compatible_with(labels.get_shape())
        count, mean_prediction, mean_label, comoment = (
            local(word, []) for word in ("count", "mean_prediction", "mean_label", "comoment"))
        summed_predictions, each = weighted(predictions, weights)
        summed_labels, _ = weighted(labels, weights)
        more = total(each)
        centre_prediction = quotient(total(summed_predictions), more, "batch_mean_prediction")
        centre_label = quotient(total(summed_labels), more, "batch_mean_label")
        off_prediction, off_label = math.sub(predictions, centre_prediction), math.sub(labels, centre_label)
        new_count = math.add(count, more)
        share = quotient(more, new_count, "share")
        to_prediction = math.sub(centre_prediction, mean_prediction)
        to_label = math.sub(centre_label, mean_label)
        between = math.mul(math.mul(to_prediction, to_label), math.mul(count, share))
        new_comoment = math.add(math.add(comoment, total(math.mul(each, math.mul(off_prediction, off_label)))), between)
        news = [new_count, math.add(mean_prediction, math.mul(to_prediction, share)),
                math.add(mean_label, math.mul(to_label, share)), new_comoment]
        value = _unbiased(comoment, count, "covariance")
        with scopes.control_dependencies([*news, value]):
            counted, *_, moved = updates = [state.assign(variable.ref(), new) for variable, new in zip(
                (count, mean_prediction, mean_label, comoment), news, strict=True)]
        with scopes.control_dependencies(updates):
            update = _unbiased(moved, counted, "update_op")
        return listed(value, update, metrics_collections, updates_collections)


def _unbiased(comoment: Any, count: Any, name: str) -> Tensor:
    nothing = constants.constant(np.float32(np.nan))
    some = logic.greater(convert_to_tensor(count), 1.0)
    return logic.select(some, math.div(comoment, math.sub(count, 1.0)), nothing, name=name)


def streaming_pearson_correlation(predictions: Any, labels: Any, weights: Any = None, metrics_collections: Any = None,
                                  updates_collections: Any = None, name: str | None = None) -> Metric:
    """Pearson's correlation of predictions and labels. Arguments and results are as those of `streaming_covariance`."""
    with variable_op_scope([predictions, labels, weights], name, "pearson_r"):
        predictions = casting.to_float(convert_to_tensor(predictions))
        labels = casting.to_float(convert_to_tensor(labels))
        predictions.get_shape().assert_is_compatible_with(labels.get_shape())
        both = streaming_covariance(predictions, labels, weights, name="covariance")
        of_predictions = streaming_covariance(predictions, predictions, weights, name="variance_predictions")
        of_labels = streaming_covariance(labels, labels, weights, name="variance_labels")
        value, update = (
            math.div(covariance, math.mul(math.sqrt(first), math.sqrt(second)), name=word)
            for covariance, first, second, word in zip(both, of_predictions, of_labels, ("pearson_r", "update_op"),
                                                       strict=True))
        return listed(value, update, metrics_collections, updates_collections)
