"""What the calls of programs took, for those who ask while a script runs."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering.programs.program import Program, static_key_of
from lowering.run import repeated
from lowering.run.state import State
from tracer.ir import Tensor


class Calls(NamedTuple):
    """How often a compilation of a program was called, and the seconds that calls took."""

    count: int
    first: float  # compiles it, too
    median: float | None  # of those after the first


class Times:
    """The times of all calls, by program and by what it was compiled for."""

    def __init__(self) -> None:
        self._taken: dict[Any, list[float]] = {}

    def note(self, program: Program, static: dict[Tensor, np.ndarray], inputs: list[Any], seconds: float) -> None:
        """Notes a call."""
        key = (id(program), static_key_of(static), tuple(np.shape(value) for value in inputs))
        self._taken.setdefault(key, []).append(seconds)

    def of(self, program: Program, static: dict[Tensor, np.ndarray], outline: tuple) -> Calls | None:
        """What is known of a compilation."""
        taken = self._taken.get((id(program), static_key_of(static), tuple(value.shape for value in outline[-1])))
        if taken is None:
            return None
        return Calls(len(taken), taken[0], statistics.median(taken[1:]) if len(taken) > 1 else None)


@contextlib.contextmanager
def timed() -> Iterator[Times]:
    """Notes the time of each call of a program inside. Each is waited for, so that it is the program's own."""
    times, plain = Times(), Program.run

    def run(self: Program, state: State, values: dict[Tensor, Any], overlay: dict[str, Any] | None) -> tuple:
        static = self.static_values(state, values, overlay)
        inputs = [values[t] for t in self.dynamic]
        begun = time.perf_counter()
        outputs = plain(self, state, values, overlay)
        kept = (state.variables if overlay is None else overlay).values() if self.stage.written else ()
        jax.block_until_ready((outputs, [value for value in kept if isinstance(value, jax.Array)]))
        times.note(self, static, inputs, time.perf_counter() - begun)
        return outputs

    Program.run = run
    repeated.MEASURED.append(None)
    try:
        yield times
    finally:
        repeated.MEASURED.pop()
        Program.run = plain
