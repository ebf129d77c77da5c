"""A batch of fewer rows than one that a program is compiled for: padded, where that changes nothing, and its results cut.

The last batch of an epoch is smaller than the others, and XLA compiles a program for each size. Where a program only
computes, and each row by itself (`lowering.batch.rowwise`), the rows that are missing become copies of the last: what holds
of the batch, that all its indices are in range say, holds of the padded one. A size that comes often gets its own program.

Where rows are added up, as in every training, the first smaller batch has to be compiled for anyway. What is compiled then
is told how many rows there are (`lowering.batch.masking`), so that every other size runs on it as well. The same holds of
the length of sequences, and where both differ, or two lengths (`lowering.batch.proving`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

from lowering import fast
from lowering.batch import extents, masking, proving
from lowering.batch.extents import Outline, Size, shapes_of
from lowering.batch.proving import Numbers, Place, Proved
from lowering.batch.rowwise import Plan, Rows
from lowering.plan.stages import DeviceStage
from lowering.programs import kept, options

if TYPE_CHECKING:
    from lowering.programs.program import Program

OFTEN = 16
"""A size that is padded so many times has a program compiled for it."""
PAYS = 4
"""A size whose masked runs took so many times as long as compiling did gets a program of its own, a fifth faster."""
SPARSE = 16
"""Nothing is masked where there is room for so many times the rows."""
TRIALS = 2
"""A program of which so many proofs have failed for sizes of the same inputs is left alone, and of twice as many in all."""
SIZES = 3
"""Once a program has been compiled for so many sizes, the next one has room for more."""


class Masked(NamedTuple):
    """A compiled program that is told how many rows there are, and numbers that go by that."""

    call: Callable
    size: Size  # for which it was made
    plans: tuple[Plan, ...]
    places: tuple[Place, ...]  # of the numbers
    full: Numbers  # where there are as many rows as it has room for


class Way(NamedTuple):
    """How a run becomes one of the compiled program."""

    size: Size
    cut: tuple[tuple[Rows | None, ...], ...]  # the arrays among the outputs
    form: Any  # the structure of the results
    masked: Masked | None = None  # what runs, where that is not the program that was compiled for more rows
    told: tuple[tuple[Any, ...], tuple[Any, ...]] = ((), ())  # to what is masked: how many rows, and the numbers

    @property
    def key(self) -> tuple[Any, Any, bool]:
        """How many rows run as how many, and whether that is masked."""
        extents = self.size.extents
        small, large = tuple([extent.small for extent in extents]), tuple([extent.large for extent in extents])
        alone = len(extents) == 1
        return small[0] if alone else small, large[0] if alone else large, self.masked is not None

    def inputs(self, given: tuple) -> tuple:
        """The inputs as the program takes them."""
        return self.size.padded(given)

    def run(self, masked: Masked, arguments: tuple) -> tuple | None:
        """The results for these arguments; None where an index is not that of a row that is there."""
        leaves = jax.tree.leaves((*arguments[:-1], self.inputs(arguments[-1])))
        results, holds = masked.call(leaves, *self.told)
        return jax.tree.unflatten(self.form, results) if bool(holds) else None

    def outputs(self, found: tuple) -> tuple:
        """The outputs, less what the padding made."""
        leaves = jax.tree.leaves(found)
        return jax.tree.unflatten(self.form.children()[0], [
            self.size.cut(*pair) for pair in zip(leaves, self.cut, strict=True)])


def is_worth_it(stage: DeviceStage) -> bool:
    """Whether padding may ever do for this stage."""
    return bool(stage.inputs) and not stage.is_trip and (_is_plain(stage) or _may_be_masked(stage))


def _is_plain(stage: DeviceStage) -> bool:
    """Whether it draws and writes nothing, and all its results have as many rows."""
    return (fast.on("padding") and not stage.written and not stage.streams and bool(stage.outputs)
            and not any(tensor.get_shape().is_fully_defined() for tensor in stage.outputs))


def _may_be_masked(stage: DeviceStage) -> bool:
    return fast.on("masking") and any(t not in stage.static and not t.get_shape().is_fully_defined() for t in stage.inputs)


class Padding:
    """What is known of the sizes that one program has run with."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.ran: dict[Any, int] = {}  # how often so many rows ran as so many, masked or not
        self._ways: dict[Any, Way | None] = {}
        self._runs: dict[Any, int] = {}
        self._asked: Any = None  # the sizes of the run under way
        self._spent: dict[Any, float] = {}  # seconds in masked runs of some sizes
        self._compiling = 0.0  # seconds that the first run of a masked program took
        self._failed: dict[Any, int] = {}  # proofs, by whether they were of what is masked, and what differed
        self._plain = _is_plain(program.stage)
        self._maskable = _may_be_masked(program.stage)
        self._room: list[tuple[Any, Outline]] = []  # what is masked, by the static values, and for which arguments
        self._traced: dict[Any, Any] = {}  # for more rows
        self._edges: dict[Any, Any] = {}  # what is proved already, by the static values
        self.masked: dict[Any, Masked] = {}
        self._warm: set[int] = set()  # those of them that have run

    def way(self, static: dict, static_key: tuple, arguments: tuple) -> Way | None:
        """How to run with these arguments on a program compiled for more rows; None where it gets one of its own."""
        shapes = shapes_of(arguments[-1])
        key = (static_key, *shapes)
        if key not in self._ways:
            self._ways[key] = self._found(static, static_key, arguments, shapes)
        way = self._ways[key]
        if way is not None:
            self._runs[key] = self._runs.get(key, 0) + 1
            often = self._runs[key] > OFTEN and (way.masked is None or way.size.is_wasteful)
            if often or self._spent.get(key, 0.0) > PAYS * self._compiling:
                way = self._ways[key] = None
        self._asked = key
        return way

    def note(self, way: Way, seconds: float) -> None:
        """Takes note of a run, and how long it took."""
        self.ran[way.key] = self.ran.get(way.key, 0) + 1
        if way.masked is not None and id(way.masked) not in self._warm:
            self._warm.add(id(way.masked))
            self._compiling = max(self._compiling, seconds, getattr(way.masked.call, "seconds", 0.0))
        elif way.masked is not None:
            self._spent[self._asked] = self._spent.get(self._asked, 0.0) + seconds

    def lines(self) -> list[str]:
        """What to say of the runs that were padded."""
        return [f"{_shown(small)} rows run as {_shown(large)}{', masked' if masked else ''}: "
                f"{count} run{'s' if count > 1 else ''}"
                for (small, large, masked), count in sorted(self.ran.items(), key=_in_order)]

    def give_up(self, static_key: tuple, arguments: tuple) -> None:
        """Runs of these arguments are not padded any more."""
        self._ways[(static_key, *shapes_of(arguments[-1]))] = None

    def _found(self, static: dict, static_key: tuple, arguments: tuple, shapes: list[Any]) -> Way | None:
        from lowering.programs.program import outline_of

        given = jax.tree.map(outline_of, arguments)
        known = self._known(static_key, given)
        larger = sorted((size for size in known if size.fits), key=lambda size: size.volume)
        if larger and self._plain:
            found = self._proved(static, static_key, larger[0], given, False)
            if found is not None:
                return Way(larger[0], found.cut, found.form)
        size = self._roomy(static_key, given, known, larger) if self._maskable else None
        found = None if size is None else self._proved(static, static_key, size, given, True)
        return None if found is None or size is None else self._told(static, static_key, size, found)

    def _known(self, static_key: tuple, given: Outline) -> list[Size]:
        """What it is compiled for that differs from what is given in a size or two alone."""
        from lowering.programs.program import static_key_of

        outlines = [wide for other, wide in self.program.variants if static_key_of(other) == static_key]
        outlines += [wide for key, wide in self._room if key == static_key]
        shapes = shapes_of(given[-1])
        return [size for wide in outlines if wide[:-1] == given[:-1]
                and (size := extents.compared(shapes, wide)) is not None]

    def _roomy(self, static_key: tuple, given: Outline, known: list[Size], larger: list[Size]) -> Size | None:
        """For how many rows a program is masked in which so many find room; None where they get one of their own."""
        room = [size for size in larger if (static_key, size.wide) in self._room]
        for size in (*room, *(larger[:1] if len(known) < SIZES else [])):
            if not size.is_sparse(SPARSE):
                return size
        if len(known) < SIZES or not all(size.is_formed_as(given) for size in known):
            return None
        size = extents.with_room(known, given, SPARSE)
        return None if size is None or size.is_sparse(SPARSE) else size

    def _proved(self, static: dict, static_key: tuple, size: Size, given: Outline, masks: bool) -> Proved | None:
        """The proof that what is behind the rows changes nothing. After a few that failed no more is tried."""
        kind = masks, tuple([extent.places for extent in size.extents])
        if self._failed.get(kind, 0) >= TRIALS or sum(self._failed.values()) >= 2 * TRIALS:
            return None
        function = self.program.function(static, [])

        def trace(outline: Outline) -> tuple[Any, Any]:
            key = static_key, tuple(shapes_of(outline[-1]))
            found = self._traced.get(key)
            if found is None:
                program, results = jax.make_jaxpr(function, return_shape=True)(*outline)
                found = program, jax.tree.structure(results)
                if outline is not given:
                    self._traced[key] = found
            return found

        found = proving.proved(trace, size, given, masks, self._edges.setdefault(static_key, {}))
        if found is None and not size.coincides:
            self._failed[kind] = self._failed.get(kind, 0) + 1
        return found

    def _told(self, static: dict, static_key: tuple, size: Size, found: Proved) -> Way:
        """The program for more rows, made to be told how many there are, and what it is told now."""
        about = static_key, tuple(shapes_of(size.wide[-1]))
        for key, masked in self.masked.items():
            if key[:2] == about and (told := _told(masked, size, found)) is not None:
                return Way(size, found.cut, found.form, masked, told)
        program, _ = self._traced[about]
        options_told = options.compiler_options(self.program.stage.nodes)
        places = tuple(sorted(found.numbers, key=repr))
        plans = [(plan, extent.large) for plan, extent in zip(found.plans, size.extents, strict=True)]
        call = masking.compiled(plans, places, program, options_told, self.program.begin)
        told_plans = [(plan.key, large) for plan, large in plans], places
        call = kept.masked(self.program, static, size.wide, told_plans, call) or call
        masked = Masked(call, size, found.plans, places, found.full)
        self.masked[*about, len(self.masked)] = masked
        self._room.append((static_key, size.wide))
        told = _told(masked, size, found)
        assert told is not None
        return Way(size, found.cut, found.form, masked, told)


def _told(masked: Masked, size: Size, found: Proved) -> tuple[tuple[Any, ...], tuple[Any, ...]] | None:
    """What is told to a masked program for these sizes: how many rows there are of each of its own, and the numbers. None
    where it was made for others."""
    ours = {extent.places: (extent.small, plan.key) for extent, plan in zip(size.extents, found.plans, strict=True)}
    counts = []
    for extent, plan in zip(masked.size.extents, masked.plans, strict=True):
        small, key = ours.pop(extent.places, (extent.large, plan.key))
        if key != plan.key:
            return None
        counts.append(np.int32(small))
    numbers = {**masked.full, **found.numbers}
    if ours or not set(found.numbers) <= set(masked.places) <= set(numbers):
        return None
    return tuple(counts), tuple([numbers[place] for place in masked.places])


def _in_order(item: tuple) -> list[int]:
    (small, large, _), _ = item
    return np.ravel([small, large]).tolist()


def _shown(rows: Any) -> str:
    return " by ".join(map(str, rows)) if isinstance(rows, tuple) else str(rows)
