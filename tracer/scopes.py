"""The default graph and session of each thread, and the scopes of the default graph, as scripts open them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracer.ir import Graph


class GraphKeys:
    """Names of the collections that the library itself uses."""

    VARIABLES = "variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    LOCAL_VARIABLES = "local_variables"
    SUMMARIES = "summaries"
    QUEUE_RUNNERS = "queue_runners"
    TABLE_INITIALIZERS = "table_initializer"
    ASSET_FILEPATHS = "asset_filepaths"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    REGULARIZATION_LOSSES = "regularization_losses"
    CONCATENATED_VARIABLES = "concatenated_variables"
    SAVERS = "savers"
    WEIGHTS = "weights"
    BIASES = "biases"
    ACTIVATIONS = "activations"
    UPDATE_OPS = "update_ops"
    INIT_OP = "init_op"
    LOCAL_INIT_OP = "local_init_op"
    READY_OP = "ready_op"
    SUMMARY_OP = "summary_op"
    GLOBAL_STEP = "global_step"
    # 0.9 to 0.12 added these; scripts a little younger name them.
    GLOBAL_VARIABLES = "variables"
    MODEL_VARIABLES = "model_variables"
    LOSSES = "losses"
    TRAIN_OP = "train_op"
    EVAL_STEP = "eval_step"
    READY_FOR_LOCAL_INIT_OP = "ready_for_local_init_op"
    RESOURCES = "resources"
    TRAINABLE_RESOURCE_VARIABLES = "trainable_resource_variables"
    LOCAL_RESOURCES = "local_resources"
    SAVEABLE_OBJECTS = "saveable_objects"
    COND_CONTEXT = "cond_context"
    WHILE_CONTEXT = "while_context"


def is_slices(item: Any) -> bool:
    """Whether `item` looks like an `IndexedSlices` or a `SparseTensor`."""
    return hasattr(item, "indices") and hasattr(item, "values") and not callable(item.values)


class _Defaults(threading.local):
    """Default graph and session. Both belong to the thread: a new thread starts with a fresh graph of its own."""

    def __init__(self) -> None:
        self.graphs: list[Any] = []
        self.sessions: list[Any] = []
        self.global_graph: Any = None


_defaults = _Defaults()


class _SessionStack:
    """The default sessions of this thread, under the name that tests of the time look for."""

    def get_default(self) -> Any:
        """The innermost one, or None."""
        return get_default_session()


_default_session_stack = _SessionStack()


def _remove_last(stack: list, item: Any) -> None:
    for index in range(len(stack) - 1, -1, -1):
        if stack[index] is item:
            del stack[index]
            return


def get_default_graph() -> Graph:
    """The innermost `as_default` graph of this thread, or the thread's global one."""
    if _defaults.graphs:
        return _defaults.graphs[-1]
    if _defaults.global_graph is None:
        from tracer.ir import Graph

        _defaults.global_graph = Graph()
    return _defaults.global_graph


def reset_default_graph() -> None:
    """Replaces the thread's global default graph by an empty one."""
    _defaults.global_graph = None


def get_default_session() -> Any:
    """The innermost default session of this thread, or None."""
    return _defaults.sessions[-1] if _defaults.sessions else None


@contextlib.contextmanager
def default_graph(graph: Graph) -> Iterator[Graph]:
    """Makes `graph` the default one of this thread."""
    _defaults.graphs.append(graph)
    try:
        yield graph
    finally:
        _remove_last(_defaults.graphs, graph)


@contextlib.contextmanager
def default_session(session: Any) -> Iterator[Any]:
    """Makes `session` the default one of this thread."""
    _defaults.sessions.append(session)
    try:
        yield session
    finally:
        _remove_last(_defaults.sessions, session)


def name_scope(name: str | None, default_name: str | None = None, values: Any = None) -> Any:
    """`Graph.name_scope` of the default graph; with a default name or values, from 0.11 on, what `op_scope` does."""
    if default_name is not None or values is not None:
        return op_scope(values or (), name, default_name)
    return get_default_graph().name_scope(name)


def control_dependencies(control_inputs: Any) -> Any:
    """`Graph.control_dependencies` of the default graph."""
    return get_default_graph().control_dependencies(control_inputs)


def device(device_name_or_function: Any) -> Any:
    """`Graph.device` of the default graph."""
    return get_default_graph().device(device_name_or_function)


def colocate_with(op: Any, ignore_existing: bool = False) -> Any:
    """`Graph.colocate_with` of the default graph."""
    return get_default_graph().colocate_with(op, ignore_existing)


def add_to_collection(name: Any, value: Any) -> None:
    """`Graph.add_to_collection` of the default graph."""
    get_default_graph().add_to_collection(name, value)


def add_to_collections(names: Any, value: Any) -> None:
    """`Graph.add_to_collections` of the default graph."""
    get_default_graph().add_to_collections(names, value)


def get_collection(key: Any, scope: str | None = None) -> list:
    """`Graph.get_collection` of the default graph."""
    return get_default_graph().get_collection(key, scope)


def get_collection_ref(key: Any) -> list:
    """`Graph.get_collection_ref` of the default graph."""
    return get_default_graph().get_collection_ref(key)


def get_all_collection_keys() -> list:
    """`Graph.get_all_collection_keys` of the default graph."""
    return get_default_graph().get_all_collection_keys()


@contextlib.contextmanager
def op_scope(values: Any, name: str | None, default_name: str | None = None) -> Iterator[str]:
    """Opens `name` (or `default_name`) in the graph that `values` share, and makes that graph the default one."""
    graph = graph_of(values)
    if name is None and default_name is None:
        raise ValueError("Both `name` and `default_name` are None.")
    with graph.as_default(), graph.name_scope(default_name if name is None else name) as scope:
        yield scope


def graph_of(op_input_list: Any, graph: Graph | None = None) -> Graph:
    """The graph that the tensors and operations among `op_input_list` share; the default one when there are none."""
    from tracer.ir import Graph, Operation, Tensor

    if graph is not None and not isinstance(graph, Graph):
        raise TypeError(f"Input graph needs to be a Graph: {graph}")
    first, given = None, graph
    for item in tuple(op_input_list):
        element = item if isinstance(item, (Tensor, Operation)) else _underlying(item)
        if element is None:
            continue
        if graph is None:
            first, graph = item, element.graph
        elif element.graph is not graph:
            raise ValueError(f"{item} is not from the passed-in graph." if given is not None
                             else f"{item} must be from the same graph as {first}.")
    return graph or get_default_graph()


def _underlying(item: Any) -> Any:
    convert = getattr(item, "_as_graph_element", None)
    if convert is not None:
        return convert()
    return item.values if is_slices(item) else None
