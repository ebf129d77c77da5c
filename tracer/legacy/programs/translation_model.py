"""`tensorflow.models.rnn.translate.seq2seq_model`: a sequence-to-sequence network with attention, in buckets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

import tracer as tf
from tracer.legacy.programs import translation_data as data_utils

Step = tuple[Any, Any, Any]


class Seq2SeqModel:
    """Reads a sentence backwards and writes another, each padded to the lengths of a bucket.

    Its graph is made at once, in the default graph: the placeholders `encoder0` ..., `decoder0` ... and `weight0` ...,
    and for each bucket a loss, the outputs and (unless `forward_only`) the operation of a training step.
    """

    def __init__(
        self, source_vocab_size: int, target_vocab_size: int, buckets: list[tuple[int, int]], size: int,
        num_layers: int, max_gradient_norm: float, batch_size: int, learning_rate: float,
        learning_rate_decay_factor: float, use_lstm: bool = False, num_samples: int = 512, forward_only: bool = False,
    ) -> None:
        """Makes the graph.

        Args:
            source_vocab_size, target_vocab_size: how many words there are.
            buckets: pairs of lengths, of what is read and of what is written, the smallest first.
            size, num_layers: of the cells, which are GRUs, or with `use_lstm` LSTMs.
            max_gradient_norm: to which the gradients are clipped.
            batch_size: the sentences of a step; `get_batch` makes so many.
            learning_rate, learning_rate_decay_factor: the first rate, and by what `learning_rate_decay_op` multiplies it.
            num_samples: the words that the loss is estimated with; 0, or no less than there are: all of them.
            forward_only: make no gradients, and feed each output back as the next input.
        """
        self.source_vocab_size = source_vocab_size
        self.target_vocab_size = target_vocab_size
        self.buckets = buckets
        self.batch_size = batch_size
        self.learning_rate = tf.Variable(float(learning_rate), trainable=False)
        self.learning_rate_decay_op = self.learning_rate.assign(tf.mul(self.learning_rate, learning_rate_decay_factor))
        self.global_step = tf.Variable(0, trainable=False)
        projection, loss_function = self._sampled(size, num_samples)
        self._make_buckets(_cell(size, num_layers, use_lstm), size, projection, loss_function, forward_only)
        if not forward_only:
            self._make_updates(max_gradient_norm)
        self.saver = tf.train.Saver(tf.all_variables())

    def _sampled(self, size: int, num_samples: int) -> tuple[Any, Any]:
        """The projection of outputs to words and the loss by sampled words; None and None where there is no need."""
        if not 0 < num_samples < self.target_vocab_size:
            return None, None
        with tf.device("/cpu:0"):
            weights = tf.get_variable("proj_w", [size, self.target_vocab_size])
            by_word = tf.transpose(weights)
            biases = tf.get_variable("proj_b", [self.target_vocab_size])

        def loss(inputs: Any, labels: Any) -> Any:
            with tf.device("/cpu:0"):
                column = tf.reshape(labels, [-1, 1])
                return tf.nn.sampled_softmax_loss(by_word, biases, inputs, column, num_samples, self.target_vocab_size)

        return (weights, biases), loss

    def _make_buckets(self, cell: Any, size: int, projection: Any, loss_function: Any, forward_only: bool) -> None:
        reads, writes = self.buckets[-1]
        self.encoder_inputs = [tf.placeholder(tf.int32, [None], f"encoder{i}") for i in range(reads)]
        self.decoder_inputs, self.target_weights = [], []
        for i in range(writes + 1):
            self.decoder_inputs.append(tf.placeholder(tf.int32, [None], f"decoder{i}"))
            self.target_weights.append(tf.placeholder(tf.float32, [None], f"weight{i}"))
        targets = self.decoder_inputs[1:]

        def network(encoder_inputs: Any, decoder_inputs: Any) -> Any:
            return tf.nn.seq2seq.embedding_attention_seq2seq(
                encoder_inputs, decoder_inputs, cell, num_encoder_symbols=self.source_vocab_size,
                num_decoder_symbols=self.target_vocab_size, embedding_size=size, output_projection=projection,
                feed_previous=forward_only,
            )

        self.outputs, self.losses = tf.nn.seq2seq.model_with_buckets(
            self.encoder_inputs, self.decoder_inputs, targets, self.target_weights, self.buckets, network,
            softmax_loss_function=loss_function,
        )
        if forward_only and projection is not None:
            weights, biases = projection
            self.outputs = [[tf.matmul(output, weights) + biases for output in bucket] for bucket in self.outputs]

    def _make_updates(self, max_gradient_norm: float) -> None:
        variables = tf.trainable_variables()
        optimizer = tf.train.GradientDescentOptimizer(self.learning_rate)
        self.gradient_norms, self.updates = [], []
        for loss in self.losses:
            clipped, norm = tf.clip_by_global_norm(tf.gradients(loss, variables), max_gradient_norm)
            self.gradient_norms.append(norm)
            update = optimizer.apply_gradients(zip(clipped, variables, strict=True), global_step=self.global_step)
            self.updates.append(update)

    def step(
        self, session: Any, encoder_inputs: Sequence, decoder_inputs: Sequence, target_weights: Sequence, bucket_id: int,
        forward_only: bool,
    ) -> Step:
        """Runs a step. Returns gradient norm, loss and None, or with `forward_only` None, loss and the list of outputs.

        Raises ValueError when the inputs have not the lengths of the bucket.
        """
        reads, writes = self.buckets[bucket_id]
        for what, given, wanted in (("Encoder", encoder_inputs, reads), ("Decoder", decoder_inputs, writes),
                                    ("Weights", target_weights, writes)):  # fmt: skip
            if len(given) != wanted:
                raise ValueError(f"{what} length must be equal to the one in bucket, {len(given)} != {wanted}.")
        feeds = dict(zip(self.encoder_inputs, encoder_inputs, strict=False))
        feeds.update(zip(self.decoder_inputs, decoder_inputs, strict=False))
        feeds.update(zip(self.target_weights, target_weights, strict=False))
        feeds[self.decoder_inputs[writes]] = np.zeros([self.batch_size], np.int32)  # the last target has no input
        loss = self.losses[bucket_id]
        if forward_only:
            found = session.run([loss, *self.outputs[bucket_id][:writes]], feeds)
            return None, found[0], found[1:]
        _, norm, value = session.run([self.updates[bucket_id], self.gradient_norms[bucket_id], loss], feeds)
        return norm, value, None

    def get_batch(self, data: Any, bucket_id: int) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
        """A batch of pairs drawn from `data[bucket_id]`, as `step` takes it: for each position one value a sentence."""
        reads, writes = self.buckets[bucket_id]
        pad, start = data_utils.PAD_ID, data_utils.GO_ID
        sources, targets = [], []
        for _ in range(self.batch_size):
            source, target = random.choice(data[bucket_id])
            sources.append([pad] * (reads - len(source)) + list(reversed(source)))
            targets.append([start, *target] + [pad] * (writes - len(target) - 1))
        by_position = np.array(targets, np.int32).T
        # What follows a position counts, unless it is padding; nothing follows the last.
        weights = [(following != pad).astype(np.float32) for following in by_position[1:]]
        weights.append(np.zeros(self.batch_size, np.float32))
        return list(np.array(sources, np.int32).T), list(by_position), weights


def _cell(size: int, num_layers: int, use_lstm: bool) -> Any:
    cell = tf.nn.rnn_cell.BasicLSTMCell(size) if use_lstm else tf.nn.rnn_cell.GRUCell(size)
    return tf.nn.rnn_cell.MultiRNNCell([cell] * num_layers) if num_layers > 1 else cell
