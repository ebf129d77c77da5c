"""Rules of parts of images, operations that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels.random import numpy_type_of
from lowering.registry import Static, lowers
from lowering.rules.array import text


@lowers("CropAndResize")
def crop_and_resize(image: Any, boxes: Any, box_ind: Any, crop_size: Static, *, method: str, extrapolation_value: float,
                    check: Any) -> Any:
    if np.ndim(image) != 4:
        raise ValueError(f"input image must be 4-D{text(np.shape(image))}")
    count = np.shape(image)[0]
    rows, columns = (int(size) for size in crop_size)
    if min(rows, columns) <= 0:
        raise ValueError("crop dimensions must be positive")
    return _crops(image, boxes, _numbers(box_ind, count, check), rows, columns, np.float32(extrapolation_value))


def _numbers(box_ind: Any, count: int, check: Any) -> Any:
    """Of which image each box is a part."""
    check(((box_ind >= 0) & (box_ind < count)).all(), f"box_ind has values outside [0, {count})")
    return jnp.clip(box_ind, 0, max(count - 1, 0))


def _crops(image: Any, boxes: Any, numbers: Any, rows: int, columns: int, outside: Any) -> Any:
    height, width = np.shape(image)[1:3]
    pixels, boxes = jnp.asarray(image).astype(jnp.float32), jnp.asarray(boxes)
    top, bottom, down, tall = _lines(boxes[:, 0], boxes[:, 2], rows, height)
    left, right, across, wide = _lines(boxes[:, 1], boxes[:, 3], columns, width)

    def at(y: Any, x: Any) -> Any:
        return pixels[numbers[:, None, None], y[:, :, None], x[:, None, :]]

    down, across = down[:, :, None, None], across[:, None, :, None]
    upper = at(top, left) + (at(top, right) - at(top, left)) * across
    lower = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * across
    inside = (tall[:, :, None] & wide[:, None, :])[..., None]
    return jnp.where(inside, upper + (lower - upper) * down, outside)


def _lines(start: Any, end: Any, count: int, size: int) -> tuple[Any, Any, Any, Any]:
    """For each box and line of its crop: the lines of the image on both sides, how far between, and whether inside."""
    last = np.float32(size - 1)
    if count > 1:
        step = (end - start) * last / np.float32(count - 1)
        lines = _product(start, last)[:, None] + _product(jnp.arange(count), step[:, None])
    else:
        lines = (np.float32(0.5) * (start + end) * last)[:, None]
    inside = (lines >= 0) & (lines <= last)
    held = jnp.clip(lines, 0, last)
    below = jnp.floor(held)
    return below.astype(jnp.int32), jnp.ceil(held).astype(jnp.int32), held - below, inside


def _product(a: Any, b: Any) -> Any:
    """Of float32, rounded before anything is added to it: whether a line is inside depends on the last place."""
    return (a.astype(jnp.float64) * b.astype(jnp.float64)).astype(jnp.float32)


def _size(grads: Any) -> tuple[int, int]:
    """The rows and columns of the crops whose gradient `grads` is."""
    return np.shape(grads)[1], np.shape(grads)[2]


@lowers("CropAndResizeGradImage")
def crop_and_resize_grad_image(grads: Any, boxes: Any, box_ind: Any, image_size: Static, *, T: Any, method: str,
                               check: Any) -> Any:
    count = int(image_size[0])
    numbers = _numbers(box_ind, count, check)
    image = jnp.zeros([int(size) for size in image_size], jnp.float32)
    _, back = jax.vjp(lambda image: _crops(image, boxes, numbers, *_size(grads), np.float32(0)), image)
    return lax.convert_element_type(back(grads)[0], numpy_type_of(T))


@lowers("CropAndResizeGradBoxes")
def crop_and_resize_grad_boxes(grads: Any, image: Any, boxes: Any, box_ind: Any, *, method: str, check: Any) -> Any:
    count = np.shape(image)[0]
    numbers = _numbers(box_ind, count, check)
    _, back = jax.vjp(lambda boxes: _crops(image, boxes, numbers, *_size(grads), np.float32(0)), jnp.asarray(boxes))
    return back(grads)[0]
