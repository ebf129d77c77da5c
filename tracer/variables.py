"""`Variable`: memory that keeps its value between runs."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import IndexedSlices, convert_to_tensor, register_tensor_conversion_function
from tracer.ir import Graph, Operation, Tensor
from tracer.ops import array, constants, control_flow, indexing, logic, state
from tracer.scopes import GraphKeys
from tracer.shapes import TensorShape
from tracer.tensor import Operators


class Variable(Operators):
    """A tensor that keeps its value between runs of a session, until something is assigned to it.

    >>> v = tf.Variable(1.0)
    >>> sess.run(v.initializer)
    >>> sess.run(v.assign_add(2.0))
    3.0

    Args:
        initial_value: what the initializer assigns: a tensor, a Python value, or a function that makes one (then with
            `dtype`).
        trainable: whether optimizers change it by default.
        collections: where it is listed; by default `GraphKeys.VARIABLES`.
        validate_shape: False to allow a value of unknown or changing shape.
        caching_device: the device of the `read` operation.
        name: its name, made unique.
        variable_def: a protobuf VariableDef to restore it from, instead of all the above.
        dtype: the type to convert the initial value to.
    """

    __array_priority__ = 100  # ndarray + variable goes to the variable's reflected operator

    def __init__(self, initial_value: Any = None, trainable: bool = True, collections: Any = None,
                 validate_shape: bool = True, caching_device: Any = None, name: str | None = None,
                 variable_def: Any = None, dtype: Any = None, expected_shape: Any = None) -> None:
        if variable_def is not None:
            if initial_value is not None:
                raise ValueError("variable_def and initial_value are mutually exclusive.")
            self._from_proto(variable_def)
        else:
            self._create(initial_value, trainable, collections, validate_shape, caching_device, name, dtype)

    def _create(self, initial_value: Any, trainable: bool, collections: Any, validate_shape: bool,
                caching_device: Any, name: str | None, dtype: Any) -> None:
        if initial_value is None:
            raise ValueError("initial_value must be specified.")
        if callable(initial_value) and dtype is None:
            raise ValueError("dtype must also be specified when initial_value is callable.")
        if not isinstance(collections, (list, tuple, set, type(None))):
            raise ValueError("collections argument to Variable constructor must be a list, tuple, or set. "
                             f"Got {collections} of type {type(collections)}")
        keys = [GraphKeys.VARIABLES] if collections is None else list(collections)
        if trainable and GraphKeys.TRAINABLE_VARIABLES not in keys:
            keys.append(GraphKeys.TRAINABLE_VARIABLES)
        graph = scopes.graph_of([] if callable(initial_value) else [initial_value])
        with graph.as_default(), graph.control_dependencies(None), \
                graph.name_scope(name or "Variable") as scope:
            if callable(initial_value):
                # The memory comes first, and what the function makes stands with it; its shape tells the memory's.
                kind = dtypes.as_dtype(dtype).base_dtype
                self._variable = state.variable_op([], kind, name=scope, set_shape=False)
                with graph.colocate_with(self._variable.op), graph.name_scope("Initializer"):
                    value = convert_to_tensor(initial_value(), dtype=kind, name="initial_value")
                state.shape_memory(self._variable.op, _memory_shape(value, validate_shape))
            else:
                value = convert_to_tensor(initial_value, dtype=dtype, name="initial_value")
                self._variable = state.variable_op(
                    _memory_shape(value, validate_shape), value.dtype.base_dtype, name=scope, set_shape=validate_shape)
            self._initial_value = value
            self._initializer_op = state.assign(
                self._variable, value, validate_shape=validate_shape, name="Assign").op
            self._caching_device = caching_device
            self._snapshot = self._read("read")
        graph.add_to_collections(keys, self)
        self._save_slice_info: Any = None

    def _read(self, name: str | None) -> Tensor:
        graph = self._variable.graph
        placed = (graph.colocate_with(self._variable.op) if self._caching_device is None
                  else graph.device(self._caching_device))
        with placed:
            return array.identity(self._variable, name=name)

    def _from_proto(self, variable_def: Any) -> None:
        graph = scopes.get_default_graph()
        self._variable = graph.as_graph_element(variable_def.variable_name)
        self._initializer_op = graph.as_graph_element(variable_def.initializer_name)
        self._snapshot = graph.as_graph_element(variable_def.snapshot_name)
        self._initial_value = self._initializer_op.inputs[1]
        self._caching_device = None
        self._save_slice_info = None
        if variable_def.HasField("save_slice_info_def"):
            self._save_slice_info = Variable.SaveSliceInfo(save_slice_info_def=variable_def.save_slice_info_def)

    class SaveSliceInfo:
        """Which slice of a larger, partitioned variable this one is."""

        def __init__(self, full_name: str | None = None, full_shape: Any = None, var_offset: Any = None,
                     var_shape: Any = None, save_slice_info_def: Any = None) -> None:
            given = save_slice_info_def
            self.full_name = full_name if given is None else given.full_name
            self.full_shape = full_shape if given is None else list(given.full_shape)
            self.var_offset = var_offset if given is None else list(given.var_offset)
            self.var_shape = var_shape if given is None else list(given.var_shape)

        @property
        def spec(self) -> str:
            """The slice as checkpoints write it: `4 10 0,2:-`."""
            full = " ".join(str(d) for d in self.full_shape) + " "
            parts = (f"{o},{s}" for o, s in zip(self.var_offset, self.var_shape, strict=True))
            return full + ":".join(parts)

        def to_proto(self) -> Any:
            """The protobuf SaveSliceInfoDef message."""
            from tracer import protos

            message = protos.SaveSliceInfoDef(full_name=self.full_name)
            message.full_shape.extend(int(size) for size in self.full_shape)
            message.var_offset.extend(int(size) for size in self.var_offset)
            message.var_shape.extend(int(size) for size in self.var_shape)
            return message

    def _as_graph_element(self) -> Tensor:
        return self._variable

    def _AsTensor(self) -> Tensor:
        return self._snapshot

    def __iter__(self) -> Any:
        raise TypeError("'Variable' object is not iterable.")

    def value(self) -> Tensor:
        """The tensor that reads it."""
        return self._snapshot

    def ref(self) -> Tensor:
        """The reference to its memory."""
        return self._variable

    def _ref(self) -> Tensor:
        return self._variable

    def eval(self, session: Any = None) -> Any:
        """Its value in `session` (or the default one)."""
        return self._variable.eval(session=session)

    def initialized_value(self) -> Tensor:
        """Its value, after its initializer has run."""
        with scopes.control_dependencies(None), scopes.control_dependencies([self._initializer_op]):
            return self._read(None)

    def assign(self, value: Any, use_locking: bool = False) -> Tensor:
        """Assigns `value`; returns the reference, as it is afterwards."""
        return state.assign(self._variable, value, use_locking=use_locking)

    def assign_add(self, delta: Any, use_locking: bool = False) -> Tensor:
        """Adds `delta`; returns the reference, as it is afterwards."""
        return state.assign_add(self._variable, delta, use_locking=use_locking)

    def assign_sub(self, delta: Any, use_locking: bool = False) -> Tensor:
        """Subtracts `delta`; returns the reference, as it is afterwards."""
        return state.assign_sub(self._variable, delta, use_locking=use_locking)

    def scatter_sub(self, sparse_delta: Any, use_locking: bool = False) -> Tensor:
        """Subtracts the rows of `IndexedSlices`; returns the reference, as it is afterwards."""
        if not isinstance(sparse_delta, IndexedSlices):
            raise ValueError(f"sparse_delta is not IndexedSlices: {sparse_delta}")
        return state.scatter_sub(self._variable, sparse_delta.indices, sparse_delta.values, use_locking=use_locking)

    def count_up_to(self, limit: int) -> Tensor:
        """Adds one and returns the old value; OutOfRangeError once it has reached `limit`."""
        return state.count_up_to(self._variable, limit=limit)

    def _set_save_slice_info(self, save_slice_info: Any) -> None:
        self._save_slice_info = save_slice_info

    @property
    def name(self) -> str:
        """`<operation>:0`."""
        return self._variable.name

    @property
    def initializer(self) -> Operation:
        """The operation that gives it its initial value."""
        return self._initializer_op

    @property
    def initial_value(self) -> Tensor:
        """The tensor that the initializer assigns."""
        return self._initial_value

    @property
    def dtype(self) -> dtypes.DType:
        """Its type, a reference one."""
        return self._variable.dtype

    @property
    def op(self) -> Operation:
        """The operation that is its memory."""
        return self._variable.op

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self._variable.graph

    @property
    def device(self) -> str:
        """The device of its memory."""
        return self._variable.device

    def get_shape(self) -> TensorShape:
        """Its static shape."""
        return self._variable.get_shape()

    def set_shape(self, shape: Any) -> None:
        """Refines the static shape of the memory and of what reads it."""
        self._variable.set_shape(shape)
        self._snapshot.set_shape(shape)

    def read_value(self) -> Tensor:
        """The value that it has where this is asked for, rather than where it was made; from 0.12 on."""
        return array.identity(self._variable, name="read")

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The protobuf VariableDef message that names its operations; without `export_scope`, and None outside of it."""
        from tracer import protos

        if export_scope is not None:
            from tracer.train import meta_graph

            inside = self._variable.name.startswith(f"{export_scope}/")
            return meta_graph.without_scope(self.to_proto(), export_scope) if inside else None

        message = protos.VariableDef()
        message.variable_name = self._variable.name
        message.initializer_name = self._initializer_op.name
        message.snapshot_name = self._snapshot.name
        if self._save_slice_info is not None:
            message.save_slice_info_def.CopyFrom(self._save_slice_info.to_proto())
        return message

    @staticmethod
    def from_proto(variable_def: Any) -> Variable:
        """The variable that a protobuf VariableDef message names in the default graph."""
        return Variable(variable_def=variable_def)


