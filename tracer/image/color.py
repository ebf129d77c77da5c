"""Element types of images, and their colors: grey values, brightness, contrast, hue, saturation."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.image.sizes import image_of
from tracer.ir import Tensor
from tracer.ops import array, blocks, clip, constants, math, nn, random, reduction
from tracer.ops import image as image_ops
from tracer.ops.casting import cast, saturate_cast

BRIGHTNESS = (0.2989, 0.5870, 0.1140)  # of red, green and blue


def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False, name: str | None = None) -> Tensor:
    """An image with elements of another type: 1.0 and the largest number of an integer type are the same.

    >>> tf.image.convert_image_dtype(tf.constant([0, 255], tf.uint8), tf.float32).eval()
    array([0., 1.], dtype=float32)

    Args:
        image: floating numbers from 0 to 1, or integers from 0 up.
        dtype: the new type.
        saturate: whether numbers that the new type has not become its least or largest, where there can be some.
    """
    image, kind = convert_to_tensor(image, name="image"), dtypes.as_dtype(dtype).base_dtype
    old = image.dtype.base_dtype
    if kind is old:
        return array.identity(image, name=name)
    convert = saturate_cast if saturate else cast
    with scopes.op_scope([image], name, "convert_image") as scope:
        if old.is_integer and kind.is_integer:
            if old.max > kind.max:
                scaled = math.div(image, (old.max + 1) // (kind.max + 1))
                return convert(scaled, kind, name=scope)
            return math.mul(cast(image, kind), (kind.max + 1) // (old.max + 1), name=scope)
        if old.is_floating and kind.is_floating:
            return cast(image, kind, name=scope)
        if old.is_integer:
            return math.mul(cast(image, kind), 1.0 / old.max, name=scope)
        return convert(math.mul(image, kind.max + 0.5), kind, name=scope)  # the half: a cast cuts


def rgb_to_grayscale(images: Any, name: str | None = None) -> Tensor:
    """Grey values of RGB images, in the same type; the last dimension becomes 1.

    >>> tf.image.rgb_to_grayscale([[[1.0, 0.0, 0.0]]]).eval()
    array([[[0.2989]]], dtype=float32)
    """
    with scopes.op_scope([images], name, "rgb_to_grayscale") as scope:
        images = convert_to_tensor(images, name="images")
        colors = convert_image_dtype(images, dtypes.float32)
        channels = array.expand_dims(math.sub(array.rank(images), 1, name="sub"), 0)
        grey = reduction.reduce_sum(math.mul(colors, list(BRIGHTNESS), name="mul"), channels, keep_dims=True)
        if images.sizes is not None:
            grey.set_shape([*images.sizes[:-1], 1])
        return convert_image_dtype(grey, images.dtype, name=scope)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Grey images with three channels, in the same type.

    >>> tf.image.grayscale_to_rgb([[[7]]]).eval()
    array([[[7, 7, 7]]], dtype=int32)
    """
    with scopes.op_scope([images], name, "grayscale_to_rgb") as scope:
        images = convert_to_tensor(images, name="images")
        ones = constants.ones(array.expand_dims(math.sub(array.rank(images), 1, name="sub"), 0), dtypes.int32)
        colors = blocks.tile(images, array.concat(0, [ones, array.expand_dims(3, 0)]), name=scope)
        if images.sizes is not None:
            colors.set_shape([*images.sizes[:-1], 3])
        return colors


def adjust_brightness(image: Any, delta: Any) -> Tensor:
    """An image, all of its numbers increased by `delta`, as if they were from 0 to 1.

    >>> tf.image.adjust_brightness(tf.constant([0, 100, 250], tf.uint8), 0.1).eval()
    array([ 25, 125, 255], dtype=uint8)
    """
    with scopes.op_scope([image, delta], None, "adjust_brightness") as scope:
        image = convert_to_tensor(image, name="image")
        colors = convert_image_dtype(image, dtypes.float32)
        brighter = math.add(colors, cast(delta, dtypes.float32), name=scope)
        return convert_image_dtype(brighter, image.dtype, saturate=True)


def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """`adjust_brightness` by a random number of [-`max_delta`, `max_delta`).

    Raises:
        ValueError: `max_delta` is negative.
    """
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_brightness(image, random.random_uniform([], -max_delta, max_delta, seed=seed))


