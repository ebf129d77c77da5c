"""Convolutions and their two gradients, each in the form that its backend computes fast."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering import fast
from lowering.kernels import winograd
from lowering.kernels.apart import apart
from lowering.programs import options

LAYOUTS = {("NHWC", 4): ("NHWC", "HWIO", "NHWC"), ("NCHW", 4): ("NCHW", "HWIO", "NCHW"),
           ("NHWC", 5): ("NDHWC", "DHWIO", "NDHWC")}
FEW = 32
"""A filter of so few taps, its input channels counted, is faster tap by tap on a CPU: one loop that XLA fuses with what
follows, 4 times as fast as its convolution for 5x5 taps of one channel."""
EXACT = (jnp.float32, jnp.float64)
"""Types that sums keep their precision in."""
IMAGES = 16
"""XLA's CPU compiler makes of the gradient of a filter a convolution with the images as channels, and is 2 to 3 times
slower where there are fewer than this; `_in_strips` makes more of them."""

PACKET = 8
"""XLA's convolution for CPUs takes so many channels at once, where their number is a multiple of it."""


class Window(NamedTuple):
    """How a filter moves over an input."""

    strides: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    layout: tuple[str, str, str]

    @property
    def first(self) -> int:
        """The first axis of an input that the filter moves along."""
        return 2 if self.layout[0] == "NCHW" else 1

    @property
    def last(self) -> bool:
        """Whether channels are the last axis."""
        return self.layout[0][-1] == "C"


def window_of(sizes: Sequence[int], taps: Sequence[int], strides: Sequence[int], padding: str,
              data_format: str = "NHWC") -> Window:
    """The window of a filter of shape `taps` over an input of shape `sizes`."""
    layout = LAYOUTS[data_format, len(sizes)]
    first, count = 2 if data_format == "NCHW" else 1, len(sizes) - 2
    places = tuple(strides[first:first + count])
    pads = lax.padtype_to_pads(sizes[first:first + count], taps[:count], places, padding)
    return Window(places, tuple((int(low), int(high)) for low, high in pads), layout)


# A convolution is linear in its input and in its filter. Each of the three functions below is the gradient of the other
# two; JAX, left to itself, makes of the gradients of a transposed convolution what a CPU runs twenty times as long.


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def convolved(window: Window, input: Any, filter: Any) -> Any:
    """The convolution."""
    if is_for_cpu() and window.last and math.prod(filter.shape[:-1]) <= FEW and input.dtype in EXACT:
        return apart(functools.partial(_tap_by_tap, window))(input, filter)
    if is_for_cpu() and _is_shallow(window, input, filter):
        return _rows_for_channels(window, input, filter)
    if is_for_cpu() and _has_fewer_products(window, _results(window, input, filter), filter.shape, input.dtype):
        return winograd.convolved(window.pads, input, filter)
    return _convolved(window, input, filter)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def to_input(window: Window, sizes: tuple[int, ...], out_backprop: Any, filter: Any) -> Any:
    """Its gradient by an input of shape `sizes`."""
    if is_for_cpu() and (axes := _covered(window, out_backprop, filter.shape)):
        return _covered_to_input(window, axes, sizes, out_backprop, filter)
    if is_for_cpu() and max(window.strides) > 1 and _is_one_tap(window, filter.shape, filter.dtype):
        return _product_to_input(window, sizes, out_backprop, filter)
    if is_for_cpu() and _has_fewer_products(window, out_backprop.shape, filter.shape, filter.dtype):
        return winograd.to_input(window.pads, sizes, out_backprop, filter)
    places = range(len(window.strides))
    pads = []
    for axis, stride, (low, _) in zip(places, window.strides, window.pads, strict=True):
        taps, size, count = filter.shape[axis], sizes[window.first + axis], out_backprop.shape[window.first + axis]
        before = taps - 1 - low
        pads.append((before, size + taps - 1 - ((count - 1) * stride + 1) - before))
    out_backprop, pads = _roomy(out_backprop, window.first, filter.shape, pads, window.strides)
    inputs, filters, outputs = window.layout
    layout = inputs, filters.replace("IO", "OI"), outputs
    return lax.conv_general_dilated(out_backprop, jnp.flip(filter, places), (1,) * len(places), pads,
                                    lhs_dilation=window.strides, dimension_numbers=layout)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def to_filter(window: Window, taps: tuple[int, ...], input: Any, out_backprop: Any) -> Any:
    """Its gradient by a filter of shape `taps`."""
    if is_for_cpu() and _is_one_tap(window, taps, input.dtype):
        return _product_to_filter(window, taps, input, out_backprop)
    if is_for_cpu() and _has_fewer_products(window, out_backprop.shape, taps, input.dtype):
        return winograd.to_filter(window.pads, taps, input, out_backprop)
    if is_for_cpu() and (strips := _strips(window, out_backprop.shape)) > 1:
        return _in_strips(window, taps, strips, input, out_backprop)
    return _to_filter(window, taps, input, out_backprop)


