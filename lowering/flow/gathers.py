"""Rows of a table that conditionals and loops gather: where their gradients are found, and which rows they were.

A `Gather` in a region is met once for each round of the loops around it. The zeros that a gradient is taken by, and the
indices, are kept for it as one array with an axis for the rounds of a scan, or as a tuple with one item for each round of
a loop that is unrolled; None stands for a branch that was not taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from lowering.checks import Checks
from lowering.kernels.arrays import ArrayGrowsError
from lowering.plan import varying
from tracer.ir import Operation, Region, Tensor

SCANNED = "scanned"
"""How a loop went whose rounds are an axis of what is kept; else it is their number."""
CHOSEN = "chosen"
"""How a conditional went of which only the run knows it; else it is the number of the branch. The rows of the branch that is
not taken are zeros for row 0."""
_SUMS = {"ScatterAdd": 2, "ScatterSub": 2, "UnsortedSegmentSum": 0}
_OF_ZEROS_NOTHING = {**_SUMS, "SparseApplyAdagrad": 3}  # with the place of the rows among the inputs
_LINEAR = frozenset({"Mul", "Div", "Neg", "Identity", "Cast"})
_ZERO_OF_ZEROS = frozenset({*_LINEAR, "Square"})
_NUMBERS = frozenset({"L2Loss", "Sum"})


class MoreRoundsError(ArrayGrowsError):
    """A loop ran more often than there was room to keep what its rounds took: it needs room for as many."""

    def __init__(self, node: Operation, rounds: int) -> None:
        super().__init__(None, node, f"The loop ran {rounds} times, and there is no room for that in this program.")
        self.rounds = int(rounds)


@dataclass(frozen=True)
class HasRoom:
    """What the check says that a loop ran no more often than there was room."""

    node: Operation

    def __call__(self, rounds: Any) -> MoreRoundsError:
        return MoreRoundsError(self.node, rounds)


def have_room(checks: Checks) -> Any:
    """Whether all loops of a program had room; None where there are no such."""
    found = [holds for check, holds in zip(checks.table, checks.results, strict=True) if isinstance(check.message, HasRoom)]
    return jnp.stack(found).all() if found else None


class Inside:
    """What the `Gather`s in one region of a conditional or a loop are given, and what is kept of them."""

    def __init__(self, node: Operation, region: Region, context: Any) -> None:
        self.node = node
        self.region = region
        self.context = context
        self.gathers = sorted((op for op in context.watched if region.holds(op)), key=lambda op: op._id)
        self.holders = list(dict.fromkeys(holder for op in self.gathers for holder, _ in _path(op, region)))

    def deltas(self) -> list[Any]:
        """What the rows are differentiated by."""
        return [self.context.deltas.get(op) for op in self.gathers]

    def deltas_of(self, round: Any) -> list[Any]:
        """The same for one round of a loop."""
        return [_of_round(one, round) for one in self.deltas()]

    def enter(self, child: Any, deltas: list[Any] | None) -> None:
        """Gives them to `child`, in which the region is evaluated."""
        pairs = zip(self.gathers, deltas or (), strict=False)
        child.deltas = {**child.deltas, **{op: delta for op, delta in pairs if delta is not None}}

    def left(self, child: Any) -> tuple[list[Any], list[Any]]:
        """The indices that were taken, and how the conditionals and loops went."""
        return [child.taken.get(op) for op in self.gathers], [child.courses.get(op) for op in self.holders]

    def keep_all(self, found: list[tuple[list[Any], list[Any]]]) -> None:
        """Keeps what rounds left that were unrolled."""
        self.keep([tuple(taken[i] for taken, _ in found) for i in range(len(self.gathers))],
                  [tuple(courses[i] for _, courses in found) for i in range(len(self.holders))], len(found))

    def keep(self, taken: list[Any], courses: list[Any], course: Any) -> None:
        """Keeps what was left, and how the operation itself went."""
        self.context.taken.update(zip(self.gathers, taken, strict=True))
        self.context.courses.update(zip(self.holders, courses, strict=True))
        self.context.courses[self.node] = course


def _of_round(kept: Any, round: Any) -> Any:
    return kept[round] if isinstance(kept, tuple) and isinstance(round, int) else jax.tree.map(lambda a: a[round], kept)


def _path(gather: Operation, outermost: Any) -> list[tuple[Operation, int]]:
    """The conditionals and loops around `gather` that stand in the region `outermost`, with the numbers of their regions."""
    found: list[tuple[Operation, int]] = []
    op = gather
    while op.region is not outermost:
        holder = varying.holder(op)
        assert holder is not None
        found.append((holder, holder.regions.index(op.region)))
        op = holder
    return found[::-1]


class Collected(NamedTuple):
    """What is known of the rows after a run: by `Gather`, or by conditional and loop."""

    deltas: dict[Operation, Any]  # the gradients
    taken: dict[Operation, Any]  # the indices
    courses: dict[Operation, Any]

    def of_round(self, number: int, inside: list[Operation]) -> Collected:
        """Those of one round of a loop that was unrolled."""
        deltas, taken, courses = ({op: one[op][number] for op in inside if one.get(op) is not None} for one in self)
        return Collected(deltas, taken, courses)

    def pieces(self, gathers: Iterable[Operation], at: Any, table: Any) -> list[tuple[Any, Any]]:
        """The rows of gradients and their indices, for `gathers` in or inside of the region `at`, as TensorFlow gives them.

        A branch that was not taken has zeros for all rows of the `table`. A loop begins with zeros for row 0, and the
        rounds follow from the last to the first.
        """
        found: list[tuple[Any, Any]] = []
        seen: set[Operation] = set()
        gathers = list(gathers)
        for gather in gathers:
            path = _path(gather, at)
            if not path and self.taken.get(gather) is not None:  # else nothing needed its result
                found.append((self.deltas[gather].reshape(-1, *table.shape[1:]), self.taken[gather].reshape(-1)))
            elif path and path[0][0] not in seen:
                holder = path[0][0]
                seen.add(holder)
                inside = [op for op in gathers if any(region.holds(op) for region in holder.regions)]
                kind = gather.inputs[1].dtype.base_dtype.array_dtype
                found += (self._of_branches if holder.type == "Cond" else self._of_rounds)(holder, inside, table, kind)
        return found

    def _of_branches(self, holder: Operation, gathers: list[Operation], table: Any, kind: Any) -> list[tuple[Any, Any]]:
        found: list[tuple[Any, Any]] = []
        for i, region in enumerate(holder.regions):
            inside = [op for op in gathers if region.holds(op)]
            if inside and self.courses.get(holder) in (i, CHOSEN):
                found += self.pieces(inside, region, table)
            elif inside and holder in self.courses:
                found.append((jnp.zeros(table.shape, table.dtype), jnp.arange(table.shape[0], dtype=kind)))
        return found

    def _of_rounds(self, holder: Operation, gathers: list[Operation], table: Any, kind: Any) -> list[tuple[Any, Any]]:
        row, region = table.shape[1:], holder.regions[1]
        found: list[tuple[Any, Any]] = [(jnp.zeros((1, *row), table.dtype), jnp.zeros(1, kind))]
        if self.courses.get(holder) == SCANNED:
            def one(deltas: list[Any], taken: list[Any]) -> tuple[Any, Any]:
                of_each = dict(zip(gathers, deltas, strict=True)), dict(zip(gathers, taken, strict=True))
                return joined(Collected(*of_each, self.courses).pieces(gathers, region, table), table, kind)

            values, indices = jax.vmap(one)([self.deltas.get(op) for op in gathers], [self.taken.get(op) for op in gathers])
            return [*found, (values[::-1].reshape(-1, *row), indices[::-1].reshape(-1))]
        inside = [*gathers, *(op for gather in gathers for op, _ in _path(gather, region))]
        for number in reversed(range(self.courses.get(holder) or 0)):
            found += self.of_round(number, inside).pieces(gathers, region, table)
        return found


def joined(pieces: list[tuple[Any, Any]], table: Any, kind: Any) -> tuple[Any, Any]:
    """All rows of gradients of a `table`, and all indices, one after the other."""
    if not pieces:
        return jnp.zeros((0, *table.shape[1:]), table.dtype), jnp.zeros(0, kind)
    return jnp.concatenate([values for values, _ in pieces]), jnp.concatenate([indices for _, indices in pieces])


def are_added_up(values: Tensor, indices: Tensor, readers: Callable[[Tensor], Iterable[Any]]) -> bool:
    """Whether all that comes of the rows of a gradient is their sum, so that one sum for each row of the table does."""
    return _go_to(values, indices, readers, _LINEAR, _SUMS)


def zeros_are_nothing(values: Tensor, indices: Tensor, readers: Callable[[Tensor], Iterable[Any]]) -> bool:
    """Whether further rows that hold zeros change nothing of what comes of the rows of a gradient."""
    return _go_to(values, indices, readers, _ZERO_OF_ZEROS, _OF_ZEROS_NOTHING)


def _passes_on(op: Operation, rows: set[Tensor], passing: frozenset[str]) -> bool:
    numbers = [t for t in op.inputs if t not in rows]
    if op.type not in passing or any(t.sizes != () for t in numbers) or (op.type == "Div" and op.inputs[1] in rows):
        return False
    return (op.type == "Mul" or op.inputs[0] in rows) and (passing is not _LINEAR or len(numbers) == len(op.inputs) - 1)


def _go_to(values: Tensor, indices: Tensor, readers: Callable[[Tensor], Iterable[Any]], passing: frozenset[str],
           ends: dict[str, int]) -> bool:
    """Whether the rows go to `ends` alone, by operations of `passing`; None among the readers stands for the caller."""
    stack, rows = [values], {values}
    while stack:
        tensor = stack.pop()
        for op in readers(tensor):
            if op is None:
                return False
            if _passes_on(op, rows, passing):
                if op.outputs[0] not in rows:
                    stack += op.outputs
                    rows.update(op.outputs)
            elif op.type in _NUMBERS and passing is _ZERO_OF_ZEROS and op.outputs[0].sizes == ():
                continue
            elif op.type not in ends or op.inputs[ends[op.type]] is not tensor or indices not in op.inputs:
                return False
    return all(op is not None and op.type in ends and op.inputs[ends[op.type]] in rows for op in readers(indices))
