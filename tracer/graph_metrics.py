"""What a graph costs: `tensorflow.python.tools.graph_metrics`."""

from __future__ import annotations

from typing import Any

from tracer import importer
from tracer.ir import Graph
from tracer.shapes import as_shape
from tracer.statistics import OpStats, get_stats_for_node_def


def calculate_graph_metrics(graph_def: Any, statistic_types: list[str], input_layer: str, input_shape_override: Any,
                            batch_size: int) -> tuple[dict[str, OpStats], dict[str, dict[str, OpStats]]]:
    """The statistics of a graph: in all, and by node.

    >>> total, nodes = calculate_graph_metrics(graph_def, ["flops", "weight_parameters"], "input:0", None, 1)
    >>> total["flops"].value

    Args:
        graph_def: the GraphDef message.
        statistic_types: those wanted.
        input_layer: the tensor that takes the input.
        input_shape_override: its shape; by default its own, with `batch_size` first.
        batch_size: how many examples it holds.

    Returns dicts by type of statistic; the second one's values are dicts by name of node.
    """
    shaped = type(graph_def).FromString(graph_def.SerializeToString())
    for node in shaped.node:
        if node.op == "Placeholder" and node.name == input_layer.partition(":")[0]:
            sizes = [batch_size, *(dim.size for dim in node.attr["shape"].shape.dim[1:])]
            shape = as_shape(input_shape_override or (sizes if node.attr["shape"].shape.dim else None))
            node.attr["shape"].shape.CopyFrom(shape.as_proto())
    with Graph().as_default() as graph:
        importer.import_graph_def(shaped, name="")
        nodes = {kind: {node.name: get_stats_for_node_def(graph, node, kind) for node in shaped.node}
                 for kind in statistic_types}
    totals = {}
    for kind, found in nodes.items():
        totals[kind] = OpStats(kind)
        for statistics in found.values():
            totals[kind] += statistics
    return totals, nodes
