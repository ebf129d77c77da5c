"""Readers: they take units of work, mostly names of files, from a queue, and give the records in them one by one."""

from __future__ import annotations

from typing import Any

import numpy as np

from lowering.host import queues, resources
from lowering.host.file_readers import FixedLengthRecordReader, TextLineReader, TFRecordReader
from lowering.host.reading import Reader, Record, WholeFileReader, WholeReader
from lowering.registry import lowers
from tracer import errors
from tracer.ir import Operation

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


@lowers("ReaderReadUpTo", host=True)
def reader_read_up_to(reader_handle: Any, queue_handle: Any, num_records: Any, *, session: Any) -> list[np.ndarray]:
    records = _find(session, reader_handle).read_some(queues.find(session, queue_handle), int(num_records), session)
    return [np.array([record[part] for record in records], object) for part in (0, 1)]


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
