"""`tf.contrib`, package by package, each loaded when it is first named."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

_ELSEWHERE = {"skflow": "tracer.contrib.learn", "legacy_seq2seq": "tracer.nn.seq2seq"}  # before, and in 1.0


def __getattr__(name: str) -> Any:
    path = _ELSEWHERE.get(name, f"{__name__}.{name}")
    if name.startswith("_") or importlib.util.find_spec(path) is None:
        raise AttributeError(f"tf.contrib.{name} has no counterpart in Tracer yet")
    package = importlib.import_module(path)
    if sys.modules.get("tensorflow") is sys.modules["tracer"]:
        _load_paths_below(name)
    return package


def __dir__() -> list[str]:
    import pkgutil

    return sorted({*globals(), *(module.name for module in pkgutil.iter_modules(__path__))})


def _load_paths_below(name: str) -> None:
    """As in 0.8, `tf.contrib.layers.python.layers` is there without an import of its own."""
    from tracer.legacy.table import MODULES

    start = f"tensorflow.contrib.{name}."
    for path in MODULES:
        if path.startswith(start):
            importlib.import_module(path)
