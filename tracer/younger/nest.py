"""`tensorflow.python.util.nest` of TensorFlow 0.9 to 0.12: sequences within sequences, as the states of cells are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

__all__ = ["assert_same_structure", "flatten", "is_sequence", "map_structure", "pack_sequence_as"]


def is_sequence(seq: Any) -> bool:
    """Whether it is a sequence, and no text."""
    return isinstance(seq, Sequence) and not isinstance(seq, str | bytes)


def flatten(nest: Any) -> list[Any]:
    """What is in the sequences of a structure, in order; a list of one for what is no sequence."""
    return list(_leaves(nest)) if is_sequence(nest) else [nest]


def _leaves(nest: Any) -> Iterator[Any]:
    for item in nest:
        if is_sequence(item):
            yield from _leaves(item)
        else:
            yield item


def assert_same_structure(nest1: Any, nest2: Any) -> None:
    """Raises ValueError when the sequences are not built alike, and TypeError when their types are not the same."""
    one, other = flatten(nest1), flatten(nest2)
    if len(one) != len(other):
        raise ValueError("The two structures don't have the same number of elements. "
                         f"First structure: {nest1}, second structure: {nest2}.")
    _assert_alike(nest1, nest2)


def _assert_alike(nest1: Any, nest2: Any) -> None:
    if is_sequence(nest1) != is_sequence(nest2):
        raise ValueError("The two structures don't have the same nested structure. "
                         f"First structure: {nest1}, second structure: {nest2}.")
    if not is_sequence(nest1):
        return
    if type(nest1) is not type(nest2):
        raise TypeError("The two structures don't have the same sequence type. First structure has type "
                        f"{type(nest1)}, while second structure has type {type(nest2)}.")
    for one, other in zip(nest1, nest2, strict=True):
        _assert_alike(one, other)


def pack_sequence_as(structure: Any, flat_sequence: Any) -> Any:
    """The elements of a list in the sequences of `structure`."""
    if not is_sequence(flat_sequence):
        raise TypeError("flat_sequence must be a sequence")
    if not is_sequence(structure):
        if len(flat_sequence) != 1:
            raise ValueError(f"Structure is a scalar but len(flat_sequence) == {len(flat_sequence)} > 1")
        return flat_sequence[0]
    count = len(flatten(structure))
    if count != len(flat_sequence):
        raise ValueError(f"Could not pack sequence. Structure had {count} elements, but flat_sequence had "
                         f"{len(flat_sequence)} elements.  Structure: {structure}, flat_sequence: {flat_sequence}.")
    return _packed(structure, iter(flat_sequence))


def _packed(structure: Any, items: Iterator[Any]) -> Any:
    made = [_packed(part, items) if is_sequence(part) else next(items) for part in structure]
    return type(structure)(*made) if hasattr(structure, "_fields") else type(structure)(made)


def map_structure(func: Callable, *structure: Any) -> Any:
    """`func` of the elements of structures that are built alike, in one such structure."""
    for other in structure[1:]:
        assert_same_structure(structure[0], other)
    return pack_sequence_as(structure[0], [func(*items) for items in zip(*map(flatten, structure), strict=True)])
