"""Which source files are the user's, and their text. Those are legacy code, everything installed is not."""

from __future__ import annotations

import io
import os
import sys
import tokenize
from collections.abc import Iterable

_STANDARD_LIBRARY = os.path.dirname(os.path.realpath(os.__file__))
PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
OUR_PACKAGES = ("tracer", "lowering")
_OUR_FOLDERS = tuple(os.path.join(PROJECT, name) for name in OUR_PACKAGES)
_INSTALLED_FOLDERS = frozenset({"site-packages", "dist-packages"})


def decode(data: bytes) -> str:
    """The text of a source file; a wrong or missing coding line is no reason to refuse it."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "").removeprefix("\ufeff")


def real(path: str) -> str:
    """The folder a `sys.path` entry stands for; the empty entry is the current folder."""
    return os.path.realpath(path or os.getcwd())


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


class UserCode:
    """Tells the user's files from installed ones, by where they lie.

    A script's own folder is the user's, and so is what the script or PYTHONPATH adds to `sys.path`. The standard
    library, site-packages, this project, and what was on the path when Python started are not.
    """

    def __init__(self, roots: Iterable[str] = (), path: Iterable[str] | None = None) -> None:
        self.roots = [real(root) for root in roots]
        chosen = {real(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry}
        before = [real(entry) for entry in (sys.path if path is None else path) if entry]
        self._installed = [entry for entry in before if entry not in chosen and entry not in self.roots]
        self._answers: dict[str, bool] = {}

    def owns(self, file: str | None) -> bool:
        """Whether this source file is legacy code."""
        return bool(file) and os.path.isabs(file) and self.owns_folder(os.path.dirname(file))

    def owns_folder(self, folder: str) -> bool:
        """Whether source files in this folder are legacy code."""
        if folder not in self._answers:
            self._answers[folder] = self._decide(real(folder))
        return self._answers[folder]

    def folders(self) -> list[str]:
        """The entries of `sys.path` that are the user's."""
        return [entry for entry in sys.path if isinstance(entry, str) and self.owns_folder(entry or os.getcwd())]

    def installed_folders(self) -> list[str]:
        """The other entries of `sys.path`."""
        return [entry for entry in sys.path if isinstance(entry, str) and not self.owns_folder(entry or os.getcwd())]

    def _decide(self, folder: str) -> bool:
        if not _INSTALLED_FOLDERS.isdisjoint(folder.split(os.sep)):
            return False
        if any(_inside(folder, own) for own in (_STANDARD_LIBRARY, *_OUR_FOLDERS)):
            return False
        if any(_inside(folder, root) for root in self.roots):
            return True
        return not any(_inside(folder, entry) for entry in self._installed)
