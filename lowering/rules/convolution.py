"""Rules of the convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from lowering.kernels.convolving import Window, convolved, to_filter, to_input, window_of
from lowering.kernels.depthwise import convolved_each, each_to_filter, each_to_input
from lowering.registry import Static, lowers


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
    return to_input(window_of(sizes, filter.shape, strides, padding, data_format), sizes, out_backprop, filter)


@lowers("Conv2DBackpropFilter")
def conv2d_backprop_filter(input: Any, filter_sizes: Static, out_backprop: Any, *, strides: list[int], padding: str,
                           data_format: str, check: Any) -> Any:
    check(filter_sizes.ndim == 1, f"Conv2DBackpropFilter: filter_sizes input must be 1-dim, not {filter_sizes.ndim}")
    sizes = shape_of(filter_sizes, check)
    _check_backprop("Conv2DBackpropFilter", input.shape, sizes, out_backprop, strides, padding, data_format, check)
    return to_filter(window_of(input.shape, sizes, strides, padding, data_format), sizes, input, out_backprop)


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
    return each_to_input(_window_of_each(sizes, filter.shape, strides[1], padding), sizes, out_backprop, filter)


@lowers("DepthwiseConv2dNativeBackpropFilter")
def depthwise_conv2d_native_backprop_filter(input: Any, filter_sizes: Static, out_backprop: Any, *, strides: list[int],
                                            padding: str, check: Any) -> Any:
    sizes = shape_of(filter_sizes, check)
    return each_to_filter(_window_of_each(input.shape, sizes, strides[1], padding), sizes, input, out_backprop)


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
    return to_input(window_of(input.shape, filter.shape, strides, padding), input.shape, out_backprop, filter)


@lowers("Conv3DBackpropFilter")
def conv3d_backprop_filter(input: Any, filter: Any, out_backprop: Any, *, strides: list[int], padding: str,
                           check: Any) -> Any:
    _check_backprop("Conv3DBackpropFilter", input.shape, filter.shape, out_backprop, strides, padding, "NHWC", check)
    return to_filter(window_of(input.shape, filter.shape, strides, padding), filter.shape, input, out_backprop)


@lowers("Conv3DBackpropInputV2")
def conv3d_backprop_input_v2(input_sizes: Static, filter: Any, out_backprop: Any, *, strides: list[int], padding: str,
                             check: Any) -> Any:
    sizes = tuple(input_sizes.tolist())
    _check_backprop("Conv3DBackpropInput", sizes, filter.shape, out_backprop, strides, padding, "NHWC", check)
    return to_input(window_of(sizes, filter.shape, strides, padding), sizes, out_backprop, filter)


@lowers("Conv3DBackpropFilterV2")
def conv3d_backprop_filter_v2(input: Any, filter_sizes: Static, out_backprop: Any, *, strides: list[int], padding: str,
                              check: Any) -> Any:
    sizes = tuple(filter_sizes.tolist())
    _check_backprop("Conv3DBackpropFilter", input.shape, sizes, out_backprop, strides, padding, "NHWC", check)
    return to_filter(window_of(input.shape, sizes, strides, padding), sizes, input, out_backprop)


def convolve(input: Any, filter: Any, strides: Sequence[int], padding: str, data_format: str = "NHWC") -> Any:
    """A convolution of any number of spatial dimensions."""
    if not math.prod(filter.shape[:-2]):
        raise ValueError(f"filter must not be empty: {brackets(filter.shape)}")
    window = window_of(input.shape, filter.shape, strides, padding, data_format)
    if data_format == "NHWC" and all(size == 1 for size in filter.shape[:-2]):
        # One tap is a matrix product, several times faster on a CPU, its gradients above all.
        taken = input[(slice(None), *(slice(None, None, step) for step in window.strides))]
        return jnp.matmul(taken, filter.reshape(filter.shape[-2:]))
    return convolved(window, input, filter)


def convolve_each(input: Any, filter: Any, stride: int, padding: str) -> Any:
    """A convolution of each channel with filters of its own."""
    return convolved_each(_window_of_each(input.shape, filter.shape, stride, padding), input, filter)


def _window_of_each(sizes: Sequence[int], taps: Sequence[int], stride: int, padding: str) -> Window:
    if not math.prod(taps[:2]):
        raise ValueError(f"filter must not be empty: {brackets(taps)}")
    return window_of(sizes, taps, (1, stride, stride, 1), padding)


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
