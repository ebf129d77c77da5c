"""`Gradients` operations as TensorFlow has them: what an export writes out in their place.

We keep one operation for a whole `tf.gradients` and JAX differentiates it. TensorFlow has none such, but nodes for every
step of the way back. `expansion` makes those, and each family of operations has its rules in a module of its own.
"""

from __future__ import annotations

from typing import Any

from tracer.derivatives.expansion import Expansion
from tracer.ir import Graph, Operation, Tensor

__all__ = ["Expansion", "expansion_of", "name_of"]


def expansion_of(graph: Graph) -> Expansion | None:
    """What an export writes for the `Gradients` operations of a graph; None when it has none."""
    kept = graph._expansion
    if kept is None or kept.version != graph.version:
        kept = graph._expansion = Expansion(graph)
    return kept if kept.gradients else None


def name_of(item: Any) -> str:
    """The name that an export has for an operation, a tensor or what is named like one."""
    op = item.op if isinstance(item, Tensor) else item
    if isinstance(op, Operation) and op.type in ("Gradients", "LoopVariable"):
        expansion = expansion_of(op.graph)
        if expansion is not None and expansion.is_replaced(op):
            stand_in = expansion.standing_for(item if isinstance(item, Tensor) else op.outputs[0])
            return stand_in.name if isinstance(item, Tensor) else stand_in.op.name
    return item.name
