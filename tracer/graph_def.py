"""Operations and graphs as protobuf messages: what `node_def`, `op_def` and `as_graph_def` give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tracer import attributes, compat, dtypes, errors, foreign, later, op_def_registry, opdef, protos, shapes
from tracer.ir import GRAPH_DEF_VERSION, Graph, Operation, Tensor
from tracer.raw import form as raw_form
from tracer.versions import GRAPH_DEF_VERSION_MIN_PRODUCER, VERSION

if TYPE_CHECKING:
    from tracer.derivatives import Expansion

_LARGEST = 1 << 31


def node_def(op: Operation, expansion: Expansion | None = None) -> Any:
    """The NodeDef of `op`: only the attributes that TensorFlow's own operation has.

    With an `expansion` it is as in the whole graph's export, where gradients are written out.
    """
    form = raw_form.written(op) or raw_form.as_is(op)
    if expansion is not None:
        form = expansion.written(form)
    node = protos.NodeDef(name=op.name, op=form.type, device=op.device or "")
    node.input.extend([tensor._as_node_def_input() for tensor in form.inputs])
    node.input.extend(["^" + control.name for control in form.controls])
    for name, message in attributes.of(op, form.type, form.attrs).items():
        node.attr[name].CopyFrom(message)
    return node


def get_attr(op: Operation, name: str) -> Any:
    """An attribute as TensorFlow gives it. Raises ValueError when there is none of this name."""
    messages = attributes.of(op)
    if name not in messages:
        raise ValueError(f"No attr named '{name}' in {node_def(op)}")
    return attributes.as_python(messages[name])


def versions(graph: Graph) -> Any:
    """The VersionDef of a graph."""
    if graph._versions is None:
        graph._versions = protos.VersionDef(producer=GRAPH_DEF_VERSION)
    return graph._versions


def check_versions(graph: Graph) -> None:
    """Raises InvalidArgumentError when a graph's versions (an imported one's) are not among those we run."""
    found = versions(graph)
    if found.producer < GRAPH_DEF_VERSION_MIN_PRODUCER:
        problem = (f"GraphDef producer version {found.producer} below min producer {GRAPH_DEF_VERSION_MIN_PRODUCER} "
                   f"supported by TensorFlow {VERSION}.  Please regenerate your graph.")
    elif found.min_consumer > GRAPH_DEF_VERSION:
        problem = (f"GraphDef min consumer version {found.min_consumer} above current version {GRAPH_DEF_VERSION} for "
                   f"TensorFlow {VERSION}.  Please upgrade TensorFlow.")
    elif GRAPH_DEF_VERSION in found.bad_consumers:
        problem = (f"GraphDef disallows consumer version {GRAPH_DEF_VERSION}.  Please upgrade TensorFlow: this "
                   "version is likely buggy.")
    else:
        return
    raise errors.InvalidArgumentError(None, None, problem)


def check_removed(graph: Graph, operations: list[tuple[Operation, bool]]) -> None:
    """Raises UnimplementedError for an operation that graphs of this version have no more.

    Raises InvalidArgumentError for one with an attribute that may not be so, or of a later TensorFlow.
    """
    for op, _ in operations:
        problem = later.problem(op)
        if problem is not None:
            raise errors.InvalidArgumentError(None, op, problem)
        definition = opdef.lookup(op.type)
        removed = None if definition is None else definition.removed(graph.producer)
        if removed is not None:
            raise errors.UnimplementedError(None, op, removed)


def graph_def(graph: Graph, from_version: int | None = None, add_shapes: bool = False) -> Any:
    """A graph (its operations newer than `from_version`) as a GraphDef.

    Raises ValueError when the message would be larger than 2 GB.
    """
    from tracer import derivatives

    message = protos.GraphDef(versions=versions(graph))
    size = 0
    expansion = derivatives.expansion_of(graph)
    operations = graph.get_operations()[from_version or 0:]
    for op in operations if expansion is None else expansion.operations(operations):
        if raw_form.written(op) is None:
            continue
        node = foreign.abroad(node_def(op, expansion), op, expansion)
        if add_shapes and op.outputs:
            known = [shapes.unknown_shape() if is_handle(output) else output.get_shape() for output in op.outputs]
            node.attr["_output_shapes"].CopyFrom(attributes.encode("list(shape)", known))
        size += node.ByteSize()
        if size >= _LARGEST:
            raise ValueError("GraphDef cannot be larger than 2GB.")
        message.node.append(node)
    if graph._functions:
        from tracer import function

        message.library.CopyFrom(function.library(graph))
    return message


def is_handle(output: Tensor) -> bool:
    """Whether a tensor stands for a queue, reader or table. One TensorFlow says it has no dimension, another two words."""
    return output.dtype is dtypes.string_ref and output.op.type not in ("Variable", "TemporaryVariable")


def op_def(type: str) -> Any:
    """The OpDef of operations of this type; None when nothing defines it."""
    registered = op_def_registry.get_registered_ops().get(type)
    if registered is not None:
        return registered
    definition = opdef.lookup(type)
    return None if definition is None else describe(definition)


def describe(definition: opdef.OpDef) -> Any:
    """A row of the table of operations as an OpDef."""
    message = protos.OpDef(name=definition.type, is_stateful=definition.is_stateful,
                    allows_uninitialized_input=definition.allows_uninitialized_input)
    for arguments, field in ((definition.inputs, message.input_arg), (definition.outputs, message.output_arg)):
        for argument in arguments:
            field.add(name=argument.name, is_ref=argument.is_ref,
                      type=argument.dtype.as_datatype_enum if argument.dtype is not None else 0,
                      type_attr=argument.type_attr or "", number_attr=argument.number_attr or "",
                      type_list_attr=argument.list_attr or "")
    for rules in definition.attributes.values():
        if rules.name in definition.later:
            continue
        attr = message.attr.add(name=rules.name, type=rules.kind)
        if rules.allowed is not None:
            kind = "list(string)" if "string" in rules.kind else "list(type)"
            attr.allowed_values.CopyFrom(attributes.encode(kind, rules.allowed))
        if rules.minimum is not None:
            attr.has_minimum, attr.minimum = True, rules.minimum
        if rules.has_default:
            defaults: dict[str, Any] = {}
            complete(definition, defaults)
            attr.default_value.CopyFrom(attributes.encode(rules.kind, defaults[rules.name]))
    if definition.deprecated_at is not None:
        message.deprecation.version = definition.deprecated_at
        message.deprecation.explanation = definition.deprecated_why
    return message


def described(node: Any, graph: Any, inputs: Any, output_types: Any, control_inputs: Any, input_types: Any,
              definition: Any) -> tuple[Any, ...]:
    """The parts of an operation that a NodeDef message describes, checked: type, name, inputs, attributes, outputs,
    control inputs and device."""
    from tracer.ir import VALID_OP_NAME

    if not isinstance(node, protos.NodeDef):
        raise TypeError(f"node_def needs to be a NodeDef: {node}")
    if node.ByteSize() >= _LARGEST:
        raise ValueError("Cannot create an Operation with a NodeDef larger than 2GB.")
    if not VALID_OP_NAME.match(node.name):
        raise ValueError(f"'{node.name}' is not a valid node name")
    if not isinstance(graph, Graph):
        raise TypeError(f"g needs to be a Graph: {graph}")
    if inputs is not None and not isinstance(inputs, list):
        raise TypeError(f"inputs needs to be a list of Tensors: {inputs}")
    for tensor in inputs or ():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"input needs to be a Tensor: {tensor}")
    _check_types(node.op, tuple(inputs or ()), input_types)
    controls = [graph.as_graph_element(control) for control in control_inputs or ()]
    known = op_def_registry.definition_of(definition) if definition is not None else opdef.lookup(node.op)
    outputs = tuple((dtypes.as_dtype(kind), None) for kind in output_types or ())
    return (node.op, node.name, tuple(inputs or ()), attributes.read(node.op, node.attr, known), outputs,
            tuple(dict.fromkeys(c.op if isinstance(c, Tensor) else c for c in controls)), node.device)


def named_node_def(op_type: Any, name: Any, device: Any = None, attrs: Any = None) -> Any:
    """A NodeDef message of this type and name."""
    from tracer.device import DeviceSpec

    node = protos.NodeDef(op=compat.as_bytes(op_type), name=compat.as_bytes(name))
    for key, value in (attrs or {}).items():
        node.attr[key].CopyFrom(value)
    if device is not None:
        node.device = device.to_string() if isinstance(device, DeviceSpec) else device
    return node


def create_op(
    graph: Graph, type: str, inputs: Any, kinds: Any, input_types: Any = None, name: str | None = None,
    attrs: Mapping[str, Any] | None = None, compute_shapes: bool = True,
) -> Operation:
    """Adds an operation that is described from outside.

    Raises:
        RuntimeError: the graph is finalized, or nothing says what shapes operations of this type have.
        TypeError: an input is no tensor or has not the type that `input_types` names.
    """
    graph.check_not_finalized()
    for i, tensor in enumerate(inputs):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"Input #{i} is not a tensor: {tensor}")
    tensors = tuple(inputs)
    _check_types(type, tensors, input_types)
    definition = opdef.lookup(type)
    given = attributes.read(type, _messages(attrs or {}), definition)
    if definition is not None:
        complete(definition, given)
    outputs = tuple((dtypes.as_dtype(kind), None) for kind in kinds)
    if compute_shapes and not op_def_registry.has_shapes(type):
        raise RuntimeError(f"No shape function registered for standard op: {type}")
    op = graph.add(type, tensors, given, outputs, name or type)
    if graph._functions:
        from tracer import instances

        instances.expand(op)
    if compute_shapes:
        op_def_registry.set_shapes(op)
    return op


def _messages(attrs: Mapping[str, Any]) -> dict[str, Any]:
    for name, message in attrs.items():
        if not isinstance(message, protos.AttrValue):
            raise TypeError(f"attr '{name}' must be an AttrValue message, not {message!r}")
    return dict(attrs)


def _check_types(type: str, tensors: tuple[Tensor, ...], input_types: Any) -> None:
    if input_types is None:
        return
    wanted = [dtypes.as_dtype(kind) for kind in input_types]
    kinds = [tensor.dtype for tensor in tensors]
    if len(wanted) != len(kinds) or not all(w.is_compatible_with(k) for w, k in zip(wanted, kinds, strict=True)):
        raise TypeError(f"Inputs of a '{type}' have types {[kind.name for kind in kinds]}, which are not compatible "
                        f"with expected types {[kind.name for kind in wanted]}")


def complete(definition: opdef.OpDef, attrs: dict[str, Any]) -> None:
    """Adds the default values of the attributes that are not given."""
    for name, rules in definition.attributes.items():
        if name not in attrs and rules.has_default:
            attrs[name] = shapes.scalar() if rules.kind == "shape" and rules.default is None else rules.default
