"""Losses of weights."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tracer import logging, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import math, nn, reduction
from tracer.scopes import GraphKeys

__all__ = ["apply_regularization", "l1_l2_regularizer", "l1_regularizer", "l2_regularizer", "sum_regularizer"]

Regularizer = Callable[..., Any]


def l1_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    """A function of weights, whose loss is `scale * sum(abs(weights))`.

    >>> w = tf.get_variable("w", [3], regularizer=tf.contrib.layers.l1_regularizer(0.1))
    >>> tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    [<tf.Tensor 'w/Regularizer/l1_regularizer:0' shape=() dtype=float32>]

    Args:
        scale: a float from 0.0, where there is no loss, to 1.0; or a scalar tensor.
        scope: the name of the loss.

    Raises ValueError for any other scale.
    """
    return _scaled(scale, scope, "l1_regularizer", lambda weights: reduction.reduce_sum(math.abs(weights)))


def l2_regularizer(scale: Any, scope: str | None = None) -> Regularizer:
    """A function of weights, whose loss is `scale * sum(weights ** 2) / 2`; see `l1_regularizer`."""
    return _scaled(scale, scope, "l2_regularizer", nn.l2_loss)


def _scaled(scale: Any, scope: str | None, default: str, loss: Callable[[Any], Tensor]) -> Regularizer:
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"scale cannot be an integer: {scale}")
    if isinstance(scale, (float, np.floating)):
        if scale < 0.0:
            raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}.")
        if scale > 1.0:
            raise ValueError(f"Setting a scale greater than 1 on a regularizer: {scale:g}.")
        if scale == 0.0:
            logging.info("Scale of 0 disables regularizer.")
            return lambda weights, name=None: None

    def regularizer(weights: Any, name: str | None = None) -> Tensor:
        with scopes.op_scope([weights], name or scope, default) as full_name:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return math.mul(factor, loss(weights), name=full_name)

    regularizer.__name__ = default[:2]
    return regularizer


def l1_l2_regularizer(scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: str | None = None) -> Regularizer:
    """The sum of `l1_regularizer` and `l2_regularizer`."""
    return _sum([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope or "l1_l2_regularizer")


def sum_regularizer(regularizer_list: Iterable[Regularizer | None], scope: str | None = None) -> Regularizer | None:
    """A function of weights, whose loss is the sum of those of other regularizers; None when all of them are None."""
    regularizers = [regularizer for regularizer in regularizer_list if regularizer is not None]
    return _sum(regularizers, scope) if regularizers else None


def _sum(regularizers: list[Regularizer], scope: str | None) -> Regularizer:
    def sum_reg(weights: Any, name: str | None = None) -> Tensor | None:
        with scopes.op_scope([weights], name or scope, "sum_regularizer") as full_name:
            losses = [regularizer(weights) for regularizer in regularizers]
            losses = [loss for loss in losses if loss is not None]
            return reduction.add_n(losses, name=full_name) if losses else None

    return sum_reg


def apply_regularization(regularizer: Regularizer, weights_list: Any = None) -> Tensor:
    """The sum of a regularizer's losses of several weights, which joins the collection REGULARIZATION_LOSSES.

    Args:
        regularizer: a function of weights that returns a scalar, or None for no loss.
        weights_list: the weights; by default the collection WEIGHTS.

    Raises ValueError when there are no weights, or a loss is no scalar.
    """
    weights = weights_list or scopes.get_collection(GraphKeys.WEIGHTS)
    if not weights:
        raise ValueError("No weights to regularize.")
    with scopes.op_scope(weights, "get_regularization_penalty") as scope:
        losses = [regularizer(weight) for weight in weights]
        losses = [convert_to_tensor(0.0 if loss is None else loss) for loss in losses]
        for loss in losses:
            if loss.get_shape().ndims != 0:
                raise ValueError("regularizer must return a scalar Tensor instead of a Tensor with rank "
                                 f"{loss.get_shape().ndims}.")
        total = reduction.add_n(losses, name=scope)
    scopes.add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
    return total
