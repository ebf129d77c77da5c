"""The ways of splitting examples that scikit-learn had in `cross_validation`: told the number of examples at once, they
were iterated over; today's, in `model_selection`, are told how many parts to make and get the examples later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import model_selection


class _Splits:
    """Pairs of index arrays: to train with, and to test with."""

    def __init__(self, splitter: Any, n: int, y: Any = None) -> None:
        self.n = n
        self._splitter = splitter
        self._y = y

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return self._splitter.split(np.zeros((self.n, 1)), self._y)

    def __len__(self) -> int:
        return self._splitter.get_n_splits(np.zeros((self.n, 1)), self._y)


class KFold(_Splits):
    """`n_folds` parts of `n` examples, each the test part once."""

    def __init__(self, n: int, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> None:
        self.n_folds = n_folds
        super().__init__(model_selection.KFold(n_folds, shuffle=shuffle, random_state=random_state), n)


class StratifiedKFold(_Splits):
    """The same, with as much of each class in every part."""

    def __init__(self, y: Any, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> None:
        self.y, self.n_folds = np.asarray(y), n_folds
        splitter = model_selection.StratifiedKFold(n_folds, shuffle=shuffle, random_state=random_state)
        super().__init__(splitter, len(self.y), self.y)


class LeaveOneOut(_Splits):
    """Each of `n` examples is the test part once."""

    def __init__(self, n: int) -> None:
        super().__init__(model_selection.LeaveOneOut(), n)


class ShuffleSplit(_Splits):
    """`n_iter` times a test part drawn anew."""

    def __init__(self, n: int, n_iter: int = 10, test_size: Any = 0.1, train_size: Any = None,
                 random_state: Any = None) -> None:  # fmt: skip
        self.n_iter = n_iter
        super().__init__(model_selection.ShuffleSplit(
            n_iter, test_size=test_size, train_size=train_size, random_state=random_state), n)  # fmt: skip


class StratifiedShuffleSplit(_Splits):
    """The same, with as much of each class in every part."""

    def __init__(self, y: Any, n_iter: int = 10, test_size: Any = 0.1, train_size: Any = None,
                 random_state: Any = None) -> None:  # fmt: skip
        self.y, self.n_iter = np.asarray(y), n_iter
        super().__init__(model_selection.StratifiedShuffleSplit(
            n_iter, test_size=test_size, train_size=train_size, random_state=random_state), len(self.y), self.y)  # fmt: skip
