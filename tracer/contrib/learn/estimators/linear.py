"""Linear estimators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.contrib.learn import models
from tracer.contrib.learn.estimators import _sklearn
from tracer.contrib.learn.estimators.base import TensorFlowEstimator
from tracer.contrib.learn.estimators.canned import LinearClassifier as LinearClassifier  # here from 0.9 on
from tracer.contrib.learn.estimators.canned import LinearRegressor as LinearRegressor


class TensorFlowLinearRegressor(_sklearn.RegressorMixin, TensorFlowEstimator):
    """A linear function of the features. The arguments are those of `TensorFlowEstimator`.

    >>> regressor = learn.TensorFlowLinearRegressor(steps=500, learning_rate=0.01)
    >>> regressor.fit(X, y).predict(X)
    """

    def __init__(self, n_classes: int = 0, batch_size: int = 32, steps: int = 200, optimizer: Any = "Adagrad",
                 learning_rate: float | Callable = 0.1, clip_gradients: float | None = 5.0,
                 continue_training: bool = False, config: Any = None, verbose: int = 1) -> None:
        super().__init__(
            model_fn=models.linear_regression_zero_init, n_classes=n_classes, batch_size=batch_size, steps=steps,
            optimizer=optimizer, learning_rate=learning_rate, clip_gradients=clip_gradients,
            continue_training=continue_training, config=config, verbose=verbose)

    @property
    def weights_(self) -> np.ndarray:
        """The weights, `[features, targets]`."""
        return self.get_tensor_value("linear_regression/weights:0")

    @property
    def bias_(self) -> np.ndarray:
        """The biases, one for each target."""
        return self.get_tensor_value("linear_regression/bias:0")


class TensorFlowLinearClassifier(_sklearn.ClassifierMixin, TensorFlowEstimator):
    """The softmax of a linear function of the features. The arguments are those of `TensorFlowEstimator`.

    >>> classifier = learn.TensorFlowLinearClassifier(n_classes=3)
    >>> classifier.fit(X, y).score(X, y)
    """

    def __init__(self, n_classes: int, batch_size: int = 32, steps: int = 200, optimizer: Any = "Adagrad",
                 learning_rate: float | Callable = 0.1, class_weight: Any = None, clip_gradients: float | None = 5.0,
                 continue_training: bool = False, config: Any = None, verbose: int = 1) -> None:
        super().__init__(
            model_fn=models.logistic_regression_zero_init, n_classes=n_classes, batch_size=batch_size, steps=steps,
            optimizer=optimizer, learning_rate=learning_rate, class_weight=class_weight,
            clip_gradients=clip_gradients, continue_training=continue_training, config=config, verbose=verbose)

    @property
    def weights_(self) -> np.ndarray:
        """The weights, `[features, classes]`."""
        return self.get_tensor_value("logistic_regression/weights:0")

    @property
    def bias_(self) -> np.ndarray:
        """The biases, one for each class."""
        return self.get_tensor_value("logistic_regression/bias:0")


class TensorFlowRegressor(TensorFlowLinearRegressor):
    """A `TensorFlowLinearRegressor`, by another name."""


class TensorFlowClassifier(TensorFlowLinearClassifier):
    """A `TensorFlowLinearClassifier`, by another name."""
