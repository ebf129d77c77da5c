"""Colors converted, contrast adjusted, boxes drawn and glimpses taken."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels import random
from lowering.registry import Static, lowers
from lowering.rules.array import text
from tracer import errors

# -- colors


def _check_channels(images: Any) -> None:
    if not np.ndim(images):
        raise ValueError(f"input must be at least 1D{text(np.shape(images))}")
    channels = np.shape(images)[-1]
    if channels != 3:
        raise errors.FailedPreconditionError(
            None, None, f"input must have 3 channels but input only has {channels} channels.")


@lowers("RGBToHSV")
def rgb_to_hsv(images: Any) -> Any:
    _check_channels(images)
    red, green, blue = (images[..., i] for i in range(3))
    value = jnp.maximum(red, jnp.maximum(green, blue))
    spread = value - jnp.minimum(red, jnp.minimum(green, blue))
    saturation = jnp.where(value > 0, spread / jnp.where(value > 0, value, 1), 0)
    sixth = 1 / (6 * jnp.where(spread > 0, spread, 1))
    hue = jnp.where(red == value, sixth * (green - blue),
                    jnp.where(green == value, sixth * (blue - red) + np.float32(2 / 6),
                              sixth * (red - green) + np.float32(4 / 6)))
    hue = jnp.where(spread > 0, hue, 0)
    return jnp.stack([jnp.where(hue < 0, hue + 1, hue), saturation, value], -1)


@lowers("HSVToRGB")
def hsv_to_rgb(images: Any) -> Any:
    _check_channels(images)
    hue, saturation, value = (images[..., i] for i in range(3))
    hue = hue * 6
    shares = (jnp.abs(hue - 3) - 1, 2 - jnp.abs(hue - 2), 2 - jnp.abs(hue - 4))
    return jnp.stack([(1 - saturation + saturation * jnp.clip(share, 0, 1)) * value for share in shares], -1)


def _contrast(images: Any, contrast_factor: Any) -> Any:
    if np.ndim(images) < 3:
        raise ValueError(f"input must be at least 3-D, got shape{text(np.shape(images))}")
    if np.ndim(contrast_factor):
        raise ValueError(f"contrast_factor must be scalar: {text(np.shape(contrast_factor))}")
    images = jnp.asarray(images).astype(jnp.float32)
    mean = images.mean((-3, -2), keepdims=True)
    return (images - mean) * contrast_factor + mean


@lowers("AdjustContrastv2")
def adjust_contrastv2(images: Any, contrast_factor: Any) -> Any:
    return _contrast(images, contrast_factor)


@lowers("AdjustContrast")
def adjust_contrast(images: Any, contrast_factor: Any, min_value: Any, max_value: Any) -> Any:
    for name, limit in (("min_value", min_value), ("max_value", max_value)):
        if np.ndim(limit):
            raise ValueError(f"{name} must be scalar: {text(np.shape(limit))}")
    return jnp.clip(_contrast(images, contrast_factor), min_value, max_value)


# -- boxes

COLORS = np.array([
    [1, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1], [0.5, 0, 0.5, 1], [0.5, 0.5, 0, 1], [0.5, 0, 0, 1],
    [0, 0, 0.5, 1], [0, 1, 1, 1], [1, 0, 1, 1]], np.float32)
"""What the boxes of an image are drawn in, in turn."""


@lowers("DrawBoundingBoxes")
def draw_bounding_boxes(images: Any, boxes: Any) -> Any:
    if np.ndim(images) != 4:
        raise ValueError("The rank of the images should be 4")
    if np.ndim(boxes) != 3:
        raise ValueError("The rank of the boxes tensor should be 3")
    if images.shape[0] != boxes.shape[0]:
        raise ValueError("The batch sizes should be the same")
    _, height, width, channels = images.shape
    if channels not in (1, 3, 4):
        raise ValueError("Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)")
    if not boxes.shape[1]:
        return images
    if boxes.shape[2] != 4:
        raise ValueError(f"The boxes should have 4 coordinates, got shape {text(boxes.shape)}")
    places = jnp.trunc(jnp.asarray(boxes) * np.array([height - 1, width - 1] * 2, np.float32))
    places = jnp.where(jnp.isnan(places), -jnp.inf, places)  # which C makes the least of all integers
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)
    colors = COLORS[:, :channels] if channels > 1 else COLORS[:1, :1]

    def draw(i: Any, images: Any) -> Any:
        top, left, bottom, right = (places[:, i, at, None, None] for at in range(4))
        inside = (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right)
        edge = (rows == top) | (rows == bottom) | (columns == left) | (columns == right)
        return jnp.where((inside & edge)[..., None], jnp.asarray(colors)[i % len(colors)], images)

    return lax.fori_loop(0, boxes.shape[1], draw, jnp.asarray(images))


# -- glimpses


@lowers("ExtractGlimpse")
def extract_glimpse(input: Any, size: Static, offsets: Any, *, centered: bool, normalized: bool, uniform_noise: bool,
                    stream: Any) -> Any:
    _check_glimpses(input, size, offsets)
    batch, height, width, _ = input.shape
    new_height, new_width = (int(n) for n in size)
    whole, part = (np.array(sizes, np.float32) for sizes in ((height, width), (new_height, new_width)))
    middle = offsets * whole if normalized else offsets
    if centered:
        middle = middle / 2 + whole / 2
    start = jnp.trunc(middle - part / 2)
    rows = start[:, :1] + np.arange(new_height, dtype=np.float32)
    columns = start[:, 1:] + np.arange(new_width, dtype=np.float32)
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[:, None, :]
    rows, columns = (jnp.clip(at, 0, limit).astype(jnp.int32) for at, limit in ((rows, height - 1), (columns, width - 1)))
    window = jnp.asarray(input)[np.arange(batch)[:, None, None], rows[:, :, None], columns[:, None, :]]
    noise, stream = _noise(input, window.shape, uniform_noise, stream)
    return jnp.where(inside[..., None], window, noise), stream


def _check_glimpses(input: Any, size: np.ndarray, offsets: Any) -> None:
    if np.ndim(input) != 4:
        raise ValueError(f"input must be 4-dimensional (batch_size, height, width, depth){text(np.shape(input))}")
    if size.shape != (2,):
        raise ValueError(f"input must be a vector of size 2 (height, width){text(size.shape)}")
    if (size < 0).any():
        raise ValueError(f"a glimpse has no size below 0: {text(size)}")
    shape = np.shape(offsets)
    if len(shape) != 2:
        raise ValueError(f"input must be a matrix{text(shape)}")
    if shape[0] != input.shape[0]:
        raise ValueError(f"first dimension should be batch{text(shape)}")
    if shape[1] != 2:
        raise ValueError(f"second dimension should be of size 2 (y,x){text(shape)}")


def _noise(input: Any, shape: tuple[int, ...], uniform: bool, stream: Any) -> tuple[Any, Any]:
    """Noise like the images: even between each one's limits, or normal with each channel's mean and deviation."""
    if not input.size:
        return jnp.zeros(shape, jnp.float32), stream
    if uniform:
        low, high = (limit(input, (1, 2, 3), keepdims=True) for limit in (jnp.min, jnp.max))
        noise, stream = random.uniform(stream, shape, np.float32)
        return noise * (high - low) + low, stream
    low, high, mean, deviation = (measure(input, (1, 2), keepdims=True) for measure in (jnp.min, jnp.max, jnp.mean, jnp.std))
    noise, stream = random.normal(stream, shape, np.float32)
    return jnp.clip(noise * deviation + mean, low, high), stream
