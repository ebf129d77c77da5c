"""Batches of arrays, of iterators and of dask's tables, as what a training step is fed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tracer import dtypes
from tracer.contrib.learn.io import dask_io, pandas_io
from tracer.contrib.learn.io.dask_io import extract_dask_data as extract_dask_data
from tracer.contrib.learn.io.dask_io import extract_dask_labels as extract_dask_labels
from tracer.contrib.learn.io.pandas_io import extract_pandas_data as extract_pandas_data
from tracer.contrib.learn.io.pandas_io import extract_pandas_labels as extract_pandas_labels
from tracer.contrib.learn.io.pandas_io import extract_pandas_matrix as extract_pandas_matrix
from tracer.ir import Tensor
from tracer.ops import array as array_operations

SEED = 42  # of the order of the rows, unless the caller brings a generator


def __getattr__(name: str) -> Any:
    if name in ("HAS_PANDAS", "HAS_DASK"):
        return getattr(pandas_io if name == "HAS_PANDAS" else dask_io, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def check_array(array: Any, dtype: Any) -> np.ndarray:
    """`array` as a NumPy array of `dtype`."""
    return np.asarray(array, dtype=dtype)


class _Feeder:
    """What feeders have in common: the placeholders, and labels as rows of zeros and a one.

    `input_shape` and `output_shape` are those of one row.
    """

    def __init__(self, n_classes: int, batch_size: int, input_shape: list[int], input_dtype: Any,
                 output_shape: list[int] | None) -> None:
        self.n_classes = n_classes
        self.batch_size = batch_size
        self.input_shape = input_shape
        self.input_dtype = np.dtype(input_dtype)
        self.output_shape = output_shape
        self.output_dtype = np.dtype(np.float32)
        self._input_placeholder: Tensor | None = None
        self._output_placeholder: Tensor | None = None
        self._epoch_placeholder: Tensor | None = None

    def input_builder(self) -> tuple[Tensor, Tensor | None]:
        """Makes the placeholders of features and targets; None for targets that there are none of."""
        kind = dtypes.as_dtype(self.input_dtype)
        self._input_placeholder = array_operations.placeholder(kind, [None, *self.input_shape], name="input")
        if self.output_shape is not None:
            self._output_placeholder = array_operations.placeholder(
                dtypes.float32, [None, *self.output_shape], name="output")
        return self._input_placeholder, self._output_placeholder

    def set_placeholders(self, input_placeholder: Tensor, output_placeholder: Tensor | None) -> None:
        """Feeds these placeholders from now on."""
        self._input_placeholder = input_placeholder
        self._output_placeholder = output_placeholder

    def make_epoch_variable(self) -> Tensor:
        """Makes the placeholder of the number of times that all rows have been given."""
        self._epoch_placeholder = array_operations.placeholder(dtypes.int32, [], name="epoch")
        return self._epoch_placeholder

    def get_feed_params(self) -> dict[str, Any]:
        """Where it stands."""
        return {"batch_size": self.batch_size}

    def _fed(self, features: Any, targets: Any) -> dict[str, Any]:
        assert self._input_placeholder is not None, "input_builder() or set_placeholders() comes first"
        fed = {self._input_placeholder.name: features}
        if self._output_placeholder is not None and targets is not None:
            fed[self._output_placeholder.name] = self._encoded(targets)
        return fed

    def _encoded(self, targets: np.ndarray) -> np.ndarray:
        """Classes as rows of zeros and a one, where there are classes."""
        if self.n_classes <= 1:
            return np.asarray(targets, np.float32)
        encoded = np.zeros((*targets.shape, self.n_classes), np.float32)
        encoded.reshape(-1, self.n_classes)[np.arange(targets.size), targets.reshape(-1).astype(np.int64)] = 1
        return encoded


def _row_of_targets(sizes: tuple[int, ...], n_classes: int) -> list[int]:
    """The shape of one row of targets; a single column is none."""
    row = list(sizes[1:] if sizes[:1] == (1,) else sizes)
    return [*row, n_classes] if n_classes > 1 else row


class DataFeeder(_Feeder):
    """Gives batches of the rows of arrays, in a random order, a new one each time round.

    Args:
        X: the features: a matrix, or an array of more dimensions. int64 stays what it is, all else becomes float32.
        y: the targets, or None.
        n_classes: how many classes the targets are of; 0 (or 1) where they are numbers.
        batch_size: how many rows make a batch. The last one of a round may have fewer.
        random_state: the generator of the order; `np.random.RandomState(42)` by default.
    """

    def __init__(self, X: Any, y: Any, n_classes: int, batch_size: int, random_state: Any = None) -> None:
        X = np.asarray(X)
        self.X = check_array(X, np.int64 if X.dtype == np.int64 else np.float32)
        if self.X.ndim == 1:
            self.X = self.X.reshape(-1, 1)
        self.y = None if y is None else check_array(y, np.int64 if n_classes > 1 else np.float32)
        targets = None if self.y is None else _row_of_targets(self.y.shape[1:], n_classes)
        super().__init__(n_classes, batch_size, list(self.X.shape[1:]), self.X.dtype, targets)
        if self.y is not None and self.y.ndim > 1 and self.y.shape[1] == 1:
            self.y = self.y[:, 0]
        self.random_state = np.random.RandomState(SEED) if random_state is None else random_state
        self.indices = self.random_state.permutation(len(self.X))
        self.offset = 0
        self.epoch = 0

    def get_feed_params(self) -> dict[str, Any]:
        """The round, the place in it and the size of a batch."""
        return {"epoch": self.epoch, "offset": self.offset, "batch_size": self.batch_size}

    def get_feed_dict_fn(self) -> Callable[[], dict[str, Any]]:
        """A function that gives what the next step is fed."""

        def next_batch() -> dict[str, Any]:
            rows = self.indices[self.offset:self.offset + self.batch_size]
            fed = self._fed(self.X[rows], None if self.y is None else self.y[rows])
            if self._epoch_placeholder is not None:
                fed[self._epoch_placeholder.name] = self.epoch
            self.offset += len(rows)
            if self.offset >= len(self.X):
                self.indices = self.random_state.permutation(len(self.X))
                self.offset = 0
                self.epoch += 1
            return fed

        return next_batch


class StreamingDataFeeder(_Feeder):
    """Gives batches of what two iterators give, row by row, until one of them ends.

    Args:
        X: an iterator of rows of features.
        y: an iterator of targets, or None.
        n_classes: how many classes the targets are of; 0 (or 1) where they are numbers.
        batch_size: how many rows make a batch.
    """

    def __init__(self, X: Iterable[Any], y: Iterable[Any] | None, n_classes: int, batch_size: int) -> None:
        first, self.X = _peeked(iter(X))
        first = np.asarray(first)
        targets = None
        self.y: Iterator[Any] | None = None
        if y is not None:
            target, self.y = _peeked(iter(y))
            targets = _row_of_targets(np.shape(target), n_classes)
        kind = np.int64 if first.dtype == np.int64 else np.float32
        super().__init__(n_classes, batch_size, list(first.shape) or [1], kind, targets)
        self.stopped = False

    def get_feed_dict_fn(self) -> Callable[[], dict[str, Any]]:
        """A function that gives what the next step is fed; StopIteration when there is nothing more."""

        def next_batch() -> dict[str, Any]:
            features, targets = [], []
            for row in () if self.stopped else itertools.islice(self.X, self.batch_size):
                try:
                    target = None if self.y is None else next(self.y)
                except StopIteration:
                    break
                features.append(np.asarray(row, self.input_dtype).reshape(self.input_shape))
                targets.append(target)
            self.stopped = len(features) < self.batch_size
            if not features:
                raise StopIteration
            return self._fed(np.stack(features), None if self.y is None else self._stacked(targets))

        return next_batch

    def _stacked(self, targets: list[Any]) -> np.ndarray:
        assert self.output_shape is not None
        row = self.output_shape[:-1] if self.n_classes > 1 else self.output_shape
        return np.stack([np.asarray(target).reshape(row) for target in targets])


class DaskDataFeeder(_Feeder):
    """Gives random rows of tables of dask, which need not fit into memory.

    Args:
        X: the features: a table.
        y: the targets: a column, or a table of one.
        n_classes: how many classes the targets are of; 0 (or 1) where they are numbers.
        batch_size: about how many rows make a batch.
        random_state: a generator or a seed; 42 by default.
    """

    def __init__(self, X: Any, y: Any, n_classes: int, batch_size: int, random_state: Any = None) -> None:
        self.X, self.y = extract_dask_data(X), extract_dask_labels(y)
        if self.y is not None and n_classes > 1:
            n_classes = max(n_classes, int(self.y.max().compute()) + 1)
        targets = None if y is None else _row_of_targets((), n_classes)
        super().__init__(n_classes, batch_size, [len(self.X.columns)], np.float32, targets)
        self.random_state = (random_state if isinstance(random_state, np.random.RandomState)
                             else np.random.RandomState(SEED if random_state is None else random_state))
        self._fraction = min(batch_size / len(self.X), 1.0)

    def get_feed_dict_fn(self, input_placeholder: Tensor | None = None,
                         output_placeholder: Tensor | None = None) -> Callable[[], dict[str, Any]]:
        """A function that gives what the next step is fed."""
        if input_placeholder is not None:
            self.set_placeholders(input_placeholder, output_placeholder)

        def next_batch() -> dict[str, Any]:
            seed = int(self.random_state.randint(2 ** 31))
            while True:
                features = self.X.sample(frac=self._fraction, random_state=seed).compute()
                if len(features):
                    break
                seed += 1
            targets = None if self.y is None else self.y.compute().loc[features.index].values
            return self._fed(features.values.astype(np.float32), targets)

        return next_batch


def _peeked(iterator: Iterator[Any]) -> tuple[Any, Iterator[Any]]:
    """The first element, and an iterator that still gives it."""
    try:
        first = next(iterator)
    except StopIteration:
        raise ValueError("An iterator of features or targets gives nothing.") from None
    return first, itertools.chain([first], iterator)


def _is_iterator(X: Any) -> bool:
    return hasattr(X, "next") or hasattr(X, "__next__")


def _plain(X: Any, y: Any) -> tuple[Any, Any]:
    """Tables of pandas as arrays."""
    X = extract_pandas_data(X)
    return X, None if y is None else extract_pandas_labels(y)


def setup_train_data_feeder(X: Any, y: Any, n_classes: int, batch_size: int) -> Any:
    """The feeder for features and targets: arrays, tables of pandas or dask, or iterators of rows.

    ValueError when only one of them is an iterator.
    """
    if dask_io.is_dask(X):
        return DaskDataFeeder(X, y, n_classes, batch_size)
    X, y = _plain(X, y)
    if not _is_iterator(X):
        return DataFeeder(X, y, n_classes, batch_size)
    if y is not None and not _is_iterator(y):
        raise ValueError("Both X and y should be iterators for streaming learning to work.")
    return StreamingDataFeeder(X, y, n_classes, batch_size)


def setup_predict_data_feeder(X: Any, batch_size: int | None = -1) -> Any:
    """Batches of rows: an iterator of them, or a list where `X` is no iterator. All rows when `batch_size` is -1."""
    batch_size = -1 if batch_size is None else batch_size
    if dask_io.is_dask(X):
        X = X.compute()
    X = extract_pandas_data(X)
    if _is_iterator(X):
        return _batches(X, batch_size)
    X = np.asarray(X)
    if X.ndim == 1:
        X = X.reshape(-1, 1)
    if batch_size > 0:
        return [X[start:start + batch_size] for start in range(0, len(X), batch_size)]
    return [X]


def _batches(X: Iterator[Any], batch_size: int) -> Iterator[np.ndarray]:
    while batch := list(itertools.islice(X, batch_size if batch_size > 0 else None)):
        yield np.array(batch)


def setup_processor_data_feeder(X: Any) -> Any:
    """The rows of a table of pandas, or `X` itself: what a processor goes over."""
    return extract_pandas_matrix(X)
