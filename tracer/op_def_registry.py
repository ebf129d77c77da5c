"""Operations that a program defines itself: their definitions, and what shapes their outputs have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import dtypes, opdef, shapes
from tracer.declare import DECLARATIONS
from tracer.ir import Operation

_ops: dict[str, Any] = {}
_shape_functions: dict[str, Callable | None] = {}


class RegisterShape:
    """Decorator: `function(op)` gives the static shapes of the outputs of operations of type `op_type`.

    >>> @tf.RegisterShape("MyOp")
    ... def shape(op):
    ...     return [op.inputs[0].get_shape()]

    Raises KeyError when the type has a function already.
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f: Callable | None) -> Callable | None:
        declared = DECLARATIONS.get(self._op_type)
        if self._op_type in _shape_functions or (declared is not None and self._op_type in opdef.names()):
            raise KeyError(f"Registering two shape functions with name '{self._op_type}' !")
        _shape_functions[self._op_type] = f
        if declared is not None and f is not None:
            declared.refine = set_shapes
        return f


def register_op_list(op_list: Any) -> None:
    """Adds the definitions of an OpList message.

    Raises:
        TypeError: `op_list` is no OpList, or a definition contradicts itself.
        ValueError: an operation of that name is defined differently.
    """
    from tracer.protos import OpList

    if not isinstance(op_list, OpList):
        raise TypeError(f"{op_list} is {type(op_list)}, not an op_def_pb2.OpList")
    for message in op_list.op:
        if message.name in _ops:
            if _ops[message.name] != message:
                raise ValueError(f"Registered op_def for {message.name} ({_ops[message.name]}) not equal to op_def to "
                                 f"register ({message}).")
        elif opdef.lookup(message.name) is None:
            opdef.register(definition_of(message))
        _ops[message.name] = message


def get_registered_ops() -> dict[str, Any]:
    """The OpDef messages that were registered, by operation type."""
    return _ops


def definition_of(message: Any) -> opdef.OpDef:
    """An OpDef message as a definition."""
    from tracer.attributes import decode

    def argument(arg: Any) -> opdef.Argument:
        kind = dtypes.as_dtype(arg.type) if arg.type else None
        return opdef.Argument(arg.name, arg.is_ref, kind, arg.type_attr or None, arg.number_attr or None,
                              arg.type_list_attr or None)

    def attribute(attr: Any) -> opdef.Attribute:
        allowed = None
        if attr.HasField("allowed_values"):
            allowed = tuple(decode("list(string)" if "string" in attr.type else "list(type)", attr.allowed_values))
        known = attr.HasField("default_value")
        return opdef.Attribute(attr.name, attr.type, allowed, attr.minimum if attr.has_minimum else None,
                               decode(attr.type, attr.default_value) if known else None, known)

    inputs = tuple(argument(arg) for arg in message.input_arg)
    inferred = {word for a in inputs for word in (a.type_attr, a.number_attr, a.list_attr) if word}
    return opdef.OpDef(
        message.name, inputs, tuple(argument(arg) for arg in message.output_arg),
        {attr.name: attribute(attr) for attr in message.attr}, message.is_stateful, message.allows_uninitialized_input,
        message.deprecation.version if message.HasField("deprecation") else None, message.deprecation.explanation,
        frozenset(inferred))


def has_shapes(type: str) -> bool:
    """Whether anything says what shapes the outputs of operations of this type have."""
    return type in DECLARATIONS or type in _shape_functions or type == "Const"


def set_shapes(op: Operation) -> None:
    """Refines the static shapes of the outputs of `op` by what its type's shape function says.

    Raises ValueError when that contradicts what is known of them.
    """
    if op.type == "Const":
        op.outputs[0].set_shape(op.attrs["value"].shape)
        return
    if op.type in DECLARATIONS and op.type not in _shape_functions:
        found: Any = [sizes for _, sizes in DECLARATIONS[op.type].infer(op.inputs, dict(op.attrs))]
    else:
        function = _shape_functions.get(op.type)
        if function is None:
            return
        found = list(function(op))
        if len(found) != len(op.outputs):
            raise RuntimeError(
                f"Shape function for op {op} returned {len(found)} shapes but expected {len(op.outputs)}")
    for output, shape in zip(op.outputs, found, strict=True):
        output.set_shape(shapes.as_shape(shape))
