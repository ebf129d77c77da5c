"""Files as Python 2 had them: text and bytes were one type, so either can be written to any file."""

from __future__ import annotations

import io
from typing import Any

from tracer.legacy.helpers import text_of


class TextFile(io.TextIOWrapper):
    """A text file that takes bytes, too."""

    def write(self, text: Any) -> int:
        return super().write(text_of(text))

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)


class _TakesText:
    def write(self, data: Any) -> int:
        return super().write(_bytes_of(data))  # type: ignore[misc]

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)


class BinaryWriter(_TakesText, io.BufferedWriter):
    """A file opened with "wb" that takes text, too."""


class BinaryRandom(_TakesText, io.BufferedRandom):
    """A file opened with "r+b" that takes text, too."""


class StringIO(_TakesText, io.BytesIO):
    """Python 2's StringIO: holds what it is given, and gives text back unless bytes went in."""

    def __init__(self, buffer: Any = "") -> None:
        super().__init__(_bytes_of(buffer))
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
        return data if self._binary else text_of(data)


def open_file(name: Any, mode: str = "r", buffering: int = -1, **keywords: Any) -> Any:
    """Python 2's `open` and `file`: text is UTF-8, and bytes that are not come back unchanged when written."""
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
    text = TextFile(buffer, encoding="utf-8", errors="surrogateescape", newline=newline, line_buffering=buffering == 1)
    text.mode = mode  # type: ignore[misc]
    return text


def _buffered(raw: Any) -> Any:
    if raw.readable() and raw.writable():
        return BinaryRandom(raw)
    return io.BufferedReader(raw) if raw.readable() else BinaryWriter(raw)


def _bytes_of(data: Any) -> Any:
    return data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data


def binary_file(file: Any) -> Any:
    """The bytes below a file that was opened as text."""
    if isinstance(file, io.TextIOWrapper):
        file.flush()
        return file.buffer
    return file
