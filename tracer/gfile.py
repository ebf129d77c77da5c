"""`tf.gfile`: files and folders of the local file system, by TensorFlow's names. Failures are OSErrors, as in 0.8."""

from __future__ import annotations

import codecs
import errno
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, NamedTuple

from tracer import compat
from tracer.declare import also_called

_NO_TEXT = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\xff]")
_LOOKED_AT = 8000  # bytes at a file's start: a zero among them makes it no text
_MAGIC = 64  # bytes that tell one format from another
PYTHON2_STRING = "__python2_string__"  # a built-in name of Python 2's programs: from bytes to what they had as a string


class FastGFile:
    """An open file.

    With "b" in the mode it reads bytes, otherwise text in UTF-8; of text in another encoding, what is not UTF-8 is kept
    as `surrogateescape` has it. Python 2 knew no difference, and its scripts read pictures and protobufs in mode "r":
    what is no text at all is therefore read as bytes in every mode, from its first byte on, so that `np.load`, `pickle`
    and PIL read files that were opened with "r". In a program of Python 2, text can be called on the bytes.

    >>> with tf.gfile.GFile(path, "w") as file:
    ...     file.write("hello")
    """

    _looked = False  # at whether it holds text

    def __init__(self, name: str, mode: str = "r") -> None:
        kind = mode.replace("b", "").replace("U", "").replace("t", "")
        if kind not in ("r", "w", "a", "r+", "w+", "a+"):
            raise ValueError(f"The mode of a file must be one of r, w, a, r+, w+, a+, with or without b, not {mode!r}")
        self.name, self.mode = name, mode
        self._text = "b" not in mode
        self._string = builtins_of_caller().get(PYTHON2_STRING)
        self._file = open(name, kind[0] + "b" + kind[1:])

    @property
    def buffer(self) -> IO[Any]:
        """The file of bytes below, as files of text have one."""
        return self._file

    def _look(self) -> None:
        self._looked = True
        if self._text and self._file.seekable():
            position = self._file.tell()
            self._file.seek(0)
            self._text = not _is_binary(self._file.read(_LOOKED_AT))
            self._file.seek(position)

    def _given(self, data: bytes) -> Any:
        if not self._looked:
            self._look()
        if not self._text:
            return self._string(data) if self._string else data
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return data if _NO_TEXT.search(data) else data.decode("utf-8", "surrogateescape")

    def read(self, n: int = -1) -> Any:
        """The next `n` bytes, or all that are left."""
        return self._given(self._file.read(n))

    def readline(self, max_length: int = -1) -> Any:
        """The next line with its line end; empty at the end of the file."""
        return self._given(self._file.readline(max_length))

    def readlines(self, sizehint: int | None = None) -> list[Any]:
        """The lines that are left, or as many as make up `sizehint` bytes."""
        return [self._given(line) for line in self._file.readlines(-1 if sizehint is None else sizehint)]

    @also_called("file_content", "data")
    def write(self, data: Any) -> None:
        """Write text, in UTF-8, or bytes."""
        self._file.write(data if isinstance(data, (bytearray, memoryview)) else compat.as_bytes(data))

    def writelines(self, seq: Iterable[Any]) -> None:
        """Write each of the pieces."""
        for piece in seq:
            self.write(piece)

    @also_called("position", "offset")
    def seek(self, offset: int, whence: int = 0) -> None:
        """Go to a byte, counted from the start (0), from here (1) or from the end (2)."""
        self._file.seek(offset, whence)

    def seekable(self) -> bool:
        """Whether `seek` will do: not in a pipe."""
        return self._file.seekable()

    def tell(self) -> int:
        """The position in bytes."""
        return self._file.tell()

    def truncate(self, new_size: int | None = None) -> None:
        """Cut the file at `new_size` bytes, or here."""
        self._file.truncate(new_size)

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Close the file. Closing twice does no harm."""
        self._file.close()

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._file.closed

    def Size(self) -> int:
        """The length of the file in bytes."""
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    size = Size  # the name of 0.12, as `next` is

    def next(self) -> Any:
        """The next line, with its line end. StopIteration at the end of the file."""
        line = self._file.readline()
        if not line:
            raise StopIteration
        return self._given(line)

    def __enter__(self) -> FastGFile:
        return self

    def __exit__(self, unused_type: Any, unused_value: Any, unused_traceback: Any) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        for line in self._file:
            yield self._given(line)


def builtins_of_caller() -> dict[str, Any]:
    """The built-in names of the program that opens a file."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return frame.f_builtins


