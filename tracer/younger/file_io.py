"""`tensorflow.python.lib.io.file_io` of TensorFlow 0.10 to 0.12: files, whose failures are TensorFlow's errors."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from tracer import errors, gfile

__all__ = [
    "FileIO", "atomic_write_string_to_file", "copy", "create_dir", "delete_file", "delete_recursively", "file_exists",
    "get_matching_files", "is_directory", "list_directory", "read_file_to_string", "recursive_create_dir", "rename", "stat",
    "walk", "write_string_to_file",
]  # fmt: skip
_MODES = ("r", "w", "a", "r+", "w+", "a+")


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise errors.NotFoundError(None, None, str(error.filename)) from None
    except FileExistsError:
        raise errors.AlreadyExistsError(None, None, "file already exists") from None
    except PermissionError as error:
        raise errors.PermissionDeniedError(None, None, str(error.filename)) from None
    except OSError as error:
        raise errors.FailedPreconditionError(None, None, f"{error.filename}; {error.strerror}") from None


class FileIO(gfile.FastGFile):
    """An open file; it is opened when it is first used."""

    def __init__(self, name: str, mode: str) -> None:
        if mode not in _MODES:
            raise errors.InvalidArgumentError(None, None, "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'")
        self.name = name
        self.mode = mode
        self._text = True
        self._string = gfile.builtins_of_caller().get(gfile.PYTHON2_STRING)

    def __getattr__(self, name: str) -> Any:
        if name != "_file":
            raise AttributeError(f"'FileIO' object has no attribute {name!r}")
        with _errors():
            self._file = open(self.name, self.mode[0] + "b" + self.mode[1:])
        return self._file

    def read(self, n: int = -1) -> Any:
        """The next `n` bytes, or all that are left."""
        if not self._file.readable():
            raise errors.PermissionDeniedError(None, None, "File isn't open for reading")
        return super().read(n)

    def write(self, data: Any) -> None:
        """Write text, in UTF-8, or bytes."""
        if not self._file.writable():
            raise errors.PermissionDeniedError(None, None, "File isn't open for writing")
        super().write(data)

    def size(self) -> int:
        """The length of the file in bytes."""
        return self.Size()

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    next = __next__


def file_exists(filename: str) -> bool:
    """Whether there is a file or a folder of that name."""
    return os.path.exists(filename)


def is_directory(dirname: str) -> bool:
    """Whether there is a folder of that name."""
    return os.path.isdir(dirname)


def delete_file(filename: str) -> None:
    """Removes a file."""
    with _errors():
        os.remove(filename)


def delete_recursively(dirname: str) -> None:
    """Removes a folder with all that is in it."""
    with _errors():
        gfile.DeleteRecursively(dirname)


def read_file_to_string(filename: str) -> Any:
    """All that is in a file."""
    with FileIO(filename, "r") as file:
        return file.read()


def write_string_to_file(filename: str, file_content: Any) -> None:
    """Writes a file that holds this."""
    with FileIO(filename, "w") as file:
        file.write(file_content)


def atomic_write_string_to_file(filename: str, contents: Any) -> None:
    """As `write_string_to_file`; who reads meanwhile sees the old file or the new one, and none half written."""
    beside = f"{filename}.tmp{os.getpid()}"
    write_string_to_file(beside, contents)
    os.replace(beside, filename)


def get_matching_files(filename: str) -> list[str]:
    """The files and folders that match a pattern."""
    return gfile.Glob(filename)


def create_dir(dirname: str) -> None:
    """Makes a folder in one that exists."""
    with _errors():
        os.mkdir(dirname)


def recursive_create_dir(dirname: str) -> None:
    """Makes a folder and those above it, as far as they are missing."""
    with _errors():
        gfile.MakeDirs(dirname)


def copy(oldpath: str, newpath: str, overwrite: bool = False) -> None:
    """Copies a file. An existing file is in the way, unless `overwrite`."""
    with _errors():
        gfile.Copy(oldpath, newpath, overwrite)


def rename(oldname: str, newname: str, overwrite: bool = False) -> None:
    """Renames a file or a folder. An existing file is in the way, unless `overwrite`."""
    with _errors():
        gfile.Rename(oldname, newname, overwrite)


def list_directory(dirname: str) -> list[str]:
    """The names of what is in a folder."""
    if not os.path.isdir(dirname):
        raise errors.NotFoundError(None, None, "Could not find directory")
    return gfile.ListDirectory(dirname, True)


def walk(top: str, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder under `top` with the names of its folders and files: before those below it, or after them."""
    return gfile.Walk(top, in_order)


def stat(filename: str) -> gfile.FileStat:
    """When a file was last written, and how long it is."""
    with _errors():
        return gfile.Stat(filename)
