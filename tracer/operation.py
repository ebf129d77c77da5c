"""An operation: one recorded call, with its inputs, attributes and outputs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tracer import dtypes, frames, shapes
from tracer.tensor import Tensor

if TYPE_CHECKING:
    from tracer.ir import Graph
    from tracer.region import Region


class Operation:
    """One recorded call. Never changes once it is in a graph."""

    __slots__ = ("__dict__", "__weakref__", "_controls", "_id", "_original_op", "attrs", "device", "frames", "graph",
                 "inputs", "name", "outputs", "region", "type")

    def __init__(
        self, node_def: Any, g: Graph, inputs: Any = None, output_types: Any = None, control_inputs: Any = None,
        input_types: Any = None, original_op: Operation | None = None, op_def: Any = None,
    ) -> None:
        """An operation that a NodeDef message describes; it stands beside the graph, which `create_op` adds to.

        Args:
            node_def: the message; its inputs and control inputs are those given here.
            g: the graph that the inputs belong to.
            inputs: tensors.
            output_types: the types of the outputs; none by default.
            control_inputs: operations, or tensors of such, to wait for.
            input_types: the types wanted of the inputs.
            original_op: the operation that this one is derived from, which errors name too.
            op_def: the OpDef message of its type, where the type is not one of 0.8's.
        """
        from tracer import graph_def

        given = graph_def.described(node_def, g, inputs, output_types, control_inputs, input_types, op_def)
        self._record(g, *given)
        self._original_op = original_op
        for tensor in self.inputs:
            tensor.add_consumer(self)

    @classmethod
    def recorded(
        cls, graph: Graph, type: str, name: str, inputs: tuple[Tensor, ...], attrs: Mapping[str, Any],
        outputs: tuple[tuple[dtypes.DType, shapes.Sizes], ...], control_inputs: tuple[Operation, ...], device: str,
    ) -> Operation:
        """The operation itself, of checked parts; the graph adds it to its list."""
        op = object.__new__(cls)
        op._record(graph, type, name, inputs, attrs, outputs, control_inputs, device)
        return op

    def _record(
        self, graph: Graph, type: str, name: str, inputs: tuple[Tensor, ...], attrs: Mapping[str, Any],
        outputs: tuple[tuple[dtypes.DType, shapes.Sizes], ...], control_inputs: tuple[Operation, ...], device: str,
    ) -> None:
        self.graph = graph
        self.type = type
        self.name = name
        self.inputs = inputs
        self.attrs = attrs
        self._controls = control_inputs
        self.device = device
        self.frames = frames.taken(sys._getframe(2))
        self.region = graph.region
        self._id = 0
        self._original_op = graph._derived_from
        self.outputs = [Tensor(self, 0, *outputs[0])] if len(outputs) == 1 else [
            Tensor(self, i, dtype, sizes) for i, (dtype, sizes) in enumerate(outputs)]

    @property
    def control_inputs(self) -> list[Operation]:
        """The operations that it waits for beside those that make its inputs."""
        return list(self._controls)

    @property
    def arguments(self) -> list[Any]:
        """The inputs in the terms of the operation's definition: a list where an argument is one."""
        from tracer import opdef

        return opdef.grouped(self.type, self.inputs, self.attrs)

    def _get_control_flow_context(self) -> Region | None:
        """The body of a conditional or of a loop that it was recorded in; None outside of all."""
        return self.region

    @property
    def regions(self) -> tuple[Region, ...]:
        """The bodies that it holds: a conditional has two, a loop its condition and its body."""
        return self.attrs.get("regions", ())

    def named(self, name: str) -> Operation:
        """The operation that this one calls `name`: by its name in the body of a function, where this is a copy of one,
        and `call//name` for the copy that a call holds."""
        holder, _, inner = name.rpartition("//")
        if holder:
            return self.named(holder).regions[0].names[inner]
        region = self.region
        while region is not None:
            if name in region.names:
                return region.names[name]
            region = region.parent
        return self.graph.get_operation_by_name(name)

    def _update_input(self, index: int, tensor: Tensor) -> None:
        """Replaces an input: how a graph of `NextIteration`s is closed to a loop."""
        if tensor.graph is not self.graph:
            raise ValueError(f"{tensor} must be from the same graph as {self.name}.")
        old = self.inputs[index]
        self.inputs = type(self.inputs)([*self.inputs[:index], tensor, *self.inputs[index + 1:]])
        old.remove_consumer(self)
        tensor.add_consumer(self)

    @property
    def _inputs(self) -> list[Tensor]:
        return list(self.inputs)

    @property
    def _input_dtypes(self) -> list[dtypes.DType]:
        from tracer import opdef

        return opdef.input_types(self.type, self.inputs, self.attrs)

    _input_types = _input_dtypes

    @property
    def _output_types(self) -> list[dtypes.DType]:
        return [output.dtype for output in self.outputs]

    def _add_control_inputs(self, ops: Iterable[Operation]) -> None:
        """Makes it wait for `ops` too."""
        for op in ops:
            if not isinstance(op, Operation):
                raise TypeError(f"op must be an Operation: {op}")
            if op.graph is not self.graph:
                raise ValueError(f"{op} must be from the same graph as {self.name}.")
            if op not in self._controls:
                self._controls = (*self._controls, op)

    def _add_control_input(self, op: Operation) -> None:
        self._add_control_inputs([op])

    def values(self) -> tuple[Tensor, ...]:
        """The outputs."""
        return tuple(self.outputs)

    @property
    def where(self) -> frames.SourceLine:
        """The user's line that recorded it: the innermost frame outside of this package."""
        return frames.users(self.frames)

    @property
    def traceback(self) -> list[tuple[str, int, str, str]]:
        """The stack that recorded it, outermost first: (file, line, function, source text)."""
        import linecache

        return [(*at[:3], linecache.getline(*at[:2]).strip()) for at in self._traceback]

    @property
    def _traceback(self) -> list[tuple[str, int, str, dict]]:
        """That stack before the source is looked up. Libraries put a shorter one in its place."""
        shorter = vars(self).get("shorter stack")
        if shorter is not None:
            return shorter
        return [(at.file, at.line, at.function, {}) for at in frames.lines(self.frames)]

    @_traceback.setter
    def _traceback(self, stack: list[tuple[str, int, str, dict]]) -> None:
        vars(self)["shorter stack"] = stack

    @property
    def node_def(self) -> Any:
        """The protobuf NodeDef message, made anew."""
        from tracer import graph_def

        return graph_def.node_def(self)

    @property
    def op_def(self) -> Any:
        """The protobuf OpDef message of the operation's type."""
        from tracer import graph_def

        return graph_def.op_def(self.type)

    def get_attr(self, name: str) -> Any:
        """An attribute as TensorFlow gives it: strings as bytes, types as enum numbers, shapes as protos."""
        from tracer import graph_def

        return graph_def.get_attr(self, name)

    def run(self, feed_dict: Mapping | None = None, session: Any = None) -> None:
        """Runs the default session (or `session`) for this operation."""
        from tracer.session import session_for

        session_for(self.graph, session, "operation").run(self, feed_dict)

    def colocation_groups(self) -> list[bytes]:
        """The `loc:@name` groups it belongs to; its own name when it has none."""
        return list(self.attrs.get("_class", ())) or [b"loc:@" + self.name.encode()]

    def _set_device(self, device: Any) -> None:
        """Gives it a device: a string as it is, or a `DeviceSpec`."""
        from tracer.device import DeviceSpec

        if isinstance(device, bytes):
            device = device.decode()
        if not isinstance(device, (str, DeviceSpec)):
            raise TypeError(f"{device!r} has type {type(device).__name__}, but expected one of: bytes, unicode")
        self.device = device if isinstance(device, str) else device.to_string()

    def __str__(self) -> str:
        return str(self.node_def)

    def __repr__(self) -> str:
        return f"<tensorflow.python.framework.ops.Operation object at 0x{id(self):x}>"
