"""Proves that a program goes through its batch row by row, so that rows behind the last change nothing before them.

So it may do with the steps of sequences. It takes the program as traced for two sizes of the batch. Both are the same
equations, apart from the size of one axis of some arrays. For each equation the proof says which axis of its results the
batch is, and that what the larger size gives along this axis begins with what the smaller one gives. What has no rule here,
sums over the batch among it, proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jax.extend import core

from lowering.programs import plain

FEW = 64
"""So many numbers that follow from constants alone, sizes among them, are computed for the proof."""


RESULTS = "results"
"""Stands in a path for the results of a program."""


ANY = 0
"""In the place of a number of stretches: what is the same all along an axis is so however that is divided."""


class Rows(NamedTuple):
    """The batch, or what else grows, is this axis of an array."""

    axis: int
    alike: bool  # whether copies of the last row, behind it, are copies in this array too
    stretches: int = 1  # how often the rows stand along the axis, once behind the other, as times of each of some sequences


class Joined(NamedTuple):
    """Arrays one behind the other along this axis, some of them with rows: what is added to a table by several look-ups."""

    axis: int
    parts: tuple[tuple[int, int, int], ...]  # how long each is for the small size and for the large one, and its stretches;
    # none where it is the same all along the axis


    @property
    def masked(self) -> tuple[tuple[int, int], ...]:
        """The parts, as a mask has them."""
        return tuple([(large, 0 if small == large else stretches or 1) for small, large, stretches in self.parts])


class _Unknown:
    """Nothing is proved."""


UNKNOWN = _Unknown()
State = Rows | Joined | _Unknown | None
"""What is known of an array; None is that it is the same for both sizes."""


Path = tuple[Any, ...]
"""The place of an equation: its number, behind those of the equations whose programs it is in."""


class Mask(NamedTuple):
    """What an operand of an equation holds along an axis behind the rows that are there."""

    operand: int
    axis: int
    fill: str  # a name in `lowering.batch.masking`
    stretches: int = 1
    parts: tuple[tuple[int, int], ...] = ()  # of what is joined: how long each is, and its stretches; 0 where it is whole


class Guard(NamedTuple):
    """The numbers of rows that an equation takes, or adds to, must be those of rows that are there."""

    source: int  # the axis of the rows among the dimensions of its first operand
    indices: int | None  # the axis of the batch among those of its indices
    stretches: int = 1  # of those


class Plan:
    """What has to be done to a program, so that rows behind the last change nothing: see `lowering.batch.masking`."""

    def __init__(self) -> None:
        self.masks: dict[Path, list[Mask]] = {}
        self.guards: dict[Path, Guard] = {}
        self.loops: dict[Path, bool] = {}  # scans of which a round is run for each row
        self.values: dict[Path, dict[int, np.ndarray]] = {}  # operands that are numbers for the smaller size
        self.full: dict[Path, dict[int, np.ndarray]] = {}  # the same for the larger one

    def forget(self, path: Path) -> None:
        """What was said of a program inside is said anew."""
        for table in (self.masks, self.guards, self.loops, self.values, self.full):
            for at in [at for at in table if at[:len(path)] == path]:
                del table[at]  # type: ignore[attr-defined]

    @property
    def key(self) -> Any:
        """Equal for plans that make the same program, whatever the numbers."""
        return (sorted((repr(at), masks) for at, masks in self.masks.items() if masks),
                sorted((repr(at), repr(guard)) for at, guard in self.guards.items()), sorted(map(repr, self.loops)))

    @property
    def form(self) -> Any:
        """Equal for plans that do the same, where another size, of what the stretches are, is another too."""
        alike = Plan()
        alike.masks = {at: [mask._replace(stretches=1, parts=tuple([(0, min(1, part[1])) for part in mask.parts]))
                            for mask in masks] for at, masks in self.masks.items()}
        alike.guards = {at: guard._replace(stretches=1) for at, guard in self.guards.items()}
        alike.loops = self.loops
        return alike.key


class Proof:
    """The proof for `small` rows padded to `large`; with a `plan`, for a program that is changed according to it."""

    def __init__(self, small: int, large: int, plan: Plan | None = None) -> None:
        self.small = small
        self.large = large
        self.plan = plan
        self.path: Path = ()
        self.conditions = 0  # of loops, around what is looked at

    def mask(self, *masks: Mask) -> bool:
        """Whether operands of the equation may be masked, which is noted then."""
        if self.plan is not None:
            self.plan.masks[self.path] = [*masks]
        return self.plan is not None

    def guard(self, guard: Guard) -> bool:
        """Whether it may be asked when it runs whether indices are those of rows that are there, which is noted then."""
        if self.plan is None or self.conditions:
            return False
        self.plan.guards[self.path] = guard
        return True

    def loop(self) -> bool:
        """Whether a scan may have as many rounds as there are rows, which is noted then."""
        if self.plan is not None:
            self.plan.loops[self.path] = True
        return self.plan is not None

    def within(self, part: Any, narrow: Any, wide: Any, states: Sequence[State]) -> list[State]:
        """As `of`, for a part of the equation."""
        path, self.path = self.path, (*self.path, part)
        try:
            return self.of(narrow, wide, states)
        finally:
            self.path = path

    def of(self, narrow: Any, wide: Any, states: Sequence[State]) -> list[State]:
        """The states of the results of a closed jaxpr, `narrow` for the small size, when its arguments have `states`."""
        one, other = getattr(narrow, "jaxpr", narrow), getattr(wide, "jaxpr", wide)
        lengths = [(len(part.eqns), len(part.constvars), len(part.invars), len(part.outvars)) for part in (one, other)]
        if one.effects or other.effects or lengths[0] != lengths[1]:
            return [UNKNOWN] * len(one.outvars)
        path = self.path
        if self.plan is not None:
            self.plan.forget(path)
        known: dict[Any, State] = {}
        values: dict[Any, tuple] = {}  # where they follow from constants alone
        pairs: dict[Any, Any] = {}  # the variables of the wide one, by those of the narrow one

        def write(ours: Sequence[Any], theirs: Sequence[Any], found: Sequence[State]) -> None:
            for a, b, state in zip(ours, theirs, found, strict=True):
                known[a], pairs[a] = self._checked(a.aval, b.aval, state), b

        def read(a: Any, b: Any, operand: int) -> State:
            pair = value(a, b)
            if self.plan is not None and pair is not None and _differs(*pair):
                for table, number in zip((self.plan.values, self.plan.full), pair, strict=True):
                    table.setdefault(self.path, {})[operand] = number
                return None
            if isinstance(a, core.Literal) or isinstance(b, core.Literal):
                both = isinstance(a, core.Literal) and isinstance(b, core.Literal)
                return self._constant(a.val, b.val) if both else UNKNOWN
            return known[a] if pairs[a] is b else UNKNOWN

        def value(a: Any, b: Any) -> tuple | None:
            if isinstance(a, core.Literal) and isinstance(b, core.Literal):
                return np.asarray(a.val), np.asarray(b.val)
            return None if isinstance(a, core.Literal) or pairs.get(a) is not b else values.get(a)

        def write_values(ours: Sequence[Any], theirs: Sequence[Any], found: list[tuple]) -> None:
            values.update((a, pair) for a, pair in zip(ours, found, strict=True) if max(x.size for x in pair) <= FEW)
            write(ours, theirs, [self._constant(*pair) for pair in found])

        constants = zip(getattr(narrow, "consts", ()), getattr(wide, "consts", ()), strict=False)
        constants = [(np.asarray(a), np.asarray(b)) for a, b in constants]
        write_values(one.constvars, other.constvars, constants)
        write(one.invars, other.invars, states)
        for number, (ours, theirs) in enumerate(zip(one.eqns, other.eqns, strict=True)):
            self.path = (*path, number)
            if ours.primitive is not theirs.primitive or len(ours.invars) != len(theirs.invars):
                self.path = path
                return [UNKNOWN] * len(one.outvars)
            pieces = [value(a, b) for a, b in zip(ours.invars, theirs.invars, strict=True)]
            if None not in pieces and _is_small(ours) and _is_small(theirs):
                one_by_one = (plain.apply(equation, [piece[i] for piece in pieces if piece is not None])
                              for i, equation in enumerate((ours, theirs)))
                found = list(zip(*one_by_one, strict=True))
                if all(_differs(*pair) or self._constant(*pair) is not UNKNOWN for pair in found):
                    write_values(ours.outvars, theirs.outvars, found)
                    continue
            given = [read(a, b, i) for i, (a, b) in enumerate(zip(ours.invars, theirs.invars, strict=True))]
            write(ours.outvars, theirs.outvars, self._equation(ours, theirs, given))
        self.path = (*path, RESULTS)
        found = [read(a, b, i) for i, (a, b) in enumerate(zip(one.outvars, other.outvars, strict=True))]
        self.path = path
        return found

    def _checked(self, ours: Any, theirs: Any, state: State) -> State:
        """`state`, where it goes with the shapes."""
        a, b = getattr(ours, "shape", None), getattr(theirs, "shape", None)
        if a is None or b is None or len(a) != len(b) or ours.dtype != theirs.dtype or isinstance(state, _Unknown):
            return UNKNOWN
        if state is None:
            return None if a == b else UNKNOWN
        if isinstance(state, Joined):
            sizes = tuple([sum(part[i] for part in state.parts) for i in range(2)])
            fits = not state.parts or (a[state.axis], b[state.axis]) == sizes
            return state if different(a, b) == state.axis and fits else UNKNOWN
        fits = state.axis == different(a, b) and a[state.axis] * self.large == b[state.axis] * self.small
        return state if fits and a[state.axis] % (self.small * (state.stretches or 1)) == 0 else UNKNOWN

    def _constant(self, a: Any, b: Any) -> State:
        """What is known of two values that stand in the programs themselves."""
        one, other = np.asarray(a), np.asarray(b)
        if _equal(one, other):
            return None
        axis = different(one.shape, other.shape) if one.ndim == other.ndim else None
        if axis is None:
            return UNKNOWN
        size, last = one.shape[axis], one.shape[axis] // self.small
        begins = np.split(other, [size], axis)
        alike = last and (other.shape[axis] - size) % last == 0 and _equal(
            begins[1], np.concatenate([np.split(one, [size - last], axis)[1]] * ((other.shape[axis] - size) // last), axis))
        everywhere = last and all(_equal(whole, np.repeat(whole.take([0], axis), whole.shape[axis], axis))
                                  for whole in (one, other))
        return Rows(axis, bool(alike), ANY if everywhere else 1) if _equal(begins[0], one) else UNKNOWN

    def _equation(self, ours: Any, theirs: Any, given: list[State]) -> list[State]:
        count = len(ours.outvars)
        if any(isinstance(state, _Unknown) for state in given):
            return [UNKNOWN] * count
        from lowering.batch.rowwise_rules import IN_STRETCHES, OF_JOINED, RULES

        name = ours.primitive.name
        rule = RULES.get(name)
        if name not in IN_STRETCHES and any(isinstance(state, Rows) and state.stretches > 1 for state in given):
            return [UNKNOWN] * count
        if name not in OF_JOINED and any(isinstance(state, Joined) for state in given):
            return [UNKNOWN] * count
        if rule is None:
            same = not any(given) and str(ours.params) == str(theirs.params)
            return [None if same else UNKNOWN] * count
        found = rule(self, ours, theirs, given)
        return found if isinstance(found, list) else [found] * count


def different(a: Sequence[Any], b: Sequence[Any]) -> int | None:
    """The one axis in which two shapes differ; None where that is not one."""
    axes = [i for i, (m, n) in enumerate(zip(a, b, strict=True)) if m != n]
    return axes[0] if len(axes) == 1 else None


def _is_small(equation: Any) -> bool:
    return all(math.prod(out.aval.shape) <= FEW for out in equation.outvars) and plain.follows(equation)


def _equal(a: Any, b: Any) -> bool:
    one, other = np.asarray(a), np.asarray(b)
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def _differs(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether these are other numbers of one shape."""
    return a.shape == b.shape and a.dtype == b.dtype and not _equal(a, b)


def merged(a: State, b: State) -> State:
    """What holds of an array that is one or the other."""
    if a == b:
        return a
    if isinstance(a, Rows) and isinstance(b, Rows) and a.axis == b.axis and (
            a.stretches == b.stretches or ANY in (a.stretches, b.stretches)):
        return Rows(a.axis, a.alike and b.alike, max(a.stretches, b.stretches))
    if isinstance(a, Joined) and isinstance(b, Joined) and a.axis == b.axis and not (a.parts and b.parts):
        return a if a.parts else b
    if isinstance(a, Joined) and isinstance(b, Joined) and a.axis == b.axis and len(a.parts) == len(b.parts) and all(
            one[:2] == two[:2] and (one[2] == two[2] or ANY in (one[2], two[2]))
            for one, two in zip(a.parts, b.parts, strict=True)):
        return Joined(a.axis, tuple([max(*pair) for pair in zip(a.parts, b.parts, strict=True)]))
    return UNKNOWN


def same(ours: Any, theirs: Any, *names: str) -> bool:
    """Whether both equations have the same parameters, or the same of these names."""
    return all(str(ours.params[name]) == str(theirs.params[name]) for name in names or ours.params)
