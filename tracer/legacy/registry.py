"""`tensorflow.python.framework.registry`: objects kept by name, each registered once, with the place that did it."""

from __future__ import annotations

import traceback
from typing import Any


class Registry:
    """Objects by name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._entries: dict[str, tuple[Any, str]] = {}

    def register(self, candidate: Any, name: str | None = None) -> None:
        """Keeps `candidate` as `name`, its own `__name__` by default. KeyError when that name is taken."""
        name = name or str(candidate.__name__)
        if name in self._entries:
            before = self._entries[name][1]
            raise KeyError(f"Registering two {self._name} with name {name!r}! (Previous registration was at {before})")
        caller = traceback.extract_stack(limit=2)[0]
        self._entries[name] = (candidate, f"{caller.filename}:{caller.lineno}")

    def list(self) -> list[str]:
        """The registered names."""
        return list(self._entries)

    def lookup(self, name: str) -> Any:
        """What was registered as `name`. LookupError when nothing was."""
        if name not in self._entries:
            raise LookupError(f"{self._name} registry has no entry for: {name}")
        return self._entries[name][0]
