"""A trained graph made smaller and faster: `tensorflow.python.tools.optimize_for_inference_lib`, of TensorFlow 0.9."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tracer import attributes, graph_util, strip_unused

_NORMALIZATION = "BatchNormWithGlobalNormalization"


def optimize_for_inference(input_graph_def: Any, input_node_names: Sequence[str], output_node_names: Sequence[str],
                           placeholder_type_enum: int) -> Any:
    """The part of a frozen graph that leads from inputs to outputs, without what only training needs.

    Identities and checks of numbers go, as `graph_util.remove_training_nodes` takes them away (an output that is an
    identity among them), and batch normalizations become part of the convolutions before them. A resize or a padding
    before a convolution stays an operation of its own, which computes the same.

    Args:
        input_graph_def: the GraphDef message, with constants in the place of variables.
        input_node_names: the nodes that become placeholders.
        output_node_names: the nodes that are wanted.
        placeholder_type_enum: the type of the placeholders.

    Raises ValueError when two nodes have one name, KeyError when there is no node of the name of an input.
    """
    ensure_graph_is_valid(input_graph_def)
    part = strip_unused.strip_unused(input_graph_def, input_node_names, output_node_names, placeholder_type_enum)
    smaller = fold_batch_norms(graph_util.remove_training_nodes(part))
    ensure_graph_is_valid(smaller)
    return smaller


def ensure_graph_is_valid(graph_def: Any) -> None:
    """Raises ValueError when two nodes have one name, or an input names none."""
    names = set()
    for node in graph_def.node:
        if node.name in names:
            raise ValueError("Duplicate node names detected for ", node.name)
        names.add(node.name)
    for node in graph_def.node:
        for name in node.input:
            if node_name_from_input(name) not in names:
                raise ValueError("Input for ", node.name, " not found: ", name)


def node_name_from_input(node_name: str) -> str:
    """The node that an input of another one is from: `a`, `a:1` and `^a` are from `a`."""
    return node_name.lstrip("^").partition(":")[0]


def node_from_map(node_map: Mapping[str, Any], name: str) -> Any:
    """The node that an input is from. Raises ValueError when there is none."""
    found = node_name_from_input(name)
    if found not in node_map:
        raise ValueError(f"No node named '{found}' found in map.")
    return node_map[found]


def values_from_const(node_def: Any) -> np.ndarray:
    """The value of a constant. Raises ValueError for any other node."""
    if node_def.op != "Const":
        raise ValueError(f"Node named '{node_def.name}' should be a Const op for values_from_const.")
    return np.asarray(attributes.decode("tensor", node_def.attr["value"]))


def fold_batch_norms(input_graph_def: Any) -> Any:
    """A graph whose batch normalizations after convolutions with constant weights are part of these weights.

    The convolution has the scaled weights, and the node of the normalization adds what is left of it. One that does not
    fit, or whose convolution others read too, stays, with a warning.
    """
    from tracer import protos

    nodes = {node.name: node for node in input_graph_def.node}
    gone: set[str] = set()
    made: list[Any] = []
    for node in input_graph_def.node:
        if node.op == _NORMALIZATION:
            folded = _folded(node, nodes)
            if isinstance(folded, str):
                logging.warning("%s is not folded: %s", node.name, folded)
                continue
            gone.update(nodes[name].name for name in map(node_name_from_input, node.input))
            gone.update((node.name, folded[0].name))
            made.extend(folded)
    result = protos.GraphDef(versions=input_graph_def.versions)
    result.node.extend(node for node in input_graph_def.node if node.name not in gone)
    result.node.extend(made)
    return result


def _folded(node: Any, nodes: Mapping[str, Any]) -> list[Any] | str:
    """The weights, the convolution, the offset and the sum in the place of a normalization; or why there are none."""
    convolution = node_from_map(nodes, node.input[0])
    if convolution.op != "Conv2D":
        return f"its input is a {convolution.op}, not a Conv2D"
    weights = node_from_map(nodes, convolution.input[1])
    statistics = [node_from_map(nodes, name) for name in node.input[1:5]]
    if any(given.op != "Const" for given in (weights, *statistics)):
        return "weights, mean, variance, beta and gamma must be constants"
    own = {node.name: {convolution.name, *(given.name for given in statistics)}, convolution.name: {weights.name}}
    for reader in nodes.values():
        shared = {node_name_from_input(name) for name in reader.input} & set().union(*own.values())
        if shared - own.get(reader.name, set()):
            return f"{reader.name} reads {min(shared)} too"
    kernel = values_from_const(weights)
    mean, variance, beta, gamma = (values_from_const(given) for given in statistics)
    if any(given.shape != kernel.shape[-1:] for given in (mean, variance, beta, gamma)):
        return f"mean, variance, beta and gamma must be vectors of {kernel.shape[-1]} numbers"
    scale = 1 / np.sqrt(variance + np.float32(node.attr["variance_epsilon"].f))
    if node.attr["scale_after_normalization"].b:
        scale = scale * gamma
    return _nodes(node, convolution, weights, kernel * scale, beta - mean * scale)


def _nodes(node: Any, convolution: Any, weights: Any, kernel: np.ndarray, offset: np.ndarray) -> list[Any]:
    scaled, moved, rest, total = (type(node)() for _ in range(4))
    scaled.CopyFrom(weights)
    scaled.attr["value"].CopyFrom(attributes.encode("tensor", kernel.astype(np.float32)))
    moved.CopyFrom(convolution)
    rest.name, rest.op = f"{convolution.name}_bn_offset", "Const"
    rest.attr["dtype"].CopyFrom(weights.attr["dtype"])
    rest.attr["value"].CopyFrom(attributes.encode("tensor", offset.astype(np.float32)))
    total.name, total.op = node.name, "BiasAdd"
    total.input.extend([convolution.name, rest.name])
    total.attr["T"].CopyFrom(convolution.attr["T"])
    return [scaled, moved, rest, total]
