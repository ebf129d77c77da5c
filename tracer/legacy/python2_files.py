"""Files as Python 2 had them: text and bytes were one type, so either can be written to any file."""

from __future__ import annotations

import codecs
import functools
import io
import os
import sys
from typing import Any

from tracer.gfile import PYTHON2_STRING, FastGFile
from tracer.legacy.old_text import bytes_of, combined, text_of


class _ByLine:
    """Has lines written one by one, for `write` to turn each into what it takes, and read likewise."""

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)  # type: ignore[attr-defined]

    def xreadlines(self) -> Any:
        return self


class TextFile(_ByLine, io.TextIOWrapper):
    """A text file that takes bytes, too."""

    def write(self, text: Any) -> int:
        return super().write(text_of(text))


class RandomTextFile(TextFile):
    """A text file that is both read and written. What is read tells whether it is text."""

    buffer: Any  # which TextIOWrapper says too little of

    def _given(self, data: bytes) -> str:
        return data.decode(_encoding(data), "surrogateescape")

    def _bytes(self) -> Any:
        self.flush()
        return self.buffer

    def read(self, size: int | None = -1, /) -> str:
        return self._given(bytes(self._bytes().read(size)))

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]
        return self._given(bytes(self._bytes().readline(size)))

    def readlines(self, hint: int = -1, /) -> list[str]:
        return [self._given(bytes(line)) for line in self._bytes().readlines(hint)]

    def __next__(self) -> str:
        line = self.readline()
        if not line:
            raise StopIteration
        return line


def _encoding(start: bytes) -> str:
    """Of what a file holds: where that is no text, each byte is a letter for itself."""
    return "ascii" if b"\0" in start else "utf-8"


def _is_of_text(part: Any) -> bool:
    return isinstance(part, tuple) and any(isinstance(one, str) for one in part)


def _as_text(name: str) -> Any:
    """A method of bytes that is text's when it is given text."""
    of_bytes = getattr(bytes, name)

    @functools.wraps(of_bytes)
    def method(self: bytes, *arguments: Any) -> Any:
        if any(isinstance(part, str) or _is_of_text(part) for part in arguments[:2]):
            return getattr(text_of(bytes(self)), name)(*map(text_of, arguments))
        return kept(of_bytes(self, *arguments))

    return method


def asked_by_python2() -> bool:
    """Whether what called the caller is a program of Python 2, by its built-in names."""
    return PYTHON2_STRING in sys._getframe(2).f_builtins


def kept(value: Any) -> Any:
    """Bytes, in a list too, on which text can be called."""
    if isinstance(value, list):
        return [kept(part) for part in value]
    return FileBytes(value) if type(value) is bytes else value


class FileBytes(bytes):
    """What a file opened with "rb" gives: bytes, on which text can be called, and to which it can be compared."""

    for _name in ("__add__ __contains__ center count endswith find index ljust lower lstrip partition replace rfind rindex "
                  "rjust rpartition rsplit rstrip split splitlines startswith strip title upper").split():  # fmt: skip
        locals()[_name] = _as_text(_name)
    del _name

    def __radd__(self, other: Any) -> Any:
        return combined(other + text_of(bytes(self))) if isinstance(other, str) else other + bytes(self)

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        if isinstance(part, int):  # a number to PIL, a letter to a program of Python 2
            return bytes([part]).decode("ascii", "surrogateescape") if asked_by_python2() else part
        return kept(part)

    def __iter__(self) -> Any:
        return iter(bytes(self).decode("ascii", "surrogateescape"))  # a letter for each byte

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return super().__eq__(other)
        return text_of(bytes(self)) == other or bytes(self).decode("latin-1") == other  # "\x89PNG" is bytes, too

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = bytes.__hash__  # that of the same text, as long as it is ASCII

    def __copy__(self) -> FileBytes:
        return self

    def __deepcopy__(self, known: Any) -> FileBytes:
        return self

    def __reduce__(self) -> Any:
        return codecs.encode, (self.decode("latin-1"), "latin1")  # as pickle has bytes, for whoever does not know this class


class BinaryReader(_ByLine, io.BufferedReader):
    """A file opened with "rb"."""

    def read(self, size: int | None = -1, /) -> Any:
        return kept(super().read(size))

    def readline(self, size: int | None = -1, /) -> Any:
        return kept(super().readline(size))

    def readlines(self, hint: int = -1, /) -> Any:
        return kept(super().readlines(hint))

    def __next__(self) -> Any:
        return kept(super().__next__())


