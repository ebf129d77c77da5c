"""`tensorflow.python.framework.registry`: objects kept by name, each registered once, with the place that did it."""

from __future__ import annotations

import os
import traceback
from typing import Any

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Registry:
    """Objects by name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._registry: dict[str, dict[str, Any]] = {}  # by this name, since programs of the time look into it

    def register(self, candidate: Any, name: str | None = None) -> None:
        """Keeps `candidate` as `name`, its own `__name__` by default. KeyError when that name is taken."""
        name = name or str(candidate.__name__)
        if name in self._registry:
            file, line, function, _ = self._registry[name]["location"]
            raise KeyError(f"Registering two {self._name} with name {name!r} !(Previous registration was in "
                           f"{function} {file}:{line})")
        self._registry[name] = {"type": candidate, "location": self._caller()}

    @staticmethod
    def _caller() -> tuple[str, int | None, str, str | None]:
        """The innermost place outside of this package, as a line of a stack: file, line, function, text."""
        stack = traceback.extract_stack(limit=8)
        caller = next((frame for frame in reversed(stack) if not frame.filename.startswith(_OWN_FOLDER)), stack[-1])
        return caller.filename, caller.lineno, caller.name, caller.line

    def list(self) -> list[str]:
        """The registered names."""
        return list(self._registry)

    def lookup(self, name: str) -> Any:
        """What was registered as `name`. LookupError when nothing was."""
        if name not in self._registry:
            raise LookupError(f"{self._name} registry has no entry for: {name}")
        return self._registry[name]["type"]
