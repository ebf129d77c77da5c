"""What XLA's simplifier would join, kept apart: it reckons with real numbers, TensorFlow with rounded ones.

Of `(1 - y) + 1e-9` it makes `1 - y`, since 1 and 1e-9 add up to 1; the logarithm of that has no end where `y` is 1. Of
`(a / b) / c` it makes `a / (b * c)`, and of `(a * 1e-25) * 1e25` one product with 1: each is out of range at another place.
A barrier between the two operations keeps both roundings. It costs nothing: XLA drops barriers before it fuses.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lowering import registry
from tracer.ir import Operation, Tensor

_SUMS = frozenset({"Add", "Sub"})
_PRODUCTS = frozenset({"Mul", "Div"})
_MOVING = frozenset({"ExpandDims", "Identity", "Pack", "Concat", "Reshape", "Slice", "Split", "Squeeze", "StridedSlice",
                     "Tile", "Transpose", "Unpack"})
"""Operations that XLA looks through: they only move numbers."""
_FILLING = frozenset({"OnesLike", "ZerosLike"})
"""Operations that are constants to XLA, whatever their inputs are."""
_FAR = 8
"""So many operations back it is looked for a constant, and for what it is joined with."""


def joined(node: Operation) -> Iterator[int]:
    """Which operands of an operation XLA would join with it, to something that rounds differently."""
    family = _SUMS if node.type in _SUMS else _PRODUCTS if node.type in _PRODUCTS else None
    if family is None or not node.outputs[0].dtype.base_dtype.is_floating:
        return
    moving = [i for i, tensor in enumerate(node.inputs) if not _is_constant(tensor, _FAR)]  # XLA rounds what it folds
    for i in moving:
        tensor = node.inputs[i]
        if (len(moving) == 1 and _is_joinable(tensor, family, _FAR)) or (node.type == "Div" and _is_quotient(tensor, _FAR)):
            yield i


def _is_joinable(tensor: Tensor, family: frozenset[str], far: int) -> bool:
    """Whether it is a sum, or a product, with a constant that changes anything."""
    op = tensor.op
    if op.type in family:
        constants = [t for t in op.inputs if _is_constant(t, far)]
        if any(not _is_neutral(t, family) or (op.type == "Div" and t is op.inputs[0]) for t in constants):
            return True
        return far > 0 and bool(constants) and any(_is_joinable(t, family, far - 1) for t in op.inputs if t not in constants)
    return far > 0 and op.type in _MOVING and any(_is_joinable(t, family, far - 1) for t in op.inputs)


def _is_quotient(tensor: Tensor, far: int) -> bool:
    op = tensor.op
    return op.type == "Div" or (far > 0 and op.type in _MOVING and any(_is_quotient(t, far - 1) for t in op.inputs))


def _is_neutral(tensor: Tensor, family: frozenset[str]) -> bool:
    """Whether it is zero in sums, or one in products."""
    return tensor.op.type == "Const" and bool(np.all(tensor.op.attrs["value"] == (0 if family is _SUMS else 1)))


def _is_constant(tensor: Tensor, far: int) -> bool:
    """Whether XLA knows its numbers."""
    op = tensor.op
    if op.type == "Const" or op.type in _FILLING:
        return True
    if op.type == "Fill":
        return _is_constant(op.inputs[1], far)
    rule = registry.find(op.type)
    return (far > 0 and rule is not None and rule.pure and bool(op.inputs) and not op.regions
            and all(_is_constant(t, far - 1) for t in op.inputs))
