"""`tf.train.SummaryWriter`: event files that TensorBoard reads, written by a thread of their own."""

from __future__ import annotations

import os
import queue
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

from tracer import compat, logging, protos, python_io
from tracer.errors import DataLossError
from tracer.ir import Graph

_FILE_VERSION = "brain.Event:2"


class SummaryWriter:
    """Writes summaries, graphs and other events of a run to an event file in a folder.

    What is added is written in the background: the first event at once, and from then on every `flush_secs` seconds.

    >>> writer = tf.train.SummaryWriter("/tmp/run", sess.graph)
    >>> writer.add_summary(sess.run(merged), global_step=1)
    >>> writer.close()

    Args:
        logdir: the folder, made when it is missing; `gs://` and `s3://` ones too where their libraries are installed.
        graph: the graph to show.
        max_queue: how many events may wait to be written before adding one waits as well.
        flush_secs: how often what was written is made safe.
        graph_def: a GraphDef message, instead of `graph`.

    Raises:
        TypeError: `graph` is no graph.
        ValueError: both `graph` and `graph_def` are given.
    """

    def __init__(self, logdir: str, graph: Any = None, max_queue: int = 10, flush_secs: float = 120,
                 graph_def: Any = None) -> None:
        self._logdir = compat.as_str(logdir) if isinstance(logdir, bytes) else os.fspath(logdir)
        self._run_tags: set[str] = set()
        # Before `max_queue` came a GraphDef and its name; to Python 2 text is more than any number of events.
        self._writer = _Writer(self._logdir, 0 if isinstance(max_queue, str) else max_queue, flush_secs)
        # At the end of the program at the latest; the thread holds on to the writer, not to this object.
        self._finish = weakref.finalize(self, _Writer.finish, self._writer)
        if graph is not None or graph_def is not None:
            self.add_graph(graph, graph_def=graph_def)

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, unused_type: Any, unused_value: Any, unused_traceback: Any) -> None:
        self.close()

    def get_logdir(self) -> str:
        """The folder."""
        return self._logdir

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Adds a summary: a Summary message, or one in bytes as a run of a summary operation gives it."""
        if isinstance(summary, str):
            summary = summary.encode("utf-8", "surrogateescape")  # as a program of Python 2 has it
        message = protos.Summary()
        message.ParseFromString(summary if isinstance(summary, bytes) else _serialized(summary, "Summary"))
        self._add(protos.Event(summary=message), global_step)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Adds a SessionLog message: that a session has started, stopped or saved its variables."""
        message = protos.SessionLog.FromString(_serialized(session_log, "SessionLog"))
        self._add(protos.Event(session_log=message), global_step)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Adds a graph: a `tf.Graph`, with the shapes of its tensors, or a GraphDef message as it is.

        Raises:
            TypeError: it is neither.
            ValueError: both `graph` and `graph_def` are given.
        """
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        given: Any = graph if graph is not None else graph_def
        if isinstance(given, Graph):
            data = given.as_graph_def(add_shapes=True).SerializeToString()
        elif getattr(getattr(given, "DESCRIPTOR", None), "name", "") == "GraphDef":
            data = given.SerializeToString()
        else:
            raise TypeError("The passed graph must be an instance of `Graph` or the deprecated `GraphDef`")
        self._add(protos.Event(graph_def=data), global_step)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Adds a MetaGraphDef message; from 0.11 on."""
        if getattr(getattr(meta_graph_def, "DESCRIPTOR", None), "name", "") != "MetaGraphDef":
            raise TypeError(f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}")
        self._add(protos.Event(meta_graph_def=meta_graph_def.SerializeToString()), global_step)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Adds what a traced run reported, under a tag of its own. Raises ValueError when the tag was used before."""
        if tag in self._run_tags:
            raise ValueError("The provided tag was already used for this event type")
        self._run_tags.add(tag)
        tagged = protos.TaggedRunMetadata(tag=tag, run_metadata=_serialized(run_metadata, "RunMetadata"))
        self._add(protos.Event(tagged_run_metadata=tagged), global_step)

    def add_event(self, event: Any) -> None:
        """Adds an Event message as it is."""
        self._writer.put(_serialized(event, "Event"))

    def _add(self, event: Any, global_step: Any) -> None:
        event.wall_time = time.time()
        if global_step is not None:
            event.step = int(global_step)
        self._writer.put(event.SerializeToString())

    def flush(self) -> None:
        """Returns when everything added so far is in the file.

        Raises OSError when it could not be written. That somebody has removed the file is only logged.
        """
        self._writer.flush(close=False)

    def close(self) -> None:
        """As `flush`, and closes the file. What is added later goes to a new file."""
        self._writer.flush(close=True)

    def reopen(self) -> None:
        """Does nothing: a closed writer opens a new file by itself when something is added."""


def _serialized(message: Any, kind: str) -> bytes:
    if getattr(getattr(message, "DESCRIPTOR", None), "name", "") != kind:
        raise TypeError(f"expected a {kind} message, not {message!r}")
    return message.SerializeToString()


class _Flush:
    """Asks the thread to make safe what it has written."""

    def __init__(self, close: bool) -> None:
        self.close = close
        self.done = threading.Event()


class _Writer:
    """The thread that writes, and the file it writes to. The file is made for the first event."""

    def __init__(self, logdir: str, max_queue: int, flush_secs: float) -> None:
        from tensorboardX.record_writer import directory_check

        directory_check(logdir)
        self.logdir = logdir
        self.flush_secs = flush_secs
        self.queue: queue.Queue[bytes | _Flush] = queue.Queue(max_queue)
        self.path = ""
        self.file: Any = None
        self.unsafe = 0  # events written since the last flush
        self.problem: OSError | None = None
        self.started = False
        self.lock = threading.Lock()

    def put(self, item: bytes | _Flush) -> None:
        """Hands an event over; waits while the queue is full."""
        with self.lock:
            if not self.started:
                self.started = True
                threading.Thread(target=self.run, name="SummaryWriter", daemon=True).start()
        self.queue.put(item)

    def flush(self, close: bool) -> None:
        """Waits until all events are written. Raises the OSError of the first that could not be."""
        if self.started:
            request = _Flush(close)
            self.put(request)
            request.done.wait()
            problem, self.problem = self.problem, None
            if problem is not None:
                raise problem

    def finish(self) -> None:
        """The end of the program, or of the writer that the script held."""
        try:
            self.flush(close=True)
        except OSError as problem:
            logging.error("Events in %s are lost: %s", self.path or self.logdir, problem)

    def run(self) -> None:
        """Writes what comes; never stops, so that nobody waits for a full queue forever."""
        next_flush = 0.0
        while True:
            try:
                item = self.queue.get(timeout=max(next_flush - time.monotonic(), 0) if self.unsafe else None)
            except queue.Empty:
                item = None
            try:
                if isinstance(item, bytes):
                    self.write(item)
                if isinstance(item, _Flush) or (self.unsafe and time.monotonic() >= next_flush):
                    self.save(isinstance(item, _Flush) and item.close)
                    next_flush = time.monotonic() + self.flush_secs
            except FileNotFoundError as problem:  # removed by somebody: TensorFlow, too, says so and goes on
                logging.error("Events are lost: %s", problem)
                self.unsafe = 0
            except OSError as problem:
                if self.problem is None:
                    self.problem = problem
                    logging.error("Cannot write events to %s: %s", self.path or self.logdir, problem)
                self.unsafe = 0
            finally:
                if isinstance(item, _Flush):
                    item.done.set()

    def write(self, event: bytes) -> None:
        """Appends an event to the file, which it makes when there is none."""
        if self.file is None:
            self.file = self.open()
            self.write(protos.Event(wall_time=time.time(), file_version=_FILE_VERSION).SerializeToString())
        for part in python_io.framed(event):
            self.file.write(part)
        self.unsafe += 1

    def open(self) -> Any:
        """Makes a file of a name that nobody has yet."""
        import socket

        from tensorboardX.record_writer import open_file

        seconds, host = int(time.time()), socket.gethostname()
        while True:
            self.path = os.path.join(self.logdir, f"events.out.tfevents.{seconds:010d}.{host}")
            if "://" in self.path:
                return open_file(self.path)
            try:
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o666))  # ours alone, whoever else starts now
                return open_file(self.path)
            except FileExistsError:
                seconds += 1

    def save(self, close: bool) -> None:
        """Makes safe what was written. When somebody has removed the file, later events go to a new one."""
        if self.file is None:
            return
        lost = self.unsafe if "://" not in self.path and not os.path.exists(self.path) else 0
        self.unsafe = 0
        file = self.file
        if close or lost:
            self.file = None
        file.flush()
        if "://" not in self.path:
            os.fsync(file.fileno())
        if close or lost:
            file.close()
        if lost:
            raise FileNotFoundError(f"{self.path} has disappeared with {lost} events")


def summary_iterator(path: str) -> Iterator[Any]:
    """The Event messages of an event file; ends where the last one is not written whole yet.

    >>> for event in tf.train.summary_iterator(path):
    ...     for value in event.summary.value:
    ...         print(event.step, value.tag, value.simple_value)

    Raises DataLossError when a record is damaged.
    """
    parse = protos.Event.FromString
    try:
        for record in python_io.tf_record_iterator(path):
            yield parse(record)
    except DataLossError as error:
        if not str(error).startswith("truncated"):
            raise
