"""`tf.nn.seq2seq`: encoders and decoders over lists of steps, with attention, tied weights, buckets and their losses.

Inputs and outputs are lists with one tensor for each step. A decoder fed with its own output looks only at the first
of its inputs, the GO symbol.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from tracer import dtypes
from tracer import variable_scope as vs
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.nn import attention, recurrent, regularization, rnn_cell, states
from tracer.nn.attention import attention_decoder as attention_decoder
from tracer.nn.embedding import embedding_lookup
from tracer.nn.rnn_cell import linear as linear
from tracer.nn.sequence_loss import model_with_buckets as model_with_buckets
from tracer.nn.sequence_loss import sequence_loss as sequence_loss
from tracer.nn.sequence_loss import sequence_loss_by_example as sequence_loss_by_example
from tracer.ops import array, conditional, reduction

Result = tuple[list[Tensor], Any]


def rnn_decoder(decoder_inputs: Iterable[Any], initial_state: Any, cell: Any, loop_function: Callable | None = None,
                scope: Any = None) -> Result:
    """`cell` over `decoder_inputs`.

    Args:
        decoder_inputs: the inputs of the steps, of shape (batch, input size).
        initial_state: the state before the first step.
        cell: an `RNNCell`.
        loop_function: from the previous output and the number of the step to the step's input; the given inputs are
            then used for the first step only.
        scope: the variable scope; "rnn_decoder" by default.

    Returns:
        The outputs of the steps, and the last state.
    """
    with vs.variable_scope(scope or "rnn_decoder"):
        state, outputs = initial_state, []
        for step, value in enumerate(decoder_inputs):
            if loop_function is not None and outputs:
                with vs.variable_scope("loop_function", reuse=True):
                    value = loop_function(outputs[-1], step)
            if step:
                vs.get_variable_scope().reuse_variables()
            output, state = cell(value, state)
            outputs.append(output)
    return outputs, state


def basic_rnn_seq2seq(encoder_inputs: list[Any], decoder_inputs: list[Any], cell: Any, dtype: Any = dtypes.float32,
                      scope: Any = None) -> Result:
    """An encoder whose last state is the first one of a decoder; both are like `cell`, with weights of their own."""
    with vs.variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = recurrent.rnn(cell, encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(encoder_inputs: list[Any], decoder_inputs: list[Any], cell: Any,
                     loop_function: Callable | None = None, dtype: Any = dtypes.float32, scope: Any = None) -> Result:
    """As `basic_rnn_seq2seq`, the decoder having the weights of the encoder."""
    with vs.variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = recurrent.rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        vs.get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function, scope)


def _extract_argmax_and_embed(embedding: Any, output_projection: Any = None,  # the name is one that scripts reach for
                              update_embedding: bool = True) -> Callable[[Any, int], Tensor]:
    """A loop function: the embedding of the symbol that the previous output makes most likely."""

    def embed(previous: Any, step: int) -> Tensor:
        if output_projection is not None:
            previous = regularization.xw_plus_b(previous, output_projection[0], output_projection[1])
        rows = embedding_lookup(embedding, reduction.argmax(previous, 1))
        return rows if update_embedding else array.stop_gradient(rows)

    return embed


def _check_projection(output_projection: Any, symbols: int, rows: int | None = None) -> None:
    weights = convert_to_tensor(output_projection[0], dtype=dtypes.float32)
    weights.get_shape().assert_is_compatible_with([rows, symbols])
    convert_to_tensor(output_projection[1], dtype=dtypes.float32).get_shape().assert_is_compatible_with([symbols])


def _size(embedding_size: int | None, cell: Any) -> int:
    """The size of an embedding; where none is given, as none was up to 0.7, that of the cell's outputs before projection."""
    while isinstance(cell, rnn_cell.OutputProjectionWrapper):
        cell = cell._cell
    return embedding_size or cell.output_size


