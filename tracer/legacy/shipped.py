"""Programs that TensorFlow shipped, such as `tensorflow.models.rnn.ptb.reader`: found where the user has them.

They are looked for in the checkout of TensorFlow's sources that the script lies in, and beside the script.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

from tracer.legacy.loader import LegacyLoader
from tracer.legacy.table import MODULES, NO_COUNTERPART

if TYPE_CHECKING:
    from tracer.legacy.installation import Installation

_OURS = "tracer.legacy.programs."  # what stands in where the user has none
_SHIPPED = ("tensorflow.examples.", "tensorflow.g3doc.", "tensorflow.models.", "tensorflow.tools.")


class ShippedFinder:
    """Finds such a module as legacy code of the user's."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Implements the finder protocol; None leaves the name to the next finder."""
        ours = MODULES.get(fullname, "")
        if not fullname.startswith(_SHIPPED) or (ours and not ours.startswith(_OURS)):
            return None
        for root in self._roots():
            base = os.path.join(root, *fullname.split("."))
            if os.path.isfile(base + ".py"):
                return self._spec(fullname, base + ".py")
            if os.path.isdir(base):
                return self._package(fullname, base)
        return None if ours else self._beside(fullname)

    def _folders(self) -> list[str]:
        user_code = self._installation.user_code
        return list(dict.fromkeys([*user_code.roots, *map(os.path.abspath, user_code.folders())]))

    def _roots(self) -> Iterator[str]:
        """The folders around the user's that hold `tensorflow/`."""
        seen: set[str] = set()
        for folder in self._folders():
            while folder not in seen:
                seen.add(folder)
                if os.path.isdir(os.path.join(folder, "tensorflow")):
                    yield folder
                folder = os.path.dirname(folder)

    def _beside(self, fullname: str) -> ModuleSpec | None:
        for folder in self._folders():
            if fullname in NO_COUNTERPART:
                path = os.path.join(folder, fullname.rpartition(".")[2] + ".py")
                if os.path.isfile(path):
                    return self._spec(fullname, path)
            elif any(os.path.isfile(os.path.join(folder, name.rpartition(".")[2] + ".py"))
                     for name in NO_COUNTERPART if name.startswith(fullname + ".")):
                return self._package(fullname, "")
        return None

    def _spec(self, fullname: str, path: str, folder: str | None = None) -> ModuleSpec | None:
        loader = LegacyLoader(fullname, path, self._installation)
        spec = importlib.util.spec_from_file_location(
            fullname, path, loader=loader, submodule_search_locations=None if folder is None else [folder])
        if spec is not None:
            spec.cached = None
        return spec

    def _package(self, fullname: str, folder: str) -> ModuleSpec | None:
        if folder and os.path.isfile(os.path.join(folder, "__init__.py")):
            return self._spec(fullname, os.path.join(folder, "__init__.py"), folder)
        spec = ModuleSpec(fullname, None, is_package=True)
        spec.submodule_search_locations = [folder] if folder else []
        return spec
