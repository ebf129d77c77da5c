"""An operation as plain data, for the dump."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from tracer import opdef, shapes
from tracer.dtypes import DType
from tracer.ir import Operation, Tensor
from tracer.shapes import TensorShape

_FEW = 8  # so many elements of a constant are written out
_SHOWN = (bool, int, float, str, list, tuple, TensorShape)


class Places:
    """Where operations were recorded. Files below `folder` are named from there; `known` places go before all others."""

    def __init__(self, folder: str = "", known: Mapping[Operation, tuple[str, int]] | None = None) -> None:
        self.folder = folder
        self.known = known or {}
        self.files: dict[str, str] = {}  # the paths of the files, by the names they are given

    def of(self, op: Operation) -> tuple[str, int]:
        """The user's file and line."""
        if op in self.known:
            return self.known[op]
        at = op.where
        return self.name_of(at.file), at.line

    def name_of(self, path: str) -> str:
        """What a file is called."""
        if path.startswith("<"):
            return path
        inside = os.path.relpath(path, self.folder) if self.folder else path
        name = os.path.basename(path) if inside.startswith("..") else inside
        self.files[name] = path
        return name


def kind_of(tensor: Tensor) -> str:
    """A tensor's type: `float32[?,784]`."""
    return kind(tensor.dtype, tensor.sizes)


def kind(dtype: DType, sizes: shapes.Sizes) -> str:
    """A type and a shape as one word."""
    inside = "..." if sizes is None else ",".join("?" if size is None else str(size) for size in sizes)
    return f"{dtype.name}[{inside}]"


def described(op: Operation, places: Places, wanted: Any = None) -> dict[str, Any]:
    """The operation as plain data; of its bodies, what is `wanted`."""
    file, line = places.of(op)
    found: dict[str, Any] = {
        "name": op.name, "type": op.type, "inputs": [t._as_node_def_input() for t in op.inputs],
        "controls": [control.name for control in op.control_inputs], "attributes": settings(op),
        "outputs": [kind_of(output) for output in op.outputs], "file": file, "line": line,
    }
    if op.type == "Gradients":
        found["groups"] = [op.attrs["ys"], op.attrs["xs"]]
    if op.regions:
        found["bodies"] = [{
            "takes": [t._as_node_def_input() for t in region.inputs],
            "operations": [described(inner, places, wanted) for inner in region.operations if is_wanted(inner, wanted)],
            "gives": [t._as_node_def_input() for t in region.outputs]} for region in op.regions]
    return found


def is_wanted(op: Operation, wanted: Any) -> bool:
    """Whether an operation, or one inside of it, is `wanted`."""
    return wanted is None or wanted(op) or any(wanted(inner) for region in op.regions for inner in region.walk())


def settings(op: Operation) -> dict[str, str]:
    """The attributes that do not follow from the inputs, and are not as they are by default."""
    if op.type == "Const":
        return {"value": constant(op.attrs["value"])}
    if op.type == "Gradients":
        return {}
    definition = opdef.lookup(op.type)
    shown = {}
    for name, value in op.attrs.items():
        if name[0] == "_" or name == "regions" or not isinstance(value, _SHOWN):
            continue
        rules = definition.attributes.get(name) if definition is not None else None
        follows = definition is not None and (rules is None or name in definition.inferred)
        default = rules is not None and rules.has_default and rules.default == value
        if not (follows or default):
            shown[name] = _value(value)
    return shown


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, DType):
        return value.name
    return str(value) if isinstance(value, TensorShape) else repr(value)


def constant(value: np.ndarray) -> str:
    """A constant as text; a large one as its number of elements."""
    if value.size > _FEW:
        return f"<{value.size} elements>"
    return _elements(value)


def _elements(value: np.ndarray) -> str:
    if value.ndim:
        return "[" + ", ".join(_elements(np.asarray(item, value.dtype)) for item in value) + "]"
    if value.dtype.kind != "f":
        return repr(value.item())
    # The fewest digits that are this number in its type, whatever print options the script has set.
    digits = (f"{value.item():.{count}g}" for count in range(1, 18))
    text = next((text for text in digits if value.dtype.type(text) == value), str(value.item()))
    return text + ".0" if text.lstrip("-").isdigit() else text
