"""Readers: they take units of work, mostly names of files, from a queue, and give the records in them one by one."""

from __future__ import annotations

import os
import struct
import threading
from typing import Any, BinaryIO

import numpy as np

from lowering.host import files, messages, queues, resources
from lowering.host.table import crc32c, masked
from lowering.registry import lowers
from tracer import errors
from tracer.ir import Operation

Record = tuple[bytes, bytes]
_BUFFER = 256 << 10
_KNOWN = 1024  # so many different lengths of records are remembered


class Reader:
    """What all readers have in common. One thread reads at a time; the counts can be asked for meanwhile."""

    def __init__(self, op: Operation) -> None:
        self.name = f"{op.type} '{op.name}'"
        self._reading = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self.started = 0
        self.finished = 0
        self.produced = 0
        self.work = b""

    def check_same(self, op: Operation) -> None:
        """Readers of one shared name are taken to be alike, as in TensorFlow."""

    def read(self, queue: queues.Queue, session: Any) -> Record:
        """The next record; takes new work from the queue when there is none in progress."""
        with self._reading:
            while True:
                if self.started == self.finished:
                    self._take(queue, session)
                record = self._next()
                if record is not None:
                    self.produced += 1
                    return record
                self._finish()

    def _take(self, queue: queues.Queue, session: Any) -> None:
        element = queue.dequeue(session)
        if len(element) != 1:
            raise errors.InvalidArgumentError(None, None, "Expected single component queue")
        if not isinstance(element[0], bytes):
            value = np.asarray(element[0])
            if value.dtype != object:
                raise errors.InvalidArgumentError(None, None, "Expected queue with single string component")
            if value.size != 1:
                raise errors.InvalidArgumentError(None, None, "Expected to dequeue a one-element string tensor")
            element = (value.reshape(-1)[0],)
        self.work = element[0]
        self.started += 1
        try:
            self._begin()
        except BaseException:
            self.started -= 1
            raise

    def _finish(self) -> None:
        self._end()
        self.finished = self.started

    def reset(self) -> None:
        """As if it had never read anything."""
        with self._reading:
            self._end()
            self._clear()

    def cancel(self) -> None:
        """Lets its file go, when the session closes. A thread that still reads gets an error of its queue."""
        if self._reading.acquire(blocking=False):
            self._end()
            self._reading.release()

    def serialize(self) -> bytes:
        """Its state."""
        raise errors.UnimplementedError(None, None, "Reader SerializeState")

    def restore(self, state: bytes) -> None:
        """Goes back to a state."""
        raise errors.UnimplementedError(None, None, "Reader RestoreState")

    # -- where the kinds of readers differ

    def _begin(self) -> None:
        """Starts on new work."""

    def _next(self) -> Record | None:
        """The next record of the work, or None at its end."""
        raise NotImplementedError

    def _end(self) -> None:
        """The work is finished."""


class WholeReader(Reader):
    """Its records are the units of work themselves: one each."""

    def _next(self) -> Record | None:
        record = self.work, self.contents()
        self._finish()
        return record

    def contents(self) -> bytes:
        """What a unit of work holds."""
        return self.work

    def serialize(self) -> bytes:
        with self._reading:
            message = messages.find("ReaderBaseState")(
                work_started=self.started, work_finished=self.finished, num_records_produced=self.produced,
                current_work=self.work)
            return message.SerializeToString()

    def restore(self, state: bytes) -> None:
        with self._reading:
            self._clear()
            try:
                found = messages.parse("ReaderBaseState", state)
                if found.SerializeToString() != state:
                    raise ValueError("there is more in it")
            except ValueError:
                raise errors.InvalidArgumentError(
                    None, None, f"Could not parse state for {self.name}: {state!r}") from None
            if min(found.work_started, found.work_finished, found.num_records_produced) < 0:
                raise errors.InvalidArgumentError(
                    None, None, f"Unexpected negative value when restoring in {self.name}: {found}")
            if found.work_started > found.work_finished:
                raise errors.InvalidArgumentError(
                    None, None, f"Inconsistent work started vs. finished when restoring in {self.name}: {found}")
            self.started, self.finished = found.work_started, found.work_finished
            self.produced, self.work = found.num_records_produced, found.current_work


