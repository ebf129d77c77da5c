"""Reading the files of a data set, by several readers at once."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, gfile, scopes
from tracer.ops import io
from tracer.ops.data_flow import FIFOQueue, RandomShuffleQueue
from tracer.ops.reduction import add_n
from tracer.train.input import string_input_producer
from tracer.train.queue_runner import QueueRunner, add_queue_runner

__all__ = ["ParallelReader", "get_data_files", "parallel_read", "single_pass_read"]


class ParallelReader(io.ReaderBase):
    """Several readers of one class, whose records go to a queue from which they are read.

    Args:
        reader_class: a function that makes a reader.
        common_queue: the queue.
        num_readers: how many readers there are.
        reader_kwargs: the arguments of `reader_class`.
    """

    def __init__(self, reader_class: Any, common_queue: Any, num_readers: int = 4, reader_kwargs: Any = None) -> None:
        self._readers = [reader_class(**(reader_kwargs or {})) for _ in range(num_readers)]
        self._common_queue = common_queue

    @property
    def num_readers(self) -> int:
        """How many readers there are."""
        return len(self._readers)

    @property
    def common_queue(self) -> Any:
        """The queue that all of them fill."""
        return self._common_queue

    def read(self, queue: Any, name: str | None = None) -> Any:
        """The key and the value of the next record of the files that `queue` names."""
        fill = [self._common_queue.enqueue(list(reader.read(queue))) for reader in self._readers]
        add_queue_runner(QueueRunner(self._common_queue, fill))
        return self._common_queue.dequeue(name=name)

    def num_records_produced(self, name: str | None = None) -> Any:
        """How many records all readers have read."""
        return add_n([reader.num_records_produced() for reader in self._readers], name=name)

    def num_work_units_completed(self, name: str | None = None) -> Any:
        """How many files all readers have finished."""
        return add_n([reader.num_work_units_completed() for reader in self._readers], name=name)


def get_data_files(data_sources: Any) -> list[str]:
    """The files that a pattern, or a list of patterns, matches. Raises ValueError when there is none."""
    patterns = data_sources if isinstance(data_sources, (list, tuple)) else [data_sources]
    files = [path for pattern in patterns
             for path in (gfile.Glob(pattern) if set("*?[") & set(pattern) else [pattern])]
    if not files:
        raise ValueError(f"No data files found in {data_sources}")
    return files


def parallel_read(
    data_sources: Any, reader_class: Any, num_epochs: int | None = None, num_readers: int = 4,
    reader_kwargs: Any = None, shuffle: bool = True, dtypes: Any = None, capacity: int = 256,
    min_after_dequeue: int = 128, seed: int | None = None,
) -> Any:
    """The key and the value of the next record of some files, read by several readers at once.

    Args:
        data_sources: the files: a pattern, or a list of them.
        reader_class: a function that makes a reader, as `tf.TFRecordReader`.
        num_epochs: how often each file is read; by default for ever.
        num_readers: how many readers there are.
        reader_kwargs: their arguments.
        shuffle: whether files and records come in another order each time.
        dtypes: the types of key and value; strings by default.
        capacity: how many records are held at most.
        min_after_dequeue: how many are held at least, that the order is random enough.
        seed: of the order.
    """
    with scopes.name_scope("parallel_read"):
        names = string_input_producer(get_data_files(data_sources), num_epochs=num_epochs, shuffle=shuffle, seed=seed)
        kinds = dtypes or _STRINGS
        queue: Any = (RandomShuffleQueue(capacity, min_after_dequeue, kinds, seed=seed, name="common_queue")
                      if shuffle else FIFOQueue(capacity, kinds, name="common_queue"))
        return ParallelReader(reader_class, queue, num_readers, reader_kwargs).read(names)


_STRINGS = [dtypes.string, dtypes.string]


def single_pass_read(data_sources: Any, reader_class: Any, reader_kwargs: Any = None) -> Any:
    """The key and the value of the next record of some files, each read once and in order."""
    with scopes.name_scope("single_pass_read"):
        names = string_input_producer(get_data_files(data_sources), num_epochs=1, shuffle=False, capacity=1)
        return reader_class(**(reader_kwargs or {})).read(names)
