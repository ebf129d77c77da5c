"""A context in which the queues of a graph are filled."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from tracer import scopes
from tracer.scopes import GraphKeys
from tracer.train.coordinator import Coordinator

__all__ = ["NestedQueueRunnerError", "QueueRunners"]

_running = threading.local()


class NestedQueueRunnerError(Exception):
    """One `QueueRunners` context inside of another."""


@contextlib.contextmanager
def QueueRunners(session: Any) -> Iterator[None]:
    """Starts all queue runners of the default graph, and stops them at the end of the block.

    >>> with tf.Session() as sess, slim.queues.QueueRunners(sess):
    ...     images = sess.run(batch)

    Raises NestedQueueRunnerError inside of another such block.
    """
    if getattr(_running, "active", False):
        raise NestedQueueRunnerError("QueueRunners cannot be nested")
    coordinator = Coordinator()
    _running.active = True
    threads: list[Any] = []
    try:
        for runner in scopes.get_collection(GraphKeys.QUEUE_RUNNERS):
            threads += runner.create_threads(session, coord=coordinator, daemon=True, start=True)
        yield
    finally:
        _running.active = False
        coordinator.request_stop()
        coordinator.join(threads, stop_grace_period_secs=120)
