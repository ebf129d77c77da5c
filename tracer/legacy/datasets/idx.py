"""Reads IDX files, the format of the MNIST digits, and fetches the digits themselves."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import struct
import tempfile
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
IMAGES_MAGIC = 2051
LABELS_MAGIC = 2049
_CHUNK = 1 << 16
_TIMEOUT_SECONDS = 30


class _Contents(NamedTuple):
    """What a file of the MNIST digits holds once it is unpacked; mirrors pack it differently."""

    length: int
    sha256: str


_DIGITS = {
    "train-images-idx3-ubyte.gz": _Contents(
        47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    "train-labels-idx1-ubyte.gz": _Contents(60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "t10k-images-idx3-ubyte.gz": _Contents(7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "t10k-labels-idx1-ubyte.gz": _Contents(10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}


class DamagedFileError(ValueError):
    """A data file cannot be what its name says. It is left where it is."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: {what}. The file was left as it is; delete it to have it downloaded again.")


def read_images(source: Any) -> np.ndarray:
    """The pictures of a file, open or named, packed with gzip or not: uint8, [count, rows, columns, 1]."""
    sizes, pixels = _read(source, IMAGES_MAGIC, "image")
    return pixels.reshape(*sizes, 1)


def read_labels(source: Any) -> np.ndarray:
    """The labels of a file, open or named, packed with gzip or not: uint8, [count]."""
    return _read(source, LABELS_MAGIC, "label")[1]


def name_of(source: Any) -> Any:
    """The path of a file, open or named."""
    return getattr(source, "name", source)


def _read(source: Any, magic: int, kind: str) -> tuple[tuple[int, ...], np.ndarray]:
    path, data = name_of(source), _unpacked(source)
    dimensions = magic & 255
    header = 4 + 4 * dimensions
    if len(data) < header:
        raise DamagedFileError(path, f"it is truncated: {len(data)} bytes are too few even for the header")
    found, *sizes = struct.unpack(f">{1 + dimensions}I", data[:header])
    if found != magic:
        raise DamagedFileError(path, f"Invalid magic number {found} in MNIST {kind} file, {magic} expected")
    wanted = header + int(np.prod(sizes, dtype=np.int64))
    if len(data) != wanted:
        state = "truncated" if len(data) < wanted else "corrupt"
        raise DamagedFileError(path, f"it is {state}: its header promises {wanted} bytes, it has {len(data)}")
    return tuple(sizes), np.frombuffer(data, np.uint8, offset=header).copy()


def _unpacked(source: Any) -> bytes:
    path = name_of(source)
    with contextlib.nullcontext(source) if hasattr(source, "read") else open(source, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            return file.read()
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                return unpacked.read()
        except EOFError as problem:
            raise DamagedFileError(path, "it is truncated: the compressed data ends too early") from problem
        except (gzip.BadGzipFile, zlib.error) as problem:
            raise DamagedFileError(path, f"it is corrupt: {problem}") from problem


def find(name: str, folder: str) -> str | None:
    """The path of a data file in a folder: under its own name, or unpacked. None when it is not there."""
    unpacked = name.removesuffix(".gz")
    for candidate in (name, unpacked, unpacked.replace("-idx", ".idx")):
        path = os.path.join(folder, candidate)
        if os.path.isfile(path):
            return path
    return None


def fetch(names: Iterable[str], folder: str, mirrors: Iterable[str] = MIRRORS) -> None:
    """Downloads those of the files that the folder lacks. OSError, in one line, when that cannot be done."""
    missing = [name for name in names if find(name, folder) is None]
    for name in missing:
        problems = []
        for mirror in mirrors:
            problem = _fetch_from(mirror, name, folder)
            if not problem:
                break
            problems.append(problem)
        else:
            still = ", ".join(other for other in missing if find(other, folder) is None)
            raise OSError(
                f"MNIST cannot be downloaded: put {still} into {os.path.abspath(folder)} ({'; '.join(problems)})"
            )


def _fetch_from(mirror: str, name: str, folder: str) -> str:
    """Downloads one file beside its name and renames it. Returns what went wrong, or nothing."""
    os.makedirs(folder, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=name + ".", suffix=".part", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            problem = _download(mirror.rstrip("/") + "/" + name, name, file) or _wrong(beside, name)
            os.fsync(file.fileno())
        if not problem:
            os.chmod(beside, 0o644)
            os.replace(beside, os.path.join(folder, name))
        return problem
    finally:
        if os.path.exists(beside):
            os.remove(beside)


def _download(address: str, name: str, file: object) -> str:
    import urllib.error
    import urllib.request

    from tqdm import tqdm

    try:
        with urllib.request.urlopen(address, timeout=_TIMEOUT_SECONDS) as response:
            total = int(response.headers.get("Content-Length") or 0)
            received = 0
            with tqdm(total=total or None, desc=name, unit="B", unit_scale=True, leave=False) as bar:
                while chunk := response.read(_CHUNK):
                    file.write(chunk)  # type: ignore[attr-defined]
                    received += len(chunk)
                    bar.update(len(chunk))
    except (OSError, urllib.error.URLError) as problem:
        return f"{address}: {getattr(problem, 'reason', None) or problem}"
    file.flush()  # type: ignore[attr-defined]
    return f"{address}: {received} of {total} bytes came" if total and received != total else ""


def _wrong(path: str, name: str) -> str:
    """Whether a downloaded file is not the one that was asked for, and in what way."""
    wanted = _DIGITS.get(name)
    if wanted is None:
        return ""
    try:
        data = _unpacked(path)
    except DamagedFileError as problem:
        return str(problem)
    if len(data) != wanted.length:
        return f"{name} has {len(data)} bytes instead of {wanted.length}"
    return "" if hashlib.sha256(data).hexdigest() == wanted.sha256 else f"{name} has a wrong checksum"
