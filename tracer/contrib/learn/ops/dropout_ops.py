"""Dropout that is off where an estimator predicts."""

from __future__ import annotations

from typing import Any

from tracer import initializers, scopes
from tracer.ir import Tensor
from tracer.nn import regularization
from tracer.variable_scope import get_variable

DROPOUTS = "dropouts"
"""The collection of the probabilities to keep: who evaluates a model feeds 1 for each."""


def dropout(tensor_in: Any, prob: Any, name: str | None = None) -> Tensor:
    """Keeps each element with probability `prob`, a number (which becomes a variable `prob`) or a tensor."""
    with scopes.op_scope([tensor_in], name, "dropout"):
        if isinstance(prob, float):
            prob = get_variable(
                "prob", [], initializer=initializers.constant_initializer(prob), trainable=False)
        scopes.add_to_collection(DROPOUTS, prob)
        return regularization.dropout(tensor_in, prob)
