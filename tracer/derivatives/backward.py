"""Reverse accumulation: from the gradients of some tensors to those of others, operation by operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.convert import IndexedSlices
from tracer.derivatives.arrays import all_rows
from tracer.derivatives.registry import UnsupportedError, rules
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, control_flow, reduction, segment
from tracer.raw.graph import EXITS
from tracer.reach import backwards, differentiable, reach

_TAKES_ROWS = frozenset({"Identity", "RefIdentity", "StopGradient", "Switch", "RefSwitch"})
_LATER_OUTPUTS = frozenset({"SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits", "CTCLoss"})
"""Operations whose further outputs are gradients themselves, and have no rule."""


class Backward:
    """The way back from `ys` to `xs`, recorded in their graph: one operation when all that reads it is done."""

    def __init__(self, ys: list[Tensor], xs: list[Tensor], seeds: list[Tensor | None],
                 custom: dict[Operation, tuple[Callable, tuple[bool, ...]]], is_gated: bool,
                 numbers: Callable[[Tensor], bool] = differentiable) -> None:
        self.ys = ys
        self.custom = custom
        self.is_gated = is_gated
        self.numbers = numbers
        self.passing = reach(ys, set(xs), {op: returned for op, (_, returned) in custom.items()}, numbers)
        self.parts: dict[Tensor, list[Any]] = {}
        self.totals: dict[Tensor, Any] = {}
        for y, seed in zip(ys, seeds, strict=True):
            self.parts.setdefault(y, []).append(self._ones(y) if seed is None else seed)

    @staticmethod
    def _ones(y: Tensor) -> Tensor:
        shape = array.shape(y)
        return constants.fill(shape, constants.constant(1, y.dtype.base_dtype))

    def run(self) -> None:
        """Goes all the way."""
        for op in backwards(self.ys, self.passing):
            grads = [self.total(output) for output in op.outputs]
            inputs = [(i, tensor) for i, tensor in enumerate(op.inputs) if op in self.passing.get(tensor, ())]
            if inputs and any(grad is not None for grad in grads):
                found = self._through(op, grads)
                for i, tensor in inputs:
                    if i < len(found) and found[i] is not None:
                        self.parts.setdefault(tensor, []).append(found[i])

    def total(self, tensor: Tensor) -> Any:
        """The sum of what came to a tensor: a tensor, `IndexedSlices`, or None."""
        if tensor not in self.totals:
            self.totals[tensor] = _sum(self.parts.get(tensor, []))
        return self.totals[tensor]

    def _through(self, op: Operation, grads: list[Any]) -> list[Any]:
        function = self.custom[op][0] if op in self.custom else rules().get(op.type)
        if function is None:
            raise UnsupportedError(op, "which comes out of a loop" if op.type in EXITS else "")
        if op.type in _LATER_OUTPUTS and any(grad is not None for grad in grads[1:]):
            raise UnsupportedError(op, "by its second output")
        grads = [constants.zeros_like(output) if grad is None and self.numbers(output) else grad
                 for grad, output in zip(grads, op.outputs, strict=True)]
        with op.graph.name_scope(f"{op.name}_grad"):
            if op.type not in _TAKES_ROWS:
                grads = [whole(grad) for grad in grads]
            found = function(op, *grads)
            found = list(found) if isinstance(found, (list, tuple)) else [found]
            if self.is_gated and sum(one is not None for one in found) > 1:
                found = control_flow.tuple(found)
        return found


def _sum(parts: list[Any]) -> Any:
    if len(parts) < 2:
        return parts[0] if parts else None
    if not any(isinstance(part, IndexedSlices) for part in parts):
        return reduction.add_n(parts)
    slices = [part if isinstance(part, IndexedSlices) else all_rows(part) for part in parts]
    kind = slices[0].indices.dtype
    return IndexedSlices(array.concat(0, [one.values for one in slices]),
                         array.concat(0, [casting.cast(one.indices, kind) for one in slices]),
                         next((one.dense_shape for one in slices if one.dense_shape is not None), None))


def whole(found: Any) -> Any:
    """A gradient as one tensor."""
    if not isinstance(found, IndexedSlices):
        return found
    count = array.squeeze(array.slice(found.dense_shape, [0], [1]), [0])
    return segment.unsorted_segment_sum(found.values, found.indices, count)

