"""Layers that narrow and widen again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracer.contrib.learn.ops.dnn_ops import dnn
from tracer.ir import Tensor
from tracer.ops import nn
from tracer.variable_scope import variable_op_scope, variable_scope


def dnn_autoencoder(tensor_in: Any, hidden_units: Sequence[int], activation: Callable | None = nn.relu,
                    add_noise: Callable | None = None, dropout: float | None = None,
                    scope: str | None = None) -> tuple[Tensor, Tensor]:
    """The output of layers of `hidden_units`, and that of the same layers in reverse order behind them.

    Args:
        tensor_in: a matrix.
        hidden_units: the number of units of each layer.
        activation: what is applied after each layer; None for nothing.
        add_noise: a function from the input to a noisy one.
        dropout: the probability that a unit is dropped; None for no dropout.
        scope: a variable scope instead of `autoencoder`.
    """
    with variable_op_scope([tensor_in], scope, "autoencoder"):
        if add_noise is not None:
            tensor_in = add_noise(tensor_in)
        with variable_scope("encoder"):
            encoder = dnn(tensor_in, hidden_units, activation=activation, dropout=dropout)
        with variable_scope("decoder"):
            decoder = dnn(encoder, list(hidden_units)[::-1], activation=activation, dropout=dropout)
        return encoder, decoder
