"""`tf.import_graph_def`: the operations of a GraphDef message, added to the default graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tracer import op_def_registry, opdef, protos, scopes, shapes
from tracer.convert import internal_convert_to_tensor
from tracer.device import canonical
from tracer.graph_def import is_handle, versions
from tracer.ir import Graph, Operation, Region, Tensor
from tracer.node_defs import LOCATION, Node, Reader, full_name, parsed
from tracer.ops import accumulators as _accumulators  # noqa: F401
from tracer.ops import crossing as _crossing  # noqa: F401
from tracer.ops import fractional as _fractional  # noqa: F401
from tracer.ops import later as _later_operations  # noqa: F401 - which a graph may name, as the next ones
from tracer.ops import later_image as _later_image  # noqa: F401
from tracer.ops import later_maths as _later_maths  # noqa: F401
from tracer.ops import later_nn as _later_nn  # noqa: F401
from tracer.ops import later_sparse as _later_sparse  # noqa: F401
from tracer.ops import later_state as _later_state  # noqa: F401
from tracer.ops import later_strings as _later_strings  # noqa: F401
from tracer.ops import later_train as _later_train  # noqa: F401
from tracer.ops import quantization as _quantization  # noqa: F401


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
        reader = Reader(message, tensors, op_dict, producer_op_list, graph._functions)
        nodes = reader.read()
        versions(graph).CopyFrom(message.versions)
        operations = _add(graph, nodes)
        reader.check_given()  # as in TensorFlow, where scripts catch the error and go on with what was added
        found = [reader.element(element, nodes) for element in wanted]
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
    return {full_name(_text(key)): value for key, value in input_map.items()}


def _return_elements(return_elements: Any) -> list[str]:
    if return_elements is None:
        return []
    elements = tuple(return_elements)
    if not all(isinstance(element, (str, bytes)) for element in elements):
        raise TypeError("return_elements must be a list of strings.")
    return [_text(element) for element in elements]


def _add(graph: Graph, nodes: list[Node]) -> list[Operation]:
    """Adds the operations in the order of the message, and then links them: a graph with loops is cyclic."""
    devices, graph._device_function_stack = graph._device_function_stack, []
    try:
        operations = [graph.add(node.message.op, (), node.attrs, tuple((kind, None) for kind in node.outputs),
                                node.message.name) for node in nodes]
    finally:
        graph._device_function_stack = devices
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
    name = group[len(LOCATION):].decode()
    return LOCATION + names.get(name, name).encode() if group.startswith(LOCATION) else group


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
    operation, index = parsed(name)
    return graph.get_operation_by_name(names[operation]).outputs[index]


def _in_order(nodes: list[Node]) -> Iterator[int]:
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
