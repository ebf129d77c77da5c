"""The graph that some tensors share."""

from __future__ import annotations

from typing import Any

from tracer.ir import Graph
from tracer.scopes import graph_of


def get_graph_from_inputs(op_input_list: Any, graph: Graph | None = None) -> Graph:
    """The graph that all of `op_input_list` are from; the default graph when that is empty.

    Raises:
        TypeError: `graph` is no graph.
        ValueError: they are from several graphs, or from another one than `graph`.
    """
    return graph_of(op_input_list, graph)
