"""`tf.nn.seq2seq.attention_decoder`: a decoder that looks at all encoder states at each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import dtypes
from tracer import variable_scope as vs
from tracer.ir import Tensor
from tracer.nn import rnn_cell, states
from tracer.ops import array, constants, math, reduction
from tracer.ops import nn as nn_ops


def attention_decoder(
    decoder_inputs: list[Any], initial_state: Any, attention_states: Any, cell: Any, output_size: int | None = None,
    num_heads: int = 1, loop_function: Callable | None = None, dtype: Any = dtypes.float32, scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Tensor], Any]:
    """A decoder with the attention of Vinyals et al. (arXiv:1412.7449).

    Each step's input is joined with what the heads read last; its output with what they read after it.

    Args:
        decoder_inputs: a list of tensors of shape (batch, input size).
        initial_state: the state before the first step.
        attention_states: what is attended to, of shape (batch, length, size).
        cell: an `RNNCell`.
        output_size: the size of the outputs; that of the cell's by default.
        num_heads: how many heads read from `attention_states`.
        loop_function: from the previous output and the number of the step to the step's input.
        dtype: the type of what the heads read before the first step.
        scope: the variable scope; "attention_decoder" by default.
        initial_state_attention: whether the heads read with the initial state; otherwise they have read zeros.

    Raises:
        ValueError: no inputs, no heads, or the length or size of `attention_states` is not known.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    known = attention_states.get_shape()
    if not known[1:3].is_fully_defined():
        raise ValueError(f"Shape[1] and [2] of attention_states must be known: {known}")
    output_size = cell.output_size if output_size is None else output_size
    with vs.variable_scope(scope or "attention_decoder"):
        heads = _Heads(attention_states, array.shape(decoder_inputs[0])[0], num_heads)  # type: ignore[index]
        state, outputs = initial_state, []
        context = heads.nothing(dtype)
        if initial_state_attention:
            context = heads.read(initial_state)
        for step, value in enumerate(decoder_inputs):
            if step:
                vs.get_variable_scope().reuse_variables()
            if loop_function is not None and outputs:
                with vs.variable_scope("loop_function", reuse=True):
                    value = loop_function(outputs[-1], step)
            size = value.get_shape().with_rank(2)[1].value
            if size is None:
                raise ValueError(f"Could not infer input size from input: {value.name}")
            output, state = cell(rnn_cell.linear([value, *context], size, True), state)
            if initial_state_attention and not step:  # the heads have their variables already
                with vs.variable_scope(vs.get_variable_scope(), reuse=True):
                    context = heads.read(state)
            else:
                context = heads.read(state)
            with vs.variable_scope("AttnOutputProjection"):
                outputs.append(rnn_cell.linear([output, *context], output_size or cell.output_size, True))
    return outputs, state


class _Heads:
    """The heads of one decoder: v' tanh(W states + U query) are the scores of the states."""

    def __init__(self, attended: Tensor, batch: Tensor, count: int) -> None:
        _, self.length, self.size = attended.get_shape().as_list()
        self.batch = batch
        self.states = array.reshape(attended, [-1, self.length, 1, self.size])
        self.features, self.scores = [], []
        for head in range(count):
            weights = vs.get_variable(f"AttnW_{head}", [1, 1, self.size, self.size])
            self.features.append(nn_ops.conv2d(self.states, weights, [1, 1, 1, 1], "SAME"))
            self.scores.append(vs.get_variable(f"AttnV_{head}", [self.size]))

    def nothing(self, dtype: Any) -> list[Tensor]:
        """What the heads have read before the first step."""
        shape = array.pack([self.batch, self.size])
        zeros = [constants.zeros(shape, dtype=dtype) for _ in self.scores]
        for read in zeros:
            read.set_shape([None, self.size])
        return zeros

    def read(self, query: Any) -> list[Tensor]:
        """The states weighed by their scores, for each head."""
        parts = states.flatten(query)
        query = parts[0] if len(parts) == 1 else array.concat(1, parts)
        found = []
        for head, (features, vector) in enumerate(zip(self.features, self.scores, strict=True)):
            with vs.variable_scope(f"Attention_{head}"):
                asked = array.reshape(rnn_cell.linear(query, int(self.size or 0), True), [-1, 1, 1, self.size])
                scores = reduction.reduce_sum(vector * math.tanh(features + asked), [2, 3])
                weights = array.reshape(nn_ops.softmax(scores), [-1, self.length, 1, 1])
                taken = reduction.reduce_sum(weights * self.states, [1, 2])  # type: ignore[operator]
                found.append(array.reshape(taken, [-1, self.size]))
        return found
