"""What NumPy does at once with the few numbers of a picture, or of its shape: see `lowering.run.idle`.

Each takes arrays and raises ValueError, IndexError or TypeError where the operation's own rule has to say what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def along(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction, whose axes are an input."""

    def apply(input: Any, axes: Any, keep_dims: bool) -> Any:
        return function(input, tuple(np.reshape(axes, -1).tolist()), keep_dims)

    return apply


def mean(input: Any, axes: tuple[int, ...], keep_dims: bool) -> Any:
    """A mean, of a sum in double precision."""
    total = np.add.reduce(input, axes, np.float64, keepdims=keep_dims)
    return np.divide(total, input.size // max(np.size(total), 1)).astype(input.dtype)


def product(input: Any, axes: tuple[int, ...], keep_dims: bool) -> Any:
    """A product, in the type of what it is of."""
    return np.multiply.reduce(input, axes, input.dtype, keepdims=keep_dims)


def every(input: Any, axes: tuple[int, ...], keep_dims: bool) -> Any:
    """Whether all hold."""
    return np.logical_and.reduce(input, axes, keepdims=keep_dims)


def remainder(x: Any, y: Any) -> Any:
    """The remainder with the sign of `x`."""
    if not np.all(y):
        raise ValueError
    return np.fmod(x, y)


def rectified(features: Any) -> Any:
    """`features`, or zero where they are less."""
    return np.maximum(features, features.dtype.type(0))


def reciprocal_root(x: Any) -> Any:
    """One by the square root."""
    return x.dtype.type(1) / np.sqrt(x)


def counted(start: Any, limit: Any, delta: Any, **_: Any) -> Any:
    """As `Range`, upwards."""
    if np.ndim(start) or np.ndim(limit) or np.ndim(delta) or delta <= 0 or limit < start or start.dtype.kind == "f":
        raise ValueError
    return np.arange(start, limit, delta, dtype=start.dtype)


def contrasted(images: Any, contrast_factor: Any) -> Any:
    """As `AdjustContrastv2`."""
    if images.ndim < 3 or np.ndim(contrast_factor):
        raise ValueError
    middle = mean(images, (-3, -2), True)
    return (images - middle) * contrast_factor + middle


def mirrored(tensor: Any, dims: Any) -> Any:
    """As `Reverse`."""
    if np.shape(dims) != (tensor.ndim,):
        raise ValueError
    return tensor[tuple([slice(None, None, -1 if flag else 1) for flag in dims.tolist()])]


def transposed(x: Any, perm: Any) -> Any:
    """As `Transpose`."""
    return x.transpose(np.reshape(perm, -1).tolist())


def shape_of(input: Any, **_: Any) -> Any:
    """As `Shape`."""
    return np.array(np.shape(input), np.int32)


def rank_of(input: Any) -> Any:
    """As `Rank`."""
    return np.int32(np.ndim(input))


def packed(values: Any, axis: int) -> Any:
    """As `Pack`, of numbers or strings of one shape."""
    if not axis and not any(map(np.ndim, values)):
        if any(isinstance(value, bytes) or np.asarray(value).dtype.kind == "O" for value in values):
            # Not left to NumPy, whose own strings end before their zero bytes.
            return np.array([value if isinstance(value, bytes) else value.item() for value in values], object)
        return np.array(values)
    return np.stack(values, axis)


# -- of several runs at once: rows are in front


def axes_in_rows(input: Any, axes: Any) -> Any:
    """The axes of a row as those of all rows."""
    axes = np.reshape(axes, -1)
    if (axes < 1 - input.ndim).any():
        raise ValueError
    return axes + (axes >= 0)


def mirrored_rows(tensor: Any, dims: Any) -> Any:
    """As `Reverse`."""
    return np.stack([mirrored(one, flags) for one, flags in zip(tensor, dims, strict=True)])


def contrasted_rows(images: Any, contrast_factor: Any) -> Any:
    """As `AdjustContrastv2`."""
    if images.ndim < 4 or contrast_factor.ndim != 1:
        raise ValueError
    middle = mean(images, (-3, -2), True)
    return (images - middle) * contrast_factor.reshape(-1, *[1] * (images.ndim - 1)) + middle


def packed_rows(values: Any, constants: Any, axis: int) -> Any:
    """As `Pack`, where what is not among the constants has rows."""
    count = next(len(value) for value, constant in zip(values, constants, strict=True) if constant is None)
    rows = [value if constant is None else np.broadcast_to(value, (count, *np.shape(value)))
            for value, constant in zip(values, constants, strict=True)]
    return np.stack(rows, axis + (axis >= 0))
