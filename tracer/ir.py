"""The graph that a script records: operations, tensors, and the look-ups by name that scripts rely on."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tracer import dtypes, frames, names, shapes
from tracer.region import Region as Region
from tracer.scopes import Scopes

VALID_OP_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\-/]*")
GRAPH_DEF_VERSION = 9
WATCHERS: list[Callable[[Graph], None]] = []
"""Called with each new graph."""


class Tensor:
    """One output of an operation. Holds no value: `Session.run` computes it."""

    __array_priority__ = 100  # ndarray + tensor goes to the tensor's reflected operator
    __slots__ = ("__dict__",  # libraries of the time note things on tensors: Keras its shapes, layers their aliases
                 "__weakref__", "_readers", "_shape", "dtype", "op", "value_index")

    def __init__(self, op: Operation, value_index: int, dtype: dtypes.DType, sizes: shapes.Sizes = None) -> None:
        self.op = op
        self.value_index = value_index
        self.dtype = dtype
        self._shape = shapes.TensorShape.of(sizes)
        self._readers: Operation | list[Operation] | None = None  # a list of one for each would be a burden to Python

    @property
    def graph(self) -> Graph:
        """The graph that holds it."""
        return self.op.graph

    @property
    def _value_index(self) -> int:
        return self.value_index

    @property
    def name(self) -> str:
        """`operation:index`."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def device(self) -> str:
        """The device string of its operation."""
        return self.op.device

    @property
    def sizes(self) -> shapes.Sizes:
        """The static shape as a tuple of int or None; None when the rank is unknown."""
        return self._shape.sizes

    def get_shape(self) -> shapes.TensorShape:
        """The static shape."""
        return self._shape

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self.sizes is None else list(self.sizes)

    def set_shape(self, shape: Any) -> None:
        """Refines the static shape. ValueError when it contradicts what is known."""
        self._shape = self._shape.merge_with(shape)

    def consumers(self) -> list[Operation]:
        """The operations that read it."""
        return list(self._consumers)

    @property
    def _consumers(self) -> list[Operation]:
        readers = self._readers
        return readers if type(readers) is list else [] if readers is None else [readers]  # type: ignore[list-item]

    def add_consumer(self, op: Operation) -> None:
        """Notes that `op` reads it."""
        readers = self._readers
        if readers is None:
            self._readers = op
        elif type(readers) is list:
            readers.append(op)
        else:
            self._readers = [readers, op]  # type: ignore[list-item]

    def remove_consumer(self, op: Operation) -> None:
        """Notes that `op` reads it one time less."""
        readers = self._consumers
        readers.remove(op)
        self._readers = readers

    def eval(self, feed_dict: Mapping | None = None, session: Any = None) -> Any:
        """Runs the default session (or `session`) for this tensor."""
        from tracer.session import session_for

        return session_for(self.graph, session, "tensor").run(self, feed_dict)

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self._shape} dtype={self.dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self.sizes is None else f", shape={self._shape}"
        device = f", device={self.device}" if self.device else ""
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name}{device})'

    def __iter__(self) -> Any:
        raise TypeError("'Tensor' object is not iterable.")

    def __bool__(self) -> bool:
        raise TypeError(
            "Using a `tf.Tensor` as a Python `bool` is not allowed. Use `if t is not None:` instead of `if t:` to test "
            "if a tensor is defined, and use the logical TensorFlow ops to test the value of a tensor."
        )

    def _as_node_def_input(self) -> str:
        return f"{self.op.name}:{self.value_index}" if self.value_index else self.op.name

    # Operators are set on the class by `tracer.ops.operators`, slicing among them.
    if TYPE_CHECKING:
        def _binary(self, other: Any) -> Tensor: ...
        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _binary
        __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __getitem__ = _binary
        __lt__ = __le__ = __gt__ = __ge__ = __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _binary
        def __neg__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __abs__(self) -> Tensor: ...

    OVERLOADABLE_OPERATORS = frozenset({
        "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__div__", "__rdiv__", "__truediv__",
        "__rtruediv__", "__floordiv__", "__rfloordiv__", "__mod__", "__rmod__", "__lt__", "__le__", "__gt__", "__ge__",
        "__and__", "__rand__", "__or__", "__ror__", "__xor__", "__rxor__", "__getitem__", "__pow__", "__rpow__",
        "__invert__", "__neg__", "__abs__",
    })

    @staticmethod
    def _override_operator(operator: str, function: Any) -> None:
        if operator in Tensor.__dict__:
            raise ValueError(f"operator {operator} cannot be overwritten again on class {Tensor}.")
        setattr(Tensor, operator, function)


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


