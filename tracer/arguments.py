"""From the arguments of one call to typed edges and attributes, checked against the operation's 0.8 definition."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from tracer import dtypes, shapes
from tracer.convert import internal_convert_to_tensor
from tracer.ir import Graph, Tensor
from tracer.opdef import Argument, Attribute, OpDef


class Typing:
    """The attributes that the inputs of one call have fixed so far, and which input fixed each."""

    __slots__ = ("attrs", "definition", "graph", "source")

    def __init__(self, definition: OpDef, graph: Graph) -> None:
        self.definition = definition
        self.graph = graph
        self.attrs: dict[str, Any] = {}
        self.source: dict[str, str] = {}

    def edges(self, argument: Argument, value: Any) -> list[Tensor]:
        """The tensors that `value` becomes for `argument`."""
        if argument.is_list:
            return self._list(argument, value)
        wanted = argument.dtype if argument.dtype is not None else self.attrs.get(argument.type_attr or "")
        if type(value) is Tensor and not argument.is_ref and (wanted is None or value.dtype is wanted):
            tensor = value
        else:
            tensor = self._convert(argument, value, wanted)
        if wanted is None and argument.type_attr is not None:
            self._infer_type(argument, tensor.dtype.base_dtype)
        return [tensor]

    def _convert(self, argument: Argument, value: Any, wanted: dtypes.DType | None) -> Tensor:
        try:
            tensor = internal_convert_to_tensor(value, wanted, argument.name, argument.is_ref, self.graph)
        except ValueError as error:
            try:
                observed = internal_convert_to_tensor(value, None, None, argument.is_ref, self.graph).dtype.name
            except ValueError:
                raise error from None
            self._mismatch(argument, observed)
        if wanted is not None and tensor.dtype.base_dtype is not wanted:
            self._mismatch(argument, tensor.dtype.name)
        if argument.is_ref and not tensor.dtype._is_ref_dtype:
            raise TypeError(f"Input '{argument.name}' of '{self.definition.type}' Op requires l-value input")
        return tensor

    def _mismatch(self, argument: Argument, observed: str) -> None:
        start = f"Input '{argument.name}' of '{self.definition.type}' Op has type {observed} that does not match"
        if argument.dtype is not None:
            raise TypeError(f"{start} expected type of {argument.dtype.name}.")
        attr = argument.type_attr or ""
        raise TypeError(f"{start} type {self.attrs[attr].name} of argument '{self.source[attr]}'.")

    def _list(self, argument: Argument, value: Any) -> list[Tensor]:
        if not isinstance(value, (list, tuple)):
            if isinstance(value, np.ndarray):
                value = list(value)
            else:
                raise TypeError(
                    f"Expected list for '{argument.name}' argument to '{self.definition.type}' Op, not {value}.")
        if argument.list_attr is not None:
            return self._typed_list(argument, value)
        wanted = argument.dtype if argument.dtype is not None else self.attrs.get(argument.type_attr or "")
        tensors = self._same_typed(argument, value, wanted)
        self._count(argument, len(tensors))
        if argument.type_attr is not None and wanted is None:
            if not tensors:
                raise TypeError("Don't know how to infer type variable from empty input list passed to input "
                                f"'{argument.name}' of '{self.definition.type}' Op.")
            self._infer_type(argument, tensors[0].dtype.base_dtype)
        return tensors

    def _same_typed(self, argument: Argument, value: Any, wanted: dtypes.DType | None) -> list[Tensor]:
        start = f"Tensors in list passed to '{argument.name}' of '{self.definition.type}' Op have types"
        common = wanted or next((item.dtype.base_dtype for item in value if isinstance(item, Tensor)), None)
        named = [None if argument.name is None else f"{argument.name}_{i}" for i in range(len(value))]
        try:
            tensors = [internal_convert_to_tensor(item, common, name, argument.is_ref, self.graph)
                       for item, name in zip(value, named, strict=True)]
            if common is None and len({tensor.dtype.base_dtype for tensor in tensors}) > 1:
                raise TypeError(f"All tensors passed to '{argument.name}' of '{self.definition.type}' Op must have the "
                                "same type.")
        except (TypeError, ValueError) as error:
            if common is None:
                raise
            try:
                observed = [internal_convert_to_tensor(item, None, None, argument.is_ref, self.graph).dtype.name
                            for item in value]
            except (TypeError, ValueError):
                raise error from None
            types = ", ".join(observed)
            if argument.dtype is not None:
                raise TypeError(f"{start} [{types}] that do not match expected type {argument.dtype.name}.") from None
            if wanted is not None:
                raise TypeError(f"{start} [{types}] that do not match type {wanted.name} inferred from earlier "
                                "arguments.") from None
            raise TypeError(f"{start} [{types}] that don't all match.") from None
        return tensors

    def _count(self, argument: Argument, count: int) -> None:
        number = argument.number_attr or ""
        if number in self.attrs:
            if self.attrs[number] != count:
                raise ValueError(
                    f"List argument '{argument.name}' to '{self.definition.type}' Op with length {count} must match "
                    f"length {self.attrs[number]} of argument '{self.source[number]}'.")
            return
        minimum = self.definition.attributes[number].minimum
        if minimum is not None and count < minimum:
            raise ValueError(f"List argument '{argument.name}' to '{self.definition.type}' Op with length {count} "
                             f"shorter than minimum length {minimum}.")
        self.attrs[number] = count
        self.source[number] = argument.name

    def _typed_list(self, argument: Argument, value: Any) -> list[Tensor]:
        attr = argument.list_attr or ""
        known = self.attrs.get(attr)
        tensors = [
            internal_convert_to_tensor(item, None, f"{argument.name}_{i}", argument.is_ref, self.graph)
            for i, item in enumerate(value)
        ]
        types = [tensor.dtype.base_dtype for tensor in tensors]
        if known is not None and types != known:
            raise TypeError(
                f"Input '{argument.name}' of '{self.definition.type}' Op has type list of "
                f"{', '.join(kind.name for kind in types)} that does not match type list "
                f"{', '.join(kind.name for kind in known)} of argument '{self.source[attr]}'.")
        rules = self.definition.attributes[attr]
        for kind in types:
            check_type(rules, kind)
        _check_length(self.definition, rules, types)
        self.attrs[attr] = types
        self.source[attr] = argument.name
        return tensors

    def _infer_type(self, argument: Argument, kind: dtypes.DType) -> None:
        attr = argument.type_attr or ""
        rules = self.definition.attributes[attr]
        if rules.allowed is not None and kind not in rules.allowed:
            check_type(rules, kind)
        self.attrs[attr] = kind
        self.source[attr] = argument.name


def check_type(rules: Attribute, kind: dtypes.DType) -> None:
    """Raises TypeError when the attribute does not allow `kind`."""
    if rules.allowed is not None and kind not in rules.allowed:
        allowed = ", ".join(choice.name for choice in rules.allowed)
        raise TypeError(f"DataType {kind.name} for attr '{rules.name}' not in list of allowed values: {allowed}")


def _check_length(definition: OpDef, rules: Attribute, value: list) -> None:
    if rules.minimum is not None and len(value) < rules.minimum:
        raise ValueError(f"Attr '{rules.name}' of '{definition.type}' Op passed list of length {len(value)} less than "
                         f"minimum {rules.minimum}.")


def attribute(definition: OpDef, rules: Attribute, value: Any) -> Any:
    """`value` as the attribute that `rules` describe: converted and checked."""
    kind = rules.kind
    if value is None and rules.has_default:
        return rules.default
    if not kind.startswith("list("):
        value = _scalar(rules, kind, value)
        _check_scalar(definition, rules, value)
        return value
    if not isinstance(value, (list, tuple, range, np.ndarray)):  # in Python 2 a range is a list
        raise TypeError(f"Expected list for attr {rules.name}")
    items = [_scalar(rules, kind[5:-1], item) for item in value]
    for item in items:
        if isinstance(item, (str, dtypes.DType)):
            _check_scalar(definition, rules, item)
    _check_length(definition, rules, items)
    return items


def _check_scalar(definition: OpDef, rules: Attribute, value: Any) -> None:
    if isinstance(value, dtypes.DType):
        check_type(rules, value)
    elif isinstance(value, str) and rules.allowed is not None and value not in rules.allowed:
        allowed = ", ".join(f'"{choice}"' for choice in rules.allowed)
        raise ValueError(
            f"Attr '{rules.name}' of '{definition.type}' Op passed string '{value}' not in: {allowed}.")
    elif isinstance(value, int) and rules.minimum is not None and value < rules.minimum:
        raise ValueError(
            f"Attr '{rules.name}' of '{definition.type}' Op passed {value} less than minimum {rules.minimum}.")


def _scalar(rules: Attribute, kind: str, value: Any) -> Any:
    if kind == "int":
        if isinstance(value, numbers.Integral) and not isinstance(value, bool):
            return int(value)
        if isinstance(value, shapes.Dimension) and value.value is not None:
            return value.value
        if isinstance(value, (bool, numbers.Real, str)):
            try:
                return int(value)  # type: ignore[arg-type]
            except ValueError:
                pass
        raise TypeError(f"Expected int for argument '{rules.name}' not {value!r}.")
    if kind == "float":
        try:
            return float(value)
        except (TypeError, ValueError):
            raise TypeError(f"Expected float for argument '{rules.name}' not {value!r}.") from None
    if kind == "bool":
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"Expected bool for argument '{rules.name}' not {value!r}.")
        return bool(value)
    if kind == "type":
        try:
            return dtypes.as_dtype(value).base_dtype
        except TypeError:
            raise TypeError(f"Expected DataType for argument '{rules.name}' not {value!r}.") from None
    if kind == "shape":
        if isinstance(value, (str, bytes)):
            raise ValueError(f"Expected a shape for argument '{rules.name}' not {value!r}.")
        return shapes.as_shape(value)
    if kind == "string":
        if isinstance(value, bytes):
            try:
                return value.decode()
            except UnicodeDecodeError:
                return value
        if not isinstance(value, str):
            raise TypeError(f"Expected string for argument '{rules.name}' not {value!r}.")
    return value
