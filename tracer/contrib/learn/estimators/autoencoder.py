"""Estimators that learn to give back what they are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracer.contrib.learn import models
from tracer.contrib.learn.estimators.base import TensorFlowBaseTransformer
from tracer.ops import nn


class TensorFlowDNNAutoencoder(TensorFlowBaseTransformer):
    """Layers of `hidden_units`, the same in reverse order, and a linear function of the features that approaches them.

    >>> learn.TensorFlowDNNAutoencoder(hidden_units=[10, 20]).fit_transform(X)

    Args:
        hidden_units: the number of units of each layer.
        activation: what is applied after each layer; None for nothing.
        add_noise: a function from the features to noisy ones.
        dropout: the probability that a unit is dropped; None for no dropout. The others: see `TensorFlowEstimator`.
    """

    def __init__(self, hidden_units: Sequence[int], n_classes: int = 0, batch_size: int = 32, steps: int = 200,
                 optimizer: Any = "Adagrad", learning_rate: float | Callable = 0.1,
                 clip_gradients: float | None = 5.0, activation: Callable | None = nn.relu,
                 add_noise: Callable | None = None, continue_training: bool = False, config: Any = None,
                 verbose: int = 1, dropout: float | None = None) -> None:
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.activation = activation
        self.add_noise = add_noise
        super().__init__(
            model_fn=self._model_fn, n_classes=n_classes, batch_size=batch_size, steps=steps, optimizer=optimizer,
            learning_rate=learning_rate, clip_gradients=clip_gradients, continue_training=continue_training,
            config=config, verbose=verbose)

    def _model_fn(self, X: Any, y: Any) -> Any:
        self.encoder, self.decoder, estimator = models.get_autoencoder_model(
            self.hidden_units, models.linear_regression, activation=self.activation, add_noise=self.add_noise,
            dropout=self.dropout)(X)
        return estimator

    def generate(self, hidden: Any = None) -> np.ndarray:
        """What the decoder makes of `hidden`, an output of the encoder; of normal numbers, when there is none."""
        self._check_fitted()
        if hidden is None:
            hidden = np.random.normal(size=(1, self.hidden_units[-1]))
        return self._session.run(self.decoder, {self.encoder: hidden, **self._evaluating()})

    def _layers(self, part: str) -> list[np.ndarray]:
        names = [f"autoencoder/{half}/dnn/layer{i}/Linear/{part}:0"
                 for half in ("encoder", "decoder") for i in range(len(self.hidden_units))]
        return [self.get_tensor_value(name) for name in names]

    @property
    def weights_(self) -> list[np.ndarray]:
        """The weights of each layer, the linear function's among them."""
        return [*self._layers("Matrix"), self.get_tensor_value("linear_regression/weights:0")]

    @property
    def bias_(self) -> list[np.ndarray]:
        """The biases of each layer, the linear function's among them."""
        return [*self._layers("Bias"), self.get_tensor_value("linear_regression/bias:0")]
