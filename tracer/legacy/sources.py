"""Which source files are legacy code, and their text: the user's, and those of packages installed as they were then."""

from __future__ import annotations

import io
import os
import re
import sys
import tokenize
from collections.abc import Iterable

_STANDARD_LIBRARY = os.path.dirname(os.path.realpath(os.__file__))
PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
OUR_PACKAGES = ("tracer", "lowering")
_OUR_FOLDERS = tuple(os.path.join(PROJECT, name) for name in OUR_PACKAGES)
_INSTALLED_FOLDERS = frozenset({"site-packages", "dist-packages"})
OUR_LIBRARIES = frozenset(
    "absl chex filelock fissix flatbuffers google jax jaxlib jaxtyping lowering ml_dtypes numpy opt_einsum optax "
    "packaging PIL scipy tensorboard tensorboardX toolz tqdm tracer typing_extensions etils importlib_resources "
    "setuptools".split()
)
# Packages have said since 2017 which Python they need; before, at most that they had been tried with 2.7 or 3.5.
_MODERN = re.compile(r"^(Requires-Python:|Classifier: Programming Language :: Python :: 3\.([7-9]|\d\d))", re.MULTILINE)


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
    library, site-packages, this project, and what was on the path when Python started are not, but for packages in
    site-packages that were released before 2017: Keras 1.0 needs the same care as the script.
    """

    def __init__(self, roots: Iterable[str] = (), path: Iterable[str] | None = None) -> None:
        self.roots = [real(root) for root in roots]
        chosen = os.environ.get("PYTHONPATH", "")
        chosen = {real(entry) for entry in chosen.split(os.pathsep)} if chosen else set()
        before = [real(entry) for entry in (sys.path if path is None else path) if entry]
        self._installed = [entry for entry in before if entry not in chosen and entry not in self.roots]
        self._answers: dict[str, bool] = {}
        self._packages: dict[str, dict[str, str]] = {}

    def owns(self, file: str | None) -> bool:
        """Whether this source file is legacy code."""
        if not file or not os.path.isabs(file):
            return False
        folder = os.path.dirname(file)
        if os.path.basename(folder) in _INSTALLED_FOLDERS:
            return self.owns_folder(os.path.splitext(file)[0])
        return self.owns_folder(folder)

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
        parts = folder.split(os.sep)
        if not _INSTALLED_FOLDERS.isdisjoint(parts):
            last = max(number for number, part in enumerate(parts) if part in _INSTALLED_FOLDERS)
            return last + 1 < len(parts) and self._is_old(os.sep.join(parts[: last + 1]), parts[last + 1])
        if any(_inside(folder, own) for own in (_STANDARD_LIBRARY, *_OUR_FOLDERS)):
            return False
        if any(_inside(folder, root) for root in self.roots):
            return True
        return not any(_inside(folder, entry) for entry in self._installed)

    def _is_old(self, site: str, package: str) -> bool:
        """Whether a package was released before packages said which Python they need."""
        if package in OUR_LIBRARIES or package in OUR_PACKAGES:
            return False
        if site not in self._packages:
            self._packages[site] = _installed_packages(site)
        about = self._packages[site].get(package)
        return about is not None and _MODERN.search(about) is None


def _installed_packages(site: str) -> dict[str, str]:
    """What is known of each package or module in a folder of installed ones, as its installer wrote it down."""
    found: dict[str, str] = {}
    for entry in _entries(site):
        if not entry.endswith((".dist-info", ".egg-info")):
            continue
        folder = os.path.join(site, entry)
        about = _text(os.path.join(folder, "METADATA")) or _text(os.path.join(folder, "PKG-INFO")) or _text(folder)
        names = (_text(os.path.join(folder, "top_level.txt")) or entry.partition("-")[0]).split()
        found.update((name, about.partition("\n\n")[0]) for name in names)
    return found


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
