"""`QueueRunner`: threads that keep a queue filled while a script trains."""

from __future__ import annotations

import threading
from typing import Any

from tracer import errors, logging, scopes
from tracer.ir import Operation
from tracer.scopes import GraphKeys
from tracer.session import BaseSession


def _ends(given: Any) -> tuple[type[Exception], ...]:
    """The errors that stand for the end of the input."""
    if given is None:
        return (errors.OutOfRangeError,)
    if not isinstance(given, tuple) or not given or not all(
            isinstance(kind, type) and issubclass(kind, errors.OpError) for kind in given):
        raise TypeError("queue_closed_exception_types, when provided, must be a non-empty tuple of error types, but saw: "
                        f"{given}")
    return given


class QueueRunner:
    """Runs enqueue operations of a queue, each in a thread of its own, until they have no more input.

    When all have come to the end of their input (`tf.errors.OutOfRangeError`), the queue is closed. When the threads'
    coordinator stops, the queue is closed as well, and enqueues that wait are cancelled.

    Args:
        queue: the queue.
        enqueue_ops: the operations to run.
        close_op, cancel_op: what closes the queue at the end, and when stopped; made by default.
        queue_runner_def: a protobuf QueueRunnerDef to restore it from, instead of all the above.
        queue_closed_exception_types: the errors that say so, a tuple; from 0.12 on.
    """

    def __init__(self, queue: Any = None, enqueue_ops: Any = None, close_op: Any = None, cancel_op: Any = None,
                 queue_runner_def: Any = None, queue_closed_exception_types: Any = None) -> None:
        self._ends = _ends(queue_closed_exception_types)
        if queue_runner_def is not None:
            if queue or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            self._from_proto(queue_runner_def)
        else:
            if not queue or not enqueue_ops:
                raise ValueError("Must provide queue and enqueue_ops.")
            self._queue = queue
            self._enqueue_ops = enqueue_ops
            self._close_op = close_op if close_op is not None else queue.close()
            self._cancel_op = cancel_op if cancel_op is not None else queue.close(cancel_pending_enqueues=True)
        self._lock = threading.Lock()
        self._runs = 0  # threads that have not come to an end
        self._exceptions_raised: list[Exception] = []

    def _from_proto(self, message: Any) -> None:
        graph = scopes.get_default_graph()
        self._queue = graph.as_graph_element(message.queue_name)
        self._enqueue_ops = [graph.as_graph_element(name) for name in message.enqueue_op_name]
        self._close_op = graph.as_graph_element(message.close_op_name)
        self._cancel_op = graph.as_graph_element(message.cancel_op_name)

    @property
    def queue(self) -> Any:
        """The queue."""
        return self._queue

    @property
    def queue_closed_exception_types(self) -> tuple[type[Exception], ...]:
        """The errors that say that the queue has come to its end (from 0.12 on)."""
        return self._ends

    @property
    def enqueue_ops(self) -> Any:
        """The operations it runs."""
        return self._enqueue_ops

    @property
    def close_op(self) -> Any:
        """What closes the queue at the end of the input."""
        return self._close_op

    @property
    def cancel_op(self) -> Any:
        """What closes the queue when a coordinator stops."""
        return self._cancel_op

    @property
    def exceptions_raised(self) -> list[Exception]:
        """The exceptions that its threads have met, other than the end of the input; for want of a coordinator."""
        return self._exceptions_raised

    @property
    def name(self) -> str:
        """The name of the queue."""
        return self._queue.name

    def create_threads(self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False) -> list[Any]:
        """Makes a thread for each enqueue operation, and one that waits for `coord` to stop.

        Args:
            sess: the session to run them in.
            coord: a `Coordinator`, which errors are reported to.
            daemon: whether the process may end without them.
            start: whether they are started.

        Returns the threads; none when those of an earlier call still run.
        """
        with self._lock:
            if self._runs > 0:
                return []
            self._runs = len(self._enqueue_ops)
            self._exceptions_raised = []
        threads = [threading.Thread(target=self._run, args=(sess, op, coord)) for op in self._enqueue_ops]
        if coord is not None:
            threads.append(threading.Thread(target=self._close_on_stop, args=(sess, coord)))
            coord.queue_threads.extend(threads)
        for thread in threads:
            thread.daemon = daemon
            if start:
                thread.start()
        return threads

    def _run(self, sess: Any, enqueue_op: Any, coord: Any) -> None:
        at_end = False
        run = sess._repeatedly if _is_plain(sess) and isinstance(enqueue_op, Operation) else sess.run
        try:
            while coord is None or not coord.should_stop():
                run(enqueue_op)
        except self._ends:
            at_end = True
        except Exception as error:
            if coord is None:
                logging.error("Exception in QueueRunner: %s", error)
                with self._lock:
                    self._exceptions_raised.append(error)
                raise
            coord.request_stop(error)
        finally:
            with self._lock:
                self._runs -= 1
                last = not self._runs
            if at_end and last:
                self._close(sess, self._close_op)

    def _close_on_stop(self, sess: Any, coord: Any) -> None:
        coord.wait_for_stop()
        self._close(sess, self._cancel_op)

    def _close(self, sess: Any, op: Any) -> None:
        try:
            sess.run(op)
        except Exception as error:  # it is closed already, or the session is
            logging.debug("Ignored exception: %s", error)

    def to_proto(self) -> Any:
        """The protobuf QueueRunnerDef message that names its operations."""
        from tracer import protos

        return protos.QueueRunnerDef(
            queue_name=self._queue.name, enqueue_op_name=[op.name for op in self._enqueue_ops],
            close_op_name=self._close_op.name, cancel_op_name=self._cancel_op.name)

    @staticmethod
    def from_proto(queue_runner_def: Any) -> QueueRunner:
        """The QueueRunner that a protobuf QueueRunnerDef message describes, in the default graph."""
        return QueueRunner(queue_runner_def=queue_runner_def)


def _is_plain(sess: Any) -> bool:
    """Whether nobody has put something else in the place of a session's `run`."""
    return isinstance(sess, BaseSession) and type(sess).run is BaseSession.run and "run" not in vars(sess)


def add_queue_runner(qr: QueueRunner, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Adds a QueueRunner to those that `start_queue_runners` starts."""
    scopes.add_to_collection(collection, qr)


def start_queue_runners(sess: Any = None, coord: Any = None, daemon: bool = True, start: bool = True,
                        collection: str = GraphKeys.QUEUE_RUNNERS) -> list[Any]:
    """Starts the threads of all QueueRunners of the graph, and returns them.

    >>> coord = tf.train.Coordinator()
    >>> threads = tf.train.start_queue_runners(sess, coord)

    Args:
        sess: the session to run in; by default the default one.
        coord: a `Coordinator` for the threads.
        daemon: whether the process may end without them.
        start: whether they are started.
        collection: where the QueueRunners are listed.

    Raises ValueError when there is no session.
    """
    if sess is None:
        sess = scopes.get_default_session()
        if not sess:
            raise ValueError("Cannot start queue runners: No default session is registered. Use `with "
                             "sess.as_default()` or pass an explicit session to tf.start_queue_runners(sess=sess)")
    with sess.graph.as_default():
        runners = scopes.get_collection(collection)
    return [thread for runner in runners for thread in runner.create_threads(sess, coord, daemon, start)]
