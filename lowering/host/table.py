"""The sorted table of keys and values that both formats of checkpoints are built on.

A file is a row of blocks, an index block with the last key and place of each, and a footer of 48 bytes. A block holds
entries (length shared with the key before, length of the rest, length of the value, rest of the key, value), the
offsets of the entries whose keys are whole, and a trailer: how it is compressed, and a checksum.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO, NamedTuple

import google_crc32c
import numpy as np

from lowering.host import snappy
from lowering.host.files import Reading, pieces
from lowering.host.messages import read_varint, varint
from tracer import errors

MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_TRAILER = struct.Struct("<BI")
_BLOCK_SIZE = 262144
_RESTART_EVERY = 16
_LARGE = 4 << 20


class Stream(NamedTuple):
    """A value that is too large to be copied together: its length, and the buffers it consists of."""

    length: int
    buffers: Iterable[Any]


def masked(crc: int) -> int:
    """A checksum as it is stored: data that contain checksums must not make a trivial one."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(data: Any, crc: int = 0) -> int:
    """The CRC-32C of `data`, or of what gave `crc` followed by `data`."""
    if isinstance(data, memoryview):  # the compiled function takes no memoryview
        data = np.frombuffer(data, np.uint8) if len(data) else b""
    return google_crc32c.extend(crc, data)


def write_checked(file: BinaryIO, buffer: Any, crc: int = 0) -> int:
    """Writes a buffer; returns the checksum of what gave `crc` followed by it.

    The system copies one piece of a large one while the checksum of the next is taken.
    """
    if len(buffer) < _LARGE:
        file.write(buffer)
        return crc32c(buffer, crc)
    with ThreadPoolExecutor(1) as pool:
        writing: Future[int] | None = None
        for piece in pieces(buffer):
            crc = crc32c(piece, crc)
            if writing is not None:
                writing.result()
            writing = pool.submit(file.write, piece)
        assert writing is not None
        writing.result()
    return crc


class TableWriter:
    """Writes a table to an open file; keys must come in order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = 0
        self._index: list[tuple[bytes, bytes]] = []
        self._pending: bytes | None = None  # the place of the last block, until the next key is known
        self._last_key = b""
        self._any = False
        self._clear()

    def _clear(self) -> None:
        self._parts: list[Any] = []
        self._size = 0
        self._count = 0
        self._restarts = [0]

    def add(self, key: bytes, value: bytes | Stream) -> None:
        """Appends an entry."""
        stream = value if isinstance(value, Stream) else Stream(len(value), [value])
        if self._any and len(key) + stream.length >= 2 * _BLOCK_SIZE:
            self._flush()  # a large value gets a block of its own
        if self._pending is not None:
            self._index.append((_separator(self._last_key, key), self._pending))
            self._pending = None
        shared = 0
        if self._count and self._count % _RESTART_EVERY == 0:
            self._restarts.append(self._size)
        elif self._count:
            shared = _shared(self._last_key, key)
        head = varint(shared) + varint(len(key) - shared) + varint(stream.length) + key[shared:]
        self._parts += [head, stream]
        self._size += len(head) + stream.length
        self._count += 1
        self._any = True
        self._last_key = key
        if self._size + 4 * len(self._restarts) + 4 >= _BLOCK_SIZE:
            self._flush()

    def _flush(self) -> None:
        if self._count:
            self._pending = self._write_block()

    def _write_block(self) -> bytes:
        """Writes the block collected so far; returns its place as the index has it."""
        offset, crc, size = self._offset, 0, 0
        tail = struct.pack(f"<{len(self._restarts) + 1}I", *self._restarts, len(self._restarts))
        for part in (*self._parts, tail):
            for buffer in part.buffers if isinstance(part, Stream) else (part,):
                crc = write_checked(self._file, buffer, crc)
                size += len(buffer)
        self._file.write(_TRAILER.pack(0, masked(crc32c(b"\0", crc))))
        self._offset += size + _TRAILER.size
        self._clear()
        return varint(offset) + varint(size)

    def finish(self) -> None:
        """Writes what is left, the index and the footer. The file stays open."""
        self._flush()
        metaindex = self._write_block()
        if self._pending is not None:
            self._index.append((_successor(self._last_key), self._pending))
        for key, place in self._index:
            self._restarts += [self._size] if self._count else []
            head = varint(0) + varint(len(key)) + varint(len(place)) + key
            self._parts.append(head + place)
            self._size += len(head) + len(place)
            self._count += 1
        handles = metaindex + self._write_block()
        self._file.write(handles.ljust(_FOOTER - 8, b"\0") + struct.pack("<Q", MAGIC))


def _shared(one: bytes, other: bytes) -> int:
    """How many bytes they have in common at their start."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _separator(last: bytes, following: bytes) -> bytes:
    """A short key that is not less than `last` and less than `following`."""
    shared = _shared(last, following)
    if shared < min(len(last), len(following)) and last[shared] + 1 < following[shared]:
        return last[:shared] + bytes([last[shared] + 1])
    return last


