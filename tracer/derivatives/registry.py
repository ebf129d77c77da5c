"""The rules: from an operation and the gradients of its outputs to those of its inputs, in operations of 0.8."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from tracer.declare import DECLARATIONS
from tracer.ir import Operation, Tensor

CONDITION = "_condition"
"""The attribute of a `Merge` in the copy that holds what was decided by."""

_RULES: dict[str, Callable] = {}
_FAMILIES = ("arrays", "blocks", "conditionals", "elementwise", "linear_algebra", "networks", "products", "reductions",
             "segments", "sparse_tensors", "tensor_arrays")


class UnsupportedError(Exception):
    """An operation has no rule, or this use of it."""

    def __init__(self, op: Operation, why: str = "") -> None:
        super().__init__(f"nothing says how TensorFlow differentiates {op.type} '{op.name}'{why and ', '}{why}")


def derivative(*types: str) -> Callable[[Callable], Callable]:
    """Declares how operations of `types` are differentiated: by a function of one and its outputs' gradients.

    It returns one gradient for each input, None where there is none; those of the last inputs may be left out.
    """

    def declare(function: Callable) -> Callable:
        _RULES.update(dict.fromkeys(types, function))
        return function

    return declare


@functools.cache
def rules() -> dict[str, Callable]:
    """All rules, by the type of the operation."""
    for family in _FAMILIES:
        importlib.import_module(f"tracer.derivatives.{family}")
    return _RULES


def raw(type: str, *inputs: Any, **attrs: Any) -> Any:
    """Records an operation of this type."""
    return DECLARATIONS[type].record(inputs, attrs)


def attrs_of(op: Operation, *names: str) -> dict[str, Any]:
    """The attributes called `names`."""
    return {name: op.attrs[name] for name in names}


def conjugate(x: Tensor) -> Tensor:
    """What a factor becomes on the way back: the conjugate, where it is complex."""
    return raw("Conj", x) if x.dtype.base_dtype.is_complex else x
