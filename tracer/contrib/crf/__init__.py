"""`tf.contrib.crf`: linear chains of tags as conditional random fields; from TensorFlow 0.11 on."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import dtypes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.nn import recurrent
from tracer.nn.rnn_cell import RNNCell
from tracer.ops import array, casting, indexing, math, reduction
from tracer.ops.logic import less
from tracer.variable_scope import get_variable
from tracer.younger.maths import reduce_logsumexp


def _mask(sequence_lengths: Any, length: Any) -> Tensor:
    """1.0 for each place of a sequence, 0.0 behind its end."""
    lengths = convert_to_tensor(sequence_lengths)
    places = casting.cast(array.expand_dims(array.range_(length), 0), lengths.dtype.base_dtype)
    return casting.to_float(less(places, array.expand_dims(lengths, 1)))


def crf_sequence_score(inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The unnormalized score of each sequence of tags: the sum of what its places and its steps give."""
    return math.add(crf_unary_score(tag_indices, sequence_lengths, inputs),
                    crf_binary_score(tag_indices, sequence_lengths, transition_params))


def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Tensor:
    """The sum of the potentials of the tags at their places."""
    inputs, tags = convert_to_tensor(inputs), convert_to_tensor(tag_indices)
    count = array.shape(inputs)[2]  # type: ignore[index]
    chosen = reduction.reduce_sum(math.mul(inputs, indexing.one_hot(tags, count, 1.0, 0.0)), 2)
    return reduction.reduce_sum(math.mul(chosen, _mask(sequence_lengths, array.shape(tags)[1])), 1)  # type: ignore[index]


def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The sum of the scores of the steps from tag to tag."""
    tags, steps = convert_to_tensor(tag_indices), convert_to_tensor(transition_params)
    count = casting.cast(array.shape(steps)[0], tags.dtype.base_dtype)  # type: ignore[index]
    length = array.shape(tags)[1]  # type: ignore[index]
    before = array.slice(tags, [0, 0], array.pack([-1, length - 1]))
    after = array.slice(tags, [0, 1], [-1, -1])
    found = indexing.gather(array.reshape(steps, [-1]), math.add(math.mul(before, count), after))
    lengths = convert_to_tensor(sequence_lengths)
    return reduction.reduce_sum(math.mul(found, _mask(math.sub(lengths, 1), length - 1)), 1)


def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Tensor:
    """The logarithm of the sum of the exponentials of the scores of all sequences of tags."""
    inputs = convert_to_tensor(inputs)
    first = array.squeeze(array.slice(inputs, [0, 0, 0], [-1, 1, -1]), [1])
    rest = array.slice(inputs, [0, 1, 0], [-1, -1, -1])
    cell = CrfForwardRnnCell(transition_params)
    lengths = math.sub(convert_to_tensor(sequence_lengths), 1)
    _, last = recurrent.dynamic_rnn(cell, rest, sequence_length=lengths, initial_state=first, dtype=dtypes.float32)
    return reduce_logsumexp(last, [1])


def crf_log_likelihood(inputs: Any, tag_indices: Any, sequence_lengths: Any,
                       transition_params: Any = None) -> tuple[Tensor, Any]:
    """The logarithm of the probability of each sequence of tags, and the scores of steps from tag to tag.

    >>> likelihood, transitions = tf.contrib.crf.crf_log_likelihood(scores, tags, lengths)
    >>> loss = tf.reduce_mean(-likelihood)

    Args:
        inputs: the potentials of all tags at all places, of shape [batch, length, tags].
        tag_indices: the tags, of shape [batch, length].
        sequence_lengths: how many of the places belong to each sequence.
        transition_params: the scores of steps, a matrix; by default the variable `transitions`.
    """
    count = convert_to_tensor(inputs).get_shape()[2].value
    if transition_params is None:
        transition_params = get_variable("transitions", [count, count])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return math.sub(score, crf_log_norm(inputs, sequence_lengths, transition_params)), transition_params


class CrfForwardRnnCell(RNNCell):
    """One step of the sum over all sequences of tags."""

    def __init__(self, transition_params: Any) -> None:
        steps = convert_to_tensor(transition_params)
        self._steps = array.expand_dims(steps, 0)
        self._count = steps.get_shape()[0].value

    @property
    def state_size(self) -> Any:
        """How many tags there are."""
        return self._count

    @property
    def output_size(self) -> Any:
        """How many tags there are."""
        return self._count

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """The sums up to a place, from those up to the place before it."""
        sums = reduce_logsumexp(math.add(array.expand_dims(state, 2), self._steps), [1])
        found = math.add(inputs, sums)
        return found, found


def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[int], Any]:
    """The best sequence of tags for arrays of potentials and of scores of steps, and its score."""
    score, steps = np.asarray(score), np.asarray(transition_params)
    trellis, back = np.zeros_like(score), np.zeros_like(score, dtype=np.int32)
    trellis[0] = score[0]
    for at in range(1, len(score)):
        reached = np.expand_dims(trellis[at - 1], 1) + steps
        trellis[at] = score[at] + np.max(reached, 0)
        back[at] = np.argmax(reached, 0)
    best = [int(np.argmax(trellis[-1]))]
    for row in reversed(back[1:]):
        best.append(int(row[best[-1]]))
    return best[::-1], np.max(trellis[-1])