class _TakesText(_ByLine):
    def write(self, data: Any) -> int:
        return super().write(bytes_of(data))  # type: ignore[misc]


class BinaryWriter(_TakesText, io.BufferedWriter):
    """A file opened with "wb" that takes text, too."""


class BinaryRandom(_TakesText, io.BufferedRandom):
    """A file opened with "r+b" that takes text, too."""


class StringIO(_TakesText, io.BytesIO):
    """Python 2's StringIO: holds what it is given, and gives text back unless bytes went in."""

    def __init__(self, buffer: Any = "") -> None:
        super().__init__(bytes_of(buffer))
        self._binary = isinstance(buffer, bytes | bytearray)

    def write(self, data: Any) -> int:
        self._binary = self._binary or not isinstance(data, str)
        return super().write(data)

    def getvalue(self) -> Any:
        return self._given(super().getvalue())

    def read(self, size: int | None = -1) -> Any:
        return self._given(super().read(size))

    def readline(self, size: int | None = -1) -> Any:
        return self._given(super().readline(size))

    def readlines(self, hint: int | None = -1) -> Any:
        return [self._given(line) for line in super().readlines(hint)]

    def __next__(self) -> Any:
        return self._given(super().__next__())

    def _given(self, data: bytes) -> Any:
        return kept(data) if self._binary else text_of(data)


def open_file(name: Any, mode: str = "r", buffering: int = -1, **keywords: Any) -> Any:
    """Python 2's `open` and `file`: text is UTF-8, and bytes that are not come back unchanged when written.

    A file that holds no text can be read as text, too: as many letters as it has bytes.
    """
    if keywords or isinstance(name, int):
        return open(name, mode, buffering, **keywords)
    universal = "U" in mode
    mode = mode.replace("U", "") or "r"
    if mode[0] not in "rwa":
        mode = "r" + mode
    binary = "b" in mode
    raw = open(name, mode.replace("b", "").replace("t", "") + "b", buffering=0)
    buffer = _buffered(raw)
    if binary:
        return buffer
    newline = None if universal else "\n"
    kind = RandomTextFile if "+" in mode else TextFile
    encoding = _encoding(_start(name)) if mode == "r" else "utf-8"
    text = kind(buffer, encoding=encoding, errors="surrogateescape", newline=newline, line_buffering=buffering == 1)
    text.mode = mode  # type: ignore[misc]
    return text


def open_either(name: Any, mode: str = "r", buffering: int = -1, *more: Any, **keywords: Any) -> Any:
    """`open` of a program that either Python may have run: what Python 3 refuses is done as Python 2 did it.

    Bytes can be written to a text file and text to a binary one, and a file that holds no text can be read as text.
    """
    simple = not more and not keywords and not isinstance(name, int) and isinstance(mode, str)
    if simple and mode[:1] in ("w", "a") and not set(mode[1:]) - set("bt+"):
        return open_file(name, mode, buffering)
    if simple and mode in ("r", "rt") and _holds_no_text(name):
        return open_file(name, "r", buffering)
    return open(name, mode, buffering, *more, **keywords)


def _holds_no_text(name: Any) -> bool:
    """Whether a file begins with what is no UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(_start(name))
    except UnicodeDecodeError:
        return True
    return False


def _start(name: Any) -> bytes:
    """What a file begins with; nothing of a pipe, which can be read only once."""
    if not os.path.isfile(name):
        return b""
    with open(name, "rb") as file:
        return file.read(1 << 16)


def _buffered(raw: Any) -> Any:
    if raw.readable() and raw.writable():
        return BinaryRandom(raw)
    return BinaryReader(raw) if raw.readable() else BinaryWriter(raw)


def binary_file(file: Any) -> Any:
    """The bytes below a file that was opened as text."""
    if isinstance(file, io.TextIOWrapper | FastGFile):
        file.flush()
        return file.buffer
    return file


def bytes_from(file: Any) -> Any:
    """A file to read bytes from, where the one given may be one of text."""
    if isinstance(file, StringIO):
        copy = io.BytesIO(io.BytesIO.getvalue(file))
        copy.seek(file.tell())
        return copy
    return binary_file(file)
