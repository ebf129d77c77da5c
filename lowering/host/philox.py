"""TensorFlow's random generator on the host, for what is drawn between device programs: see `lowering.random`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from lowering.random import KEY_STEPS, MULTIPLIERS, ROUNDS, advanced, stream_of

_MASK = 0xFFFFFFFF


def words(stream: np.ndarray, first: int, samples: int) -> np.ndarray:
    """The words of the stream's samples from number `first` on, four of each."""
    mask, shift = np.uint64(_MASK), np.uint64(32)
    key = stream[:2].tolist()
    counter = _counter(stream) + first
    start = np.uint64(counter & (2**64 - 1))
    lower = start + np.arange(samples, dtype=np.uint64)
    upper = np.uint64(counter >> 64 & (2**64 - 1)) + (lower < start)
    state = [lower & mask, lower >> shift, upper & mask, upper >> shift]
    keys = key
    for _ in range(ROUNDS):
        one, two = state[0] * np.uint64(MULTIPLIERS[0]), state[2] * np.uint64(MULTIPLIERS[1])
        state = [two >> shift ^ state[1] ^ np.uint64(keys[0]), two & mask,
                 one >> shift ^ state[3] ^ np.uint64(keys[1]), one & mask]
        keys = [(key + step) & _MASK for key, step in zip(keys, KEY_STEPS, strict=True)]
    return np.stack(state, 1).reshape(-1)


def _counter(stream: np.ndarray) -> int:
    return sum(word << 32 * i for i, word in enumerate(stream[2:].tolist()))


def draws(seed: int, seed2: int) -> Iterator[int]:
    """The numbers of 32 bits that the generator gives one after the other."""
    stream = stream_of(seed, seed2)
    for first in itertools.count(0, 256):
        yield from words(stream, first, 256).tolist()


def permutation(stream: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The order into which `lowering.random.permutation` brings so many rows, and the stream behind it."""
    stream = np.asarray(stream)
    order = list(range(count))
    samples = -(-(count - 1) // 4)
    if count <= 1:
        return np.arange(count), stream
    for i, bits in enumerate(words(stream, 0, samples)[:count - 1].tolist()):
        j = i + bits % (count - i)
        order[i], order[j] = order[j], order[i]
    return np.array(order), advanced(stream, samples)
