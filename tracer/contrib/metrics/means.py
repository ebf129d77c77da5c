"""Means over many batches, and metrics that are such means."""

from __future__ import annotations

from typing import Any

from tracer import dtypes
from tracer.contrib.metrics.making import (
    Metric,
    add,
    listed,
    local,
    matched,
    quotient,
    total,
    weighted,
    weights_of,
)
from tracer.convert import convert_to_tensor
from tracer.ops import array, casting, constants, logic, math, nn, reduction
from tracer.ops.matrix import diag_part
from tracer.variable_scope import variable_op_scope


def streaming_mean(values: Any, weights: Any = None, metrics_collections: Any = None, updates_collections: Any = None,
                   name: str | None = None) -> Metric:
    """The mean of all values of all batches.

    >>> mean, update = tf.contrib.metrics.streaming_mean(values)
    >>> sess.run(tf.initialize_local_variables())
    >>> for batch in batches:
    ...     sess.run(update, {values: batch})
    >>> sess.run(mean)

    Args:
        values: a tensor.
        weights: how much each value counts; a dimension of size 1 counts for all of the other's.
        metrics_collections, updates_collections: where the two results are listed.
        name: the name of the metric; by default `mean`.

    Returns:
        The mean of what has been counted, and an operation that counts another batch and gives the mean with it. Its
        two local variables are called `total` and `count`.
    """
    with variable_op_scope([values, weights], name, "mean"):
        summed, counted = local("total", []), local("count", [])
        if weights is None:
            values = casting.to_float(values)
            new, count = total(values), casting.to_float(array.size(values))
        else:
            products, each = weighted(values, weights)
            new, count = total(products), total(each)
        new_sum, new_count = add(summed, new), add(counted, count)
        return listed(quotient(summed, counted, "value"), quotient(new_sum, new_count, "update_op"),
                      metrics_collections, updates_collections)


def streaming_mean_tensor(values: Any, weights: Any = None, metrics_collections: Any = None,
                          updates_collections: Any = None, name: str | None = None) -> Metric:
    """The mean of each element of `values` over all batches, all of one known shape; see `streaming_mean`."""
    with variable_op_scope([values, weights], name, "mean"):
        values = casting.to_float(values)
        summed, counted = local("total_tensor", values.get_shape()), local("count_tensor", values.get_shape())
        products, each = weighted(values, weights)
        new_sum, new_count = add(summed, products), add(counted, each)

        def mean(numerator: Any, denominator: Any, what: str) -> Any:
            divisor = math.maximum(denominator, constants.ones_like(denominator), name=what)
            return math.div(numerator, divisor, name=what)

        return listed(mean(summed, counted, "value"), mean(new_sum, new_count, "update_op"), metrics_collections,
                      updates_collections)


def streaming_accuracy(predictions: Any, labels: Any, weights: Any = None, metrics_collections: Any = None,
                       updates_collections: Any = None, name: str | None = None) -> Metric:
    """How often predictions equal labels; see `streaming_mean`.

    Raises ValueError when the shapes differ. A last dimension of size 1 that only one of them has counts for nothing.
    """
    predictions, labels = matched(predictions, labels)
    if labels.dtype.base_dtype is not predictions.dtype.base_dtype:
        predictions = casting.cast(predictions, labels.dtype.base_dtype)
    correct = casting.to_float(logic.equal(predictions, labels))
    return streaming_mean(correct, weights, metrics_collections, updates_collections, name or "accuracy")


def streaming_recall_at_k(predictions: Any, labels: Any, k: int, ignore_mask: Any = None,
                          metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
                          weights: Any = None) -> Metric:
    """How often the label is among the `k` classes of the largest predictions; see `streaming_mean`.

    Args:
        predictions: of shape [batch, classes].
        labels: the classes, of shape [batch].
        ignore_mask: true where an example does not count.
        weights: how much each example counts.
    """
    found = casting.to_float(nn.in_top_k(predictions, labels, k))
    return streaming_mean(found, weights_of(ignore_mask, weights), metrics_collections, updates_collections,
                          name or f"recall_at_{k}")


def streaming_mean_absolute_error(predictions: Any, labels: Any, weights: Any = None, metrics_collections: Any = None,
                                  updates_collections: Any = None, name: str | None = None) -> Metric:
    """The mean of `abs(predictions - labels)`; see `streaming_mean`."""
    predictions, labels = matched(predictions, labels)
    return streaming_mean(math.abs(math.sub(predictions, labels)), weights, metrics_collections, updates_collections,
                          name or "mean_absolute_error")


