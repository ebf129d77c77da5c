"""`Session`: from fetches and feeds to a prepared run. The only door from the graph to its lowering."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tracer import scopes
from tracer.convert import IndexedSlices
from tracer.ir import Graph, Operation, Tensor
from tracer.younger import nest

_Assemble = Callable[[list[Any]], Any]
WATCHERS: list[Callable[[Any, Any], None]] = []
"""Called with the session and the executable of each distinct run, before it runs for the first time. One that has a method
`preparing(session)` is told, too, before a run is prepared at all; `closing(session)`, before a session lets its variables
go."""
SERVERS: dict[str, Any] = {}
"""The servers that `tf.train.Server` has started in this process, by their target."""


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


class _Fetches:
    """What one form of `fetches` asks for, and how its result is put together."""

    def __init__(self, session: BaseSession, fetches: Any) -> None:
        self.session = session
        self.graph = session.graph
        self.tensors: list[Tensor] = []
        self.targets: list[Operation] = []
        self._index: dict[Tensor, int] = {}
        self.assemble = self._structure(fetches, fetches)

    def _structure(self, fetch: Any, whole: Any) -> _Assemble:
        if isinstance(fetch, tuple) and hasattr(fetch, "_fields"):
            parts = [self._structure(item, whole) for item in fetch]
            kind = type(fetch)
            return lambda values: kind(*[part(values) for part in parts])
        if isinstance(fetch, (list, tuple)):
            parts = [self._structure(item, whole) for item in fetch]
            return lambda values: [part(values) for part in parts]
        if isinstance(fetch, Mapping):
            named = {key: self._structure(item, whole) for key, item in fetch.items()}
            return lambda values: {key: part(values) for key, part in named.items()}
        return self._leaf(fetch, whole)

    def _leaf(self, fetch: Any, whole: Any) -> _Assemble:
        if isinstance(fetch, IndexedSlices):
            parts = [self._leaf(t, whole) for t in (fetch.values, fetch.indices, fetch.dense_shape) if t is not None]
            return lambda values: IndexedSlicesValue(*[part(values) for part in parts],
                                                     *([None] * (3 - len(parts))))
        expand = getattr(fetch, "_session_parts", None)
        if expand is not None:
            tensors, rebuild = expand()
            pieces = [self._leaf(t, whole) for t in tensors]
            return lambda values: rebuild([piece(values) for piece in pieces])
        element = self._element(fetch, whole)
        if isinstance(element, Operation):
            if element not in self.targets:
                self.targets.append(element)
            return lambda values: None
        if element not in self._index:
            self._index[element] = len(self.tensors)
            self.tensors.append(element)
        at = self._index[element]
        if element.op.type == "GetSessionHandle":
            from tracer.ops.session import TensorHandle

            return lambda values: TensorHandle(values[at], self.session)
        return lambda values: values[at]

    def _element(self, fetch: Any, whole: Any) -> Operation | Tensor:
        try:
            element = self.graph.as_graph_element(fetch, allow_tensor=True, allow_operation=True)
        except TypeError as error:
            raise TypeError(f"Fetch argument {fetch!r} of {whole!r} has invalid type {type(fetch)!r}, must be a string "
                            f"or Tensor. ({error})") from None
        except (ValueError, KeyError) as error:
            raise ValueError(
                f"Fetch argument {fetch!r} of {whole!r} cannot be interpreted as a Tensor. ({error})") from None
        if not self.graph.is_fetchable(element):
            op = element.op if isinstance(element, Tensor) else element
            raise ValueError(f"Operation {op.name!r} has been marked as not fetchable.")
        return element


class IndexedSlicesValue(NamedTuple):
    """The fetched value of `IndexedSlices`."""

    values: Any
    indices: Any
    dense_shape: Any = None


class _Feed:
    """Converts and checks the values fed for one tensor."""

    __slots__ = ("dtype", "sizes", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.dtype = np.dtype(tensor.dtype.base_dtype.as_numpy_dtype)
        self.sizes = tensor.sizes

    def convert(self, value: Any) -> np.ndarray:
        """`value` as the array that the tensor gets; it may be the caller's own."""
        if type(value) is np.ndarray and value.dtype == self.dtype and self.dtype != object:
            array = value
        else:
            array = self._convert(value)
        sizes = self.tensor.sizes
        if sizes is not None and array.shape != sizes and not _admits(sizes, array.shape):
            raise ValueError(f"Cannot feed value of shape {array.shape} for Tensor {self.tensor.name!r}, which has "
                             f"shape '{self.tensor.get_shape()}'")
        return array

    def _convert(self, value: Any) -> np.ndarray:
        if isinstance(value, Tensor):
            raise TypeError("The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python "
                            "scalars, strings, lists, or numpy ndarrays.")
        if self.dtype == object:
            return _strings(value)
        if type(value) is int and _changes(value, self.dtype):
            raise TypeError(f"Type of feed value {value} is not compatible with Tensor type {self.dtype.type}. Try "
                            "explicitly setting the type of the feed tensor to a larger type (e.g. int64).")
        try:
            return np.array(value, dtype=self.dtype)
        except (TypeError, ValueError):
            objects = np.array(value, object)
            if not any(isinstance(item, np.ndarray) and item.size == 1 for item in objects.flat):
                raise
            # An array of one element was as good as its number.
            items = [item.item() if isinstance(item, np.ndarray) and item.size == 1 else item for item in objects.flat]
            return np.array(items, self.dtype).reshape(objects.shape)


