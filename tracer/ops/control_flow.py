"""What orders operations: no-ops, groups, tuples."""

from __future__ import annotations

from typing import Any

from tracer.declare import op


@op("NoOp")
def no_op(name: str | None = None) -> Any:
    """Does nothing; a place for control dependencies."""
    return []


def group(*inputs: Any, name: str | None = None, **kwargs: Any) -> Any:
    """One operation that runs all `inputs`."""
    from tracer.scopes import control_dependencies, graph_of

    if kwargs:
        raise ValueError("Unknown keyword arguments: " + ", ".join(kwargs))
    with graph_of(inputs).as_default(), control_dependencies(inputs):
        return no_op(name=name or "group_deps")
