"""Copies of conditionals and loops, with what is in them and what TensorFlow's graphs have in their place."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from tracer.ir import Graph, Operation, Region, Tensor
from tracer.ops.contexts import Branch, Context, Frame, Written


def can_be_copied(op: Operation) -> bool:
    """Whether `op` is a conditional or a loop whose bodies can be copied: all but loops over a variable's memory."""
    regions = [*op.regions, *(region for inner in inner_operations(op) for region in inner.regions)]
    return bool(regions) and all(isinstance(region, Context) and not region.references for region in regions) and not any(
        inner.type == "Gradients" for inner in inner_operations(op))


def inner_operations(holder: Operation) -> Iterator[Operation]:
    """The operations in the bodies of a conditional or a loop."""
    return (inner for region in holder.regions for inner in region.walk())


def belonging(holder: Operation) -> list[Operation]:
    """What stands in a graph for a conditional or a loop beside `holder`, in the order of its creation."""
    graph = holder.graph
    found = dict.fromkeys(inner_operations(holder))
    regions = [*holder.regions, *(region for inner in found for region in inner.regions)]
    stack: list[Operation] = []
    for region in regions:
        if isinstance(region, Context):
            stack += [tensor.op for tensor in region.entered.values()]
            stack += [] if region.pivot is None else [region.pivot]
    stack += [tensor.op for inner in found if inner in graph._written for tensor in graph._written[inner].inputs]
    while stack:
        op = stack.pop()
        if op in graph._shadows and op not in found:
            found[op] = None
            stack += [tensor.op for tensor in op.inputs]
    return sorted(found, key=lambda op: op._id)


class BodyCopies:
    """The copies of what belongs to one conditional or loop; `info` is the copy that they are part of."""

    def __init__(self, info: Any, holder: Operation) -> None:
        self.info, self.holder = info, holder
        self.graph: Graph = info.graph_
        self.regions: dict[Region, Region] = {}
        self.shared: dict[int, dict[Tensor, Tensor]] = {}  # two bodies of a loop have one dict
        self.frames: dict[str, str] = {}
        self.operations: list[Operation] = belonging(holder)
        self.members = {*self.operations, holder}

    def made(self, attributes: Any, name: str, controls: Iterable[Operation]) -> Operation:
        """The copy of the holder itself, after all that belongs to it."""
        holder, info = self.holder, self.info
        inputs = tuple([info.became(tensor) for tensor in holder.inputs])
        for op in [holder, *self.operations]:
            for region in op.regions:
                self.regions[region] = self._empty(region)
        for op in self._ordered():
            self._copy(op, attributes)
        for region in self.regions:
            self._fill(region)
        kinds = tuple((output.dtype, output.sizes) for output in holder.outputs)
        made = self._add(holder, inputs, self._attributes(holder, attributes), kinds, name, controls)
        for op in self.operations:
            self._write(op, made)
        return made

    def _ordered(self) -> list[Operation]:
        """The operations, each after those that it depends on: an imported graph may have made it before them."""
        order: dict[Operation, None] = {}
        inside = self.members - {self.holder}
        for last in self.operations:
            stack = [last]
            while stack:
                op = stack[-1]
                missing = [before for before in (*(t.op for t in op.inputs), *op.control_inputs)
                           if before in inside and before not in order]
                stack += missing
                if not missing:
                    order.setdefault(stack.pop())
        return list(order)

    def _empty(self, region: Region) -> Region:
        made = copy.copy(region)
        made.operations = []
        made.parent = self._around(region.parent)
        if isinstance(made, Frame):
            made.name = self._frame(made.name)
        return made

    def _around(self, region: Region | None) -> Region | None:
        return self.graph.region if region is None else self.regions.get(region, self.graph.region)

    def _frame(self, name: str) -> str:
        """What the frame of a loop is called in the copy: two loops are told apart by it."""
        if name not in self.frames:
            self.frames[name] = self.graph.unique_name(self.info.new_name(name).rstrip("/")) + "/"
        return self.frames[name]

    def _became(self, tensor: Tensor) -> Tensor:
        return self.info.became(tensor)

    def _copy(self, op: Operation, attributes: Any) -> None:
        info, inputs = self.info, tuple([self._became(tensor) for tensor in op.inputs])
        controls = [info.transformed_ops[control] if control in self.members
                    else info.transformer.transform_control_input_handler(info, control) for control in op.control_inputs]
        kinds = tuple((output.dtype, output.sizes) for output in op.outputs)
        region = self._around(op.region)
        with self.graph.recording(region):
            made = self._add(op, inputs, self._attributes(op, attributes), kinds, info.new_name(op.name),
                             [control for control in controls if control is not None])
            if op in op.graph._shadows:
                self.graph._shadows.add(made)
        info.transformed_ops[op] = made
        info.transformed_ts.update(zip(op.outputs, made.outputs, strict=True))

    def _add(self, op: Operation, inputs: Any, attrs: Any, kinds: Any, name: str,
             controls: Iterable[Operation]) -> Operation:
        made = self.graph.add(op.type, inputs, attrs, kinds, self.graph.unique_name(name) + "/", controls, is_shadow=True)
        made._set_device(op.device)
        return made

    def _attributes(self, op: Operation, attributes: Any) -> dict[str, Any]:
        attrs = attributes(self.info, op)
        if op.regions:
            attrs["regions"] = tuple([self.regions[region] for region in op.regions])
        if "frame_name" in attrs:
            attrs["frame_name"] = self._frame(attrs["frame_name"])
        return attrs

    def _fill(self, region: Region) -> None:
        made = self.regions[region]
        made.operations = [self.info.transformed_ops[op] for op in region.operations]
        made.inputs, made.outputs = ([self._became(t) for t in some] for some in (region.inputs, region.outputs))
        made.effects = [self.info.transformed_ops[op] for op in region.effects]
        if isinstance(region, Context) and isinstance(made, Context):
            if id(region.entered) not in self.shared:
                self.shared[id(region.entered)] = {self._became(key): self._became(value)
                                                   for key, value in region.entered.items()}
            made.entered = self.shared[id(region.entered)]
            made.pivot = None if region.pivot is None else self.info.transformed_ops[region.pivot]
        if isinstance(region, Branch) and isinstance(made, Branch):
            made.condition = self._became(region.condition)

    def _write(self, op: Operation, made: Operation) -> None:
        """How an export writes a copy, where the original is written as another operation than it is."""
        form = op.graph._written.get(op)
        if form is not None:
            controls = [made if control is self.holder else self.info.transformed_ops.get(control, control)
                        for control in form.controls]
            attrs = self._attributes(op, lambda info, op: dict(form.attrs))
            inputs = tuple([self._became(tensor) for tensor in form.inputs])
            self.graph._written[self.info.transformed_ops[op]] = Written(form.type, inputs, tuple(controls), attrs)
