"""Connectionist temporal classification: labels of sequences whose places in time nobody has marked."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array
from tracer.ops.sparse import SparseTensor


def ctc_loss(inputs: Any, labels: SparseTensor, sequence_length: Any, preprocess_collapse_repeated: bool = False,
             ctc_merge_repeated: bool = True, time_major: bool = True) -> Tensor:
    """Minus the logarithm of the probability of each sequence's labels, wherever in time they stand.

    >>> labels = tf.SparseTensor([[0, 0], [0, 1]], [1, 0], [1, 2])
    >>> tf.nn.ctc_loss(tf.zeros([4, 1, 3]), labels, [4]).eval()
    array([1.686399], dtype=float32)

    Args:
        inputs: float32, `[time, batch, classes]`: logarithms of probabilities, up to a constant at each step; the
            softmax is taken here. The last class is the blank.
        labels: int32, `[batch, label]`. A label of the last class or beyond ends its sequence.
        sequence_length: int32, how many steps of each sequence count.
        preprocess_collapse_repeated: whether labels that repeat the one before are dropped first.
        ctc_merge_repeated: whether a class that goes on from step to step is one label. Without, each step is another.
        time_major: False where `inputs` are `[batch, time, classes]` (from 0.12 on).
    """
    if not isinstance(labels, SparseTensor):
        raise TypeError("Expected labels to be a SparseTensor")
    if not time_major:
        inputs = array.transpose(inputs, [1, 0, 2])
    loss, _ = _ctc_loss(inputs, labels.indices, labels.values, sequence_length, preprocess_collapse_repeated,
                        ctc_merge_repeated)
    return loss


@op("CTCLoss")
def _ctc_loss(inputs: Tensor, labels_indices: Tensor, labels_values: Tensor, sequence_length: Tensor,
              preprocess_collapse_repeated: bool = False, ctc_merge_repeated: bool = True,
              name: str | None = None) -> Any:
    time, batch, classes = shapes.rank(inputs.sizes, 3)
    rows, _ = shapes.rank(labels_indices.sizes, 2)
    shapes.same(rows, shapes.rank(labels_values.sizes, 1)[0])
    batch = shapes.same(batch, shapes.rank(sequence_length.sizes, 1)[0])
    return [(batch,), (time, batch, classes)]


def ctc_greedy_decoder(inputs: Any, sequence_length: Any, merge_repeated: bool = True) -> tuple[list, Tensor]:
    """The labels of the likeliest class at each step.

    >>> decoded, score = tf.nn.ctc_greedy_decoder(inputs, [4])
    >>> decoded[0].eval().values
    array([0, 1])

    Args:
        inputs: float32, `[time, batch, classes]`. The last class is the blank.
        sequence_length: int32, how many steps of each sequence count.
        merge_repeated: whether a class that goes on from step to step is one label.

    Returns:
        A list of one `SparseTensor`, `[batch, label]`, and `[batch, 1]`: minus the sum of what was taken.
    """
    indices, values, shape, score = _ctc_greedy_decoder(inputs, sequence_length, merge_repeated)
    return [SparseTensor(indices, values, shape)], score


@op("CTCGreedyDecoder")
def _ctc_greedy_decoder(inputs: Tensor, sequence_length: Tensor, merge_repeated: bool = False,
                        name: str | None = None) -> Any:
    return [(None, 2), (None,), (2,), (_batch(inputs, sequence_length), 1)]


def ctc_beam_search_decoder(inputs: Any, sequence_length: Any, beam_width: int = 100, top_paths: int = 1,
                            merge_repeated: bool = True) -> tuple[list, Tensor]:
    """The likeliest labels, of the `beam_width` beginnings that are kept at each step.

    Args:
        inputs: float32, `[time, batch, classes]`. The last class is the blank.
        sequence_length: int32, how many steps of each sequence count.
        beam_width: how many beginnings are kept.
        top_paths: how many sequences are given.
        merge_repeated: whether labels that repeat the one before are dropped from what was found.

    Returns:
        A list of `top_paths` `SparseTensor`s, `[batch, label]`, the likeliest first, and `[batch, top_paths]`: the
        logarithms of their probabilities, if the likeliest class at each step had probability 1.
    """
    indices, values, whole, scores = _ctc_beam_search_decoder(
        inputs, sequence_length, beam_width, top_paths, merge_repeated)
    return [SparseTensor(*parts) for parts in zip(indices, values, whole, strict=True)], scores


@op("CTCBeamSearchDecoder")
def _ctc_beam_search_decoder(inputs: Tensor, sequence_length: Tensor, beam_width: int, top_paths: int,
                             merge_repeated: bool = True, name: str | None = None) -> Any:
    batch = _batch(inputs, sequence_length)
    return [*[(None, 2)] * top_paths, *[(None,)] * top_paths, *[(2,)] * top_paths, (batch, top_paths)]


def _batch(inputs: Tensor, sequence_length: Tensor) -> int | None:
    return shapes.same(shapes.rank(inputs.sizes, 3)[1], shapes.rank(sequence_length.sizes, 1)[0])
