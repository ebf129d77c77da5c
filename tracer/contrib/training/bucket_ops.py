"""Batches of examples that are alike: each example goes into a bucket, each batch comes out of one."""

from __future__ import annotations

import itertools
from typing import Any

from tracer import dtypes, errors, scopes
from tracer import shapes as shapes_of
from tracer.convert import convert_to_tensor
from tracer.ops import conditional, constants, control_flow, logic, math, summary
from tracer.ops import indexing as ops
from tracer.ops import sparse as sparse_ops
from tracer.ops.casting import cast
from tracer.ops.data_flow import FIFOQueue, PaddingFIFOQueue
from tracer.static import constant_value
from tracer.train.input import _Batch, _known
from tracer.train.queue_runner import QueueRunner, add_queue_runner

_ENDS = errors.OutOfRangeError, errors.CancelledError


def bucket(tensors: Any, which_bucket: Any, batch_size: Any, num_buckets: int, num_threads: int = 1,
           capacity: int = 32, shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False,
           keep_input: Any = None, shared_name: str | None = None, name: str | None = None) -> tuple[Any, Any]:
    """Batches of examples of one bucket each, and which bucket that is.

    >>> which, (lengths, words) = tf.contrib.training.bucket([length, sentence], length // 10, 32, 4, dynamic_pad=True)

    Args:
        tensors: the tensors of one example, a list or a dict.
        which_bucket: the number of its bucket: an int32 tensor of shape ().
        batch_size: how many examples a batch has.
        num_buckets: how many buckets there are.
        num_threads: how many threads compute examples.
        capacity: how many examples each bucket holds, and how many batches wait.
        shapes: the shapes of one example, where the tensors' own do not say them.
        dynamic_pad: whether examples may differ in sizes; those of a batch are then filled up with zeros.
        allow_smaller_final_batch: whether the last batches may have fewer examples.
        keep_input: a bool tensor of shape (): whether the example goes anywhere.
        shared_name: the name under which sessions share the queue of batches.
        name: the name of the operations.

    Raises ValueError when there are no tensors, or shapes are not known as far as they must be.
    """
    examples = _Batch([tensors], False, "bucket")
    flat = examples.sources[0]
    with scopes.op_scope(flat, name, "bucket"):
        which = convert_to_tensor(which_bucket, name="which_bucket", dtype=dtypes.int32)
        batch_size = convert_to_tensor(batch_size, name="batch_size", dtype=dtypes.int32)
        known = None if allow_smaller_final_batch else constant_value(batch_size)
        one = _known(examples.component_shapes(shapes), dynamic_pad)
        several = [shapes_of.TensorShape([None if known is None else int(known)]).concatenate(shape) for shape in one]
        kind = PaddingFIFOQueue if dynamic_pad else FIFOQueue
        buckets = [kind(capacity, examples.types, one, name=f"bucket_queue_{at}") for at in range(num_buckets)]
        top = _top(capacity, examples.types, several, shared_name)
        _fill(buckets, which, flat, keep_input, num_threads)
        puts = []
        for at, queue in enumerate(buckets):
            take = queue.dequeue_up_to if allow_smaller_final_batch else queue.dequeue_many
            taken = take(batch_size, name=f"read_bucket_{at}")
            batch = taken if isinstance(taken, list) else [taken]
            puts.append(top.enqueue([constants.constant(at), *batch], name=f"enqueue_from_bucket_{at}"))
        add_queue_runner(QueueRunner(top, puts, queue_closed_exception_types=_ENDS))
        for queue in buckets:  # as in 0.12, these tell the size of the queue of batches, too
            summary.scalar_summary(f"bucket/{queue.name}/size", cast(top.size(), dtypes.float32))
        summary.scalar_summary(f"bucket/{top.name}/fraction_of_{capacity}_full",
                               cast(top.size(), dtypes.float32) * (1.0 / capacity))
        found = top.dequeue(name="dequeue_top")
        return found[0], _restored(examples, found[1:])


def _top(capacity: int, types: list[Any], shapes: list[Any], shared_name: str | None) -> Any:
    """The queue of batches: one of varying sizes where their sizes are not known."""
    kind = FIFOQueue if all(shape.is_fully_defined() for shape in shapes) else PaddingFIFOQueue
    return kind(capacity, [dtypes.int32, *types], [shapes_of.TensorShape([]), *shapes], shared_name=shared_name,
                name="top_queue")


