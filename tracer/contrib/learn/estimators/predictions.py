"""What `predict` of an `Estimator` gives where it is asked for one example after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


class Predictions:
    """Predictions one after the other, computed batch by batch; as an array where they are all wanted at once."""

    def __init__(self, batches: Iterator[Any], chosen: Callable[[Any], Any] | None = None) -> None:
        self._examples = self._each(batches, chosen or (lambda value: value))
        self._kept: list[Any] | None = None

    @staticmethod
    def _each(batches: Iterator[Any], chosen: Callable[[Any], Any]) -> Iterator[Any]:
        for batch in batches:
            if isinstance(batch, dict):
                count = min(len(value) for value in batch.values())
                for at in range(count):
                    yield chosen({key: value[at] for key, value in batch.items()})
            else:
                for value in batch:
                    yield chosen(value)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._examples)

    next = __next__  # as programs of Python 2 call it

    def _all(self) -> list[Any]:
        if self._kept is None:
            self._kept = list(self._examples)
            self._examples = iter(self._kept)
        return self._kept

    def __len__(self) -> int:
        return len(self._all())

    def __getitem__(self, key: Any) -> Any:
        return self._all()[key]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._all(), dtype=dtype)
