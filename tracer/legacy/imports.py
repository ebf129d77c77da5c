"""The import hook: `import tensorflow` and every module path below it lead to this project.

`table.MODULES` says where. The finder stands first on `sys.meta_path`, so that a real TensorFlow in site-packages is
not seen while the hook is installed, and is seen again afterwards.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from tracer.legacy.table import MODULES, NO_COUNTERPART

_SHIPPED = "It was a program shipped with TensorFlow: put its file beside the script, where it is found."
_WAYS_OUT = (
    ("tensorflow.tensorboard", "Start the real one instead: tensorboard --logdir FOLDER"),
    (
        "tensorflow.examples",
        _SHIPPED,
    ),
    ("tensorflow.models", _SHIPPED),
    ("tensorflow", "python -m tracer --modules lists the paths that have one; the names under `tf` may already do."),
)
_RAW_OPS = "tracer.declare"
_PROTOS = "tracer.protos"
# What 0.8 itself imported from these packages stayed visible in the one above: tf.python.control_flow_ops
_LEFT_OPEN = {
    "tensorflow.python": tuple(
        f"tensorflow.python.{package}" for package in ("ops", "framework", "client", "training", "util")
    )
}
_LAST_RESORT = {
    "input_data": "tracer.legacy.datasets.mnist", "skflow": "tracer.contrib.learn", "six": "tracer.legacy.small_six",
}


class NoCounterpartError(ImportError):
    """TensorFlow 0.8 had this module; this project has nothing in its place yet."""

    def __init__(self, name: str) -> None:
        way_out = next(advice for start, advice in _WAYS_OUT if name.startswith(start))
        super().__init__(f"{name} has no counterpart in Tracer yet. {way_out}", name=name)


class Facade(ModuleType):
    """A TensorFlow module whose names are looked up, one after the other, in several modules of ours."""

    def __init__(self, name: str, targets: Sequence[str], raw: bool) -> None:
        super().__init__(name, f"TensorFlow 0.8's {name}, as {', '.join(targets) or 'a package'}.")
        self._targets = targets
        self._raw = raw
        if any(row.startswith(name + ".") for row in MODULES):
            self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self._public_names()
        if name == "DESCRIPTOR" and _PROTOS in self._targets:
            return importlib.import_module("tracer.protodefs").load(self.__name__.rpartition(".")[2].removesuffix("_pb2"))
        if not name.startswith("__"):
            for module in self._modules():
                if hasattr(module, name):
                    return getattr(module, name)
            if self._raw:
                return importlib.import_module(_RAW_OPS).raw_op(name.lstrip("_"))
            for path in (f"{self.__name__}.{name}", *(f"{package}.{name}" for package in _LEFT_OPEN.get(self.__name__, ()))):
                if path in MODULES:
                    return importlib.import_module(path)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *(name for module in self._modules() for name in dir(module))})

    def _modules(self) -> Iterator[ModuleType]:
        for target in self._targets:
            yield importlib.import_module(target)

    def _public_names(self) -> list[str]:
        """What `import *` brings: public names, modules excepted."""
        names: dict[str, None] = {}
        for module in (*self._modules(), self):
            for name in getattr(module, "__all__", None) or dir(module) if module is not self else vars(self):
                if not name.startswith("_") and not isinstance(getattr(module, name, None), ModuleType):
                    names[name] = None
        return list(names)


class TensorflowFinder:
    """Finds `tensorflow.…`, by the table."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Implements the finder protocol; None leaves the name to the next finder."""
        top, _, below = fullname.partition(".")
        if top == "tracer" and below != "g3doc" and MODULES.get(f"tensorflow.{below}") == "package":
            return ModuleSpec(fullname, _AliasLoader(f"tensorflow.{below}"))  # `from tensorflow import models`
        if top != "tensorflow":
            return None
        if fullname in MODULES:
            return ModuleSpec(fullname, TensorflowLoader(), is_package=True)
        if fullname in NO_COUNTERPART or any(name.startswith(fullname + ".") for name in NO_COUNTERPART):
            raise NoCounterpartError(fullname)
        raise ModuleNotFoundError(f"No module named {fullname!r}: TensorFlow 0.8 had none either", name=fullname)


def available() -> list[str]:
    """The module paths that can be imported."""
    return sorted(name for name in MODULES if _targets(name) is not None)


def _targets(name: str) -> list[str] | None:
    """Those modules of a row of the table that exist; None when the row comes to nothing without them."""
    words = MODULES[name].split()
    named = [_PROTOS if word == "proto" else word for word in words if word not in ("package", "raw")]
    existing = [target for target in named if _exists(target)]
    return existing if existing or {"package", "raw"} & set(words) else None


class TensorflowLoader(Loader):
    """Makes the module that a row of the table describes."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A facade; `exec_module` puts the one real module in its place when the row names just one."""
        targets = _targets(spec.name)
        if targets is None:
            raise NoCounterpartError(spec.name)
        return Facade(spec.name, targets, raw="raw" in MODULES[spec.name].split())

    def exec_module(self, module: ModuleType) -> None:
        words = MODULES[module.__name__].split()
        if len(words) == 1 and "." in words[0]:
            # The import system hands out what stands in sys.modules when this returns.
            sys.modules[module.__name__] = importlib.import_module(words[0])


class LastResortFinder:
    """Finds, after everything else, modules that 2016 scripts had beside them or installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Implements the finder protocol; None leaves the name to the next finder."""
        return ModuleSpec(fullname, _AliasLoader(_LAST_RESORT[fullname])) if fullname in self._names else None


class _AliasLoader(Loader):
    """Loads the module of another name in the place of one."""

    def __init__(self, real: str) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[module.__name__] = importlib.import_module(self._real)


def refuse_real_tensorflow() -> None:
    """Raises RuntimeError when another TensorFlow is in the process: two of them under one name cannot work."""
    present = sys.modules.get("tensorflow")
    if present is not None and present is not sys.modules.get("tracer"):
        where = getattr(present, "__file__", None) or "not a file"
        raise RuntimeError(
            f"a module named tensorflow is imported already ({where}). "
            "Install the legacy environment before anything imports it, or in another process."
        )


def become_tensorflow() -> Callable[[], None]:
    """`tensorflow` is the module `tracer`. Returns what takes it back."""
    import tracer

    sys.modules["tensorflow"] = tracer
    # In 0.8 these were there after `import tensorflow`: tf.python.framework.ops ...
    importlib.import_module("tensorflow.python")
    importlib.import_module("tensorflow.core")
    return _take_back_paths


def _take_back_paths() -> None:
    """Importing a path below a module of ours left it there as an attribute."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "tracer":
            if isinstance(module, Facade):
                del sys.modules[name]
            for attribute, value in list(vars(module).items()):
                if isinstance(value, Facade):
                    delattr(module, attribute)


def hide_tensorflow_from_tensorboard() -> Callable[[], None]:
    """TensorBoard looks for a current TensorFlow; with this module present it uses its own substitute."""
    name = "tensorboard.compat.notf"
    if name in sys.modules:
        return lambda: None
    sys.modules[name] = ModuleType(name)
    return lambda: sys.modules.pop(name, None) and None


def is_ours(name: str, module: ModuleType) -> bool:
    """Whether this entry of `sys.modules` is one that the hook made."""
    top = name.partition(".")[0]
    if top == "six" or name == _LAST_RESORT["six"]:
        return _LAST_RESORT["six"] in sys.modules
    return top == "tensorflow" or (top in _LAST_RESORT and module.__name__ == _LAST_RESORT[top])


def _exists(name: str) -> bool:
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
