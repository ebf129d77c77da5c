"""Reads `opdefs.tsv`, the table of TensorFlow 0.8's operations: typed inputs, outputs, attributes and their limits."""

from __future__ import annotations

import functools
import os
import re
from typing import Any, NamedTuple

import numpy as np

from tracer import dtypes, shapes

_TABLE = os.path.join(os.path.dirname(__file__), "opdefs.tsv")


class Argument(NamedTuple):
    """One input or output of an operation: `x:T`, `values:N*T`, `data:list(T)`, `ref:Ref(T)`, `shape:int32`."""

    name: str
    is_ref: bool = False
    dtype: dtypes.DType | None = None  # a fixed type
    type_attr: str | None = None  # or the attribute that holds it
    number_attr: str | None = None  # `N*T`: the attribute that counts
    list_attr: str | None = None  # `list(T)`: the attribute that holds all types

    @property
    def is_list(self) -> bool:
        """Whether it stands for several tensors."""
        return self.number_attr is not None or self.list_attr is not None


class Attribute(NamedTuple):
    """One attribute: its kind (`int`, `type`, `list(shape)` ...), allowed values, least value or length, default."""

    name: str
    kind: str
    allowed: tuple[Any, ...] | None = None
    minimum: int | None = None
    default: Any = None
    has_default: bool = False


class OpDef:
    """What TensorFlow 0.8 registered for one operation type. Never changes."""

    def __init__(
        self, type: str, inputs: tuple[Argument, ...], outputs: tuple[Argument, ...], attributes: dict[str, Attribute],
        is_stateful: bool = False, allows_uninitialized_input: bool = False, deprecated_at: int | None = None,
        deprecated_why: str = "", inferred: frozenset[str] = frozenset(), later: frozenset[str] = frozenset(),
    ) -> None:
        """`deprecated_at` is the version of graphs that it was removed in; `inferred` are attributes that follow from
        the inputs, `later` those that 0.8 had not: they are written only where they say something."""
        self.type = type
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
        self.is_stateful = is_stateful
        self.allows_uninitialized_input = allows_uninitialized_input
        self.deprecated_at = deprecated_at
        self.deprecated_why = deprecated_why
        self.inferred = inferred
        self.later = later
        self.has_list_inputs = any(argument.is_list for argument in inputs)
        only = outputs[0] if len(outputs) == 1 else None
        self.only_output = None if only is None or only.is_list or only.is_ref else only  # what most of them have

    def with_later(self, attributes: dict[str, Attribute]) -> OpDef:
        """The same with these among its attributes, which 0.8 had not."""
        return OpDef(self.type, self.inputs, self.outputs, {**self.attributes, **attributes}, self.is_stateful,
                     self.allows_uninitialized_input, self.deprecated_at, self.deprecated_why, self.inferred,
                     frozenset(attributes))

    def removed(self, version: int) -> str | None:
        """What to say where a graph of this version has such an operation, which was removed by then; else None."""
        if self.deprecated_at is None or version < self.deprecated_at:
            return None
        return (f"Op {self.type} is not available in GraphDef version {version}. It has been removed in version "
                f"{self.deprecated_at}. {self.deprecated_why}.")


def _dtype(word: str) -> dtypes.DType | None:
    try:
        return dtypes.as_dtype(word)
    except TypeError:
        return None


def _argument(text: str) -> Argument:
    name, kind = text.split(":", 1)
    is_ref = kind.startswith("Ref(")
    if is_ref:
        kind = kind[4:-1]
    if kind.startswith("list("):
        return Argument(name, is_ref, list_attr=kind[5:-1])
    number = None
    if "*" in kind:
        number, kind = kind.split("*")
    fixed = _dtype(kind)
    return Argument(name, is_ref, fixed, None if fixed else kind, number)


def _attribute(text: str) -> Attribute:
    match = re.fullmatch(r"(\w+):([a-z]+(?:\([a-z]+\))?)(\{[^}]*\})?(?:>=(-?\d+))?(?:=(.*))?", text)
    if match is None:
        raise ValueError(f"opdefs.tsv: attribute {text!r} cannot be read")
    name, kind, allowed, minimum, default = match.groups()
    choices = None
    if allowed:
        words = allowed[1:-1].split(",")
        choices = tuple(w.strip("'") if "string" in kind else dtypes.as_dtype(w) for w in words)
    return Attribute(name, kind, choices, int(minimum) if minimum else None,
                     _value(kind, default) if default is not None else None, default is not None)


