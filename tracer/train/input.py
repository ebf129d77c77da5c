"""Input pipelines: what fills queues with names, numbers and slices, and what takes batches from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_n_to_tensor_or_indexed_slices, convert_to_tensor
from tracer.declare import also_called
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, control_flow, indexing, io, logic, math, summary
from tracer.ops.data_flow import FIFOQueue, PaddingFIFOQueue, QueueBase, RandomShuffleQueue
from tracer.ops.random import random_shuffle
from tracer.train.queue_runner import QueueRunner, add_queue_runner
from tracer.variables import Variable


def match_filenames_once(pattern: Any, name: str | None = None) -> Variable:
    """A variable with the names of the files that match `pattern` when it is initialized.

    >>> queue = tf.train.string_input_producer(tf.train.match_filenames_once("data/*.tfrecords"))
    """
    with scopes.op_scope([pattern], name, "matching_filenames") as scope:
        return Variable(io.matching_files(pattern), trainable=False, name=scope, validate_shape=False)


_COUNTER = "limit_epochs/epochs"


def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """`tensor`, `num_epochs` times; then OutOfRangeError. Counts in a variable, which must be initialized.

    Raises ValueError when `num_epochs` is not positive.
    """
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise ValueError(f"num_epochs must be > 0 not {num_epochs}.")
    with scopes.op_scope([tensor], name, "limit_epochs") as scope:
        epochs = Variable(array.constant(0, dtype=dtypes.int64), name="epochs", trainable=False)
        with scopes.control_dependencies([epochs.count_up_to(num_epochs)]):
            return array.identity(tensor, name=scope)


def counters_to_restore(restore: Operation) -> dict[str, Tensor]:
    """The counters of `limit_epochs` among what an operation restores: what is assigned to each, by its name."""
    found, waiting = {}, [restore]
    while waiting:
        op = waiting.pop()
        waiting.extend(op.control_inputs)
        if op.type == "Assign" and op.inputs[0].op.name.endswith(_COUNTER) and op.inputs[0].op.type == "Variable":
            found[op.inputs[0].op.name] = op.inputs[1]
    return found


def input_producer(input_tensor: Any, element_shape: Any = None, num_epochs: int | None = None, shuffle: bool = True,
                   seed: int | None = None, capacity: int = 32, shared_name: str | None = None,
                   summary_name: str | None = None, name: str | None = None, cancel_op: Any = None) -> QueueBase:
    """A queue of the rows of `input_tensor`, which a QueueRunner puts there epoch after epoch.

    Args:
        input_tensor: the rows.
        element_shape: the shape of one row, where the tensor's own does not say it.
        num_epochs: how often; then the queue is closed. By default without end.
        shuffle: whether the rows of each epoch are in random order.
        seed: fixes the order.
        capacity: how many rows the queue may hold.
        shared_name: the queue's shared name.
        summary_name: the last part of the tag of a summary of how full the queue is.
        cancel_op: what is run when the threads are stopped; by default the queue is closed. From 0.11 on.

    Raises ValueError when the shape of a row is not known.
    """
    with scopes.op_scope([input_tensor], name, "input_producer"):
        rows = convert_to_tensor(input_tensor, name="input_tensor")
        shape = rows.get_shape()[1:].merge_with(shapes.as_shape(element_shape))
        if not shape.is_fully_defined():
            raise ValueError("Either `input_tensor` must have a fully defined shape or `element_shape` must be specified")
        if shuffle:
            rows = random_shuffle(rows, seed=seed)
        rows = limit_epochs(rows, num_epochs)
        queue = FIFOQueue(capacity, [rows.dtype.base_dtype], [shape], shared_name=shared_name, name=name)  # type: ignore[arg-type]
        add_queue_runner(QueueRunner(queue, [queue.enqueue_many([rows])], cancel_op=cancel_op))
        if summary_name is not None:
            _report(queue, f"queue/{queue.name}/{summary_name}", capacity)
        return queue


def _report(queue: QueueBase, tag: str, capacity: int) -> None:
    """A summary of how full a queue is."""
    summary.scalar_summary(tag, casting.cast(queue.size(), dtypes.float32) * (1.0 / capacity))


def string_input_producer(string_tensor: Any, num_epochs: int | None = None, shuffle: bool = True,
                          seed: int | None = None, capacity: int = 32, shared_name: str | None = None,
                          name: str | None = None, cancel_op: Any = None) -> QueueBase:
    """A queue of strings, mostly names of files for a reader.

    >>> queue = tf.train.string_input_producer(["a.csv", "b.csv"], num_epochs=10)
    >>> key, line = tf.TextLineReader().read(queue)

    Args as for `input_producer`. Raises ValueError when the list is empty.
    """
    problem = "string_input_producer requires a non-null input tensor"
    if not isinstance(string_tensor, (Tensor, Variable)) and not len(string_tensor):
        raise ValueError(problem)
    with scopes.op_scope([string_tensor], name, "input_producer") as scope:
        strings = convert_to_tensor(string_tensor, dtype=dtypes.string)
        check = control_flow.Assert(logic.greater(array.size(strings), 0), [problem])
        with scopes.control_dependencies([check]):
            strings = array.identity(strings)
        return input_producer(strings, [], num_epochs, shuffle, seed, capacity, shared_name,
                              summary_name=f"fraction_of_{capacity}_full", name=scope, cancel_op=cancel_op)


def range_input_producer(limit: Any, num_epochs: int | None = None, shuffle: bool = True, seed: int | None = None,
                         capacity: int = 32, shared_name: str | None = None, name: str | None = None) -> QueueBase:
    """A queue of the numbers from 0 to `limit` - 1. Args as for `input_producer`."""
    with scopes.op_scope([limit], name, "input_producer") as scope:
        # The name and the summary's name are the wrong way round in TensorFlow; the names of operations follow.
        return input_producer(constants.range(limit), [], num_epochs, shuffle, seed, capacity, shared_name,
                              summary_name=scope, name=f"fraction_of_{capacity}_full")


def slice_input_producer(tensor_list: Any, num_epochs: int | None = None, shuffle: bool = True,
                         seed: int | None = None, capacity: int = 32, shared_name: str | None = None,
                         name: str | None = None) -> list[Tensor]:
    """Rows of several tensors, the same row of each in every run. Args as for `input_producer`.

    >>> image, label = tf.train.slice_input_producer([images, labels])

    Raises ValueError when there is no tensor.
    """
    with scopes.op_scope(tensor_list, name, "input_producer"):
        tensors = convert_n_to_tensor_or_indexed_slices(tensor_list)
        if not tensors:
            raise ValueError("Expected at least one tensor in slice_input_producer().")
        count = array.shape(tensors[0])[0]  # type: ignore[index]
        index = range_input_producer(count, num_epochs, shuffle, seed, capacity, shared_name=shared_name).dequeue()
        return [indexing.gather(tensor, index) for tensor in tensors]


# -- batches


class _Batch:
    """The tensors of one element, from every source that fills the queue; `SparseTensor`s travel as strings."""

    def __init__(self, sources: list[Any], enqueue_many: bool, function: str) -> None:
        self.keys: list[str] | None = None
        first = sources[0]
        if isinstance(first, Mapping):
            self.keys = sorted(first)
            sources = [[source[key] for key in self.keys] for source in sources]
        self.enqueue_many = enqueue_many
        self.sparse: list[dtypes.DType | None] = []
        self.ranks: list[int | None] = []
        self.sources = [self._source(source) for source in sources]
        if not self.sources[0]:
            raise ValueError(f"Expected at least one tensor in {function}().")
        self.types = [tensor.dtype.base_dtype for tensor in self.sources[0]]
        for other in self.sources[1:]:
            found = [tensor.dtype.base_dtype for tensor in other]
            if found != self.types:
                raise TypeError(f"Expected types to be consistent: {[kind.name for kind in self.types]} vs. "
                                f"{[kind.name for kind in found]}.")

    def _source(self, source: Any) -> list[Tensor]:
        if not isinstance(source, (list, tuple)):
            raise TypeError(f"Expected a list of tensors, not {source!r}")
        self.sparse = [item.dtype if hasattr(item, "_session_parts") else None for item in source]
        self.ranks = [None if kind is None else self._rank(item) for item, kind in zip(source, self.sparse, strict=True)]
        return [self._serialized(item) if hasattr(item, "_session_parts") else convert_to_tensor(item)
                for item in source]

    def _rank(self, sparse: Any) -> int | None:
        """How many dimensions one example of a `SparseTensor` has."""
        rank = sparse.shape.get_shape().with_rank(1)[0].value
        return rank - 1 if rank is not None and self.enqueue_many else rank

    def _serialized(self, sparse: Any) -> Tensor:
        from tracer.ops import sparse as sparse_ops

        return (sparse_ops.serialize_many_sparse if self.enqueue_many else sparse_ops.serialize_sparse)(sparse)

    def component_shapes(self, given: Any) -> list[Any]:
        """The shapes of the components: those given, or what all sources agree on."""
        if given is not None:
            return [shapes.TensorShape([3]) if kind is not None else shapes.as_shape(shape)
                    for shape, kind in zip(given, self.sparse, strict=True)]
        found = []
        for i in range(len(self.types)):
            shape = shapes.TensorShape(None)
            for source in self.sources:
                one = source[i].get_shape()
                if one.ndims is None:
                    raise ValueError(f"Cannot infer Tensor's rank: {source[i]}")
                shape = shape.merge_with(one.with_rank_at_least(1)[1:] if self.enqueue_many else one)
            found.append(shape)
        return found

    def enqueue(self, queue: QueueBase, threads: int | None) -> None:
        """Adds a QueueRunner: a thread for each source, or `threads` for the only one."""
        put = queue.enqueue_many if self.enqueue_many else queue.enqueue
        operations = [put(source) for source in self.sources]
        add_queue_runner(QueueRunner(queue, operations if threads is None else operations * threads))

    def dequeue(self, queue: QueueBase, batch_size: Any, or_fewer: bool, name: str) -> Any:
        """The batch, in the form in which the tensors were given; a list of one as that one."""
        take = queue.dequeue_up_to if or_fewer else queue.dequeue_many
        taken = take(batch_size, name=name)
        tensors = taken if isinstance(taken, list) else [taken]
        if any(kind is not None for kind in self.sparse):
            from tracer.ops import sparse as sparse_ops

            tensors = [tensor if kind is None else sparse_ops.deserialize_many_sparse(tensor, kind, rank)
                       for tensor, kind, rank in zip(tensors, self.sparse, self.ranks, strict=True)]
        if self.keys is not None:
            return dict(zip(self.keys, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors


def _flat(tensors: Any) -> list[Any]:
    return list(tensors.values()) if isinstance(tensors, Mapping) else list(tensors)


def _batched(batch: _Batch, batch_size: Any, threads: int | None, capacity: int, given: Any, dynamic_pad: bool,
             or_fewer: bool, shared_name: str | None, scope: str) -> Any:
    kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue
    queue = kind(capacity, batch.types, _known(batch.component_shapes(given), dynamic_pad), shared_name=shared_name)
    batch.enqueue(queue, threads)
    _report(queue, f"queue/{queue.name}/fraction_of_{capacity}_full", capacity)
    return batch.dequeue(queue, batch_size, or_fewer, scope)


def _known(component_shapes: list[Any], partial: bool) -> list[Any]:
    """The shapes, checked: the queue's own check would not say which sizes are missing."""
    for shape in component_shapes:
        if shape.sizes is None or (not partial and not shape.is_fully_defined()):
            raise ValueError(f"All shapes must be fully defined: {component_shapes}")
    return component_shapes


