"""Batches of examples of which some are left out at random: as a function says, or so that classes come equally often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.convert import convert_n_to_tensor_or_indexed_slices, convert_to_tensor
from tracer.ops import array, check, conditional, constants, control_flow, indexing, logic, math, random, state, summary
from tracer.ops.casting import cast
from tracer.ops.data_flow import FIFOQueue
from tracer.static import constant_value
from tracer.train import input as train_input
from tracer.train.queue_runner import QueueRunner, add_queue_runner
from tracer.variables import Variable

_SEEN_BEFORE = 1.0  # examples of each class that are counted as seen, so that no class has a share of zero


def rejection_sample(tensors: Any, accept_prob_fn: Callable, batch_size: int, queue_threads: int = 1,
                     enqueue_many: bool = False, prebatch_capacity: int = 16, prebatch_threads: int = 1,
                     runtime_checks: bool = False, name: str | None = None) -> list[Any]:
    """Batches of the examples that `accept_prob_fn` takes.

    >>> [big] = tf.contrib.training.rejection_sample([x], lambda one: tf.to_float(one[0] > 10), batch_size=8)

    Args:
        tensors: the tensors of one example, or of several when `enqueue_many`; a list.
        accept_prob_fn: from the tensors of one example to the probability with which it is taken.
        batch_size: how many examples a batch has.
        queue_threads: how many threads compute batches.
        enqueue_many: whether the tensors have a first dimension of examples.
        prebatch_capacity, prebatch_threads: how many examples wait then, and how many threads compute those.
        runtime_checks: whether to assert that probabilities are between 0 and 1.
        name: the name of the operations.
    """
    with scopes.op_scope(tensors, name, "rejection_sample"):
        found = convert_n_to_tensor_or_indexed_slices(tensors)
        if enqueue_many:
            found = _one_by_one(found, prebatch_threads, prebatch_capacity)
        chance = accept_prob_fn(found)
        chance.get_shape().assert_is_compatible_with([])
        if runtime_checks:
            chance = control_flow.with_dependencies(
                [check.assert_less_equal(0.0, chance), check.assert_less_equal(chance, 1.0)], chance,
                name="prob_with_checks")
        taken = logic.less(random.random_uniform([]), chance)
        return _batch_of(found, taken, batch_size, queue_threads)


def stratified_sample(tensors: Any, labels: Any, target_probs: Any, batch_size: int, init_probs: Any = None,
                      enqueue_many: bool = False, queue_capacity: int = 16, threads_per_queue: int = 1,
                      name: str | None = None) -> tuple[list[Any], Any]:
    """Batches in which classes have given shares: examples of classes that come too often are left out at random.

    >>> [images], labels = tf.contrib.training.stratified_sample([image], label, [0.5, 0.5], 32, init_probs=[0.9, 0.1])

    Args:
        tensors: the tensors of one example, or of several when `enqueue_many`; a list.
        labels: their class, an int32 tensor of shape (), or [batch] when `enqueue_many`.
        target_probs: the share of each class in the batches: numbers, or a tensor of shape [classes].
        batch_size: how many examples a batch has.
        init_probs: the share of each class in the data; by default counted while running.
        enqueue_many: whether the tensors have a first dimension of examples.
        queue_capacity: how many examples wait.
        threads_per_queue: how many threads compute batches.
        name: the name of the operations.

    Returns the batch's tensors, a list, and its labels.

    Raises:
        ValueError: shapes do not fit.
        TypeError: a type does not.
        InvalidArgumentError: when running, where a label is no class, shares are not between 0 and 1 or do not sum up to
            1, or a class is wanted that the data does not have.
    """
    with scopes.op_scope([*tensors, labels], name, "stratified_sample"):
        found = convert_n_to_tensor_or_indexed_slices(tensors)
        labels = convert_to_tensor(labels)
        target = convert_to_tensor(target_probs, dtype=dtypes.float32)
        found, labels, target = _checked(found, labels, target, batch_size, enqueue_many)
        if init_probs is None:
            shares = _counted(labels, int(target.get_shape()[0]))  # type: ignore[index]
        else:
            shares = _are_shares(convert_to_tensor(init_probs, dtype=dtypes.float32), target)
        if enqueue_many:
            *found, labels = _one_by_one([*found, labels], threads_per_queue, queue_capacity)
        chances = _chances(shares, target)
        taken = logic.less(random.random_uniform([]), indexing.gather(chances, labels))
        batch = _batch_of([*found, labels], taken, batch_size, threads_per_queue)
        return batch[:-1], batch[-1]


def _checked(tensors: list[Any], labels: Any, target: Any, batch_size: Any, enqueue_many: bool) -> tuple[Any, Any, Any]:
    """The arguments, with what is to be asserted when running."""
    rows = labels.get_shape().with_rank(1 if enqueue_many else 0)
    if labels.dtype != dtypes.int32:
        raise TypeError(f"labels must be of type int32, not {labels.dtype.name}")
    target.get_shape().with_rank(1)
    if not target.get_shape().is_fully_defined():
        raise ValueError("The number of classes must be known: target_probs has the shape "
                         f"{target.get_shape()}")
    for tensor in tensors:
        if enqueue_many:
            tensor.get_shape().with_rank_at_least(1)[:1].assert_is_compatible_with(rows)
    count = target.get_shape()[0].value
    inside = [check.assert_non_negative(labels), check.assert_less(labels, constants.constant(count, dtypes.int32))]
    labels = control_flow.with_dependencies(inside, labels)
    return tensors, labels, _are_shares(target, target)


def _are_shares(shares: Any, target: Any) -> Any:
    shares.get_shape().assert_is_compatible_with(target.get_shape())
    one = constants.constant(1.0)
    near = check.assert_less(math.abs(math.sub(math.reduce_sum(shares), one)), constants.constant(1e-5))
    return control_flow.with_dependencies([check.assert_non_negative(shares), near], shares)


def _counted(labels: Any, count: int) -> Any:
    """The shares of the classes among all labels so far."""
    seen = Variable(np.full(count, int(_SEEN_BEFORE), np.int64), trainable=False, name="class_count")
    some = math.cast(indexing.one_hot(array.reshape(labels, [-1]), count, 1, 0), dtypes.int64)
    seen_now = state.assign_add(seen._ref(), math.reduce_sum(some, 0))
    numbers = cast(seen_now, dtypes.float32)
    return math.div(numbers, math.reduce_sum(numbers))


def _chances(shares: Any, target: Any) -> Any:
    """How likely an example of each class is taken, so that shares become the target and as few as possible are not."""
    wanted = logic.logical_and(logic.greater(target, 0.0), logic.less_equal(shares, 0.0))
    possible = control_flow.Assert(logic.logical_not(math.reduce_any(wanted)), [
        "Cannot achieve target distribution: a class with a share of zero in the data is wanted", shares, target])
    shares = control_flow.with_dependencies([possible], shares)
    nothing = array.zeros_like(target)
    ratios = logic.select(logic.greater(shares, 0.0), math.div(target, math.maximum(shares, 1e-30)), nothing)
    return math.div(ratios, math.reduce_max(ratios))


def _one_by_one(tensors: list[Any], threads: int, capacity: int) -> list[Any]:
    """One example at a time of tensors that have several."""
    taken = train_input.batch(tensors, 1, threads, capacity, enqueue_many=True)
    return [array.squeeze(tensor, [0]) for tensor in (taken if isinstance(taken, list) else [taken])]


def _batch_of(tensors: list[Any], taken: Any, batch_size: int, threads: int) -> list[Any]:
    """Batches of the examples for which `taken` holds."""
    sizes = [tensor.get_shape() for tensor in tensors]
    if not all(size.is_fully_defined() for size in sizes):
        raise ValueError(f"All shapes must be fully defined: {sizes}")
    size = constant_value(convert_to_tensor(batch_size))
    if size is None or size.ndim:
        raise ValueError(f"batch_size must be a number, not {batch_size}")
    queue = FIFOQueue(max(2 * int(size), 1), [tensor.dtype.base_dtype for tensor in tensors], sizes, name="batched_queue")
    summary.scalar_summary(f"queue/{queue.name}/size", queue.size())
    put = conditional.cond(taken, lambda: control_flow.group(queue.enqueue(tensors)), control_flow.no_op)
    add_queue_runner(QueueRunner(queue, [put] * threads))
    batch = queue.dequeue_many(batch_size)
    return batch if isinstance(batch, list) else [batch]
