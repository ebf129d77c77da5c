"""A batch of fewer rows than one that a program is compiled for: padded, where that changes nothing, and its results cut.

The last batch of an epoch is smaller than the others, and XLA compiles a program for each size. Where a program only
computes, and each row by itself (`lowering.batch.rowwise`), the rows that are missing become copies of the last: what holds
of the batch, that all its indices are in range say, holds of the padded one. A size that comes often gets its own program.

Where rows are added up, as in every training, the first smaller batch has to be compiled for anyway. What is compiled then
is told how many rows there are (`lowering.batch.masking`), so that every other size runs on it as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from lowering import fast
from lowering.batch import masking, rowwise
from lowering.batch.rowwise import Plan, Proof, Rows, State
from lowering.plan.stages import DeviceStage
from lowering.programs import options

if TYPE_CHECKING:
    from lowering.programs.program import Program

OFTEN = 16
"""A size that is padded so many times has a program compiled for it."""
SPARSE = 16
"""Nothing is masked where there is room for so many times the rows."""
TRIALS = 2
"""A program of which so many proofs have failed is left alone."""
SIZES = 3
"""Once a program has been compiled for so many sizes, the next one has room for more."""


class Masked(NamedTuple):
    """A compiled program that is told how many rows there are, and what it is told besides."""

    call: Callable
    numbers: tuple[np.ndarray, ...]
    form: Any  # the structure of its results


class Way(NamedTuple):
    """How a run becomes one of the compiled program."""

    small: int
    large: int
    padded: tuple[bool, ...]  # which inputs
    cut: tuple[Rows | None, ...]  # the outputs
    masked: Masked | None = None  # what runs, where that is not the program that was compiled for more rows

    def inputs(self, given: tuple) -> tuple:
        """The inputs as the program takes them."""
        return tuple([self._padded(np.asarray(value)) if pads else value
                      for value, pads in zip(given, self.padded, strict=True)])

    def _padded(self, value: np.ndarray) -> np.ndarray:
        return np.concatenate([value, np.broadcast_to(value[-1:], (self.large - self.small, *value.shape[1:]))])

    def run(self, masked: Masked, arguments: tuple) -> tuple | None:
        """The results for these arguments; None where an index is not that of a row that is there."""
        leaves = jax.tree.leaves((*arguments[:-1], self.inputs(arguments[-1])))
        results, holds = masked.call(leaves, np.int32(self.small), masked.numbers)
        return jax.tree.unflatten(masked.form, results) if bool(holds) else None

    def outputs(self, found: tuple) -> tuple:
        """The outputs, less what the padding made."""
        return tuple([value if rows is None else self._cut(np.asarray(value), rows.axis)
                      for value, rows in zip(found, self.cut, strict=True)])

    def _cut(self, value: np.ndarray, axis: int) -> np.ndarray:
        size = value.shape[axis] * self.small // self.large
        return value[(slice(None),) * axis + (slice(size),)].copy()


def is_worth_it(stage: DeviceStage) -> bool:
    """Whether padding may ever do for this stage."""
    return bool(stage.inputs) and (_is_plain(stage) or _may_be_masked(stage))


def _is_plain(stage: DeviceStage) -> bool:
    """Whether it draws and writes nothing, and all its results have as many rows."""
    return (fast.on("padding") and not stage.written and not stage.streams and bool(stage.outputs)
            and not any(tensor.get_shape().is_fully_defined() for tensor in stage.outputs))


def _may_be_masked(stage: DeviceStage) -> bool:
    return fast.on("masking") and any(t not in stage.static and not t.get_shape().is_fully_defined() for t in stage.inputs)


Outline = tuple
"""The shapes and types of a program's arguments."""


class Size(NamedTuple):
    """A number of rows, and another that a program is, or may be, compiled for, with the outline of its arguments."""

    small: int
    large: int
    wide: Outline

    def padded(self, shapes: list[Any]) -> tuple[bool, ...]:
        """Which inputs hold the rows."""
        return tuple([a != value.shape for a, value in zip(shapes, self.wide[-1], strict=True)])

    def way(self, shapes: list[Any], cut: tuple[Rows | None, ...], masked: Masked | None = None) -> Way:
        """How the smaller number runs as the larger one."""
        return Way(self.small, self.large, self.padded(shapes), cut, masked)