@also_called("tensors", "tensor_list")
def batch(tensor_list: Any, batch_size: Any, num_threads: int = 1, capacity: int = 32, enqueue_many: bool = False,
          shapes: Any = None, dynamic_pad: bool = False, shared_name: str | None = None, name: str | None = None,
          allow_smaller_final_batch: bool = False) -> Any:
    """Batches of the tensors in `tensor_list`, which a QueueRunner computes again and again.

    >>> images, labels = tf.train.batch([image, label], batch_size=32, num_threads=4)

    Args:
        tensor_list: the tensors of one example, or of several when `enqueue_many`; a list or a dict.
        batch_size: how many examples a batch has.
        num_threads: how many threads compute them.
        capacity: how many examples the queue may hold.
        enqueue_many: whether the tensors have a first dimension of examples.
        shapes: the shapes of one example, where the tensors' own do not say them.
        dynamic_pad: whether examples may differ in sizes; those of a batch are then filled up with zeros.
        shared_name: the queue's shared name.
        allow_smaller_final_batch: whether the examples that are left at the end are a batch.

    Raises ValueError when a shape is not known, or there is no tensor.
    """
    with scopes.op_scope(_flat(tensor_list), name, "batch") as scope:
        found = _Batch([tensor_list], enqueue_many, "batch")
        return _batched(found, batch_size, num_threads, capacity, shapes, dynamic_pad, allow_smaller_final_batch,
                        shared_name, scope)


