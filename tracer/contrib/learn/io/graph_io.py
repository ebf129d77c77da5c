"""Batches of the examples in files, as tensors: names of files, a reader and queues in one call. From 0.9 on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import dtypes, errors, gfile, scopes
from tracer.convert import convert_to_tensor
from tracer.ops import array, parsing, summary
from tracer.ops.casting import cast
from tracer.ops.data_flow import FIFOQueue
from tracer.ops.io import TFRecordReader
from tracer.ops.sparse import SparseTensor
from tracer.train import input as train_input
from tracer.train.queue_runner import QueueRunner, add_queue_runner

__all__ = ["queue_parsed_features", "read_batch_examples", "read_batch_features", "read_batch_record_features",
           "read_keyed_batch_examples", "read_keyed_batch_features"]


def read_batch_examples(file_pattern: Any, batch_size: int, reader: Callable[[], Any], randomize_input: bool = True,
                        num_epochs: int | None = None, queue_capacity: int = 10000, num_threads: int = 1,
                        read_batch_size: int = 1, parse_fn: Callable | None = None, name: str | None = None) -> Any:
    """Batches of serialized examples, or of what `parse_fn` makes of them.

    >>> serialized = tf.contrib.learn.read_batch_examples("/data/*.tfrecord", 32, tf.TFRecordReader)

    Args:
        file_pattern: a pattern of file names, or a list of those.
        batch_size: how many examples a batch has.
        reader: a function that makes the reader, such as the class `tf.TFRecordReader`.
        randomize_input: whether files and examples come in random order.
        num_epochs: how often the files are read; None for ever. A variable counts, to be initialized.
        queue_capacity: how many examples wait; more than `batch_size`.
        num_threads: how many threads read.
        read_batch_size: accepted; each example is taken by itself.
        parse_fn: from one serialized example to a tensor or a dict of tensors.
        name: the name of the operations.

    Raises ValueError for numbers that are not positive, for a queue that holds no batch, and where there is no such file.
    """
    return read_keyed_batch_examples(file_pattern, batch_size, reader, randomize_input, num_epochs, queue_capacity,
                                     num_threads, read_batch_size, parse_fn, name)[1]


def read_keyed_batch_examples(file_pattern: Any, batch_size: int, reader: Callable[[], Any],
                              randomize_input: bool = True, num_epochs: int | None = None, queue_capacity: int = 10000,
                              num_threads: int = 1, read_batch_size: int = 1, parse_fn: Callable | None = None,
                              name: str | None = None) -> tuple[Any, Any]:
    """As `read_batch_examples`, with the readers' keys, which tell file and place, before the batch."""
    files = _files(file_pattern)
    _check(batch_size, queue_capacity, num_threads, read_batch_size, num_epochs)
    with scopes.op_scope([file_pattern], name, "read_batch_examples") as scope:
        with scopes.name_scope("file_name_queue"):
            queue = train_input.string_input_producer(
                convert_to_tensor(files, dtype=dtypes.string), num_epochs=num_epochs, shuffle=randomize_input)
        with scopes.name_scope("read"):
            sources = [_source(reader, queue, parse_fn) for _ in range(num_threads)]
        fewer = num_epochs is not None
        if randomize_input:
            least = max(queue_capacity - 3 * batch_size, batch_size)
            batch = train_input.shuffle_batch_join(
                sources, batch_size, capacity=queue_capacity, min_after_dequeue=least, name=scope,
                allow_smaller_final_batch=fewer)
        else:
            batch = train_input.batch_join(sources, batch_size, capacity=queue_capacity, name=scope,
                                           allow_smaller_final_batch=fewer)
        if isinstance(batch, dict):
            return batch.pop(_KEY), batch
        return batch[0], batch[1]


_KEY = "__key__"


def _source(reader: Callable[[], Any], queue: Any, parse_fn: Callable | None) -> Any:
    """The key and the example that one thread reads; a dict where the example is one."""
    key, value = reader().read(queue)
    parsed = value if parse_fn is None else parse_fn(value)
    return {_KEY: key, **parsed} if isinstance(parsed, dict) else [key, parsed]


def _files(file_pattern: Any) -> list[str]:
    if isinstance(file_pattern, (list, tuple)):
        if not file_pattern:
            raise ValueError("No files given to dequeue_examples.")
        found = [name for pattern in file_pattern for name in gfile.Glob(pattern)]
    else:
        found = list(gfile.Glob(file_pattern)) if file_pattern else []
    if not found:
        raise ValueError(f"No files match {file_pattern}.")
    return sorted(found)


def _check(batch_size: int, queue_capacity: int, num_threads: int, read_batch_size: int, num_epochs: int | None) -> None:
    if not batch_size or batch_size >= queue_capacity:
        raise ValueError(f"Invalid batch_size {batch_size}, with queue_capacity {queue_capacity}.")
    if not read_batch_size or read_batch_size <= 0:
        raise ValueError(f"Invalid read_batch_size {read_batch_size}.")
    if not num_threads or num_threads <= 0:
        raise ValueError(f"Invalid num_threads {num_threads}.")
    if num_epochs is not None and num_epochs <= 0:
        raise ValueError(f"Invalid num_epochs {num_epochs}.")