def streaming_mean_relative_error(predictions: Any, labels: Any, normalizer: Any, weights: Any = None,
                                  metrics_collections: Any = None, updates_collections: Any = None,
                                  name: str | None = None) -> Metric:
    """The mean of `abs(predictions - labels) / normalizer`, 0 where the normalizer is; see `streaming_mean`."""
    predictions, labels = matched(predictions, labels)
    predictions, normalizer = matched(predictions, normalizer)
    is_zero = logic.equal(normalizer, constants.constant(0, dtype=normalizer.dtype.base_dtype))
    error = math.div(math.abs(math.sub(labels, predictions)), normalizer)
    relative = logic.select(is_zero, constants.zeros_like(error), error)
    return streaming_mean(relative, weights, metrics_collections, updates_collections, name or "mean_relative_error")


def streaming_mean_squared_error(predictions: Any, labels: Any, weights: Any = None, metrics_collections: Any = None,
                                 updates_collections: Any = None, name: str | None = None) -> Metric:
    """The mean of `(predictions - labels) ** 2`; see `streaming_mean`."""
    predictions, labels = matched(predictions, labels)
    return streaming_mean(math.square(math.sub(labels, predictions)), weights, metrics_collections,
                          updates_collections, name or "mean_squared_error")


def streaming_root_mean_squared_error(predictions: Any, labels: Any, weights: Any = None,
                                      metrics_collections: Any = None, updates_collections: Any = None,
                                      name: str | None = None) -> Metric:
    """The root of the mean of `(predictions - labels) ** 2`; see `streaming_mean`."""
    predictions, labels = matched(predictions, labels)
    value, update = streaming_mean_squared_error(predictions, labels, weights, None, None,
                                                 name or "root_mean_squared_error")
    return listed(math.sqrt(value), math.sqrt(update), metrics_collections, updates_collections)


def streaming_mean_cosine_distance(predictions: Any, labels: Any, dim: int, weights: Any = None,
                                   metrics_collections: Any = None, updates_collections: Any = None,
                                   name: str | None = None) -> Metric:
    """The mean of `1 - sum(predictions * labels)`, the sum along dimension `dim`; see `streaming_mean`."""
    predictions, labels = matched(predictions, labels)
    products = reduction.reduce_sum(math.mul(predictions, labels), [dim])
    value, update = streaming_mean(products, weights, None, None, name or "mean_cosine_distance")
    return listed(math.sub(1.0, value), math.sub(1.0, update), metrics_collections, updates_collections)


def streaming_percentage_less(values: Any, threshold: Any, ignore_mask: Any = None, metrics_collections: Any = None,
                              updates_collections: Any = None, name: str | None = None, weights: Any = None) -> Metric:
    """How often values are below a threshold; see `streaming_mean`.

    Args:
        values: a tensor.
        threshold: a scalar.
        ignore_mask: true where a value does not count.
        weights: how much each value counts.
    """
    below = casting.to_float(logic.less(values, threshold))
    return streaming_mean(below, weights_of(ignore_mask, weights), metrics_collections, updates_collections,
                          name or "percentage_below_threshold")


def streaming_mean_iou(predictions: Any, labels: Any, num_classes: int, ignore_mask: Any = None,
                       metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
                       weights: Any = None) -> Metric:
    """The mean over classes of how much predicted and labelled elements overlap: intersection by union.

    Args:
        predictions, labels: tensors of one shape, of classes below `num_classes`.
        ignore_mask: true where an element does not count.
        weights: how much each element counts.

    Returns:
        The mean, and an operation that counts another batch and gives the matrix of confusions.
    """
    from tracer.contrib.metrics.confusion_matrix_ops import confusion_matrix

    with variable_op_scope([predictions, labels], name, "mean_iou"):
        predictions, labels = matched(convert_to_tensor(predictions), convert_to_tensor(labels))
        predictions, labels = array.reshape(predictions, [-1]), array.reshape(labels, [-1])
        weights = weights_of(ignore_mask, weights)
        if weights is not None:
            weights = array.reshape(weights, [-1])
        matrix = local("total_confusion_matrix", [num_classes, num_classes], dtypes.float64)
        update = add(matrix, confusion_matrix(
            predictions, labels, num_classes, dtype=dtypes.float64, weights=weights))
        counts = casting.to_float(matrix)
        both = diag_part(counts)
        union = reduction.reduce_sum(counts, [0]) + reduction.reduce_sum(counts, [1]) - both
        divisor = logic.select(logic.greater(union, 0), union, constants.ones_like(union))
        value = reduction.reduce_mean(math.div(both, divisor), name="mean_iou")
        return listed(value, update, metrics_collections, updates_collections)


def aggregate_metrics(*value_update_tuples: Metric) -> tuple[list[Any], list[Any]]:
    """The values of several metrics in one list, and their updates in another."""
    if not value_update_tuples:
        raise ValueError("Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


def aggregate_metric_map(names_to_tuples: dict[str, Metric]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of several metrics in one dict by their names, and their updates in another.

    >>> values, updates = tf.contrib.metrics.aggregate_metric_map({
    ...     "accuracy": tf.contrib.metrics.streaming_accuracy(predictions, labels)})
    """
    return ({name: value for name, (value, _) in names_to_tuples.items()},
            {name: update for name, (_, update) in names_to_tuples.items()})
