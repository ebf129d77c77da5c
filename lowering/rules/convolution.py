"""Rules of the convolutions."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from lowering.registry import Static, lowers

LAYOUTS = {("NHWC", 4): ("NHWC", "HWIO", "NHWC"), ("NCHW", 4): ("NCHW", "HWIO", "NCHW"),
           ("NHWC", 5): ("NDHWC", "DHWIO", "NDHWC")}


@lowers("Conv2D")
def conv2d(input: Any, filter: Any, *, strides: list[int], padding: str, data_format: str, check: Any) -> Any:
    check(input.ndim == 4, f"input must be 4-dimensional{brackets(input.shape)}")
    check(filter.ndim == 4, f"filter must be 4-dimensional: {brackets(filter.shape)}")
    depth = input.shape[1 if data_format == "NCHW" else 3]
    check(depth == filter.shape[2], f"input and filter must have the same depth: {depth} vs {filter.shape[2]}")
    return convolve(input, filter, strides, padding, data_format)


@lowers("Conv2DBackpropInput")
def conv2d_backprop_input(input_sizes: Static, filter: Any, out_backprop: Any, *, strides: list[int], padding: str,
                          data_format: str, check: Any) -> Any:
    check(input_sizes.ndim == 1, f"Conv2DBackpropInput: input_sizes input must be 1-dim, not {input_sizes.ndim}")
    sizes = shape_of(input_sizes, check)
    _check_backprop("Conv2DBackpropInput", sizes, filter.shape, out_backprop, strides, padding, data_format, check)
    return _to_input(_window(sizes, filter.shape, strides, padding, data_format), sizes, out_backprop, filter)


@lowers("Conv2DBackpropFilter")
def conv2d_backprop_filter(input: Any, filter_sizes: Static, out_backprop: Any, *, strides: list[int], padding: str,
                           data_format: str, check: Any) -> Any:
    check(filter_sizes.ndim == 1, f"Conv2DBackpropFilter: filter_sizes input must be 1-dim, not {filter_sizes.ndim}")
    sizes = shape_of(filter_sizes, check)
    _check_backprop("Conv2DBackpropFilter", input.shape, sizes, out_backprop, strides, padding, data_format, check)
    return _to_filter(_window(input.shape, sizes, strides, padding, data_format), sizes, input, out_backprop)


@lowers("DepthwiseConv2dNative")
def depthwise_conv2d_native(input: Any, filter: Any, *, strides: list[int], padding: str, check: Any) -> Any:
    check(input.ndim == 4, f"input must be 4-dimensional{brackets(input.shape)}")
    check(filter.ndim == 4, f"filter must be 4-dimensional: {brackets(filter.shape)}")
    check(input.shape[3] == filter.shape[2],
          f"input and filter must have the same depth: {input.shape[3]} vs {filter.shape[2]}")
    return convolve_each(input, filter, strides[1], padding)


@lowers("DepthwiseConv2dNativeBackpropInput")
def depthwise_conv2d_native_backprop_input(input_sizes: Static, filter: Any, out_backprop: Any, *, strides: list[int],
                                           padding: str, check: Any) -> Any:
    sizes = shape_of(input_sizes, check)
    return transposed(lambda x: convolve_each(x, filter, strides[1], padding), sizes, out_backprop)


@lowers("DepthwiseConv2dNativeBackpropFilter")
def depthwise_conv2d_native_backprop_filter(input: Any, filter_sizes: Static, out_backprop: Any, *, strides: list[int],
                                            padding: str, check: Any) -> Any:
    sizes = shape_of(filter_sizes, check)
    return transposed(lambda f: convolve_each(input, f, strides[1], padding), sizes, out_backprop)


@lowers("Conv3D")
def conv3d(input: Any, filter: Any, *, strides: list[int], padding: str, check: Any) -> Any:
    check(input.ndim == 5, "input must be 5-dimensional")
    check(filter.ndim == 5, "filter must be 5-dimensional")
    check(input.shape[4] == filter.shape[3], "input and filter must have the same depth")
    return convolve(input, filter, strides, padding)


@lowers("Conv3DBackpropInput")
def conv3d_backprop_input(input: Any, filter: Any, out_backprop: Any, *, strides: list[int], padding: str,
                          check: Any) -> Any:
    _check_backprop("Conv3DBackpropInput", input.shape, filter.shape, out_backprop, strides, padding, "NHWC", check)
    return _to_input(_window(input.shape, filter.shape, strides, padding), input.shape, out_backprop, filter)


@lowers("Conv3DBackpropFilter")
def conv3d_backprop_filter(input: Any, filter: Any, out_backprop: Any, *, strides: list[int], padding: str,
                           check: Any) -> Any:
    _check_backprop("Conv3DBackpropFilter", input.shape, filter.shape, out_backprop, strides, padding, "NHWC", check)
    return _to_filter(_window(input.shape, filter.shape, strides, padding), filter.shape, input, out_backprop)


def convolve(input: Any, filter: Any, strides: Sequence[int], padding: str, data_format: str = "NHWC") -> Any:
    """A convolution of any number of spatial dimensions."""
    if not math.prod(filter.shape[:-2]):
        raise ValueError(f"filter must not be empty: {brackets(filter.shape)}")
    window = _window(input.shape, filter.shape, strides, padding, data_format)
    if data_format == "NHWC" and all(size == 1 for size in filter.shape[:-2]):
        # One tap is a matrix product, several times faster on a CPU, its gradients above all.
        taken = input[(slice(None), *(slice(None, None, step) for step in window.strides))]
        return jnp.matmul(taken, filter.reshape(filter.shape[-2:]))
    return _convolve(window, input, filter)


class Window(NamedTuple):
    """How a filter moves over an input."""

    strides: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]
    layout: tuple[str, str, str]

    @property
    def first(self) -> int:
        """The first axis of an input that the filter moves along."""
        return 2 if self.layout[0] == "NCHW" else 1


def _window(sizes: Sequence[int], taps: Sequence[int], strides: Sequence[int], padding: str,
            data_format: str = "NHWC") -> Window:
    layout = LAYOUTS[data_format, len(sizes)]
    first, count = 2 if data_format == "NCHW" else 1, len(sizes) - 2
    places = tuple(strides[first:first + count])
    pads = lax.padtype_to_pads(sizes[first:first + count], taps[:count], places, padding)
    return Window(places, tuple((int(low), int(high)) for low, high in pads), layout)


# A convolution is linear in its input and in its filter. Each of the three functions below is the gradient of the other
# two; JAX, left to itself, makes of the gradients of a transposed convolution what a CPU runs twenty times as long.


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _convolve(window: Window, input: Any, filter: Any) -> Any:
    input, pads = _roomy(input, window.first, filter.shape, window.pads, (1,) * len(window.strides))
    return lax.conv_general_dilated(input, filter, window.strides, pads, dimension_numbers=window.layout)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _to_input(window: Window, sizes: tuple[int, ...], out_backprop: Any, filter: Any) -> Any:
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
def _to_filter(window: Window, taps: tuple[int, ...], input: Any, out_backprop: Any) -> Any:
    return transposed(lambda filter: lax.conv_general_dilated(
        input, filter, window.strides, window.pads, dimension_numbers=window.layout), taps, out_backprop)


_convolve.defvjp(
    lambda window, input, filter: (_convolve(window, input, filter), (input, filter)),
    lambda window, saved, g: (_to_input(window, saved[0].shape, g, saved[1]),
                              _to_filter(window, saved[1].shape, saved[0], g)))
_to_input.defvjp(
    lambda window, sizes, out_backprop, filter: (_to_input(window, sizes, out_backprop, filter), (out_backprop, filter)),
    lambda window, sizes, saved, g: (_convolve(window, g, saved[1]),
                                     _to_filter(window, saved[1].shape, g, saved[0])))
_to_filter.defvjp(
    lambda window, taps, input, out_backprop: (_to_filter(window, taps, input, out_backprop), (input, out_backprop)),
    lambda window, taps, saved, g: (_to_input(window, saved[0].shape, saved[1], g),
                                    _convolve(window, saved[0], g)))


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


def convolve_each(input: Any, filter: Any, stride: int, padding: str) -> Any:
    """A convolution of each channel with filters of its own.

    A sum over the filter's taps, which XLA fuses: on a CPU its grouped convolutions take ten to a hundred times as long.
    """
    height, width, depth, multiplier = filter.shape
    if not height * width:
        raise ValueError(f"filter must not be empty: {brackets(filter.shape)}")
    (top, bottom), (left, right) = lax.padtype_to_pads(input.shape[1:3], (height, width), (stride, stride), padding)
    padded = jnp.pad(input, ((0, 0), (top, bottom), (left, right), (0, 0)))
    rows, columns = ((size - taps) // stride + 1 for size, taps in zip(padded.shape[1:3], (height, width), strict=True))
    total = jnp.zeros((input.shape[0], rows, columns, depth, multiplier), input.dtype)
    for i in range(height):
        for j in range(width):
            here = padded[:, i:i + (rows - 1) * stride + 1:stride, j:j + (columns - 1) * stride + 1:stride, :, None]
            total = total + here * filter[i, j]
    return total.reshape(*total.shape[:3], depth * multiplier)


def transposed(linear: Callable, sizes: tuple[int, ...], cotangent: Any) -> Any:
    """The transpose of a linear function of an array of shape `sizes`."""
    (result,) = jax.linear_transpose(linear, jax.ShapeDtypeStruct(sizes, cotangent.dtype))(cotangent)
    return result


def brackets(shape: Sequence[int]) -> str:
    """A shape as TensorFlow's kernels print it: `[2,3]`."""
    return f"[{','.join(map(str, shape))}]"


