"""The part of a graph that is in one scope, as a graph of its own."""

from __future__ import annotations

from typing import Any

_UNBOUND = "$unbound_inputs_"
_LOCATION = b"loc:@"


def keep_only(graph_def: Any, scope: str) -> list[str]:
    """Leaves the nodes of `scope` in a GraphDef, named without it; returns what their other inputs are called then."""
    prefix = f"{scope.rstrip('/')}/"
    kept = [node for node in graph_def.node if node.name.startswith(prefix)]
    unbound: list[str] = []

    def inner(name: str) -> str:
        mark, name = ("^", name[1:]) if name[0] == "^" else ("", name)
        if name.startswith(prefix):
            return mark + name.removeprefix(prefix)
        if _UNBOUND + name not in unbound:
            unbound.append(_UNBOUND + name)
        return mark + _UNBOUND + name

    for node in kept:
        node.name = node.name.removeprefix(prefix)
        node.input[:] = [inner(name) for name in node.input]
        if "_class" in node.attr:
            groups = [group for group in node.attr["_class"].list.s if group.startswith(_LOCATION + prefix.encode())]
            node.attr["_class"].list.s[:] = [group.replace(prefix.encode(), b"", 1) for group in groups]
            if not groups:
                del node.attr["_class"]
    nodes = [type(node).FromString(node.SerializeToString()) for node in kept]
    del graph_def.node[:]
    graph_def.node.extend(nodes)
    return sorted(unbound)


def inside(items: list[Any], scope: str) -> list[Any]:
    """The things in a scope; what has no name is everywhere."""
    prefix = f"{scope.rstrip('/')}/"
    return [item for item in items if not isinstance(getattr(item, "name", None), str) or item.name.startswith(prefix)]
