"""The parts of the module `imp` in use, for a Python that has dropped it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from importlib import reload
from types import ModuleType
from typing import Any

__all__ = ["load_source", "new_module", "reload"]


def load_source(name: str, pathname: str, file: Any = None) -> ModuleType:
    """Runs the source file as module `name`."""
    spec = importlib.util.spec_from_file_location(name, pathname)
    if spec is None or spec.loader is None:
        raise ImportError(f"{pathname} is not a Python source file", name=name, path=pathname)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def new_module(name: str) -> ModuleType:
    """An empty module."""
    return ModuleType(name)
