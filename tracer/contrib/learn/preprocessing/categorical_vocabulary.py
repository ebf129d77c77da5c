"""Categories as numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any


class CategoricalVocabulary:
    """Numbers categories as they come, from 1 on; 0 is the unknown.

    >>> vocabulary = learn.preprocessing.CategoricalVocabulary()
    >>> vocabulary.get("a"), vocabulary.get("b"), vocabulary.get("a")
    (1, 2, 1)

    Args:
        unknown_token: what stands for 0.
        support_reverse: whether `reverse` can be asked.
    """

    def __init__(self, unknown_token: str = "<UNK>", support_reverse: bool = True) -> None:
        self._unknown_token = unknown_token
        self._mapping: dict[Any, int] = {unknown_token: 0}
        self._support_reverse = support_reverse
        self._reverse_mapping: list[Any] = [unknown_token] if support_reverse else []
        self._freq: Counter[Any] = Counter()
        self._freeze = False

    def __len__(self) -> int:
        """How many categories it knows, the unknown one among them."""
        return len(self._mapping)

    def freeze(self, freeze: bool = True) -> None:
        """From now on, new categories are unknown (or, with False, get numbers again)."""
        self._freeze = freeze

    def get(self, category: Any) -> int:
        """The number of `category`, which gets the next one when it is new."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._append(category)
        return self._mapping[category]

    def _append(self, category: Any) -> None:
        self._mapping[category] = len(self._mapping)
        if self._support_reverse:
            self._reverse_mapping.append(category)

    def add(self, category: Any, count: int = 1) -> None:
        """Counts `category`, if it is not unknown."""
        if self.get(category) > 0:
            self._freq[category] = self._freq.get(category, 0) + count

    def trim(self, min_frequency: int, max_frequency: int = -1) -> None:
        """Keeps the categories that were counted more often than `min_frequency`, numbered from the most frequent on.

        With `max_frequency`, those counted as often as that or more go as well.
        """
        # Among equally frequent ones: what is no string first, then in order.
        order = sorted(self._freq.items(), key=lambda item: (isinstance(item[0], str), item[0]))
        order.sort(key=lambda item: item[1], reverse=True)
        self._mapping = {self._unknown_token: 0}
        self._reverse_mapping = [self._unknown_token] if self._support_reverse else []
        self._freq = Counter()
        for category, count in order:
            if count > min_frequency and not 0 < max_frequency <= count:
                self._append(category)
                self._freq[category] = count

    def reverse(self, class_id: int) -> Any:
        """The category that has this number."""
        if not self._support_reverse:
            raise ValueError("This vocabulary wasn't initalized with support_reverse to support reverse() function.")
        return self._reverse_mapping[class_id]
