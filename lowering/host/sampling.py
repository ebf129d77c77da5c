"""Candidate samplers that keep tables between runs, and the search for accidental hits."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator
from typing import Any

import numpy as np

from lowering.kernels.random import KEY_STEPS, MULTIPLIERS, ROUNDS
from lowering.registry import lowers
from lowering.rules.sampling import WORDS_RESERVED, check_range
from tracer import errors

MASK = 0xFFFFFFFF


class Stream:
    """The words of an operation's random stream, one by one."""

    def __init__(self, seed: int, seed2: int) -> None:
        if not seed and not seed2:
            seed, seed2 = secrets.randbits(63), secrets.randbits(63)
        self.key = (seed & MASK, seed >> 32 & MASK)
        self.counter = (seed2 & 0xFFFFFFFFFFFFFFFF) << 64

    def words(self) -> Iterator[int]:
        """The words from here on, without moving the stream."""
        counter = self.counter
        while True:
            yield from self._sample(counter)
            counter += 1

    def advance(self, samples: int) -> None:
        """Skips `samples` samples of four words."""
        self.counter += samples

    def _sample(self, counter: int) -> tuple[int, ...]:
        words = [counter >> 32 * i & MASK for i in range(4)]
        key0, key1 = self.key
        for _ in range(ROUNDS):
            product0, product1 = MULTIPLIERS[0] * words[0], MULTIPLIERS[1] * words[2]
            words = [product1 >> 32 ^ words[1] ^ key0, product1 & MASK, product0 >> 32 ^ words[3] ^ key1,
                     product0 & MASK]
            key0, key1 = key0 + KEY_STEPS[0] & MASK, key1 + KEY_STEPS[1] & MASK
        return tuple(words)


def below(words: Iterator[int], n: int) -> int:
    """A number of [0, n), all equally likely."""
    if not n & (n - 1):
        return next(words) & (n - 1)
    skewed = MASK % n + 1
    word = next(words)
    while word < skewed:
        word = next(words)
    return word % n


def unit(words: Iterator[int]) -> np.float32:
    """A number of [0, 1)."""
    return np.uint32(next(words) & 0x7FFFFF | 127 << 23).view(np.float32) - np.float32(1)


class Unigrams:
    """Classes with whole weights that grow: sums of weights in a binary tree."""

    def __init__(self, classes: int) -> None:
        self.leaves = 1 << max(classes - 1, 0).bit_length()
        self.tree = [0] * self.leaves + [1] * classes + [0] * (self.leaves - classes)
        for node in range(self.leaves - 1, 0, -1):
            self.tree[node] = self.tree[2 * node] + self.tree[2 * node + 1]

    def sample(self, words: Iterator[int]) -> int:
        """A class."""
        place, node = below(words, self.tree[1]), 1
        while node < self.leaves:
            node *= 2
            if place >= self.tree[node]:
                place -= self.tree[node]
                node += 1
        return node - self.leaves

    def probability(self, classes: np.ndarray) -> np.ndarray:
        """The probability of each class."""
        weights = np.array([self.tree[self.leaves + c] for c in classes.ravel().tolist()], np.float32)
        return (weights / np.float32(self.tree[1])).reshape(classes.shape)

    def learn(self, classes: np.ndarray) -> None:
        """Makes each class weigh one more."""
        for c in classes.ravel().tolist():
            if self.tree[1] >= 2**31 - 1:
                return
            node = self.leaves + c
            while node:
                self.tree[node] += 1
                node //= 2


class Weights:
    """Classes with fixed weights, by the alias method: each bucket holds a share of its own class and one other's."""

    def __init__(self, weights: list[float]) -> None:
        count = len(weights)
        self.weights = np.array(weights, np.float32)
        total = float(np.sum(self.weights, dtype=np.float64))
        self.total = np.float32(0)
        for weight in self.weights:
            self.total += weight
        shares = [float(weight) * count / total for weight in self.weights]
        self.other = [-1] * count
        low = [i for i, share in enumerate(shares) if share < 1]
        high = [i for i, share in enumerate(shares) if share >= 1]
        while low and high:
            small, large = low.pop(), high.pop()
            self.other[small] = large
            shares[large] -= 1 - shares[small]
            (low if shares[large] < 1 else high).append(large)
        for i in (*low, *high):  # what rounding left over
            shares[i], self.other[i] = 1.0, i
        self.shares = np.array(shares, np.float32)

    def sample(self, words: Iterator[int]) -> int:
        """A class."""
        drawn = unit(words)
        bucket = below(words, len(self.other))
        return bucket if drawn < self.shares[bucket] else self.other[bucket]

    def probability(self, classes: np.ndarray) -> np.ndarray:
        """The probability of each class."""
        return self.weights[classes] / self.total


