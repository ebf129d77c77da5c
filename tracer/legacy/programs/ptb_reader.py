"""`tensorflow.models.rnn.ptb.reader`: the Penn Tree Bank's words as numbers, in batches of consecutive ones."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tracer import dtypes, gfile, scopes
from tracer.convert import internal_convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, check
from tracer.train.input import range_input_producer

END_OF_SENTENCE = "<eos>"


def ptb_raw_data(data_path: str | None = None) -> tuple[list[int], list[int], list[int], int]:
    """The words of `ptb.train.txt`, `ptb.valid.txt` and `ptb.test.txt` in a folder, and how many different ones there are.

    The vocabulary is that of the first file: the most frequent word is 0.
    """
    paths = [os.path.join(data_path or "", f"ptb.{part}.txt") for part in ("train", "valid", "test")]
    numbers = _build_vocab(paths[0])
    train, valid, test = (_file_to_word_ids(path, numbers) for path in paths)
    return train, valid, test, len(numbers)


def ptb_iterator(raw_data: Sequence[int], batch_size: int, num_steps: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of int32 [batch_size, num_steps]: words, and the word that follows each. A row goes on in the next pair.

    Raises ValueError when the words do not suffice for one.
    """
    length = len(raw_data) // batch_size
    rows = np.array(raw_data[: batch_size * length], np.int32).reshape(batch_size, length)
    pairs = (length - 1) // num_steps
    if pairs == 0:
        raise ValueError("epoch_size == 0, decrease batch_size or num_steps")
    for start in range(0, pairs * num_steps, num_steps):
        yield rows[:, start : start + num_steps], rows[:, start + 1 : start + num_steps + 1]


def ptb_producer(raw_data: Any, batch_size: int, num_steps: int, name: str | None = None) -> tuple[Tensor, Tensor]:
    """The same pairs as two tensors, again and again, of a queue with the numbers of the pairs; from 0.10 on.

    Raises InvalidArgumentError in the queue's runner when the words do not suffice for one.
    """
    with scopes.op_scope([raw_data, batch_size, num_steps], name, "PTBProducer"):
        words = internal_convert_to_tensor(raw_data, dtypes.int32, "raw_data")
        length = array.size(words) // batch_size
        rows = array.reshape(words[: batch_size * length], [batch_size, length])
        pairs = (length - 1) // num_steps
        enough = check.assert_positive(pairs, message="epoch_size == 0, decrease batch_size or num_steps")
        with scopes.control_dependencies([enough]):
            pairs = array.identity(pairs, name="epoch_size")
        start = range_input_producer(pairs, shuffle=False).dequeue() * num_steps
        return (array.slice(rows, [0, start], [batch_size, num_steps]),
                array.slice(rows, [0, start + 1], [batch_size, num_steps]))


def _read_words(filename: str) -> list[str]:
    with gfile.GFile(filename, "r") as file:
        return file.read().replace("\n", END_OF_SENTENCE).split()


def _build_vocab(filename: str) -> dict[str, int]:
    """The words' numbers, by frequency; words as frequent as each other by the alphabet."""
    counts = Counter(_read_words(filename))
    return {word: number for number, word in enumerate(sorted(counts, key=lambda word: (-counts[word], word)))}


def _file_to_word_ids(filename: str, word_to_id: Mapping[str, int]) -> list[int]:
    return [word_to_id[word] for word in _read_words(filename) if word in word_to_id]
