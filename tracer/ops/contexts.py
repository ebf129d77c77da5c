"""The regions of conditionals and loops, and the operations that TensorFlow has in their place.

TensorFlow has no bodies: a conditional's operations get their inputs through `Switch` operations and its results go
through `Merge`; a loop's circle from `Merge` over `Switch` to `NextIteration`. We record those operations too, in
TensorFlow's order and with its names, so that names, counts of operations and exported graphs are TensorFlow's. What
runs is the region.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from tracer import dtypes, shapes
from tracer.ir import Graph, Operation, Region, Tensor

REFERENCES = {"Switch": "RefSwitch", "Enter": "RefEnter", "Exit": "RefExit", "Merge": "RefMerge",
              "NextIteration": "RefNextIteration", "Identity": "RefIdentity"}


class Written(NamedTuple):
    """What stands in TensorFlow's graphs where we have an operation of our own, or one of other inputs.

    Of no type is what only passes its input on: TensorFlow's graph has the input in its place.
    """

    type: str
    inputs: tuple[Tensor, ...]
    controls: tuple[Operation, ...]
    attrs: Any


class Context(Region):
    """A region that tensors from outside enter through an operation of their own."""

    def __init__(self, graph: Graph, entered: dict[Tensor, Tensor]) -> None:
        super().__init__(graph)
        self.entered = entered  # what stands inside for a tensor of outside
        self.references: dict[Tensor, Tensor] = {}  # the loop's variables that are memory, in this region alone
        self.pivot: Operation | None = None  # what waits for nothing inside waits for this

    def take(self, tensors: Iterable[Tensor], scope: str) -> None:
        for tensor in tensors:
            if not self.holds(tensor.op):
                self.local(tensor, scope)

    def local(self, tensor: Tensor, scope: str) -> Tensor:
        """What TensorFlow's operation `scope` inside uses for `tensor`."""
        if self.holds(tensor.op) or tensor in self.references:
            return self.references.get(tensor, tensor)
        if tensor not in self.entered:
            outer = self.parent.local(tensor, scope) if isinstance(self.parent, Context) else tensor
            graph = tensor.op.graph
            names, graph._name_stack = graph._name_stack, scope
            try:
                self.entered[tensor] = self.enter(outer)
            finally:
                graph._name_stack = names
        return self.entered[tensor]

    def enter(self, tensor: Tensor) -> Tensor:
        """Records the operation that brings `tensor` in."""
        raise NotImplementedError


class Branch(Context):
    """One of the two bodies of a conditional; `index` is 1 where the condition is true."""

    def __init__(self, graph: Graph, condition: Tensor, index: int, pivot: Operation | None = None) -> None:
        super().__init__(graph, {} if pivot is None else {condition: pivot.outputs[0]})
        self.pivot = pivot
        self.condition = condition
        self.index = index

    @property
    def pred(self) -> Tensor:
        """The condition, by TensorFlow's name for it."""
        return self.condition

    @property
    def branch(self) -> int:
        """1 in the body for a true condition, 0 in the other, by TensorFlow's name for it."""
        return self.index

    def enter(self, tensor: Tensor) -> Tensor:
        return switch(tensor, self.condition, "Switch", self.parent)[self.index]


class Frame(Context):
    """The condition or the body of a loop: the two share what they take from outside."""

    def __init__(self, graph: Graph, name: str, parallel_iterations: int, entered: dict[Tensor, Tensor]) -> None:
        super().__init__(graph, entered)
        self.name = name
        self.parallel_iterations = parallel_iterations

    def enter(self, tensor: Tensor) -> Tensor:
        return self.enter_as(tensor, True)

    def enter_as(self, tensor: Tensor, is_constant: bool) -> Tensor:
        """Records the `Enter` of a tensor that each trip sees alike, or of a loop variable's first value."""
        attrs = {"T": tensor.dtype.base_dtype, "frame_name": self.name, "is_constant": is_constant,
                 "parallel_iterations": self.parallel_iterations}
        return shadow("Enter", (tensor,), attrs, kind_for("Enter", tensor), self.parent)


