"""One installed legacy environment: its finders, its built-in names, and what has to be taken back at the end."""

from __future__ import annotations

import builtins
import importlib.machinery
import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType

from tracer.legacy import environment, imports
from tracer.legacy.helpers import HELPERS
from tracer.legacy.loader import LegacyFinder, LegacyImport
from tracer.legacy.options import Options
from tracer.legacy.shipped import ShippedFinder
from tracer.legacy.sources import UserCode

# The last resort of these two look-ups is a module of ours, so a file of that name beside the script comes first.
_LAST_RESORT_MODULES = ("input_data", "skflow", "six")


class Installation:
    """What `tracer.legacy.install` put into the process."""

    def __init__(self, options: Options, roots: Iterable[str]) -> None:
        self.options = options
        self.user_code = UserCode(roots)
        self.python = 3  # what the program as a whole was written for; its own files may say more
        self.local_modules: dict[str, ModuleType] = {}
        self.stand_ins = environment.StandIns(options, self.user_code)
        self._builtins: dict[int, ModuleType] = {}
        self._undo: list[Callable[[], object]] = []

    def begin(self) -> None:
        """Puts finders, `tensorflow` and patches in place."""
        imports.refuse_real_tensorflow()
        modules_before = dict(sys.modules)
        try:
            self._undo.append(lambda: self._forget_modules(modules_before))
            self._undo.append(imports.hide_tensorflow_from_tensorboard())
            self._insert_finder(0, imports.TensorflowFinder())
            self._insert_finder(0, ShippedFinder(self))
            self._insert_finder(_before_path_finder(), LegacyFinder(self))
            self._insert_finder(len(sys.meta_path), imports.LastResortFinder(self._last_resort_modules()))
            self._undo.append(imports.become_tensorflow())
            self._undo.extend(environment.apply_patches(self.options))
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Takes everything back, last first."""
        while self._undo:
            self._undo.pop()()

    def builtins_for(self, python: int) -> ModuleType:
        """The built-in names that legacy code of this Python sees: its own `__import__`, Python 2's `print` ..."""
        if python not in self._builtins:
            module = ModuleType("builtins", builtins.__doc__)
            vars(module).update(vars(builtins))
            vars(module).update(HELPERS)
            if python == 2:
                from tracer.legacy import python2_names

                vars(module).update(python2_names.builtin_names())
            module.__import__ = LegacyImport(self, python)  # type: ignore[attr-defined]
            self._builtins[python] = module
        return self._builtins[python]

    def _last_resort_modules(self) -> Sequence[str]:
        return _LAST_RESORT_MODULES if self.options.six else _LAST_RESORT_MODULES[:-1]

    def _insert_finder(self, position: int, finder: object) -> None:
        sys.meta_path.insert(position, finder)  # type: ignore[arg-type]
        self._undo.append(lambda: sys.meta_path.remove(finder))  # type: ignore[arg-type]

    def _forget_modules(self, before: dict[str, ModuleType]) -> None:
        """Drops what was imported as TensorFlow and what was read as legacy code."""
        for name, module in list(sys.modules.items()):
            if before.get(name) is not module and (imports.is_ours(name, module) or self._is_legacy(module)):
                del sys.modules[name]
                if name in before:
                    sys.modules[name] = before[name]

    def _is_legacy(self, module: ModuleType) -> bool:
        finder = getattr(getattr(module, "__loader__", None), "installation", None)
        return finder is self


def _before_path_finder() -> int:
    """The place before Python's own finder, and before that of a pytest that runs already: it reads tests by itself."""
    for position, finder in enumerate(sys.meta_path):
        if finder is importlib.machinery.PathFinder or type(finder).__module__ == "_pytest.assertion.rewrite":
            return position
    return len(sys.meta_path)
