"""TensorFlow's random generator on the host, for what is drawn between device programs: see `lowering.kernels.random`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lowering.kernels.random import KEY_STEPS, MULTIPLIERS, RESERVED, ROUNDS, advanced, stream_of
from lowering.run.state import State
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
    """The order into which `lowering.kernels.random.permutation` brings so many rows, and the stream behind it."""
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

    def several(self, state: State, runs: int) -> tuple[np.ndarray, Callable[[int], None]]:
        """The words for so many runs, and what takes back those of all but the first of them.

        Where others have drawn since, nothing is taken back: numbers that no run got are left out then.
        """
        with state.lock:
            streams, found = [state.stream(self._op)], []
            for _ in range(runs):
                found.append(self.next(state))
                streams.append(state.streams[self._op.name])

        def back(used: int) -> None:
            with state.lock:
                if state.streams[self._op.name] is streams[-1]:
                    state.streams[self._op.name] = streams[used]

        return np.stack(found), back

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

    def draw(shape: Any, *limits: Any, session: Any) -> Any:
        if any(map(np.ndim, limits)):
            raise ValueError(f"minval and maxval must be 0-D, got shapes {' and '.join(map(str, map(np.shape, limits)))}")
        if limits and limits[0] >= limits[1]:
            raise ValueError(f"Need minval < maxval, got {limits[0]} >= {limits[1]}")
        sizes = shape.tolist()
        return _numbers(_drawn(op, sizes, session).next(session.state).reshape(sizes), *limits)

    return draw


def drawing_rows(op: Operation, shape: Any, *limits: Any) -> Callable[[Any, int], tuple[Any, Callable[[int], None]]] | None:
    """What `op` gives in several runs, by the session and their number, with what takes back those of the last ones."""
    if shape is None or any(limit is None or np.ndim(limit) for limit in limits) or (limits and limits[0] >= limits[1]):
        return None
    sizes = shape.tolist()

    def draw(session: Any, runs: int) -> tuple[Any, Callable[[int], None]]:
        bits, back = _drawn(op, sizes, session).several(session.state, runs)
        return _numbers(bits.reshape(runs, *sizes), *limits), back

    return draw


def _drawn(op: Operation, sizes: list[int], session: Any) -> Drawn:
    count = math.prod(sizes)
    return session.resource((op.name, "drawn", count), lambda: Drawn(op, count))


def _numbers(bits: Any, *limits: Any) -> Any:
    """Whole numbers between limits, or of [0, 1)."""
    if limits:
        low, high = limits
        return (low.astype(np.int64) + bits % np.uint32(int(high) - int(low))).astype(np.int32)
    return (bits & np.uint32(0x7FFFFF) | np.uint32(127 << 23)).view(np.float32) - np.float32(1)
