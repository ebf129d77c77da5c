"""`tf.contrib.util`: constants as messages, and the definitions that a graph needs."""

from __future__ import annotations

from typing import Any

from tracer import graph_def as graphs
from tracer import opdef
from tracer.all_util import make_all as make_all
from tracer.static import constant_value as constant_value
from tracer.tensor_util import MakeNdarray as make_ndarray
from tracer.tensor_util import make_tensor_proto as make_tensor_proto

__all__ = [
    "constant_value", "make_all", "make_ndarray", "make_tensor_proto", "ops_used_by_graph_def",
    "stripped_op_list_for_graph",
]


def ops_used_by_graph_def(graph_def: Any) -> list[str]:
    """The types of the operations in a GraphDef message, those in its functions too."""
    functions = {function.signature.name: function for function in graph_def.library.function}
    found: set[str] = set()
    waiting = [node.op for node in graph_def.node]
    while waiting:
        type = waiting.pop()
        if type not in found:
            found.add(type)
            if type in functions:
                waiting += [node.op for node in (*functions[type].node, *functions[type].node_def)]
    return sorted(found - set(functions))


def stripped_op_list_for_graph(graph_def: Any) -> Any:
    """The definitions (an OpList message) of the operations in a GraphDef message, by type.

    >>> [op.name for op in tf.contrib.util.stripped_op_list_for_graph(graph.as_graph_def()).op]
    ['Const', 'Identity']

    Raises ValueError when nothing defines one of them.
    """
    from tracer.protos import OpList

    definitions = OpList()
    for type in ops_used_by_graph_def(graph_def):
        if type in opdef.OWN:
            continue  # TensorFlow has no definition of what only we have
        definition = graphs.op_def(type)
        if definition is None:
            raise ValueError(f"Op {type} is used by the graph, but is not registered")
        definitions.op.append(definition)
    return definitions
