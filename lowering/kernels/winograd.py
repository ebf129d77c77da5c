"""Convolutions by Winograd's minimal filtering along rows: four results at a time, of eight products for the twenty that
five taps take, or six for the twelve of three.

Each of the products is a convolution along the other axis. Along both there were fewer of them, but what they are made
of grows faster, and so does what is lost in rounding: here it is four times as much as in a plain sum, 1e-6 of the
results' size. An infinite number reaches the others of its tile.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering import fast
from lowering.kernels.apart import apart
from lowering.plan.slice import inner
from tracer.ir import Operation

TILE = 4
"""So many results are made at a time."""
POINTS = {3: (0, 1, -1, 2, -2), 5: (0, 1, -1, 2, -2, Fraction(1, 2), Fraction(-1, 2))}
"""For numbers of taps, where the polynomials that are multiplied are evaluated, besides at infinity."""
FEWER = 0.7
"""There must be so many products for one at most, rows counted that tiles have too much."""
CHANNELS = 32
"""With fewer, what goes in and comes out is as much as the products."""
IMAGES = 8
"""With fewer, their rows are images as well in a gradient by the filter, which are channels in what XLA makes of it."""
LEAST = 10**8
"""Of fewer multiplications the plain form is as fast, or wins back too little of what a larger program takes to compile."""
LEAST_EACH = 5 * 10**6
"""So many must be for one image, lest batches of almost all sizes are on either side of `LEAST`."""
LAYERS = 4
"""A program with more layers that could have it has none: each takes 1.2 to 2 s of CPU to compile."""
MOST = 1 << 25
"""Numbers in all that products are made of and that they become; more of them leave the cache, and take memory."""
_left_out = contextvars.ContextVar("left_out", default=False)


class Transforms(NamedTuple):
    """What makes of inputs and filters the factors of each product, and of the products the results."""

    inputs: np.ndarray
    filters: np.ndarray
    results: np.ndarray


@functools.cache
def transforms(taps: int) -> Transforms:
    """The matrices for so many taps, by Toom and Cook: a row of `inputs` and `filters` and a column of `results` for
    each point."""
    points = [Fraction(point) for point in POINTS[taps]]
    inputs, filters = [], []
    for point in points:
        others = [other for other in points if other != point]
        scale = math.prod(point - other for other in others)
        # A power of two moves from one factor to the other, so that both stay near 1.
        power = Fraction(2) ** round(math.log2(max(abs(point) ** k / abs(scale) for k in range(taps))))
        inputs.append([power * c for c in (*_polynomial(others), 0)])
        filters.append([point**k / scale / power for k in range(taps)])
    inputs.append(_polynomial(points))
    filters.append([0] * (taps - 1) + [1])
    results = [[point**k for point in points] + [int(k == TILE - 1)] for k in range(TILE)]
    return Transforms(*(np.array(rows, np.float64).astype(np.float32) for rows in (inputs, filters, results)))


def _polynomial(roots: Sequence[Fraction]) -> list[Fraction]:
    """The coefficients of the polynomial with these roots, the constant first."""
    found = [Fraction(1)]
    for root in roots:
        found = [a - root * b for a, b in zip([Fraction(0), *found], [*found, Fraction(0)], strict=True)]
    return found


@contextlib.contextmanager
def only_where_it_pays(operations: Sequence[Operation]) -> Iterator[None]:
    """What is traced inside has it only if these operations, a program, are a training, which runs many times, of few layers
    that could have it."""
    nodes = [node for op in operations for node in inner(op)]
    trains = any(node.type == "Gradients" or node.type.startswith("Conv2DBackprop") for node in nodes)
    token = _left_out.set(not trains or sum(map(_could_have_it, nodes)) > LAYERS)
    try:
        yield
    finally:
        _left_out.reset(token)


def _could_have_it(node: Operation) -> bool:
    taps = node.inputs[1].sizes if node.type == "Conv2D" else None
    return (taps is not None and taps[0] in POINTS and all(size is not None and size >= CHANNELS for size in taps[2:])
            and set(node.attrs["strides"]) == {1})


def is_faster(outputs: Sequence[int], taps: Sequence[int], strides: Sequence[int], dtype: Any) -> bool:
    """Whether a convolution of channels last with results of shape `outputs` is, or one of its gradients."""
    if not fast.on("winograd") or _left_out.get() or len(outputs) != 4 or taps[0] not in POINTS or set(strides) != {1}:
        return False
    images, high, wide, _ = outputs
    if dtype != jnp.float32 or min(taps[2:]) < CHANNELS or not all(isinstance(size, int) for size in outputs):
        return False
    tiles, products = -(-high // TILE), len(POINTS[taps[0]]) + 1
    each = high * wide * math.prod(taps)
    return (products * tiles <= FEWER * taps[0] * high and each >= LEAST_EACH and images * each >= LEAST
            and images * products * tiles * wide * sum(taps[2:]) <= MOST)


def convolved(pads: Sequence[tuple[int, int]], input: Any, filter: Any) -> Any:
    """The convolution, with so many zeros around the input."""
    taps = filter.shape[0]
    size = input.shape[1] + sum(pads[0]) - taps + 1
    parts = apart(functools.partial(_transformed, taps, pads[0], size))(input)
    products = _products(parts, filter, pads[1])

    def put_together(products: list[Any], covered: Any) -> Any:
        results = _woven([_sum(row, products) for row in transforms(taps).results])[:, :size]
        return jnp.where(covered, results, 0)

    return apart(put_together)(products, apart(functools.partial(_covered, pads, filter.shape[:2]))(input))


def to_input(pads: Sequence[tuple[int, int]], sizes: Sequence[int], out_backprop: Any, filter: Any) -> Any:
    """Its gradient by an input of shape `sizes`."""
    taps, wide = filter.shape[:2]
    around = (wide - 1 - pads[1][0], wide - 1 - pads[1][1])
    products = _products(_of_results(taps, out_backprop), jnp.flip(filter, 1).swapaxes(2, 3), around)

    def put_together(products: list[Any]) -> Any:
        # A tile of results sees as many rows of the input as there are products, the last of them with the next tile.
        ours, theirs = ([jnp.pad(product, ((0, 0), beside, (0, 0), (0, 0))) for product in products]
                        for beside in ((0, 1), (1, 0)))
        columns = [*transforms(taps).inputs.T]
        rows = [_sum(columns[k], ours) for k in range(TILE)]
        for k, column in enumerate(columns[TILE:]):
            rows[k] += _sum(column, theirs)
        return _woven(rows)[:, pads[0][0]:pads[0][0] + sizes[1]]

    return apart(put_together)(products)


def to_filter(pads: Sequence[tuple[int, int]], taps: Sequence[int], input: Any, out_backprop: Any) -> Any:
    """Its gradient by a filter of shape `taps`."""
    gradients = _of_results(taps[0], out_backprop)

    def turned(input: Any, _: Any) -> list[Any]:
        return _transformed(taps[0], pads[0], out_backprop.shape[1], input.transpose(3, 1, 2, 0))

    # Told of a gradient that it does not need, this waits for it, and needs no memory until then.
    parts = apart(turned)(input, gradients[0])
    products = [_to_row(pads[1], part, one) for part, one in zip(parts, gradients, strict=True)]
    return jnp.stack([_sum(column, products) for column in transforms(taps[0]).filters.T])


def _covered(pads: Sequence[tuple[int, int]], taps: Sequence[int], input: Any) -> Any:
    """Where a filter meets anything but zeros. The others of a tile leave their roundings where it does not, and what
    follows (a rectifier, a pooling) has kinks there."""
    found = (input != 0).any(-1, keepdims=True)
    for axis, (around, count) in enumerate(zip(pads, taps, strict=True), 1):
        padded = jnp.pad(found, [around if i == axis else (0, 0) for i in range(4)])
        size = padded.shape[axis] - count + 1
        found = functools.reduce(jnp.logical_or, [lax.slice_in_dim(padded, k, k + size, axis=axis) for k in range(count)])
    return found


def _transformed(taps: int, pads: tuple[int, int], size: int, input: Any) -> list[Any]:
    """What each product is made of, for `size` results."""
    cut = _cut(input, (pads[0], pads[1] + -size % TILE), taps + TILE - 1)
    return [_sum(row, cut) for row in transforms(taps).inputs]


def _of_results(taps: int, out_backprop: Any) -> list[Any]:
    """What the results' gradient is for each product."""

    def transformed(out_backprop: Any) -> list[Any]:
        cut = _cut(out_backprop, (0, -out_backprop.shape[1] % TILE), TILE)
        return [_sum(column, cut) for column in transforms(taps).results.T]

    return apart(transformed)(out_backprop)


