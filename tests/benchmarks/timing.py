"""Interleaved timing, and the row of the table that it ends in."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable


@dataclasses.dataclass
class Row:
    """One line of the table: ours and the peer's figure in one unit, and what was promised."""

    name: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str = ""
    budget: str = ""

    def __str__(self) -> str:
        def figure(value: float) -> str:
            return f"{value:,.4g} {self.unit}"

        peer = "-" if self.peer is None else figure(self.peer)
        ratio = "-" if self.peer is None else f"{self.ours / self.peer:.2f}"
        words = ", ".join(word for word in (self.peer_name, self.budget) if word)
        return f"{self.name:<34} {figure(self.ours):>12} {peer:>12} {ratio:>8}  {words}"


def interleaved(*functions: Callable[[], object], rounds: int = 15, repeats: int = 100) -> list[float]:
    """The median seconds of one call of each function, measured in turns so that drift meets all of them."""
    for function in functions:
        function()
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for function, found in zip(functions, times, strict=True):
            start = time.perf_counter()
            for _ in range(repeats):
                function()
            found.append((time.perf_counter() - start) / repeats)
    return [statistics.median(found) for found in times]
