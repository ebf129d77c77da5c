"""Attributes of operations as protobuf AttrValue messages, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tracer import dtypes, opdef, protos, shapes, tensor_util
from tracer.ir import Graph, Operation, Region

_FIELDS = {"int": "i", "float": "f", "bool": "b", "string": "s", "type": "type", "shape": "shape", "tensor": "tensor",
           "func": "func"}
_KINDS = {field: kind for kind, field in _FIELDS.items()}


def encode(kind: str, value: Any) -> Any:
    """`value`, an attribute of this kind (`int`, `list(type)` ...), as a message."""
    message = protos.AttrValue()
    if not kind.startswith("list("):
        _fill(message, kind, value)
        return message
    message.list.SetInParent()
    field = getattr(message.list, _FIELDS[kind[5:-1]])
    for item in value:
        one = protos.AttrValue()
        _fill(one, kind[5:-1], item)
        field.append(getattr(one, _FIELDS[kind[5:-1]]))
    return message


def _fill(message: Any, kind: str, value: Any) -> None:
    if kind == "type":
        message.type = value.as_datatype_enum
    elif kind == "string":
        message.s = value.encode() if isinstance(value, str) else value
    elif kind == "shape":
        message.shape.CopyFrom(shapes.as_shape(value).as_proto())
    elif kind == "tensor":
        message.tensor.CopyFrom(tensor_util.proto_of(value))
    elif kind == "func":
        message.func.CopyFrom(value)
    else:
        setattr(message, _FIELDS[kind], value)


def decode(kind: str, message: Any) -> Any:
    """The attribute of this kind that a message holds, as `Operation.attrs` keeps it."""
    if not kind.startswith("list("):
        return _plain(kind, getattr(message, _FIELDS[kind]))
    return [_plain(kind[5:-1], item) for item in getattr(message.list, _FIELDS[kind[5:-1]])]


def _plain(kind: str, value: Any) -> Any:
    if kind == "type":
        return dtypes.as_dtype(value)
    if kind == "string":
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if kind == "shape":
        return shapes.as_shape(value)
    if kind == "tensor":
        return tensor_util.array_from(value)
    return value


def kind_of(message: Any) -> str:
    """The kind of a message by the field that is set; `list` when that is an empty list."""
    field = message.WhichOneof("value")
    if field != "list":
        return _KINDS.get(field, "")
    filled = [entry.name for entry, _ in message.list.ListFields()]
    return f"list({_KINDS[filled[0]]})" if filled else "list"


def _guessed_kind(value: Any) -> str:
    """The kind of an attribute that no definition describes."""
    for types, kind in (((bool, np.bool_), "bool"), ((int, np.integer), "int"), (float, "float"),
                        ((str, bytes), "string"), (dtypes.DType, "type"), (shapes.TensorShape, "shape"),
                        (np.ndarray, "tensor")):
        if isinstance(value, types):  # type: ignore[arg-type]
            return kind
    raise TypeError(f"an attribute that is a {type(value).__name__} cannot be exported: {value!r}")


def guess(value: Any) -> Any:
    """The message of an attribute that no definition describes; lists within lists become functions without a name."""
    if isinstance(value, protos.AttrValue):
        return value
    if not isinstance(value, (list, tuple)):
        return encode(_guessed_kind(value), value)
    if any(isinstance(item, (list, tuple)) for item in value):
        return encode("list(func)", [protos.NameAttrList(attr={"item": guess(item)}) for item in value])
    return encode(f"list({_guessed_kind(value[0]) if value else 'int'})", value)


def unguess(message: Any) -> Any:
    """What `guess` was given."""
    kind = kind_of(message)
    if kind == "list":
        return ()
    if kind == "list(func)":
        return tuple(unguess(item.attr["item"]) for item in message.list.func)
    value = decode(kind, message)
    return tuple(value) if isinstance(value, list) else value


def of(op: Operation, type: str | None = None, attrs: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """All attributes of `op` that an export carries, as messages; `type` and `attrs` where it is exported as another."""
    type, attrs = type or op.type, op.attrs if attrs is None else attrs
    definition = opdef.lookup(type)
    if definition is None and type not in opdef.OWN:
        return {name: guess(value) for name, value in attrs.items() if name != "regions"}
    found: dict[str, Any] = {}
    if definition is None:
        found.update((name, guess(value)) for name, value in attrs.items() if name[0] != "_" and name != "regions")
        if op.regions:
            found["regions"] = encode("list(func)", [_region(region, op.graph) for region in op.regions])
        found["output_types"] = encode("list(type)", [output.dtype for output in op.outputs])
        found["output_shapes"] = encode("list(shape)", [output.get_shape() for output in op.outputs])
    else:
        if type == "Const" and attrs["dtype"].is_quantized:  # such numbers are told apart in a message only
            attrs = {**attrs, "value": attrs["value"].view(attrs["dtype"].as_numpy_dtype)}
        for name, rules in definition.attributes.items():
            if name in attrs and not (name in definition.later and attrs[name] == rules.default):
                found[name] = encode(rules.kind, attrs[name])
    for name, value in attrs.items():
        if name not in found and (name[0] == "_" or isinstance(value, protos.AttrValue)):
            found[name] = guess(value)
    return found


def _region(region: Region, graph: Graph) -> Any:
    operations = {op.name for op in region.operations}
    shadows = [op.name for op in graph.get_operations() if op.region is region and op.name not in operations]
    return protos.NameAttrList(name="region", attr={
        "operations": encode("list(string)", [op.name for op in region.operations]),
        "shadows": encode("list(string)", shadows),
        "inputs": encode("list(string)", [tensor.name for tensor in region.inputs]),
        "outputs": encode("list(string)", [tensor.name for tensor in region.outputs]),
    })


def region_names(message: Any) -> list[dict[str, list[str]]]:
    """For each region of an exported operation the names of what belongs to it."""
    keys = ("operations", "shadows", "inputs", "outputs")
    return [{key: decode("list(string)", region.attr[key]) for key in keys} for region in message.list.func]


def read(type: str, messages: Mapping[str, Any], definition: opdef.OpDef | None) -> dict[str, Any]:
    """The attributes of an operation of this type, from messages; those its definition does not know stay messages."""
    known = {} if definition is None else kinds(definition)
    found: dict[str, Any] = {}
    for name, message in messages.items():
        if name in known:
            found[name] = decode(known[name], message)
        elif name == "_class":
            found[name] = [bytes(group) for group in message.list.s]
        elif name in ("_gradient_op_type", "_kernel"):
            found[name] = decode("string", message)
        elif type in opdef.OWN and name != "regions":
            found[name] = unguess(message)
        else:
            found[name] = protos.AttrValue.FromString(message.SerializeToString())
    return found


def kinds(definition: opdef.OpDef) -> dict[str, str]:
    """The kinds of all attributes that a definition names."""
    found = {name: rules.kind for name, rules in definition.attributes.items()}
    return {**typing_kinds(definition), **found}


def typing_kinds(definition: opdef.OpDef) -> dict[str, str]:
    """The kinds of the attributes that say what types inputs and outputs have, and how many they are."""
    found: dict[str, str] = {}
    for argument in (*definition.inputs, *definition.outputs):
        words = (argument.type_attr, "type"), (argument.number_attr, "int"), (argument.list_attr, "list(type)")
        found.update((name, kind) for name, kind in words if name is not None)
    return found


def as_python(message: Any) -> Any:
    """A message's value as `Operation.get_attr` gives it."""
    field = message.WhichOneof("value")
    if field is None:
        return None
    if field != "list":
        return getattr(message, field)
    filled = [value for _, value in message.list.ListFields()]
    return list(filled[0]) if filled else []
