"""TensorFlow's random generator on the host, for what is drawn between device programs: see `lowering.random`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lowering.random import KEY_STEPS, MULTIPLIERS, RESERVED, ROUNDS, advanced, stream_of
from lowering.state import State
from tracer.ir import Operation

_MASK = 0xFFFFFFFF


def words(stream: np.ndarray, first: int, samples: int, step: int = 1) -> np.ndarray:
    """The words of the stream's samples from number `first` on, every `step`th, four of each."""
    mask, shift = np.uint64(_MASK), np.uint64(32)
    key = stream[:2].tolist()
    counter = _counter(stream) + first
    start = np.uint64(counter & (2**64 - 1))
    lower = start + np.arange(samples, dtype=np.uint64) * np.uint64(step)
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


class Drawn:
    """Few uniform numbers in each run, drawn for many runs at once."""

    RUNS = 128

    def __init__(self, op: Operation, count: int) -> None:
        self._op = op
        self._count = count
        self._row = self.RUNS
        self._values = np.empty(0, np.uint32)
        self._streams: list[Any] = []

    def next(self, state: State) -> np.ndarray:
        """The words of 32 bits for the numbers of one run. The stream goes on behind them."""
        with state.lock:
            stream = state.stream(self._op)
            if self._row == self.RUNS or stream is not self._streams[self._row]:
                self._draw(np.asarray(stream))
            self._row += 1
            state.streams[self._op.name] = self._streams[self._row]
            return self._values[self._row - 1]

    def _draw(self, stream: np.ndarray) -> None:
        reserved, samples = self._count * RESERVED, -(-self._count // 4)
        if samples == 1:
            drawn = words(stream, 0, self.RUNS, reserved)
        else:
            drawn = np.concatenate([words(stream, run * reserved, samples) for run in range(self.RUNS)])
        self._values = drawn.reshape(self.RUNS, -1)[:, :self._count].astype(np.uint32)
        self._streams = [stream, *(advanced(stream, run * reserved) for run in range(1, self.RUNS + 1))]
        self._row = 0


def drawing(op: Operation) -> Callable[..., Any]:
    """What `op` gives in a run, by its inputs and the session."""
    def bits(shape: Any, session: Any) -> np.ndarray:
        sizes = shape.tolist()
        count = math.prod(sizes)
        drawn = session.resource((op.name, "drawn", count), lambda: Drawn(op, count))
        return drawn.next(session.state).reshape(sizes)

    def unit(shape: Any, *, session: Any) -> Any:
        return (bits(shape, session) & np.uint32(0x7FFFFF) | np.uint32(127 << 23)).view(np.float32) - np.float32(1)

    def whole(shape: Any, low: Any, high: Any, *, session: Any) -> Any:
        if np.ndim(low) or np.ndim(high):
            raise ValueError(f"minval and maxval must be 0-D, got shapes {np.shape(low)} and {np.shape(high)}")
        if low >= high:
            raise ValueError(f"Need minval < maxval, got {low} >= {high}")
        span = np.uint32(int(high) - int(low))
        return (low.astype(np.int64) + bits(shape, session) % span).astype(np.int32)

    return unit if op.type == "RandomUniform" else whole
