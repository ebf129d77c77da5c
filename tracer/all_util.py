"""`make_all`: a module's `__all__`, from the names that documentation marks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from types import ModuleType


def make_all(module_name: str, doc_string_modules: Iterable[ModuleType] | None = None) -> list[str]:
    """The names marked `@@name` in the documentation of modules which the module `module_name` has.

    >>> __all__ = make_all(__name__)

    Args:
        module_name: the module whose `__all__` it will be.
        doc_string_modules: the modules whose documentation is read; by default that one.
    """
    module = sys.modules[module_name]
    marked: set[str] = set()
    for documented in [module] if doc_string_modules is None else doc_string_modules:
        marked.update(re.findall(r"^@@(\w+)\s*$", documented.__doc__ or "", re.MULTILINE))
    return sorted(name for name in marked if hasattr(module, name))
