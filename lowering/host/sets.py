"""Sets along the last dimension of tensors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from lowering.registry import lowers

_Sets = dict[tuple[int, ...], set]

_OPERATIONS: dict[str, Callable[[set, set], set]] = {
    "a-b": lambda a, b: a - b,
    "b-a": lambda a, b: b - a,
    "intersection": lambda a, b: a & b,
    "union": lambda a, b: a | b,
}


def _of_sparse(indices: Any, values: Any, shape: Any, validate_indices: bool) -> tuple[_Sets, tuple[int, ...]]:
    """The sets of a sparse tensor by their places, and the sizes of all but the last dimension."""
    sizes = tuple(int(size) for size in shape)
    if len(sizes) < 2:
        raise ValueError(f"Invalid input rank {len(sizes)}, sets are along the last of at least 2 dimensions.")
    if validate_indices:
        _check_indices(indices, sizes)
    sets: _Sets = {}
    for place, value in zip(indices.tolist(), values.tolist(), strict=True):
        sets.setdefault(tuple(place[:-1]), set()).add(value)
    return sets, sizes[:-1]


def _check_indices(indices: Any, sizes: tuple[int, ...]) -> None:
    before = None
    for i, place in enumerate(indices.tolist()):
        if not all(0 <= index < size for index, size in zip(place, sizes, strict=True)):
            problem = "is out of bounds"
        elif before is not None and place <= before:
            problem = "is repeated" if place == before else "is out of order"
        else:
            before = place
            continue
        raise ValueError(f"indices[{i}] = [{','.join(map(str, place))}] {problem}")


def _of_dense(values: Any) -> tuple[_Sets, tuple[int, ...]]:
    if values.ndim < 2:
        raise ValueError(f"Invalid input rank {values.ndim}, sets are along the last of at least 2 dimensions.")
    outer = values.shape[:-1]
    return {place: set(values[place].tolist()) for place in np.ndindex(*outer)}, outer


def _combined(first: tuple[_Sets, tuple[int, ...]], second: tuple[_Sets, tuple[int, ...]], operation: str,
              dtype: Any) -> tuple[Any, Any, Any]:
    """The parts of the sparse tensor of results."""
    (a, sizes), (b, others) = first, second
    if sizes != others:
        raise ValueError(f"Mismatched group shapes {list(sizes)} and {list(others)} of two tensors of sets.")
    if operation not in _OPERATIONS:
        raise ValueError(f"Invalid set_operation {operation}.")
    combine = _OPERATIONS[operation]
    found = {place: sorted(combine(a.get(place, set()), b.get(place, set()))) for place in sorted({*a, *b})}
    indices = [(*place, i) for place, elements in found.items() for i in range(len(elements))]
    values = list(itertools.chain.from_iterable(found.values()))
    longest = max(map(len, found.values()), default=0)
    return (np.array(indices, np.int64).reshape(-1, len(sizes) + 1), np.array(values, dtype),
            np.array([*sizes, longest], np.int64))


@lowers("SetSize", host=True)
def set_size(set_indices: Any, set_values: Any, set_shape: Any, *, validate_indices: bool) -> Any:
    sets, sizes = _of_sparse(set_indices, set_values, set_shape, validate_indices)
    counts = np.zeros(sizes, np.int32)
    for place, elements in sets.items():
        counts[place] = len(elements)
    return counts


@lowers("DenseToDenseSetOperation", host=True)
def dense_to_dense_set_operation(set1: Any, set2: Any, *, set_operation: str) -> Any:
    return _combined(_of_dense(set1), _of_dense(set2), set_operation, set1.dtype)


@lowers("DenseToSparseSetOperation", host=True)
def dense_to_sparse_set_operation(set1: Any, set2_indices: Any, set2_values: Any, set2_shape: Any, *,
                                  set_operation: str, validate_indices: bool) -> Any:
    second = _of_sparse(set2_indices, set2_values, set2_shape, validate_indices)
    return _combined(_of_dense(set1), second, set_operation, set1.dtype)


@lowers("SparseToSparseSetOperation", host=True)
def sparse_to_sparse_set_operation(
    set1_indices: Any, set1_values: Any, set1_shape: Any, set2_indices: Any, set2_values: Any, set2_shape: Any, *,
    set_operation: str, validate_indices: bool,
) -> Any:
    first = _of_sparse(set1_indices, set1_values, set1_shape, validate_indices)
    second = _of_sparse(set2_indices, set2_values, set2_shape, validate_indices)
    return _combined(first, second, set_operation, set1_values.dtype)