class Graph(Scopes):
    """All operations of one program, in the order of their creation. It only grows."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._operations: list[Operation] = []
        self._by_name: dict[str, Operation] = {}
        self._finalized = False
        self._seed: int | None = None
        self._derived_from: Operation | None = None  # what the operations made now are derived from
        self._unfeedable: set[Tensor] = set()
        self._functions: dict[str, Any] = {}  # the functions that operations may call, by name
        self._py_functions: dict[str, Any] = {}  # what `py_func` calls, by token
        self._unfetchable: set[Operation | Tensor] = set()
        self.region: Region | None = None  # the body of a conditional or loop that is being recorded
        self._shadows: set[Operation] = set()  # what stands in TensorFlow's graphs and never runs here
        self._written: dict[Operation, Any] = {}  # how an export writes operations that are others than TensorFlow's
        self._versions: Any = None  # a VersionDef, once somebody has asked for it or a graph was imported
        self._expansion: Any = None  # what an export wrote last for gradients
        for watch in WATCHERS if type(self) is Graph else ():
            watch(self)

    @property
    def seed(self) -> int | None:
        """The seed of the graph's random operations; operations that are made later go by it."""
        return self._seed

    @seed.setter
    def seed(self, value: int | None) -> None:
        self._seed = value

    @property
    def version(self) -> int:
        """The id of the newest operation; ids start at 1."""
        return len(self._operations)

    _last_id = version

    @property
    def graph_def_versions(self) -> Any:
        """The protobuf VersionDef that an export carries; changing it changes the graph's."""
        from tracer import graph_def

        return graph_def.versions(self)

    @property
    def producer(self) -> int:
        """The version of what writes the graph: ours, or that of an imported one."""
        return GRAPH_DEF_VERSION if self._versions is None else self._versions.producer

    @property
    def finalized(self) -> bool:
        """Whether operations can still be added."""
        return self._finalized

    def finalize(self) -> None:
        """Makes the graph read-only."""
        self._finalized = True

    def _unsafe_unfinalize(self) -> None:
        self._finalized = False

    def check_not_finalized(self) -> None:
        """Raises TensorFlow's RuntimeError when the graph is read-only."""
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")

    def add(
        self, type: str, inputs: tuple[Tensor, ...], attrs: Mapping[str, Any],
        outputs: tuple[tuple[dtypes.DType, shapes.Sizes], ...], name: str, controls: Iterable[Operation] = (),
        is_shadow: bool = False,
    ) -> Operation:
        """Appends an operation that also waits for `controls`.

        `name` is made unique within the current scope, or taken verbatim if it ends in `/`.
        """
        self.check_not_finalized()
        if isinstance(name, bytes):
            name = name.decode()
        if name and name[-1] == "/":
            name = name[:-1]
            if name in self._by_name:
                raise ValueError(f"cannot add op with name {name} as that name is already used")
        else:
            if not VALID_OP_NAME.match(name):
                raise ValueError(f"'{name}' is not a valid node name")
            name = self.unique_name(name)
        for tensor in inputs:
            if tensor.op.graph is not self:
                raise ValueError(f"{tensor} must be from the same graph as this graph's operations.")
        if self._gradient_overrides and type in self._gradient_overrides:
            attrs = {**attrs, "_gradient_op_type": self._gradient_overrides[type]}
        if self._has_attribute_scopes:
            attrs = self._scoped_attributes(type, attrs)
        if self.region is not None and inputs and "regions" not in attrs and not is_shadow:
            self.region.take(inputs, name)
        with self._lock:
            scoped = self._controls_for(inputs) if self._control_stack else ()
            if controls:
                scoped = tuple(dict.fromkeys((*scoped, *controls)))
            op = Operation.recorded(self, type, name, inputs, attrs, outputs, scoped, "")
            if self._device_stack:
                self._apply_device_functions(op)
            if self._colocation:
                self._take_device_of_group(op)
            self._operations.append(op)
            op._id = len(self._operations)
            self._by_name[name] = op
            for tensor in inputs:
                tensor.add_consumer(op)
            for controller in self._control_stack:
                controller.seen.add(op)
            if self.region is not None:
                self.region.operations.append(op)
        return op

    def shadow(
        self, type: str, inputs: tuple[Tensor, ...], attrs: Mapping[str, Any], name: str,
        kinds: tuple[tuple[dtypes.DType, shapes.Sizes], ...], region: Region | None,
    ) -> Operation:
        """Appends an operation that TensorFlow has where we have a region: it is exported and named, and never runs."""
        with self.recording(region):
            op = self.add(type, inputs, attrs, kinds, name, is_shadow=True)
            if region is not None:
                region.operations.pop()
        self._shadows.add(op)
        return op

    @contextlib.contextmanager
    def recording(self, region: Region | None) -> Iterator[Region | None]:
        """Operations made inside belong to `region`; control dependencies from outside hold for the whole of it."""
        outer, outer_controls = self.region, self._control_stack
        self.region, self._control_stack = region, []
        try:
            yield region
        finally:
            self.region, self._control_stack = outer, outer_controls

    @contextlib.contextmanager
    def _original_op(self, op: Operation) -> Iterator[None]:
        """Operations made inside are derived from `op`: an error in them names it too."""
        outer, self._derived_from = self._derived_from, op
        try:
            yield
        finally:
            self._derived_from = outer

    @property
    def _nodes_by_name(self) -> dict[str, Operation]:
        return dict(self._by_name)

    def _add_function(self, function_def: Any, grad_function_name: str | None = None) -> None:
        """Adds a function, which operations of that type then call: a FunctionDef message, or what `Defun` made."""
        from tracer import function

        function.add(self, function_def, grad_function_name)

    def _is_function(self, name: str) -> bool:
        return name in self._functions

    def _get_function(self, name: str) -> Any:
        return self._functions.get(name)

    def get_operations(self) -> list[Operation]:
        """All operations in the order of their creation."""
        return list(self._operations)

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation called `name`. KeyError when there is none."""
        if not isinstance(name, str):
            raise TypeError(f"Operation names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=False, allow_operation=True)

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor called `operation:index`. KeyError when there is none."""
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings (or similar), not {type(name).__name__}.")
        return self.as_graph_element(name, allow_tensor=True, allow_operation=False)

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """The tensor or operation that `obj` (itself, a name, or something with `_as_graph_element`) stands for."""
        if not (allow_tensor or allow_operation):
            raise ValueError("allow_tensor and allow_operation can't both be False.")
        wanted = " or ".join(["Tensor"] * allow_tensor + ["Operation"] * allow_operation)
        convert = getattr(obj, "_as_graph_element", None)
        if convert is not None and not isinstance(obj, (Tensor, Operation)):
            obj = convert()
        if isinstance(obj, bytes):
            obj = obj.decode()
        if isinstance(obj, str):
            return names.find(self._by_name, obj, allow_tensor, allow_operation)
        if (isinstance(obj, Tensor) and allow_tensor) or (isinstance(obj, Operation) and allow_operation):
            if obj.graph is not self:
                kind = "Tensor" if isinstance(obj, Tensor) else "Operation"
                raise ValueError(f"{kind} {obj} is not an element of this graph.")
            return obj
        raise TypeError(f"Can not convert a {type(obj).__name__} into a {wanted}.")

    def prevent_feeding(self, tensor: Tensor) -> None:
        """Marks `tensor` as one that no run may feed."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Tensor) -> bool:
        """Whether a run may feed `tensor`."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op: Operation | Tensor) -> None:
        """Marks `op` as one that no run may fetch."""
        self._unfetchable.add(op)

    def is_fetchable(self, thing: Operation | Tensor) -> bool:
        """Whether a run may fetch `thing`."""
        op = thing.op if isinstance(thing, Tensor) else thing
        return thing not in self._unfetchable and op not in self._unfetchable and op.region is None

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """The graph (its operations newer than `from_version`) as a protobuf GraphDef message."""
        from tracer import graph_def

        return graph_def.graph_def(self, from_version, add_shapes)

    def create_op(
        self, op_type: str, inputs: Any, dtypes: Any, input_types: Any = None, name: str | None = None,
        attrs: Mapping | None = None, op_def: Any = None, compute_shapes: bool = True, compute_device: bool = True,
    ) -> Operation:
        """Adds an operation of any type, described from outside (its attributes as protobuf AttrValue messages)."""
        from tracer import graph_def

        return graph_def.create_op(self, op_type, inputs, dtypes, input_types, name, attrs, compute_shapes)
