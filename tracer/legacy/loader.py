"""Imports for legacy code: its modules are translated, and its own `random.py` is its own alone.

Under Python 2 a file named `types.py` or `random.py` beside a script did little harm. Today the standard library and
JAX would import it. So every import of a standard name, or of a library we need, finds the installed module; only
legacy code, which has an `__import__` of its own, gets the file beside it, and `sys.modules` does not know that file.
"""

from __future__ import annotations

import builtins
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from tracer.legacy.environment import gives
from tracer.legacy.sources import OUR_LIBRARIES, OUR_PACKAGES, PROJECT

if TYPE_CHECKING:
    from tracer.legacy.installation import Installation

PROTECTED = frozenset(sys.stdlib_module_names) | OUR_LIBRARIES
# What Python 2.7 or 3.5 had imported before a script's first line: for these the script, too, got the installed module.
LOADED_AT_START = frozenset(
    "abc builtins codecs encodings errno genericpath io linecache os posix posixpath re signal site stat sys sysconfig "
    "traceback types warnings weakref zipimport".split()
)


class LegacyLoader(SourceFileLoader):
    """Reads a user's module as legacy code. Never writes a .pyc: plain Python must not find our translation."""

    def __init__(self, fullname: str, path: str, installation: Installation) -> None:
        super().__init__(fullname, path)
        self.installation = installation

    def get_code(self, fullname: str) -> CodeType:
        return self._compiled()[0]

    def exec_module(self, module: ModuleType) -> None:
        code, python = self._compiled()
        vars(module)["__builtins__"] = vars(self.installation.builtins_for(python))
        exec(code, vars(module))

    def _compiled(self) -> tuple[CodeType, int]:
        from tracer.legacy.python2 import compile_source

        installation = self.installation
        return compile_source(self.get_data(self.path), self.path, installation.options.python, installation.python)


class LegacyFinder:
    """Finds the user's modules for translation, and protected names away from the user's folders."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """Implements the finder protocol; None leaves the name to the next finder."""
        user_code = self._installation.user_code
        if path is None:
            if fullname in OUR_PACKAGES:  # the halves of one project, wherever another copy of it is installed
                return PathFinder.find_spec(fullname, [PROJECT])
            if fullname in PROTECTED:
                return PathFinder.find_spec(fullname, user_code.installed_folders())
        elif not any(user_code.owns_folder(folder) for folder in path):
            return None
        return legacy_spec(PathFinder.find_spec(fullname, path), self._installation)


def legacy_spec(spec: ModuleSpec | None, installation: Installation) -> ModuleSpec | None:
    """The spec with our loader when its source is the user's; None for anything else."""
    if spec is None or type(spec.loader) is not SourceFileLoader or not installation.user_code.owns(spec.origin):
        return None
    spec.loader = LegacyLoader(spec.name, spec.loader.path, installation)
    spec.cached = None
    return spec


