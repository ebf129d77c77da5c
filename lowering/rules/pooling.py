"""Rules of the pooling operations.

A window is cut into its taps: strided slices, one for each place in the window, which XLA fuses into one pass. On a CPU
that is faster than `reduce_window`, and its gradient ten times faster than `select_and_scatter`. Windows that overlap
much are taken one axis after the other, the last one first: a maximum of maxima has the same first place.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels.convolving import transposed
from lowering.registry import Static, lowers
from lowering.rules.convolution import shape_of
from tracer import errors

MOST_OVERLAP = 4
MOST_TAPS = 16


class Windows(NamedTuple):
    """The windows of one pass over an array of shape `sizes`."""

    sizes: tuple[int, ...]
    ksize: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]

    @property
    def padded(self) -> tuple[int, ...]:
        """The shape with its padding."""
        return tuple(size + before + after for size, (before, after) in zip(self.sizes, self.padding, strict=True))

    @property
    def places(self) -> tuple[int, ...]:
        """How many windows there are along each axis."""
        return tuple(max((size - taps) // stride + 1, 0)
                     for size, taps, stride in zip(self.padded, self.ksize, self.strides, strict=True))

    @property
    def offsets(self) -> list[tuple[int, ...]]:
        """The taps, in row-major order."""
        return list(itertools.product(*map(range, self.ksize)))

    @property
    def whole(self) -> int | None:
        """The axis that one long window covers, if that is all the windows do."""
        wide = [axis for axis, taps in enumerate(self.ksize) if taps > 1]
        long = len(wide) == 1 and self.ksize[wide[0]] > MOST_TAPS
        return wide[0] if long and self.ksize[wide[0]] == self.sizes[wide[0]] and self.places[wide[0]] == 1 else None


def passes(sizes: Sequence[int], ksize: Sequence[int], strides: Sequence[int], padding: str) -> list[Windows]:
    """The passes that pool an array: one over all axes, or one for each."""
    sizes, ksize, strides = tuple(sizes), tuple(ksize), tuple(strides)
    pads = tuple((int(before), int(after)) for before, after in lax.padtype_to_pads(sizes, ksize, strides, padding))
    overlap = math.prod(-(-taps // stride) for taps, stride in zip(ksize, strides, strict=True))
    if overlap <= MOST_OVERLAP and math.prod(ksize) <= MOST_TAPS:
        return [Windows(sizes, ksize, strides, pads)]
    found = []
    for axis in reversed(range(len(sizes))):
        if ksize[axis] == 1 and strides[axis] == 1:
            continue
        found.append(Windows(sizes, _only(axis, ksize, 1), _only(axis, strides, 1), _only(axis, pads, (0, 0))))
        sizes = tuple(found[-1].places)
    return found


def _only(axis: int, values: tuple, other: Any) -> tuple:
    return tuple(value if i == axis else other for i, value in enumerate(values))


def taps(x: Any, windows: Windows, fill: Any) -> list[Any]:
    """The slices of `x`, one for each tap."""
    if any(map(any, windows.padding)):
        x = lax.pad(x, jnp.asarray(fill, x.dtype), [(*pad, 0) for pad in windows.padding])
    ends = [(place - 1) * stride + 1 for place, stride in zip(windows.places, windows.strides, strict=True)]
    return [lax.slice(x, at, [i + end for i, end in zip(at, ends, strict=True)], windows.strides)
            for at in windows.offsets]


def spread(parts: list[Any], windows: Windows) -> Any:
    """The transpose of `taps`: the sum of the parts, each put back to its tap.

    Taps that are a whole number of strides apart meet in the same elements. So there is a sum for each remainder, and
    these are woven into one another: to pad the parts with zeros between their elements takes twice as long, and ten
    times where XLA fuses that with a reduction.
    """
    strides = windows.strides
    grid = tuple([-(-padded // stride) for padded, stride in zip(windows.padded, strides, strict=True)])
    nothing = jnp.zeros((), parts[0].dtype)
    sums: dict[tuple[int, ...], Any] = {}
    for at, part in zip(windows.offsets, parts, strict=True):
        remainder = tuple([i % stride for i, stride in zip(at, strides, strict=True)])
        moved = [i // stride for i, stride in zip(at, strides, strict=True)]
        placed = lax.pad(part, nothing, [(by, size - by - places, 0) for by, size, places in
                                         zip(moved, grid, windows.places, strict=True)])
        sums[remainder] = sums[remainder] + placed if remainder in sums else placed
    woven = [sums.get(remainder, jnp.broadcast_to(nothing, grid)) for remainder in itertools.product(*map(range, strides))]
    total = woven[0]
    if len(woven) > 1:
        count = len(grid)
        axes = [axis for i in range(count) for axis in (count + i, i)]
        sizes = [size * stride for size, stride in zip(grid, strides, strict=True)]
        total = jnp.stack(woven).reshape(*strides, *grid).transpose(axes).reshape(sizes)
    starts = [before for before, _ in windows.padding]
    return lax.slice(total, starts, [start + size for start, size in zip(starts, windows.sizes, strict=True)])


# -- maxima


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def largest(x: Any, windows: Windows) -> Any:
    """The largest element of each window. Its gradient goes to the first of those that are equally large."""
    return _largest(x, windows)[0]


def _largest(x: Any, windows: Windows) -> tuple[Any, Any]:
    """The largest elements, and the numbers of their taps."""
    lowest = _lowest(x.dtype)
    if windows.whole is not None:
        x = jnp.where(x > lowest, x, lowest)
        which = jnp.argmax(x, windows.whole, keepdims=True)
        return x.max(windows.whole, keepdims=True), which
    # Not a NaN, which no comparison finds greater: TensorFlow's kernel passes it by.
    best = jnp.full(windows.places, lowest, x.dtype)
    which = jnp.zeros(windows.places, np.uint8 if len(windows.offsets) <= 256 else np.int32)
    for number, tap in enumerate(taps(x, windows, lowest)):
        better = tap > best
        best = jnp.where(better, tap, best)
        which = jnp.where(better, jnp.asarray(number, which.dtype), which)
    return best, which


def _largest_backward(windows: Windows, which: Any, gradient: Any) -> tuple[Any]:
    nothing = jnp.zeros((), gradient.dtype)
    if windows.whole is not None:
        line = lax.broadcasted_iota(which.dtype, windows.sizes, windows.whole)
        return (jnp.where(line == which, gradient, nothing),)
    parts = [jnp.where(which == number, gradient, nothing) for number in range(len(windows.offsets))]
    return (spread(parts, windows),)


largest.defvjp(lambda x, windows: _largest(x, windows), _largest_backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(1,))
def largest_of_volume(x: Any, windows: Windows) -> Any:
    """The largest element of each window. Its gradient goes, whole, to each of those that are equally large."""
    return functools.reduce(jnp.maximum, taps(x, windows, _lowest(x.dtype)))


def _largest_of_volume_forward(x: Any, windows: Windows) -> tuple[Any, tuple]:
    result = largest_of_volume(x, windows)
    return result, (x, result)


def _largest_of_volume_backward(windows: Windows, kept: tuple, gradient: Any) -> tuple[Any]:
    x, result = kept
    nothing = jnp.zeros((), gradient.dtype)
    equal = [tap == result for tap in taps(x, windows, _lowest(x.dtype))]
    return (spread([jnp.where(hit, gradient, nothing) for hit in equal], windows),)


largest_of_volume.defvjp(_largest_of_volume_forward, _largest_of_volume_backward)


def _lowest(dtype: Any) -> Any:
    limits = jnp.finfo(dtype) if jnp.issubdtype(dtype, jnp.floating) else jnp.iinfo(dtype)
    return np.asarray(limits.min, dtype)


def _maximum(x: Any, ksize: list[int], strides: list[int], padding: str) -> Any:
    pool = largest if x.ndim == 4 else largest_of_volume
    for windows in passes(x.shape, ksize, strides, padding):
        x = pool(x, windows)
    return x


@lowers("MaxPool")
def max_pool(input: Any, *, ksize: list[int], strides: list[int], padding: str, data_format: str, check: Any) -> Any:
    _check_windows(input, ksize, padding, 4, check)
    depth = 1 if data_format == "NCHW" else 3
    if ksize[depth] > 1 and input.shape[depth] % ksize[depth]:
        raise errors.UnimplementedError(
            None, None, "Depthwise max pooling requires the depth window to evenly divide the input depth")
    return _maximum(input, ksize, strides, padding)


@lowers("MaxPoolGrad")
def max_pool_grad(orig_input: Any, orig_output: Any, grad: Any, *, ksize: list[int], strides: list[int], padding: str,
                  check: Any) -> Any:
    _check_windows(orig_input, ksize, padding, 4, check)
    check(orig_output.ndim == 4, "tensor_out must be 4-dimensional")
    check(grad.ndim == 4, "out_backprop must be 4-dimensional")
    return jax.vjp(lambda x: _maximum(x, ksize, strides, padding), orig_input)[1](grad)[0]


@lowers("MaxPoolWithArgmax")
def max_pool_with_argmax(input: Any, *, ksize: list[int], strides: list[int], padding: str, Targmax: Any,
                         check: Any) -> Any:
    _check_windows(input, ksize, padding, 4, check)
    _, height, width, channels = input.shape
    index = np.arange(height * width * channels, dtype=Targmax.array_dtype).reshape(1, height, width, channels)
    index = jnp.broadcast_to(index, input.shape)
    result = _maximum(input, ksize, strides, padding)
    for windows in passes(input.shape, ksize, strides, padding):
        input, which = _largest(input, windows)
        index = _chosen(index, which, windows)
    return result, index


def _chosen(x: Any, which: Any, windows: Windows) -> Any:
    """Of each window the element of `x` at the tap `which`."""
    if windows.whole is not None:
        return jnp.take_along_axis(x, which, windows.whole)
    result = jnp.zeros(windows.places, x.dtype)
    for number, tap in enumerate(taps(x, windows, 0)):
        result = jnp.where(which == number, tap, result)
    return result


@lowers("MaxPoolGradWithArgmax")
def max_pool_grad_with_argmax(input: Any, grad: Any, argmax: Any) -> Any:
    images = input.shape[0]
    flat = jnp.zeros((images, math.prod(input.shape[1:])), grad.dtype)
    at = argmax.reshape(images, -1)
    return flat.at[jnp.arange(images)[:, None], at].add(grad.reshape(images, -1), mode="drop").reshape(input.shape)


@lowers("MaxPool3D")
def max_pool3d(input: Any, *, ksize: list[int], strides: list[int], padding: str, check: Any) -> Any:
    _check_windows(input, ksize, padding, 5, check)
    return _maximum(input, ksize, strides, padding)


@lowers("MaxPool3DGrad")
def max_pool3d_grad(orig_input: Any, orig_output: Any, grad: Any, *, ksize: list[int], strides: list[int],
                    padding: str, check: Any) -> Any:
    _check_windows(orig_input, ksize, padding, 5, check)
    return jax.vjp(lambda x: _maximum(x, ksize, strides, padding), orig_input)[1](grad)[0]


# -- means


def mean(x: Any, ksize: list[int], strides: list[int], padding: str) -> Any:
    """The mean of each window; what is padded is not counted."""
    total = x
    for windows in passes(x.shape, ksize, strides, padding):
        if windows.whole is not None:
            total = total.sum(windows.whole, keepdims=True)
        else:
            total = functools.reduce(jnp.add, taps(total, windows, 0))
    return total / _counts(x.shape, ksize, strides, padding).astype(x.dtype)


def _counts(sizes: Sequence[int], ksize: list[int], strides: list[int], padding: str) -> np.ndarray:
    """How many elements each window holds."""
    full = math.prod(ksize)
    if padding == "VALID":
        return np.asarray(full)
    counts = np.ones((1,) * len(sizes))
    pads = lax.padtype_to_pads(tuple(sizes), tuple(ksize), tuple(strides), padding)
    for axis, (size, taps_here, stride, (before, after)) in enumerate(zip(sizes, ksize, strides, pads, strict=True)):
        if taps_here == 1:
            continue
        starts = np.arange(max((size + before + after - taps_here) // stride + 1, 0)) * stride - before
        held = np.minimum(starts + taps_here, size) - np.maximum(starts, 0)
        counts = counts * held.reshape([-1 if i == axis else 1 for i in range(len(sizes))])
    return np.asarray(full) if (counts == full).all() else counts


@lowers("AvgPool")
def avg_pool(value: Any, *, ksize: list[int], strides: list[int], padding: str, check: Any) -> Any:
    _check_windows(value, ksize, padding, 4, check)
    return mean(value, ksize, strides, padding)


@lowers("AvgPoolGrad", "AvgPool3DGrad")
def avg_pool_grad(orig_input_shape: Static, grad: Any, *, ksize: list[int], strides: list[int], padding: str,
                  check: Any) -> Any:
    rank = len(ksize)
    check(orig_input_shape.shape == (rank,), f"out_backprop must be 1-dimensional and {rank} elements")
    check(grad.ndim == rank, f"out_backprop must be {rank}-dimensional")
    sizes = shape_of(orig_input_shape, check)
    return transposed(lambda x: mean(x, ksize, strides, padding), sizes, grad)


@lowers("AvgPool3D")
def avg_pool3d(input: Any, *, ksize: list[int], strides: list[int], padding: str, check: Any) -> Any:
    _check_windows(input, ksize, padding, 5, check)
    return mean(input, ksize, strides, padding)


def _check_windows(x: Any, ksize: list[int], padding: str, rank: int, check: Any) -> None:
    check(x.ndim == rank, f"tensor_in must be {rank}-dimensional")
    if padding == "VALID":
        # One more than fits gives no window at all, and no error.
        check(all(taps_here <= size + 1 for taps_here, size in zip(ksize, x.shape, strict=True)),
              "computed output size would be negative")