def _is_binary(start: bytes) -> bool:
    """Whether a file that starts so holds no text."""
    if b"\0" in start:
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start[:_MAGIC])
    except UnicodeDecodeError:
        return _NO_TEXT.search(start[:_MAGIC]) is not None
    return False


class GFile(FastGFile):
    """A file that threads may share. Python's files lock themselves, so it is a FastGFile."""


def Open(name: str, mode: str = "r") -> GFile:
    """Open a file.

    >>> tf.gfile.Open(path).readlines()
    ['hello']
    """
    return GFile(name, mode)


class FileStat(NamedTuple):
    """What `Stat` tells of a file."""

    mtime: float
    length: int
    is_directory: bool


@also_called("filename", "path")
def Exists(path: str) -> bool:
    """Whether there is a file or a folder of that name."""
    return os.path.exists(path)


@also_called("dirname", "path")
def IsDirectory(path: str) -> bool:
    """Whether there is a folder of that name."""
    return os.path.isdir(path)


@also_called("filename", "glob")
def Glob(glob: str) -> list[str]:
    """The files and folders that match a pattern, in order of their names."""
    import glob as files

    return sorted(files.glob(glob))


@also_called("dirname", "path")
def MkDir(path: str, mode: int = 0o755) -> None:
    """Make a folder in one that exists."""
    os.mkdir(path, mode)


@also_called("dirname", "path")
def MakeDirs(path: str, mode: int = 0o755) -> None:
    """Make a folder and those above it, as far as they are missing. The empty path is the current folder."""
    if path:
        os.makedirs(path, mode, exist_ok=True)


@also_called("filename", "path")
def Remove(path: str) -> None:
    """Remove a file."""
    os.remove(path)


@also_called("dirname", "directory")
def RmDir(directory: str) -> None:
    """Remove an empty folder."""
    os.rmdir(directory)


@also_called("dirname", "path")
def DeleteRecursively(path: str) -> None:
    """Remove a file, or a folder with all that is in it."""
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil

        shutil.rmtree(path)
    else:
        os.remove(path)


@also_called("oldname", "oldpath")
@also_called("newname", "newpath")
def Rename(oldpath: str, newpath: str, overwrite: bool = False) -> None:
    """Rename a file or a folder. An existing file is in the way, unless `overwrite`."""
    _check_free(newpath, overwrite)
    os.rename(oldpath, newpath)


def Copy(oldpath: str, newpath: str, overwrite: bool = False) -> None:
    """Copy a file. An existing file is in the way, unless `overwrite`."""
    _check_free(newpath, overwrite)
    import shutil

    shutil.copy(oldpath, newpath)


def _check_free(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.isfile(path):
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), path)


@also_called("dirname", "directory")
def ListDirectory(directory: str, return_dotfiles: bool = False) -> list[str]:
    """The names of what is in a folder, in order; those that begin with a dot only on request."""
    return sorted(name for name in os.listdir(directory) if return_dotfiles or not name.startswith("."))


@also_called("in_order", "topdown")
def Walk(
    top: str, topdown: bool | int = 1, onerror: Callable[[OSError], Any] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder under `top` with the names of its folders and files, as `os.walk` gives them."""
    return os.walk(top, topdown=bool(topdown), onerror=onerror)


@also_called("filename", "path")
def Stat(path: str) -> FileStat:
    """When a file was last written, and how long it is."""
    status = os.stat(path)
    return FileStat(status.st_mtime, status.st_size, os.path.isdir(path))