convolved.defvjp(
    lambda window, input, filter: (convolved(window, input, filter), (input, filter)),
    lambda window, saved, g: (to_input(window, saved[0].shape, g, saved[1]),
                              to_filter(window, saved[1].shape, saved[0], g)))
to_input.defvjp(
    lambda window, sizes, out_backprop, filter: (to_input(window, sizes, out_backprop, filter), (out_backprop, filter)),
    lambda window, sizes, saved, g: (convolved(window, g, saved[1]),
                                     to_filter(window, saved[1].shape, g, saved[0])))
to_filter.defvjp(
    lambda window, taps, input, out_backprop: (to_filter(window, taps, input, out_backprop), (input, out_backprop)),
    lambda window, taps, saved, g: (to_input(window, saved[0].shape, saved[1], g),
                                    convolved(window, saved[0], g)))


def is_for_cpu() -> bool:
    """Whether what is traced is for a CPU alone, and may have its form. An emitted module never has."""
    return fast.on("convolutions") and options.on_cpu()


def _has_fewer_products(window: Window, outputs: Sequence[int], taps: Sequence[int], dtype: Any) -> bool:
    """Whether a convolution with results of shape `outputs`, or a gradient, is faster with fewer products."""
    return window.last and winograd.is_faster(outputs, taps, window.strides, dtype)


def _results(window: Window, input: Any, filter: Any) -> tuple[int, ...]:
    """The shape of a convolution without strides."""
    counts = [size + sum(pads) - taps + 1 for size, pads, taps in
              zip(input.shape[window.first:], window.pads, filter.shape, strict=False)]
    return (input.shape[0], *counts, filter.shape[-1])


def _convolved(window: Window, input: Any, filter: Any) -> Any:
    input, pads = _roomy(input, window.first, filter.shape, window.pads, (1,) * len(window.strides))
    return lax.conv_general_dilated(input, filter, window.strides, pads, dimension_numbers=window.layout)


def _to_filter(window: Window, taps: tuple[int, ...], input: Any, out_backprop: Any) -> Any:
    return transposed(lambda filter: lax.conv_general_dilated(
        input, filter, window.strides, window.pads, dimension_numbers=window.layout), taps, out_backprop)


def _tap_by_tap(window: Window, input: Any, filter: Any) -> Any:
    """The convolution as a sum of products of what lies under each tap."""
    products = (here[..., channel:channel + 1] * filter[*place, channel]
                for place, here in under(window, input, filter.shape[:-2]) for channel in range(filter.shape[-2]))
    return functools.reduce(jnp.add, products)


def _is_shallow(window: Window, input: Any, filter: Any) -> bool:
    """Whether an input has so few channels that XLA's kernels take its numbers one by one."""
    return (window.last and len(window.strides) == 2 and set(window.strides) == {1} and filter.shape[2] < PACKET
            and filter.shape[1] > 1 and input.size > 0 and input.dtype == jnp.float32)


