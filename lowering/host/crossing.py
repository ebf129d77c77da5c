"""Rules of features crossed and of numbers sorted into buckets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lowering.host.fingerprints import fingerprint64
from lowering.host.strings import objects
from lowering.registry import lowers
from tracer import dtypes

_MASK, _MOST = (1 << 64) - 1, (1 << 63) - 1
_SEED = 0xDECAFCAFFE
_FACTOR = 0xC6A4A7935BD1E995


def _combined(a: int, b: int) -> int:
    quarter = (a - (1 << 64) if a >> 63 else a) >> 4  # the sign comes along
    return a ^ (b + 0x9E3779B97F4A7800 + (a << 10) + quarter & _MASK)


def _joined(a: int, b: int) -> int:
    """FarmHash's fingerprint of two fingerprints."""
    mixed = b * _FACTOR & _MASK
    value = ((a ^ _FACTOR) ^ ((mixed ^ mixed >> 47) * _FACTOR & _MASK)) * _FACTOR & _MASK
    value = (value ^ value >> 47) * _FACTOR & _MASK
    return value ^ value >> 47


def _columns(indices: Sequence[Any], values: Sequence[Any], dense: Sequence[Any]) -> list[list[list[Any]]]:
    """The values of each feature in each row."""
    rows = max([int(np.max(places[:, 0], initial=-1)) + 1 for places in indices] + [len(one) for one in dense], default=0)
    found = []
    for places, items in zip(indices, values, strict=True):
        column: list[list[Any]] = [[] for _ in range(rows)]
        for row, item in zip(places[:, 0].tolist(), np.asarray(items).tolist(), strict=True):
            column[row].append(item)
        found.append(column)
    return found + [np.asarray(one).tolist() for one in dense]


def _crossed(indices: Any, values: Any, shapes: Any, dense: Any, make: Any, kind: dtypes.DType) -> tuple:
    rows = [list(itertools.product(*row)) for row in zip(*_columns(indices, values, dense), strict=False)]
    count = max([int(shape[0]) for shape in shapes] + [len(one) for one in dense], default=len(rows))
    places = [(row, at) for row, combinations in enumerate(rows) for at in range(len(combinations))]
    made = [make(combination) for combinations in rows for combination in combinations]
    whole = np.array([count, max(map(len, rows), default=0)], np.int64)
    result = objects(made) if kind is dtypes.string else np.array(made, np.int64)
    return np.array(places, np.int64).reshape(-1, 2), result, whole


def _text(item: Any) -> bytes:
    return item if isinstance(item, bytes) else str(item).encode()


def _number(item: Any) -> int:
    return fingerprint64(item) if isinstance(item, bytes) else item & _MASK


def _making(hashed_output: bool, start: int, join: Callable[[int, int], int], num_buckets: int) -> Callable[[tuple], Any]:
    """What gives the value of a combination: its text, or the number that its parts are joined to, from `start` on."""
    def number(combination: tuple) -> int:
        value = start
        for item in combination:
            value = join(value, _number(item))
        return value % (num_buckets or _MOST)

    return number if hashed_output else lambda combination: b"_X_".join(map(_text, combination))


@lowers("SparseFeatureCross", host=True)
def sparse_feature_cross(indices: Any, values: Any, shapes: Any, dense: Any, *, hashed_output: bool, num_buckets: int,
                         out_type: dtypes.DType) -> tuple:
    make = _making(hashed_output, _SEED, _combined, num_buckets)
    return _crossed(indices, values, shapes, dense, make, out_type)


@lowers("SparseFeatureCrossV2", host=True)
def sparse_feature_cross_v2(indices: Any, values: Any, shapes: Any, dense: Any, *, hashed_output: bool, num_buckets: int,
                            hash_key: int, out_type: dtypes.DType) -> tuple:
    make = _making(hashed_output, hash_key, _joined, num_buckets)
    return _crossed(indices, values, shapes, dense, make, out_type)
