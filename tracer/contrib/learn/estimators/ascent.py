"""Linear models that `SDCAOptimizer` trains, and the support vector machine among them; from TensorFlow 0.9 on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tracer.contrib.framework.variables import get_global_step
from tracer.contrib.layers.feature_column import real_valued_column
from tracer.contrib.layers.feature_column_ops import weighted_sum_from_feature_columns
from tracer.contrib.learn.estimators.head import BinaryHead, Head, single
from tracer.contrib.learn.estimators.model_fn import MetricKey, PredictionKey
from tracer.contrib.linear_optimizer.sdca_optimizer import SDCAOptimizer
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, math

_BIAS = "tf_virtual_bias_column"


def model_fn(columns: Iterable[Any], head: Head, optimizer: SDCAOptimizer, scope: str) -> Callable[..., Any]:
    """The function of an `Estimator` for a linear model that is trained so.

    Raises ValueError where there is more than one output, or what trains a bias beside the model.
    """
    columns = list(columns)
    if head.dual_loss is None or head.logits_dimension != 1:
        raise ValueError("SDCA only applies to binary classification, and to regression with label_dimension=1.")
    if head.is_centered:
        raise ValueError("SDCAOptimizer trains no centered bias: leave enable_centered_bias=False.")

    def made(features: Any, labels: Any, mode: str) -> Any:
        features = features if isinstance(features, dict) else {"": features}
        logits, variables, bias = weighted_sum_from_feature_columns(features, columns, num_outputs=1, scope=scope)

        def train(loss: Any) -> Any:
            wanted = convert_to_tensor(single(labels))
            ones = array.ones_like(array.reshape(casting.to_float(wanted), [-1, 1]))
            return optimizer.get_train_step(
                {**variables, real_valued_column(_BIAS): [bias]}, head.weight_column, str(head.dual_loss),
                {**features, _BIAS: ones}, wanted, get_global_step())[1]

        return head.head_ops(features, labels, mode, train, logits)

    return made


class HingeHead(BinaryHead):
    """One of two classes, by the side of a plane."""

    dual_loss = "hinge_loss"

    def _each(self, logits: Tensor, labels: Tensor) -> Tensor:
        signs = 2.0 * array.reshape(casting.to_float(labels), [-1, 1]) - 1.0  # type: ignore[operator]
        return math.maximum(0.0, 1.0 - signs * array.reshape(logits, [-1, 1]))

    def predictions(self, logits: Tensor) -> Any:
        both = array.concat(1, [array.zeros_like(logits), logits])
        return {PredictionKey.LOGITS: logits, PredictionKey.CLASSES: math.argmax(both, 1)}

    def metrics(self, logits: Tensor, predictions: Any, labels: Tensor, weights: Any) -> dict[str, Any]:
        from tracer.contrib import metrics

        classes = casting.to_int64(array.reshape(labels, [-1]))
        weights = None if weights is None else array.reshape(weights, [-1])
        return {MetricKey.ACCURACY: metrics.streaming_accuracy(predictions[PredictionKey.CLASSES], classes,
                                                               weights=weights)}