class LegacyImport:
    """The `__import__` of legacy code."""

    def __init__(self, installation: Installation, python: int) -> None:
        self._installation = installation
        self._python = python

    def __call__(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        fromlist = fromlist or ()
        level = max(level, 0)  # Python 2 had -1 for "relative, then absolute"
        if level == 0 and self._is_sibling(name, globals):
            level = 1
        if level:
            module = self._import_relative(name, globals, locals, fromlist, level)
        elif self._is_local(name):
            module = self._import_local(name, fromlist)
        else:
            module = self._import_absolute(name, globals, locals, fromlist)
        if "*" in fromlist and isinstance(globals, dict) and module is sys.modules.get("tracer"):
            _add_younger_names(globals)
        return module

    def _import_absolute(self, name: str, globals: Any, locals: Any, fromlist: Sequence[str]) -> ModuleType:
        """The ordinary import, answered with a stand-in where legacy code expects names that are gone."""
        stand_ins = self._installation.stand_ins
        wanted = name if fromlist else name.partition(".")[0]
        made = stand_ins.made_up(name, self._python)
        if made is None:
            module = builtins.__import__(name, globals, locals, fromlist and ("__name__",), 0)
            answer = stand_ins.instead_of(wanted, module, self._python)
            below = [item for item in fromlist if not gives(answer, item)]
            if below:
                builtins.__import__(name, globals, locals, below, 0)
            return answer
        if wanted == name:
            return made
        module = stand_ins.parent_of_made_up(wanted)
        return stand_ins.instead_of(wanted, module, self._python)

    def _is_sibling(self, name: str, globals: Mapping[str, Any] | None) -> bool:
        """Whether `import b`, inside package a, means a.b: always in Python 2 source, else when b is nowhere else."""
        package = _package_of(globals)
        if not package or (globals or {}).get("absolute_import") is not None:
            return False
        path = getattr(self._find_package(package), "__path__", None)
        top = name.partition(".")[0]
        if path is None or not any(self._installation.user_code.owns_folder(folder) for folder in path):
            return False
        if PathFinder.find_spec(f"{package}.{top}", path) is None:
            return False
        return self._python == 2 or (top not in sys.modules and importlib.util.find_spec(top) is None)

    def _find_package(self, package: str) -> ModuleType | None:
        return self._installation.local_modules.get(package) or sys.modules.get(package)

    def _import_relative(self, name: str, globals: Any, locals: Any, fromlist: Sequence[str], level: int) -> ModuleType:
        package = _package_of(globals)
        if package.partition(".")[0] not in self._installation.local_modules:
            return builtins.__import__(name, globals, locals, fromlist, level)
        full = importlib.util.resolve_name("." * level + name, package)
        if fromlist:
            return self._import_local(full, fromlist)
        self._load_local(full)
        return self._load_local(full[: len(full) - len(name)] + name.partition(".")[0])

    def _is_local(self, name: str) -> bool:
        """Whether a protected name is that of a file beside the script, which legacy code means."""
        top = name.partition(".")[0]
        if top not in PROTECTED or top in LOADED_AT_START:
            return False
        return top in self._installation.local_modules or self._local_spec(top) is not None

    def _local_spec(self, name: str) -> ModuleSpec | None:
        parent = name.rpartition(".")[0]
        path = self._load_local(parent).__path__ if parent else self._installation.user_code.folders()
        return legacy_spec(PathFinder.find_spec(name, path), self._installation)

    def _import_local(self, name: str, fromlist: Sequence[str]) -> ModuleType:
        module = self._load_local(name)
        if not fromlist:
            return self._load_local(name.partition(".")[0])
        if "*" in fromlist:
            fromlist = [*fromlist, *getattr(module, "__all__", ())]
        if hasattr(module, "__path__"):
            for item in fromlist:
                if item != "*" and not hasattr(module, item) and self._local_spec(f"{name}.{item}"):
                    self._load_local(f"{name}.{item}")
        return module

    def _load_local(self, name: str) -> ModuleType:
        modules = self._installation.local_modules
        if name in modules:
            return modules[name]
        parent, _, child = name.rpartition(".")
        spec = self._local_spec(name)
        if spec is None or spec.loader is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        module = importlib.util.module_from_spec(spec)
        modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            modules.pop(name, None)
            raise
        if parent:
            setattr(modules[parent], child, module)
        return module


def _add_younger_names(namespace: dict[str, Any]) -> None:
    """Gives `from tensorflow import *` the names of 0.9 to 0.12, save those that 0.8 left with another meaning there."""
    import tracer
    from tracer import younger

    for name in younger.known("tracer"):
        if name not in namespace:
            namespace[name] = getattr(tracer, name)


def _package_of(globals: Mapping[str, Any] | None) -> str:
    if not globals:
        return ""
    package = globals.get("__package__")
    if package is None:
        name = globals.get("__name__") or ""
        package = name if "__path__" in globals else name.rpartition(".")[0]
    return package
