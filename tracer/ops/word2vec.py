"""The operations of the word2vec programs that came with TensorFlow: examples from a text, and a step of training."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor


@op("Skipgram")
def skipgram(filename: str, batch_size: int, window_size: int = 5, min_count: int = 5, subsample: float = 0.001,
             name: str | None = None) -> Any:
    """Pairs of a word of a text and one of its neighbours, a batch in each run, over and over.

    >>> words, counts, words_per_epoch, epoch, total, examples, labels = word2vec.skipgram(
    ...     filename="text8", batch_size=128)

    Args:
        filename: the text: words between spaces.
        batch_size: the number of pairs.
        window_size: the largest distance between the words of a pair. Each word draws its own, up to this one.
        min_count: words that stand less often in the text are all "UNK", the word of number 0.
        subsample: words that make a greater share of the text than this are left out now and then. 0 leaves out none.

    Returns:
        The words, the most frequent ones first after "UNK"; how often each stands in the text; the number of words in
        the text; how often the text has been read through; how many words have been paired; the numbers of the words
        of the batch; and those of their neighbours.
    """
    return [(None,), (None,), (), (), (), (batch_size,), (batch_size,)]


@op("NegTrain")
def neg_train(w_in: Tensor, w_out: Tensor, examples: Tensor, labels: Tensor, lr: Tensor, vocab_count: Any,
              num_negative_samples: int, name: str | None = None) -> Any:
    """A step of training with negative sampling, one pair after the other.

    >>> train = word2vec.neg_train(w_in, w_out, examples, labels, lr, vocab_count=counts.tolist(), num_negative_samples=25)

    Args:
        w_in: the vectors of words, a variable [words, size].
        w_out: the vectors of words as neighbours, a variable like it.
        examples, labels: the numbers of the words, and of their neighbours.
        lr: the learning rate.
        vocab_count: how often each word stands in the text. A word is drawn as no neighbour by this to the power 0.75.
        num_negative_samples: how many are drawn for each pair.
    """
    shapes.rank(w_in.sizes, 2)
    shapes.merge(w_in.sizes, w_out.sizes)
    shapes.merge(shapes.rank(examples.sizes, 1), shapes.rank(labels.sizes, 1))
    shapes.rank(lr.sizes, 0)
    return []