def adjust_contrast(images: Any, contrast_factor: Any) -> Tensor:
    """Images whose numbers are `contrast_factor` times as far from the mean of their channel.

    >>> tf.image.adjust_contrast([[[1.0], [3.0]]], 2.0).eval()[:, :, 0]
    array([[0., 4.]], dtype=float32)

    Args:
        images: at least three dimensions; the last three are height, width and channels.
    """
    with scopes.op_scope([images, contrast_factor], None, "adjust_contrast") as scope:
        images = convert_to_tensor(images, name="images")
        colors = convert_image_dtype(images, dtypes.float32)
        adjusted = image_ops._adjust_contrastv2(colors, contrast_factor, name=scope)
        return convert_image_dtype(adjusted, images.dtype, saturate=True)


def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """`adjust_contrast` by a random factor of [`lower`, `upper`).

    Raises:
        ValueError: `upper` is not above `lower`, or `lower` is negative.
    """
    return adjust_contrast(image, _factor(lower, upper, seed))


def _factor(lower: float, upper: float, seed: int | None) -> Tensor:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")
    return random.random_uniform([], lower, upper, seed=seed)


def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Tensor:
    """RGB images whose hues are moved on by `delta`: 1 is once around.

    >>> tf.image.adjust_hue([[[1.0, 0.0, 0.0]]], 1 / 3).eval()
    array([[[0., 1., 0.]]], dtype=float32)
    """
    with scopes.op_scope([image], name, "adjust_hue"):
        image = convert_to_tensor(image, name="image")
        hue, saturation, value, axis = _parts(image)
        hue = math.mod(hue + (delta + 1.0), 1.0)
        return _joined([hue, saturation, value], axis, image.dtype)


def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """`adjust_hue` by a random number of [-`max_delta`, `max_delta`).

    Raises:
        ValueError: `max_delta` is not in [0, 0.5].
    """
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_hue(image, random.random_uniform([], -max_delta, max_delta, seed=seed))


def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Tensor:
    """RGB images whose saturation is multiplied by a factor.

    >>> tf.image.adjust_saturation([[[1.0, 0.5, 0.5]]], 2.0).eval()
    array([[[1., 0., 0.]]], dtype=float32)
    """
    with scopes.op_scope([image], name, "adjust_saturation"):
        image = convert_to_tensor(image, name="image")
        hue, saturation, value, axis = _parts(image)
        saturation = clip.clip_by_value(saturation * saturation_factor, 0.0, 1.0)
        return _joined([hue, saturation, value], axis, image.dtype)


def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """`adjust_saturation` by a random factor of [`lower`, `upper`).

    Raises:
        ValueError: `upper` is not above `lower`, or `lower` is negative.
    """
    return adjust_saturation(image, _factor(lower, upper, seed))


def _parts(image: Tensor) -> tuple[Any, Any, Any, int]:
    """Hue, saturation and value, and the axis that they are parts of: the third where the rank is not known."""
    colors = image_ops.rgb_to_hsv(convert_image_dtype(image, dtypes.float32))
    axis = 2 if colors.sizes is None else len(colors.sizes) - 1
    hue, saturation, value = (
        array.slice(colors, [0] * axis + [at], [-1] * axis + [1]) for at in range(3))
    return hue, saturation, value, axis


def _joined(parts: list[Tensor], axis: int, kind: dtypes.DType) -> Tensor:
    return convert_image_dtype(image_ops.hsv_to_rgb(array.concat(axis, parts)), kind)


def per_image_whitening(image: Any) -> Tensor:
    """An image of mean 0 and deviation 1, as float32: `(image - mean) / max(deviation, 1 / sqrt(elements))`.

    >>> tf.image.per_image_whitening([[[1.0], [3.0]]]).eval()[:, :, 0]
    array([[-1.,  1.]], dtype=float32)

    Args:
        image: of shape [height, width, channels].
    """
    image = image_of(image)
    count = reduction.reduce_prod(array.shape(image))
    colors = cast(image, dtypes.float32)
    mean = reduction.reduce_mean(colors)
    squares = reduction.reduce_mean(math.square(colors))
    variance = nn.relu(math.sub(squares, math.square(mean), name="sub"))  # rounding makes it negative
    deviation = math.maximum(math.sqrt(variance), math.rsqrt(cast(count, dtypes.float32)))
    return math.div(math.sub(colors, mean), deviation)
