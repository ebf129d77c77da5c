"""Precision, recall and what follows from them: counts of right and wrong predictions over many batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracer import dtypes
from tracer.contrib.metrics.making import Metric, add, listed, local, matched, quotient, total, weights_of
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, logic, math, reduction
from tracer.ops.indexing import reverse
from tracer.variable_scope import variable_op_scope
from tracer.variables import Variable

_EPSILON = 1e-7


def _is(values: Tensor, wanted: int) -> Tensor:
    """Where `values` are 1, or 0."""
    if values.dtype.base_dtype is dtypes.bool:
        return values if wanted else logic.logical_not(values)
    return logic.equal(values, constants.constant(wanted, dtype=values.dtype.base_dtype))


def _counted(name: str, predicted: int, labelled: int, predictions: Tensor, labels: Tensor,
             weights: Any) -> tuple[Variable, Tensor]:
    """How often predictions and labels have been `predicted` and `labelled`, and an operation that counts more."""
    with variable_op_scope([predictions, labels], name):
        found = casting.to_float(logic.logical_and(_is(labels, labelled), _is(predictions, predicted)))
        count = local("count", [])
        if weights is not None:
            found = math.mul(found, casting.to_float(weights))
        return count, add(count, total(found))


def _share(default: str, wrong: tuple[str, int, int], predictions: Any, labels: Any, weights: Any,
           metrics_collections: Any, updates_collections: Any, name: str | None) -> Metric:
    """True positives by themselves and those of `wrong`."""
    with variable_op_scope([predictions, labels], name, default):
        predictions, labels = matched(predictions, labels)
        right, more_right = _counted("true_positives", 1, 1, predictions, labels, weights)
        others, more_others = _counted(*wrong, predictions, labels, weights)

        def share(numerator: Any, other: Any, what: str) -> Tensor:
            return quotient(numerator, math.add(numerator, other), what)

        return listed(share(right, others, "value"), share(more_right, more_others, "update_op"), metrics_collections,
                      updates_collections)


def streaming_precision(predictions: Any, labels: Any, ignore_mask: Any = None, metrics_collections: Any = None,
                        updates_collections: Any = None, name: str | None = None, weights: Any = None) -> Metric:
    """How many of those predicted 1 are labelled 1; 0 where none are.

    Args:
        predictions, labels: tensors of one shape, of 0 and 1.
        ignore_mask: true where an element does not count.
        metrics_collections, updates_collections, name: see `streaming_mean`.
        weights: how much each element counts.

    Returns:
        The precision of what has been counted, and an operation that counts another batch and gives it.
    """
    return _share("precision", ("false_positives", 1, 0), predictions, labels, weights_of(ignore_mask, weights),
                  metrics_collections, updates_collections, name)


def streaming_recall(predictions: Any, labels: Any, ignore_mask: Any = None, metrics_collections: Any = None,
                     updates_collections: Any = None, name: str | None = None, weights: Any = None) -> Metric:
    """How many of those labelled 1 are predicted 1; 0 where none are. See `streaming_precision`."""
    return _share("recall", ("false_negatives", 0, 1), predictions, labels, weights_of(ignore_mask, weights),
                  metrics_collections, updates_collections, name)


# -- by thresholds

_Counts = dict[str, Any]
_KINDS = ("true_positives", "false_negatives", "true_negatives", "false_positives")


def _by_thresholds(predictions: Tensor, labels: Tensor, thresholds: Sequence[float],
                   weights: Any) -> tuple[_Counts, _Counts]:
    """The four counts for each threshold, and those after another batch."""
    cuts = constants.constant([[float(threshold)] for threshold in thresholds])
    above = logic.greater(array.reshape(casting.to_float(predictions), [1, -1]), cuts)
    positive = logic.logical_and(array.reshape(casting.cast(labels, dtypes.bool), [1, -1]),
                                 logic.equal(above, above))  # spread over the thresholds
    below, negative = logic.logical_not(above), logic.logical_not(positive)
    pairs = dict(zip(_KINDS, ((above, positive), (below, positive), (below, negative), (above, negative)),
                     strict=True))
    before = {kind: local(kind, [len(thresholds)]) for kind in _KINDS}
    after = {}
    for kind, pair in pairs.items():
        found = casting.to_float(logic.logical_and(*pair))
        if weights is not None:
            found = math.mul(found, array.reshape(casting.to_float(weights), [1, -1]))
        after[kind] = add(before[kind], reduction.reduce_sum(found, [1]))
    return {kind: count.value() for kind, count in before.items()}, after


def _rate(one: Any, other: Any) -> Any:
    """`one / (one + other)`, where both are nothing almost 1."""
    return (one + _EPSILON) / (one + other + _EPSILON)


def _of_counts(default: str, predictions: Any, labels: Any, thresholds: Sequence[float], weights: Any,
               compute: Callable[[_Counts, str], Tensor], metrics_collections: Any, updates_collections: Any,
               name: str | None) -> Metric:
    with variable_op_scope([predictions, labels], name, default):
        predictions, labels = matched(predictions, labels)
        before, after = _by_thresholds(predictions, labels, thresholds, weights)
        return listed(compute(before, "value"), compute(after, "update_op"), metrics_collections, updates_collections)


def _spread(num_thresholds: int) -> list[float]:
    """Thresholds at even distances, from just below 0 to just above 1."""
    inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
    return [-_EPSILON, *inner, 1 + _EPSILON]


def streaming_auc(predictions: Any, labels: Any, ignore_mask: Any = None, num_thresholds: int = 200,
                  metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
                  weights: Any = None, curve: str = "ROC") -> Metric:
    """The area under the curve of true and false positives, by as many thresholds at even distances.

    Args:
        predictions: a tensor of numbers between 0 and 1.
        labels: of the same shape, true or 1 where positive.
        ignore_mask: true where an element does not count.
        num_thresholds: more of them come closer to the true area.
        metrics_collections, updates_collections, name: see `streaming_mean`.
        weights: how much each element counts.
        curve: "ROC", or "PR" for the curve of precision and recall.

    Returns:
        The area by what has been counted, and an operation that counts another batch and gives it.
    """
    if curve not in ("ROC", "PR"):
        raise ValueError(f"curve must be either ROC or PR, {curve} unknown")

    def area(counts: _Counts, what: str) -> Tensor:
        recall = _rate(counts["true_positives"], counts["false_negatives"])
        if curve == "ROC":
            x, y = counts["false_positives"] / (
                counts["false_positives"] + counts["true_negatives"] + _EPSILON), recall
        else:
            x, y = recall, _rate(counts["true_positives"], counts["false_positives"])
        steps = x[:num_thresholds - 1] - x[1:]
        return reduction.reduce_sum(math.mul(steps, (y[:num_thresholds - 1] + y[1:]) / 2.0), name=what)

    return _of_counts("auc", predictions, labels, _spread(num_thresholds), weights_of(ignore_mask, weights), area,
                      metrics_collections, updates_collections, name)


def streaming_precision_at_thresholds(
    predictions: Any, labels: Any, thresholds: Sequence[float], ignore_mask: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None, weights: Any = None,
) -> Metric:
    """The precision (see `streaming_precision`) of `predictions > threshold` for each threshold."""
    def precision(counts: _Counts, what: str) -> Tensor:
        right = counts["true_positives"]
        return math.div(right, _EPSILON + right + counts["false_positives"], name=f"precision_{what}")

    return _of_counts("precision_at_thresholds", predictions, labels, thresholds, weights_of(ignore_mask, weights),
                      precision, metrics_collections, updates_collections, name)


def streaming_recall_at_thresholds(
    predictions: Any, labels: Any, thresholds: Sequence[float], ignore_mask: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None, weights: Any = None,
) -> Metric:
    """The recall (see `streaming_recall`) of `predictions > threshold` for each threshold."""
    def recall(counts: _Counts, what: str) -> Tensor:
        right = counts["true_positives"]
        return math.div(right, _EPSILON + right + counts["false_negatives"], name=f"recall_{what}")

    return _of_counts("recall_at_thresholds", predictions, labels, thresholds, weights_of(ignore_mask, weights),
                      recall, metrics_collections, updates_collections, name)


def _at_best(given: str, wanted: float, other: str, last: bool) -> Callable[[_Counts, str], Tensor]:
    """One rate at the threshold whose other rate comes closest to `wanted`; of several, the first or the last one."""
    rates = {"sensitivity": ("true_positives", "false_negatives"), "specificity": ("true_negatives", "false_positives")}

    def compute(counts: _Counts, what: str) -> Tensor:
        first, second = rates[given]
        known = counts[first] / (counts[first] + counts[second] + _EPSILON)
        distances = math.abs(known - wanted)
        if last:
            turned = reduction.argmin(reverse(distances, [True]), 0)
            nearest = casting.to_int32(math.sub(array.size(distances) - 1, casting.to_int32(turned)))  # type: ignore[operator]
        else:
            nearest = casting.to_int32(reduction.argmin(distances, 0))
        right, wrong = (array.reshape(array.slice(counts[kind], array.reshape(nearest, [1]), [1]), [])
                        for kind in rates[other])
        return math.div(right, right + wrong + _EPSILON, name=what)

    return compute


def streaming_sensitivity_at_specificity(
    predictions: Any, labels: Any, specificity: float, weights: Any = None, num_thresholds: int = 200,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Metric:
    """How many of those labelled 1 are above the threshold at which that share of the others is below it.

    See `streaming_auc` for the arguments. Raises ValueError when `specificity` is not between 0 and 1.
    """
    if not 0 <= specificity <= 1:
        raise ValueError("`specificity` must be in the range [0, 1].")
    return _of_counts("sensitivity_at_specificity", predictions, labels, _spread(num_thresholds), weights,
                      _at_best("specificity", specificity, "sensitivity", False), metrics_collections, updates_collections,
                      name)


def streaming_specificity_at_sensitivity(
    predictions: Any, labels: Any, sensitivity: float, weights: Any = None, num_thresholds: int = 200,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None,
) -> Metric:
    """How many of those labelled 0 are below the threshold at which that share of the others is above it.

    See `streaming_auc` for the arguments. Raises ValueError when `sensitivity` is not between 0 and 1.
    """
    if not 0 <= sensitivity <= 1:
        raise ValueError("`sensitivity` must be in the range [0, 1].")
    return _of_counts("specificity_at_sensitivity", predictions, labels, _spread(num_thresholds), weights,
                      _at_best("sensitivity", sensitivity, "specificity", True), metrics_collections, updates_collections,
                      name)
