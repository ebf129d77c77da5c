"""Random parts of images that show enough of an object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from lowering.host.sampling import Stream, below, unit
from lowering.registry import lowers
from lowering.rules.array import text

ONE = np.float32(1)


class Box(NamedTuple):
    """A part of an image, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> np.float32:
        """How many pixels it has."""
        return np.float32((self.right - self.left) * (self.bottom - self.top))

    def covered_by(self, other: Box) -> np.float32:
        """The share of it that is also in `other`."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return np.float32(max(width, 0) * max(height, 0)) / self.area


@lowers("SampleDistortedBoundingBox", host=True)
def sample_distorted_bounding_box(
    image_size: Any, bounding_boxes: Any, *, seed: int, seed2: int, min_object_covered: float,
    aspect_ratio_range: list[float], area_range: list[float], max_attempts: int, use_image_if_no_bounding_boxes: bool,
    check: Any, session: Any, op: Any,
) -> Any:
    _check_ranges(min_object_covered, aspect_ratio_range, area_range, max_attempts, check)
    check(image_size.ndim == 1, f"image_size must be 1-dimensional{text(image_size.shape)}")
    check(image_size.size == 3, f"image_size must contain 3 elements{text(image_size.shape)}")
    height, width, _ = (int(n) for n in image_size)
    check(height >= 0 and width >= 0, f"image_size must hold no number below 0: {text(image_size)}")
    whole = Box(0, 0, width, height)
    objects = _objects(bounding_boxes, height, width, use_image_if_no_bounding_boxes, check)
    stream = session.state.resource(("boxes", op.name), lambda: Stream(seed, seed2))
    with session.state.lock:
        attempts = _attempts(whole, aspect_ratio_range, area_range, max_attempts, stream.words())
        part = next((part for part in attempts if _shows(part, objects, min_object_covered)), whole)
        stream.advance(max_attempts)
    with np.errstate(invalid="ignore", divide="ignore"):
        corners = np.array([part.top, part.left, part.bottom, part.right], np.float32)
        box = corners / np.array([height, width] * 2, np.float32)
    begin = np.array([part.top, part.left, 0]).astype(image_size.dtype)
    size = np.array([part.bottom - part.top, part.right - part.left, -1]).astype(image_size.dtype)
    return begin, size, box.reshape(1, 1, 4)


def _check_ranges(covered: float, ratios: list[float], areas: list[float], attempts: int, check: Any) -> None:
    def shown(range: list[float]) -> str:
        return f"[{range[0]:.6g}, {range[1]:.6g}]"

    check(covered >= 0, f"Min object covered must be non-negative: {covered:.6g}")
    check(len(ratios) == 2, "Aspect ratio range field must specify 2 dimensions")
    check(min(ratios) > 0, lambda: f"Aspect ratio range must be non-negative: {shown(ratios)}")
    check(len(areas) == 2, "Area range field must specify 2 dimensions")
    check(min(areas) > 0, lambda: f"Area range must be non-negative: {shown(areas)}")
    check(max(areas) <= 1, lambda: f"Area range must be less then or equal to 1.0: {shown(areas)}")
    check(attempts > 0, f"Max attempts must be non-negative: {attempts}")


def _objects(boxes: np.ndarray, height: int, width: int, whole: bool, check: Any) -> list[Box]:
    """The given boxes in pixels."""
    check(boxes.ndim == 3, f"input boxes must be 3-dimensional [batch, num_boxes, coords]: {text(boxes.shape)}")
    check(boxes.shape[-1] == 4, f"bounding boxes must have shape [4] or [*, 4], got {text(boxes.shape)}")
    if not boxes.size:
        check(whole, "No bounding boxes provided as input. One must enable use_image_if_no_bounding_boxes if you wish "
                     "to not provide any bounding boxes.")
        return [Box(0, 0, width, height)]
    outside = boxes[~((boxes >= 0) & (boxes <= 1))]
    check(not outside.size, lambda: f"All bounding box coordinates must be in [0.0, 1.0]: {outside[0]:.6g}")
    places = (boxes.reshape(-1, 4) * np.array([height, width] * 2, np.float32)).astype(np.int64).tolist()
    return [Box(left, top, right, bottom) for top, left, bottom, right in places]


def _attempts(whole: Box, ratios: list[float], areas: list[float], count: int,
              words: Iterator[int]) -> Iterator[Box]:
    """Random parts, each of a random shape, as TensorFlow draws them; what does not fit is left out."""
    least, most = (np.float32(ratio) for ratio in ratios)
    for _ in range(count):
        part = _part(whole, unit(words) * (most - least) + least, areas, words)
        if part is not None:
            yield part


def _part(whole: Box, ratio: np.float32, areas: list[float], words: Iterator[int]) -> Box | None:
    """A random part whose width is `ratio` times its height."""
    if not whole.area or areas[0] > areas[1]:
        return None
    least, most = (np.float32(area) * np.float32(whole.right) * np.float32(whole.bottom) for area in areas)
    height, highest = (_round(np.sqrt(area / ratio)) for area in (least, most))
    if _round(np.float32(highest) * ratio) > whole.right:
        highest = int((np.float32(whole.right) + np.float32(0.5) - np.float32(1e-7)) / ratio)
    highest = min(highest, whole.bottom)
    height = min(height, highest)
    if height < highest:
        height += below(words, highest - height + 1)

    def area() -> np.float32:
        return np.float32(height * _round(np.float32(height) * ratio))

    if area() < least:  # both for what rounding has taken, or added
        height += 1
    if area() > most:
        height -= 1
    width = _round(np.float32(height) * ratio)
    if not least <= area() <= most or not 0 < width <= whole.right or not 0 < height <= whole.bottom:
        return None
    top = below(words, whole.bottom - height) if height < whole.bottom else 0
    left = below(words, whole.right - width) if width < whole.right else 0
    return Box(left, top, left + width, top + height)


def _round(value: np.float32) -> int:
    return int(np.rint(value))


def _shows(part: Box, objects: list[Box], covered: float) -> bool:
    """Whether enough of one object is in the part."""
    if part.area < ONE:
        return False
    return any(shown.covered_by(part) >= np.float32(covered) for shown in objects if shown.area >= ONE)
