"""Images flipped, transposed, cropped and padded."""

from __future__ import annotations

from typing import Any

from tracer.image.sizes import after, demand, height_and_width, image_of, known, number
from tracer.ir import Tensor
from tracer.ops import array, blocks, indexing, logic, math, random


def flip_left_right(image: Any) -> Tensor:
    """The image mirrored: its left side on the right.

    >>> tf.image.flip_left_right([[[1], [2], [3]]]).eval()[:, :, 0]
    array([[3, 2, 1]], dtype=int32)
    """
    return indexing.reverse(image_of(image), [False, True, False])


def flip_up_down(image: Any) -> Tensor:
    """The image mirrored: its upper side at the bottom.

    >>> tf.image.flip_up_down([[[1]], [[2]]]).eval()[:, :, 0]
    array([[2],
           [1]], dtype=int32)
    """
    return indexing.reverse(image_of(image), [True, False, False])


def random_flip_left_right(image: Any, seed: int | None = None) -> Tensor:
    """The image, or every other time `flip_left_right` of it."""
    image = image_of(image)
    return _mirrored(image, [1.0, random.random_uniform([], 0, 1.0, seed=seed), 1.0])


def random_flip_up_down(image: Any, seed: int | None = None) -> Tensor:
    """The image, or every other time `flip_up_down` of it."""
    image = image_of(image)
    return _mirrored(image, [random.random_uniform([], 0, 1.0, seed=seed), 1.0, 1.0])


def _mirrored(image: Tensor, drawn: list[Any]) -> Tensor:
    return indexing.reverse(image, logic.less(array.pack(drawn), 0.5))


def transpose_image(image: Any) -> Tensor:
    """The image with rows for columns.

    >>> tf.image.transpose_image([[[1], [2]]]).eval()[:, :, 0]
    array([[1],
           [2]], dtype=int32)
    """
    return array.transpose(image_of(image), [1, 0, 2], name="transpose_image")


def central_crop(image: Any, central_fraction: float) -> Tensor:
    """The middle of an image: `central_fraction` of its height and of its width.

    >>> tf.image.central_crop(tf.reshape(tf.range(16), [4, 4, 1]), 0.5).eval()[:, :, 0]
    array([[ 5,  6],
           [ 9, 10]], dtype=int32)

    Raises:
        ValueError: `central_fraction` is not in (0, 1].
    """
    if not 0.0 < central_fraction <= 1.0:
        raise ValueError("central_fraction must be within (0, 1]")
    if central_fraction == 1.0:
        return image
    image = image_of(image)
    sizes = array.shape(image)
    parts = int(1 / ((1 - central_fraction) / 2.0))  # one of them is cut off on each side
    begins = [math.div(sizes[axis], parts) for axis in (0, 1)]
    ends = [sizes[axis] - begin * 2 for axis, begin in enumerate(begins)]
    result = array.slice(image, array.pack([*begins, 0]), array.pack([*ends, -1]))
    result.set_shape([None, None, image.get_shape()[2]])
    return result


def pad_to_bounding_box(image: Any, offset_height: Any, offset_width: Any, target_height: Any,
                        target_width: Any) -> Tensor:
    """The image with zeros around it; the image itself where there is nothing to add.

    >>> tf.image.pad_to_bounding_box([[[7]]], 1, 0, 2, 3).eval()[:, :, 0]
    array([[0, 0, 0],
           [7, 0, 0]], dtype=int32)

    Args:
        image: of shape [height, width, channels].
        offset_height, offset_width: so many rows of zeros above the image, and columns on its left.
        target_height, target_width: the size of the result.

    Raises:
        ValueError: the image does not fit; InvalidArgumentError in a run, when only the run knows.
    """
    image = image_of(image)
    height, width = height_and_width(image)
    offset_height, offset_width = number(offset_height), number(offset_width)
    target_height, target_width = number(target_height), number(target_width)
    below, right = target_height - offset_height - height, target_width - offset_width - width
    checks = [*demand(offset_height >= 0, "offset_height must be >= 0"),
              *demand(offset_width >= 0, "offset_width must be >= 0"),
              *demand(right >= 0, "width must be <= target - offset"),
              *demand(below >= 0, "height must be <= target - offset")]
    paddings = [offset_height, below, offset_width, right, 0, 0]
    if not any(isinstance(size, Tensor) for size in paddings):
        if not any(paddings):
            return image
        return blocks.pad(image, [[offset_height, below], [offset_width, right], [0, 0]])
    result = blocks.pad(after(checks, image), array.reshape(array.pack(paddings), [3, 2]))
    result.set_shape([known(target_height), known(target_width), image.get_shape().with_rank(3)[2]])
    return result


