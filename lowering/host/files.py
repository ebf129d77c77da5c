"""Files: found by pattern, read whole, and written so that a reader never sees half of one."""

from __future__ import annotations

import contextlib
import fnmatch
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from lowering.registry import lowers
from tracer import errors


@contextlib.contextmanager
def written_whole(path: str) -> Iterator[BinaryIO]:
    """A file to write that appears under its name only when all of it is on the disk."""
    temporary = f"{path}.tempstate{os.urandom(8).hex()}"
    try:
        file = open(temporary, "wb")
    except OSError as error:
        raise of_system(error, path) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise of_system(error, path) from None
        raise
    sync_folder(path)


_PIECE = 1 << 20  # systems are slow at copying hundreds of megabytes in one call


def pieces(buffer: Any) -> Iterator[Any]:
    """A buffer of any size in pieces that systems are not slow at."""
    if len(buffer) <= _PIECE:
        yield buffer
        return
    view = memoryview(buffer)
    for start in range(0, len(buffer), _PIECE):
        yield view[start:start + _PIECE]


def sync_folder(path: str) -> None:
    """Makes sure that the new name of a file outlives a loss of power."""
    with contextlib.suppress(OSError):  # some file systems cannot
        folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


_KINDS: dict[type[OSError], type[errors.OpError]] = {
    FileNotFoundError: errors.NotFoundError, PermissionError: errors.PermissionDeniedError,
    FileExistsError: errors.AlreadyExistsError, NotADirectoryError: errors.FailedPreconditionError,
    IsADirectoryError: errors.FailedPreconditionError,
}


def of_system(error: OSError, path: str) -> errors.OpError:
    """The error of the operating system as TensorFlow raises it."""
    kind: Any = _KINDS.get(type(error), errors.ResourceExhaustedError if error.errno == 28 else errors.UnknownError)
    return kind(None, None, f"{path}; {error.strerror or error}")


class Reading:
    """A file open for reading anywhere in it; closed at the latest when nobody holds it any more."""

    def __init__(self, path: str) -> None:
        self._file: int | None = None
        self._file = os.open(path, os.O_RDONLY)

    @property
    def size(self) -> int:
        """How long the file is."""
        assert self._file is not None
        return os.fstat(self._file).st_size

    def read(self, size: int, offset: int) -> bytes:
        """The bytes there, as many as there are. The system gives at most 2 GB in one call."""
        assert self._file is not None
        first = os.pread(self._file, size, offset)
        if len(first) == size or not first:
            return first
        parts = [first]
        while (have := sum(map(len, parts))) < size:
            more = os.pread(self._file, size - have, offset + have)
            if not more:
                break
            parts.append(more)
        return b"".join(parts)

    def close(self) -> None:
        """Closes the file. Closing twice does no harm."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    __del__ = close


def text_of(value: Any) -> str:
    """The one string that an input holds."""
    (item,) = np.asarray(value, object).reshape(-1).tolist() or [b""]
    return os.fsdecode(item)


def matching(pattern: str) -> list[str]:
    """The files that match. Only the last part is a pattern, and hidden files match as well, as in TensorFlow.

    Raises NotFoundError when the folder does not exist.
    """
    folder, name = os.path.split(pattern)
    try:
        names = os.listdir(folder or ".")
    except OSError as error:
        raise of_system(error, folder or ".") from None
    # A file without a folder gets the folder that was listed: TensorFlow gives `./name`.
    return [os.path.join(folder or ".", found) for found in sorted(names) if fnmatch.fnmatchcase(found, name)]


@lowers("MatchingFiles", host=True)
def matching_files(pattern: Any) -> np.ndarray:
    found = matching(text_of(pattern))
    result = np.empty(len(found), object)
    result[:] = [os.fsencode(path) for path in found]
    return result


def contents(path: str) -> bytes:
    """All that is in a file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise of_system(error, path) from None


@lowers("ReadFile", host=True)
def read_file(filename: Any) -> bytes:
    if np.ndim(filename):
        raise errors.InvalidArgumentError(
            None, None, f"Input filename tensor must be scalar, but had shape: {list(np.shape(filename))}")
    return contents(text_of(filename))


def _one(value: Any, name: str) -> Any:
    """The element of an input that must be a scalar."""
    if np.ndim(value):
        shape = ",".join(map(str, np.shape(value)))
        raise errors.InvalidArgumentError(None, None, f"{name} must be a scalar, got shape [{shape}]")
    return np.asarray(value).item()


@lowers("ShardedFilename", host=True)
def sharded_filename(basename: Any, shard: Any, num_shards: Any) -> Any:
    parts = _one(basename, "basename"), _one(shard, "shard"), _one(num_shards, "num_shards")
    return np.array(b"%s-%05d-of-%05d" % parts, object)


@lowers("ShardedFilespec", host=True)
def sharded_filespec(basename: Any, num_shards: Any) -> Any:
    return np.array(b"%s-?????-of-%05d" % (_one(basename, "basename"), _one(num_shards, "num_shards")), object)
