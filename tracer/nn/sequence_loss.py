"""`tf.nn.seq2seq`'s losses: cross entropy over the steps of sequences, and models for several lengths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import dtypes, scopes
from tracer import variable_scope as vs
from tracer.ir import Tensor
from tracer.ops import array, math, reduction
from tracer.ops import nn as nn_ops


def sequence_loss_by_example(
    logits: list[Any], targets: list[Any], weights: list[Any], average_across_timesteps: bool = True,
    softmax_loss_function: Callable | None = None, name: str | None = None,
) -> Tensor:
    """The weighed cross entropy of each sequence of a batch: a tensor of shape (batch,).

    Args:
        logits: a list of tensors of shape (batch, symbols), one for each step.
        targets: a list of int32 tensors of shape (batch,).
        weights: a list of float tensors of shape (batch,).
        average_across_timesteps: whether to divide by the sum of the weights.
        softmax_loss_function: from a step's logits and targets to its loss, instead of the softmax's.
        name: the name scope; "sequence_loss_by_example" by default.

    Raises:
        ValueError: the lists have different lengths.
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError("Lengths of logits, weights, and targets must be the same "
                         f"{len(logits)}, {len(weights)}, {len(targets)}.")
    with scopes.op_scope([*logits, *targets, *weights], name, "sequence_loss_by_example"):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                target = array.reshape(target, [-1])  # scripts also pass scalars
                loss = nn_ops.sparse_softmax_cross_entropy_with_logits(logit, target)
            else:
                loss = softmax_loss_function(logit, target)
            losses.append(loss * weight)
        total = reduction.add_n(losses)
        if average_across_timesteps:
            total = total / (reduction.add_n(weights) + 1e-12)  # type: ignore[operator] - no step may have a weight
    return total


def sequence_loss(
    logits: list[Any], targets: list[Any], weights: list[Any], average_across_timesteps: bool = True,
    average_across_batch: bool = True, softmax_loss_function: Callable | None = None, name: str | None = None,
) -> Tensor:
    """The sum of `sequence_loss_by_example`, a scalar; the mean where `average_across_batch` is true."""
    with scopes.op_scope([*logits, *targets, *weights], name, "sequence_loss"):
        cost = reduction.reduce_sum(sequence_loss_by_example(
            logits, targets, weights, average_across_timesteps=average_across_timesteps,
            softmax_loss_function=softmax_loss_function))
        if average_across_batch:
            cost = cost / math.cast(array.shape(targets[0])[0], dtypes.float32)  # type: ignore[index,operator]
    return cost


def model_with_buckets(
    encoder_inputs: list[Any], decoder_inputs: list[Any], targets: list[Any], weights: list[Any],
    buckets: list[tuple[int, int]], seq2seq: Callable, softmax_loss_function: Callable | None = None,
    per_example_loss: bool = False, name: str | None = None,
) -> tuple[list[list[Tensor]], list[Tensor]]:
    """One model for each bucket, that is for each pair of input and output lengths, all with the same weights.

    Args:
        encoder_inputs, decoder_inputs: the inputs of the longest bucket.
        targets, weights: those of `sequence_loss`, for the longest bucket.
        buckets: pairs of lengths, shortest first.
        seq2seq: from encoder inputs and decoder inputs to outputs and a state.
        softmax_loss_function: as for `sequence_loss`.
        per_example_loss: whether a loss is that of each sequence, of shape (batch,).
        name: the name scope; "model_with_buckets" by default.

    Returns:
        For each bucket the list of outputs, and for each bucket the loss.

    Raises:
        ValueError: a list is shorter than the last bucket.
    """
    longest = buckets[-1]
    for word, given, needed in (("encoder_inputs", encoder_inputs, longest[0]), ("targets", targets, longest[1]),
                                ("weights", weights, longest[1])):
        if len(given) < needed:
            raise ValueError(f"Length of {word} ({len(given)}) must be at least that of last bucket ({needed}).")
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    outputs, losses = [], []
    with scopes.op_scope([*encoder_inputs, *decoder_inputs, *targets, *weights], name, "model_with_buckets"):
        for number, (sources, length) in enumerate(buckets):
            with vs.variable_scope(vs.get_variable_scope(), reuse=True if number else None):
                result, _ = seq2seq(encoder_inputs[:sources], decoder_inputs[:length])
            outputs.append(result)
            losses.append(loss(result, targets[:length], weights[:length],
                               softmax_loss_function=softmax_loss_function))
    return outputs, losses
