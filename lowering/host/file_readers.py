"""Readers whose records stand in files one after the other."""

from __future__ import annotations

import functools
import gzip
import io
import itertools
import os
import struct
import sys
import zlib
from collections import deque
from collections.abc import Callable
from typing import BinaryIO

from lowering.host import files
from lowering.host.reading import Reader, Record, Row
from lowering.host.table import crc32c, masked
from tracer import errors
from tracer.ir import Operation

_BUFFER = 256 << 10
_KNOWN = 1024  # so many different lengths of records are remembered


class FileReader(Reader):
    """Reads on in a file."""

    file: BinaryIO | None = None

    @property
    def path(self) -> str:
        """The file's name."""
        return os.fsdecode(self.work)

    def _begin(self) -> None:
        self._end()
        try:
            self._open()
        except OSError as error:
            raise files.of_system(error, self.path) from None
        self.at = 0  # what the keys of the records count

    def _open(self) -> None:
        self.file = open(self.path, "rb", _BUFFER)
        self.size = os.fstat(self.file.fileno()).st_size

    def _end(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None

    def _clear(self) -> None:
        super()._clear()
        self._ahead: deque[Row] = deque()  # read already, and given to nobody
        self._behind: Exception | None = None  # what reading met after them

    def _next(self) -> Record | None:
        row = self._ahead.popleft() if self._ahead else self._on()
        return None if row is None else (self.key(row), row[1])

    def _on(self) -> Row | None:
        """The next record, or what reading ahead met in its place."""
        if self._behind is None:
            return self._row()
        error, self._behind = self._behind, None
        raise error

    def _row(self) -> Row | None:
        """The next record of the file, or None at its end."""
        raise NotImplementedError

    def ahead(self, count: int) -> list[Row]:
        if self.started == self.finished:
            return []
        rows = self._ahead
        size = sum(len(data) for _, data in rows)
        while len(rows) < count and size < _BUFFER and self._behind is None:
            try:
                row = self._row()
            except Exception as error:
                self._behind = error
                break
            if row is None:
                break
            rows.append(row)
            size += len(row[1])
        return list(itertools.islice(rows, count))

    def give(self, count: int) -> None:
        """Takes the first of the records that are ahead for given."""
        self.produced += count
        for _ in range(count):
            self._ahead.popleft()

    def key(self, row: Row) -> bytes:
        """The key of a record of the file that it is in."""
        return b"%s:%d" % (self.work, row[0])

    __del__ = _end


class TextLineReader(FileReader):
    """Its records are lines."""

    def __init__(self, op: Operation) -> None:
        super().__init__(op)
        self.skip = op.attrs["skip_header_lines"]
        if self.skip < 0:
            raise errors.InvalidArgumentError(None, None, f"skip_header_lines must be >= 0 not {self.skip}")

    def _begin(self) -> None:
        super()._begin()
        for _ in range(self.skip):
            self._row()

    def _row(self) -> Row | None:
        assert self.file is not None
        line = self.file.readline()
        text = line.rstrip(b"\n")
        if b"\r" in text:
            text = text.replace(b"\r", b"")  # wherever they stand, as in TensorFlow
        if not line or (not text and line[-1:] != b"\n"):
            return None
        self.at += 1
        return self.at, text


class FixedLengthRecordReader(FileReader):
    """Its records are all of one length."""

    def __init__(self, op: Operation) -> None:
        super().__init__(op)
        self.header, self.footer = op.attrs["header_bytes"], op.attrs["footer_bytes"]
        self.length = op.attrs["record_bytes"]
        for name in ("header_bytes", "record_bytes", "footer_bytes"):
            if op.attrs[name] < 0:
                raise errors.InvalidArgumentError(None, None, f"{name} must be >= 0 not {op.attrs[name]}")

    def _begin(self) -> None:
        super()._begin()
        assert self.file is not None
        if self.header > self.size:
            raise errors.OutOfRangeError(None, None, f"Read less bytes than requested: {self.path} has no whole header")
        self.file.seek(self.header)

    def _row(self) -> Row | None:
        assert self.file is not None
        if self.file.tell() >= self.size - self.footer:
            return None
        data = self.file.read(self.length)
        if len(data) < self.length:
            raise errors.OutOfRangeError(None, None, f"Read less bytes than requested: {self.path} ends within a record")
        self.at += 1
        return self.at - 1, data


class TFRecordReader(FileReader):
    """Its records are those of TFRecord files: length, checksum of the length, data, checksum of the data."""

    header = struct.Struct("<QI")

    def __init__(self, op: Operation) -> None:
        super().__init__(op)
        self._lengths: dict[bytes, int] = {}  # by the first bytes of a record, whose checksum was right
        self._compression = op.attrs["compression_type"]
        if self._compression not in ("", "ZLIB", "GZIP"):
            raise errors.InvalidArgumentError(None, None, f"Unsupported compression_type: {self._compression}")

    def _begin(self) -> None:
        super()._begin()
        self._head = self._bytes(12)

    def _open(self) -> None:
        if not self._compression:
            super()._open()
            return
        self.size = sys.maxsize  # which only reading tells
        if self._compression == "GZIP":
            self.file = io.BufferedReader(gzip.open(self.path, "rb"), _BUFFER)  # type: ignore[arg-type]
        else:
            with open(self.path, "rb") as file:
                self.file = io.BytesIO(self._inflated(lambda: zlib.decompress(file.read())))

    def _bytes(self, count: int) -> bytes:
        assert self.file is not None
        if not self._compression:
            return self.file.read(count)
        return self._inflated(functools.partial(self.file.read, count))

    def _inflated(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise errors.DataLossError(None, None, f"inflate() failed: {error} ({self.path})") from None

    def _row(self) -> Row | None:
        assert self.file is not None
        head = self._head
        length = self._lengths.get(head)
        if length is None:
            if not head:
                return None
            length = self._length(head)
        at = self.at
        if at + 16 + length > self.size:
            raise self._damaged("truncated")
        rest = self._bytes(length + 16)  # with the head of the next one
        data = rest[:length]
        if len(rest) < length + 4:
            raise self._damaged("truncated")
        if masked(crc32c(data)) != int.from_bytes(rest[length:length + 4], "little"):
            self.file.seek(at + 12)  # whoever reads on meets it again
            raise self._damaged("corrupted")
        self._head = rest[length + 4:]
        self.at = at + 16 + length
        return at, data

    def _length(self, head: bytes) -> int:
        if len(head) < 12:
            raise self._damaged("truncated")
        length, checksum = self.header.unpack(head)
        if masked(crc32c(head[:8])) != checksum:
            raise self._damaged("corrupted")
        if len(self._lengths) >= _KNOWN:
            self._lengths.clear()
        self._lengths[head] = length
        return length

    def _damaged(self, how: str) -> errors.OpError:
        return errors.DataLossError(None, None, f"{how} record at {self.at} of {self.path}")