def random_crop(image: Any, size: Any, seed: int | None = None, name: str | None = None) -> Tensor:
    """A part of the image, of the height and width `size`, from a random place: up to TensorFlow 0.6.

    A run fails with InvalidArgumentError when the image is smaller.
    """
    image = image_of(image)
    height, width = size if isinstance(size, (list, tuple)) else array.unpack(size, 2)
    depth = image.sizes[2] if image.sizes else None
    return random.random_crop(image, [height, width, array.shape(image)[2] if depth is None else depth], seed, name)


def crop_to_bounding_box(image: Any, offset_height: Any, offset_width: Any, target_height: Any,
                         target_width: Any) -> Tensor:
    """A rectangle of the image.

    >>> tf.image.crop_to_bounding_box(tf.reshape(tf.range(6), [2, 3, 1]), 0, 1, 2, 2).eval()[:, :, 0]
    array([[1, 2],
           [4, 5]], dtype=int32)

    Args:
        image: of shape [height, width, channels].
        offset_height, offset_width: the row and the column of the rectangle's top left corner.
        target_height, target_width: its size.

    Raises:
        ValueError: the rectangle reaches over the border; InvalidArgumentError in a run, when only the run knows.
    """
    image = image_of(image)
    height, width = height_and_width(image)
    offset_height, offset_width = number(offset_height), number(offset_width)
    target_height, target_width = number(target_height), number(target_width)
    checks = [*demand(offset_width >= 0, "offset_width must be >= 0."),
              *demand(offset_height >= 0, "offset_height must be >= 0."),
              *demand(target_width > 0, "target_width must be > 0."),
              *demand(target_height > 0, "target_height must be > 0."),
              *demand(width >= target_width + offset_width, "width must be >= target + offset."),
              *demand(height >= target_height + offset_height, "height must be >= target + offset.")]
    result = array.slice(after(checks, image), [offset_height, offset_width, 0], [target_height, target_width, -1])
    result.set_shape([known(target_height), known(target_width), image.get_shape().with_rank(3)[2]])
    return result


def resize_image_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Tensor:
    """The middle of an image, with zeros around it where it is too small.

    >>> tf.image.resize_image_with_crop_or_pad([[[1], [2], [3]]], 2, 1).eval()[:, :, 0]
    array([[2],
           [0]], dtype=int32)

    Raises:
        ValueError: a size is not above 0.
    """
    image = image_of(image)
    target_height, target_width = number(target_height), number(target_width)
    checks = [*demand(target_width > 0, "target_width must be > 0."),
              *demand(target_height > 0, "target_height must be > 0.")]
    image = after(checks, image)
    height, width = height_and_width(image)
    cropped = crop_to_bounding_box(image, _half(height, target_height), _half(width, target_width),
                                   _least(target_height, height), _least(target_width, width))
    return pad_to_bounding_box(cropped, _half(target_height, height), _half(target_width, width),
                               target_height, target_width)


def _half(size: Any, taken: Any) -> Any:
    """Half of what `size` has more than `taken`."""
    rest = size - taken
    return math.maximum(math.div(rest, 2), 0) if isinstance(rest, Tensor) else max(rest // 2, 0)


def _least(a: Any, b: Any) -> Any:
    return math.minimum(a, b) if isinstance(a, Tensor) or isinstance(b, Tensor) else min(a, b)
