"""Images in another size. A new pixel's place in the old image is its own place times the scale, as TensorFlow had it.

Places and weights are known while tracing, and computed in float32 as TensorFlow's kernels compute them.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels import random
from lowering.registry import Static, lowers
from lowering.rules.array import text
from tracer import errors

TABLE = 1024
"""The steps between two pixels for which the cubic kernel is tabulated."""
CUBIC = -0.75


def _sizes(images: Any, size: np.ndarray, what: str = "input") -> tuple[int, int]:
    """The new height and width, after all checks."""
    if np.ndim(images) != 4:
        raise ValueError(f"{what} must be 4-dimensional{text(np.shape(images))}")
    if size.ndim != 1:
        raise ValueError(f"shape_t must be 1-dimensional{text(size.shape)}")
    if size.size != 2:
        raise ValueError(f"shape_t must have two elements{text(size.shape)}")
    if (size <= 0).any():
        raise ValueError("output dimensions must be positive")
    _, height, width, channels = np.shape(images)
    if not channels:
        raise ValueError("image must have at least one channel")
    if not height or not width:
        raise ValueError("input image must be of non-zero size")
    return int(size[0]), int(size[1])


def _scale(old: int, new: int, align_corners: bool) -> np.float32:
    """Old pixels for each new one."""
    if align_corners and new > 1:
        return np.float32(old - 1) / np.float32(new - 1)
    return np.float32(old) / np.float32(new)


def _places(old: int, new: int, align_corners: bool) -> np.ndarray:
    """Where each new pixel is in the old image."""
    return np.arange(new, dtype=np.float32) * _scale(old, new, align_corners)


def _take(images: Any, indices: np.ndarray, axis: int) -> Any:
    return jnp.take(images, indices, axis, mode="clip")


# -- nearest neighbor


def _nearest(old: int, new: int, align_corners: bool) -> np.ndarray:
    return np.minimum(_places(old, new, align_corners).astype(np.int32), old - 1)


@lowers("ResizeNearestNeighbor")
def resize_nearest_neighbor(images: Any, size: Static, *, align_corners: bool) -> Any:
    height, width = _sizes(images, size)
    rows = _take(images, _nearest(images.shape[1], height, align_corners), 1)
    return _take(rows, _nearest(images.shape[2], width, align_corners), 2)


@lowers("ResizeNearestNeighborGrad")
def resize_nearest_neighbor_grad(grads: Any, size: Static, *, align_corners: bool) -> Any:
    if size.size == 2 and (size <= 0).any():
        raise ValueError("shape_t's elements must be positive")
    height, width = _sizes(grads, size)
    batch, new_height, new_width, channels = grads.shape
    rows = _nearest(height, new_height, align_corners)
    columns = _nearest(width, new_width, align_corners)
    total = jnp.zeros((batch, new_height, width, channels), grads.dtype).at[:, :, columns].add(grads)
    return jnp.zeros((batch, height, width, channels), grads.dtype).at[:, rows].add(total)


# -- bilinear


def _between(old: int, new: int, align_corners: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pixels on both sides of each place, and how far it is from the first."""
    places = _places(old, new, align_corners)
    first = np.minimum(places.astype(np.int32), old - 1)
    return first, np.minimum(first + 1, old - 1), places - first.astype(np.float32)


@lowers("ResizeBilinear")
def resize_bilinear(images: Any, size: Static, *, align_corners: bool) -> Any:
    height, width = _sizes(images, size)
    top, bottom, down = _between(images.shape[1], height, align_corners)
    left, right, along = _between(images.shape[2], width, align_corners)
    along, down = along[:, None], down[:, None, None]

    def mixed(rows: Any) -> Any:
        start, end = (_take(rows, columns, 2).astype(jnp.float32) for columns in (left, right))
        return start + (end - start) * along

    above, below = (mixed(_take(images, rows, 1)) for rows in (top, bottom))
    return above + (below - above) * down


@lowers("ResizeBilinearGrad")
def resize_bilinear_grad(grads: Any, original_image: Any, *, align_corners: bool) -> Any:
    for what, value in (("input_grad", grads), ("original_image", original_image)):
        if np.ndim(value) != 4:
            raise ValueError(f"{what} must be 4-dimensional{text(np.shape(value))}")
    size = np.array(grads.shape[1:3])
    original = jax.ShapeDtypeStruct((grads.shape[0], *original_image.shape[1:3], grads.shape[3]), original_image.dtype)
    transpose = jax.linear_transpose(lambda x: resize_bilinear(x, size, align_corners=align_corners), original)
    return transpose(grads)[0]


