"""A queue of batches that are made ahead."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.ops import casting
from tracer.ops.data_flow import FIFOQueue
from tracer.ops.summary import scalar_summary
from tracer.train.queue_runner import QueueRunner, add_queue_runner

__all__ = ["prefetch_queue"]


def prefetch_queue(tensors: Any, capacity: int = 8, shared_name: str | None = None, name: str | None = None) -> Any:
    """A queue that is filled with `tensors` ahead of time; its `dequeue` gives them.

    >>> queue = slim.prefetch_queue.prefetch_queue([images, labels])
    >>> images, labels = queue.dequeue()

    Args:
        tensors: a list of tensors, or a dict of them by names.
        capacity: how many sets of them it holds.
        shared_name: of the queue.
        name: the name of its operations.
    """
    parts = list(tensors.values() if isinstance(tensors, dict) else tensors)
    with scopes.op_scope(parts, name, "prefetch_queue") as scope:
        queue = FIFOQueue(capacity, [part.dtype.base_dtype for part in parts], [part.get_shape() for part in parts],
                          shared_name=shared_name, name="fifo_queue")
        add_queue_runner(QueueRunner(queue, [queue.enqueue(parts)]))
        scalar_summary(f"{scope}fraction_of_{capacity}_full", casting.to_float(queue.size()) * (1.0 / capacity))
        return _NamedQueue(queue, list(tensors)) if isinstance(tensors, dict) else queue


class _NamedQueue:
    """A queue whose elements have names; 0.8 had none."""

    def __init__(self, queue: FIFOQueue, names: list[str]) -> None:
        self._queue = queue
        self._names = names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)

    def dequeue(self, name: str | None = None) -> dict[str, Any]:
        """The next set of tensors, by their names."""
        parts = self._queue.dequeue(name=name)
        return dict(zip(self._names, parts if isinstance(parts, (list, tuple)) else [parts], strict=True))