def _value(kind: str, text: str) -> Any:
    if kind.startswith("list("):
        inner = text.strip()[1:-1].strip()
        return [_value(kind[5:-1], part.strip()) for part in inner.split(",")] if inner else []
    if kind == "bool":
        return text == "True"
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "type":
        return dtypes.as_dtype(text)
    if kind == "shape":
        return shapes.unknown_shape() if text == "unknown" else None  # which `complete` makes a scalar's
    if kind == "tensor":
        return np.array([255, 0, 0, 255], np.uint8)  # an image summary's pixels without a number: red
    return text.strip("'")


@functools.cache
def _lines() -> dict[str, str]:
    with open(_TABLE, encoding="utf-8") as table:
        rows = table.read().splitlines()[1:]
    return {row.split("\t", 1)[0]: row for row in rows}


def _parts(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


OWN = frozenset({"Absent", "Cond", "Gradients", "JaxFunction", "LoopVariable", "TensorArrayStart", "While"})
"""Operations that TensorFlow has not: no definition describes them."""
_registered: dict[str, OpDef] = {}


def register(definition: OpDef) -> None:
    """Adds or replaces the definition of an operation that 0.8 had not; those of 0.8 stay as they are."""
    if definition.type not in _lines():
        _registered[definition.type] = definition


def find(type: str) -> OpDef:
    """The definition of `type`. Raises KeyError when 0.8 had no such operation and nobody has registered one."""
    return _registered[type] if type in _registered else _parsed(type)


def lookup(type: str) -> OpDef | None:
    """The definition of `type`, or None."""
    return find(type) if type in _registered or type in _lines() else None


_LATER = {"Pack": "axis:int=0", "Unpack": "axis:int=0", "TFRecordReader": "compression_type:string=''"}
"""Attributes that graphs written by 0.9 and after may have."""


@functools.cache
def _parsed(type: str) -> OpDef:
    found = parse(_lines()[type])
    if type not in _LATER:
        return found
    added = {attr.name: attr for attr in map(_attribute, _split_attributes(_LATER[type]))}
    return found.with_later(added)


def parse(row: str) -> OpDef:
    """The definition that a row of the table gives: type, inputs, outputs, attributes and flags, between tabs."""
    type, inputs, outputs, attrs, flags = (row.split("\t") + [""] * 5)[:5]
    arguments = tuple(_argument(part) for part in _parts(inputs, ";"))
    inferred = {word for a in arguments for word in (a.type_attr, a.number_attr, a.list_attr) if word}
    words = _parts(flags, ",")
    deprecated = next((word.removeprefix("deprecated@") for word in words if word.startswith("deprecated@")), "")
    version, _, why = deprecated.partition(":")
    return OpDef(
        type, arguments, tuple(_argument(part) for part in _parts(outputs, ";")),
        {a.name: a for a in map(_attribute, _split_attributes(attrs))},
        "stateful" in words, "allows_uninitialized_input" in words,
        int(version) if version else None, why, frozenset(inferred),
    )


def _split_attributes(text: str) -> list[str]:
    """Splits at `;` outside of braces and quotes."""
    return [part.strip() for part in re.split(r";(?![^{]*\})(?=(?:[^']*'[^']*')*[^']*$)", text) if part.strip()]


def names() -> list[str]:
    """All operation types of 0.8."""
    return list(_lines())


def grouped(type: str, inputs: tuple, attrs: Any) -> list[Any]:
    """`inputs` in the terms of the definition of `type`: one item per argument, a list where the argument is one."""
    definition = lookup(type)
    if definition is None:
        return list(inputs)  # one of our own operations
    if not definition.has_list_inputs:
        return list(inputs)
    groups, at = [], 0
    for argument in definition.inputs:
        if not argument.is_list:
            groups.append(inputs[at])
            at += 1
            continue
        count = len(attrs[argument.list_attr]) if argument.list_attr is not None else attrs[argument.number_attr]
        groups.append(list(inputs[at:at + count]))
        at += count
    return groups


def input_types(type: str, inputs: tuple, attrs: Any) -> list[dtypes.DType]:
    """The types that an operation wants of its inputs: references only where the definition says so."""
    definition = lookup(type)
    if definition is None:
        return [tensor.dtype.base_dtype for tensor in inputs]
    kinds: list[dtypes.DType] = []
    for argument, group in zip(definition.inputs, grouped(type, inputs, attrs), strict=True):
        some = [tensor.dtype.base_dtype for tensor in (group if argument.is_list else [group])]
        kinds += [kind.as_ref for kind in some] if argument.is_ref else some
    return kinds
