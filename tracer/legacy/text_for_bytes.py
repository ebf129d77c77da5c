"""Modules of the standard library that take bytes, to which programs of Python 2 gave text: it was the same type."""

from __future__ import annotations

import array as arrays
import functools
import io
import struct
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from tracer.legacy.old_text import bytes_of
from tracer.legacy.python2_files import BinaryRandom, bytes_from, kept

_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def taking_text(function: Callable, position: int) -> Callable:
    """The function, with what stands at `position` among its arguments as bytes."""

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        if len(arguments) > position:
            arguments = (*arguments[:position], bytes_of(arguments[position]), *arguments[position + 1 :])
        return function(*arguments, **keywords)

    return call


def giving_text(function: Callable) -> Callable:
    """The function, whose bytes can be added and compared to text."""

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return kept(function(*arguments, **keywords))

    return call


def taking_text_files(function: Callable) -> Callable:
    """The function, with a file that was opened as text as the bytes below it."""

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return function(*map(bytes_from, arguments[:1]), *arguments[1:], **keywords)

    return call


class BytesIO(io.BytesIO):
    """A file in memory that begins with bytes, or with text as those."""

    def __init__(self, initial_bytes: Any = b"") -> None:
        super().__init__(bytes_of(initial_bytes))

    def write(self, data: Any) -> int:
        return super().write(bytes_of(data))


class _Hash:
    """A hash that takes text, too."""

    def __init__(self, made: Any) -> None:
        self._made = made

    def update(self, data: Any) -> None:
        """Goes on with `data`."""
        self._made.update(bytes_of(data))

    def copy(self) -> _Hash:
        """Another one that goes on from here."""
        return _Hash(self._made.copy())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


def _hashlib(module: ModuleType) -> dict[str, Any]:
    def hashing(make: Callable) -> Callable:
        return lambda string=b"": _Hash(make(bytes_of(string)))

    return {name: hashing(getattr(module, name)) for name in _HASHES}


@functools.lru_cache(maxsize=1)
def _buffer_of(text: str) -> bytes:
    """The bytes of a text of which a program takes one piece after the other."""
    return bytes_of(text)


def _read_from(buffer: Any) -> Any:
    return _buffer_of(buffer) if isinstance(buffer, str) else buffer


def unpack_from(format: Any, /, buffer: Any, offset: int = 0) -> tuple:
    """`struct.unpack_from` for text, too."""
    return struct.unpack_from(format, _read_from(buffer), offset)


def packing_text(function: Callable) -> Callable:
    """`struct.pack`, which takes text where the format has bytes (`s`, `p`, `c`)."""

    @functools.wraps(function)
    def call(format: Any, *values: Any) -> Any:
        return function(format, *map(bytes_of, values))

    return call


def _unpacked(function: Callable) -> Callable:
    """The function, in whose tuples bytes can be added and compared to text."""

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return tuple(map(kept, function(*arguments, **keywords)))

    return call


class Struct(struct.Struct):
    """A format that takes and reads text, too."""

    def pack(self, *values: Any) -> bytes:
        return super().pack(*map(bytes_of, values))

    def pack_into(self, buffer: Any, offset: int, *values: Any) -> None:
        super().pack_into(buffer, offset, *map(bytes_of, values))

    def unpack(self, buffer: Any, /) -> tuple:
        return super().unpack(bytes_of(buffer))

    def unpack_from(self, buffer: Any, offset: int = 0) -> tuple:
        return super().unpack_from(_read_from(buffer), offset)

    def iter_unpack(self, buffer: Any, /) -> Any:
        return super().iter_unpack(bytes_of(buffer))


class StructOfPython2(Struct):
    """A format whose bytes can be added and compared to text."""

    pack = giving_text(Struct.pack)
    unpack = _unpacked(Struct.unpack)
    unpack_from = _unpacked(Struct.unpack_from)


def _struct(module: ModuleType) -> dict[str, Any]:
    return {
        "Struct": Struct,
        "unpack_from": unpack_from,
        **{name: taking_text(getattr(module, name), 1) for name in ("iter_unpack", "unpack")},
        **{name: packing_text(getattr(module, name)) for name in ("pack", "pack_into")},
    }


def _struct_of_python2(module: ModuleType) -> dict[str, Any]:
    return {
        "Struct": StructOfPython2,
        "pack": giving_text(packing_text(module.pack)),
        "unpack": _unpacked(taking_text(module.unpack, 1)),
        "unpack_from": _unpacked(unpack_from),
    }


def _zlib(module: ModuleType) -> dict[str, Any]:
    return {name: taking_text(getattr(module, name), 0) for name in ("adler32", "compress", "crc32", "decompress")}


def _signed(function: Callable) -> Callable:
    """A checksum as Python 2 had it: of 32 bits with a sign."""

    @functools.wraps(function)
    def call(*arguments: Any) -> int:
        return (function(*arguments) ^ 0x80000000) - 0x80000000

    return call


def _zlib_of_python2(module: ModuleType) -> dict[str, Any]:
    sums = {name: _signed(taking_text(getattr(module, name), 0)) for name in ("adler32", "crc32")}
    return {**sums, **{name: giving_text(taking_text(getattr(module, name), 0)) for name in ("compress", "decompress")}}


def _binascii(module: ModuleType) -> dict[str, Any]:
    return {name: giving_text(taking_text(function, 0)) for name, function in vars(module).items()
            if name.startswith(("a2b_", "b2a_", "crc", "hexlify", "unhexlify"))}


class array(arrays.array):
    """An array that may begin with text as its bytes, and be added to by that."""

    def __new__(cls, typecode: str, *initializer: Any) -> Any:
        return super().__new__(cls, typecode, *(initializer if typecode == "u" else map(bytes_of, initializer)))

    def fromstring(self, data: Any) -> None:
        """Adds what bytes stand for."""
        self.frombytes(bytes_of(data))

    def tostring(self) -> Any:
        """What bytes stand for it."""
        return kept(self.tobytes())


def _tempfile(module: ModuleType) -> dict[str, Any]:
    """Files that are opened with "w+b" unless told otherwise."""

    def temporary(*arguments: Any, **keywords: Any) -> Any:
        file = module.TemporaryFile(*arguments, **keywords)
        return BinaryRandom(file.detach()) if type(file) is io.BufferedRandom else file

    def named(*arguments: Any, **keywords: Any) -> Any:
        file = module.NamedTemporaryFile(*arguments, **keywords)
        if isinstance(file.file, io.BufferedIOBase):
            file.write = taking_text(file.file.write, 0)
            file.writelines = lambda lines: file.file.writelines(map(bytes_of, lines))
        return file

    return {"NamedTemporaryFile": named, "TemporaryFile": temporary}


LOST: dict[str, Callable[[ModuleType], Mapping[str, Any]]] = {
    "hashlib": _hashlib,
    "io": lambda module: {"BytesIO": BytesIO},
    "struct": _struct,
    "tempfile": _tempfile,
    "zlib": _zlib,
}
LOST_WITH_PYTHON2: dict[str, Callable[[ModuleType], Mapping[str, Any]]] = {
    "array": lambda module: {"ArrayType": array, "array": array},
    "binascii": _binascii,
    "struct": _struct_of_python2,
    "zlib": _zlib_of_python2,
}
