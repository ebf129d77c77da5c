"""`LogisticRegressor`: an `Estimator` of chances, which is evaluated as one of two classes; from 0.11 on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tracer.contrib import metrics
from tracer.contrib.learn.estimators.estimator import Estimator
from tracer.contrib.learn.estimators.run_config import RunConfig
from tracer.contrib.learn.metric_spec import MetricSpec
from tracer.ops import casting, logic


class LogisticRegressor(Estimator):
    """A model that gives the chance that a label is 1.

    >>> regressor = learn.LogisticRegressor(model_fn, thresholds=[0.3, 0.5])
    >>> regressor.fit(input_fn=training, steps=100).evaluate(input_fn=testing, steps=1)["auc"]

    Args:
        model_fn, model_dir, config, feature_engineering_fn: as for `Estimator`; what it predicts are chances.
        thresholds: from which chance on a label counts as 1, each with metrics of its own; by default 0.5.
    """

    TARGET_MEAN = "labels/actual_label_mean"
    PREDICTION_MEAN = "labels/prediction_mean"
    AUC = "auc"
    ACCURACY_BASELINE = "accuracy/baseline_label_mean"
    ACCURACY_MEAN = "accuracy/threshold_%f_mean"
    PRECISION_MEAN = "precision/positive_threshold_%f_mean"
    RECALL_MEAN = "recall/positive_threshold_%f_mean"

    def __init__(self, model_fn: Callable, thresholds: Iterable[float] | None = None, model_dir: str | None = None,
                 config: RunConfig | None = None, feature_engineering_fn: Callable | None = None) -> None:
        super().__init__(model_fn, model_dir, config, feature_engineering_fn=feature_engineering_fn)
        self._thresholds = [0.5] if thresholds is None else list(thresholds)

    def evaluate(self, x: Any = None, y: Any = None, input_fn: Callable | None = None, feed_fn: Callable | None = None,
                 batch_size: int | None = None, steps: int | None = None, metrics: Any = None,
                 name: str | None = None) -> dict[str, Any]:
        """As `Estimator.evaluate`, by default with the metrics of `get_default_metrics`."""
        chosen = self.get_default_metrics(self._thresholds) if metrics is None else metrics
        return super().evaluate(x, y, input_fn, feed_fn, batch_size, steps, chosen, name)

    @classmethod
    def get_default_metrics(cls, thresholds: Iterable[float] | None = None) -> dict[str, MetricSpec]:
        """What it is evaluated by: means, the area under the curve, and for each threshold how often it is right."""
        found: dict[str, Callable] = {
            cls.TARGET_MEAN: _label_mean, cls.PREDICTION_MEAN: _prediction_mean,
            cls.AUC: metrics.streaming_auc, cls.ACCURACY_BASELINE: _label_mean,
        }
        for threshold in [0.5] if thresholds is None else thresholds:
            found[cls.ACCURACY_MEAN % threshold] = _at(_accuracy, threshold)
            found[cls.PRECISION_MEAN % threshold] = _at(_precision, threshold)
            found[cls.RECALL_MEAN % threshold] = _at(_recall, threshold)
        return {key: MetricSpec(metric) for key, metric in found.items()}


def _prediction_mean(predictions: Any, labels: Any, weights: Any = None) -> Any:
    return metrics.streaming_mean(predictions, weights=weights)


def _label_mean(predictions: Any, labels: Any, weights: Any = None) -> Any:
    return metrics.streaming_mean(casting.to_float(labels), weights=weights)


def _at(metric: Callable, threshold: float) -> Callable:
    def at(predictions: Any, labels: Any, weights: Any = None) -> Any:
        return metric(predictions, labels, weights, threshold)

    return at


def _accuracy(predictions: Any, labels: Any, weights: Any, threshold: float) -> Any:
    above = casting.to_float(logic.greater_equal(predictions, threshold))
    return metrics.streaming_accuracy(above, casting.to_float(labels), weights=weights)


def _precision(predictions: Any, labels: Any, weights: Any, threshold: float) -> Any:
    value, update = metrics.streaming_precision_at_thresholds(predictions, labels, [threshold], weights=weights)
    return value[0], update[0]


def _recall(predictions: Any, labels: Any, weights: Any, threshold: float) -> Any:
    value, update = metrics.streaming_recall_at_thresholds(predictions, labels, [threshold], weights=weights)
    return value[0], update[0]
