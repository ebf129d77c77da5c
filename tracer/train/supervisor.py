"""`Supervisor`: restores or initializes a model, and keeps checkpoints and summaries while a script trains it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from tracer import logging, protos, scopes
from tracer.properties import reads
from tracer.scopes import GraphKeys
from tracer.session import Session
from tracer.train import supervisor_defaults as defaults
from tracer.train.coordinator import Coordinator, LooperThread
from tracer.train.services import SVStepCounterThread as SVStepCounterThread
from tracer.train.services import SVSummaryThread as SVSummaryThread
from tracer.train.services import SVTimerCheckpointThread as SVTimerCheckpointThread
from tracer.train.session_manager import SessionManager
from tracer.train.summary_writer import SummaryWriter
from tracer.train.training_util import global_step as value_of_step
from tracer.train.training_util import write_graph

USE_DEFAULT = 0


def _chosen(given: Any, collection: str, make: Callable[[], Any]) -> Any:
    """What was given; by default the first of a collection, or something new, which is put there."""
    if given is not USE_DEFAULT:
        return given
    known = scopes.get_collection(collection)
    if known:
        return known[0]
    made = make()
    if made is not None:
        scopes.add_to_collection(collection, made)
    return made


class Supervisor:
    """Runs the training of a model so that it can be stopped, killed and started again at any time.

    >>> sv = tf.train.Supervisor(logdir="/tmp/run")
    >>> with sv.managed_session() as sess:
    ...     while not sv.should_stop():
    ...         sess.run(train_step)

    In its session all variables have values: those of the newest checkpoint in `logdir`, or their initial ones. Threads
    write checkpoints and summaries there. The graph is finalized. For what is `USE_DEFAULT` the first element of the
    graph's collection for it is taken, or made.

    Args:
        graph: the graph; by default the default one.
        ready_op: a tensor with the names of what is not ready yet; by default of the variables without a value.
        is_chief: whether this program initializes, restores and saves the model, rather than waiting for one that does.
        init_op: what initializes the model when there is no checkpoint; by default all variables are initialized.
        init_feed_dict: what `init_op` is fed.
        local_init_op: what is run in every new session; by default local variables and tables are initialized.
        logdir: the folder for checkpoints and events. Without it neither is written.
        summary_op: the summaries to write; by default all.
        saver: what saves the model; by default all variables are saved.
        global_step: the step counter; by default the tensor `global_step:0`, if it is of whole numbers.
        save_summaries_secs: the seconds from one writing of summaries to the next; 0 for none.
        save_model_secs: the seconds from one checkpoint to the next; 0 for none.
        recovery_wait_secs: the seconds between two looks at whether the chief has made the model ready.
        stop_grace_secs: for how many seconds `stop` waits for threads.
        checkpoint_basename: the name of checkpoints, to which the step is appended.
        session_manager: what makes the sessions.
        summary_writer: what writes events; by default one for `logdir`. None for no events.
        init_fn: called with the session after `init_op`.

    Raises ValueError when a variable has no device though this is not the chief.
    """

    USE_DEFAULT = USE_DEFAULT

    def __init__(self, graph: Any = None, ready_op: Any = USE_DEFAULT, is_chief: bool = True, init_op: Any = USE_DEFAULT,
                 init_feed_dict: Any = None, local_init_op: Any = USE_DEFAULT, logdir: str | None = None,
                 summary_op: Any = USE_DEFAULT, saver: Any = USE_DEFAULT, global_step: Any = USE_DEFAULT,
                 save_summaries_secs: float = 120, save_model_secs: float = 600, recovery_wait_secs: float = 30,
                 stop_grace_secs: float = 120, checkpoint_basename: str = "model.ckpt", session_manager: Any = None,
                 summary_writer: Any = USE_DEFAULT, init_fn: Callable[[Any], Any] | None = None,
                 ready_for_local_init_op: Any = USE_DEFAULT) -> None:
        self._graph = scopes.get_default_graph() if graph is None else graph
        with self._graph.as_default():
            self._ready_op = _chosen(ready_op, GraphKeys.READY_OP, defaults.ready_op)
            self._init_op = _chosen(init_op, GraphKeys.INIT_OP, defaults.init_op)
            self._local_init_op = _chosen(local_init_op, GraphKeys.LOCAL_INIT_OP, defaults.local_init_op)
            self._ready_for_local_init_op = _chosen(ready_for_local_init_op, GraphKeys.READY_FOR_LOCAL_INIT_OP,
                                                    lambda: None)
            self._saver = _chosen(saver, GraphKeys.SAVERS, defaults.saver)
            self._summary_op = _chosen(summary_op, GraphKeys.SUMMARY_OP, defaults.summary_op)
            self._global_step = _chosen(global_step, GraphKeys.GLOBAL_STEP, defaults.global_step)
        self._init_feed_dict = init_feed_dict
        self._init_fn = init_fn
        self._is_chief = is_chief
        self._coord = Coordinator()
        self._stop_grace_secs = stop_grace_secs
        self._recovery_wait_secs = recovery_wait_secs
        self._started_threads: list[Any] = []
        self._logdir = logdir or None if is_chief else None
        self._save_summaries_secs = save_summaries_secs if is_chief else None
        self._save_model_secs = save_model_secs if is_chief else None
        self._save_path = os.path.join(self._logdir, checkpoint_basename) if self._logdir else None
        self._summary_writer: Any = None
        if is_chief:
            self._summary_writer = summary_writer
            if summary_writer is USE_DEFAULT:
                self._summary_writer = SummaryWriter(self._logdir) if self._logdir else None
        self._graph_added_to_summary = False
        self._session_manager = session_manager or SessionManager(
            local_init_op=self._local_init_op, ready_op=self._ready_op, graph=self._graph,
            recovery_wait_secs=recovery_wait_secs, ready_for_local_init_op=self._ready_for_local_init_op)
        if not is_chief:
            self._check_devices()
        self._graph.finalize()

    def _check_devices(self) -> None:
        for op in self._graph.get_operations():
            if op.type == "Variable" and not op.device:
                raise ValueError(f"When using replicas, all Variables must have their device set: {op}")

    # -- what it holds

    session_manager = reads("_session_manager", "What makes its sessions.")

    @property
    def coord(self) -> Coordinator:
        """The `Coordinator` of its threads."""
        return self._coord

    init_op = reads("_init_op", "What initializes the model.")
    init_feed_dict = reads("_init_feed_dict", "What `init_op` is fed.")
    ready_op = reads("_ready_op", "The tensor that says what is not ready.")
    ready_for_local_init_op = reads("_ready_for_local_init_op", "The tensor that says what `local_init_op` waits for.")
    is_chief = reads("_is_chief", "Whether it is the one that initializes, saves and writes summaries.")
    summary_writer = reads("_summary_writer", "What writes events; None when nothing does.")
    summary_op = reads("_summary_op", "The summaries that are written.")
    save_summaries_secs = reads("_save_summaries_secs", "The seconds from one writing of summaries to the next.")
    global_step = reads("_global_step", "The step counter.")
    saver = reads("_saver", "What saves the model.")
    save_model_secs = reads("_save_model_secs", "The seconds from one checkpoint to the next.")
    save_path = reads("_save_path", "The name of checkpoints, before the step.")
    # -- sessions

    def prepare_or_wait_for_session(self, master: str = "", config: Any = None, wait_for_checkpoint: bool = False,
                                    max_wait_secs: float = 7200, start_standard_services: bool = True) -> Session:
        """A session in which the model is ready, with its services and queue runners started.

        Args:
            master: the target of the session.
            config: its ConfigProto.
            wait_for_checkpoint: whether to wait for a checkpoint when there is none.
            max_wait_secs: for how many seconds at most.
            start_standard_services: whether services and queue runners are started.
        """
        self._coord.clear_stop()
        if self._summary_writer:
            self._summary_writer.reopen()
        if self._is_chief:
            sess = self._session_manager.prepare_session(
                master, init_op=self._init_op, saver=self._saver, checkpoint_dir=self._logdir,
                wait_for_checkpoint=wait_for_checkpoint, max_wait_secs=max_wait_secs, config=config,
                init_feed_dict=self._init_feed_dict, init_fn=self._init_fn)
            self._write_graph()
            if start_standard_services:
                self.start_standard_services(sess)
        else:
            sess = self._session_manager.wait_for_session(master, config=config, max_wait_secs=max_wait_secs)
        if start_standard_services:
            self.start_queue_runners(sess)
        return sess

    @contextlib.contextmanager
    def managed_session(self, master: str = "", config: Any = None,
                        start_standard_services: bool = True) -> Iterator[Session]:
        """A context with a session in which the model is ready; stops the threads and closes the session at its end.

        The first error inside, or in one of the threads, is raised when it ends; the end of the input
        (`tf.errors.OutOfRangeError`) is none.

        Args: as for `prepare_or_wait_for_session`.
        """
        sess = None
        try:
            sess = self.prepare_or_wait_for_session(master, config, start_standard_services=start_standard_services)
            yield sess
        except Exception as error:
            self.request_stop(error)
        finally:
            try:
                self.stop()
            finally:
                if sess is not None:
                    sess.close()

    def _write_graph(self) -> None:
        if self._logdir:
            write_graph(self._graph.as_graph_def(add_shapes=True), self._logdir, "graph.pbtxt")
        if self._summary_writer and not self._graph_added_to_summary:
            self._summary_writer.add_graph(self._graph)
            self._graph_added_to_summary = True

    # -- services

    def start_standard_services(self, sess: Session) -> list[Any] | None:
        """Starts the threads that write summaries, the speed of training and checkpoints, and returns them.

        Raises RuntimeError when this is not the chief.
        """
        if not self._is_chief:
            raise RuntimeError("Only chief supervisor can start standard services. Because only chief supervisors can "
                               "write events.")
        if not self._logdir:
            logging.warning("Standard services need a 'logdir' passed to the SessionManager")
            return None
        threads: list[Any] = []
        if self._global_step is not None and self._summary_writer:
            started = protos.SessionLog(status=protos.SessionLog.START)
            self._summary_writer.add_session_log(started, value_of_step(sess, self._global_step))
        if self._save_summaries_secs and self._summary_writer:
            if self._summary_op is not None:
                threads.append(SVSummaryThread(self, sess))
            if self._global_step is not None:
                threads.append(SVStepCounterThread(self, sess))
        if self.saver and self._save_model_secs:
            threads.append(SVTimerCheckpointThread(self, sess))
        for thread in threads:
            thread.start()
        self._started_threads += threads
        return threads

    def start_queue_runners(self, sess: Session, queue_runners: Any = None) -> list[Any]:
        """Starts the threads of queue runners, by default of all in the graph, and returns them."""
        if queue_runners is None:
            queue_runners = self._graph.get_collection(GraphKeys.QUEUE_RUNNERS)
        threads = [thread for runner in queue_runners
                   for thread in runner.create_threads(sess, coord=self._coord, daemon=True, start=True)]
        self._started_threads += threads
        return threads

    def loop(self, timer_interval_secs: float | None, target: Callable, args: Any = None) -> LooperThread:
        """Calls `target` every `timer_interval_secs` seconds in a thread, which it starts and returns."""
        thread = LooperThread(self._coord, timer_interval_secs, target=target, args=args)
        thread.start()
        self._started_threads.append(thread)
        return thread

    def summary_computed(self, sess: Session, summary: Any, global_step: Any = None) -> None:
        """Writes a summary, with the value of the step counter unless `global_step` is given.

        Raises RuntimeError when nothing writes events.
        """
        if not self._summary_writer:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self._global_step is not None:
            global_step = value_of_step(sess, self._global_step)
        self._summary_writer.add_summary(summary, global_step)

    # -- stopping

    def stop(self, threads: Any = None, close_summary_writer: bool = True) -> None:
        """Stops the threads and waits for them; the session stays open.

        Args:
            threads: those to wait for; by default all that it has started.
            close_summary_writer: whether its summary writer is closed.

        Raises what a thread has reported, and RuntimeError when some do not stop.
        """
        self._coord.request_stop()
        try:
            self._coord.join(self._started_threads if threads is None else threads,
                             stop_grace_period_secs=self._stop_grace_secs)
        finally:
            self._started_threads = []
            if close_summary_writer and self._summary_writer:
                self._summary_writer.add_session_log(protos.SessionLog(status=protos.SessionLog.STOP))
                self._summary_writer.close()
                self._graph_added_to_summary = False

    def request_stop(self, ex: Any = None) -> None:
        """Asks all threads to stop; as `Coordinator.request_stop`."""
        self._coord.request_stop(ex=ex)

    def should_stop(self) -> bool:
        """Whether the threads were asked to stop."""
        return self._coord.should_stop()

    def stop_on_exception(self) -> Any:
        """A context that turns an exception inside into a request to stop."""
        return self._coord.stop_on_exception()

    def wait_for_stop(self) -> None:
        """Waits until the threads are asked to stop."""
        self._coord.wait_for_stop()

    Loop = loop
    PrepareSession = prepare_or_wait_for_session
    RequestStop = request_stop
    ShouldStop = should_stop
    StartQueueRunners = start_queue_runners
    StartStandardServices = start_standard_services
    Stop = stop
    StopOnException = stop_on_exception
    SummaryComputed = summary_computed
    WaitForStop = wait_for_stop
