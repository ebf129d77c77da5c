"""The ends of the models of `tf.contrib.learn`: from outputs to losses, predictions and metrics."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, nn, scopes
from tracer.contrib import metrics as metrics_
from tracer.contrib.learn.estimators.estimator import _metric_ops
from tracer.contrib.learn.estimators.model_fn import MetricKey, ModeKeys, ModelFnOps, PredictionKey
from tracer.ir import Tensor
from tracer.ops import array, casting, control_flow, logic, math, reduction
from tracer.ops import nn as nn_ops
from tracer.variables import Variable


class Head:
    """The end of a model.

    Args:
        logits_dimension: how many outputs the model has.
        weight_column_name: the feature that holds the weights of examples, if one does.
        enable_centered_bias: whether a bias is trained beside the model.
    """

    dual_loss: str | None = None
    """What `SDCAOptimizer` calls its loss."""

    def __init__(self, logits_dimension: int, weight_column_name: str | None, enable_centered_bias: bool) -> None:
        self.logits_dimension = logits_dimension
        self.weight_column = weight_column_name
        self._centered = enable_centered_bias

    @property
    def is_centered(self) -> bool:
        """Whether a bias is trained beside the model."""
        return self._centered

    # What differs

    def _each(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of each example."""
        raise NotImplementedError

    def predictions(self, logits: Tensor) -> Any:
        """What the model says, by name."""
        raise NotImplementedError

    def metrics(self, logits: Tensor, predictions: Any, labels: Tensor, weights: Any) -> dict[str, Any]:
        """What an evaluation tells besides the loss."""
        raise NotImplementedError

    # What they share

    def head_ops(self, features: Any, labels: Any, mode: str, train_op_fn: Any, logits: Tensor,
                 metrics: Any = None) -> ModelFnOps:
        """What a model's function answers. `train_op_fn` makes a step of a loss."""
        bias = None
        if self._centered:
            bias = Variable(array.zeros([self.logits_dimension]), name="centered_bias_weight", trainable=False,
                            collections=[scopes.GraphKeys.VARIABLES])
            logits = nn_ops.bias_add(logits, bias)
        predictions = self.predictions(logits)
        if mode == ModeKeys.INFER:
            return ModelFnOps(mode, predictions)
        labels = single(labels)
        weights = self._weights(features)
        loss, average = self._loss(self._each(logits, labels), weights)
        if mode == ModeKeys.TRAIN:
            step = train_op_fn(loss)
            if bias is not None:
                step = control_flow.group(step, self._centered_step(bias, labels, weights))
            return ModelFnOps(mode, predictions, loss, step)
        found = {MetricKey.LOSS: metrics_.streaming_mean(average, weights=None)}
        found.update(self.metrics(logits, predictions, labels, weights))
        found.update(_metric_ops(metrics, features, labels, predictions))
        return ModelFnOps(mode, predictions, loss, None, found)

    def _weights(self, features: Any) -> Any:
        if self.weight_column is None:
            return None
        return casting.to_float(features[self.weight_column])

    def _loss(self, each: Tensor, weights: Any) -> tuple[Tensor, Tensor]:
        """The loss that is trained, the mean over the examples; and that of an evaluation, over their weights."""
        if weights is None:
            loss = reduction.reduce_mean(each, name="loss")
            return loss, loss
        weighted = math.mul(array.reshape(each, [-1]), array.reshape(weights, [-1]))
        return reduction.reduce_mean(weighted, name="loss"), math.div(
            reduction.reduce_sum(weighted), reduction.reduce_sum(weights), name="weighted_average_loss")

    def _centered_step(self, bias: Variable, labels: Tensor, weights: Any) -> Any:
        from tracer.train.optimizers import AdagradOptimizer

        batch = array.shape(labels)[0]  # type: ignore[index]
        logits = array.reshape(_tiled(bias, batch), [-1, self.logits_dimension])
        loss = reduction.reduce_mean(self._each(logits, labels))
        return AdagradOptimizer(0.1).minimize(loss, var_list=[bias], name="centered_bias_step")


def _tiled(bias: Variable, batch: Any) -> Tensor:
    from tracer.ops import blocks

    return blocks.tile(bias, array.reshape(batch, [1]))


def single(labels: Any) -> Any:
    if isinstance(labels, dict):
        if len(labels) != 1:
            raise ValueError(f"Expected labels to be a single tensor, or a dict of one, not {sorted(labels)}")
        return next(iter(labels.values()))
    return labels


