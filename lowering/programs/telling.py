"""What a stage computes, told by what it is made of: equal for stages that compute the same, whatever their names.

All that tracing looks at is in one digest, but for the values of the constants, which are told apart: stages may differ in
those alone. What cannot be told that way (Python functions of the script, rules of its own) raises UntoldError.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from lowering import registry
from lowering.plan import slice as slicing
from lowering.plan import varying
from lowering.plan.companions import inputs_of, is_cut
from lowering.plan.stages import DeviceStage
from tracer import dtypes, shapes
from tracer.ir import Operation, Region, Tensor

_PLAIN = frozenset({bool, int, float, complex, str, bytes, type(None)})
_PACKAGES = ("lowering", "jax", "numpy")
"""Where the rules come from whose meaning goes by the version of these packages alone."""
_PYTHON = frozenset({"JaxFunction"})
"""Operations that call a Python function of the script while they are traced."""
_SEEDS = ("seed", "seed2")
"""Attributes of operations that draw: where their streams start, which are arguments."""


class UntoldError(Exception):
    """What is computed here depends on something that no digest tells."""


class Form:
    """A stage but for the values of its constants."""

    def __init__(self, stage: DeviceStage) -> None:
        teller = _Teller()
        teller.inside(stage.nodes)
        lists = [stage.nodes, stage.held, stage.written, stage.streams]
        tensors = [stage.inputs, stage.static, stage.outputs]
        self.digest = teller.digest((
            [[teller.operation(op) for op in some] for some in lists],
            [[teller.tensor(tensor) for tensor in some] for some in tensors],
            sorted(teller.tensor(tensor) for tensor in stage.used if tensor.op in teller.within),
        ))
        self.constants: list[Operation] = teller.constants
        self.values = [told_value(op.attrs["value"]) for op in self.constants]
        self._flags = [(op, flag) for op, flag in teller.flags.items()]

    @property
    def holds(self) -> bool:
        """Whether the stage is what it was: conditionals and loops may have been fixed since, or sent to the host."""
        return all(flag == _flag(op) for op, flag in self._flags)


def told_value(array: np.ndarray) -> tuple:
    """An array as something whose `repr` tells all of it."""
    if array.dtype.hasobject:
        words = [word if isinstance(word, bytes) else str(word).encode() for word in array.ravel()]
        return "strings", array.shape, words
    data = array.tobytes()
    return array.dtype.str, array.shape, data if len(data) <= 64 else hashlib.blake2b(data, digest_size=20).digest()


def _flag(op: Operation) -> tuple[bool, bool, bool, int]:
    return op in varying.FIXED, op in varying.COUNTED, op in varying.ON_HOST, varying.ROOM.get(op, 0)


class _Teller:
    """Tells operations by numbers, in the order in which they are come upon, and what each of them is."""

    def __init__(self) -> None:
        self.numbers: dict[Operation, int] = {}
        self.regions: dict[Region, int] = {}
        self.pending: list[Operation] = []
        self.within: set[Operation] = set()  # what is evaluated, and not only looked at
        self.named: set[Operation] = set()  # those whose names mean something
        self.rules: dict[str, str] = {}
        self.constants: list[Operation] = []
        self.flags: dict[Operation, tuple[bool, bool, bool, int]] = {}
        self.hash = hashlib.blake2b(digest_size=20)

    def inside(self, operations: Iterable[Operation]) -> None:
        """Takes note of what is evaluated."""
        for op in operations:
            if op.region is not None:
                raise UntoldError(f"{op.name} is in a region that is run step by step")
            for node in slicing.inner(op):
                self.within.add(node)
                self.rules[node.type] = _rule(node)
                rule = registry.find(node.type)
                if node.type == "TemporaryVariable" or (rule is not None and "op" in rule.extras):
                    self.named.add(node)

    def operation(self, op: Operation) -> int:
        """The number of an operation."""
        number = self.numbers.get(op)
        if number is None:
            number = self.numbers[op] = len(self.numbers)
            self.pending.append(op)
        return number

    def tensor(self, tensor: Tensor) -> tuple[int, int]:
        """The number of its operation, and which of its outputs."""
        return self.operation(tensor.op), tensor.value_index

    def digest(self, told: tuple) -> str:
        """The digest of `told`, and of all operations that it is about or that these depend on."""
        self._add(told)
        at = 0
        while at < len(self.pending):
            self._add(self._told(self.pending[at]))
            at += 1
        order = sorted(self.numbers.items(), key=lambda item: item[0]._id)
        self._add([number for _, number in order])
        self._add(sorted(self.rules.items()))
        return self.hash.hexdigest()

    def _add(self, value: Any) -> None:
        self.hash.update(repr(value).encode())
        self.hash.update(b"\0")

    def _told(self, op: Operation) -> tuple:
        strict = op in self.within
        if op.regions:
            self.flags[op] = _flag(op)
        return (op.type, op.name if op in self.named else "", op.device, *_flag(op), strict,
                [self.tensor(tensor) for tensor in (inputs_of(op) if is_cut(op) else op.inputs)],
                [self.operation(c) for c in op.control_inputs],
                [(output.dtype.name, output.sizes) for output in op.outputs],
                [(name, self._attribute(op, name, strict)) for name in sorted(op.attrs)
                 if name[0] != "_" and not (name in _SEEDS and slicing.draws(op))])

    def _attribute(self, op: Operation, name: str, strict: bool) -> Any:
        value = op.attrs[name]
        if op.type == "Const" and name == "value" and op.region is None and not value.dtype.hasobject:
            self.constants.append(op)
            return value.dtype.str, value.shape
        if op.type == "Gradients" and name == "rows":
            return [[self.operation(op.named(gather)) for gather in gathers] for gathers in value]
        if op.type == "Gradients" and name == "custom":
            return [(self.operation(op.named(by)), returned) for by, returned in value]
        return self.plain(value, strict)

    def plain(self, value: Any, strict: bool = True) -> Any:
        """A value as one whose `repr` tells all of it."""
        if type(value) in _PLAIN:
            return value
        if isinstance(value, (dtypes.DType, shapes.TensorShape)):
            return type(value).__name__, repr(value)
        if isinstance(value, (np.ndarray, np.generic)):
            return told_value(np.asarray(value))
        if isinstance(value, (list, tuple)):
            return [type(value).__name__, *(self.plain(part, strict) for part in value)]
        if isinstance(value, dict):
            return ["dict", *((self.plain(key), self.plain(part, strict)) for key, part in value.items())]
        if isinstance(value, Operation):
            return "operation", self.operation(value)
        if isinstance(value, Tensor):
            return "tensor", self.tensor(value)
        if isinstance(value, Region):
            return self._region(value)
        if strict:
            raise UntoldError(f"an attribute is a {type(value).__name__}")
        return type(value).__name__

    def _region(self, region: Region) -> tuple:
        if region in self.regions:
            return "region", self.regions[region]
        number = self.regions[region] = len(self.regions)
        return ("region", number, [self.tensor(t) for t in region.inputs], [self.operation(op) for op in region.operations],
                [self.tensor(t) for t in region.outputs], [self.operation(op) for op in region.effects])


def _rule(op: Operation) -> str:
    """The name of its rule. Raises UntoldError where its meaning is not all in the graph and in these packages."""
    rule = registry.find(op.type)
    if rule is None:
        return ""
    module = getattr(rule.function, "__module__", None) or ""
    if op.type in _PYTHON or rule.host or {"session", "later"} & set(rule.extras) or (
            module.partition(".")[0] not in _PACKAGES):
        raise UntoldError(f"{op.name} is {op.type}")
    return f"{module}.{getattr(rule.function, '__qualname__', '')}"
