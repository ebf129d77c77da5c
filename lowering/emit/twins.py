"""A second copy of the rules, run on expressions: the same source with JAX's modules replaced by recording ones."""

from __future__ import annotations

import builtins
import functools
import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable
from typing import Any

from lowering import registry
from lowering.emit.expressions import Api

_RECORDING = ("jax", "optax")
_REAL = ("lowering.registry", "lowering.host", "lowering.emit")


class Twins:
    """The copies, made when first used, and the rules in them by operation type."""

    def __init__(self) -> None:
        self.modules: dict[str, types.ModuleType] = {}
        self.rules: dict[str, Any] = {}
        self.homes: dict[str, tuple[str, str]] = {}  # the module and the name of each rule's function
        self.registry = types.SimpleNamespace(**{
            name: getattr(registry, name) for name in dir(registry) if name[0] != "_"})
        self.registry.lowers, self.registry.direct = self._lowers, self._direct
        package = importlib.import_module("lowering.rules")
        for module in pkgutil.iter_modules(package.__path__):
            self.module(f"lowering.rules.{module.name}")

    def _lowers(self, *types: str, **options: Any) -> Callable:
        def register(function: Any) -> Any:
            self.rules.update(dict.fromkeys(types, function))
            inner = getattr(function, "function", function)
            self.homes.update(dict.fromkeys(types, (inner.__module__, inner.__name__)))
            return function

        return register

    def _direct(self, **twins: Any) -> None:
        self.rules.update(twins)

    def module(self, name: str) -> types.ModuleType:
        """The copy of the module called `name`."""
        if name not in self.modules:
            real = importlib.import_module(name)
            copy = types.ModuleType(name, real.__doc__)
            self.modules[name] = copy
            copy.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._import}
            copy.__dict__["__file__"] = real.__file__
            exec(compile(inspect.getsource(real), real.__file__ or name, "exec"), copy.__dict__)
        return self.modules[name]

    def _import(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        root = name.partition(".")[0]
        if root in _RECORDING:
            importlib.import_module(name)
            return Api(importlib.import_module(name if fromlist else root), name if fromlist else root)
        if name == "lowering.registry":
            return self.registry
        if root == "lowering" and not name.startswith(_REAL):
            if not hasattr(importlib.import_module(name), "__path__"):
                return self.module(name)
            return types.SimpleNamespace(**{part: self._member(f"{name}.{part}") for part in fromlist})
        return builtins.__import__(name, globals, locals, fromlist, level)

    def _member(self, name: str) -> Any:
        if name == "lowering.registry":
            return self.registry
        return importlib.import_module(name) if name.startswith(_REAL) else self.module(name)


@functools.cache
def twins() -> Twins:
    """The copies of this process."""
    return Twins()