# -- bicubic


def _kernel() -> tuple[np.ndarray, np.ndarray]:
    """The cubic kernel at each step of the table: near the middle, and one pixel further out."""
    x = np.arange(TABLE + 1) / TABLE
    near = ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1
    x = x + 1
    far = ((CUBIC * x - 5 * CUBIC) * x + 8 * CUBIC) * x - 4 * CUBIC
    return near.astype(np.float32), far.astype(np.float32)


def _cubic(old: int, new: int, align_corners: bool) -> tuple[np.ndarray, np.ndarray]:
    """For each new pixel the four old ones around it, and their weights, one row for each of the four."""
    places = _places(old, new, align_corners)
    first = places.astype(np.int32)
    step = np.rint((places - first.astype(np.float32)) * np.float32(TABLE)).astype(np.int32)
    near, far = _kernel()
    weights = np.stack([far[step], near[step], near[TABLE - step], far[TABLE - step]])
    return np.clip(first + np.arange(-1, 3)[:, None], 0, old - 1), weights


@lowers("ResizeBicubic")
def resize_bicubic(images: Any, size: Static, *, align_corners: bool) -> Any:
    height, width = _sizes(images, size)
    rows, down = _cubic(images.shape[1], height, align_corners)
    columns, along = _cubic(images.shape[2], width, align_corners)
    images = jnp.asarray(images).astype(jnp.float32)

    def mixed(chosen: Any) -> Any:
        return sum(_take(chosen, at, 2) * weight[:, None] for at, weight in zip(columns, along, strict=True))

    return sum(mixed(_take(images, at, 1)) * weight[:, None, None] for at, weight in zip(rows, down, strict=True))


# -- area


def _shares(old: int, new: int, align_corners: bool) -> np.ndarray:
    """The share of each old pixel in each new one, of shape [new, old]; a pixel beyond the border is the last one."""
    scale = _scale(old, new, align_corners)
    start = np.arange(new, dtype=np.float32) * scale
    end = (np.arange(new, dtype=np.float32) + 1) * scale
    reach = int(np.ceil(end).max(initial=0))
    pixels = np.arange(reach, dtype=np.float32)
    covered = np.minimum(pixels + 1, end[:, None]) - np.maximum(pixels, start[:, None])
    shares = np.zeros((new, old), np.float32)
    if scale:
        np.add.at(shares.T, np.minimum(np.arange(reach), old - 1), (np.maximum(covered, 0) / scale).T)
    return shares


@lowers("ResizeArea")
def resize_area(images: Any, size: Static, *, align_corners: bool) -> Any:
    height, width = _sizes(images, size)
    down = _shares(images.shape[1], height, align_corners)
    along = _shares(images.shape[2], width, align_corners)
    rows = jnp.einsum("yi,nijc->nyjc", down, jnp.asarray(images).astype(jnp.float32))
    return jnp.einsum("xj,nyjc->nyxc", along, rows)


# -- crops


@lowers("RandomCrop")
def random_crop(image: Any, size: Static, *, stream: Any) -> Any:
    if np.ndim(image) != 3:
        raise ValueError(f"input must be 3-dimensional{text(np.shape(image))}")
    if size.shape != (2,):
        raise ValueError(f"shape_t must have two elements{text(size.shape)}")
    (height, width, channels), (new_height, new_width) = np.shape(image), size.tolist()
    words, offsets = iter(random.words(stream, 0, 4)), []
    for what, old, new in (("width", width, new_width), ("height", height, new_height)):
        if new < 0:
            raise ValueError(f"target_{what} must be >= 0: {new}")
        if old < new:
            raise errors.FailedPreconditionError(
                None, None, f"{what} must be >= target_{what}: {what} = {old}, target_{what} = {new}")
        offsets.append(lax.rem(next(words), jnp.uint32(old - new + 1)) if old > new else jnp.uint32(0))
    left, top = offsets
    return lax.dynamic_slice(image, (top, left, jnp.uint32(0)), (new_height, new_width, channels)), random.advance(stream, 1)
