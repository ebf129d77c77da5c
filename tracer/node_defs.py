"""The NodeDefs of a GraphDef, read and checked: types, attributes and inputs, before anything is recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tracer import attributes, dtypes, foreign, later, op_def_registry, opdef, protos, values
from tracer.declare import output_types
from tracer.graph_def import complete
from tracer.ir import Tensor

_TENSOR_NAME = re.compile(r"([^:^]+)(?::(\d+))?")
LOCATION = b"loc:@"
_MOST_OUTPUTS = 1 << 20  # of one operation
Source = Tensor | tuple[int, int]  # given by the caller, or output k of node i


def parsed(name: str) -> tuple[str, int]:
    """The operation and the output that `name` or `name:index` means."""
    match = _TENSOR_NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"Cannot convert {name!r} to a tensor name.")
    return match[1], int(match[2] or 0)


def full_name(name: str) -> str:
    """`name:index` of what may be a name alone."""
    operation, index = parsed(name)
    return f"{operation}:{index}"


class Node:
    """One node of the message, checked: what the operation will be."""

    def __init__(self, message: Any, definition: opdef.OpDef | None, attrs: dict[str, Any], function: Any) -> None:
        self.message = message
        self.attrs = attrs
        shapes_given = attrs.pop("_output_shapes", None)  # which our own operations say themselves
        self.shapes = shapes_given.list.shape if shapes_given is not None and definition is not None else []
        self.regions: list[dict[str, list[str]]] = []
        self.fixed: list[dtypes.DType] = []  # the types of its inputs in 0.8
        if definition is not None:
            self._check_counts(definition)
            self.fixed = _input_types(definition, attrs)
            self.expected, self.outputs = later.widened(
                definition, attrs, self.fixed, output_types(definition, attrs))
        elif function is not None:
            self.outputs, self.expected = ([tensor.dtype for tensor in some]
                                           for some in (function.outputs, function.inputs))
        else:  # one of our own operations
            self.outputs = list(attrs.pop("output_types"))
            self.shapes = [shape.as_proto() for shape in attrs.pop("output_shapes")]
            self.expected = None
            if "regions" in attrs:
                self.regions = attributes.region_names(attrs.pop("regions"))
        self.inputs: list[Source] = []
        self.controls: list[int] = []

    def _check_counts(self, definition: opdef.OpDef) -> None:
        """Refuses numbers of inputs or outputs that cannot be meant, before there is a list of as many."""
        for arguments, most in ((definition.inputs, len(self.message.input)), (definition.outputs, _MOST_OUTPUTS)):
            for argument in arguments:
                count = self.attrs[argument.number_attr] if argument.number_attr is not None else 0
                if count > most:
                    raise self.problem(f"attr {argument.number_attr!r} says {count} tensors where there are {most} at most")

    def problem(self, what: str) -> ValueError:
        """The error that names this node."""
        return ValueError(f"graph_def is invalid at node {self.message.name!r}: {what}.")


def _input_types(definition: opdef.OpDef, attrs: dict[str, Any]) -> list[dtypes.DType]:
    kinds: list[dtypes.DType] = []
    for argument in definition.inputs:
        some: list[Any] = list(attrs[argument.list_attr]) if argument.list_attr is not None else [
            attrs[argument.type_attr] if argument.type_attr is not None else argument.dtype]
        if argument.number_attr is not None:
            some *= attrs[argument.number_attr]
        kinds += [kind.as_ref for kind in some] if argument.is_ref else some
    return kinds


class Reader:
    """Checks a message and resolves the names in it, before anything is added to the graph."""

    def __init__(self, message: Any, given: dict[str, Tensor], op_dict: Any, producer_op_list: Any,
                 functions: Mapping[str, Any]) -> None:
        self.message = message
        self.given = given
        self.functions = functions
        self.used: set[str] = set()
        self.definitions = {type: op_def_registry.definition_of(one) for type, one in (op_dict or {}).items()}
        self.producers = {one.name: one for one in producer_op_list.op} if producer_op_list is not None else {}
        self.index = {node.name: i for i, node in enumerate(message.node)}

    def read(self) -> list[Node]:
        """The nodes in their order."""
        nodes = [self._node(message) for message in self.message.node]
        for node in nodes:
            self._connect(node, nodes)
        return nodes

    def check_given(self) -> None:
        """Refuses replacements of tensors that the message does not have."""
        unused = sorted(set(self.given) - self.used)
        if unused:
            raise ValueError(f"Attempted to map inputs that were not found in graph_def: [{', '.join(unused)}]")

    def _node(self, message: Any) -> Node:
        if message.op not in self.definitions and message.op not in self.functions:
            message = self._translated(message)
        definition = self.definitions.get(message.op) or opdef.lookup(message.op)
        function = self.functions.get(message.op)
        if definition is None and function is None and message.op not in opdef.OWN:
            raise KeyError(f"No operation of type {message.op!r} is defined; node {message.name!r} is one")
        attrs = attributes.read(message.op, message.attr, definition)
        self._drop_defaults(message, attrs, definition)
        if definition is not None:
            complete(definition, attrs)
            standard = message.op not in op_def_registry.get_registered_ops() and message.op not in self.definitions
            for name in (attributes.kinds if standard else attributes.typing_kinds)(definition):
                if name not in attrs:
                    raise ValueError(f"Expected one attr with name {name!r} in {message}.")
        if message.op == "Const":
            if attrs["value"].dtype != attrs["dtype"].as_numpy_dtype:
                raise ValueError(f"The tensor of {message.name!r} is of type {dtypes.as_dtype(attrs['value'].dtype).name}, "
                                 f"but its attr 'dtype' says {attrs['dtype'].name}.")
            attrs["value"] = values.plain(attrs["value"])
        for group in attrs.get("_class", ()):
            if group.startswith(LOCATION) and group[len(LOCATION):].decode() not in self.index:
                raise ValueError("Specified colocation to an op that does not exist during import: "
                                 f"{group[len(LOCATION):].decode()} in {message.name}")
        return Node(message, definition, attrs, function)

    def _translated(self, message: Any) -> Any:
        """The node in the words of 0.8."""
        message = foreign.home(message)
        kind = later.type_of(message, self.message.versions.producer)
        if kind == message.op:
            return message
        translated = protos.NodeDef()
        translated.CopyFrom(message)
        translated.op = kind
        translated.input[:] = later.inputs_of(message)
        return translated

    def _drop_defaults(self, message: Any, attrs: dict[str, Any], definition: opdef.OpDef | None) -> None:
        """Leaves out what a later TensorFlow has added and set to its default."""
        producer = self.producers.get(message.op)
        if producer is None or definition is None:
            return
        for attr in producer.attr:
            if (attr.name in attrs and attr.name not in definition.attributes and attr.HasField("default_value")
                    and attr.default_value == message.attr[attr.name]):
                del attrs[attr.name]

    def _connect(self, node: Node, nodes: list[Node]) -> None:
        kinds = []
        for name in node.message.input:
            if name.startswith("^"):
                if name[1:] not in self.index:
                    raise node.problem(f"Control input {name!r} not found in graph_def.")
                node.controls.append(self.index[name[1:]])
                continue
            source, kind = self._source(node, name, nodes)
            if node.expected is not None:
                if len(node.inputs) >= len(node.expected):
                    raise node.problem(f"More inputs specified ({name!r}) than the op expects.")
                expected = node.expected[len(node.inputs)]
                # Where the attribute of a later release and the type differ, a run says so.
                fits = expected.is_compatible_with(kind) or (bool(node.fixed) and node.fixed[len(node.inputs)] is kind)
                if not fits and not self._is_own(source, nodes):
                    raise node.problem(f"Input tensor {name!r} Cannot convert a tensor of type {kind.name} to an input "
                                       f"of type {expected.name}")
            node.inputs.append(source)
            kinds.append(kind)
        if node.expected is not None and len(kinds) != len(node.expected):
            raise node.problem(f"Input types mismatch (expected {', '.join(kind.name for kind in node.expected)!r} but "
                               f"got {', '.join(kind.name for kind in kinds)!r})")

    def _source(self, node: Node, name: str, nodes: list[Node]) -> tuple[Source, dtypes.DType]:
        operation, index = parsed(name)
        key = f"{operation}:{index}"
        if key in self.given:
            self.used.add(key)
            return self.given[key], self.given[key].dtype
        at = self.index.get(operation)
        if at is None or index >= len(nodes[at].outputs):
            raise node.problem(f"Input tensor {name!r} not found in graph_def.")
        return (at, index), nodes[at].outputs[index]

    @staticmethod
    def _is_own(source: Source, nodes: list[Node]) -> bool:
        # A `Merge` behind a conditional of ours also reads which branch was taken, whatever its own type.
        return not isinstance(source, Tensor) and nodes[source[0]].expected is None

    def element(self, name: str, nodes: list[Node]) -> tuple[int, int | None]:
        """The node, and which of its outputs, that an element to return is."""
        operation, _, index = name.partition(":")
        at = self.index.get(operation)
        if at is not None and not _:
            return at, None
        if at is None or not index.isdigit() or int(index) >= len(nodes[at].outputs):
            raise ValueError(f"Requested return_element {name!r} not found in graph_def.")
        return at, int(index)
