"""`tf.python_io`: TFRecord files, written and read record by record without a graph."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, ClassVar

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


class TFRecordCompressionType:
    """How the bytes of a TFRecord file are compressed; from 0.11 on."""

    NONE = 0
    ZLIB = 1
    GZIP = 2


class TFRecordOptions:
    """What reads and writes TFRecord files is told of them: their `TFRecordCompressionType`; from 0.11 on."""

    compression_type_map: ClassVar[dict[int, str]] = {
        TFRecordCompressionType.NONE: "", TFRecordCompressionType.ZLIB: "ZLIB", TFRecordCompressionType.GZIP: "GZIP"}

    def __init__(self, compression_type: int) -> None:
        self.compression_type = compression_type

    @classmethod
    def get_compression_type_string(cls, options: TFRecordOptions | None) -> str:
        """The name of the compression; nothing where there is none."""
        return cls.compression_type_map[options.compression_type] if options else ""


def _opened(path: str, compression: str) -> Any:
    """A file for reading what was compressed into it."""
    if compression == "GZIP":
        import gzip

        return gzip.open(path, "rb")
    if compression == "ZLIB":
        with open(path, "rb") as file:
            return io.BytesIO(zlib.decompress(file.read()))
    return open(path, "rb")


@contextlib.contextmanager
def _inflating(path: str) -> Iterator[None]:
    """DataLossError where the bytes of a file were not compressed so, or not to their end."""
    try:
        yield
    except (EOFError, zlib.error, OSError) as error:
        import gzip

        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):  # not there, or not to be read
            raise
        raise DataLossError(None, None, f"inflate() failed: {error} ({path})") from None


class _Deflated:
    """A file for writing what is compressed into it."""

    def __init__(self, path: str, compression: str) -> None:
        self._file = open(path, "wb")
        self._packer = zlib.compressobj(wbits=zlib.MAX_WBITS + (16 if compression == "GZIP" else 0))

    def write(self, data: bytes) -> None:
        self._file.write(self._packer.compress(data))

    def close(self) -> None:
        if not self._file.closed:
            self._file.write(self._packer.flush())
            self._file.close()


class TFRecordWriter:
    """Writes records to a TFRecord file, compressed where `options` say so.

    >>> with tf.python_io.TFRecordWriter(path) as writer:
    ...     writer.write(example.SerializeToString())
    """

    def __init__(self, path: str, options: TFRecordOptions | None = None) -> None:
        compression = TFRecordOptions.get_compression_type_string(options)
        self._file: Any = _Deflated(path, compression) if compression else open(path, "wb")

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


def tf_record_iterator(path: str, options: TFRecordOptions | None = None) -> Iterator[bytes]:
    """The records of a TFRecord file, in order. A damaged one raises DataLossError with the file and the offset.

    `options`, from 0.11 on, say how the file is compressed.

    >>> for record in tf.python_io.tf_record_iterator(path):
    ...     example = tf.train.Example.FromString(record)
    """
    return records_from(path, 0, TFRecordOptions.get_compression_type_string(options))


def records_from(path: str, offset: int, compression: str = "") -> Iterator[bytes]:
    """The records of a TFRecord file from the one at `offset` on."""
    known: dict[bytes, int] = {}  # lengths by the first bytes of a record, whose checksum was right
    from google_crc32c import value as crc_of

    unpack = _CHECKSUM.unpack_from
    with _inflating(path), _opened(path, compression) as file:
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
