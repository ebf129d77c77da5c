"""The convolution of each channel with filters of its own, and the form of its gradient for CPUs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lowering.kernels.convolving import EXACT, Window, is_for_cpu, transposed, under

TERMS = 288
"""At most so many products of rows are written out for an image, which must be compiled."""
LEAST = 1 << 12
"""An image of fewer numbers takes less than the calls of the functions for it."""


def convolved_each(window: Window, input: Any, filter: Any) -> Any:
    """The convolution: a sum over the filter's taps, which XLA fuses.

    On a CPU its grouped convolutions take ten to a hundred times as long.
    """
    if is_for_cpu():
        return _convolved(window, input, filter)
    return _taps(window, input, filter)


def each_to_input(window: Window, sizes: tuple[int, ...], out_backprop: Any, filter: Any) -> Any:
    """Its gradient by an input of shape `sizes`."""
    return transposed(lambda input: _taps(window, input, filter), sizes, out_backprop)


def each_to_filter(window: Window, taps: tuple[int, ...], input: Any, out_backprop: Any) -> Any:
    """Its gradient by a filter of shape `taps`."""
    if is_for_cpu() and _is_worth_it(out_backprop):
        return _image_by_image(window, taps, input, out_backprop)
    return transposed(lambda filter: _taps(window, input, filter), taps, out_backprop)


def _is_worth_it(images: Any) -> bool:
    return images.shape[0] > 1 and math.prod(images.shape[1:]) >= LEAST and images.dtype in EXACT


def _taps(window: Window, input: Any, filter: Any) -> Any:
    total: Any = sum(here[..., None] * filter[place] for place, here in under(window, input, filter.shape[:2]))
    return total.reshape(*total.shape[:3], math.prod(filter.shape[2:]))


_convolved = jax.custom_vjp(_taps, nondiff_argnums=(0,))
_convolved.defvjp(
    lambda window, input, filter: (_convolved(window, input, filter), (input, filter)),
    lambda window, saved, g: (each_to_input(window, saved[0].shape, g, saved[1]),
                              each_to_filter(window, saved[1].shape, saved[0], g)))


def _image_by_image(window: Window, taps: tuple[int, ...], input: Any, out_backprop: Any) -> Any:
    """For each tap the sum of its products, rows of one image after the other: an image is in the cache for all taps.

    A sum for each tap over all images reads them from memory for each.
    """
    depth, multiplier = taps[2:]
    flat = window.strides[1] == 1 and multiplier == 1  # a row is then one run of numbers
    unit, rest = (depth, ()) if flat else (1, (depth, multiplier))
    x = input.reshape(*input.shape[:2], -1, *(rest and (depth, 1)))
    g = out_backprop.reshape(*out_backprop.shape[:2], -1, *rest)
    wide, high = input.shape[2], out_backprop.shape[1]
    count = min(high, max(TERMS // math.prod(taps[:2]), 4))
    strips = -(-high // count)
    shape = (strips,) if strips > 1 else ()
    places = [(i, j, *_reach(j - window.pads[1][0], window.strides[1], wide, out_backprop.shape[2]))
              for i in range(taps[0]) for j in range(taps[1])]

    def step(sums: list[Any], image: tuple[Any, Any]) -> tuple[list[Any], None]:
        found = []
        for total, (i, j, start, end) in zip(sums, places, strict=True):
            begin = start * window.strides[1] + j - window.pads[1][0]
            axis = len(shape)
            for above, below in _rows(window, taps[0], i, count, strips, *image):
                met = lax.slice_in_dim(above, begin * unit, (begin + (end - start - 1) * window.strides[1] + 1) * unit,
                                       window.strides[1], axis)
                total = total + met * lax.slice_in_dim(below, start * unit, end * unit, axis=axis)
            found.append(total)
        return found, None

    nothing = [jnp.zeros((*shape, (end - start) * unit, *rest), input.dtype) for *_, start, end in places]
    sums, _ = lax.scan(step, nothing, (x, g))
    return jnp.stack([total.reshape(-1, depth, multiplier).sum(0) for total in sums]).reshape(taps)


def _reach(offset: int, stride: int, size: int, count: int) -> tuple[int, int]:
    """The first of `count` places, `stride` apart from `offset` on, that lies within `size`, and the one after the last."""
    start = min(max(-(offset // stride), 0), count)
    return start, max(min((size - 1 - offset) // stride + 1, count), start)


def _rows(window: Window, taps: int, tap: int, count: int, strips: int, x: Any, g: Any) -> Iterator[tuple[Any, Any]]:
    """The rows of an image that a row of taps meets, and those of the gradient, `strips` of them at a time."""
    stride, (before, _) = window.strides[0], window.pads[0]
    if strips == 1:
        start, end = _reach(tap - before, stride, x.shape[0], count)
        for row in range(start, end):
            yield x[row * stride + tap - before], g[row]
        return
    total = strips * count
    x = _extended(x, before, total * stride + taps - 1)[tap:tap + total * stride]
    x = x.reshape(strips, count * stride, *x.shape[1:])
    g = _extended(g, 0, total).reshape(strips, count, *g.shape[1:])
    for row in range(count):
        yield x[:, row * stride], g[:, row]


def _extended(rows: Any, before: int, size: int) -> Any:
    """`size` rows, of zeros before and after those there are."""
    edges: Sequence[tuple[int, int, int]] = [(before, size - before - rows.shape[0], 0), *[(0, 0, 0)] * (rows.ndim - 1)]
    return lax.pad(rows, jnp.zeros((), rows.dtype), edges)
