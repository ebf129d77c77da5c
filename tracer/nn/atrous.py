"""Convolutions composed of others."""

from __future__ import annotations

from typing import Any

from tracer import scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, blocks
from tracer.ops.convolution import conv2d


def atrous_conv2d(value: Any, filters: Any, rate: int, padding: str, name: str | None = None) -> Tensor:
    """A convolution whose taps lie `rate` pixels apart: the filter with `rate - 1` zeros between its values.

    The pixels at a distance of `rate` are dealt out to images of their own, which are convolved and put together again.

    >>> x = tf.reshape(tf.range(5.0), [1, 1, 5, 1])
    >>> tf.nn.atrous_conv2d(x, tf.ones([1, 2, 1, 1]), 3, "VALID").eval()[0, 0, :, 0]
    array([3., 5.], dtype=float32)

    Args:
        value: of shape [batch, height, width, depth].
        filters: of shape [height, width, depth, channels].
        rate: at least 1, which is an ordinary convolution.
        padding: "SAME" or "VALID".

    Raises:
        ValueError: the depths differ, the rate is less than 1, or the padding another.
    """
    with scopes.op_scope([value, filters], name, "atrous_conv2d") as scope:
        value = convert_to_tensor(value, name="value")
        filters = convert_to_tensor(filters, name="filters")
        depth, taken = shapes.rank(value.sizes, 4)[3], shapes.rank(filters.sizes, 4)[2]
        if depth is not None and taken is not None and depth != taken:
            raise ValueError(f"value's input channels does not match filters' input channels, {depth} != {taken}")
        if rate < 1:
            raise ValueError(f"rate {rate} cannot be less than one")
        if rate == 1:
            return conv2d(value, filters, strides=[1, 1, 1, 1], padding=padding)
        pads, crops = zip(*_margins(value, filters, rate, padding), strict=True)
        dealt = blocks.space_to_batch(value, _matrix(pads), rate)
        convolved = conv2d(dealt, filters, strides=[1, 1, 1, 1], padding="VALID", name=scope)
        return blocks.batch_to_space(convolved, _matrix(crops), rate)


def _margins(value: Tensor, filters: Tensor, rate: int, padding: str) -> list[tuple[list[Any], list[Any]]]:
    """For height and width, what is padded before and after, and what is cropped of the result."""
    if padding not in ("SAME", "VALID"):
        raise ValueError("Invalid padding")
    sizes, taps = _sizes(value, (1, 2)), _sizes(filters, (0, 1)) if padding == "SAME" else (1, 1)
    found = []
    for size, tap in zip(sizes, taps, strict=True):
        total = (tap - 1) * rate  # what the filter covers, with its holes, less one
        before = total // 2
        more = (rate - (size + total) % rate) % rate  # up to a multiple of the rate
        found.append(([before, total - before + more], [0, more]))
    return found


def _sizes(x: Tensor, axes: tuple[int, int]) -> list[Any]:
    known = shapes.rank(x.sizes, 4)
    if all(known[axis] is not None for axis in axes):
        return [known[axis] for axis in axes]
    sizes = array.shape(x)
    return [known[axis] if known[axis] is not None else sizes[axis] for axis in axes]  # type: ignore[index]


def _matrix(rows: Any) -> Any:
    if any(isinstance(item, Tensor) for row in rows for item in row):
        return array.pack([array.pack(row) for row in rows])
    return [list(row) for row in rows]
