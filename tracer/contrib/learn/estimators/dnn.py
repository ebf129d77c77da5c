"""Estimators of fully connected layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracer.contrib.learn import models
from tracer.contrib.learn.estimators import _sklearn
from tracer.contrib.learn.estimators.base import TensorFlowEstimator
from tracer.contrib.learn.estimators.canned import DNNClassifier as DNNClassifier  # here from 0.9 on
from tracer.contrib.learn.estimators.canned import DNNRegressor as DNNRegressor


class _Layers:
    """The layers' weights."""

    hidden_units: Sequence[int]
    get_tensor_value: Callable[[str], np.ndarray]
    _last = ""

    @property
    def weights_(self) -> list[np.ndarray]:
        """The weights of each layer, the last one's among them."""
        return [*(self.get_tensor_value(f"dnn/layer{i}/Linear/Matrix:0") for i in range(len(self.hidden_units))),
                self.get_tensor_value(f"{self._last}/weights:0")]

    @property
    def bias_(self) -> list[np.ndarray]:
        """The biases of each layer, the last one's among them."""
        return [*(self.get_tensor_value(f"dnn/layer{i}/Linear/Bias:0") for i in range(len(self.hidden_units))),
                self.get_tensor_value(f"{self._last}/bias:0")]


class TensorFlowDNNClassifier(_Layers, _sklearn.ClassifierMixin, TensorFlowEstimator):
    """Layers of units and a softmax.

    >>> classifier = learn.TensorFlowDNNClassifier(hidden_units=[10, 20, 10], n_classes=3)
    >>> classifier.fit(X, y).predict(X)

    Args:
        hidden_units: the number of units of each layer.
        dropout: the probability that a unit is dropped; None for no dropout. The others: see `TensorFlowEstimator`.
    """

    _last = "logistic_regression"

    def __init__(self, hidden_units: Sequence[int], n_classes: int, batch_size: int = 32, steps: int = 200,
                 optimizer: Any = "Adagrad", learning_rate: float | Callable = 0.1, class_weight: Any = None,
                 clip_gradients: float | None = 5.0, continue_training: bool = False, config: Any = None,
                 verbose: int = 1, dropout: float | None = None) -> None:
        self.hidden_units = hidden_units
        self.dropout = dropout
        super().__init__(
            model_fn=self._model_fn, n_classes=n_classes, batch_size=batch_size, steps=steps, optimizer=optimizer,
            learning_rate=learning_rate, class_weight=class_weight, clip_gradients=clip_gradients,
            continue_training=continue_training, config=config, verbose=verbose)

    def _model_fn(self, X: Any, y: Any) -> Any:
        return models.get_dnn_model(self.hidden_units, models.logistic_regression, dropout=self.dropout)(X, y)


class TensorFlowDNNRegressor(_Layers, _sklearn.RegressorMixin, TensorFlowEstimator):
    """Layers of units and a linear function.

    >>> regressor = learn.TensorFlowDNNRegressor(hidden_units=[10, 10], steps=5000, batch_size=1)
    >>> regressor.fit(X, y).predict(X)

    Args:
        hidden_units: the number of units of each layer.
        dropout: the probability that a unit is dropped; None for no dropout. The others: see `TensorFlowEstimator`.
    """

    _last = "linear_regression"

    def __init__(self, hidden_units: Sequence[int], n_classes: int = 0, batch_size: int = 32, steps: int = 200,
                 optimizer: Any = "Adagrad", learning_rate: float | Callable = 0.1,
                 clip_gradients: float | None = 5.0, continue_training: bool = False, config: Any = None,
                 verbose: int = 1, dropout: float | None = None) -> None:
        self.hidden_units = hidden_units
        self.dropout = dropout
        super().__init__(
            model_fn=self._model_fn, n_classes=n_classes, batch_size=batch_size, steps=steps, optimizer=optimizer,
            learning_rate=learning_rate, clip_gradients=clip_gradients, continue_training=continue_training,
            config=config, verbose=verbose)

    def _model_fn(self, X: Any, y: Any) -> Any:
        return models.get_dnn_model(self.hidden_units, models.linear_regression, dropout=self.dropout)(X, y)
