"""Functions of a graph: a body, and FunctionDef messages of the form that 0.8 reads and writes.

In a message every result of an operation has a name: its own for the first, `name_o1` for the second. An argument or a
result that stands for several tensors is an array, which the operations `_ListToArray` and `_ArrayToList` make and take.
"""

from __future__ import annotations

from typing import Any

from tracer import attributes, opdef, protos
from tracer.ir import Graph, Operation, Tensor

_TO_ARRAY, _TO_LIST = "_ListToArray", "_ArrayToList"


class Definition:
    """One function: what goes in, what comes out, and the graph between."""

    def __init__(self, name: str, graph: Graph, inputs: list[Tensor], outputs: list[Tensor],
                 names: list[str] | None = None) -> None:
        self.name = name
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
        self.names = names or [result_name(tensor) for tensor in outputs]
        self.gradient: str | None = None  # the name of the function that is its gradient
        self.python_gradient: Any = None  # or a Python function, as `RegisterGradient` takes one

    @property
    def message(self) -> Any:
        """The FunctionDef message."""
        return function_def(self.graph, self.name, self.inputs, self.outputs, self.names)


def result_name(tensor: Tensor) -> str:
    """What a message calls a tensor."""
    return f"{tensor.op.name}_o{tensor.value_index}" if tensor.value_index else tensor.op.name


def function_def(graph: Graph, name: str, inputs: list[Tensor], outputs: list[Tensor],
                 names: list[str] | None = None) -> Any:
    """The FunctionDef message of the part of a graph from `inputs` to `outputs`."""
    message = protos.FunctionDef()
    message.signature.name = name
    for tensor in inputs:
        message.signature.input_arg.add(name=result_name(tensor), type=tensor.dtype.as_datatype_enum)
    for tensor, called in zip(outputs, names or [result_name(tensor) for tensor in outputs], strict=True):
        message.signature.output_arg.add(name=called, type=tensor.dtype.as_datatype_enum)
    given = {tensor.op for tensor in inputs}
    for op in graph.get_operations():
        if op not in given:
            _add_node(message, op)
    for tensor, called in zip(outputs, names or [], strict=False):
        if called != result_name(tensor):
            message.node.add(ret=[called], op="Identity", arg=[result_name(tensor)]).attr["T"].type = (
                tensor.dtype.as_datatype_enum)
    return message


def _add_node(message: Any, op: Operation) -> None:
    node = message.node.add(op=op.type)
    for name, value in attributes.of(op).items():
        node.attr[name].CopyFrom(value)
    node.dep.extend([control.name for control in op.control_inputs])
    definition = opdef.lookup(op.type)
    if definition is None:
        node.arg.extend([result_name(tensor) for tensor in op.inputs])
        node.ret.extend([result_name(tensor) for tensor in op.outputs] or [op.name])
        return
    groups = opdef.grouped(op.type, op.inputs, op.attrs)
    for i, (argument, group) in enumerate(zip(definition.inputs, groups, strict=True)):
        node.arg.append(_to_array(message, f"{op.name}_L2A_{i}", group) if argument.is_list else result_name(group))
    at = 0
    for i, result in enumerate(definition.outputs):
        count = 1
        if result.is_list:
            count = op.attrs[result.number_attr] if result.number_attr else len(op.attrs[result.list_attr or ""])
            node.ret.append(f"{op.name}_A2L_{i}")
            _to_list(message, node.ret[-1], op.outputs[at:at + count])
        else:
            node.ret.append(result_name(op.outputs[at]))
        at += count
    if not node.ret:
        node.ret.append(op.name)


def _to_array(message: Any, name: str, tensors: list[Tensor]) -> str:
    node = message.node.add(ret=[name], op=_TO_ARRAY, arg=[result_name(tensor) for tensor in tensors])
    node.attr["Tin"].list.type.extend([tensor.dtype.base_dtype.as_datatype_enum for tensor in tensors])
    node.attr["T"].type = tensors[0].dtype.base_dtype.as_datatype_enum if tensors else 1
    node.attr["N"].i = len(tensors)
    return name


