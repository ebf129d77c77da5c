"""What programs of 2016 reach for in `tensorflow.python.framework.ops` beside its public names."""

from __future__ import annotations

from typing import Any

from tracer import compat as compat
from tracer import scopes
from tracer.device import DeviceSpec
from tracer.gradient_registry import _gradient_registry as _gradient_registry
from tracer.graph_def import named_node_def as _NodeDef  # noqa: F401
from tracer.op_def_registry import set_shapes as set_shapes_for_outputs  # noqa: F401
from tracer.session import session_for


class _GraphStack:
    """The default graphs of this thread, under the name that programs of the time look for."""

    def get_default(self) -> Any:
        """The innermost one."""
        return scopes.get_default_graph()

    def reset(self) -> None:
        """Replaces the thread's global default graph by an empty one."""
        scopes.reset_default_graph()

    def get_controller(self, default: Any) -> Any:
        """A context in which `default` is the default graph."""
        return default.as_default()


_default_graph_stack = _GraphStack()


def _as_graph_element(obj: Any) -> Any:
    """What `obj` says that it stands for in a graph; None when it says nothing."""
    convert = getattr(obj, "_as_graph_element", None)
    return convert() if callable(convert) else None


def _device_string(dev_spec: Any) -> str:
    """A device as a string."""
    return dev_spec.to_string() if isinstance(dev_spec, DeviceSpec) else dev_spec


def _eval_using_default_session(tensors: Any, feed_dict: Any, graph: Any, session: Any = None) -> Any:
    """Runs for the values of `tensors`."""
    return session_for(graph, session, "tensor").run(tensors, feed_dict)


def _run_using_default_session(operation: Any, feed_dict: Any, graph: Any, session: Any = None) -> None:
    """Runs `operation`."""
    session_for(graph, session, "operation").run(operation, feed_dict)
