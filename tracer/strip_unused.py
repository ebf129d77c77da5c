"""A graph without what its outputs do not need: `tensorflow.python.tools.strip_unused`, of TensorFlow 0.9."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer import graph_util


def strip_unused(input_graph_def: Any, input_node_names: Sequence[str], output_node_names: Sequence[str],
                 placeholder_type_enum: int) -> Any:
    """The part of a graph between some nodes, the inputs as placeholders.

    Args:
        input_graph_def: the GraphDef message.
        input_node_names: the nodes that become placeholders.
        output_node_names: the nodes that are wanted.
        placeholder_type_enum: the type of the placeholders.

    Raises KeyError when there is no node of the name of an input.
    """
    from tracer import protos

    missing = set(input_node_names) - {node.name for node in input_graph_def.node}
    if missing:
        raise KeyError(f"The following input nodes were not found: {sorted(missing)}")
    part = protos.GraphDef(versions=input_graph_def.versions)
    for node in input_graph_def.node:
        copy = part.node.add()
        if node.name not in input_node_names:
            copy.CopyFrom(node)
            continue
        copy.name, copy.op = node.name, "Placeholder"
        copy.attr["dtype"].type = placeholder_type_enum
        if "_output_shapes" in node.attr:
            copy.attr["_output_shapes"].CopyFrom(node.attr["_output_shapes"])
    return graph_util.extract_sub_graph(part, list(output_node_names))


def strip_unused_from_files(input_graph: str, input_binary: bool, output_graph: str, output_binary: bool,
                            input_node_names: str, output_node_names: str, placeholder_type_enum: int) -> Any:
    """As `strip_unused`, from a file to a file; names are separated by commas."""
    from google.protobuf import text_format

    from tracer import protos
    from tracer.freeze_graph import read_message
    from tracer.train.checkpoint_state import write_whole

    graph_def = read_message(input_graph, input_binary, protos.GraphDef)
    part = strip_unused(graph_def, input_node_names.split(","), output_node_names.split(","), placeholder_type_enum)
    text = text_format.MessageToString(part).encode()
    write_whole(output_graph, part.SerializeToString() if output_binary else text)
    print(f"{len(part.node)} ops in the final graph.")
    return part
