"""Fed truth values that decide on conditionals, like whether this is a training: a program for each of them.

A script of the period feeds `is_training`, and every layer asks it. A program that holds both branches of each takes twice
as long to compile as one that holds the branch that is taken, and XLA fuses nothing across a conditional.
"""

from __future__ import annotations

from collections.abc import Iterable

from lowering import fast
from lowering.plan.slice import inner
from tracer import dtypes
from tracer.ir import Operation, Tensor

FEWEST = 16
"""So many operations in branches are worth it: a program that is told nothing while it is compiled is called faster."""
MOST = 2
"""More truth values than that may have too many combinations."""
_LOGIC = frozenset({"Identity", "LogicalNot", "LogicalAnd", "LogicalOr"})


def find(order: Iterable[Operation], fed: frozenset[Tensor]) -> frozenset[Tensor]:
    """The fed tensors that decide on conditionals, where that is worth it."""
    if not fast.on("decisions"):
        return frozenset()
    found: dict[Tensor, None] = {}
    count = 0
    for op in order:
        for node in inner(op):
            if node.type == "Cond" and (tensors := sources(node, fed)):
                found.update(dict.fromkeys(tensors))
                count += sum(1 for region in node.regions for _ in region.walk())
    return frozenset(found) if count >= FEWEST and len(found) <= MOST else frozenset()


def sources(node: Operation, fed: frozenset[Tensor]) -> list[Tensor]:
    """The fed truth values that a conditional goes by, where it goes by nothing else."""
    found: dict[Tensor, None] = {}
    stack = [node.inputs[0]]
    while stack:
        tensor = stack.pop()
        if tensor.dtype.base_dtype is not dtypes.bool or tensor.sizes not in (None, ()):
            return []
        if tensor in fed:
            found[tensor] = None
        elif tensor.op.type in _LOGIC and tensor.op.region is None:
            stack += tensor.op.inputs
        elif tensor.op.type != "Const":
            return []
    return [*found]
