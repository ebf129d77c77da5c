"""What tests say about graphs: which operations they have, and that two GraphDefs are the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def assert_ops_in_graph(expected_ops: Mapping[str, str], graph: Any) -> dict[str, Any]:
    """Check that a graph has operations of these names and types, and return their NodeDefs by name."""
    found = {}
    for op in graph.get_operations():
        if op.name in expected_ops:
            if op.type != expected_ops[op.name]:
                raise ValueError(f"Expected op for node {op.name} is different. {expected_ops[op.name]} vs {op.type}")
            found[op.name] = op.node_def
    if set(found) != set(expected_ops):
        raise ValueError(f"Not all expected ops are present. Expected {sorted(expected_ops)}, found {sorted(found)}")
    return found


def assert_equal_graph_def(actual: Any, expected: Any) -> None:
    """Check that two GraphDefs have the same nodes, in any order.

    >>> tf.test.assert_equal_graph_def(tf.Graph().as_graph_def(), tf.GraphDef())
    """
    for name, graph in (("actual", actual), ("expected", expected)):
        if not hasattr(graph, "node") or not hasattr(graph, "versions"):
            raise TypeError(f"Expected tf.GraphDef for {name}, got {type(graph).__name__}")
    found = {node.name: node for node in actual.node}
    for node in expected.node:
        twin = found.pop(node.name, None)
        if twin is None:
            raise AssertionError(f"Did not find expected node '{_one_line(node)}'")
        _assert_equal_nodes(twin, node)
    if found:
        raise AssertionError(f"Found unexpected node '{_one_line(found.popitem()[1])}'")


def _assert_equal_nodes(actual: Any, expected: Any) -> None:
    for field in ("op", "device"):
        mine, theirs = getattr(actual, field), getattr(expected, field)
        if mine != theirs:
            raise AssertionError(f"Node named '{actual.name}' has {field} '{mine}' that is not expected '{theirs}'")
    # Control inputs, which come last, have no order.
    for kind, chosen in (("inputs", lambda name: name[0] != "^"), ("control inputs", lambda name: name[0] == "^")):
        mine, theirs = (list(filter(chosen, node.input)) for node in (actual, expected))
        if kind == "control inputs":
            mine, theirs = sorted(mine), sorted(theirs)
        if mine != theirs:
            raise AssertionError(f"Node named '{actual.name}' has {kind} {mine} that do not match expected {theirs}")
    for name in sorted({*actual.attr, *expected.attr}):
        if name.startswith("_"):  # an attribute for the runtime, no part of the node's meaning
            continue
        if name not in actual.attr or name not in expected.attr:
            missing = "lacks" if name not in actual.attr else "has unexpected"
            raise AssertionError(f"Node named '{actual.name}' {missing} attr '{name}'")
        if actual.attr[name] != expected.attr[name]:
            raise AssertionError(
                f"Node named '{actual.name}' has attr '{name}' with value: {actual.attr[name]} that does not match "
                f"expected: {expected.attr[name]}"
            )


def _one_line(node: Any) -> str:
    return f"{node.name} = {node.op}({', '.join(node.input)})"