def _to_list(message: Any, name: str, tensors: list[Tensor]) -> None:
    node = message.node.add(ret=[f"{name}_out"], op=_TO_LIST, arg=[name])
    node.attr["out_types"].list.type.extend([tensor.dtype.as_datatype_enum for tensor in tensors])
    node.attr["T"].type = tensors[0].dtype.as_datatype_enum if tensors else 1
    node.attr["N"].i = len(tensors)
    for i, tensor in enumerate(tensors):
        taken = message.node.add(ret=[result_name(tensor)], op="Identity", arg=[f"{name}_out:{i}"])
        taken.attr["T"].type = tensor.dtype.as_datatype_enum


def read(message: Any, functions: dict[str, Definition]) -> Definition:
    """The function that a FunctionDef message describes; its body may call `functions`.

    Raises ValueError when the message refers to what it does not have.
    """
    from tracer import importer
    from tracer.ops import array

    signature = message.signature
    if message.node_def:
        raise ValueError(f"The function {signature.name} was written by a later TensorFlow, which describes bodies "
                         "otherwise than 0.8.")
    reader = _Reader(message)
    graph = Graph()
    graph._functions.update(functions)
    with graph.as_default():
        inputs = [array.placeholder(arg.type, name=arg.name) for arg in signature.input_arg]
        given = dict(zip((arg.name for arg in signature.input_arg), inputs, strict=True))
        body = reader.body()
        used = {f"{name}:0": tensor for name, tensor in given.items()
                if any(source.partition(":")[0] == name for node in body.node for source in node.input)}
        names = [reader.source(arg.name) for arg in signature.output_arg]
        found = iter(importer.import_graph_def(body, used, [name for name in names if name not in given], name="") or ())
        made = {name: next(found) for name in names if name not in given}
    outputs = [given[name] if name in given else _tensor(made[name]) for name in names]
    return Definition(signature.name, graph, inputs, outputs, [arg.name for arg in signature.output_arg])


def _tensor(element: Any) -> Tensor:
    return element.outputs[0] if isinstance(element, Operation) else element


class _Reader:
    """Turns the named results of a FunctionDef into the inputs of NodeDefs."""

    def __init__(self, message: Any) -> None:
        self.message = message
        self.results: dict[str, str] = {arg.name: arg.name for arg in message.signature.input_arg}
        self.arrays = {node.ret[0]: list(node.arg) for node in message.node if node.op == _TO_ARRAY}
        self.lists = {node.ret[0]: node.arg[0] for node in message.node if node.op == _TO_LIST}
        self.taken = {node.ret[0]: node.arg[0] for node in message.node
                      if node.op == "Identity" and node.arg[0].partition(":")[0] in self.lists}  # from a list
        self.real = [node for node in message.node
                     if node.op not in (_TO_ARRAY, _TO_LIST) and node.ret[0] not in self.taken]
        for node in self.real:
            self._note(node)

    def _note(self, node: Any) -> None:
        name, at = _node_name(node), 0
        definition = opdef.lookup(node.op)
        for i, result in enumerate(node.ret):
            self.results[result] = f"{name}:{at}"
            listed = definition is not None and i < len(definition.outputs) and definition.outputs[i].is_list
            at += _count(node, definition.outputs[i]) if listed and definition is not None else 1

    def source(self, result: str) -> str:
        """The NodeDef input that a result is."""
        name, _, index = self.taken.get(result, result).partition(":")
        if name in self.lists:
            first, _, at = self.source(self.lists[name]).partition(":")
            return f"{first}:{int(at) + int(index)}"
        if name not in self.results:
            raise ValueError(f"The function {self.message.signature.name} uses {result!r}, which nothing in it gives.")
        return self.results[name]

    def body(self) -> Any:
        """The operations as a GraphDef."""
        graph = protos.GraphDef()
        graph.versions.producer = 9
        inputs = {arg.name for arg in self.message.signature.input_arg}
        for node in self.real:
            made = graph.node.add(name=_node_name(node), op=node.op)
            for argument in node.arg:
                made.input.extend([self.source(a) for a in self.arrays.get(argument, [argument])])
            made.input.extend([f"^{self._node_of(dep)}" for dep in node.dep if dep not in inputs])
            for key, value in node.attr.items():
                made.attr[key].CopyFrom(value)
        return graph

    def _node_of(self, result: str) -> str:
        return self.source(result).partition(":")[0]


def _node_name(node: Any) -> str:
    """The name of an operation by its first result."""
    return node.ret[0].removesuffix("_A2L_0")


def _count(node: Any, result: opdef.Argument) -> int:
    return node.attr[result.number_attr].i if result.number_attr else len(node.attr[result.list_attr or ""].list.type)
