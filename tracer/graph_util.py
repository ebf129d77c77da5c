"""Tools for GraphDef messages: the part that some nodes need, variables as constants, devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tracer import attributes, protos
from tracer.device import from_string
from tracer.dtypes import as_dtype, int32, string

_WITH_VARIABLES = frozenset({
    "Assign", "AssignAdd", "AssignSub", "ScatterAdd", "ScatterSub", "ScatterUpdate", "TruncatedNormal", "Variable"})
_ON_CPU = {"Cast": ("SrcT", {int32}), "Const": ("dtype", {int32, string}), "DynamicStitch": ("T", {int32})}
_TRAINING_ONLY = frozenset({"CheckNumerics", "Identity"})


def set_cpu0(device_string: str) -> str:
    """A device string with the same job and task, and the first CPU as its device."""
    spec = from_string(device_string)
    spec.device_type, spec.device_index = "CPU", 0
    return spec.to_string()


def must_run_on_cpu(node: Any, pin_variables_on_cpu: bool = False) -> bool:
    """Whether TensorFlow runs an operation (or NodeDef) on a CPU only; variables too with `pin_variables_on_cpu`."""
    node = getattr(node, "node_def", node)
    if node.op in _WITH_VARIABLES:
        return pin_variables_on_cpu
    attr, kinds = _ON_CPU.get(node.op, ("", ()))
    return bool(kinds) and node.attr[attr].type in {kind.as_datatype_enum for kind in kinds}


def pin_variables_on_cpu(op: Any) -> str:
    """A device function: what has no device yet and is a variable, or must be there, goes to the first CPU."""
    current = op.device or ""
    return set_cpu0(current) if not _kind(current) and must_run_on_cpu(op, pin_variables_on_cpu=True) else current


def pin_to_cpu(op: Any) -> str:
    """A device function: what has no device yet goes to the first CPU."""
    current = op.device or ""
    return current if _kind(current) else set_cpu0(current)


def _kind(device_string: str) -> str | None:
    return from_string(device_string).device_type


def _node_name(name: str) -> str:
    """The node that an input of another one is from: `a`, `a:1` and `^a` are from `a`."""
    return name.lstrip("^").partition(":")[0]


def extract_sub_graph(graph_def: Any, dest_nodes: Sequence[str]) -> Any:
    """The nodes of `graph_def` that `dest_nodes` depend on, themselves included, in their order.

    Raises:
        TypeError: `graph_def` is no GraphDef.
        AssertionError: there is no node of that name.
    """
    if not isinstance(graph_def, protos.GraphDef):
        raise TypeError("graph_def must be a graph_pb2.GraphDef proto.")
    nodes = {node.name: node for node in graph_def.node}
    for name in dest_nodes:
        if name not in nodes:
            raise AssertionError(f"{name} is not in graph")
    found = set(dest_nodes)
    stack = list(dest_nodes)
    while stack:
        for name in map(_node_name, nodes[stack.pop()].input):
            if name not in found:
                found.add(name)
                stack.append(name)
    missing = sorted(found - set(nodes))
    if missing:
        raise AssertionError(f"{missing[0]} is not in graph")
    return protos.GraphDef(node=[node for node in graph_def.node if node.name in found], versions=graph_def.versions)


def tensor_shape_from_node_def_name(graph: Any, input_name: str) -> Any:
    """The static shape of the tensor that an input of a node names."""
    return graph.get_tensor_by_name(input_name if ":" in input_name else input_name + ":0").get_shape()


def convert_variables_to_constants(
    sess: Any, input_graph_def: Any, output_node_names: Sequence[str], variable_names_whitelist: Any = None,
) -> Any:
    """A copy of the part of a graph that some nodes need, its variables replaced by constants of their values.

    >>> frozen = graph_util.convert_variables_to_constants(sess, sess.graph_def, ["softmax"])

    Args:
        sess: the session that holds the values.
        input_graph_def: the graph.
        output_node_names: the nodes that are wanted.
        variable_names_whitelist: the variables to replace; all by default.
    """
    part = extract_sub_graph(input_graph_def, output_node_names)
    chosen = [node.name for node in part.node
              if node.op == "Variable" and (variable_names_whitelist is None or node.name in variable_names_whitelist)]
    values = dict(zip(chosen, sess.run([name + ":0" for name in chosen]) if chosen else [], strict=True))
    result = protos.GraphDef(versions=part.versions)
    for node in part.node:
        copy = result.node.add()
        if node.name not in values:
            copy.CopyFrom(node)
            continue
        copy.name, copy.op, copy.device = node.name, "Const", node.device
        copy.attr["dtype"].CopyFrom(node.attr["dtype"])
        kind = as_dtype(node.attr["dtype"].type)
        value = np.asarray(values[node.name], kind.array_dtype).view(kind.as_numpy_dtype)
        copy.attr["value"].CopyFrom(attributes.encode("tensor", value))
    return result


def remove_training_nodes(input_graph: Any) -> Any:
    """A copy of a graph without the nodes that only training needs: identities, and checks of numbers.

    Those that other nodes wait for, or that wait for others themselves, stay.
    """
    waits = {name[1:] for node in input_graph.node for name in node.input if name.startswith("^")}
    sources = {node.name: node.input[0] for node in input_graph.node
               if node.op in _TRAINING_ONLY and node.name not in waits
               and not any(name.startswith("^") for name in node.input)}
    result = protos.GraphDef(versions=input_graph.versions)
    for node in input_graph.node:
        if node.name not in sources:
            copy = result.node.add()
            copy.CopyFrom(node)
            copy.input[:] = [_beyond(name, sources) for name in node.input]
    return result


def _beyond(name: str, sources: dict[str, str]) -> str:
    while name.removesuffix(":0") in sources:
        name = sources[name.removesuffix(":0")]
    return name