@also_called("tensors_list", "tensor_list_list")
def batch_join(tensor_list_list: Any, batch_size: Any, capacity: int = 32, enqueue_many: bool = False,
               shapes: Any = None, dynamic_pad: bool = False, shared_name: str | None = None, name: str | None = None,
               allow_smaller_final_batch: bool = False) -> Any:
    """As `batch`, from several sources, each with a thread of its own: `tensor_list_list` is a list of lists.

    >>> batches = tf.train.batch_join([read_example(queue) for _ in range(4)], batch_size=32)
    """
    with scopes.op_scope([t for tensors in tensor_list_list for t in _flat(tensors)], name, "batch_join") as scope:
        if not tensor_list_list:
            raise ValueError("Expected at least one input in batch_join().")
        found = _Batch(list(tensor_list_list), enqueue_many, "batch_join")
        return _batched(found, batch_size, None, capacity, shapes, dynamic_pad, allow_smaller_final_batch, shared_name,
                        scope)


def _shuffled(found: _Batch, batch_size: Any, threads: int | None, capacity: int, min_after_dequeue: int,
              seed: int | None, given: Any, or_fewer: bool, shared_name: str | None, scope: str) -> Any:
    shapes = _known(found.component_shapes(given), False)
    queue = RandomShuffleQueue(capacity, min_after_dequeue, found.types, shapes, seed=seed, shared_name=shared_name)
    found.enqueue(queue, threads)
    room = capacity - min_after_dequeue
    above = math.maximum(0, queue.size() - min_after_dequeue)  # type: ignore[operator]
    full = casting.cast(above, dtypes.float32) * (1.0 / room)
    summary.scalar_summary(f"queue/{scope}fraction_over_{min_after_dequeue}_of_{room}_full", full)
    return found.dequeue(queue, batch_size, or_fewer, scope)


