"""A batch of fewer rows than one that a program is compiled for: padded, where that changes nothing, and its results cut.

The last batch of an evaluation is smaller than the others, and XLA compiles a program for each size. Where a program only
computes, and each row by itself (`lowering.rowwise`), the rows that are missing become copies of the last one: what holds
of the batch, that all its indices are in range say, holds of the padded one. A size that comes often gets its own program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from lowering import fast, rowwise
from lowering.rowwise import Proof, Rows, State
from lowering.stages import DeviceStage

if TYPE_CHECKING:
    from lowering.program import Program

OFTEN = 16
"""A size that is padded so many times has a program compiled for it."""


class Way(NamedTuple):
    """How a run becomes one of the compiled program."""

    small: int
    large: int
    padded: tuple[bool, ...]  # which inputs
    cut: tuple[Rows | None, ...]  # the outputs

    def inputs(self, given: tuple) -> tuple:
        """The inputs as the program takes them."""
        return tuple([self._padded(np.asarray(value)) if pads else value
                      for value, pads in zip(given, self.padded, strict=True)])

    def _padded(self, value: np.ndarray) -> np.ndarray:
        return np.concatenate([value, np.broadcast_to(value[-1:], (self.large - self.small, *value.shape[1:]))])

    def outputs(self, found: tuple) -> tuple:
        """The outputs, less what the padding made."""
        return tuple([value if rows is None else self._cut(np.asarray(value), rows.axis)
                      for value, rows in zip(found, self.cut, strict=True)])

    def _cut(self, value: np.ndarray, axis: int) -> np.ndarray:
        size = value.shape[axis] * self.small // self.large
        return value[(slice(None),) * axis + (slice(size),)].copy()


def is_worth_it(stage: DeviceStage) -> bool:
    """Whether padding may ever do for this stage: it draws and writes nothing, and all its results have as many rows."""
    return (fast.on("padding") and not stage.written and not stage.streams and bool(stage.inputs) and bool(stage.outputs)
            and not any(tensor.get_shape().is_fully_defined() for tensor in stage.outputs))


class Padding:
    """What is known of the sizes that one program has run with."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.usual: list[Any] = []  # the shapes of the last run that was not padded
        self._ways: dict[Any, Way | None] = {}
        self._runs: dict[Any, int] = {}
        self._tried = False  # in vain

    def way(self, static: dict, static_key: tuple, arguments: tuple) -> Way | None:
        """How to run with these arguments on a program compiled for more rows; None where it gets one of its own."""
        shapes = shapes_of(arguments[-1])
        key = (static_key, *shapes)
        if key not in self._ways:
            self._ways[key] = self._found(static, static_key, arguments, shapes)
        way = self._ways[key]
        if way is not None:
            self._runs[key] = self._runs.get(key, 0) + 1
            if self._runs[key] > OFTEN:
                way = self._ways[key] = None
        if way is None:
            self.usual = shapes
        return way

    def give_up(self, static_key: tuple, arguments: tuple) -> None:
        """Runs of these arguments are not padded any more."""
        self._ways[(static_key, *shapes_of(arguments[-1]))] = None

    def _found(self, static: dict, static_key: tuple, arguments: tuple, shapes: list[Any]) -> Way | None:
        from lowering.program import outline_of, static_key_of

        given = jax.tree.map(outline_of, arguments)
        best: tuple[int, int, tuple, tuple] | None = None
        for other, wide in self.program.variants:
            if static_key_of(other) != static_key or wide[:-1] != given[:-1]:
                continue
            sizes = _sizes(shapes, shapes_of(wide[-1]))
            if sizes is not None and (best is None or sizes[1] < best[1]):
                best = (*sizes, tuple(a != value.shape for a, value in zip(shapes, wide[-1], strict=True)), wide)
        if best is None or self._tried:
            return None
        small, large, padded, wide = best
        cut = self._cuts(static, Proof(small, large), given, wide, padded)
        self._tried = cut is None
        return None if cut is None else Way(small, large, padded, cut)

    def _cuts(self, static: dict, proof: Proof, given: tuple, wide: tuple,
              padded: tuple[bool, ...]) -> tuple[Rows | None, ...] | None:
        """Which axis of each output the rows are; None where it is not proved that they are each computed by itself."""
        function = self.program.function(static, [])
        narrow_jaxpr, form = jax.make_jaxpr(function, return_shape=True)(*given)
        wide_jaxpr = jax.make_jaxpr(function)(*wide)
        before: list[State] = [None] * len(jax.tree.leaves(given[:-1]))
        states = proof.of(narrow_jaxpr, wide_jaxpr, [*before, *(Rows(0, True) if pads else None for pads in padded)])
        outputs, *_, report = jax.tree.unflatten(jax.tree.structure(form), [[state] for state in states])
        holds = [] if report is None else report[0]
        found = [state for state, in outputs]
        if any(state is rowwise.UNKNOWN for state in (*found, *holds)) or any(holds):
            return None
        return tuple(found)


def shapes_of(values: tuple) -> list[Any]:
    """The shapes of inputs."""
    return [getattr(value, "shape", None) for value in values]


def _sizes(shapes: list[Any], others: list[Any]) -> tuple[int, int] | None:
    """The sizes of the first axis of those inputs that differ, where that is all they differ in."""
    pairs = {(a[0], b[0]) for a, b in zip(shapes, others, strict=True)
             if a != b and len(a) == len(b) and a and a[1:] == b[1:]}
    if len(pairs) != 1 or any(a != b and (len(a) != len(b) or a[1:] != b[1:]) for a, b in zip(shapes, others, strict=True)):
        return None
    (small, large), = pairs
    return (small, large) if 0 < small < large else None
