"""`MonitoredSession`: a session that is ready when it is made, with hooks around each run. From TensorFlow 0.11 on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracer import errors, protos, scopes, variables
from tracer.ops import control_flow, summary
from tracer.ops.data_flow import initialize_all_tables
from tracer.properties import reads
from tracer.scopes import GraphKeys
from tracer.train.coordinator import Coordinator
from tracer.train.queue_runner import start_queue_runners
from tracer.train.saver import Saver
from tracer.train.session_manager import SessionManager
from tracer.younger import hooks as _hooks
from tracer.younger.hooks import SessionRunArgs, SessionRunContext, SessionRunValues

__all__ = ["ChiefSessionCreator", "MonitoredSession", "MonitoredTrainingSession", "Scaffold", "SessionCreator",
           "WorkerSessionCreator"]


class Scaffold:
    """The operations that a training needs besides its steps: what is not given is taken from the graph, or made.

    Args:
        init_op, init_feed_dict, init_fn: what initializes the model; the function gets this object and the session.
        ready_op: a tensor with the names of what is not ready yet.
        local_init_op: what is run in every new session.
        summary_op: the summaries to write.
        saver: what saves and restores the model.
    """

    def __init__(self, init_op: Any = None, init_feed_dict: Any = None, init_fn: Callable | None = None,
                 ready_op: Any = None, local_init_op: Any = None, summary_op: Any = None, saver: Any = None) -> None:
        self._init_fn = None if init_fn is None else lambda session: init_fn(self, session)
        self._init_op, self._init_feed_dict = init_op, init_feed_dict
        self._ready_op, self._local_init_op = ready_op, local_init_op
        self._summary_op, self._saver = summary_op, saver

    def finalize(self) -> Scaffold:
        """Makes what is missing, and finalizes the graph."""
        chosen = self.get_or_default
        if self._init_op is None:
            self._init_op = chosen("init_op", GraphKeys.INIT_OP, variables.initialize_all_variables)
        if self._ready_op is None:
            self._ready_op = chosen("ready_op", GraphKeys.READY_OP, variables.report_uninitialized_variables)
        if self._local_init_op is None:
            self._local_init_op = chosen("local_init_op", GraphKeys.LOCAL_INIT_OP, _initialize_local)
        if self._summary_op is None:
            self._summary_op = chosen("summary_op", GraphKeys.SUMMARY_OP, summary.merge_all_summaries)
        if self._saver is None:
            self._saver = chosen("saver", GraphKeys.SAVERS,
                                 lambda: Saver(sharded=True, allow_empty=True, write_version=protos.SaverDef.V2))
        if self._saver is not None:
            self._saver.build()
        scopes.get_default_graph().finalize()
        return self

    @staticmethod
    def get_or_default(arg_name: str, collection_key: str, default_constructor: Callable[[], Any]) -> Any:
        """The only element of a collection, or what the function makes, which is put there."""
        found = scopes.get_collection(collection_key)
        if len(found) > 1:
            raise RuntimeError(f'More than one item in the collection "{collection_key}". Please indicate which one to use '
                               f"by passing it to the tf.Scaffold constructor as:  tf.Scaffold({arg_name}=item to use)")
        if found:
            return found[0]
        made = default_constructor()
        if made is not None:
            scopes.add_to_collection(collection_key, made)
        return made

    @property
    def init_fn(self) -> Callable[[Any], Any] | None:
        """What is called with the session after `init_op`."""
        return self._init_fn

    init_op = reads("_init_op", "What initializes the model.")
    init_feed_dict = reads("_init_feed_dict", "What `init_op` is fed.")
    ready_op = reads("_ready_op", "The names of what is not ready yet.")
    local_init_op = reads("_local_init_op", "What is run in every new session.")
    summary_op = reads("_summary_op", "The summaries to write; None when there are none.")
    saver = reads("_saver", "What saves and restores the model.")

def _initialize_local() -> Any:
    return control_flow.group(variables.initialize_local_variables(), initialize_all_tables())


class SessionCreator:
    """Makes sessions for a `MonitoredSession`."""

    def create_session(self) -> Any:
        """A session that is ready."""
        raise NotImplementedError(f"create_session is not implemented for {type(self).__name__}.")


class ChiefSessionCreator(SessionCreator):
    """Makes sessions with the model of the newest checkpoint, or initialized."""

    def __init__(self, scaffold: Scaffold | None = None, master: str = "", config: Any = None,
                 checkpoint_dir: str | None = None) -> None:
        self._scaffold = scaffold or Scaffold()
        self._master, self._config, self._folder = master, config, checkpoint_dir

    def create_session(self) -> Any:
        scaffold = self._scaffold.finalize()
        manager = SessionManager(local_init_op=scaffold.local_init_op, ready_op=scaffold.ready_op,
                                 graph=scopes.get_default_graph())
        return manager.prepare_session(self._master, saver=scaffold.saver, checkpoint_dir=self._folder,
                                       config=self._config, init_op=scaffold.init_op,
                                       init_feed_dict=scaffold.init_feed_dict, init_fn=scaffold.init_fn)


class WorkerSessionCreator(SessionCreator):
    """Makes sessions as soon as the chief has made the model ready."""

    def __init__(self, scaffold: Scaffold | None = None, master: str = "", config: Any = None) -> None:
        self._scaffold = scaffold or Scaffold()
        self._master, self._config = master, config

    def create_session(self) -> Any:
        scaffold = self._scaffold.finalize()
        manager = SessionManager(local_init_op=scaffold.local_init_op, ready_op=scaffold.ready_op,
                                 graph=scopes.get_default_graph())
        return manager.wait_for_session(self._master, config=self._config, max_wait_secs=30 * 60)


def MonitoredTrainingSession(
    master: str = "", is_chief: bool = True, checkpoint_dir: str | None = None, scaffold: Scaffold | None = None,
    hooks: Sequence[Any] | None = None, chief_only_hooks: Sequence[Any] | None = None,
    save_checkpoint_secs: float | None = 600, save_summaries_steps: int | None = 100, config: Any = None,
) -> MonitoredSession:
    """A `MonitoredSession` for training: it restores the model, and the chief saves checkpoints and summaries.

    >>> with tf.train.MonitoredTrainingSession(checkpoint_dir="/tmp/run", hooks=[tf.train.StopAtStepHook(100)]) as sess:
    ...     while not sess.should_stop():
    ...         sess.run(train_step)

    Args:
        master: the target of the session.
        is_chief: whether this program initializes, restores and saves the model.
        checkpoint_dir: the folder of checkpoints and events; without it neither is written.
        scaffold: the operations that a training needs.
        hooks, chief_only_hooks: what is done around each run, by all or by the chief alone.
        save_checkpoint_secs, save_summaries_steps: how often; None for never.
        config: the ConfigProto of the session.
    """
    scaffold = scaffold or Scaffold()
    every = list(hooks or ())
    if not is_chief:
        return MonitoredSession(WorkerSessionCreator(scaffold, master, config), every)
    every += chief_only_hooks or ()
    if checkpoint_dir:
        own: list[Any] = [_hooks.StepCounterHook(output_dir=checkpoint_dir)]
        if save_summaries_steps and save_summaries_steps > 0:
            own.append(_hooks.SummarySaverHook(save_steps=save_summaries_steps, scaffold=scaffold,
                                               output_dir=checkpoint_dir))
        if save_checkpoint_secs and save_checkpoint_secs > 0:
            own.append(_hooks.CheckpointSaverHook(checkpoint_dir, save_secs=save_checkpoint_secs, scaffold=scaffold))
        every += own
    return MonitoredSession(ChiefSessionCreator(scaffold, master, config, checkpoint_dir), every)


class MonitoredSession:
    """A session with hooks around each run, queue runners started, and made anew where a task was restarted.

    As a context it ends without an error where the input does.

    Args:
        session_creator: makes the session; `ChiefSessionCreator()` by default.
        hooks: what is done around each run.
    """

    def __init__(self, session_creator: Any = None, hooks: Sequence[Any] | None = None) -> None:
        self._hooks = list(hooks or ())
        for hook in self._hooks:
            hook.begin()
        self._creator = ChiefSessionCreator() if session_creator is None else session_creator
        self._graph = scopes.get_default_graph()
        self._session: Any = None
        self._coordinator = Coordinator()
        self._stops = False
        self._closed = False
        self._create()

    def _create(self) -> None:
        self._session = self._creator.create_session()
        self._coordinator = Coordinator(clean_stop_exception_types=())
        with self._graph.as_default():
            start_queue_runners(self._session, coord=self._coordinator)
        for hook in self._hooks:
            if hasattr(hook, "after_create_session"):  # from 1.0 on
                hook.after_create_session(self._session, self._coordinator)

    @property
    def graph(self) -> Any:
        """The graph; None when the session is closed."""
        return None if self._session is None else self._session.graph

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """As `Session.run`, with what the hooks add. Raises RuntimeError after a stop was requested."""
        while True:
            if self._session is None:
                if self._closed:
                    raise RuntimeError("Session is already closed.")
                self._create()
            if self.should_stop():
                raise RuntimeError("Run called even after should_stop requested.")
            try:
                return self._run(fetches, feed_dict, options, run_metadata)
            except errors.AbortedError:  # a task was restarted: its session is lost, the model is not
                self._close_session()
            except Exception as error:
                if not isinstance(error, errors.OutOfRangeError | StopIteration):
                    self._coordinator.raise_requested_exception()
                raise

    def _run(self, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict, options), self._session)
        wanted: dict[Any, Any] = {"caller": fetches}
        feeds, asked = dict(feed_dict or {}), options
        by_hooks: dict[Any, Any] = {}
        for hook in self._hooks:
            request = hook.before_run(context)
            if request is None:
                continue
            if request.fetches is not None:
                wanted[hook] = request.fetches
            _add(by_hooks, request.feed_dict, "Same tensor is fed by two hooks.")
            if request.options is not None:
                asked = _merged(asked, request.options)
        _add(feeds, by_hooks, "Same tensor is fed by a SessionRunHook and user.")
        metadata = run_metadata if run_metadata is not None or asked is None else protos.RunMetadata()
        results = self._session.run(wanted, feeds or None, options=asked, run_metadata=metadata)
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(
                results.get(hook), protos.RunOptions() if asked is None else asked,
                protos.RunMetadata() if metadata is None else metadata))
        self._stops = self._stops or context.stop_requested
        return results["caller"]

    def should_stop(self) -> bool:
        """Whether a hook or a thread wants an end, or the session is closed."""
        return self._closed or self._stops or self._coordinator.should_stop()

    def close(self) -> None:
        """Tells the hooks of the end, and closes the session."""
        self._close_internal()

    def __enter__(self) -> MonitoredSession:
        return self

    def __exit__(self, exception_type: Any, exception_value: Any, traceback: Any) -> bool:
        if exception_type is not None and issubclass(exception_type, errors.OutOfRangeError | StopIteration):
            exception_type = None
        self._close_internal(exception_type)
        return exception_type is None

    def _close_internal(self, exception_type: Any = None) -> None:
        try:
            if exception_type is None and self._session is not None:
                for hook in self._hooks:
                    hook.end(self._session)
        finally:
            self._close_session()
            self._closed = True

    def _close_session(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        self._coordinator.request_stop()
        try:
            self._coordinator.join()
        except errors.OpError:  # what a queue runner met when it was stopped
            pass
        finally:
            session.close()


def _add(feeds: dict[Any, Any], more: Any, problem: str) -> None:
    both = [tensor for tensor in more or {} if tensor in feeds]
    if both:
        raise RuntimeError(f"{problem} Conflict(s): {both}")
    feeds.update(more or {})


def _merged(options: Any, more: Any) -> Any:
    merged = protos.RunOptions()
    if options is not None:
        merged.CopyFrom(options)
    merged.trace_level = max(merged.trace_level, more.trace_level)
    merged.timeout_in_ms = max(merged.timeout_in_ms, more.timeout_in_ms)
    return merged
