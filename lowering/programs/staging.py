"""Memory that feeds are copied to: when a run returns before its program has read them, or where XLA would copy them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from lowering import fast

SMALL = 1 << 12
LARGE = 1 << 15
"""So many bytes are worth a look at where they start."""
_LINE = 64
"""XLA reads an array that starts at a multiple of this without another copy."""
_MOST = 4
"""So many copies of one feed, at most, wait for their programs."""


class Staging:
    """The feeds of one executable: fresh memory for each run would cost more in page faults than the copy itself.

    The caller may change what it fed as soon as a run returns, and a run without fetches returns while its program may
    still wait. So the program gets a copy. Who reads the copy, or any view of it, holds a reference to its memory: once
    nobody does, it is used again. What the script does between two runs overlaps with the first.
    """

    def __init__(self) -> None:
        self.pools: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}  # memory, and the array in it
        self.last: Any = None  # a result of the last run
        self.on = fast.on("staging")

    def copies(self, feeds: Sequence[Any]) -> Sequence[Any]:
        """Copies of the feeds, in memory that no running program reads."""
        least = SMALL if self.on else sys.maxsize
        return [feed.copy() if feed.nbytes < least else self._copy(i, feed) for i, feed in enumerate(feeds)]

    def aligned(self, feeds: Sequence[Any]) -> Sequence[Any]:
        """The feeds of a program that the calling thread computes: XLA copies what starts anywhere else, into fresh memory.

        It has another thread copy those of other programs, which is less to wait for.
        """
        if not self.on:
            return feeds
        for feed in feeds:
            if feed.nbytes >= LARGE:
                break
        else:
            return feeds
        return [self._copy(i, feed) if type(feed) is np.ndarray and feed.nbytes >= LARGE
                and feed.__array_interface__["data"][0] % _LINE else feed for i, feed in enumerate(feeds)]

    def _copy(self, index: int, feed: np.ndarray) -> np.ndarray:
        copy = self._free(self.pools.setdefault(index, []), feed)
        np.copyto(copy, feed)
        return copy

    def _free(self, pool: list[tuple[np.ndarray, np.ndarray]], feed: np.ndarray) -> np.ndarray:
        """An array like `feed` that nobody reads."""
        if pool and (pool[0][1].shape != feed.shape or pool[0][1].dtype != feed.dtype):
            pool.clear()
        for at in range(len(pool)):
            if sys.getrefcount(pool[at][0]) == _USED_BY_ITS_ARRAY and sys.getrefcount(pool[at][1]) == _UNUSED:
                return pool[at][1]
        if len(pool) == _MOST:  # far ahead of the device
            if self.last is not None and not self.last.is_deleted():
                self.last.block_until_ready()
            pool.pop(0)
        memory = np.empty(feed.nbytes + _LINE, np.uint8)
        start = -memory.ctypes.data % _LINE
        pool.append((memory, memory[start:start + feed.nbytes].view(feed.dtype).reshape(feed.shape)))
        return pool[-1][1]


def _counted() -> tuple[int, int]:
    """What the interpreter counts for memory that a pool and its array hold, and for an array that only a pool holds."""
    memory = np.empty(1, np.uint8)
    pool = [(memory, memory[:])]
    del memory
    return sys.getrefcount(pool[0][0]), sys.getrefcount(pool[0][1])


_USED_BY_ITS_ARRAY, _UNUSED = _counted()