def _products(parts: Sequence[Any], filter: Any, pads: tuple[int, int]) -> list[Any]:
    """Each part convolved along the other axis."""
    filters = [_sum(row, [*filter])[None] for row in transforms(filter.shape[0]).filters]
    return [lax.conv_general_dilated(part, one, (1, 1), ((0, 0), pads), dimension_numbers=("NHWC", "HWIO", "NHWC"))
            for part, one in zip(parts, filters, strict=True)]


def _to_row(pads: tuple[int, int], input: Any, out_backprop: Any) -> Any:
    """The gradient by a filter of one row, from images that are the last axis of the input."""
    if out_backprop.shape[0] < IMAGES:
        depth, _, wide, _ = input.shape
        input = input.transpose(0, 2, 3, 1).reshape(depth, 1, wide, -1)
        out_backprop = out_backprop.reshape(-1, 1, *out_backprop.shape[2:])
    return lax.conv_general_dilated(input, out_backprop, (1, 1), ((0, 0), pads),
                                    dimension_numbers=("NHWC", "IHWO", "HWNC"))[0]


def _cut(array: Any, pads: tuple[int, int], count: int) -> list[Any]:
    """The rows at each of the first `count` places of every tile."""
    padded = jnp.pad(array, ((0, 0), pads, (0, 0), (0, 0)))
    reach = (padded.shape[1] - count) // TILE * TILE + 1
    return [padded[:, place:place + reach:TILE] for place in range(count)]


def _woven(rows: list[Any]) -> Any:
    """The rows of all tiles, of which these are the first, the second and so on."""
    images, tiles, *rest = rows[0].shape
    return jnp.stack(rows, 2).reshape(images, tiles * TILE, *rest)


def _sum(factors: np.ndarray, arrays: Sequence[Any]) -> Any:
    """The sum of the arrays, each with its factor."""
    terms = [array if factor == 1 else array * factor for factor, array in zip(factors, arrays, strict=True) if factor]
    return functools.reduce(jnp.add, terms)
