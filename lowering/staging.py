"""Memory that feeds are copied to when a run returns before its program has read them."""

from __future__ import annotations

from typing import Any

import numpy as np

SMALL = 1 << 12
_LINE = 64
"""XLA reads an array that starts at a multiple of this without another copy."""


class Staging:
    """The feeds of one executable: fresh memory for each run would cost more in page faults than the copy itself.

    The caller may change what it fed as soon as a run returns, and a run without fetches returns while its program may
    still wait. So the program gets a copy. The copy's memory is used again once that program has ended, which the next
    run waits for; whatever the script does between two runs overlaps with the first.
    """

    def __init__(self) -> None:
        self.buffers: dict[int, np.ndarray] = {}
        self.last: Any = None  # a result of the last run

    def copies(self, feeds: list[Any]) -> list[Any]:
        """Copies of the feeds, in memory that no running program reads."""
        if self.last is not None:
            if self.last.is_deleted():  # given to a later program: nobody knows whether this one has ended
                self.buffers.clear()
            else:
                self.last.block_until_ready()
        return [feed.copy() if feed.nbytes < SMALL else self._copy(i, feed) for i, feed in enumerate(feeds)]

    def _copy(self, index: int, feed: np.ndarray) -> np.ndarray:
        buffer = self.buffers.get(index)
        if buffer is None or buffer.shape != feed.shape:
            memory = np.empty(feed.nbytes + _LINE, np.uint8)
            start = -memory.ctypes.data % _LINE
            buffer = memory[start:start + feed.nbytes].view(feed.dtype).reshape(feed.shape)
            self.buffers[index] = buffer
        np.copyto(buffer, feed)
        return buffer
