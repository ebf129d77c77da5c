"""What graphs of TensorFlow 0.9 to 1.0 say otherwise than those of 0.8: operations renamed, attributes added."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, opdef, protos

RENAMED = {
    "AddV2": "Add", "BatchCholeskyGrad": "CholeskyGrad", "BatchMatrixSetDiag": "MatrixSetDiag",
    "BatchSelfAdjointEigV2": "SelfAdjointEigV2", "BatchSvd": "Svd",
    "BatchMatMulV2": "BatchMatMul", "ConcatV2": "Concat", "FusedBatchNormV3": "FusedBatchNormV2",
    "Cholesky": "BatchCholesky", "FFT": "BatchFFT", "FFT2D": "BatchFFT2D",
    "FFT3D": "BatchFFT3D", "IFFT": "BatchIFFT", "IFFT2D": "BatchIFFT2D", "IFFT3D": "BatchIFFT3D",
    "MatrixBandPart": "BatchMatrixBandPart", "MatrixDeterminant": "BatchMatrixDeterminant",
    "MatrixDiag": "BatchMatrixDiag", "MatrixInverse": "BatchMatrixInverse",
    "MatrixSolve": "BatchMatrixSolve", "MatrixSolveLs": "BatchMatrixSolveLs",
    "MatrixTriangularSolve": "BatchMatrixTriangularSolve", "PlaceholderV2": "Placeholder", "RealDiv": "Div",
    "Reciprocal": "Inv", "InvGrad": "ReciprocalGrad", "TruncateDiv": "Div", "TruncateMod": "Mod", "VariableV2": "Variable",
}
"""The operation of 0.8 that does the same. Those of one matrix took batches of them as well from 0.12 on."""
_SINGLE = frozenset(RENAMED) & frozenset(opdef.names())

_INTEGERS = (dtypes.uint8, dtypes.int32, dtypes.int64)
_SINCE = {kind.as_datatype_enum: kind for kind in (
    *_INTEGERS, dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128)}
_FEWER = {("DynamicStitch", "N"): 1, ("PyFunc", "Tout"): 0}
"""Lists that may be shorter since than 0.8 let them be."""
_ADDED: dict[str, Any] = {
    "data_format": b"NHWC", "hop_bytes": 0, "index_type": 3, "out_idx": 3, "output_type": 9, "batch_dims": 0,
}
"""Attributes added to operations since, and the values with which these are what they were; types by number. What is
false or empty is so by default."""


def type_of(message: Any, producer: int) -> str:
    """The type that 0.8 has for a node. A graph of 0.8 itself says what it means."""
    from tracer.ir import GRAPH_DEF_VERSION

    kind: str = message.op
    return kind if kind in _SINGLE and producer <= GRAPH_DEF_VERSION else RENAMED.get(kind, kind)


def inputs_of(message: Any) -> list[str]:
    """The inputs of a node in the order that 0.8 has: where tensors are joined it comes first."""
    if message.op != "ConcatV2":
        return list(message.input)
    count = message.attr["N"].i
    return [message.input[count], *message.input[:count], *message.input[count + 1:]]


def widened(definition: opdef.OpDef, attrs: dict[str, Any], inputs: list[Any], outputs: list[Any]) -> tuple[list[Any], ...]:
    """The types of the inputs and outputs of a node: where 0.8 fixed a type, others have come since.

    An attribute that 0.8 had not says which: `Tout` of the outputs, others of the inputs of its kind; of integers it is
    the first. `Range` takes and gives but one type.
    """
    for name, value in attrs.items():
        if name[0] != "T" or name in definition.attributes or not isinstance(value, protos.AttrValue):
            continue
        kind = _SINCE.get(value.type)
        if kind is not None and definition.type == "Range":
            return [kind] * len(inputs), [kind] * len(outputs)
        if kind is not None and (name == "Tout" or kind.is_complex):
            outputs = _of_type(kind, definition.outputs, outputs)
        if kind is not None and name != "Tout":
            inputs = _of_type(kind, definition.inputs, inputs)
    return inputs, outputs


def _of_type(kind: dtypes.DType, arguments: tuple[opdef.Argument, ...], given: list[Any]) -> list[Any]:
    found = list(given)
    for i, argument in enumerate(arguments):
        if argument.is_list:
            break
        fixed = argument.dtype
        if fixed is not None and (fixed.is_integer, fixed.is_complex) == (kind.is_integer, kind.is_complex) \
                and (fixed.is_integer or fixed.is_floating or fixed.is_complex):
            found[i] = kind
            if kind.is_integer:
                break
    return found


def problem(op: Any) -> str | None:
    """What to say of an attribute of an imported operation that 0.8 does not allow, or does not know and that matters."""
    definition = opdef.lookup(op.type)
    if definition is None:
        return None
    for name, value in op.attrs.items():
        rules = definition.attributes.get(name)
        if rules is not None:
            if (found := _not_allowed(op.type, rules, value)) is not None:
                return found
        elif name[0] == "_" or not isinstance(value, protos.AttrValue):
            continue
        elif name[0] == "T" and value.WhichOneof("value") == "type":  # the type of an input, which 0.8 fixes
            if (found := _wrong_type(op, definition, name, value.type)) is not None:
                return found
        elif not _is_neutral(op.type, name, value):
            return f"NodeDef mentions attr '{name}' not in Op<name={op.type}>: it is {' '.join(str(value).split())}"
    return None


def _not_allowed(type: str, rules: opdef.Attribute, value: Any) -> str | None:
    items = list(value) if rules.kind.startswith("list(") else [value]
    if rules.allowed is not None and "string" in rules.kind:  # types have become more since
        for item in items:
            if item not in rules.allowed:
                allowed = ", ".join(f'"{one}"' for one in rules.allowed)
                return f"Value for attr '{rules.name}' of \"{item}\" is not in the list of allowed values: {allowed}"
    size = len(items) if rules.kind.startswith("list(") else value
    least = _FEWER.get((type, rules.name), rules.minimum)
    if least is not None and size < least:
        kind = "Length" if rules.kind.startswith("list(") else "Value"
        return f"{kind} for attr '{rules.name}' of {size} must be at least minimum {least}"
    return None


def _wrong_type(op: Any, definition: opdef.OpDef, name: str, number: int) -> str | None:
    """What is wrong with a type that inputs are said to have, where 0.8 has a fixed one for some of them."""
    try:
        kind = dtypes.as_dtype(number)
    except TypeError:
        return f"AttrValue has invalid DataType enum: {number} for attr '{name}'"
    fixed = [(i, argument.dtype) for i, argument in enumerate(definition.inputs) if argument.dtype is not None]
    if not fixed or definition.has_list_inputs or any(
            kind is tensor.dtype.base_dtype for tensor in (*op.inputs, *op.outputs)):
        return None
    at, known = fixed[0]
    allowed = _INTEGERS[1:] if known.is_integer else (dtypes.float16, dtypes.float32)
    if kind not in allowed:
        return (f"Value for attr '{name}' of {_c_name(kind)} is not in the list of allowed values: "
                f"{', '.join(map(_c_name, allowed))}")
    return (f"Input {at} of node {op.name} was passed {_c_name(known)} from {op.inputs[at].name} incompatible with "
            f"expected {_c_name(kind)}.")


def _c_name(kind: dtypes.DType) -> str:
    return {"float16": "half", "float32": "float", "float64": "double"}.get(kind.name, kind.name)


def _is_neutral(type: str, name: str, value: Any) -> bool:
    kind = value.WhichOneof("value")
    if name == "out_type" and type in ("Shape", "ShapeN", "Size"):
        return value.type == protos.DT_INT32
    if name == "dilations":
        return set(value.list.i) <= {1}
    if name == "element_shape":
        return value.shape.unknown_rank
    if kind == "list":
        return not value.list.ByteSize()
    if kind == "b" or not getattr(value, kind):
        return not getattr(value, kind) and (kind in ("b", "s") or _ADDED.get(name) == 0)
    return name in _ADDED and getattr(value, kind) == _ADDED[name]
