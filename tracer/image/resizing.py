"""`resize_images`: one function for all ways to resize."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import dtypes
from tracer.convert import convert_to_tensor, internal_convert_to_tensor, is_tensor
from tracer.ir import Tensor
from tracer.ops import array, image
from tracer.static import constant_value


class ResizeMethod:
    """How `resize_images` finds new pixels."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


_METHODS = {ResizeMethod.BILINEAR: image.resize_bilinear, ResizeMethod.NEAREST_NEIGHBOR: image.resize_nearest_neighbor,
            ResizeMethod.BICUBIC: image.resize_bicubic, ResizeMethod.AREA: image.resize_area}


def resize_images(images: Any, new_height: Any = None, new_width: Any = None, method: Any = ResizeMethod.BILINEAR,
                  align_corners: Any = False, size: Any = None) -> Tensor:
    """Images in another size; the images themselves when they have it.

    >>> tf.image.resize_images(image, 299, 299)

    Later versions take both sizes at once, as in `resize_images(images, [299, 299], method)`; so does this one.

    Args:
        images: of shape [batch, height, width, channels], or one image of shape [height, width, channels].
        new_height, new_width: the new size: numbers, or tensors without dimensions.
        method: one of `ResizeMethod`.
        align_corners: whether the pixels in the corners stay in the corners.
        size: `[new_height, new_width]`.

    Returns:
        float32; of the images' own type with `ResizeMethod.NEAREST_NEIGHBOR`.

    Raises:
        ValueError: the images or sizes have a wrong shape or type, or there is no such method.
    """
    if size is None and (new_width is None or _is_pair(new_height)):
        size, new_height = new_height, None
        if new_width is not None:  # by place, what follows stands one further to the left
            align_corners = method if isinstance(method, bool) else align_corners
            method = new_width
    images = convert_to_tensor(images, name="images")
    if images.sizes is None:
        raise ValueError("'images' contains no shape.")
    if len(images.sizes) not in (3, 4):
        raise ValueError("'images' must have either 3 or 4 dimensions.")
    batch = images if len(images.sizes) == 4 else array.expand_dims(images, 0)
    new, known = _of_pair(size) if size is not None else _of_numbers(new_height, new_width)
    if None not in known and batch.sizes is not None and batch.sizes[1:3] == known:
        return images
    if method not in _METHODS:
        raise ValueError("Resize method is not implemented.")
    resized = _METHODS[method](batch, new, align_corners)
    resized.set_shape([None, *known, None])
    return resized if len(images.sizes) == 4 else array.squeeze(resized, squeeze_dims=[0])


def _is_pair(value: Any) -> bool:
    sizes = value.get_shape().sizes if is_tensor(value) else np.shape(value)
    return sizes is not None and len(sizes) == 1


def _of_pair(size: Any) -> tuple[Tensor, tuple[int | None, int | None]]:
    """Both sizes as a tensor, and as far as they are known."""
    try:
        tensor = internal_convert_to_tensor(size, dtypes.int32, "size")
    except (TypeError, ValueError):
        raise ValueError("'size' must be a 1-D int32 Tensor") from None
    if not tensor.get_shape().is_compatible_with([2]):
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    value = constant_value(tensor)
    parts = tensor.op.inputs if tensor.op.type == "Pack" else ()
    if value is not None:
        return tensor, (int(value[0]), int(value[1]))
    height, width = (constant_value(part) for part in parts) if len(parts) == 2 else (None, None)
    return tensor, (None if height is None else int(height), None if width is None else int(width))


def _of_numbers(height: Any, width: Any) -> tuple[Tensor, tuple[int | None, int | None]]:
    tensors = []
    for name, value in (("new_height", height), ("new_width", width)):
        try:
            tensors.append(internal_convert_to_tensor(value, dtypes.int32, name))
            tensors[-1].get_shape().assert_has_rank(0)
        except (TypeError, ValueError):
            raise ValueError(f"{name} must be a scalar integer") from None
    return _of_pair(array.pack(tensors))
