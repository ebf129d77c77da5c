"""Layers of fully connected units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracer.contrib.learn.ops.dropout_ops import dropout as dropped_out
from tracer.ir import Tensor
from tracer.nn import rnn_cell
from tracer.ops import nn
from tracer.variable_scope import variable_scope


def dnn(tensor_in: Any, hidden_units: Sequence[int], activation: Callable | None = nn.relu,
        dropout: float | None = None) -> Tensor:
    """A layer of each number of units, with weights `dnn/layer0/Linear/Matrix` and so on.

    >>> learn.ops.dnn(X, [10, 20, 10], dropout=0.1)

    Args:
        tensor_in: a matrix.
        hidden_units: the number of units of each layer.
        activation: what is applied after each layer; None for nothing.
        dropout: the probability that a unit is dropped; None for no dropout.
    """
    with variable_scope("dnn"):
        for i, units in enumerate(hidden_units):
            with variable_scope(f"layer{i}"):
                tensor_in = rnn_cell.linear(tensor_in, units, True)
                if activation is not None:
                    tensor_in = activation(tensor_in)
                if dropout is not None:
                    tensor_in = dropped_out(tensor_in, prob=1.0 - dropout)
    return tensor_in