def _memory_shape(value: Tensor, validate_shape: bool) -> TensorShape:
    if not validate_shape:
        return TensorShape(None)
    if not value.get_shape().is_fully_defined():
        raise ValueError(f"initial_value must have a shape specified: {value}")
    return value.get_shape()


def _to_tensor(variable: Variable, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Any:
    if dtype is not None and not dtype.is_compatible_with(variable.dtype):
        raise ValueError(f"Incompatible type conversion requested to type '{dtype.name}' for variable of type "
                         f"'{variable.dtype.name}'")
    return variable.ref() if as_ref else variable.value()


register_tensor_conversion_function(Variable, _to_tensor, 50)


def all_variables() -> list[Variable]:
    """Every variable that has been made (the collection `variables`)."""
    return scopes.get_collection(GraphKeys.VARIABLES)


def trainable_variables() -> list[Variable]:
    """The variables that optimizers change by default."""
    return scopes.get_collection(GraphKeys.TRAINABLE_VARIABLES)


def local_variables() -> list[Variable]:
    """The variables of this process, which no checkpoint holds."""
    return scopes.get_collection(GraphKeys.LOCAL_VARIABLES)


def moving_average_variables() -> list[Variable]:
    """The variables that have moving averages."""
    return scopes.get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES)


def initialize_variables(var_list: Any, name: str = "init") -> Operation:
    """One operation that initializes all of `var_list`."""
    if var_list:
        return control_flow.group(*[variable.initializer for variable in var_list], name=name)
    return control_flow.no_op(name=name)