class Padding:
    """What is known of the sizes that one program has run with."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.usual: list[Any] = []  # the shapes of the last run that was not padded
        self.ran: dict[tuple[int, int, bool], int] = {}  # how often so many rows ran as so many, masked or not
        self._ways: dict[Any, Way | None] = {}
        self._runs: dict[Any, int] = {}
        self._trials = {"plain": TRIALS if _is_plain(program.stage) else 0,
                        "masked": TRIALS if _may_be_masked(program.stage) else 0}  # that are left
        self._room: list[tuple[Any, Outline]] = []  # what is masked, by the static values, and for which arguments
        self._traced: dict[Any, Any] = {}  # for more rows
        self.masked: dict[Any, Callable] = {}

    def way(self, static: dict, static_key: tuple, arguments: tuple) -> Way | None:
        """How to run with these arguments on a program compiled for more rows; None where it gets one of its own."""
        shapes = shapes_of(arguments[-1])
        key = (static_key, *shapes)
        if key not in self._ways:
            self._ways[key] = self._found(static, static_key, arguments, shapes)
        way = self._ways[key]
        if way is not None:
            self._runs[key] = self._runs.get(key, 0) + 1
            if self._runs[key] > OFTEN and (way.masked is None or 2 * way.small < way.large):
                way = self._ways[key] = None
        if way is None:
            self.usual = shapes
        return way

    def note(self, way: Way) -> None:
        """Takes note of a run."""
        key = way.small, way.large, way.masked is not None
        self.ran[key] = self.ran.get(key, 0) + 1

    def lines(self) -> list[str]:
        """What to say of the runs that were padded."""
        return [f"{small} rows run as {large}{', masked' if masked else ''}: {count} run{'s' if count > 1 else ''}"
                for (small, large, masked), count in sorted(self.ran.items())]

    def give_up(self, static_key: tuple, arguments: tuple) -> None:
        """Runs of these arguments are not padded any more."""
        self._ways[(static_key, *shapes_of(arguments[-1]))] = None

    def _found(self, static: dict, static_key: tuple, arguments: tuple, shapes: list[Any]) -> Way | None:
        from lowering.programs.program import outline_of

        given = jax.tree.map(outline_of, arguments)
        known = self._known(static_key, given)
        larger = sorted((size for size in known if size.small < size.large), key=lambda size: size.large)
        if larger and self._trials["plain"]:
            cut = self._cut(static, static_key, larger[0], given, None)
            if cut is not None:
                return larger[0].way(shapes, cut)
            self._trials["plain"] -= 1
        size = self._roomy(static_key, given, known, larger) if self._trials["masked"] else None
        if size is None:
            return None
        plan = Plan()
        cut = self._cut(static, static_key, size, given, plan)
        if cut is None:
            self._trials["masked"] -= 1
            return None
        return size.way(shapes, cut, self._told(static_key, size, plan))

    def _known(self, static_key: tuple, given: Outline) -> list[Size]:
        """What it is compiled for that differs from what is given in the size of the batch alone."""
        from lowering.programs.program import static_key_of

        outlines = [wide for other, wide in self.program.variants if static_key_of(other) == static_key]
        outlines += [wide for key, wide in self._room if key == static_key]
        shapes = shapes_of(given[-1])
        return [Size(*sizes, wide) for wide in outlines if wide[:-1] == given[:-1]
                and (sizes := _sizes(shapes, shapes_of(wide[-1]))) is not None]

    def _roomy(self, static_key: tuple, given: Outline, known: list[Size], larger: list[Size]) -> Size | None:
        """For how many rows a program is masked in which so many find room; None where they get one of their own."""
        room = [size for size in larger if (static_key, size.wide) in self._room]
        for size in (*room, *larger[:1]):
            if size.large < SPARSE * size.small:
                return size
        if larger or len(known) < SIZES:
            return None
        small, wide = known[0].small, known[0].wide
        large = 1 << small.bit_length()
        inputs = [jax.ShapeDtypeStruct((large, *ours.shape[1:]), ours.dtype) if ours.shape != theirs.shape else ours
                  for ours, theirs in zip(given[-1], wide[-1], strict=True)]
        return Size(small, large, (*given[:-1], tuple(inputs)))

    def _cut(self, static: dict, static_key: tuple, size: Size, given: Outline,
             plan: Plan | None) -> tuple[Rows | None, ...] | None:
        """Which axis of each output the rows are; None where it is not proved that those behind them change nothing."""
        function = self.program.function(static, [])
        narrow, form = jax.make_jaxpr(function, return_shape=True)(*given)
        key = static_key, tuple(shapes_of(size.wide[-1]))
        if key not in self._traced:
            self._traced[key] = jax.make_jaxpr(function)(*size.wide), jax.tree.structure(form)
        before: list[State] = [None] * len(jax.tree.leaves(given[:-1]))
        states = Proof(size.small, size.large, plan).of(
            narrow, self._traced[key][0],
            [*before, *(Rows(0, True) if pads else None for pads in size.padded(shapes_of(given[-1])))])
        outputs, *others, report = jax.tree.unflatten(jax.tree.structure(form), [[state] for state in states])
        found = tuple([state for state, in outputs])
        same = [state for group in others for state, in group] + ([] if report is None else report[0])
        return None if any(state is rowwise.UNKNOWN for state in (*found, *same)) or any(same) else found

    def _told(self, static_key: tuple, size: Size, plan: Plan) -> Masked:
        """The program for more rows, made to be told how many there are."""
        program, form = self._traced[static_key, tuple(shapes_of(size.wide[-1]))]
        key = static_key, tuple(shapes_of(size.wide[-1])), repr(plan.key)
        if key not in self.masked:
            told = options.compiler_options(self.program.stage.nodes)
            self.masked[key] = masking.compiled(plan, program, size.large, told, self.program.begin)
            self._room.append((static_key, size.wide))
        return Masked(self.masked[key], masking.numbers_of(plan), form)


def shapes_of(values: tuple) -> list[Any]:
    """The shapes of inputs."""
    return [getattr(value, "shape", None) for value in values]


def _sizes(shapes: list[Any], others: list[Any]) -> tuple[int, int] | None:
    """The sizes of the first axis of those inputs that differ, where that is all they differ in."""
    pairs = {(a[0], b[0]) for a, b in zip(shapes, others, strict=True)
             if a != b and len(a) == len(b) and a and a[1:] == b[1:]}
    if len(pairs) != 1 or any(a != b and (len(a) != len(b) or a[1:] != b[1:]) for a, b in zip(shapes, others, strict=True)):
        return None
    (one, other), = pairs
    return (one, other) if one > 0 < other else None
