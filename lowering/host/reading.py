"""What all readers have in common, and those whose records are units of work themselves."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np

from lowering.host import files, messages, queues
from tracer import errors
from tracer.ir import Operation

Record = tuple[bytes, bytes]
"""Its key and what it holds."""
Row = tuple[int, bytes]
"""A record of a file by its number or place, which its key tells."""


class Reader:
    """What all readers have in common. One thread reads at a time; the counts can be asked for meanwhile."""

    def __init__(self, op: Operation) -> None:
        self.name = f"{op.type} '{op.name}'"
        self.reading = threading.Lock()
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
        with self.reading:
            while True:
                if self.started == self.finished:
                    self._take(queue, session)
                record = self._next()
                if record is not None:
                    self.produced += 1
                    return record
                self._finish()

    def read_some(self, queue: queues.Queue, count: int, session: Any) -> list[Record]:
        """Up to so many of the next records: all of one unit of work, which may have fewer."""
        found: list[Record] = []
        with self.reading:
            while not found and count > 0:
                if self.started == self.finished:
                    self._take(queue, session)
                while len(found) < count and (record := self._next()) is not None:
                    self.produced += 1
                    found.append(record)
                    if self.started == self.finished:  # its only one
                        return found
                if len(found) < count:
                    self._finish()
        return found

    def ahead(self, count: int) -> list[Row]:
        """Up to so many of the records that come next in the file that it is in. The caller holds `reading`."""
        return []

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
        with self.reading:
            self._end()
            self._clear()

    def cancel(self) -> None:
        """Lets its file go, when the session closes. A thread that still reads gets an error of its queue."""
        if self.reading.acquire(blocking=False):
            self._end()
            self.reading.release()

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
        with self.reading:
            message = messages.find("ReaderBaseState")(
                work_started=self.started, work_finished=self.finished, num_records_produced=self.produced,
                current_work=self.work)
            return message.SerializeToString()

    def restore(self, state: bytes) -> None:
        with self.reading:
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
