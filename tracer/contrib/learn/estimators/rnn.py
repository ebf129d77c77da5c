"""Estimators of recurrent networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.contrib.learn import models
from tracer.contrib.learn.estimators import _sklearn
from tracer.contrib.learn.estimators.base import TensorFlowEstimator


def null_input_op_fn(X: Any) -> Any:
    """The features themselves."""
    return X


class _Recurrent(TensorFlowEstimator):
    """What both have: a network over steps, and a last layer."""

    _last = ""
    _predictor: Callable

    def _keep(self, rnn_size: int, cell_type: str, num_layers: int, input_op_fn: Callable, initial_state: Any,
              bidirectional: bool, sequence_length: Any) -> None:
        self.rnn_size = rnn_size
        self.cell_type = cell_type
        self.num_layers = num_layers
        self.input_op_fn = input_op_fn
        self.initial_state = initial_state
        self.bidirectional = bidirectional
        self.sequence_length = sequence_length

    def _model_fn(self, X: Any, y: Any) -> Any:
        return models.get_rnn_model(
            self.rnn_size, self.cell_type, self.num_layers, self.input_op_fn, self.bidirectional,
            type(self)._predictor, self.sequence_length, self.initial_state)(X, y)

    @property
    def weights_(self) -> np.ndarray:
        """The weights of the last layer."""
        return self.get_tensor_value(f"{self._last}/weights:0")

    @property
    def bias_(self) -> np.ndarray:
        """The biases of the last layer."""
        return self.get_tensor_value(f"{self._last}/bias:0")


class TensorFlowRNNClassifier(_sklearn.ClassifierMixin, _Recurrent):
    """A recurrent network and a softmax of its last state.

    >>> learn.TensorFlowRNNClassifier(rnn_size=2, n_classes=2, cell_type="lstm",
    ...                               input_op_fn=lambda X: tf.split(1, 5, X))

    Args:
        rnn_size: the number of units of a cell.
        cell_type: "rnn", "gru" or "lstm".
        num_layers: how many cells stand on each other.
        input_op_fn: from the features to a list of steps, `[batch, features]` each.
        initial_state: where the network starts; zeros by default.
        bidirectional: whether another network runs from the last step to the first.
        sequence_length: how many steps of each sequence count. The others: see `TensorFlowEstimator`.
    """

    _last = "logistic_regression"
    _predictor = staticmethod(models.logistic_regression)

    def __init__(self, rnn_size: int, n_classes: int, cell_type: str = "gru", num_layers: int = 1,
                 input_op_fn: Callable = null_input_op_fn, initial_state: Any = None, bidirectional: bool = False,
                 sequence_length: Any = None, batch_size: int = 32, steps: int = 50, optimizer: Any = "Adagrad",
                 learning_rate: float | Callable = 0.1, class_weight: Any = None, clip_gradients: float | None = 5.0,
                 continue_training: bool = False, config: Any = None, verbose: int = 1) -> None:
        self._keep(rnn_size, cell_type, num_layers, input_op_fn, initial_state, bidirectional, sequence_length)
        super().__init__(
            model_fn=self._model_fn, n_classes=n_classes, batch_size=batch_size, steps=steps, optimizer=optimizer,
            learning_rate=learning_rate, class_weight=class_weight, clip_gradients=clip_gradients,
            continue_training=continue_training, config=config, verbose=verbose)


class TensorFlowRNNRegressor(_sklearn.RegressorMixin, _Recurrent):
    """A recurrent network and a linear function of its last state. See `TensorFlowRNNClassifier`."""

    _last = "linear_regression"
    _predictor = staticmethod(models.linear_regression)

    def __init__(self, rnn_size: int, cell_type: str = "gru", num_layers: int = 1,
                 input_op_fn: Callable = null_input_op_fn, initial_state: Any = None, bidirectional: bool = False,
                 sequence_length: Any = None, n_classes: int = 0, batch_size: int = 32, steps: int = 50,
                 optimizer: Any = "Adagrad", learning_rate: float | Callable = 0.1,
                 clip_gradients: float | None = 5.0, continue_training: bool = False, config: Any = None,
                 verbose: int = 1) -> None:
        self._keep(rnn_size, cell_type, num_layers, input_op_fn, initial_state, bidirectional, sequence_length)
        super().__init__(
            model_fn=self._model_fn, n_classes=n_classes, batch_size=batch_size, steps=steps, optimizer=optimizer,
            learning_rate=learning_rate, clip_gradients=clip_gradients, continue_training=continue_training,
            config=config, verbose=verbose)
