"""What XLA's simplifier would join, kept apart: it reckons with real numbers, TensorFlow with rounded ones.

Of `(1 - y) + 1e-9` it makes `1 - y`, since 1 and 1e-9 add up to 1; the logarithm of that has no end where `y` is 1. Of
`(a / b) / c` it makes `a / (b * c)`, and of `(a * 1e-25) * 1e25` one product with 1: each is out of range at another place.
A barrier between the two operations keeps both roundings. It costs nothing: XLA drops barriers before it fuses.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    by_constant = any(_is_constant(t, _FAR) for t in node.inputs)
    for i, tensor in enumerate(node.inputs):
        if (by_constant and _is_joinable(tensor, family, _FAR)) or (node.type == "Div" and _is_quotient(tensor, _FAR)):
            yield i


def _is_joinable(tensor: Tensor, family: frozenset[str], far: int) -> bool:
    """Whether it is a sum, or a product, with a constant."""
    op = tensor.op
    if op.type in family:
        return any(_is_constant(t, far) for t in op.inputs)
    return far > 0 and op.type in _MOVING and any(_is_joinable(t, family, far - 1) for t in op.inputs)


def _is_quotient(tensor: Tensor, far: int) -> bool:
    op = tensor.op
    return op.type == "Div" or (far > 0 and op.type in _MOVING and any(_is_quotient(t, far - 1) for t in op.inputs))


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
