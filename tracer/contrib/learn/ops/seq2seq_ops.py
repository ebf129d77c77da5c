"""From sequences to sequences: a network reads one, another writes one, as it was trained or from its own output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.contrib.learn.ops import array_ops
from tracer.ir import Tensor
from tracer.nn import recurrent
from tracer.ops import array, math, nn, reduction
from tracer.variable_scope import get_variable_scope, variable_scope


def sequence_classifier(decoding: Sequence[Any], labels: Sequence[Any], sampling_decoding: Sequence[Any] | None = None,
                        name: str | None = None) -> tuple[Tensor, Tensor]:
    """The probabilities of classes at each step, and the sum of their cross entropies with `labels`.

    Args:
        decoding: the logits of each step, `[batch, classes]`.
        labels: the probabilities that each step should give.
        sampling_decoding: the logits to predict from, where they are others.
        name: a name scope instead of `sequence_classifier`.

    Returns:
        Probabilities, `[batch, step, classes]`, and the loss, summed over steps and sequences.
    """
    with scopes.op_scope([decoding, labels], name, "sequence_classifier"):
        predictions, entropies = [], []
        for i, logits in enumerate(decoding):
            entropies.append(nn.softmax_cross_entropy_with_logits(logits, labels[i], name=f"sequence_loss/xent_raw{i}"))
            predictions.append(nn.softmax(logits if sampling_decoding is None else sampling_decoding[i]))
        total = math.add_n(entropies, name="sequence_loss/xent")
        loss = reduction.reduce_sum(total, name="sequence_loss")
        return array_ops.expand_concat(1, predictions), loss


def seq2seq_inputs(X: Any, y: Any, input_length: int, output_length: int, sentinel: Any = None,
                   name: str | None = None) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Two batches of sequences as lists of steps: what is read, what the writer is given, what it should write.

    The writer is given `sentinel` (zeros, if there is none) and then what it should have written the step before; it
    should write the sentinel at the end.

    Args:
        X: sequences to read, `[batch, input_length, features]`.
        y: sequences to write, `[batch, output_length, features]`.
        input_length: how many steps `X` has.
        output_length: how many steps `y` has.
        sentinel: `[batch, features]`.
        name: a name scope instead of `seq2seq_inputs`.
    """
    with scopes.op_scope([X, y], name, "seq2seq_inputs"):
        read = array_ops.split_squeeze(1, input_length, X)
        written = array_ops.split_squeeze(1, output_length, y)
        if sentinel is None:
            features = y.get_shape()[2]
            sentinel = array.zeros(array.pack([array.shape(X)[0], features.value]))
            sentinel.set_shape(shapes.TensorShape([y.get_shape()[0].value, features.value]))
        return read, [sentinel, *written], [*written, sentinel]


def rnn_decoder(decoder_inputs: Sequence[Any], initial_state: Any, cell: Any,
                scope: Any = None) -> tuple[list, list, list, list]:
    """Runs a cell twice over as many steps as there are inputs: fed with those, and fed with its own output.

    Returns:
        Outputs and states of the cell fed with the inputs, then those of the cell fed with what it gave the step
        before. States start with `initial_state`.
    """
    with variable_scope(scope or "dnn_decoder"):
        states, sampling_states = [initial_state], [initial_state]
        outputs: list[Any] = []
        sampling_outputs: list[Any] = []
        with scopes.op_scope([decoder_inputs, initial_state], "training"):
            for i, given in enumerate(decoder_inputs):
                if i > 0:
                    get_variable_scope().reuse_variables()
                output, state = cell(given, states[-1])
                outputs.append(output)
                states.append(state)
        with scopes.op_scope([initial_state], "sampling"):
            for i in range(len(decoder_inputs)):
                if i == 0:
                    sampling_outputs.append(outputs[i])
                    sampling_states.append(states[i])
                else:
                    output, state = cell(sampling_outputs[-1], sampling_states[-1])
                    sampling_outputs.append(output)
                    sampling_states.append(state)
    return outputs, states, sampling_outputs, sampling_states


def rnn_seq2seq(encoder_inputs: Sequence[Any], decoder_inputs: Sequence[Any], encoder_cell: Any, decoder_cell: Any = None,
                dtype: Any = dtypes.float32, scope: Any = None) -> tuple[list, list, list, list]:
    """A cell reads the encoder's inputs; from its last state, another (or the same) writes. See `rnn_decoder`.

    Args:
        encoder_inputs: a list of `[batch, features]`.
        decoder_inputs: a list of `[batch, features]`.
        encoder_cell: the cell that reads.
        decoder_cell: the cell that writes.
        dtype: the type of the first state.
        scope: a variable scope instead of `rnn_seq2seq`.
    """
    with variable_scope(scope or "rnn_seq2seq"):
        _, encoding = recurrent.rnn(encoder_cell, encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, encoding, decoder_cell or encoder_cell)