@also_called("tensors", "tensor_list")
def shuffle_batch(tensor_list: Any, batch_size: Any, capacity: int, min_after_dequeue: int, num_threads: int = 1,
                  seed: int | None = None, enqueue_many: bool = False, shapes: Any = None,
                  shared_name: str | None = None, name: str | None = None,
                  allow_smaller_final_batch: bool = False) -> Any:
    """Batches of examples in random order.

    >>> images, labels = tf.train.shuffle_batch([image, label], 32, capacity=2000, min_after_dequeue=1000)

    Args:
        capacity: how many examples the queue may hold.
        min_after_dequeue: how many stay in it, for the order to be a random one.
        seed: fixes the order.
        tensor_list, batch_size, num_threads, enqueue_many, shapes, shared_name, allow_smaller_final_batch: as for
            `batch`.
    """
    with scopes.op_scope(_flat(tensor_list), name, "shuffle_batch") as scope:
        found = _Batch([tensor_list], enqueue_many, "shuffle_batch")
        return _shuffled(found, batch_size, num_threads, capacity, min_after_dequeue, seed, shapes,
                         allow_smaller_final_batch, shared_name, scope)


@also_called("tensors_list", "tensor_list_list")
def shuffle_batch_join(tensor_list_list: Any, batch_size: Any, capacity: int, min_after_dequeue: int,
                       seed: int | None = None, enqueue_many: bool = False, shapes: Any = None,
                       shared_name: str | None = None, name: str | None = None,
                       allow_smaller_final_batch: bool = False) -> Any:
    """As `shuffle_batch`, from several sources, each with a thread of its own: `tensor_list_list` is a list of lists."""
    with scopes.op_scope([t for tensors in tensor_list_list for t in _flat(tensors)], name,
                         "shuffle_batch_join") as scope:
        if not tensor_list_list:
            raise ValueError("Expected at least one input in shuffle_batch_join().")
        found = _Batch(list(tensor_list_list), enqueue_many, "shuffle_batch_join")
        return _shuffled(found, batch_size, None, capacity, min_after_dequeue, seed, shapes, allow_smaller_final_batch,
                         shared_name, scope)
