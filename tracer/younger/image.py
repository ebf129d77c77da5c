"""`tf.image.NAME`: what TensorFlow 0.9 to 0.12 added."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, indexing, logic, math, script
from tracer.ops.later_strings import decode_gif as decode_gif

__all__ = ["adjust_gamma", "crop_and_resize", "decode_gif", "non_max_suppression", "rot90"]


def rot90(image: Any, k: int = 1, name: str | None = None) -> Tensor:
    """An image turned by `k` quarters against the clock."""
    with scopes.op_scope([image], name, "rot90"):
        image = convert_to_tensor(image)
        turned = array.transpose(image, [1, 0, 2]) if k % 2 else image
        turns = k % 4
        return indexing.reverse(turned, [turns in (1, 2), turns in (2, 3), False])


def adjust_gamma(image: Any, gamma: float = 1, gain: float = 1) -> Tensor:
    """`gain * image ** gamma` in float32, of pixels from 0 to the highest value of their type."""
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    with scopes.op_scope([image, gamma, gain], None, "adjust_gamma"):
        image = convert_to_tensor(image)
        kind = image.dtype.base_dtype
        scale = float(np.iinfo(kind.as_numpy_dtype).max) if kind.is_integer else 1.0
        return math.mul(math.pow(math.div(casting.to_float(image), scale), gamma), scale * gain)


def non_max_suppression(boxes: Any, scores: Any, max_output_size: Any, iou_threshold: float = 0.5,
                        name: str | None = None) -> Tensor:
    """The numbers of the best boxes, none of which covers much of a better one. On the host."""

    def chosen(boxes: np.ndarray, scores: np.ndarray, most: np.ndarray) -> np.ndarray:
        low = np.minimum(boxes[:, :2], boxes[:, 2:])
        high = np.maximum(boxes[:, :2], boxes[:, 2:])
        areas = (high - low).prod(1)
        kept: list[int] = []
        for candidate in np.argsort(-scores, kind="stable"):
            if len(kept) >= most:
                break
            both = np.clip(np.minimum(high[candidate], high[kept]) - np.maximum(low[candidate], low[kept]), 0, None).prod(1)
            whole = areas[candidate] + areas[kept] - both
            if not np.any((both > iou_threshold * whole) & (areas[kept] > 0) & (areas[candidate] > 0)):
                kept.append(int(candidate))
        return np.array(kept, np.int32)

    numbers = script.py_func(chosen, [boxes, scores, max_output_size], dtypes.int32, name=name)
    numbers.set_shape([None])
    return numbers


def crop_and_resize(image: Any, boxes: Any, box_ind: Any, crop_size: Any, method: str = "bilinear",
                    extrapolation_value: float = 0, name: str | None = None) -> Tensor:
    """Parts of images, each brought to `crop_size`; the corners of `boxes` go from 0 to 1 over an image."""
    if method != "bilinear":
        raise ValueError(f"method must be 'bilinear', not {method!r}")
    with scopes.op_scope([image, boxes, box_ind, crop_size], name, "CropAndResize") as scope:
        image, boxes = casting.to_float(image), convert_to_tensor(boxes)
        box_ind, crop_size = convert_to_tensor(box_ind), convert_to_tensor(crop_size)
        shape = array.shape(image)
        rows = _places(boxes, 0, 2, indexing.gather(crop_size, 0), indexing.gather(shape, 1))
        columns = _places(boxes, 1, 3, indexing.gather(crop_size, 1), indexing.gather(shape, 2))
        pixels = array.reshape(image, array.pack([-1, indexing.gather(shape, 3)]))
        first = array.reshape(math.mul(box_ind, indexing.gather(shape, 1)), [-1, 1, 1])

        def at(y: Tensor, x: Tensor) -> Tensor:
            places = math.add(math.mul(math.add(first, array.expand_dims(y, 2)), indexing.gather(shape, 2)),
                              array.expand_dims(x, 1))
            return indexing.gather(pixels, places)

        (top, bottom, down, inside), (left, right, across, within) = rows, columns
        across = array.expand_dims(array.expand_dims(across, 1), 3)
        upper = at(top, left) + (at(top, right) - at(top, left)) * across
        lower = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * across
        mixed = upper + (lower - upper) * array.expand_dims(array.expand_dims(down, 2), 3)
        seen = casting.to_float(logic.logical_and(array.expand_dims(inside, 2), array.expand_dims(within, 1)))
        seen = array.expand_dims(seen, 3)
        return math.add(mixed * seen, extrapolation_value * (1 - seen), name=scope)


def _places(boxes: Tensor, low: int, high: int, count: Tensor, size: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """For each box and line of its crop: the lines of the image on both sides, how far between, and whether inside."""
    start, end = (array.slice(boxes, [0, at], [-1, 1]) for at in (low, high))
    last, steps = casting.to_float(size - 1), casting.to_float(count - 1)
    step = math.div((end - start) * last, math.maximum(steps, 1))
    one = logic.equal(count, 1)
    begin = start * last + casting.to_float(one) * 0.5 * (end - start) * last
    lines = begin + step * array.expand_dims(casting.to_float(array.range_(count)), 0)
    inside = logic.logical_and(logic.greater_equal(lines, 0), logic.less_equal(lines, last))
    held = math.minimum(math.maximum(lines, 0), last)
    below = math.floor(held)
    return casting.to_int32(below), casting.to_int32(math.ceil(held)), held - below, inside
