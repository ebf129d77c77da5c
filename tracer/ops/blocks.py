"""Tensors repeated, padded, and rearranged block by block."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.static import constant_value, known_elements


@op("Tile")
def tile(input: Tensor, multiples: Tensor, name: str | None = None) -> Any:
    """`input`, repeated `multiples[i]` times along each dimension i.

    >>> tf.tile([[1, 2]], [2, 2]).eval()
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]], dtype=int32)
    """
    (count,) = shapes.rank(multiples.sizes, 1)
    sizes = input.sizes
    if sizes is None:
        return None if count is None else (None,) * count
    shapes.same(count, len(sizes))
    times = known_elements(multiples) or [None] * len(sizes)
    if any(number is not None and number < 0 for number in times):
        raise ValueError(f"Expected multiples to be >= 0, but got {times}")
    return tuple(None if size is None or n is None else size * n for size, n in zip(sizes, times, strict=True))


def pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", name: str | None = None) -> Tensor:
    """`tensor` with `paddings[i][0]` elements before and `paddings[i][1]` after, along each dimension i.

    >>> tf.pad([[1, 2, 3]], [[0, 0], [2, 2]], "REFLECT").eval()
    array([[3, 2, 1, 2, 3, 2, 1]], dtype=int32)

    Args:
        mode: "CONSTANT" for zeros, "REFLECT" for the tensor mirrored at its edge elements, "SYMMETRIC" for the tensor
            mirrored with its edge elements.
    """
    if mode == "CONSTANT":
        return _pad(tensor, paddings, name=name)
    if mode in ("REFLECT", "SYMMETRIC"):
        return _mirror_pad(tensor, paddings, mode, name=name)
    raise ValueError(f"Unknown padding mode: {mode}")


def _padded(input: Tensor, paddings: Tensor) -> shapes.Sizes:
    (count, two) = shapes.rank(paddings.sizes, 2)
    shapes.same(two, 2)
    sizes = input.sizes
    if sizes is None:
        return None if count is None else (None,) * count
    shapes.same(count, len(sizes))
    widths = constant_value(paddings)
    if widths is None:
        return (None,) * len(sizes)
    if (widths < 0).any():
        raise ValueError(f"paddings must be non-negative: {widths.tolist()}")
    return tuple(None if size is None else size + int(before) + int(after)
                 for size, (before, after) in zip(sizes, widths, strict=True))


@op("Pad")
def _pad(input: Tensor, paddings: Tensor, name: str | None = None) -> Any:
    return _padded(input, paddings)


@op("MirrorPad")
def _mirror_pad(input: Tensor, paddings: Tensor, mode: str, name: str | None = None) -> Any:
    return _padded(input, paddings)


@op("TileGrad")
def _tile_grad(input: Tensor, multiples: Tensor, name: str | None = None) -> Any:
    times = constant_value(multiples)
    if input.sizes is None or times is None:
        return None
    return tuple(None if size is None else size // int(n) for size, n in zip(input.sizes, times, strict=True))


@op("MirrorPadGrad")
def _mirror_pad_grad(input: Tensor, paddings: Tensor, mode: str, name: str | None = None) -> Any:
    widths = constant_value(paddings)
    if input.sizes is None or widths is None:
        return None
    return tuple(None if size is None else size - int(before) - int(after)
                 for size, (before, after) in zip(input.sizes, widths, strict=True))


def _block(sizes: shapes.Sizes, block_size: int) -> tuple[shapes.Size, ...]:
    if block_size <= 1:
        raise ValueError("Attr block_size must be > 1.")
    return shapes.rank(sizes, 4)


def _divided(size: shapes.Size, by: int, message: str) -> shapes.Size:
    if size is None:
        return None
    if size % by:
        raise IndexError(message)  # TensorFlow's type
    return size // by


@op("SpaceToDepth")
def space_to_depth(input: Tensor, block_size: int, name: str | None = None) -> Any:
    """An image batch with each block of `block_size` x `block_size` pixels as one pixel of greater depth.

    >>> tf.space_to_depth([[[[1], [2]], [[3], [4]]]], 2).eval()
    array([[[[1, 2, 3, 4]]]], dtype=int32)
    """
    batch, height, width, depth = _block(input.sizes, block_size)
    message = f"height {height} and width {width} must be divisible by block_size {block_size}"
    return (batch, _divided(height, block_size, message), _divided(width, block_size, message),
            None if depth is None else depth * block_size * block_size)


@op("DepthToSpace")
def depth_to_space(input: Tensor, block_size: int, name: str | None = None) -> Any:
    """The inverse of `space_to_depth`: the depth of each pixel as a block of pixels.

    >>> tf.depth_to_space([[[[1, 2, 3, 4]]]], 2).eval()
    array([[[[1],
             [2]],
    <BLANKLINE>
            [[3],
             [4]]]], dtype=int32)
    """
    batch, height, width, depth = _block(input.sizes, block_size)
    return (batch, None if height is None else height * block_size, None if width is None else width * block_size,
            _divided(depth, block_size * block_size,
                     f"Dimension size must be divisible by {block_size * block_size} but is {depth}"))


def _widths(paddings: Tensor) -> np.ndarray | None:
    """The 2 x 2 paddings or crops when they are known."""
    rows, columns = shapes.rank(paddings.sizes, 2)
    shapes.same(rows, 2)
    shapes.same(columns, 2)
    widths = constant_value(paddings)
    if widths is None:
        return None
    if (widths < 0).any():
        raise ValueError("paddings cannot be negative.")
    return np.sum(widths, axis=1)


@op("SpaceToBatch")
def space_to_batch(input: Tensor, paddings: Tensor, block_size: int, name: str | None = None) -> Any:
    """A zero-padded image batch with the pixels of each `block_size` x `block_size` block dealt out to images.

    >>> tf.shape(tf.space_to_batch([[[[1], [2]], [[3], [4]]]], [[0, 0], [0, 0]], 2)).eval()
    array([4, 1, 1, 1], dtype=int32)
    """
    batch, height, width, depth = _block(input.sizes, block_size)
    widths = _widths(paddings)
    if widths is None:
        height = width = None
    else:
        height = None if height is None else height + int(widths[0])
        width = None if width is None else width + int(widths[1])
    message = f"height {height} and width {width} must be divisible by block_size {block_size}"
    return (None if batch is None else batch * block_size * block_size, _divided(height, block_size, message),
            _divided(width, block_size, message), depth)


@op("BatchToSpace")
def batch_to_space(input: Tensor, crops: Tensor, block_size: int, name: str | None = None) -> Any:
    """The inverse of `space_to_batch`; `crops` is cut off instead of `paddings` added."""
    batch, height, width, depth = _block(input.sizes, block_size)
    widths = _widths(crops)
    if widths is None:
        height = width = None
    else:
        height = None if height is None else _positive(height * block_size - int(widths[0]))
        width = None if width is None else _positive(width * block_size - int(widths[1]))
    batch = _divided(batch, block_size * block_size,
                     f"Dimension size must be divisible by {block_size * block_size} but is {batch}")
    return batch, height, width, depth


def _positive(size: int) -> int:
    if size <= 0:
        raise ValueError("Output height or width is not positive.")
    return size
