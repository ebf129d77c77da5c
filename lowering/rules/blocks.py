"""Tensors repeated, padded, and rearranged block by block."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.registry import Static, lowers
from lowering.rules.array import text


@lowers("Tile")
def tile(input: Any, multiples: Static) -> Any:
    count = np.ndim(input)
    if multiples.ndim != 1:
        raise ValueError(f"Expected multiples to be 1-D, but got shape {text(multiples.shape)}")
    if multiples.size != count:
        raise ValueError(f"Expected multiples argument to be a vector of length {count} but got length "
                         f"{multiples.size}")
    for i, times in enumerate(multiples.tolist()):
        if times < 0:
            raise ValueError(f"Expected multiples[{i}] >= 0, but got {times}")
    return jnp.tile(input, multiples.tolist())


def _check_paddings(input: Any, paddings: np.ndarray) -> list[tuple[int, int]]:
    if paddings.ndim != 2 or paddings.shape[1] != 2:
        raise ValueError(f"paddings must be a matrix with 2 columns: {text(paddings.shape)}")
    if paddings.shape[0] != np.ndim(input):
        raise ValueError(f"The first dimension of paddings must be the rank of inputs{text(paddings.shape)} "
                         f"{text(np.shape(input))}")
    for before, after in paddings.tolist():
        if before < 0 or after < 0:
            raise ValueError(f"Paddings must be non-negative: {before} {after}")
    return [(before, after) for before, after in paddings.tolist()]


@lowers("Pad")
def pad(input: Any, paddings: Static) -> Any:
    widths = _check_paddings(input, paddings)
    return jnp.pad(input, widths) if widths else input


@lowers("MirrorPad")
def mirror_pad(input: Any, paddings: Static, *, mode: str) -> Any:
    widths = _check_paddings(input, paddings)
    for size, (before, after) in zip(np.shape(input), widths, strict=True):
        if mode == "SYMMETRIC" and max(before, after) > size:
            raise ValueError(f"paddings must be no greater than the dimension size: {before}, {after} greater than "
                             f"{size}")
        if mode == "REFLECT" and max(before, after) >= size:
            raise ValueError(f"paddings must be less thanthan the dimension size: {before}, {after} not less than {size}")
    return input if not widths else jnp.pad(input, widths, mode="reflect" if mode == "REFLECT" else "symmetric")


@lowers("TileGrad")
def tile_grad(input: Any, multiples: Static) -> Any:
    sizes, times = np.shape(input), multiples.tolist()
    if len(times) != len(sizes):
        raise ValueError(f"Expected multiples argument to be a vector of length {len(sizes)} but got length {len(times)}")
    for i, (size, n) in enumerate(zip(sizes, times, strict=True)):
        if n <= 0:
            raise ValueError(f"Expected multiples[{i}] > 0, but got {n}")
        if size % n:
            raise ValueError(f"Expected input_dim[{i}] to be divisible by multiples[{i}], but {size} % {n} != 0")
    parts = [part for size, n in zip(sizes, times, strict=True) for part in (n, size // n)]
    return jnp.asarray(input).reshape(parts).sum(tuple(range(0, len(parts), 2)), dtype=input.dtype)


@lowers("MirrorPadGrad")
def mirror_pad_grad(input: Any, paddings: Static, *, mode: str) -> Any:
    widths = _check_paddings(input, paddings)
    sizes = [size - before - after for size, (before, after) in zip(np.shape(input), widths, strict=True)]
    padded = jax.linear_transpose(lambda x: mirror_pad(x, paddings, mode=mode), jax.ShapeDtypeStruct(sizes, input.dtype))
    return padded(jnp.asarray(input))[0]


def _image(input: Any, block_size: int) -> tuple[int, ...]:
    if block_size <= 1:
        raise ValueError(f"Block size should be > 1: {block_size}")
    if np.ndim(input) != 4:
        raise ValueError(f"Input rank should be: 4 instead of: {np.ndim(input)}")
    return np.shape(input)


def _check_blocks(height: int, width: int, block_size: int) -> None:
    if height % block_size or width % block_size:
        raise ValueError(f"Image height {height} and width {width} should be divisible by block_size: {block_size}")


@lowers("SpaceToDepth")
def space_to_depth(input: Any, *, block_size: int) -> Any:
    batch, height, width, depth = _image(input, block_size)
    _check_blocks(height, width, block_size)
    rows, columns = height // block_size, width // block_size
    blocks = jnp.reshape(input, (batch, rows, block_size, columns, block_size, depth))
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape((batch, rows, columns, block_size * block_size * depth))


@lowers("DepthToSpace")
def depth_to_space(input: Any, *, block_size: int) -> Any:
    batch, height, width, depth = _image(input, block_size)
    if depth % (block_size * block_size):
        raise ValueError(f"Input depth dimension {depth} should be divisible by: {block_size * block_size}")
    left = depth // (block_size * block_size)
    blocks = jnp.reshape(input, (batch, height, width, block_size, block_size, left))
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape((batch, height * block_size, width * block_size, left))


def _frame(widths: np.ndarray, name: str) -> list[list[int]]:
    if widths.shape != (2, 2):
        raise ValueError(f"{name} must be a 2 x 2 matrix: {text(widths.shape)}")
    if (widths < 0).any():
        raise ValueError(f"{name.capitalize()} must be non-negative")
    return widths.tolist()


@lowers("SpaceToBatch")
def space_to_batch(input: Any, paddings: Static, *, block_size: int) -> Any:
    _image(input, block_size)
    padded = jnp.pad(input, [(0, 0), *_frame(paddings, "paddings"), (0, 0)])
    batch, height, width, depth = padded.shape
    _check_blocks(height, width, block_size)
    rows, columns = height // block_size, width // block_size
    blocks = padded.reshape((batch, rows, block_size, columns, block_size, depth))
    return blocks.transpose(2, 4, 0, 1, 3, 5).reshape((block_size * block_size * batch, rows, columns, depth))


@lowers("BatchToSpace")
def batch_to_space(input: Any, crops: Static, *, block_size: int) -> Any:
    batch, rows, columns, depth = _image(input, block_size)
    (top, bottom), (left, right) = _frame(crops, "crops")
    if batch % (block_size * block_size):
        raise ValueError(f"Input batch dimension {batch} should be divisible by: {block_size * block_size}")
    height, width = rows * block_size, columns * block_size
    if top + bottom >= height or left + right >= width:
        raise ValueError("Output dimensions must be positive")
    blocks = jnp.reshape(input, (block_size, block_size, -1, rows, columns, depth))
    image = blocks.transpose(2, 3, 0, 4, 1, 5).reshape((-1, height, width, depth))
    return image[:, top:height - bottom, left:width - right]
