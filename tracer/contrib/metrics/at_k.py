"""Precision and recall of the most likely classes, where an example may have several labels."""

from __future__ import annotations

from typing import Any

from tracer import dtypes
from tracer.contrib.metrics.making import Metric, add, listed, local, quotient, total, weights_of
from tracer.contrib.metrics.set_ops import set_difference, set_intersection, set_size
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, math, nn
from tracer.variable_scope import variable_op_scope


def _class_name(class_id: int | None) -> str:
    return "" if class_id is None else f"_class{class_id}"


def _counts(top: Tensor, labels: Any, class_id: int | None) -> dict[str, Tensor]:
    """For each example, how many of its classes are predicted rightly, wrongly, or are labels that are not."""
    if class_id is None:
        sets = {
            "true_positive": set_intersection(top, labels), "false_positive": set_difference(top, labels),
            "false_negative": set_difference(top, labels, aminusb=False)}
        return {kind: casting.to_double(set_size(found)) for kind, found in sets.items()}
    one = constants.constant(class_id, dtype=top.dtype.base_dtype)
    column = array.slice(top, [0] * len(top.get_shape().as_list()), [-1] * (len(top.get_shape().as_list()) - 1) + [1])
    wanted = math.add(constants.zeros_like(column), one)
    predicted = casting.to_double(set_size(set_intersection(wanted, top)))
    labelled = casting.to_double(set_size(set_intersection(wanted, labels)))
    return {"true_positive": predicted * labelled, "false_positive": predicted * (1 - labelled),
            "false_negative": labelled * (1 - predicted)}


def _share(default: str, wrong: str, predictions: Any, labels: Any, k: int, class_id: int | None, weights: Any,
           metrics_collections: Any, updates_collections: Any, name: str | None) -> Metric:
    full_name = f"{default}_{k}{_class_name(class_id)}"
    with variable_op_scope([predictions], name, full_name):
        _, places = nn.top_k(predictions, k)
        top = casting.to_int64(places)
        if not hasattr(labels, "indices"):
            labels = casting.to_int64(convert_to_tensor(labels))
        counts, before, after = _counts(top, labels, class_id), [], []
        for kind in ("true_positive", wrong):
            found = counts[kind]
            if weights is not None:
                found = math.mul(found, casting.to_double(weights))
            count = local(f"{kind}_at_{k}{_class_name(class_id)}", [], dtypes.float64)
            before.append(count.value())
            after.append(add(count, total(found)))
        value = quotient(before[0], math.add(before[0], before[1]), "value")
        update = quotient(after[0], math.add(after[0], after[1]), "update")
        return listed(value, update, metrics_collections, updates_collections)


def streaming_sparse_precision_at_k(
    predictions: Any, labels: Any, k: int, class_id: int | None = None, ignore_mask: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None, weights: Any = None,
) -> Metric:
    """How many of the `k` classes of the largest predictions are among the labels.

    Args:
        predictions: of shape [..., classes].
        labels: classes, of shape [..., labels], dense or sparse.
        k: how many classes count as predicted.
        class_id: a class that alone counts.
        ignore_mask: true where an example does not count.
        metrics_collections, updates_collections, name: see `streaming_mean`.
        weights: how much each example counts.
    """
    return _share("precision_at", "false_positive", predictions, labels, k, class_id,
                  weights_of(ignore_mask, weights), metrics_collections, updates_collections, name)


def streaming_sparse_recall_at_k(
    predictions: Any, labels: Any, k: int, class_id: int | None = None, ignore_mask: Any = None,
    metrics_collections: Any = None, updates_collections: Any = None, name: str | None = None, weights: Any = None,
) -> Metric:
    """How many of the labels are among the `k` classes of the largest predictions.

    See `streaming_sparse_precision_at_k`.
    """
    return _share("recall_at", "false_negative", predictions, labels, k, class_id, weights_of(ignore_mask, weights),
                  metrics_collections, updates_collections, name)
