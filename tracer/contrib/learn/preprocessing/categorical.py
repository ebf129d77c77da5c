"""Columns of categories as columns of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tracer.contrib.learn.io.data_feeder import setup_processor_data_feeder
from tracer.contrib.learn.preprocessing.categorical_vocabulary import CategoricalVocabulary


class CategoricalProcessor:
    """Numbers the categories of each column; missing ones (NaN) and unknown ones are 0.

    >>> list(learn.preprocessing.CategoricalProcessor().fit_transform([["a", "x"], ["b", "x"]]))
    [array([1, 1]), array([2, 1])]

    Args:
        min_frequency: categories must occur more often than this to be known.
        share: whether all columns have one vocabulary.
        vocabularies: those of the columns, if there are some already.
    """

    def __init__(self, min_frequency: int = 0, share: bool = False, vocabularies: list | None = None) -> None:
        self.min_frequency = min_frequency
        self.share = share
        self.vocabularies_ = vocabularies

    def freeze(self, freeze: bool = True) -> None:
        """From now on, new categories are unknown (or, with False, get numbers again)."""
        for vocabulary in self.vocabularies_ or ():
            vocabulary.freeze(freeze)

    def fit(self, X: Iterable[Any], unused_y: Any = None) -> CategoricalProcessor:
        """Numbers the categories of `X`, a matrix or rows one by one."""
        for row in setup_processor_data_feeder(X):
            vocabularies = self._vocabularies(len(row))
            for vocabulary, value in zip(vocabularies, row, strict=False):
                if not _is_missing(value):
                    vocabulary.add(value)
        if self.min_frequency > 0:
            for vocabulary in dict.fromkeys(self.vocabularies_ or ()):
                vocabulary.trim(self.min_frequency)
        self.freeze()
        return self

    def _vocabularies(self, columns: int) -> list[CategoricalVocabulary]:
        if self.vocabularies_ is None:
            self.vocabularies_ = ([CategoricalVocabulary()] * columns if self.share
                                  else [CategoricalVocabulary() for _ in range(columns)])
        return self.vocabularies_

    def fit_transform(self, X: Iterable[Any], unused_y: Any = None) -> Iterator[np.ndarray]:
        """`fit`, then `transform`, of the same rows."""
        self.fit(X)
        return self.transform(X)

    def transform(self, X: Iterable[Any]) -> Iterator[np.ndarray]:
        """The rows of `X` as numbers."""
        self.freeze()
        for row in setup_processor_data_feeder(X):
            vocabularies = self._vocabularies(len(row))
            yield np.array([0 if _is_missing(value) else vocabulary.get(value)
                            for vocabulary, value in zip(vocabularies, row, strict=False)], np.int64)


def _is_missing(value: Any) -> bool:
    return isinstance(value, float) and np.isnan(value)