def _fill(buckets: list[Any], which: Any, flat: list[Any], keep_input: Any, num_threads: int) -> None:
    """Adds the threads that put each example into its bucket, and that close all of them when the input ends."""
    def enqueue() -> Any:
        chosen = [conditional.cond(logic.equal(which, at), lambda queue=queue: control_flow.group(
            queue.enqueue(flat, name=f"{queue.name.rpartition('/')[2]}_enqueue")), control_flow.no_op)
            for at, queue in enumerate(buckets)]
        return control_flow.group(*chosen, name="group_enqueues")

    if keep_input is None:
        operation = enqueue()
    else:
        operation = conditional.cond(convert_to_tensor(keep_input, dtype=dtypes.bool, name="keep_input"), enqueue,
                                     control_flow.no_op)
    close = control_flow.group(*(queue.close() for queue in buckets))
    cancel = control_flow.group(*(queue.close(cancel_pending_enqueues=True) for queue in buckets))
    add_queue_runner(QueueRunner(buckets[0], [operation] * num_threads, close, cancel,
                                 queue_closed_exception_types=_ENDS))


def _restored(examples: _Batch, tensors: list[Any]) -> Any:
    """The batch in the form in which the example was given; as in 0.12, a list also for a dict of one."""
    if any(kind is not None for kind in examples.sparse):
        tensors = [tensor if kind is None else sparse_ops.deserialize_many_sparse(tensor, kind, rank)
                   for tensor, kind, rank in zip(tensors, examples.sparse, examples.ranks, strict=True)]
    if examples.keys is None:
        return tensors
    if len(tensors) == 1:
        return {examples.keys[0]: tensors}
    return dict(zip(examples.keys, tensors, strict=True))


def bucket_by_sequence_length(
    input_length: Any, tensors: Any, batch_size: Any, bucket_boundaries: Any, num_threads: int = 1, capacity: int = 32,
    shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False, keep_input: Any = None,
    shared_name: str | None = None, name: str | None = None,
) -> tuple[Any, Any]:
    """Batches of examples of about the same length: the lengths, and the tensors.

    Args:
        input_length: the length of an example: an int32 tensor of shape ().
        bucket_boundaries: increasing ints: shorter than the first is the first bucket, from the last on is the last.
        tensors, batch_size, num_threads, capacity, shapes, dynamic_pad, allow_smaller_final_batch, keep_input,
        shared_name, name: as for `bucket`.

    Raises:
        TypeError: a boundary is no integer.
        ValueError: there are no boundaries, or they do not increase.
    """
    if not bucket_boundaries:
        raise ValueError("bucket_boundaries must not be empty")
    for low, high in itertools.pairwise(bucket_boundaries):
        if not isinstance(low, int) or not isinstance(high, int):
            raise TypeError(f"bucket boundaries must be integers, but saw: {low} and {high}")
        if low >= high:
            raise ValueError(f"Buckets must contain sequential increasing lengths, but saw: {low} before {high}")
    as_dict = isinstance(tensors, dict)
    items = sorted(tensors.items()) if as_dict else list(enumerate(tensors))
    flat = [item for _, item in items]
    with scopes.op_scope([input_length, *(one for one in flat if not hasattr(one, "_session_parts"))], name,
                         "bucket_by_sequence_length"):
        length = convert_to_tensor(input_length, dtype=dtypes.int32, name="input_length")
        least = [dtypes.int32.min, *bucket_boundaries]
        limits = [*bucket_boundaries, dtypes.int32.max]
        inside = logic.logical_and(logic.less_equal(least, length), logic.less(length, limits))
        which = cast(math.reduce_min(ops.where(inside)), dtypes.int32)
        if shapes is not None:
            shapes = [shapes_of.TensorShape([]), *shapes]
        _, found = bucket([length, *flat], which, batch_size, len(bucket_boundaries) + 1, num_threads, capacity, shapes,
                          dynamic_pad, allow_smaller_final_batch, keep_input, shared_name)
        lengths, rest = found[0], found[1:]
        if not as_dict:
            return lengths, rest
        if len(rest) == 1:
            return lengths, {items[0][0]: rest}
        return lengths, {key: tensor for (key, _), tensor in zip(items, rest, strict=True)}