def initialize_all_variables() -> Operation:
    """One operation that initializes every variable."""
    return initialize_variables(all_variables())


def initialize_local_variables() -> Operation:
    """One operation that initializes the local variables, and the counters of epochs: since 0.9 they are among them."""
    counters = [v for v in all_variables() if v.op.name.endswith("limit_epochs/epochs")]
    return initialize_variables([*local_variables(), *counters])


def is_variable_initialized(variable: Any) -> Tensor:
    """Whether `variable` holds a value.

    >>> sess.run(tf.is_variable_initialized(v))
    False
    """
    return state.is_variable_initialized(variable)


def _memories() -> list[Any]:
    """The variables, or else whatever memory the default graph has: an imported graph has no `Variable` objects."""
    return (all_variables() + local_variables()
            or [op.outputs[0] for op in scopes.get_default_graph().get_operations() if op.type == "Variable"])


def assert_variables_initialized(var_list: Any = None) -> Tensor | None:
    """A tensor that fails with FailedPreconditionError while one of `var_list` (all variables) holds no value.

    None when there are no variables. `report_uninitialized_variables` says which ones they are.
    """
    variables = _memories() if var_list is None else var_list
    if not variables:
        return None
    ranks = []
    for variable in variables:
        with scopes.colocate_with(variable.op):
            ranks.append(array.rank(variable))
    return ranks[0] if len(ranks) == 1 else array.pack(ranks)


def report_uninitialized_variables(
    var_list: Any = None, name: str = "report_uninitialized_variables",
) -> Tensor:
    """The names of those of `var_list` (all variables) that hold no value, as a vector of strings.

    >>> sess.run(tf.report_uninitialized_variables())
    array([b'weight'], dtype=object)
    """
    variables = _memories() if var_list is None else var_list
    with scopes.name_scope(name):
        if not variables:
            return constants.constant([], dtype=dtypes.string)
        missing = logic.logical_not(array.pack([state.is_variable_initialized(v) for v in variables]))
        return indexing.boolean_mask(constants.constant([v.op.name for v in variables]), missing)
