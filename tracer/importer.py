"""`tf.import_graph_def`: the operations of a GraphDef message, added to the default graph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tracer import attributes, dtypes, foreign, later, op_def_registry, opdef, protos, scopes, shapes
from tracer.convert import internal_convert_to_tensor
from tracer.declare import output_types
from tracer.device import canonical
from tracer.graph_def import complete, is_handle, versions
from tracer.ir import Graph, Operation, Region, Tensor
from tracer.ops import crossing as _crossing  # noqa: F401
from tracer.ops import later as _later_operations  # noqa: F401 - which a graph may name, as the next ones
from tracer.ops import later_maths as _later_maths  # noqa: F401
from tracer.ops import later_sparse as _later_sparse  # noqa: F401
from tracer.ops import later_state as _later_state  # noqa: F401
from tracer.ops import later_strings as _later_strings  # noqa: F401
from tracer.ops import later_train as _later_train  # noqa: F401

_TENSOR_NAME = re.compile(r"([^:^]+)(?::(\d+))?")
_LOCATION = b"loc:@"
_MOST_OUTPUTS = 1 << 20  # of one operation
_Source = Tensor | tuple[int, int]  # given by the caller, or output k of node i


def import_graph_def(
    graph_def: Any, input_map: Mapping[Any, Any] | None = None, return_elements: Any = None, name: str | None = None,
    op_dict: Mapping[str, Any] | None = None, producer_op_list: Any = None,
) -> list[Any] | None:
    """Adds the operations of `graph_def` to the default graph, their names below the scope `name`.

    >>> y, = tf.import_graph_def(graph_def, {"x:0": images}, ["softmax:0"], name="trained")

    Args:
        graph_def: a GraphDef message.
        input_map: what replaces a tensor of `graph_def`, by that tensor's name in it.
        return_elements: names in `graph_def` of the operations and tensors to return.
        name: the name scope, `import` by default; `''` is the root.
        op_dict: OpDef messages by type, for operations that are defined elsewhere.
        producer_op_list: the definitions that the writer of `graph_def` had (an OpList): what they set by default and
            we do not know is left out.

    Returns:
        What `return_elements` names, or None.

    Raises:
        TypeError: `graph_def` is no GraphDef, or the other arguments are not of the forms above.
        ValueError: `graph_def` contradicts itself, or has nothing of a name that was asked for.
        KeyError: it has an operation of a type that nothing defines.
    """
    message = _graph_def(graph_def)
    mapped = _input_map(input_map)
    wanted = _return_elements(return_elements)
    with scopes.op_scope(list(mapped.values()), name, "import"):
        graph = scopes.get_default_graph()
        graph.check_not_finalized()
        with graph.name_scope("_inputs"):
            tensors = {key: internal_convert_to_tensor(value) for key, value in mapped.items()}
        if message.library.function:
            from tracer import function

            function.add_library(graph, message.library)
        reader = _Reader(message, tensors, op_dict, producer_op_list, graph._functions)
        nodes = reader.read()
        found = [reader.element(element, nodes) for element in wanted]
        versions(graph).CopyFrom(message.versions)
        operations = _add(graph, nodes)
    if return_elements is None:
        return None
    return [operations[at] if output is None else operations[at].outputs[output] for at, output in found]


def _graph_def(graph_def: Any) -> Any:
    if isinstance(graph_def, protos.GraphDef):
        return graph_def
    if getattr(getattr(graph_def, "DESCRIPTOR", None), "name", "") != "GraphDef":
        raise TypeError("graph_def must be a GraphDef proto.")
    return protos.GraphDef.FromString(graph_def.SerializeToString())  # of another package, with the same fields


def _text(word: Any) -> str:
    return word.decode() if isinstance(word, bytes) else word


def _input_map(input_map: Any) -> dict[str, Any]:
    if input_map is None:
        return {}
    if not isinstance(input_map, Mapping) or not all(isinstance(key, (str, bytes)) for key in input_map):
        raise TypeError("input_map must be a dictionary mapping strings to Tensor objects.")
    return {_canonical(_text(key)): value for key, value in input_map.items()}


def _return_elements(return_elements: Any) -> list[str]:
    if return_elements is None:
        return []
    elements = tuple(return_elements)
    if not all(isinstance(element, (str, bytes)) for element in elements):
        raise TypeError("return_elements must be a list of strings.")
    return [_text(element) for element in elements]


def _parsed(name: str) -> tuple[str, int]:
    match = _TENSOR_NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"Cannot convert {name!r} to a tensor name.")
    return match[1], int(match[2] or 0)


def _canonical(name: str) -> str:
    operation, index = _parsed(name)
    return f"{operation}:{index}"


class _Node:
    """One node of the message, checked: what the operation will be."""

    def __init__(self, message: Any, definition: opdef.OpDef | None, attrs: dict[str, Any], function: Any) -> None:
        self.message = message
        self.attrs = attrs
        shapes_given = attrs.pop("_output_shapes", None)  # which our own operations say themselves
        self.shapes = shapes_given.list.shape if shapes_given is not None and definition is not None else []
        self.regions: list[dict[str, list[str]]] = []
        if definition is not None:
            self._check_counts(definition)
            self.outputs = output_types(definition, attrs)
            self.expected = _input_types(definition, attrs)
        elif function is not None:
            self.outputs, self.expected = ([tensor.dtype for tensor in some]
                                           for some in (function.outputs, function.inputs))
        else:  # one of our own operations
            self.outputs = list(attrs.pop("output_types"))
            self.shapes = [shape.as_proto() for shape in attrs.pop("output_shapes")]
            self.expected = None
            if "regions" in attrs:
                self.regions = attributes.region_names(attrs.pop("regions"))
        self.inputs: list[_Source] = []
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


class _Reader:
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

    def read(self) -> list[_Node]:
        """The nodes in their order."""
        nodes = [self._node(message) for message in self.message.node]
        for node in nodes:
            self._connect(node, nodes)
        unused = sorted(set(self.given) - self.used)
        if unused:
            raise ValueError(f"Attempted to map inputs that were not found in graph_def: [{', '.join(unused)}]")
        return nodes

    def _node(self, message: Any) -> _Node:
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
        if message.op == "Const" and attrs["value"].dtype != attrs["dtype"].as_numpy_dtype:
            raise ValueError(f"The tensor of {message.name!r} is of type {dtypes.as_dtype(attrs['value'].dtype).name}, but "
                             f"its attr 'dtype' says {attrs['dtype'].name}.")
        for group in attrs.get("_class", ()):
            if group.startswith(_LOCATION) and group[len(_LOCATION):].decode() not in self.index:
                raise ValueError("Specified colocation to an op that does not exist during import: "
                                 f"{group[len(_LOCATION):].decode()} in {message.name}")
        return _Node(message, definition, attrs, function)

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

    def _connect(self, node: _Node, nodes: list[_Node]) -> None:
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
                if not expected.is_compatible_with(kind) and not self._is_own(source, nodes):
                    raise node.problem(f"Input tensor {name!r} Cannot convert a tensor of type {kind.name} to an input "
                                       f"of type {expected.name}")
            node.inputs.append(source)
            kinds.append(kind)
        if node.expected is not None and len(kinds) != len(node.expected):
            raise node.problem(f"Input types mismatch (expected {', '.join(kind.name for kind in node.expected)!r} but "
                               f"got {', '.join(kind.name for kind in kinds)!r})")

    def _source(self, node: _Node, name: str, nodes: list[_Node]) -> tuple[_Source, dtypes.DType]:
        operation, index = _parsed(name)
        key = f"{operation}:{index}"
        if key in self.given:
            self.used.add(key)
            return self.given[key], self.given[key].dtype
        at = self.index.get(operation)
        if at is None or index >= len(nodes[at].outputs):
            raise node.problem(f"Input tensor {name!r} not found in graph_def.")
        return (at, index), nodes[at].outputs[index]

    @staticmethod
    def _is_own(source: _Source, nodes: list[_Node]) -> bool:
        # A `Merge` behind a conditional of ours also reads which branch was taken, whatever its own type.
        return not isinstance(source, Tensor) and nodes[source[0]].expected is None

    def element(self, name: str, nodes: list[_Node]) -> tuple[int, int | None]:
        """The node, and which of its outputs, that an element to return is."""
        operation, _, index = name.partition(":")
        at = self.index.get(operation)
        if at is not None and not _:
            return at, None
        if at is None or not index.isdigit() or int(index) >= len(nodes[at].outputs):
            raise ValueError(f"Requested return_element {name!r} not found in graph_def.")
        return at, int(index)


def _add(graph: Graph, nodes: list[_Node]) -> list[Operation]:
    """Adds the operations in the order of the message, and then links them: a graph with loops is cyclic."""
    devices, graph._device_stack = graph._device_stack, []
    try:
        operations = [graph.add(node.message.op, (), node.attrs, tuple((kind, None) for kind in node.outputs),
                                node.message.name) for node in nodes]
    finally:
        graph._device_stack = devices
    names = {node.message.name: op.name for node, op in zip(nodes, operations, strict=True)}
    for node, op in zip(nodes, operations, strict=True):
        op.inputs = tuple([source if isinstance(source, Tensor) else operations[source[0]].outputs[source[1]]
                           for source in node.inputs])
        for tensor in op.inputs:
            tensor.add_consumer(op)
        controls = [operations[at] for at in node.controls]
        op._controls = tuple(dict.fromkeys((*controls, *op._controls)))
        op.attrs = {**op.attrs, **_renamed(op, names)}
    for node, op in zip(nodes, operations, strict=True):
        if node.regions:
            _restore_regions(graph, op, node.regions, names)
    if graph._functions:
        from tracer import instances

        for op in operations:
            instances.expand(op)
    for at in _in_order(nodes):
        node, op = nodes[at], operations[at]
        if op.type not in opdef.OWN and op.type not in graph._functions:
            op_def_registry.set_shapes(op)
        for output, shape in zip(op.outputs, node.shapes, strict=False):
            if not is_handle(output):  # of which each TensorFlow says something else
                output.set_shape(shapes.as_shape(shape))
    for node, op in zip(nodes, operations, strict=True):
        if node.message.device:
            op.device = canonical(node.message.device)
        graph._apply_device_functions(op)
    from tracer.raw import functionalize

    functionalize.give_regions(graph, [op for op in operations if op.region is graph.region])
    return operations


def _renamed(op: Operation, names: dict[str, str]) -> dict[str, Any]:
    """The attributes that name operations, with their names in this graph."""
    changed: dict[str, Any] = {}
    if "_class" in op.attrs:
        changed["_class"] = [_relocated(group, names) for group in op.attrs["_class"]]
    if op.type == "Gradients":
        changed["rows"] = tuple(tuple(names[name] for name in rows) for rows in op.attrs["rows"])
        changed["custom"] = tuple((_inner_renamed(name, names), returned) for name, returned in op.attrs["custom"])
        changed.setdefault("regions", ())
    return changed


def _inner_renamed(name: str, names: dict[str, str]) -> str:
    outer, mark, inner = name.partition("//")
    return names[outer] + mark + inner


def _relocated(group: bytes, names: dict[str, str]) -> bytes:
    name = group[len(_LOCATION):].decode()
    return _LOCATION + names.get(name, name).encode() if group.startswith(_LOCATION) else group


def _restore_regions(
    graph: Graph, holder: Operation, described: list[dict[str, list[str]]], names: dict[str, str],
) -> None:
    """Makes the bodies of a conditional or loop anew from the operations that belong to them."""
    regions = []
    for parts in described:
        region = Region(graph)
        region.parent = holder.region
        region.operations = [graph.get_operation_by_name(names[name]) for name in parts["operations"]]
        region.inputs = [_tensor(graph, name, names) for name in parts["inputs"]]
        region.outputs = [_tensor(graph, name, names) for name in parts["outputs"]]
        shadows = [graph.get_operation_by_name(names[name]) for name in parts["shadows"]]
        for op in (*region.operations, *shadows):
            if op.region is not None:  # the import itself stands in a region
                op.region.operations.remove(op)
            op.region = region
            for inner in op.regions:
                inner.parent = region
        regions.append(region)
    holder.attrs = {**holder.attrs, "regions": tuple(regions)}


def _tensor(graph: Graph, name: str, names: dict[str, str]) -> Tensor:
    operation, index = _parsed(name)
    return graph.get_operation_by_name(names[operation]).outputs[index]


def _in_order(nodes: list[_Node]) -> Iterator[int]:
    """Positions such that inputs come before what reads them, as far as there are no cycles."""
    waiting = [len({source[0] for source in node.inputs if not isinstance(source, Tensor)}) for node in nodes]
    readers: list[list[int]] = [[] for _ in nodes]
    for at, node in enumerate(nodes):
        for before in {source[0] for source in node.inputs if not isinstance(source, Tensor)}:
            readers[before].append(at)
    ready = [at for at, count in enumerate(waiting) if not count]
    done = set(ready)
    while ready:
        at = ready.pop()
        yield at
        for reader in readers[at]:
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
                done.add(reader)
    yield from (at for at in range(len(nodes)) if at not in done)
