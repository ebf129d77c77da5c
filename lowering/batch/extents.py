"""Which sizes of a program's inputs differ from those that it is compiled for: of the batch, of the sequences in it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering.batch.rowwise import Rows

MOST = 2
"""More sizes than that differ in no program that is tried."""
Outline = tuple
"""The shapes and types of a program's arguments."""


class Extent(NamedTuple):
    """A size that differs: what it is, what it may be, and which axes of which arrays among the inputs have it."""

    small: int
    large: int
    places: tuple[tuple[int, int], ...]


class Size(NamedTuple):
    """The sizes of a run that differ from those of the arguments `wide`, which a program is, or may be, compiled for."""

    extents: tuple[Extent, ...]
    wide: Outline

    @property
    def fits(self) -> bool:
        """Whether there is room for all."""
        return all(extent.small < extent.large for extent in self.extents)

    def is_formed_as(self, given: Outline) -> bool:
        """Whether inputs are arranged as in `given`, whatever their sizes: an array of arrays has a form for each."""
        return jax.tree.structure(self.wide[-1]) == jax.tree.structure(given[-1])

    @property
    def volume(self) -> int:
        """How large it is."""
        return math.prod(extent.large for extent in self.extents)

    @property
    def is_wasteful(self) -> bool:
        """Whether less than half of the room is used."""
        return 2 * math.prod(extent.small for extent in self.extents) < self.volume

    def is_sparse(self, times: int) -> bool:
        """Whether there is room for so many times as much."""
        return any(extent.large >= times * extent.small for extent in self.extents)

    def apart(self, given: Outline) -> Size:
        """The same, where no two sizes are as large as one another: a program for such is not like others."""
        first, *others = self.extents
        if not others or others[0].large != first.large:
            return self
        extents = first, others[0]._replace(large=first.large + 1)
        return Size(extents, self.widened(given, extents))

    @property
    def coincides(self) -> bool:
        """Whether one size is as large as another may be."""
        return len({number for extent in self.extents for number in extent[:2]}) < 2 * len(self.extents)

    def widened(self, given: Outline, extents: tuple[Extent, ...]) -> Outline:
        """The arguments `given`, of which some sizes are as large as they may be."""
        shapes = [[*shape] for shape in shapes_of(given[-1])]
        for extent in extents:
            for i, axis in extent.places:
                shapes[i][axis] = extent.large
        return _shaped(given, shapes)

    def padded(self, inputs: tuple) -> tuple:
        """The inputs of a run, with copies of what comes last behind it."""
        found, structure = jax.tree.leaves(inputs), jax.tree.structure(self.wide[-1])
        for extent in self.extents:
            for i, axis in extent.places:
                value = np.asarray(found[i])
                last = value[(slice(None),) * axis + (slice(-1, None),)]
                found[i] = np.concatenate([value, np.repeat(last, extent.large - extent.small, axis)], axis)
        return jax.tree.unflatten(structure, found)

    def cut(self, value: Any, rows: tuple[Rows | None, ...]) -> Any:
        """A result, without what the padding made of it; `rows` says of each size where it is."""
        found = [(state, extent) for state, extent in zip(rows, self.extents, strict=True) if state is not None]
        for state, extent in sorted(found, key=lambda pair: -pair[0].stretches):
            value = _cut(np.asarray(value), state, extent)
        return value


def _cut(value: np.ndarray, rows: Rows, extent: Extent) -> np.ndarray:
    before, stretches, axis = value.shape[:rows.axis], rows.stretches or 1, rows.axis + 1
    parts = value.reshape(*before, stretches, value.shape[rows.axis] // stretches, *value.shape[axis:])
    size = parts.shape[axis] * extent.small // extent.large
    return parts[(slice(None),) * axis + (slice(size),)].copy().reshape(*before, stretches * size, *value.shape[axis:])


def compared(shapes: list[Any], wide: Outline) -> Size | None:
    """The sizes that differ, where there are few and they are all that differs."""
    places: dict[tuple[int, int], list[tuple[int, int]]] = {}
    others = shapes_of(wide[-1])
    if len(shapes) != len(others):
        return None
    for i, (ours, theirs) in enumerate(zip(shapes, others, strict=True)):
        if len(ours) != len(theirs):
            return None
        for axis, pair in enumerate(zip(ours, theirs, strict=True)):
            if pair[0] != pair[1]:
                places.setdefault(pair, []).append((i, axis))
    if not 0 < len(places) <= MOST or any(0 in pair for pair in places):
        return None
    return Size(tuple([Extent(*pair, tuple(some)) for pair, some in places.items()]), wide)


def with_room(known: list[Size], given: Outline, times: int) -> Size | None:
    """Room for sizes: as much as anything had that is known to differ in them, up to the next power of two where it had
    less, and less than so many times as much."""
    shapes = [[_room(ours, max(others), times) if {ours} != set(others) else ours
               for ours, *others in zip(*array, strict=True)]
              for array in zip(shapes_of(given[-1]), *[shapes_of(size.wide[-1]) for size in known], strict=True)]
    size = compared(shapes_of(given[-1]), _shaped(given, shapes))
    return None if size is None else size.apart(given)


def _room(size: int, largest: int, times: int) -> int:
    most = 1 << size.bit_length()
    while 2 * most < times * size and most < largest:
        most *= 2
    return most if size >= largest else min(most, largest)


def _shaped(given: Outline, shapes: list[list[int]]) -> Outline:
    """The arguments `given`, with inputs of these shapes."""
    leaves, structure = jax.tree.flatten(given[-1])
    return *given[:-1], jax.tree.unflatten(structure, [
        jax.ShapeDtypeStruct(tuple(shape), value.dtype) for shape, value in zip(shapes, leaves, strict=True)])


def shapes_of(values: tuple) -> list[Any]:
    """The shapes of the arrays among inputs: all of them, or what several of them are in."""
    shapes = [getattr(value, "shape", None) for value in values]
    return [np.shape(leaf) for leaf in jax.tree.leaves(values)] if None in shapes else shapes
