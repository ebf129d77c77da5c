"""`tf.python_io`: TFRecord files, written and read record by record without a graph."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from tracer import compat
from tracer.errors import DataLossError

# A record is its length (8 bytes), the checksum of that (4), the data, and the checksum of the data (4).
_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_LENGTH = struct.Struct("<Q")
_PIECE = 256 << 10
_KNOWN = 1024


def _masked_crc(data: bytes) -> int:
    """CRC-32C, rotated and shifted so that the checksum of data that holds a checksum is no trivial one."""
    import google_crc32c

    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def framed(record: bytes) -> tuple[bytes, bytes, bytes]:
    """What stands in a file for a record: its length with a checksum, the record, and its checksum."""
    length = _LENGTH.pack(len(record))
    return length + _CHECKSUM.pack(_masked_crc(length)), record, _CHECKSUM.pack(_masked_crc(record))


class TFRecordWriter:
    """Writes records to a TFRecord file.

    >>> with tf.python_io.TFRecordWriter(path) as writer:
    ...     writer.write(example.SerializeToString())
    """

    def __init__(self, path: str) -> None:
        self._file = open(path, "wb")

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, unused_type: Any, unused_value: Any, unused_traceback: Any) -> None:
        self.close()

    def write(self, record: bytes | str) -> None:
        """Append a record; a text is written in UTF-8."""
        for part in framed(compat.as_bytes(record)):
            self._file.write(part)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def tf_record_iterator(path: str) -> Iterator[bytes]:
    """The records of a TFRecord file, in order. A damaged one raises DataLossError with the file and the offset.

    >>> for record in tf.python_io.tf_record_iterator(path):
    ...     example = tf.train.Example.FromString(record)
    """
    return records_from(path, 0)


def records_from(path: str, offset: int) -> Iterator[bytes]:
    """The records of a TFRecord file from the one at `offset` on."""
    known: dict[bytes, int] = {}  # lengths by the first bytes of a record, whose checksum was right
    from google_crc32c import value as crc_of

    unpack = _CHECKSUM.unpack_from
    with open(path, "rb") as file:
        file.seek(offset)
        data, at = file.read(_PIECE), 0  # the record at `offset` begins at `at`
        while True:
            length = known.get(data[at:at + 12])
            if length is None:
                if at + 12 > len(data):
                    data, at = data[at:] + file.read(_PIECE), 0
                    if not data:
                        return
                if len(known) >= _KNOWN:
                    known.clear()
                length = known[data[at:at + 12]] = _length(data[at:at + 12], path, offset)
            end = at + 16 + length
            if end > len(data):
                data, at, end = data[at:] + _more(file, end - len(data)), 0, 16 + length
                if end > len(data):
                    raise _damaged("truncated", path, offset)
            record = data[at + 12:end - 4]
            crc = crc_of(record)
            if ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF != unpack(data, end - 4)[0]:
                raise _damaged("corrupted", path, offset)
            yield record
            offset += 16 + length
            at = end


def _length(header: bytes, path: str, offset: int) -> int:
    if len(header) < _HEADER.size:
        raise _damaged("truncated", path, offset)
    length, checksum = _HEADER.unpack(header)
    if checksum != _masked_crc(header[:_LENGTH.size]):
        raise _damaged("corrupted", path, offset)
    return length


def _more(file: BinaryIO, missing: int) -> bytes:
    """What a record goes on with, and a little more; less where the file ends."""
    try:
        return file.read(max(missing, _PIECE))
    except (MemoryError, OverflowError):  # no file is so long
        return b""


def _damaged(how: str, path: str, offset: int) -> DataLossError:
    return DataLossError(None, None, f"{how} record at {offset} of {path}")
