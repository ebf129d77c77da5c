"""Sums, means, extremes and products over dimensions."""

from __future__ import annotations

from typing import Any

from tracer.derivatives.registry import derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, indexing, logic, reduction
from tracer.ops import math as arithmetic
from tracer.static import constant_value


def kept_shape(shape: Tensor, axes: Tensor) -> Tensor:
    """A shape with the reduced dimensions `axes` kept, as ones."""
    rank = array.size(shape)
    axes = (axes + rank) % rank
    return indexing.dynamic_stitch([constants.range(0, rank), axes],
                                   [shape, constants.fill(array.shape(axes), constants.constant(1))])


def _is_whole(op: Operation) -> bool:
    """Whether all dimensions are reduced, and how many they are is known."""
    rank, axes = op.inputs[0].sizes, constant_value(op.inputs[1])
    return rank is not None and axes is not None and axes.size == len(rank) and sorted(axes.ravel()) == list(
        range(len(rank)))


def _spread(op: Operation, grad: Tensor) -> Tensor:
    """The gradient repeated along the reduced dimensions."""
    sizes = op.inputs[0].sizes
    if sizes is not None and _is_whole(op):
        ones = array.reshape(grad, [1] * len(sizes))
        return raw("Tile", ones, array.shape(op.inputs[0]) if None in sizes else list(sizes))
    shape = array.shape(op.inputs[0])
    kept = kept_shape(shape, op.inputs[1])
    counts = shape // arithmetic.maximum(kept, 1)
    return raw("Tile", array.reshape(grad, kept), counts)


@derivative("Sum")
def _sum(op: Operation, grad: Tensor) -> Any:
    return _spread(op, grad)


@derivative("Mean")
def _mean(op: Operation, grad: Tensor) -> Any:
    spread = _spread(op, grad)
    counts = [reduction.reduce_prod(array.shape(tensor)) for tensor in (op.inputs[0], op.outputs[0])]
    count = counts[0] // arithmetic.maximum(counts[1], 1)
    return spread / casting.cast(count, grad.dtype.base_dtype)


@derivative("Max", "Min")
def _extreme(op: Operation, grad: Tensor) -> Any:
    x, (result,) = op.inputs[0], op.outputs
    kept = kept_shape(array.shape(x), op.inputs[1])
    grad = array.reshape(grad, kept)
    chosen = casting.cast(logic.equal(array.reshape(result, kept), x), grad.dtype.base_dtype)
    count = array.reshape(reduction.reduce_sum(chosen, op.inputs[1]), kept)
    return raw("Div", chosen, count) * grad


@derivative("Prod")
def _prod(op: Operation, grad: Tensor) -> Any:
    """The product of the others: of those before each element, and of those after it."""
    x, axes = op.inputs[0], array.reshape(op.inputs[1], [-1])
    shape = array.shape(x)
    spread = _spread(op, grad)
    rank = array.rank(x)
    axes = (axes + rank) % rank
    others, _ = indexing.listdiff(constants.range(0, rank), axes)
    order = array.concat(0, [axes, others])
    sizes = [reduction.reduce_prod(indexing.gather(shape, which)) for which in (axes, others)]
    turned = array.transpose(x, order)
    rows = array.reshape(turned, array.pack(sizes))
    rest = raw("Cumprod", rows, 0, exclusive=True) * raw("Cumprod", rows, 0, exclusive=True, reverse=True)
    back = array.transpose(array.reshape(rest, array.shape(turned)), indexing.invert_permutation(order))
    return array.reshape(spread * back, shape)


@derivative("Cumsum")
def _cumsum(op: Operation, grad: Tensor) -> Any:
    return raw("Cumsum", grad, op.inputs[1], exclusive=op.attrs["exclusive"], reverse=not op.attrs["reverse"])


@derivative("Cumprod")
def _cumprod(op: Operation, grad: Tensor) -> Any:
    x, axis = op.inputs
    exclusive, reverse = op.attrs["exclusive"], op.attrs["reverse"]
    weighted = op.outputs[0] * grad
    return raw("Div", raw("Cumsum", weighted, axis, exclusive=exclusive, reverse=not reverse), x)
