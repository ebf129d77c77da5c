"""`tf.contrib.seq2seq`: the loss of sequences, as 1.0 spells it. 0.12 has the package, and nothing in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import nn, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, reduction

__all__ = ["sequence_loss"]

_LEAST = 1e-12  # keeps the weights of a sequence without any from being zero


def sequence_loss(logits: Any, targets: Any, weights: Any, average_across_timesteps: bool = True,
                  average_across_batch: bool = True, softmax_loss_function: Callable[[Any, Any], Any] | None = None,
                  name: str | None = None) -> Tensor:
    """The weighed cross entropy of predicted sequences.

    >>> tf.contrib.seq2seq.sequence_loss(tf.zeros([1, 2, 4]), [[0, 3]], [[1., 1.]]).eval()
    1.3862944

    Args:
        logits: of shape (batch, time, classes).
        targets: the right classes, (batch, time).
        weights: what each counts for, (batch, time).
        average_across_timesteps: whether the losses of a sequence are averaged, as its weights are.
        average_across_batch: whether those of the sequences are.
        softmax_loss_function: makes the losses of (targets, logits); by default the cross entropy with the softmax.
        name: that of the scope.
    """
    logits, targets, weights = convert_to_tensor(logits), convert_to_tensor(targets), convert_to_tensor(weights)
    for tensor, rank, message in ((logits, 3, "Logits must be a [batch_size x sequence_length x logits] tensor"),
                                  (targets, 2, "Targets must be a [batch_size x sequence_length] tensor"),
                                  (weights, 2, "Weights must be a [batch_size x sequence_length] tensor")):
        if tensor.get_shape().ndims not in (None, rank):
            raise ValueError(message)
    with scopes.op_scope([logits, targets, weights], name, "sequence_loss"):
        flat = array.reshape(logits, [-1, array.shape(logits)[2]])
        loss = softmax_loss_function or (lambda right, guessed: nn.sparse_softmax_cross_entropy_with_logits(guessed, right))
        crossent = loss(array.reshape(targets, [-1]), flat) * array.reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            return reduction.reduce_sum(crossent) / (reduction.reduce_sum(weights) + _LEAST)
        crossent = array.reshape(crossent, array.shape(weights))
        for axis, averaged in ((1, average_across_timesteps), (0, average_across_batch)):
            if averaged:
                crossent = reduction.reduce_sum(crossent, axis) / (reduction.reduce_sum(weights, axis) + _LEAST)
        return crossent
