"""`OpDefLibrary`: records operations that OpDef messages describe, from keyword arguments."""

from __future__ import annotations

import contextlib
from typing import Any

from tracer import arguments, op_def_registry, opdef, scopes, values
from tracer.declare import output_types, result_of
from tracer.ir import Graph, Operation, Tensor


class OpDefLibrary:
    """A set of definitions, and the function that records a call of one."""

    def __init__(self) -> None:
        self._definitions: dict[str, opdef.OpDef] = {}

    def add_op(self, op_def: Any) -> None:
        """Adds an OpDef message. Raises TypeError when it contradicts itself, RuntimeError when its name is taken."""
        from tracer.protos import OpDef

        if not isinstance(op_def, OpDef):
            raise TypeError(f"{op_def} is {type(op_def)}, not an op_def_pb2.OpDef")
        if not op_def.name:
            raise ValueError(f"{op_def} missing name.")
        if op_def.name in self._definitions:
            raise RuntimeError(f"Op name {op_def.name} registered twice.")
        _check(op_def)
        self._definitions[op_def.name] = op_def_registry.definition_of(op_def)

    def add_op_list(self, op_list: Any) -> None:
        """Adds the definitions of an OpList message."""
        for op_def in op_list.op:
            self.add_op(op_def)

    def apply_op(self, op_type_name: str, name: str | None = None, **keywords: Any) -> Any:
        """Records an operation of type `op_type_name`; its inputs and attributes are keywords.

        Returns its output, a list where the definition says so, several of those, or the operation when it has none.

        Raises:
            RuntimeError: there is no definition of this name, or nothing says what shapes it gives.
            TypeError, ValueError: an argument is missing, unknown, or not what the definition wants.
        """
        definition = self._definitions.get(op_type_name)
        if definition is None:
            raise RuntimeError(f"Unrecognized Op name {op_type_name}")
        if not op_def_registry.has_shapes(op_type_name):
            raise RuntimeError(f"No shape function registered for standard op: {op_type_name}")
        values = _flat([keywords.get(_keyword(keywords, argument.name)) for argument in definition.inputs])
        graph = scopes.graph_of(values)
        opdef.register(definition)
        op = _record(graph, definition, name or op_type_name, dict(keywords))
        op_def_registry.set_shapes(op)
        return result_of(op, definition)


def _flat(values: list[Any]) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, (list, tuple)) else [value])]


def _keyword(keywords: dict[str, Any], name: str) -> str:
    """The keyword for `name`: names that Python uses itself may have an underscore at the end."""
    return name + "_" if name not in keywords and name + "_" in keywords else name


def _record(graph: Graph, definition: opdef.OpDef, name: str, keywords: dict[str, Any]) -> Operation:
    graph.check_not_finalized()
    typing = arguments.Typing(definition, graph)
    edges: list[Tensor] = []
    with graph.as_default(), graph.name_scope(name) as scope:
        for argument in definition.inputs:
            key = _keyword(keywords, argument.name)
            if key not in keywords:
                raise TypeError(f"No argument for input {argument.name}")
            value = keywords.pop(key)
            if not argument.is_list and isinstance(value, list) and any(isinstance(item, Tensor) for item in value):
                values.array_of(value, argument.dtype)  # raises: at this level a list is no tensor yet
            edges += typing.edges(argument, value)
        attrs = typing.attrs
        for attr, rules in definition.attributes.items():
            key = _keyword(keywords, attr)
            if attr in definition.inferred:
                if key in keywords:
                    raise TypeError(f"Should not specify value for inferred attr '{attr}'.")
            elif key not in keywords:
                raise TypeError(f"No argument for attr {attr}")
            else:
                attrs[attr] = arguments.attribute(definition, rules, keywords.pop(key))
        if keywords:
            raise TypeError("apply_op() got unexpected keyword arguments: " + ", ".join(sorted(keywords)))
        outputs = tuple((kind, None) for kind in output_types(definition, attrs))
        with contextlib.ExitStack() as colocation:
            for tensor, argument in zip(edges, definition.inputs, strict=False):
                if argument.is_ref:
                    colocation.enter_context(graph.colocate_with(tensor.op))
            return graph.add(definition.type, tuple(edges), attrs, outputs, scope)


def _check(op_def: Any) -> None:
    """Raises TypeError when the types of inputs and outputs refer to attributes that are not there."""
    kinds = {attr.name: attr.type for attr in op_def.attr}
    for arg in (*op_def.input_arg, *op_def.output_arg):
        given = (arg.type != 0) + bool(arg.type_attr) + bool(arg.type_list_attr)
        if given != 1:
            raise TypeError(f"Arg '{arg.name}' of '{op_def.name}' must have one type field not {given}")
        for field, word, wanted in (("type_attr", arg.type_attr, "type"), ("number_attr", arg.number_attr, "int"),
                                    ("type_list_attr", arg.type_list_attr, "list(type)")):
            if not word:
                continue
            if word not in kinds:
                raise TypeError(f"Inconsistent OpDef for '{op_def.name}', missing attr '{word}'")
            if kinds[word] != wanted:
                raise TypeError(f"Attr '{word}' of '{op_def.name}' used as a {field} but has type {kinds[word]}")