class WholeFileReader(WholeReader):
    """Its records are whole files."""

    def contents(self) -> bytes:
        return files.contents(os.fsdecode(self.work))


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
            self.file = open(self.path, "rb", _BUFFER)
            self.size = os.fstat(self.file.fileno()).st_size
        except OSError as error:
            raise files.of_system(error, self.path) from None
        self.at = 0  # what the keys of the records count

    def _end(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None

    def _key(self) -> bytes:
        return b"%s:%d" % (self.work, self.at)

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
            self._next()

    def _next(self) -> Record | None:
        assert self.file is not None
        line = self.file.readline()
        text = line.rstrip(b"\n")
        if b"\r" in text:
            text = text.replace(b"\r", b"")  # wherever they stand, as in TensorFlow
        if not line or (not text and line[-1:] != b"\n"):
            return None
        self.at += 1
        return self._key(), text


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

    def _next(self) -> Record | None:
        assert self.file is not None
        if self.file.tell() >= self.size - self.footer:
            return None
        data = self.file.read(self.length)
        if len(data) < self.length:
            raise errors.OutOfRangeError(None, None, f"Read less bytes than requested: {self.path} ends within a record")
        record = self._key(), data
        self.at += 1
        return record


class TFRecordReader(FileReader):
    """Its records are those of TFRecord files: length, checksum of the length, data, checksum of the data."""

    header = struct.Struct("<QI")

    def __init__(self, op: Operation) -> None:
        super().__init__(op)
        self._lengths: dict[bytes, int] = {}  # by the first bytes of a record, whose checksum was right

    def _next(self) -> Record | None:
        assert self.file is not None
        head = self.file.read(12)
        length = self._lengths.get(head)
        if length is None:
            if not head:
                return None
            length = self._length(head)
        if self.at + 16 + length > self.size:
            raise self._damaged("truncated")
        body = self.file.read(length + 4)
        data = body[:length]
        if body[length:] != masked(crc32c(data)).to_bytes(4, "little"):
            raise self._damaged("corrupted")
        record = self._key(), data
        self.at += 16 + length
        return record

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


_KINDS = {"IdentityReader": WholeReader, "WholeFileReader": WholeFileReader, "TextLineReader": TextLineReader,
          "FixedLengthRecordReader": FixedLengthRecordReader, "TFRecordReader": TFRecordReader}


@lowers(*_KINDS, host=True)
def reader(*, op: Operation, session: Any) -> np.ndarray:
    return resources.handle_of(op, session, "reader", lambda name: _KINDS[op.type](op))


def _find(session: Any, handle: Any) -> Reader:
    return resources.find(session, handle, "reader")


@lowers("ReaderRead", host=True)
def reader_read(reader_handle: Any, queue_handle: Any, *, session: Any) -> Record:
    return _find(session, reader_handle).read(queues.find(session, queue_handle), session)


@lowers("ReaderNumRecordsProduced", host=True)
def reader_num_records_produced(reader_handle: Any, *, session: Any) -> np.int64:
    return np.int64(_find(session, reader_handle).produced)


@lowers("ReaderNumWorkUnitsCompleted", host=True)
def reader_num_work_units_completed(reader_handle: Any, *, session: Any) -> np.int64:
    return np.int64(_find(session, reader_handle).finished)


@lowers("ReaderSerializeState", host=True)
def reader_serialize_state(reader_handle: Any, *, session: Any) -> bytes:
    return _find(session, reader_handle).serialize()


@lowers("ReaderRestoreState", host=True)
def reader_restore_state(reader_handle: Any, state: Any, *, session: Any) -> None:
    if np.ndim(state):
        raise errors.InvalidArgumentError(
            None, None, f"Reader state must be scalar, but had shape: {list(np.shape(state))}")
    _find(session, reader_handle).restore(np.asarray(state, object).item())


@lowers("ReaderReset", host=True)
def reader_reset(reader_handle: Any, *, session: Any) -> None:
    _find(session, reader_handle).reset()
