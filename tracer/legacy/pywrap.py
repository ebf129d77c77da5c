"""`tensorflow.python.pywrap_tensorflow`: what programs took from TensorFlow's compiled part by its own names."""

from __future__ import annotations

import os
import socket
import time
from typing import Any

from tracer import compat, protos, python_io
from tracer.test import IsGoogleCudaEnabled as IsGoogleCudaEnabled
from tracer.train.saver import CheckpointReader as CheckpointReader
from tracer.train.saver import NewCheckpointReader as NewCheckpointReader


class EventsWriter:
    """Writes Event messages to a file `<prefix>.out.tfevents.<seconds>.<host>`, with no thread of its own."""

    def __init__(self, file_prefix: bytes | str) -> None:
        self._prefix = compat.as_str(file_prefix)
        self._path = ""
        self._file: Any = None

    def FileName(self) -> bytes:
        """The name of the file, which is made when it is asked for."""
        self._open()
        return self._path.encode()

    def _open(self) -> Any:
        if self._file is None:
            seconds = time.time()
            self._path = f"{self._prefix}.out.tfevents.{int(seconds):010d}.{socket.gethostname()}"
            self._file = open(self._path, "wb")
            self.WriteEvent(protos.Event(wall_time=seconds, file_version="brain.Event:2"))
        return self._file

    def WriteEvent(self, event: Any) -> None:
        """Writes an Event message. Raises TypeError when it is none."""
        if not isinstance(event, protos.Event):
            raise TypeError(f"Expected an event_pb2.Event proto,  but got {type(event)}")
        self._WriteSerializedEvent(event.SerializeToString())

    def _WriteSerializedEvent(self, event: bytes) -> None:
        file = self._open()
        for part in python_io.framed(event):
            file.write(part)

    def Flush(self) -> bool:
        """Makes safe what was written; whether there was a file."""
        if self._file is None:
            return False
        self._file.flush()
        os.fsync(self._file.fileno())
        return True

    def Close(self) -> bool:
        """As `Flush`, and closes the file."""
        done = self.Flush()
        if done:
            self._file.close()
            self._file = None
        return done


class PyRecordReader:
    """The records of a TFRecord file, one after the other."""

    def __init__(self, filename: bytes | str, start_offset: int) -> None:
        self._records: Any = python_io.records_from(compat.as_str(filename), start_offset)
        self._offset = start_offset
        self._record = b""

    def GetNext(self) -> bool:
        """Goes on to the next record; whether there is one."""
        try:
            self._record = next(self._records)
        except StopIteration:
            return False
        self._offset += sum(map(len, python_io.framed(self._record)))
        return True

    def record(self) -> bytes:
        """The record."""
        return self._record

    def offset(self) -> int:
        """Where the next one begins."""
        return self._offset

    def Close(self) -> None:
        """Lets the file go."""
        self._records.close()


def PyRecordReader_New(filename: bytes | str, start_offset: int) -> PyRecordReader | None:
    """A reader from `start_offset` on; None when there is no such file."""
    return PyRecordReader(filename, start_offset) if os.path.exists(compat.as_str(filename)) else None


class PyRecordWriter:
    """Writes a TFRecord file."""

    def __init__(self, filename: bytes | str) -> None:
        self._writer = python_io.TFRecordWriter(compat.as_str(filename))

    def WriteRecord(self, record: bytes | str) -> bool:
        """Writes a record."""
        self._writer.write(record)
        return True

    def Close(self) -> None:
        """Finishes the file."""
        self._writer.close()


PyRecordWriter_New = PyRecordWriter


def EqualGraphDefWrapper(actual: bytes, expected: bytes) -> bytes:
    """Where two serialized GraphDef messages differ; nothing when they do not."""
    from tracer.test import assert_equal_graph_def

    try:
        assert_equal_graph_def(protos.GraphDef.FromString(actual), protos.GraphDef.FromString(expected))
    except AssertionError as difference:
        return str(difference).encode()
    return b""