def _admits(sizes: tuple, shape: tuple) -> bool:
    """Whether an array of `shape` is one of a partially known shape."""
    return len(sizes) == len(shape) and all(s is None or s == n for s, n in zip(sizes, shape, strict=True))


def _changes(value: int, dtype: np.dtype) -> bool:
    """Whether a Python int is another number once it has this type."""
    if np.issubdtype(dtype, np.integer):
        return not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max
    return bool(dtype.type(value) != value)


def _strings(value: Any) -> np.ndarray:
    array = np.array(value, dtype=object)
    flat = array.reshape(-1)
    encoded = [item.encode("utf-8", "surrogateescape") if isinstance(item, str) else item for item in flat.tolist()]
    result = np.empty(len(encoded), object)
    result[:] = encoded
    return result.reshape(array.shape)


class _Prepared:
    """A signature that has been seen: its program, feeds and the form of its result."""

    __slots__ = ("assemble", "executable", "feeds", "keys")

    def __init__(self, executable: Any, assemble: _Assemble, keys: list[Any], feeds: list[_Feed]) -> None:
        self.executable = executable
        self.assemble = assemble
        self.keys = keys
        self.feeds = feeds


_DIRECT = ("", "local", b"", b"local")


def _server(target: Any) -> Any:
    """The server of this process that has this target."""
    from tracer import compat, errors

    target = compat.as_str(target)
    if target in SERVERS:
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
        self._server = None if target in _DIRECT else _server(target)
        self._graph = graph or scopes.get_default_graph()
        self._target = target
        self._config = config if config is not None or self._server is None else self._server.session_config
        self._opened = False
        self._closed = False
        self._prepared: dict[Any, _Prepared] = {}
        self._executables: dict[Any, Any] = {}
        self._partial_runs: dict[str, Any] = {}
        self._state: Any = None
        self._placement: Any = None
        self._lock = threading.Lock()

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
            given = self._values(feed_dict)
            if len(given) != len(prepared.feeds):  # a sparse placeholder is fed with its shape or without
                prepared = self._prepare(fetches, feed_dict, key)
            values = [feed.convert(value) for feed, value in zip(prepared.feeds, given, strict=True)]
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

    def _values(self, feed_dict: Any) -> list[Any]:
        """The fed values, one for each tensor that is fed."""
        values: list[Any] = []
        for key, value in feed_dict.items():
            if isinstance(key, IndexedSlices) or hasattr(key, "_session_parts"):
                values += [part for part in value if part is not None]
            elif isinstance(key, tuple):
                values += _spread(key, value)
            else:
                values.append(value)
        return values

    def _prepare(self, fetches: Any, feed_dict: Any, key: Any) -> _Prepared:
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
        form = _Fetches(self, fetches)
        if not form.tensors and not form.targets:
            from tracer import errors

            self._feeds(feed_dict)
            raise errors.InvalidArgumentError(None, None, "Must specify at least one target to fetch or execute.")
        feeds = self._feeds(feed_dict)
        if len({feed.tensor for feed in feeds}) != len(feeds):
            raise ValueError("A tensor is fed twice, under two keys.")
        signature = (tuple(form.tensors), tuple(form.targets), tuple(feed.tensor for feed in feeds))
        _ = self.state
        executable = self._executables.get(signature)
        if executable is None:
            executable = lowering.Executable(form.tensors, form.targets, [feed.tensor for feed in feeds])
            self._check(executable.operations())
            self._executables[signature] = executable
            for watch in WATCHERS:
                watch(self, executable)
        prepared = _Prepared(executable, form.assemble, [], feeds)
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

    def _feeds(self, feed_dict: Any) -> list[_Feed]:
        found = []
        for key in feed_dict or ():
            parts: Any = [key]
            if isinstance(key, IndexedSlices):
                parts = [t for t in (key.values, key.indices, key.dense_shape) if t is not None]
            elif hasattr(key, "_session_parts"):
                parts = key._session_parts()[0][:len(feed_dict[key])]
            elif isinstance(key, tuple):
                parts = nest.flatten(key)
            for part in parts:
                try:
                    tensor = self._graph.as_graph_element(part, allow_operation=False)
                except Exception as error:
                    raise TypeError(f"Cannot interpret feed_dict key as Tensor: {_plain_message(error)}") from None
                if not self._graph.is_feedable(tensor):
                    raise ValueError(f"Tensor {tensor} may not be fed.")
                found.append(_Feed(tensor))
        return found

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


def _plain_message(error: Exception) -> str:
    return error.args[0] if isinstance(error, KeyError) and error.args else str(error)


def _spread(key: tuple, value: Any) -> list[Any]:
    """The values for the tensors of a tuple, such as the state of a cell: from 0.9 on one may be fed."""
    if isinstance(value, tuple | list) and len(value) == len(key):
        pairs = zip(key, value, strict=True)
        return [one for part, given in pairs for one in (_spread(part, given) if isinstance(part, tuple) else [given])]
    count = len(value) if isinstance(value, tuple | list) else 1
    raise ValueError(f"Could not flatten dictionary. Key had {len(key)} elements, but value had {count} elements. "
                     f"Key: {key}, value: {value}.")


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


