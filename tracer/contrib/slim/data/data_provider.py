"""What hands out the items of a data set."""

from __future__ import annotations

from typing import Any

__all__ = ["DataProvider"]


class DataProvider:
    """Hands out tensors by the names of items.

    Args:
        items_to_tensors: the tensors.
        num_samples: how many samples there are.
    """

    def __init__(self, items_to_tensors: dict[str, Any], num_samples: int) -> None:
        self._items_to_tensors = items_to_tensors
        self._num_samples = num_samples

    def get(self, items: list[str]) -> list[Any]:
        """The tensors of `items`. Raises ValueError for a name that is not known.

        >>> image, label = provider.get(["image", "label"])
        """
        unknown = [item for item in items if item not in self._items_to_tensors]
        if unknown:
            raise ValueError(f"Items {unknown} are not among {self.list_items()}.")
        return [self._items_to_tensors[item] for item in items]

    def list_items(self) -> list[str]:
        """The names of all items."""
        return list(self._items_to_tensors)

    def num_samples(self) -> int:
        """How many samples there are."""
        return self._num_samples