def read_batch_features(file_pattern: Any, batch_size: int, features: dict[str, Any], reader: Callable[[], Any],
                        randomize_input: bool = True, num_epochs: int | None = None, queue_capacity: int = 10000,
                        feature_queue_capacity: int = 100, reader_num_threads: int = 1,
                        parse_fn: Callable | None = None, name: str | None = None) -> dict[str, Any]:
    """Batches of the features of examples, by name, already parsed. See `read_keyed_batch_features`."""
    return read_keyed_batch_features(
        file_pattern, batch_size, features, reader, randomize_input, num_epochs, queue_capacity, reader_num_threads,
        feature_queue_capacity, parse_fn=parse_fn, name=name)[1]


def read_batch_record_features(file_pattern: Any, batch_size: int, features: dict[str, Any],
                               randomize_input: bool = True, num_epochs: int | None = None, queue_capacity: int = 10000,
                               reader_num_threads: int = 1, name: str = "dequeue_record_examples") -> dict[str, Any]:
    """As `read_batch_features`, of TFRecord files."""
    return read_batch_features(file_pattern, batch_size, features, TFRecordReader, randomize_input, num_epochs,
                               queue_capacity, reader_num_threads=reader_num_threads, name=name)


def read_keyed_batch_features(file_pattern: Any, batch_size: int, features: dict[str, Any], reader: Callable[[], Any],
                              randomize_input: bool = True, num_epochs: int | None = None, queue_capacity: int = 10000,
                              reader_num_threads: int = 1, feature_queue_capacity: int = 100,
                              num_queue_runners: int | None = None, num_enqueue_threads: int | None = None,
                              parse_fn: Callable | None = None, name: str | None = None) -> tuple[Any, dict[str, Any]]:
    """The readers' keys, and the features of a batch by name.

    Args:
        features: what `tf.parse_example` takes.
        reader_num_threads: how many threads read.
        feature_queue_capacity, num_queue_runners, num_enqueue_threads: as for `queue_parsed_features`.
        file_pattern, batch_size, reader, randomize_input, num_epochs, queue_capacity, parse_fn, name: as for
            `read_batch_examples`.
    """
    with scopes.op_scope([file_pattern], name, "read_batch_features") as scope:
        keys, examples = read_keyed_batch_examples(
            file_pattern, batch_size, reader, randomize_input, num_epochs, queue_capacity, reader_num_threads,
            parse_fn=parse_fn, name=scope)
        parsed = parsing.parse_example(examples, features)
        return queue_parsed_features(parsed, keys, feature_queue_capacity, num_queue_runners, num_enqueue_threads, scope)


def queue_parsed_features(parsed_features: dict[str, Any], keys: Any = None, feature_queue_capacity: int = 100,
                          num_queue_runners: int | None = None, num_enqueue_threads: int | None = None,
                          name: str | None = None) -> tuple[Any, dict[str, Any]]:
    """Parsed batches by way of a queue, so that they are parsed ahead.

    Args:
        parsed_features: tensors and `SparseTensor`s by name.
        keys: a tensor that goes with them, or None.
        feature_queue_capacity: how many batches wait.
        num_queue_runners, num_enqueue_threads: whose product is how many threads parse: by default two times one.
        name: the name of the operations.

    Returns the keys and the features.
    """
    names = sorted(parsed_features)
    flat: list[Any] = []
    for one in names:
        value = parsed_features[one]
        flat += [value.indices, value.values, value.shape] if isinstance(value, SparseTensor) else [value]
    sent = flat if keys is None else [*flat, keys]
    with scopes.op_scope(sent, name, "queue_parsed_features"):
        sent = [convert_to_tensor(tensor) for tensor in sent]
        queue = FIFOQueue(feature_queue_capacity, [tensor.dtype for tensor in sent])
        summary.scalar_summary(f"queue/{queue.name}/fraction_of_{feature_queue_capacity}_full",
                               cast(queue.size(), dtypes.float32) * (1.0 / feature_queue_capacity))
        # One runner for all threads: of several, the first to end would close the queue on what the others still have.
        puts = [queue.enqueue(sent)] * (num_enqueue_threads or 1) * (2 if num_queue_runners is None else num_queue_runners)
        add_queue_runner(QueueRunner(
            queue, puts, queue_closed_exception_types=(errors.OutOfRangeError, errors.CancelledError)))
        taken = queue.dequeue()
        taken = taken if isinstance(taken, list) else [taken]
        for got, tensor in zip(taken, sent, strict=True):
            got.set_shape(tensor.get_shape())
        found, rest = {}, iter(taken)
        for one in names:
            sparse = isinstance(parsed_features[one], SparseTensor)
            found[one] = SparseTensor(next(rest), next(rest), next(rest)) if sparse else next(rest)
        return (None if keys is None else array.identity(taken[-1])), found