class RegressionHead(Head):
    """Numbers, and the squares of what they are wrong by."""

    dual_loss = "squared_loss"

    def _each(self, logits: Tensor, labels: Tensor) -> Tensor:
        wanted = array.reshape(casting.to_float(labels), [-1, self.logits_dimension])
        return math.square(math.sub(array.reshape(logits, [-1, self.logits_dimension]), wanted))

    def predictions(self, logits: Tensor) -> Any:
        scores = array.squeeze(logits, [1]) if self.logits_dimension == 1 else logits
        return {PredictionKey.SCORES: scores}

    def metrics(self, logits: Tensor, predictions: Any, labels: Tensor, weights: Any) -> dict[str, Any]:
        return {}


class MultiClassHead(Head):
    """One of several classes, by softmax."""

    def _each(self, logits: Tensor, labels: Tensor) -> Tensor:
        return nn.sparse_softmax_cross_entropy_with_logits(logits, _classes(labels))

    def predictions(self, logits: Tensor) -> Any:
        return {PredictionKey.LOGITS: logits, PredictionKey.PROBABILITIES: nn.softmax(logits),
                PredictionKey.CLASSES: math.argmax(logits, 1)}

    def metrics(self, logits: Tensor, predictions: Any, labels: Tensor, weights: Any) -> dict[str, Any]:
        return {MetricKey.ACCURACY: metrics_.streaming_accuracy(
            predictions[PredictionKey.CLASSES], casting.to_int64(_classes(labels)), weights=_flat(weights))}


def _classes(labels: Tensor) -> Tensor:
    labels = labels if labels.dtype.base_dtype in (dtypes.int32, dtypes.int64) else casting.to_int64(labels)
    return array.reshape(labels, [-1])


def _flat(weights: Any) -> Any:
    return None if weights is None else array.reshape(weights, [-1])


def _logistic_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """As from 0.12 on: where an output is 0, as all are at the start, 0.8's has another gradient."""
    zeros = array.zeros_like(logits)
    above = logic.greater_equal(logits, zeros)
    positive, nearer = logic.select(above, logits, zeros), logic.select(above, math.neg(logits), logits)
    return math.add(math.sub(positive, math.mul(logits, labels)), math.log(math.add(1.0, math.exp(nearer))))


class BinaryHead(Head):
    """One of two classes, by a logistic function."""

    dual_loss = "logistic_loss"

    def _each(self, logits: Tensor, labels: Tensor) -> Tensor:
        wanted = array.reshape(casting.to_float(labels), [-1, 1])
        return _logistic_loss(array.reshape(logits, [-1, 1]), wanted)

    def predictions(self, logits: Tensor) -> Any:
        both = array.concat(1, [array.zeros_like(logits), logits])
        return {PredictionKey.LOGITS: logits, PredictionKey.LOGISTIC: nn_ops.sigmoid(logits),
                PredictionKey.PROBABILITIES: nn.softmax(both), PredictionKey.CLASSES: math.argmax(both, 1)}

    def metrics(self, logits: Tensor, predictions: Any, labels: Tensor, weights: Any) -> dict[str, Any]:
        chances = array.reshape(predictions[PredictionKey.LOGISTIC], [-1])
        classes, weights = casting.to_int64(_classes(labels)), _flat(weights)
        truth, above = casting.cast(classes, dtypes.bool), casting.to_int64(logic.greater_equal(chances, 0.5))
        half = 0.5
        return {
            MetricKey.ACCURACY: metrics_.streaming_accuracy(predictions[PredictionKey.CLASSES], classes, weights=weights),
            MetricKey.PREDICTION_MEAN: metrics_.streaming_mean(chances, weights=weights),
            MetricKey.LABEL_MEAN: metrics_.streaming_mean(casting.to_float(classes), weights=weights),
            MetricKey.ACCURACY_BASELINE: metrics_.streaming_mean(casting.to_float(classes), weights=weights),
            MetricKey.AUC: metrics_.streaming_auc(chances, truth, weights=weights),
            MetricKey.ACCURACY_MEAN % half: metrics_.streaming_accuracy(above, classes, weights=weights),
            MetricKey.PRECISION_MEAN % half: _at(metrics_.streaming_precision_at_thresholds, chances, truth, weights),
            MetricKey.RECALL_MEAN % half: _at(metrics_.streaming_recall_at_thresholds, chances, truth, weights),
        }


def _at(metric: Any, chances: Tensor, truth: Tensor, weights: Any) -> tuple[Tensor, Tensor]:
    value, update = metric(chances, truth, [0.5], weights=weights)
    return array.squeeze(value), array.squeeze(update)


def classifier(n_classes: int, weight_column_name: str | None, enable_centered_bias: bool) -> Head:
    """The end of a classifier of so many classes."""
    if n_classes < 2:
        raise ValueError("n_classes must be > 1 for classification.")
    if n_classes == 2:
        return BinaryHead(1, weight_column_name, enable_centered_bias)
    return MultiClassHead(n_classes, weight_column_name, enable_centered_bias)
