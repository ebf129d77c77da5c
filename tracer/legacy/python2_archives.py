"""`gzip`, `bz2`, `zipfile` and `tarfile` for Python 2 source: what they hold was strings, on which text can be called."""

from __future__ import annotations

import bz2
import gzip
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from tracer.legacy.old_text import bytes_of
from tracer.legacy.python2_files import bytes_from, kept


class _Strings:
    """Gives bytes to which text can be compared and added, and takes text."""

    def read(self, size: int | None = -1) -> Any:
        return kept(super().read(size))  # type: ignore[misc]

    def readline(self, size: int | None = -1) -> Any:
        return kept(super().readline(size))  # type: ignore[misc]

    def readlines(self, hint: int = -1) -> Any:
        return kept(super().readlines(hint))  # type: ignore[misc]

    def __next__(self) -> Any:
        return kept(super().__next__())  # type: ignore[misc]

    def write(self, data: Any) -> int:
        return super().write(bytes_of(data))  # type: ignore[misc]

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)


class GzipFile(_Strings, gzip.GzipFile):  # type: ignore[misc]
    """A file that is compressed by gzip, or one in what `fileobj` holds."""

    def __init__(self, filename: Any = None, mode: str | None = None, compresslevel: int = 9, fileobj: Any = None,
                 **keywords: Any) -> None:
        reads = (mode or "r").startswith("r")
        super().__init__(filename, mode, compresslevel, bytes_from(fileobj) if reads else fileobj, **keywords)


def open_gzip(filename: Any, mode: str = "rb", compresslevel: int = 9) -> GzipFile:
    """`gzip.open`, for which "r" and "rb" were one."""
    return GzipFile(filename, mode, compresslevel)


class BZ2File(_Strings, bz2.BZ2File):  # type: ignore[misc]
    """A file that is compressed by bzip2."""


class _Member(_Strings, zipfile.ZipExtFile):  # type: ignore[misc]
    pass


class ZipFile(zipfile.ZipFile):
    """A ZIP file whose members are read as strings."""

    def __init__(self, file: Any, mode: Any = "r", *arguments: Any, **keywords: Any) -> None:
        super().__init__(bytes_from(file) if mode == "r" else file, mode, *arguments, **keywords)

    def read(self, *arguments: Any, **keywords: Any) -> Any:
        return kept(super().read(*arguments, **keywords))

    def open(self, *arguments: Any, **keywords: Any) -> Any:
        member = super().open(*arguments, **keywords)
        if type(member) is zipfile.ZipExtFile:
            member.__class__ = _Member
        return member


class _Extracted(_Strings, tarfile.ExFileObject):  # type: ignore[misc]
    pass


class TarFile(tarfile.TarFile):
    """A tar file whose members are read as strings."""

    fileobject = _Extracted


NAMES: dict[str, Callable[[ModuleType], Mapping[str, Any]]] = {
    "bz2": lambda module: {"BZ2File": BZ2File},
    "gzip": lambda module: {"GzipFile": GzipFile, "open": open_gzip},
    "tarfile": lambda module: {"TarFile": TarFile, "open": TarFile.open},
    "zipfile": lambda module: {"ZipFile": ZipFile},
}