def embedding_rnn_decoder(
    decoder_inputs: list[Any], initial_state: Any, cell: Any, num_symbols: int, embedding_size: int | None = None,
    output_projection: Any = None, feed_previous: bool = False, update_embedding_for_previous: bool = True,
    scope: Any = None,
) -> Result:
    """`rnn_decoder` over symbols, that is int32 tensors of shape (batch,).

    Args:
        decoder_inputs, initial_state, cell: as for `rnn_decoder`.
        num_symbols: how many symbols there are.
        embedding_size: the size of their embedding; that of the cell's outputs where it is None.
        output_projection: weights and biases that take outputs to symbols; needed where `feed_previous` is true and the
            outputs themselves are no scores of symbols.
        feed_previous: whether a step's input is the best symbol of the previous output.
        update_embedding_for_previous: whether gradients flow to the embedding through symbols fed back.
        scope: the variable scope; "embedding_rnn_decoder" by default.
    """
    if output_projection is not None:
        _check_projection(output_projection, num_symbols)
    with vs.variable_scope(scope or "embedding_rnn_decoder"):
        table = vs.get_variable("embedding", [num_symbols, _size(embedding_size, cell)])
        loop = _extract_argmax_and_embed(table, output_projection, update_embedding_for_previous) if feed_previous else None
        embedded = (embedding_lookup(table, symbols) for symbols in decoder_inputs)
        return rnn_decoder(embedded, initial_state, cell, loop)


def _encode(cell: Any, inputs: list[Any], symbols: int, size: int | None, dtype: Any) -> tuple[list[Tensor], Any]:
    encoder = rnn_cell.EmbeddingWrapper(cell, embedding_classes=symbols, embedding_size=_size(size, cell))
    return recurrent.rnn(encoder, inputs, dtype=dtype)


def _either(feed_previous: Any, decode: Callable[[bool, bool], Result]) -> Result:
    """`decode(feed_previous, True)`; where that is a tensor, the decoder of the two that it chooses.

    The two share their weights. The second argument says whether symbols fed back pass gradients to their embedding: as
    in TensorFlow they do not where a tensor chooses.
    """
    if isinstance(feed_previous, bool):
        return decode(feed_previous, True)
    form: list[tuple[int, Any]] = []

    def branch(feeds: bool) -> list[Any]:
        with vs.variable_scope(vs.get_variable_scope(), reuse=None if feeds else True):
            outputs, state = decode(feeds, False)
        form.append((len(outputs), state))
        return [*outputs, *states.flatten(state)]

    results = conditional.cond(feed_previous, lambda: branch(True), lambda: branch(False))
    count, state = form[0]
    return results[:count], states.pack(state, results[count:])


def embedding_rnn_seq2seq(
    encoder_inputs: list[Any], decoder_inputs: list[Any], cell: Any, num_encoder_symbols: int, num_decoder_symbols: int,
    embedding_size: int | None = None, output_projection: Any = None, feed_previous: Any = False,
    dtype: Any = dtypes.float32, scope: Any = None,
) -> Result:
    """`basic_rnn_seq2seq` over symbols on both sides, each with an embedding of its own.

    Args:
        encoder_inputs, decoder_inputs: lists of int32 tensors of shape (batch,).
        cell: an `RNNCell`.
        num_encoder_symbols, num_decoder_symbols: how many symbols there are on each side.
        embedding_size: the size of both embeddings; that of the cell's outputs where it is None.
        output_projection: weights and biases that take outputs to symbols; without them the outputs are projected here.
        feed_previous: whether the decoder is fed with its own output; a bool, or a bool tensor.
        dtype: the type of the first state.
        scope: the variable scope; "embedding_rnn_seq2seq" by default.
    """
    with vs.variable_scope(scope or "embedding_rnn_seq2seq"):
        _, state = _encode(cell, encoder_inputs, num_encoder_symbols, embedding_size, dtype)
        decoder = cell
        if output_projection is None:
            decoder = rnn_cell.OutputProjectionWrapper(cell, num_decoder_symbols)
        return _either(feed_previous, lambda feeds, update: embedding_rnn_decoder(
            decoder_inputs, state, decoder, num_decoder_symbols, embedding_size, output_projection=output_projection,
            feed_previous=feeds, update_embedding_for_previous=update))


def embedding_tied_rnn_seq2seq(
    encoder_inputs: list[Any], decoder_inputs: list[Any], cell: Any, num_symbols: int, embedding_size: int | None = None,
    output_projection: Any = None, feed_previous: Any = False, dtype: Any = dtypes.float32, scope: Any = None,
    num_decoder_symbols: int | None = None,
) -> Result:
    """As `embedding_rnn_seq2seq`, with one set of symbols, one embedding, and one cell for encoder and decoder.

    `num_decoder_symbols` limits what the outputs are scores of to the first symbols.
    """
    if output_projection is not None:
        _check_projection(output_projection, num_decoder_symbols or num_symbols)
    with vs.variable_scope(scope or "embedding_tied_rnn_seq2seq"):
        table = vs.get_variable("embedding", [num_symbols, _size(embedding_size, cell)])
        encoded = [embedding_lookup(table, symbols) for symbols in encoder_inputs]
        decoded = [embedding_lookup(table, symbols) for symbols in decoder_inputs]
        tied = cell
        if output_projection is None:
            tied = rnn_cell.OutputProjectionWrapper(cell, num_decoder_symbols or num_symbols)
        return _either(feed_previous, lambda feeds, update: tied_rnn_seq2seq(
            encoded, decoded, tied, _extract_argmax_and_embed(table, output_projection, update) if feeds else None, dtype))


