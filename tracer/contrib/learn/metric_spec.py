"""`tf.contrib.learn.MetricSpec`: a metric, and of which predictions, labels and weights it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

_LABELS = ("labels", "label", "targets", "target")
_PREDICTIONS = ("predictions", "prediction", "logits")


class MetricSpec:
    """A metric, and of which predictions, labels and weights it is.

    >>> learn.MetricSpec(tf.contrib.metrics.streaming_accuracy, prediction_key="classes")

    Args:
        metric_fn: a function of predictions and labels, and of `weights` where `weight_key` is given.
        prediction_key, label_key, weight_key: which of them, where there are several; the weights are a feature.
    """

    def __init__(self, metric_fn: Callable[..., Any], prediction_key: str | None = None, label_key: str | None = None,
                 weight_key: str | None = None) -> None:
        self.metric_fn = metric_fn
        self.prediction_key = prediction_key
        self.label_key = label_key
        self.weight_key = weight_key

    def create_metric_ops(self, inputs: Any, labels: Any, predictions: Any) -> Any:
        """What the metric's function gives for a model's features, labels and predictions."""
        chosen = self._chosen("prediction_key", predictions)
        wanted = self._chosen("label_key", labels)
        weights = {} if self.weight_key is None else {"weights": inputs[self.weight_key]}
        names = _parameters(self.metric_fn)
        of_labels = next((name for name in _LABELS if name in names), None)
        of_predictions = next((name for name in _PREDICTIONS if name in names), None)
        if of_labels and of_predictions:
            return self.metric_fn(**{of_predictions: chosen, of_labels: wanted}, **weights)
        return self.metric_fn(chosen, wanted, **weights)

    def _chosen(self, what: str, values: Any) -> Any:
        key = getattr(self, what)
        if isinstance(values, Mapping):
            if key is None:
                if len(values) == 1:
                    return next(iter(values.values()))
                raise ValueError(f"MetricSpec without specified {what} requires {what.removesuffix('_key')}s tensor or "
                                 f"single element dict, got {dict(values)}")
            if key not in values:
                raise KeyError(f"{what} {key!r} is not among {sorted(values)}")
            return values[key]
        if key is not None:
            raise ValueError(f"MetricSpec with {what} specified requires {what.removesuffix('_key')}s dict, got {values}")
        return values

    def __str__(self) -> str:
        return (f"MetricSpec(metric_fn={getattr(self.metric_fn, '__name__', self.metric_fn)}, "
                f"prediction_key={self.prediction_key}, label_key={self.label_key}, weight_key={self.weight_key})")


def _parameters(function: Any) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