def _drawn(true_classes: np.ndarray, count: int, unique: bool, sampler: Any, stream: Stream) -> tuple:
    """The classes drawn, and the expected counts of the true ones and of those."""
    words = stream.words()
    if unique:
        seen: dict[int, None] = {}
        tries = 0
        while len(seen) < count:
            tries += 1
            seen[sampler.sample(words)] = None
        drawn = np.array(list(seen), np.int64)
    else:
        drawn, tries = np.array([sampler.sample(words) for _ in range(count)], np.int64), count
    stream.advance(WORDS_RESERVED // 4 * count)

    def expected(classes: np.ndarray) -> np.ndarray:
        probability = sampler.probability(classes)
        if tries == count:
            return (probability * np.float32(count)).astype(np.float32)
        with np.errstate(divide="ignore"):  # a class that is certain
            return (-np.expm1(tries * np.log1p(-probability.astype(np.float64)))).astype(np.float32)

    return drawn, expected(true_classes), expected(drawn)


def _check_classes(true_classes: np.ndarray, num_true: int, range_max: int, check: Any) -> None:
    check(true_classes.ndim == 2, "true_classes must be a matrix")
    check(true_classes.shape[1] == num_true, "true_classes must have num_true columns")
    inside = (true_classes >= 0) & (true_classes < range_max)
    check(bool(inside.all()), f"true_classes hold {true_classes[~inside][:1]}, outside of [0, {range_max})")


@lowers("LearnedUnigramCandidateSampler", "ThreadUnsafeUnigramCandidateSampler", host=True)
def learned_unigram_candidate_sampler(
    true_classes: Any, *, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int, seed2: int,
    check: Any, session: Any, op: Any,
) -> Any:
    _check_classes(true_classes, num_true, range_max, check)
    check_range(num_sampled, unique, range_max, check)
    kept = session.state.resource(("sampler", op.name), lambda: (Unigrams(range_max), Stream(seed, seed2)))
    with session.state.lock:
        result = _drawn(true_classes, num_sampled, unique, *kept)
        kept[0].learn(true_classes)
    return result


@lowers("FixedUnigramCandidateSampler", host=True)
def fixed_unigram_candidate_sampler(
    true_classes: Any, *, num_true: int, num_sampled: int, unique: bool, range_max: int, vocab_file: str,
    distortion: float, num_reserved_ids: int, num_shards: int, shard: int, unigrams: list[float], seed: int, seed2: int,
    check: Any, session: Any, op: Any,
) -> Any:
    def make() -> tuple[Weights, Stream]:
        check(bool(vocab_file or unigrams), "Must provide either vocab_file or unigrams.")
        check(not (vocab_file and unigrams), "Must only provide one of vocab_file and unigrams.")
        given = _weights_of(vocab_file) if vocab_file else unigrams
        reserved = [0.0] * len([i for i in range(num_reserved_ids) if i % num_shards == shard])
        # Behind the reserved ones of this shard, not of all of them: so TensorFlow counts.
        own = [w**distortion for i, w in enumerate(given, len(reserved)) if i % num_shards == shard]
        check(len(reserved) + len(own) == range_max,
              f"there are {len(reserved) + len(own)} weights for {range_max} classes")
        return Weights(reserved + own), Stream(seed, seed2)

    _check_classes(true_classes, num_true, range_max, check)
    check_range(num_sampled, unique, range_max, check)
    kept = session.state.resource(("sampler", op.name), make)
    possible = int(np.count_nonzero(kept[0].weights))
    check(not unique or num_sampled <= possible, f"{num_sampled} classes cannot be drawn from {possible} that have a "
                                                 "weight without drawing one twice")
    with session.state.lock:
        return _drawn(true_classes, num_sampled, unique, *kept)


def _weights_of(path: str) -> list[float]:
    """The last field of each line of a file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.rstrip("\r\n") for line in file]
    except FileNotFoundError:
        raise errors.NotFoundError(None, None, f"{path}; No such file or directory") from None
    weights = []
    for line in lines:
        if not line:
            continue
        try:
            weights.append(float(line.rpartition(",")[2]))
        except ValueError:
            raise errors.InvalidArgumentError(None, None, f"Wrong vocabulary format at line: {line}") from None
        if not math.isfinite(weights[-1]):
            raise errors.InvalidArgumentError(None, None, f"Wrong vocabulary format at line: {line}")
    return weights


@lowers("ComputeAccidentalHits", host=True)
def compute_accidental_hits(true_classes: Any, sampled_candidates: Any, *, num_true: int, check: Any) -> Any:
    check(true_classes.ndim == 2 and true_classes.shape[1] == num_true,
          "true_candidates must be a batch_size * num_true matrix")
    check(sampled_candidates.ndim == 1,
          "sampled_candidates must be a vector, which is typically an output from CandidateSampler")
    places = {value: i for i, value in enumerate(sampled_candidates.tolist())}
    hits = [(row, places[value]) for row, values in enumerate(true_classes.tolist()) for value in values
            if value in places]
    indices, ids = np.array(hits, np.int64).reshape(-1, 2).T
    return indices.astype(np.int32), ids, np.full(len(hits), np.finfo(np.float32).min)
