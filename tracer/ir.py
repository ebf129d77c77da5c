"""The graph that a script records, in the order of its calls, and the look-ups by name that scripts rely on."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tracer import dtypes, names, shapes
from tracer.operation import Operation as Operation
from tracer.region import Region as Region
from tracer.scoping import Scopes
from tracer.tensor import Tensor as Tensor

VALID_OP_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\-/]*")
GRAPH_DEF_VERSION = 9
WATCHERS: list[Callable[[Graph], None]] = []
"""Called with each new graph."""


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
            name = self.unique_name(name)
        if not VALID_OP_NAME.match(name):
            raise ValueError(f"'{name}' is not a valid node name")
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
            if self._device_function_stack:
                self._apply_device_functions(op)
            if self._colocation:
                self._take_device_of_group(op)
            for tensor in inputs:
                tensor.add_consumer(op)
            self._take_in(op)
            self._record_op_seen_by_control_dependencies(op)
        return op

    def _take_in(self, op: Operation) -> None:
        self._operations.append(op)
        op._id = len(self._operations)
        self._by_name[op.name] = op
        if self.region is not None:
            self.region.operations.append(op)

    def _add_op(self, op: Operation) -> None:
        """Takes in an operation that was made beside the graph, `tf.Operation(node_def, graph, ...)`: a copy of another."""
        self.check_not_finalized()
        if not isinstance(op, Operation):
            raise TypeError(f"op must be a Tensor or Operation: {op}")
        if self.region is not None and op.inputs:
            self.region.take(op.inputs, op.name)
        with self._lock:
            if op.name in self._by_name:
                raise ValueError(f"cannot add an op with name {op.name} as that name is already used")
            self._take_in(op)

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

    def _get_control_flow_context(self) -> Region | None:
        """The body of a conditional or of a loop that is being recorded; None outside of all."""
        return self.region

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
    def _registered_ops(self) -> dict[str, Any]:
        from tracer import op_def_registry

        return op_def_registry.get_registered_ops()

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

    @property
    def building_function(self) -> bool:
        """Whether this is the graph of a function (from 0.12 on)."""
        return False

    def is_fetchable(self, tensor_or_op: Operation | Tensor) -> bool:
        """Whether a run may fetch `tensor_or_op`."""
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return tensor_or_op not in self._unfetchable and op not in self._unfetchable and op.region is None

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
