"""Rule of `Skipgram`: a text as numbered words, and the pairs of neighbours in it, drawn as TensorFlow's kernel draws."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from typing import Any

import numpy as np

from lowering.host import files, philox
from lowering.kernels.random import stream_of
from lowering.registry import lowers
from tracer import errors

_SENTENCE = 1000  # words that are paired with each other
_AHEAD = 3000  # pairs that are made at once: the kernel's counts of words and epochs run ahead by them
_MASK = 0xFFFFFFFF


class _Words:
    """The words of the kernel's random stream, which is the same in every session."""

    def __init__(self) -> None:
        self._stream = stream_of(0, 0)
        self._samples = 0
        self._ready = np.zeros(0, np.uint64)

    def take(self, count: int) -> np.ndarray:
        """The next words."""
        if len(self._ready) < count:
            samples = max(count, 4096) // 4 + 1
            self._ready = np.concatenate([self._ready, philox.words(self._stream, self._samples, samples)])
            self._samples += samples
        taken, self._ready = self._ready[:count], self._ready[count:]
        return taken

    def give_back(self, words: np.ndarray) -> None:
        """Has words that were not needed come again."""
        self._ready = np.concatenate([words, self._ready])

    def below(self, limit: int, count: int) -> np.ndarray:
        """Numbers below `limit`, all equally likely: words that would favour the small ones are passed over."""
        skewed = _MASK % limit + 1 if limit & (limit - 1) else 0
        found = np.zeros(0, np.uint64)
        while len(found) < count:
            words = self.take(count - len(found))
            found = np.concatenate([found, words[words >= skewed]])
        return (found % np.uint64(limit)).astype(np.int64)


def _floats(words: np.ndarray) -> np.ndarray:
    """Numbers of [0, 1) from the mantissas of words."""
    return (words.astype(np.uint32) & np.uint32(0x7FFFFF) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)


class _Text:
    """A text that is read through again and again, and the pairs that have been made of it but not yet given out."""

    def __init__(self, filename: str, window: int, min_count: int, subsample: float) -> None:
        words = _read(filename)
        if len(words) < window * 10:
            raise errors.InvalidArgumentError(
                None, None, f"The text file {filename} contains too little data: {len(words)} words")
        counts = [(word, count) for word, count in Counter(words).most_common() if count >= min_count]
        numbers = {word: i + 1 for i, (word, _) in enumerate(counts)}
        self.lock = threading.Lock()
        self.words = np.array([b"UNK", *numbers], object)
        self.text = np.fromiter(map(numbers.get, words, itertools.repeat(0)), np.int32, len(words))
        self.counts = np.bincount(self.text, minlength=len(self.words)).astype(np.int32)
        self.window = max(window, 1)
        self.keep = _kept(self.counts, len(words), subsample) if subsample > 0 else None
        self.random = _Words()
        self.position = self.epoch = self.paired = self.sentences = 0
        self.pairs: Any = tuple(np.zeros(0, np.int32) for _ in range(3))
        self._next_block()

    def batch(self, size: int) -> tuple:
        """How far the text has been read, and the next pairs."""
        parts = [tuple(part[:0] for part in self.block)]
        missing = size
        while missing:
            parts.append(tuple(part[:missing] for part in self.block))
            self.block = tuple(part[missing:] for part in self.block)
            missing -= len(parts[-1][0])
            if not len(self.block[0]):
                self._next_block()
        examples, labels = (np.concatenate(column) for column in zip(*parts, strict=True))
        return np.int32(self.epoch), np.int64(self.paired), examples, labels

    def _next_block(self) -> None:
        while len(self.pairs[0]) < _AHEAD:
            new = self._pairs(self._sentence())
            self.pairs = tuple(np.concatenate(columns) for columns in zip(self.pairs, new, strict=True))
        examples, labels, places = (column[:_AHEAD] for column in self.pairs)
        self.pairs = tuple(column[_AHEAD:] for column in self.pairs)
        self.block = examples, labels
        self.paired = int(places[-1]) + 1

    def _sentence(self) -> np.ndarray:
        """The next words of the text, without those that are left out."""
        found, missing = [], _SENTENCE
        while missing:
            if self.position == len(self.text):
                self.position, self.epoch = 0, self.epoch + 1
            words = self.text[self.position:self.position + max(missing, 64 if self.keep is not None else 0)]
            if self.keep is not None:
                drawn = self.random.take(len(words))
                kept = np.flatnonzero(_floats(drawn) <= self.keep[words])[:missing]
                read = int(kept[-1]) + 1 if len(kept) == missing else len(words)
                self.random.give_back(drawn[read:])
                words, missing = words[kept], missing - len(kept)
            else:
                read, missing = len(words), missing - len(words)
            self.position += read
            found.append(words)
        return np.concatenate(found)

    def _pairs(self, sentence: np.ndarray) -> tuple:
        """Each word with its neighbours, and the places of the words among all that have been paired."""
        places = np.arange(_SENTENCE)
        reach = 1 + self.random.below(self.window, _SENTENCE)
        first = np.maximum(places - reach, 0)
        counts = np.minimum(places + reach, _SENTENCE - 1) - first
        centers = np.repeat(places, counts)
        others = np.arange(len(centers)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
        others += others >= centers
        before = self.sentences * _SENTENCE
        self.sentences += 1
        return sentence[centers], sentence[others], before + centers


def _read(filename: str) -> list[bytes]:
    try:
        with open(filename, "rb") as file:
            return file.read().split()
    except OSError as error:
        raise files.of_system(error, filename) from None


def _kept(counts: np.ndarray, total: int, subsample: float) -> np.ndarray:
    """How likely a word stays, by its number."""
    limit = np.float32(subsample) * np.float32(total)
    counts = np.maximum(counts, 1).astype(np.float32)
    return (np.sqrt(counts / limit) + np.float32(1)) * limit / counts


@lowers("Skipgram", host=True)
def skipgram(*, filename: str, batch_size: int, window_size: int, min_count: int, subsample: float, op: Any,
             session: Any) -> Any:
    text = session.state.resource(("Skipgram", op.name), lambda: _Text(filename, window_size, min_count, subsample))
    with text.lock:
        epoch, paired, examples, labels = text.batch(batch_size)
    return text.words.copy(), text.counts.copy(), np.int64(len(text.text)), epoch, paired, examples, labels
