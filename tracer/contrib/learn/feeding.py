"""Arrays as the input of an `Estimator`: batch by batch, through placeholders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tracer import dtypes
from tracer.contrib.learn.io import extract_dask_data, extract_pandas_data, extract_pandas_labels
from tracer.ops import array


class ArrayInput:
    """The input of a model that arrays are fed to.

    Args:
        x, y: the features (an array, or a dict of them) and labels of all examples; `y` may be None.
        batch_size: how many examples a batch has; by default all.
        shuffle: whether the examples come in another order in each round.
        epochs: how many rounds there are; None for ever.
    """

    def __init__(self, x: Any, y: Any, batch_size: int | None, shuffle: bool, epochs: int | None) -> None:
        self._x = {key: _array(value) for key, value in x.items()} if isinstance(x, Mapping) else _array(_extracted(x))
        self._y = None if y is None else _labels(y)
        first = next(iter(self._x.values())) if isinstance(self._x, Mapping) else self._x
        self.count = len(first)
        self._batch = min(batch_size or self.count, self.count)
        self._shuffle, self._epochs = shuffle, epochs
        self._random = np.random.RandomState(42)
        self._order = self._new_order()
        self._at, self._round = 0, 0
        self._placeholders: list[tuple[Any, np.ndarray]] = []

    def _new_order(self) -> np.ndarray:
        return self._random.permutation(self.count) if self._shuffle else np.arange(self.count)

    def input_fn(self) -> tuple[Any, Any]:
        """The placeholders `input` and `output`."""
        self._placeholders = []
        if isinstance(self._x, Mapping):
            features = {key: self._placeholder(value, f"input_{key}") for key, value in self._x.items()}
        else:
            features = self._placeholder(self._x, "input")
        return features, None if self._y is None else self._placeholder(self._y, "output")

    def _placeholder(self, values: np.ndarray, name: str) -> Any:
        kind = dtypes.string if values.dtype.kind in "OSU" else dtypes.as_dtype(values.dtype)
        made = array.placeholder(kind, [None, *values.shape[1:]], name=name)
        self._placeholders.append((made, values))
        return made

    def feed(self) -> dict[Any, Any]:
        """What to feed for the next batch. Raises StopIteration after the last."""
        if self._epochs is not None and self._round >= self._epochs:
            raise StopIteration
        rows = self._order[self._at:self._at + self._batch]
        self._at += len(rows)
        if self._at >= self.count:
            self._at, self._round, self._order = 0, self._round + 1, self._new_order()
        return {tensor: values[rows] for tensor, values in self._placeholders}


def _extracted(x: Any) -> Any:
    return extract_pandas_data(extract_dask_data(x))


def _array(values: Any) -> np.ndarray:
    found = np.asarray(list(values) if hasattr(values, "__next__") else values)
    if found.dtype == np.float64:
        return found.astype(np.float32)
    return found


def _labels(y: Any) -> np.ndarray:
    found = np.asarray(extract_pandas_labels(list(y) if hasattr(y, "__next__") else y))
    if found.dtype == np.float64:
        return found.astype(np.float32)
    return found.astype(np.int64) if found.dtype.kind in "iub" else found


def chosen(x: Any, y: Any, input_fn: Callable | None, batch_size: int | None, shuffle: bool,
           epochs: int | None) -> tuple[Callable, Callable[[], dict] | None, ArrayInput | None]:
    """The input function of an estimator, and what feeds it where it is made of arrays.

    Raises ValueError where both are given, or neither.
    """
    if input_fn is None:
        if x is None:
            raise ValueError("Either x or input_fn must be provided.")
        arrays = ArrayInput(x, y, batch_size, shuffle, epochs)
        return arrays.input_fn, arrays.feed, arrays
    if x is not None or y is not None:
        raise ValueError("Can not provide both input_fn and x or y.")
    if batch_size is not None:
        raise ValueError("Can not provide both input_fn and batch_size.")
    return input_fn, None, None
