"""`Session`: from fetches and feeds to a prepared run. The only door from the graph to its lowering."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable
from typing import Any

from tracer import feeding, scopes
from tracer.feeding import Feed
from tracer.fetching import Assemble, Fetches
from tracer.fetching import IndexedSlicesValue as IndexedSlicesValue
from tracer.ir import Graph, Operation

WATCHERS: list[Callable[[Any, Any], None]] = []
"""Called with the session and the executable of each distinct run, before it runs for the first time. One that has a method
`preparing(session)` is told, too, before a run is prepared at all; `closing(session)`, before a session lets its variables
go."""
SERVERS: dict[str, Any] = {}
"""The servers that `tf.train.Server` has started in this process, by their target."""
SESSIONS: weakref.WeakSet[BaseSession] = weakref.WeakSet()
"""The sessions of this process."""


def _unheard(session: Any) -> None:
    """For watchers that do not ask when a run is prepared, or a session is closed."""


def session_for(graph: Graph, session: Any, kind: str) -> Any:
    """The session that `eval` and `run` of a tensor or an operation use."""
    method = "eval" if kind == "tensor" else "run"
    verb = "evaluate tensor" if kind == "tensor" else "execute operation"
    if session is None:
        session = scopes.get_default_session()
        if session is None:
            used = "eval()" if kind == "tensor" else "Run()"
            raise ValueError(f"Cannot {verb} using {used}: No default session is registered. Use `with "
                             f"sess.as_default()` or pass an explicit session to {used[:-2]}(session=sess)")
        if session.graph is not graph:
            raise ValueError(f"Cannot use the default session to {verb}: the {kind}'s graph is different from the "
                             f"session's graph. Pass an explicit session to {method}(session=sess).")
    elif session.graph is not graph:
        raise ValueError(f"Cannot use the given session to {verb}: the {kind}'s graph is different from the session's "
                         "graph.")
    return session


class _Prepared:
    """A signature that has been seen: its program, feeds and the form of its result."""

    __slots__ = ("assemble", "executable", "feeds", "plain")

    def __init__(self, executable: Any, assemble: Assemble, plain: bool, feeds: list[Feed]) -> None:
        self.executable = executable
        self.assemble = assemble
        self.plain = plain  # each key of `feed_dict` is for one tensor
        self.feeds = feeds


_DIRECT = ("", "local", b"", b"local")


def server_of(target: Any) -> Any:
    """The server of this process that has this target; None for sessions that have none."""
    from tracer import compat, errors

    if target in _DIRECT:
        return None

    target = compat.as_str(target)
    if target in SERVERS:
        SERVERS[target].cluster.require_whole()
        return SERVERS[target]
    if target.startswith("grpc://"):
        raise errors.UnimplementedError(
            None, None, f"No server of this process has the target {target}, and Tracer runs in one process: leave the "
                        "target out, or give that of a tf.train.Server of this program.")
    raise errors.NotFoundError(
        None, None, "No session factory registered for the given session options: "
                    f'{{target: "{target}"}}. A session runs in this process: leave the target out.')


class BaseSession:
    """Runs parts of a graph; holds the values of its variables."""

    def __init__(self, target: Any = "", graph: Graph | None = None, config: Any = None) -> None:
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        if target is None or not isinstance(target, (str, bytes)):
            target = target or ""
            if not isinstance(target, str):
                raise TypeError(f"target must be a string, but got {type(target)}")
        if config is not None and getattr(getattr(config, "DESCRIPTOR", None), "name", "") != "ConfigProto":
            raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")
        self._server = server_of(target)
        self._graph = graph or scopes.get_default_graph()
        self._target = target
        self._config = config if config is not None or self._server is None else self._server.session_config
        self._opened = False
        self._closed = False
        self._ended: Callable[[], Exception] | None = None  # makes the error of runs after `Session.reset`
        self._prepared: dict[Any, _Prepared] = {}
        self._executables: dict[Any, Any] = {}
        self._partial_runs: dict[str, Any] = {}
        self._state: Any = None
        self._placement: Any = None
        self._lock = threading.Lock()
        SESSIONS.add(self)

    @property
    def graph(self) -> Graph:
        """The graph it runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a protobuf message; with shapes where the configuration asks for `infer_shapes`."""
        options = getattr(self._config, "graph_options", None)
        return self._graph.as_graph_def(add_shapes=bool(options is not None and options.infer_shapes))

    @property
    def sess_str(self) -> Any:
        """The target it was made with."""
        return self._target

    @property
    def state(self) -> Any:
        """Variables, random streams and resources; made when first used."""
        if self._state is None:
            import lowering

            placement = self.placement
            with self._lock:
                if self._state is None:
                    state = lowering.State(None if self._server is None else self._server.state)
                    waiting = getattr(self._config, "operation_timeout_in_ms", 0)
                    state.timeout = waiting / 1000 if waiting > 0 else None
                    state.device = placement.device
                    self._state = state
        return self._state

    @property
    def placement(self) -> Any:
        """Where it runs operations."""
        if self._placement is None:
            from tracer.placement import Placement

            self._placement = Placement(self._config, self._server)
        return self._placement

    def close(self) -> None:
        """Ends the session and whatever waits in it; later runs raise RuntimeError."""
        for watch in WATCHERS:
            getattr(watch, "closing", _unheard)(self)
        if self._opened:
            self._closed = True
        if self._state is not None:
            self._state.close()
        self._prepared.clear()
        self._executables.clear()

    def _end(self, error: Callable[[], Exception]) -> None:
        """Closes it; later runs raise what `error` makes."""
        self._ended = error
        self.close()

    def as_default(self) -> Any:
        """A context in which this is the default session."""
        return scopes.default_session(self)

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """Computes `fetches` and returns their values in the same structure; operations give None.

        Args:
            fetches: a tensor, operation, variable or name; or a list, tuple or dict of those.
            feed_dict: values by tensor; any tensor can be fed.
            options: RunOptions. With `timeout_in_ms` the run may take so long, compiling apart.
            run_metadata: RunMetadata, which gets the time that each operation takes by itself, when `options` have the
                `trace_level` FULL_TRACE.

        Raises:
            RuntimeError: the session is closed, or its graph is empty.
            TypeError, ValueError: a fetch or a feed that the graph has no place for.
            tf.errors.OpError: what went wrong while running; variables are then as before.
        """
        try:
            key = (tuple(fetches) if type(fetches) is list else fetches, tuple(feed_dict) if feed_dict else None)
            prepared = self._prepared.get(key)
        except TypeError:  # nested fetches, or something no feed can be
            key = prepared = None
        if prepared is None:
            prepared = self._prepare(fetches, feed_dict, key)
        if prepared.feeds:
            given = feed_dict.values() if prepared.plain else feeding.values(feed_dict)
            if len(given) != len(prepared.feeds):  # a sparse placeholder is fed with its shape or without
                prepared = self._prepare(fetches, feed_dict, key)
            values = list(map(Feed.convert, prepared.feeds, given))
        else:
            values = []
        if options is not None:
            return prepared.assemble(self._watched(prepared.executable, values, options, run_metadata))
        return prepared.assemble(prepared.executable.run(self._state, values))

    def _repeatedly(self, operation: Operation) -> None:
        """What calls `run` with an operation again and again calls this: it is run once, or several times at once."""
        prepared = self._prepared.get((operation, None))
        if prepared is None or not prepared.executable.run_several(self._state):
            self.run(operation)

    def _prepare(self, fetches: Any, feed_dict: Any, key: Any) -> _Prepared:
        if self._ended is not None:
            raise self._ended()
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if not self._graph.version:
            raise RuntimeError("The Session graph is empty.  Add operations to the graph before calling run().")
        for watch in WATCHERS:
            getattr(watch, "preparing", _unheard)(self)
        import lowering

        if self._graph._versions is not None:
            from tracer import graph_def

            graph_def.check_versions(self._graph)
        self._opened = True
        form = Fetches(self, fetches)
        if not form.tensors and not form.targets:
            from tracer import errors

            feeding.feeds(self._graph, feed_dict)
            raise errors.InvalidArgumentError(None, None, "Must specify at least one target to fetch or execute.")
        feeds = feeding.feeds(self._graph, feed_dict)
        if len({feed.tensor for feed in feeds}) != len(feeds):
            raise ValueError("A tensor is fed twice, under two keys.")
        signature = (tuple(form.tensors), tuple(form.targets), tuple(feed.tensor for feed in feeds))
        _ = self.state
        executable = self._executables.get(signature)
        if executable is None:
            executable = lowering.Executable(form.tensors, form.targets, [feed.tensor for feed in feeds], decides=True)
            self._check(executable.operations())
            if self._server is not None:
                self._server.cluster.note_containers(op for op, _ in executable.operations())
            self._executables[signature] = executable
            for watch in WATCHERS:
                watch(self, executable)
        prepared = _Prepared(executable, form.assemble, feeding.is_plain(feed_dict), feeds)
        if key is not None:
            self._prepared[key] = prepared
        return prepared

    def _check(self, operations: list[tuple[Operation, bool]]) -> None:
        """Raises what TensorFlow does for operations that cannot run here, or not any more."""
        if self._graph._versions is not None:
            from tracer import graph_def

            graph_def.check_removed(self._graph, operations)
        self.placement.check(op for op, _ in operations)
        self.placement.report(operations)

    def _watched(self, executable: Any, values: list[Any], options: Any, run_metadata: Any) -> list[Any]:
        """Runs with `RunOptions`."""
        import lowering

        trace = run_metadata is not None and options.trace_level == options.FULL_TRACE
        timeout = options.timeout_in_ms / 1000 if options.timeout_in_ms > 0 else None
        if not trace and timeout is None:
            return executable.run(self._state, values)
        watch = lowering.Watch(timeout, trace)
        results = executable.run(self._state, values, watch)
        if run_metadata is not None and watch.records is not None:
            from tracer import step_stats

            step_stats.fill(run_metadata.step_stats, watch.records, self.placement)
        return results

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> str:
        """Prepares a run in several steps; returns the handle that `partial_run` takes.

        Args:
            fetches: the tensors that the steps will fetch.
            feeds: the tensors that they will feed.
        """
        from tracer.partial_run import PartialRun

        for watch in WATCHERS:
            getattr(watch, "preparing", _unheard)(self)
        if not self._graph.version:
            raise RuntimeError("The Session graph is empty.  Add operations to the graph before calling run().")
        run = PartialRun(self, fetches if isinstance(fetches, (list, tuple)) else [fetches], feeds)
        self._partial_runs[run.handle] = run
        return run.handle

    def partial_run(self, handle: str, fetches: Any, feed_dict: Any = None) -> Any:
        """Goes on with the run `handle`: feeds `feed_dict` and returns the values of `fetches`."""
        from tracer import errors

        if handle not in self._partial_runs:
            raise errors.InvalidArgumentError(None, None, "Must run 'setup' before performing partial runs!")
        run = self._partial_runs[handle]
        values = run.step(fetches, feed_dict)
        if run.done:
            del self._partial_runs[handle]
        return values

    def runs(self) -> list[Any]:
        """The executables of the distinct runs so far, for those who look inside."""
        return list(self._executables.values())


class Session(BaseSession):
    """A session that can be used as a context: default session and default graph inside, closed on leaving."""

    def __init__(self, target: Any = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._contexts: list[contextlib.ExitStack] = []

    def __enter__(self) -> Session:
        stack = contextlib.ExitStack()
        stack.enter_context(self.graph.as_default())
        stack.enter_context(self.as_default())
        self._contexts.append(stack)
        return self

    def __exit__(self, *exception: Any) -> None:
        self._contexts.pop().__exit__(*exception)
        self.close()

    @staticmethod
    def reset(target: Any, containers: Any = None, config: Any = None) -> None:
        """Ends all sessions of `target`, and forgets what they have left on it; from 0.10 on.

        Args:
            target: that of a `tf.train.Server`; "" stands for the sessions that have none.
            containers: the names of the `tf.container` whose variables and queues go; without any, all go.
            config: a ConfigProto, for a server that is reached over a network.

        Raises:
            TypeError: a container's name is no string.
            tf.errors.NotFoundError: there is no such target.
        """
        from tracer.train.server_lib import reset

        reset(target, containers)


class InteractiveSession(BaseSession):
    """A session that is the default one from its construction on."""

    def __init__(self, target: Any = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._stack = contextlib.ExitStack()
        if graph is not None:
            self._stack.enter_context(graph.as_default())
        self._stack.enter_context(self.as_default())

    def close(self) -> None:
        """Ends the session and is the default one no longer."""
        super().close()
        self._stack.close()


