"""A part of a graph, with what goes into it and what comes out of it."""

from __future__ import annotations

from typing import Any

from tracer.contrib.graph_editor import select
from tracer.ir import Graph, Operation, Tensor


class SubGraphView:
    """Some operations of a graph; the tensors that they take from others, and those that others may take.

    >>> view = tf.contrib.graph_editor.make_view([product.op, total.op])
    >>> view.inputs, view.outputs
    """

    def __init__(self, inside_ops: Any = ()) -> None:
        self._ops = tuple(dict.fromkeys(select.make_list_of_op(list(inside_ops))))
        inside = set(self._ops)
        taken = dict.fromkeys(tensor for op in self._ops for tensor in op.inputs)
        self._inputs = [tensor for tensor in taken if tensor.op not in inside]
        self._outputs = [tensor for op in self._ops for tensor in op.outputs
                         if not tensor.consumers() or any(user not in inside for user in tensor.consumers())]

    @property
    def graph(self) -> Graph | None:
        """The graph; None where there are no operations."""
        return self._ops[0].graph if self._ops else None

    @property
    def ops(self) -> list[Operation]:
        """The operations."""
        return list(self._ops)

    @property
    def inputs(self) -> list[Tensor]:
        """What they take from others."""
        return list(self._inputs)

    @property
    def outputs(self) -> list[Tensor]:
        """What others take, or nobody."""
        return list(self._outputs)

    def __len__(self) -> int:
        return len(self._ops)

    def __bool__(self) -> bool:
        return bool(self._ops)

    def __str__(self) -> str:
        lines = [f"SubGraphView (graphid={id(self.graph)}):"]
        for name, members in (("ops", self._ops), ("inputs", self._inputs), ("outputs", self._outputs)):
            lines += [f"** {name}[{len(members)}]:", *(f"  {one.name}" for one in members)]
        return "\n".join(lines) + "\n"


def make_view(*args: Any, graph: Graph | None = None) -> SubGraphView:
    """The part of a graph that holds the given operations, and those in whose names an expression is found."""
    if len(args) == 1 and isinstance(args[0], SubGraphView):
        return args[0]
    return SubGraphView(select.select_ops(*args, graph=graph))


def make_view_from_scope(scope: str, graph: Graph) -> SubGraphView:
    """The part of a graph below a scope of names."""
    return SubGraphView(select.get_name_scope_ops(graph, scope))