def embedding_attention_decoder(
    decoder_inputs: list[Any], initial_state: Any, attention_states: Any, cell: Any, num_symbols: int,
    embedding_size: int | None = None, num_heads: int = 1, output_size: int | None = None, output_projection: Any = None,
    feed_previous: bool = False, update_embedding_for_previous: bool = True, dtype: Any = dtypes.float32,
    scope: Any = None, initial_state_attention: bool = False,
) -> Result:
    """`attention_decoder` over symbols; arguments as for it and for `embedding_rnn_decoder`."""
    output_size = cell.output_size if output_size is None else output_size
    if output_projection is not None:
        _check_projection(output_projection, num_symbols, output_size)
    with vs.variable_scope(scope or "embedding_attention_decoder"):
        table = vs.get_variable("embedding", [num_symbols, _size(embedding_size, cell)])
        loop = _extract_argmax_and_embed(table, output_projection, update_embedding_for_previous) if feed_previous else None
        embedded = [embedding_lookup(table, symbols) for symbols in decoder_inputs]
        return attention.attention_decoder(
            embedded, initial_state, attention_states, cell, output_size=output_size, num_heads=num_heads,
            loop_function=loop, dtype=dtype, initial_state_attention=initial_state_attention)


def embedding_attention_seq2seq(
    encoder_inputs: list[Any], decoder_inputs: list[Any], cell: Any, num_encoder_symbols: int, num_decoder_symbols: int,
    embedding_size: int | None = None, num_heads: int = 1, output_projection: Any = None, feed_previous: Any = False,
    dtype: Any = dtypes.float32, scope: Any = None, initial_state_attention: bool = False,
) -> Result:
    """`embedding_rnn_seq2seq` whose decoder attends to the outputs of the encoder with `num_heads` heads."""
    with vs.variable_scope(scope or "embedding_attention_seq2seq"):
        outputs, state = _encode(cell, encoder_inputs, num_encoder_symbols, embedding_size, dtype)
        attended = array.concat(1, [array.reshape(output, [-1, 1, cell.output_size]) for output in outputs])
        decoder, size = cell, None
        if output_projection is None:
            decoder, size = rnn_cell.OutputProjectionWrapper(cell, num_decoder_symbols), num_decoder_symbols
        return _either(feed_previous, lambda feeds, update: embedding_attention_decoder(
            decoder_inputs, state, attended, decoder, num_decoder_symbols, embedding_size, num_heads=num_heads,
            output_size=size, output_projection=output_projection, feed_previous=feeds,
            update_embedding_for_previous=update, dtype=dtype, initial_state_attention=initial_state_attention))


def one2many_rnn_seq2seq(
    encoder_inputs: list[Any], decoder_inputs_dict: dict[str, list[Any]], cell: Any, num_encoder_symbols: int,
    num_decoder_symbols_dict: dict[str, int], embedding_size: int | None = None, feed_previous: Any = False,
    dtype: Any = dtypes.float32, scope: Any = None,
) -> tuple[dict[str, list[Tensor]], dict[str, Any]]:
    """One encoder and several decoders, by name: for translation into several languages, say.

    Returns:
        The outputs and the last states of the decoders, each by name.
    """
    outputs, last = {}, {}
    with vs.variable_scope(scope or "one2many_rnn_seq2seq"):
        _, state = _encode(cell, encoder_inputs, num_encoder_symbols, embedding_size, dtype)
        for name, inputs in decoder_inputs_dict.items():
            symbols = num_decoder_symbols_dict[name]
            with vs.variable_scope(f"one2many_decoder_{name}"):
                decoder = rnn_cell.OutputProjectionWrapper(cell, symbols)
                outputs[name], last[name] = _either(feed_previous, lambda feeds, update: embedding_rnn_decoder(
                    inputs, state, decoder, symbols, embedding_size, feed_previous=feeds,  # noqa: B023 - called now
                    update_embedding_for_previous=update))
    return outputs, last


def __getattr__(name: str) -> Any:
    return importlib.import_module("tracer.legacy.left_open").in_cells(__name__, name)