def _successor(key: bytes) -> bytes:
    """A short key that is not less than `key`."""
    for i, byte in enumerate(key):
        if byte != 0xFF:
            return key[:i] + bytes([byte + 1])
    return key


class Table:
    """Reads a table. Whatever is wrong with the file raises DataLossError with its name and the place."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = Reading(path)
        try:
            self.size = self._file.size
            footer = self._read(max(self.size - _FOOTER, 0), _FOOTER)
            if len(footer) < _FOOTER:
                raise self.damaged("the file is too short to be an sstable", 0)
            if struct.unpack("<Q", footer[-8:])[0] != MAGIC:
                raise self.damaged("not an sstable (bad magic number)", self.size - 8)
            self._blocks = self._index(footer)
        except BaseException:
            self._file.close()
            raise
        self._last_keys = [key for key, _, _ in self._blocks]
        self._cached: tuple[int, dict[bytes, memoryview]] | None = None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        self._cached = None

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def damaged(self, how: str, offset: int, what: str = "") -> errors.DataLossError:
        """The error that says where and how the file is damaged."""
        return errors.DataLossError(None, None, f"{self.path}: {how} at offset {offset}{what}")

    def _read(self, offset: int, size: int) -> bytes:
        return self._file.read(size, offset)

    def _index(self, footer: bytes) -> list[tuple[bytes, int, int]]:
        """The last key, offset and size of each block."""
        at = 0
        try:
            for _ in range(2):  # the first pair is the place of a block that is always empty
                offset, at = read_varint(footer, at)
                size, at = read_varint(footer, at)
            blocks = []
            for key, place in self._entries(self._block(offset, size), offset):
                block_offset, middle = read_varint(place, 0)
                blocks.append((key, block_offset, read_varint(place, middle)[0]))
        except ValueError as error:
            raise self.damaged(f"a bad index ({error})", self.size - _FOOTER) from None
        return blocks

    def _block(self, offset: int, size: int) -> memoryview:
        """The contents of a block, checked."""
        if offset + size + _TRAILER.size > self.size:
            raise self.damaged("a block that is cut off", offset)
        data = self._read(offset, size + _TRAILER.size)
        if len(data) < size + _TRAILER.size:
            raise self.damaged("a block that is cut off", offset)
        kind, checksum = _TRAILER.unpack_from(data, size)
        contents = memoryview(data)[:size]
        if masked(crc32c(memoryview(data)[:size + 1])) != checksum:
            raise self.damaged("a block with a wrong checksum", offset)
        if kind == 0:
            return contents
        if kind != 1:
            raise self.damaged(f"a block of unknown compression {kind}", offset)
        try:
            return memoryview(snappy.decompress(bytes(contents)))
        except ValueError as error:
            raise self.damaged(f"a block that does not decompress ({error})", offset) from None

    def _entries(self, block: memoryview, offset: int) -> Iterator[tuple[bytes, memoryview]]:
        try:
            (restarts,) = struct.unpack_from("<I", block, len(block) - 4)
            end = len(block) - 4 - 4 * restarts
            at, key = 0, b""
            while at < end:
                shared, at = read_varint(block, at)
                rest, at = read_varint(block, at)
                length, at = read_varint(block, at)
                if shared > len(key) or at + rest + length > end:
                    raise ValueError("an entry is longer than its block")
                key = key[:shared] + bytes(block[at:at + rest])
                at += rest + length
                yield key, block[at - length:at]
        except (ValueError, struct.error) as error:
            raise self.damaged(f"a bad block ({error})", offset) from None

    def _load(self, number: int) -> dict[bytes, memoryview]:
        if self._cached is None or self._cached[0] != number:
            _, offset, size = self._blocks[number]
            self._cached = None  # before the next one is read: one block is held at a time
            self._cached = number, dict(self._entries(self._block(offset, size), offset))
        return self._cached[1]

    def get(self, key: bytes) -> memoryview | None:
        """The value of `key`, or None."""
        number = bisect_left(self._last_keys, key)
        return self._load(number).get(key) if number < len(self._blocks) else None

    def offset_of(self, key: bytes) -> int:
        """Where the block that holds `key` begins."""
        return self._blocks[min(bisect_left(self._last_keys, key), len(self._blocks) - 1)][1]

    def items(self) -> Iterator[tuple[bytes, memoryview]]:
        """All entries in order."""
        for number in range(len(self._blocks)):
            yield from self._load(number).items()
