"""Names that libraries have dropped since 2016, put back for legacy code alone.

Legacy code does not get `numpy` itself but a stand-in: a module that has the lost names and asks the real module for
all others. Nobody else sees it. The few things that can only be put back by changing the real thing (methods of
`unittest.TestCase`, NumPy's print options) are taken back when the environment is uninstalled.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import os
from collections.abc import Callable, Mapping
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tracer.legacy.python2_modules import RENAMED

if TYPE_CHECKING:
    from tracer.legacy.options import Options
    from tracer.legacy.sources import UserCode

_OWN_ATTRIBUTES = frozenset({"_real", "_extra", "_below", "_public_names"})


class StandIn(ModuleType):
    """A module with names of its own; all others are those of the real modules, first match wins."""

    def __init__(self, name: str, real: tuple[ModuleType, ...], extra: Mapping[str, Any], below: Callable) -> None:
        super().__init__(name)
        self._real = real
        self._extra = dict(extra)
        self._below = below
        for attribute in ("__doc__", "__file__", "__package__", "__path__", "__spec__", "__loader__"):
            if real and hasattr(real[0], attribute):
                vars(self)[attribute] = getattr(real[0], attribute)

    def __getattribute__(self, name: str) -> Any:
        own = super().__getattribute__
        if name in _OWN_ATTRIBUTES or name == "__dict__":
            return own(name)
        if name in own("_extra"):
            return own("_extra")[name]
        if name.startswith("__"):
            try:
                return own(name)
            except AttributeError:
                if name == "__all__":
                    return self._public_names()
        for module in own("_real"):
            try:
                value = getattr(module, name)
            except AttributeError:
                continue
            return self._below(f"{self.__name__}.{name}", value) if isinstance(value, ModuleType) else value
        moved = self._below(f"{self.__name__}.{name}", None)
        if moved is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return moved

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _OWN_ATTRIBUTES:
            super().__setattr__(name, value)
            return
        self._extra.pop(name, None)
        if self._real:
            setattr(self._real[0], name, value)
        else:
            self._extra[name] = value

    def __delattr__(self, name: str) -> None:
        if self._extra.pop(name, self) is self and self._real:
            delattr(self._real[0], name)

    def __dir__(self) -> list[str]:
        return sorted({*self._extra, *(name for module in self._real for name in dir(module))})

    def __repr__(self) -> str:
        return repr(self._real[0]) if self._real else f"<module {self.__name__!r}>"

    def _public_names(self) -> list[str]:
        """What `import *` brings; np.int and its like, which would hide built-in names, are not among it."""
        names = {name for module in self._real for name in getattr(module, "__all__", None) or dir(module)}
        names.update(name for name in self._extra if not hasattr(builtins, name))
        return sorted(name for name in names if not name.startswith("_"))


def gives(module: ModuleType, name: str) -> bool:
    """Whether it is a stand-in that has this name of its own, whatever there is below the real module."""
    return isinstance(module, StandIn) and name in module._extra


class StandIns:
    """Makes stand-ins, one for each module and Python."""

    def __init__(self, options: Options, user_code: UserCode) -> None:
        self._options = options
        self._user_code = user_code
        self._made: dict[tuple[str, int], ModuleType] = {}
        self._made_up: dict[tuple[str, int], ModuleType] = {}

    def made_up(self, name: str, python: int) -> ModuleType | None:
        """The stand-in for a module that is not there any more (`cPickle`, `scipy.misc`); None for any other name."""
        if (name, python) not in self._made_up:
            module = self._make_up(name, python)
            if module is None:
                return None
            self._made_up[name, python] = module
        return self._made_up[name, python]

    def parent_of_made_up(self, name: str) -> ModuleType:
        """The package above such a module, even where it is not installed."""
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            package = ModuleType(name)
            package.__path__ = []
            return package

    def instead_of(self, name: str, module: ModuleType, python: int) -> ModuleType:
        """What legacy code gets for this module."""
        for made in (self._made_up, self._made):
            if (name, python) in made:
                return made[name, python]
        extra = self._lost_names(name, module, python)
        if extra is None:
            return module
        made = StandIn(name, (module,), extra, lambda below, value: self._instead_of_below(below, value, python))
        self._made[name, python] = made
        return made

    def _instead_of_below(self, name: str, module: ModuleType | None, python: int) -> ModuleType | None:
        return self.made_up(name, python) if module is None else self.instead_of(name, module, python)

    def _lost_names(self, name: str, module: ModuleType, python: int) -> Mapping[str, Any] | None:
        if name == "numpy" and self._options.numpy_names:
            from tracer.legacy import numpy_names

            return numpy_names.names(python, self._options.allow_pickle)
        if name == "numpy.random" and self._options.numpy_names:
            from tracer.legacy import numpy_ragged, numpy_sizes

            return numpy_ragged.of_random(numpy_sizes.of_random())
        if name == "numpy.linalg" and self._options.numpy_names:
            from tracer.legacy import numpy_arguments

            return numpy_arguments.of_linear_algebra()
        found: Mapping[str, Any] | None = None
        if self._options.library_names:
            from tracer.legacy import library_names

            found = library_names.names(name, module, python)
            if found is None and name.startswith("sklearn."):
                found = {}  # modules below it were moved
        if name in ("scipy", "scipy.ndimage") and self._options.scipy_misc:
            from tracer.legacy import scipy_misc

            return {**(found or {}), **({"misc": scipy_misc} if name == "scipy" else {"imread": scipy_misc.imread})}
        return found

    def _make_up(self, name: str, python: int) -> ModuleType | None:
        if name == "scipy.misc" and self._options.scipy_misc:
            return importlib.import_module("tracer.legacy.scipy_misc")
        if name in _MOVED and self._options.library_names:
            return None if _is_there(name) else self._renamed(name, _MOVED[name], python)
        if name.startswith("sklearn.") and self._options.library_names:
            private = "._".join(name.rsplit(".", 1))  # which scikit-learn says by an underscore since 0.22
            return self._renamed(name, private, python) if not _is_there(name) and _is_there(private) else None
        if python != 2 or name not in RENAMED or self._lies_beside(name):
            return None
        return self._renamed(name, RENAMED[name], python)

    def _renamed(self, name: str, targets: str, python: int) -> ModuleType:
        from tracer.legacy import library_names

        modules = tuple(importlib.import_module(target) for target in targets.split())
        extra = library_names.names(name, modules[0], python) or {}
        return StandIn(name, modules, extra, lambda below, value: value)

    def _lies_beside(self, name: str) -> bool:
        return PathFinder.find_spec(name, self._user_code.folders()) is not None


_MOVED = {
    **{name: f"PIL.{name}" for name in ("Image", "ImageDraw", "ImageFilter", "ImageFont", "ImageOps")},
    "imp": "tracer.legacy.small_imp",
    "numpy.linalg.linalg": "numpy.linalg",
    "scipy.sparse.linalg.eigen.arpack": "scipy.sparse.linalg",
    "sklearn.cross_validation": "tracer.legacy.sklearn_folds sklearn.model_selection",
    "sklearn.datasets.samples_generator": "sklearn.datasets",
    "sklearn.externals.joblib": "joblib",
    "sklearn.externals.six": "six",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.learning_curve": "sklearn.model_selection",
    "sklearn.utils.testing": "tracer.legacy.sklearn_testing sklearn.utils._testing",
    "xml.etree.cElementTree": "xml.etree.ElementTree",
}


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def apply_patches(options: Options) -> list[Callable[[], object]]:
    """Changes what can only be changed for everybody; returns what takes it back."""
    undo: list[Callable[[], object]] = [_leave_asserts_as_they_are()]
    if options.float_format:
        undo.append(_print_as_numpy_1_11())
    if options.library_names:
        from tracer.legacy import old_json, unittest_names, warned_lines

        undo += [unittest_names.add_lost_methods(), old_json.write_numbers(), warned_lines.name_lines_of_programs()]
    return undo


def _leave_asserts_as_they_are() -> Callable[[], object]:
    """Tells a pytest that starts later to leave tests and modules named as tests to our finder.

    Otherwise it reads them itself, to say more of an assert that fails, and they are no legacy code.
    """
    before = os.environ.get("PYTEST_ADDOPTS")
    if "--assert" in (before or ""):
        return lambda: None
    os.environ["PYTEST_ADDOPTS"] = f"{before or ''} --assert=plain".lstrip()

    def undo() -> None:
        del os.environ["PYTEST_ADDOPTS"]
        if before is not None:
            os.environ["PYTEST_ADDOPTS"] = before

    return undo


def _print_as_numpy_1_11() -> Callable[[], object]:
    import numpy as np

    before = np.get_printoptions()
    np.set_printoptions(legacy="1.13")  # 1.13 and 1.11 print alike; NumPy has no older mode
    return lambda: np.set_printoptions(**before)
