"""Losses composed of other operations."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import math, nn


def _same_shape(logits: Tensor, targets: Tensor) -> None:
    try:
        targets.get_shape().merge_with(logits.get_shape())
    except ValueError:
        raise ValueError(f"logits and targets must have the same shape ({logits.get_shape()} vs "
                         f"{targets.get_shape()})") from None


def sigmoid_cross_entropy_with_logits(logits: Any, targets: Any, name: str | None = None) -> Tensor:
    """The cross entropy of independent probabilities `sigmoid(logits)` against `targets`, elementwise.

    Computed as `max(x, 0) - x z + log(1 + exp(-|x|))`, which never overflows.

    Raises:
        ValueError: the shapes differ.
    """
    with scopes.op_scope([logits, targets], name, "logistic_loss") as scope:
        logits = convert_to_tensor(logits, name="logits")
        targets = convert_to_tensor(targets, name="targets")
        _same_shape(logits, targets)
        return math.add(nn.relu(logits) - logits * targets, math.log(1 + math.exp(-math.abs(logits))), name=scope)


def weighted_cross_entropy_with_logits(logits: Any, targets: Any, pos_weight: Any, name: str | None = None) -> Tensor:
    """`sigmoid_cross_entropy_with_logits` in which positive targets weigh `pos_weight` times as much.

    Computed as `(1 - z) x + (1 + (q - 1) z) (log(1 + exp(-|x|)) + max(-x, 0))`.

    Raises:
        ValueError: the shapes differ.
    """
    with scopes.op_scope([logits, targets], name, "logistic_loss") as scope:
        logits = convert_to_tensor(logits, name="logits")
        targets = convert_to_tensor(targets, name="targets")
        _same_shape(logits, targets)
        weight = 1 + (pos_weight - 1) * targets
        return math.add((1 - targets) * logits,
                        weight * (math.log(1 + math.exp(-math.abs(logits))) + nn.relu(-logits)), name=scope)
