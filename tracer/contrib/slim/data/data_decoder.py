"""What takes records apart."""

from __future__ import annotations

import abc
from typing import Any

__all__ = ["DataDecoder"]


class DataDecoder(abc.ABC):
    """Makes items, which are tensors with names, from a record."""

    @abc.abstractmethod
    def decode(self, data: Any, items: list[str]) -> list[Any]:
        """The tensors of `items` from the record `data`."""

    @abc.abstractmethod
    def list_items(self) -> list[str]:
        """The names of all items."""