def _rows_for_channels(window: Window, input: Any, filter: Any) -> Any:
    """The convolution of a filter one wide: what a row of its taps covers stands next to each other, as channels."""
    taps, depth, outputs = filter.shape[1:]
    (before, after), size = window.pads[1], input.shape[2]
    count = taps * depth
    whole = -(-count // PACKET) * PACKET  # zeros of the filter meet what is too much
    padded = jnp.pad(input, ((0, 0), (0, 0), (before, after + -(-(whole - count) // depth)), (0, 0)))
    places = np.arange(before + size + after - taps + 1)[:, None] * depth + np.arange(whole)
    rows = padded.reshape(*input.shape[:2], -1).at[:, :, places].get(mode="promise_in_bounds")
    filter = jnp.pad(filter.reshape(-1, 1, count, outputs), ((0, 0), (0, 0), (0, whole - count), (0, 0)))
    return _convolved(window._replace(pads=(window.pads[0], (0, 0))), rows, filter)


def under(window: Window, input: Any, taps: Sequence[int]) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The place of each tap of a filter, and the elements of the input that it meets; channels are the last axis."""
    padded = jnp.pad(input, ((0, 0), *window.pads, (0, 0)))
    counts = [(size - count) // stride + 1
              for size, count, stride in zip(padded.shape[1:-1], taps, window.strides, strict=True)]
    for place in np.ndindex(*taps):
        yield place, padded[:, *(slice(start, start + max((count - 1) * stride + 1, 0), stride)
                                 for start, count, stride in zip(place, counts, window.strides, strict=True))]


def _is_one_tap(window: Window, taps: Sequence[int], dtype: Any) -> bool:
    """Whether a filter moves over the places of an input one by one."""
    return window.last and math.prod(taps[:-2]) == 1 and not any(map(any, window.pads)) and dtype in EXACT


def _covered(window: Window, out_backprop: Any, taps: Sequence[int]) -> list[int]:
    """Those of the axes that a filter moves along in which it has one place only, and several taps."""
    places = enumerate(out_backprop.shape[1:-1]) if window.last else ()
    return [axis for axis, count in places if isinstance(count, int) and count == 1 and taps[axis] > 1]


def _covered_to_input(window: Window, axes: list[int], sizes: tuple[int, ...], out_backprop: Any, filter: Any) -> Any:
    """The gradient by an input that a filter covers in some axes, where its taps are channels: as a convolution it would
    meet each of the results with all taps, and zeros."""
    places = len(window.strides)
    others = [axis for axis in range(places) if axis not in axes]
    taps, (depth, outputs) = filter.shape[:places], filter.shape[places:]
    filter = jnp.transpose(filter, (*others, *axes, places, places + 1))
    filter = filter.reshape(*(1 if axis in axes else taps[axis] for axis in range(places)), -1, outputs)
    inner = window._replace(strides=tuple(1 if axis in axes else window.strides[axis] for axis in range(places)),
                            pads=tuple((0, 0) if axis in axes else window.pads[axis] for axis in range(places)))
    counts = tuple(1 if axis in axes else sizes[axis + 1] for axis in range(places))
    met: Any = to_input(inner, (sizes[0], *counts, filter.shape[-2]), out_backprop, filter)
    met = met.reshape(sizes[0], *(sizes[axis + 1] for axis in others), *(taps[axis] for axis in axes), depth)
    order = [*others, *axes]
    met = jnp.transpose(met, (0, *(order.index(axis) + 1 for axis in range(places)), places + 1))
    # The first tap meets what lies before the input, where there is padding; behind the last one may be more of it.
    around = [(-window.pads[axis][0], sizes[axis + 1] + window.pads[axis][0] - taps[axis], 0) if axis in axes
              else (0, 0, 0) for axis in range(places)]
    return lax.pad(met, jnp.zeros((), met.dtype), [(0, 0, 0), *around, (0, 0, 0)])


def _product_to_input(window: Window, sizes: tuple[int, ...], out_backprop: Any, filter: Any) -> Any:
    """The gradient by an input of whose places a filter of one tap misses some: a product, with zeros between its rows."""
    depth, outputs = filter.shape[-2:]
    met = out_backprop.reshape(-1, outputs) @ filter.reshape(depth, outputs).T
    counts = out_backprop.shape[1:-1]
    around = [(0, size and size - (count - 1) * stride - 1, stride - 1)
              for size, count, stride in zip(sizes[1:-1], counts, window.strides, strict=True)]
    return lax.pad(met.reshape(*out_backprop.shape[:-1], depth), jnp.zeros((), met.dtype), [(0, 0, 0), *around, (0, 0, 0)])


def _product_to_filter(window: Window, taps: tuple[int, ...], input: Any, out_backprop: Any) -> Any:
    """The gradient by a filter of one tap: a product of matrices, which XLA makes of it with a copy of the input, turned."""
    input = input[:, *(slice(None, None, stride) for stride in window.strides)]
    input, out_backprop = (array.reshape(-1, array.shape[-1]) for array in (input, out_backprop))
    return lax.dot_general(input, out_backprop, (((0,), (0,)), ((), ()))).reshape(taps)


def _strips(window: Window, outputs: Sequence[int]) -> int:
    """How many strips of its images to take for images of their own."""
    if not window.last or len(outputs) != 4 or not isinstance(outputs[0], int) or not 0 < outputs[0] < IMAGES // 2:
        return 1
    return max(count for count in range(1, IMAGES // outputs[0] + 1) if outputs[1] % count == 0)


def _in_strips(window: Window, taps: tuple[int, ...], strips: int, input: Any, out_backprop: Any) -> Any:
    """The gradient by the filter, with each image cut into strips of rows, which overlap by what the filter covers."""
    images, rows = out_backprop.shape[:2]
    rows //= strips
    stride = window.strides[0]
    at = np.arange(strips)[:, None] * rows * stride + np.arange((rows - 1) * stride + taps[0])
    padded = jnp.pad(input, ((0, 0), window.pads[0], (0, 0), (0, 0)))
    cut = padded[:, at].reshape(images * strips, at.shape[1], *input.shape[2:])
    out_backprop = out_backprop.reshape(images * strips, rows, *out_backprop.shape[2:])
    return _to_filter(window._replace(pads=((0, 0), window.pads[1])), taps, cut, out_backprop)


def _roomy(array: Any, first: int, taps: Sequence[int], pads: Sequence[tuple[int, int]],
           dilation: Sequence[int]) -> tuple[Any, Sequence[tuple[int, int]]]:
    """An array with zeros around it, where the filter covers more than the array, and the padding still to do.

    XLA exchanges an input for a filter that is larger, and computes what results a hundred times slower on a CPU.
    """
    count = len(pads)
    if math.prod(taps[:count]) <= math.prod(array.shape[first:first + count]):
        return array, pads
    around, left = [(0, 0, 0)] * array.ndim, []
    for axis, ((low, high), step) in enumerate(zip(pads, dilation, strict=True)):
        before = max(-(-low // step), 0)
        after = max(-(-high // step), taps[axis] - array.shape[first + axis] - before, 0)
        around[first + axis] = (before, after, 0)
        left.append((low - before * step, high - after * step))
    # Behind the barrier XLA does not take the zeros for padding of the convolution.
    return lax.optimization_barrier(lax.pad(array, jnp.zeros((), array.dtype), around)), left


def transposed(linear: Callable, sizes: tuple[int, ...], cotangent: Any) -> Any:
    """The transpose of a linear function of an array of shape `sizes`."""
    (result,) = jax.linear_transpose(linear, jax.ShapeDtypeStruct(sizes, cotangent.dtype))(cotangent)
    return result