def shadow(type: str, inputs: tuple[Tensor, ...], attrs: dict[str, Any], name: str, region: Region | None) -> Tensor:
    """Records an operation of `region` that passes its first input on, and that never runs. Returns its output."""
    tensor = inputs[0]
    kind = (tensor.dtype, tensor.sizes)
    kinds = (kind, kind) if type == "Switch" else (kind, (dtypes.int32, ())) if type == "Merge" else (kind,)
    return tensor.op.graph.shadow(kind_for(type, tensor), inputs, attrs, name, kinds, region).outputs[0]


def kind_for(type: str, tensor: Tensor) -> str:
    """The type of operation that passes `tensor` on: there are others for references."""
    return REFERENCES.get(type, type) if tensor.dtype.is_ref_dtype else type


def switch(tensor: Tensor, condition: Tensor, name: str, region: Region | None) -> list[Tensor]:
    """Records a `Switch` that never runs; its outputs for false and for true."""
    graph = tensor.op.graph
    with graph.colocate_with(tensor.op, ignore_existing=True):
        first = shadow("Switch", (tensor, condition), {"T": tensor.dtype.base_dtype}, name, region)
    return list(first.op.outputs)


def check_condition(condition: Tensor, type: str, argument: str) -> None:
    """Raises TensorFlow's error where an operation cannot take a condition: TypeError, or ValueError for its shape."""
    kind = condition.dtype.base_dtype
    if kind is not dtypes.bool:
        raise TypeError(f"Input '{argument}' of '{type}' Op has type {kind.name} that does not match expected type of bool.")
    shapes.rank(condition.sizes, 0)


def switch_condition(condition: Tensor, region: Region | None) -> list[Tensor]:
    """Records the `Switch` of a conditional's condition; its outputs for false and for true."""
    check_condition(condition, "Switch", "pred")
    if isinstance(region, Context):
        condition = region.local(condition, condition.op.graph.unique_name("Switch", mark_as_used=False))
    return switch(condition, condition, "Switch", region)


def merged(op: Operation, index: int) -> Tensor:
    """Output `index` of the conditional `op`, behind TensorFlow's `Merge`, whose second output says which ran."""
    output = op.outputs[index]
    kinds = ((output.dtype, output.sizes), (dtypes.int32, ()))
    attrs = {"T": output.dtype.base_dtype, "N": 2}
    merge = op.graph.add("Merge", (output, op.outputs[-1]), attrs, kinds, "Merge")
    write_merge(merge)
    return merge.outputs[0]


def write_merge(merge: Operation) -> None:
    """Says how an export writes what gives a result of a conditional: with what the branches give."""
    op, index = merge.inputs[0].op, merge.inputs[0].value_index
    inside = tuple([region.local(region.outputs[index], "") for region in op.regions[::-1]
                    if isinstance(region, Context)])
    type = "RefMerge" if all(arm.dtype.is_ref_dtype for arm in inside) else "Merge"
    op.graph._written[merge] = Written(type, inside, tuple(merge.control_inputs), merge.attrs)


def left(op: Operation, index: int) -> Tensor:
    """Output `index` of the loop `op`, behind TensorFlow's `Exit` from the loop variable's `Switch`."""
    output = op.outputs[index]
    kinds = ((output.dtype, output.sizes),)
    exit = op.graph.add("Exit", (output,), {"T": output.dtype.base_dtype}, kinds, "Exit")
    write_exit(exit)
    return exit.outputs[0]


def write_exit(exit: Operation) -> None:
    """Says how an export writes what gives a result of a loop: with the `Switch` that the variable has in the loop."""
    op, index = exit.inputs[0].op, exit.inputs[0].value_index
    inside = op.graph._written[op.regions[1].inputs[index].op].inputs[0]
    op.graph._written[exit] = Written("Exit", (inside.op.outputs[0],), (), exit.attrs)