def shape_of(sizes: Any, check: Any) -> tuple[int, ...]:
    """A vector of sizes as a shape."""
    for size in sizes:
        check(bool(size >= 0), f"Dimension {size} must be >= 0")
    return tuple(int(size) for size in sizes)


def _check_backprop(label: str, sizes: tuple[int, ...], taps: tuple[int, ...], out_backprop: Any, strides: Sequence[int],
                    padding: str, data_format: str, check: Any) -> None:
    """The conditions under which `out_backprop` is the gradient of such a convolution, in TensorFlow's words."""
    rank = len(strides)
    check(len(sizes) == rank, f"{label}: input must be {rank}-dimensional")
    check(len(taps) == rank, f"{label}: filter must be {rank}-dimensional")
    check(out_backprop.ndim == rank, f"{label}: out_backprop must be {rank}-dimensional")
    depth_axis, first = (1, 2) if data_format == "NCHW" else (rank - 1, 1)
    check(sizes[0] == out_backprop.shape[0], f"{label}: input and out_backprop must have the same batch size")
    check(sizes[depth_axis] == taps[-2], f"{label}: input and filter must have the same depth")
    check(out_backprop.shape[depth_axis] == taps[-1], f"{label}: filter and out_backprop must have the same out_depth")
    words = ("rows", "cols") if rank == 4 else ("planes", "rows", "cols")
    for i, word in enumerate(words):
        size, stride = sizes[first + i], strides[first + i]
        places = -(-size // stride) if padding == "SAME" else -(-(size - taps[i] + 1) // stride)
        actual = out_backprop.shape[first + i]
        check(actual == places, f"{label}: Number of {word} of out_backprop doesn't match computed: "
                                f"actual = {actual}, computed = {places}")
