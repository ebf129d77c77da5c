"""`tf.image.NAME`: what TensorFlow 0.9 to 0.12 added."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, indexing, math
from tracer.ops.later_image import crop_and_resize as crop_and_resize
from tracer.ops.later_image import non_max_suppression as non_max_suppression
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
