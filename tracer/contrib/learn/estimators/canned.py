"""The ready-made models of `tf.contrib.learn` from 0.9 on: linear ones, networks, and both side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tracer import nn, scopes
from tracer.contrib.framework.variables import get_global_step
from tracer.contrib.layers import fully_connected
from tracer.contrib.layers.feature_column_ops import (
    input_from_feature_columns,
    joint_weighted_sum_from_feature_columns,
    weighted_sum_from_feature_columns,
)
from tracer.contrib.layers.optimizers import OPTIMIZER_CLS_NAMES
from tracer.contrib.learn.estimators import ascent
from tracer.contrib.learn.estimators.estimator import Estimator
from tracer.contrib.learn.estimators.head import Head, RegressionHead, classifier
from tracer.contrib.learn.estimators.model_fn import ModeKeys, PredictionKey
from tracer.contrib.learn.estimators.predictions import Predictions
from tracer.contrib.linear_optimizer.sdca_optimizer import SDCAOptimizer
from tracer.gradients import gradients
from tracer.ops import array, clip
from tracer.ops import math as math_ops
from tracer.ops import nn as nn_ops
from tracer.ops.state import assign_add
from tracer.train.optimizers import AdagradOptimizer, FtrlOptimizer
from tracer.variable_scope import variable_scope
from tracer.variables import trainable_variables

_LEARNING_RATE = 0.05
_MOST_OF_LINEAR = 0.2


class Linear:
    """A linear model of columns.

    Args:
        feature_columns: what it is of.
        optimizer: an optimizer, what makes one, or a name of one; Ftrl by default.
        joint: whether all columns share one variable.
    """

    scope = "linear"

    def __init__(self, feature_columns: Iterable[Any], optimizer: Any, joint: bool) -> None:
        self.columns = list(feature_columns)
        self._optimizer, self._joint = optimizer, joint

    def rate(self) -> float:
        """The learning rate where none is given: the less, the more columns there are."""
        return min(_MOST_OF_LINEAR, 1.0 / math.sqrt(len(self.columns)))

    def logits(self, features: Any, outputs: int, mode: str) -> Any:
        """The outputs for a batch."""
        weighted = joint_weighted_sum_from_feature_columns if self._joint else weighted_sum_from_feature_columns
        return weighted(features, self.columns, num_outputs=outputs, scope=self.scope)[0]

    @property
    def ascent(self) -> SDCAOptimizer | None:
        """What trains it, where it is no optimizer like others. Raises ValueError where all columns share one variable."""
        if not isinstance(self._optimizer, SDCAOptimizer):
            return None
        if self._joint:
            raise ValueError("_joint_weight is incompatible with SDCAOptimizer.")
        return self._optimizer

    def optimizer(self) -> Any:
        """What trains it."""
        if self.ascent is not None:
            raise ValueError("SDCAOptimizer trains a linear model alone; give the linear part of this one another.")
        if self._optimizer is None:
            return FtrlOptimizer(self.rate())
        return _optimizer(self._optimizer, self.rate())


class Network:
    """A network of fully connected layers on columns.

    Args:
        hidden_units: the sizes of the layers.
        feature_columns: what is below them.
        optimizer: an optimizer, what makes one, or a name of one; Adagrad by default.
        activation_fn: of each layer.
        dropout: the part of each layer that is left out while training.
    """

    scope = "dnn"

    def __init__(self, hidden_units: Sequence[int], feature_columns: Iterable[Any], optimizer: Any,
                 activation_fn: Callable | None, dropout: float | None) -> None:
        self.columns = list(feature_columns)
        self._units, self._optimizer = list(hidden_units), optimizer
        self._activation, self._dropout = activation_fn, dropout

    def logits(self, features: Any, outputs: int, mode: str) -> Any:
        """The outputs for a batch."""
        with variable_scope(self.scope):
            net = input_from_feature_columns(features, self.columns, scope="input_from_feature_columns")
            for at, units in enumerate(self._units):
                with variable_scope(f"hiddenlayer_{at}") as scope:
                    net = fully_connected(net, units, activation_fn=self._activation, scope=scope)
                    if self._dropout is not None and mode == ModeKeys.TRAIN:
                        net = nn.dropout(net, keep_prob=1.0 - self._dropout)
            with variable_scope("logits") as scope:
                return fully_connected(net, outputs, activation_fn=None, scope=scope)

    def optimizer(self) -> Any:
        """What trains it."""
        if self._optimizer is None:
            return AdagradOptimizer(_LEARNING_RATE)
        return _optimizer(self._optimizer, _LEARNING_RATE)


def _optimizer(given: Any, rate: float) -> Any:
    if isinstance(given, str):
        if given not in OPTIMIZER_CLS_NAMES:
            raise ValueError(f"Optimizer name should be one of [{', '.join(OPTIMIZER_CLS_NAMES)}], you provided {given}.")
        return OPTIMIZER_CLS_NAMES[given](rate)
    if isinstance(given, type):
        return given(rate)
    return given() if callable(given) else given


def _step(model: Any, loss: Any, clip_norm: float | None) -> Any:
    """What trains the variables of one model."""
    mine = [v for v in trainable_variables() if v.op.name.startswith(f"{model.scope}/")]
    slopes = gradients(loss, mine)
    if clip_norm is not None:
        slopes, _ = clip.clip_by_global_norm(slopes, clip_norm)
    return model.optimizer().apply_gradients(list(zip(slopes, mine, strict=True)), name=f"{model.scope}_train")


def model_fn(models: Sequence[Any], head: Head, clip_norm: float | None) -> Callable[..., Any]:
    """The function of an `Estimator` for models whose outputs are added up."""
    if len(models) == 1 and isinstance(models[0], Linear) and (optimizer := models[0].ascent) is not None:
        return ascent.model_fn(models[0].columns, head, optimizer, models[0].scope)

    def made(features: Any, labels: Any, mode: str) -> Any:
        features = features if isinstance(features, dict) else {"": features}
        outputs = [model.logits(features, head.logits_dimension, mode) for model in models]
        logits = outputs[0] if len(outputs) == 1 else math_ops.add(outputs[1], outputs[0])

        def train(loss: Any) -> Any:
            steps = [_step(model, loss, clip_norm) for model in models]
            step = get_global_step()
            with scopes.control_dependencies(steps):
                return assign_add(step, array.ones_like(step)).op

        return head.head_ops(features, labels, mode, train, logits)

    return made


class _Canned(Estimator):
    """A ready-made model."""

    def __init__(self, models: Sequence[Any], head: Head, model_dir: str | None, clip_norm: float | None, config: Any,
                 feature_engineering_fn: Any) -> None:
        self._head = head
        super().__init__(model_fn(models, head, clip_norm), model_dir=model_dir, config=config,
                         feature_engineering_fn=feature_engineering_fn)

    def _get_eval_ops(self, features: Any, labels: Any, metrics: Any) -> Any:
        from tracer.contrib.learn.estimators.estimator import _metric_ops

        made = self._call_model_fn(features, labels, ModeKeys.EVAL)
        found = dict(made.eval_metric_ops)
        by_name = {name: _with_key(metric) for name, metric in (metrics or {}).items()}
        found.update(_metric_ops(by_name, features, labels, made.predictions))
        return made._replace(eval_metric_ops=found)

    def _of(self, key: str, x: Any, input_fn: Any, batch_size: Any, as_iterable: bool) -> Any:
        found = super().predict(x, input_fn, batch_size, [key], as_iterable)
        if as_iterable:
            return Predictions(({key: one[key][None] if hasattr(one[key], "shape") else [one[key]]} for one in found),
                               lambda value: value[key])
        return found[key]

    @property
    def weights_(self) -> Any:
        """The weights of the linear model: an array, or a dict of them by name."""
        found = {name: self.get_variable_value(name) for name in self.get_variable_names()
                 if name.startswith("linear/") and name.split("/")[-1] in ("weight", "weights")}
        return next(iter(found.values())) if len(found) == 1 else found

    @property
    def bias_(self) -> Any:
        """The bias of the linear model."""
        return self.get_variable_value("linear/bias_weight")


def _with_key(metric: Any) -> Any:
    """A bare function is a metric of classes, where the model gives them."""
    from tracer.contrib.learn.metric_spec import MetricSpec

    return MetricSpec(metric, prediction_key=PredictionKey.CLASSES) if not hasattr(metric, "create_metric_ops") else metric


class _Classifier(_Canned):
    """A ready-made classifier."""

    def predict(self, x: Any = None, input_fn: Any = None, batch_size: int | None = None, outputs: Any = None,
                as_iterable: bool = True) -> Any:
        """The class of each example; with `outputs`, dicts of what is asked for."""
        if outputs is not None:
            return super().predict(x, input_fn, batch_size, outputs, as_iterable)
        return self._of(PredictionKey.CLASSES, x, input_fn, batch_size, as_iterable)

    def predict_proba(self, x: Any = None, input_fn: Any = None, batch_size: int | None = None, outputs: Any = None,
                      as_iterable: bool = True) -> Any:
        """The probability of each class, for each example."""
        if outputs is not None:
            return super().predict(x, input_fn, batch_size, outputs, as_iterable)
        return self._of(PredictionKey.PROBABILITIES, x, input_fn, batch_size, as_iterable)


class _Regressor(_Canned):
    """A ready-made regressor."""

    def predict(self, x: Any = None, input_fn: Any = None, batch_size: int | None = None, outputs: Any = None,
                as_iterable: bool = True) -> Any:
        """The number (or numbers) of each example; with `outputs`, dicts of what is asked for."""
        if outputs is not None:
            return super().predict(x, input_fn, batch_size, outputs, as_iterable)
        return self._of(PredictionKey.SCORES, x, input_fn, batch_size, as_iterable)


class DNNClassifier(_Classifier):
    """A network that tells classes apart.

    >>> classifier = learn.DNNClassifier(hidden_units=[10, 20, 10], feature_columns=columns, n_classes=3)
    >>> classifier.fit(x, y, steps=200).evaluate(x, y)["accuracy"]
    """

    def __init__(self, hidden_units: Sequence[int], feature_columns: Iterable[Any], model_dir: str | None = None,
                 n_classes: int = 2, weight_column_name: str | None = None, optimizer: Any = None,
                 activation_fn: Callable | None = nn_ops.relu, dropout: float | None = None,
                 gradient_clip_norm: float | None = None, enable_centered_bias: bool = False, config: Any = None,
                 feature_engineering_fn: Any = None) -> None:
        head = classifier(n_classes, weight_column_name, enable_centered_bias)
        network = Network(hidden_units, feature_columns, optimizer, activation_fn, dropout)
        super().__init__([network], head, model_dir, gradient_clip_norm, config, feature_engineering_fn)


class DNNRegressor(_Regressor):
    """A network that tells numbers."""

    def __init__(self, hidden_units: Sequence[int], feature_columns: Iterable[Any], model_dir: str | None = None,
                 weight_column_name: str | None = None, optimizer: Any = None,
                 activation_fn: Callable | None = nn_ops.relu, dropout: float | None = None,
                 gradient_clip_norm: float | None = None, enable_centered_bias: bool = False, config: Any = None,
                 feature_engineering_fn: Any = None, label_dimension: int = 1) -> None:
        head = RegressionHead(label_dimension, weight_column_name, enable_centered_bias)
        network = Network(hidden_units, feature_columns, optimizer, activation_fn, dropout)
        super().__init__([network], head, model_dir, gradient_clip_norm, config, feature_engineering_fn)


class LinearClassifier(_Classifier):
    """A linear model that tells classes apart.

    >>> learn.LinearClassifier(feature_columns=[age, occupation]).fit(input_fn=input_fn, steps=200)
    """

    def __init__(self, feature_columns: Iterable[Any], model_dir: str | None = None, n_classes: int = 2,
                 weight_column_name: str | None = None, optimizer: Any = None, gradient_clip_norm: float | None = None,
                 enable_centered_bias: bool = False, _joint_weight: bool = False, config: Any = None,
                 feature_engineering_fn: Any = None) -> None:
        head = classifier(n_classes, weight_column_name, enable_centered_bias)
        linear = Linear(feature_columns, optimizer, _joint_weight)
        super().__init__([linear], head, model_dir, gradient_clip_norm, config, feature_engineering_fn)


class LinearRegressor(_Regressor):
    """A linear model that tells numbers."""

    def __init__(self, feature_columns: Iterable[Any], model_dir: str | None = None, weight_column_name: str | None = None,
                 optimizer: Any = None, gradient_clip_norm: float | None = None, enable_centered_bias: bool = False,
                 label_dimension: int = 1, _joint_weights: bool = False, config: Any = None,
                 feature_engineering_fn: Any = None) -> None:
        head = RegressionHead(label_dimension, weight_column_name, enable_centered_bias)
        linear = Linear(feature_columns, optimizer, _joint_weights)
        super().__init__([linear], head, model_dir, gradient_clip_norm, config, feature_engineering_fn)


class SVM(_Classifier):
    """A support vector machine: a linear model that tells two classes apart, trained by dual coordinate ascent.

    >>> learn.SVM(example_id_column="id", feature_columns=columns, l2_regularization=10.0).fit(input_fn=input_fn, steps=30)

    Raises ValueError when `kernels` are given: TensorFlow has none either.
    """

    def __init__(self, example_id_column: str, feature_columns: Iterable[Any], weight_column_name: str | None = None,
                 model_dir: str | None = None, l1_regularization: float = 0.0, l2_regularization: float = 0.0,
                 num_loss_partitions: int = 1, kernels: Any = None, config: Any = None,
                 feature_engineering_fn: Any = None) -> None:
        if kernels is not None:
            raise ValueError("Kernel SVMs are not currently supported.")
        optimizer = SDCAOptimizer(example_id_column, num_loss_partitions, symmetric_l1_regularization=l1_regularization,
                                  symmetric_l2_regularization=l2_regularization)
        super().__init__([Linear(feature_columns, optimizer, joint=False)], ascent.HingeHead(1, weight_column_name, False),
                         model_dir, None, config, feature_engineering_fn)


def _both(linear_columns: Any, linear_optimizer: Any, joint: bool, network_columns: Any, network_optimizer: Any,
          units: Any, activation: Any, dropout: Any) -> list[Any]:
    if not linear_columns and not network_columns:
        raise ValueError("Either linear_feature_columns or dnn_feature_columns must be defined.")
    models: list[Any] = []
    if network_columns:
        if not units:
            raise ValueError("dnn_hidden_units must be defined when dnn_feature_columns is specified.")
        models.append(Network(units, network_columns, network_optimizer, activation, dropout))
    if linear_columns:
        models.append(Linear(linear_columns, linear_optimizer, joint))
    return models


class DNNLinearCombinedClassifier(_Classifier):
    """A linear model and a network side by side that tell classes apart: wide and deep."""

    def __init__(self, model_dir: str | None = None, n_classes: int = 2, weight_column_name: str | None = None,
                 linear_feature_columns: Any = None, linear_optimizer: Any = None, _joint_linear_weights: bool = False,
                 dnn_feature_columns: Any = None, dnn_optimizer: Any = None, dnn_hidden_units: Any = None,
                 dnn_activation_fn: Callable | None = nn_ops.relu, dnn_dropout: float | None = None,
                 gradient_clip_norm: float | None = None, enable_centered_bias: bool = False, config: Any = None,
                 feature_engineering_fn: Any = None) -> None:
        models = _both(linear_feature_columns, linear_optimizer, _joint_linear_weights, dnn_feature_columns, dnn_optimizer,
                       dnn_hidden_units, dnn_activation_fn, dnn_dropout)
        head = classifier(n_classes, weight_column_name, enable_centered_bias)
        super().__init__(models, head, model_dir, gradient_clip_norm, config, feature_engineering_fn)


class DNNLinearCombinedRegressor(_Regressor):
    """A linear model and a network side by side that tell numbers."""

    def __init__(self, model_dir: str | None = None, weight_column_name: str | None = None,
                 linear_feature_columns: Any = None, linear_optimizer: Any = None, _joint_linear_weights: bool = False,
                 dnn_feature_columns: Any = None, dnn_optimizer: Any = None, dnn_hidden_units: Any = None,
                 dnn_activation_fn: Callable | None = nn_ops.relu, dnn_dropout: float | None = None,
                 gradient_clip_norm: float | None = None, enable_centered_bias: bool = False, label_dimension: int = 1,
                 config: Any = None, feature_engineering_fn: Any = None) -> None:
        models = _both(linear_feature_columns, linear_optimizer, _joint_linear_weights, dnn_feature_columns, dnn_optimizer,
                       dnn_hidden_units, dnn_activation_fn, dnn_dropout)
        head = RegressionHead(label_dimension, weight_column_name, enable_centered_bias)
        super().__init__(models, head, model_dir, gradient_clip_norm, config, feature_engineering_fn)
