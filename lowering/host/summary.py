"""Rules of the summaries. Each gives a serialized Summary message."""

from __future__ import annotations

import functools
import io
import sys
import wave
import zlib
from typing import Any

import numpy as np

from lowering.host import png, tensors
from lowering.registry import lowers
from tracer import errors

_ZERO = np.float32(1e-6)  # what TensorFlow takes for an image without any light


def _message() -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[attr-defined]

    return Summary()


def _written(summary: Any) -> np.ndarray:
    return np.array(summary.SerializeToString(), object)


def _strings(value: Any) -> np.ndarray:
    return value if isinstance(value, np.ndarray) else np.array(value, object)


def _tag(value: Any, problem: str) -> str:
    tags = _strings(value)
    if tags.ndim:
        raise errors.InvalidArgumentError(None, None, problem)
    return tags.item().decode()


def _shape(array: np.ndarray) -> str:
    return f"[{','.join(map(str, array.shape))}]"


@lowers("ScalarSummary", host=True)
def scalar_summary(tags, values):
    tags, values = _strings(tags), np.asarray(values)
    if tags.shape != values.shape:
        only = f" (tag '{tags.reshape(-1)[0].decode()}')" if tags.size == 1 else ""
        raise errors.InvalidArgumentError(
            None, None, f"tags and values not the same shape: {_shape(tags)} != {_shape(values)}{only}")
    summary = _message()
    with np.errstate(over="ignore"):
        numbers = values.reshape(-1).astype(np.float32).tolist()
    for tag, number in zip(tags.reshape(-1).tolist(), numbers, strict=True):
        summary.value.add(tag=tag.decode(), simple_value=number)
    return _written(summary)


@functools.cache
def _limits() -> np.ndarray:
    """Upper ends of the buckets: each 10 % further from zero than the one before, from 1e-12 to 1e20."""
    positive, limit = [], 1.0e-12
    while limit < 1.0e20:
        positive.append(limit)
        limit *= 1.1
    positive.append(sys.float_info.max)
    return np.array([*(-limit for limit in reversed(positive)), 0.0, *positive])


_CELL = 46  # bits of a float64 that are left out: sign, exponent and six more bits tell 1.6 % apart


@functools.cache
def _buckets() -> tuple[np.ndarray, np.ndarray]:
    """The bucket of the least number of each cell, and the upper ends: no cell has more than one of those inside."""
    cells = np.arange(1 << 64 - _CELL, dtype=np.uint64)
    negative = cells >> np.uint64(63 - _CELL) == 1  # their least number has all other bits set
    least = (cells << np.uint64(_CELL) | np.where(negative, np.uint64((1 << _CELL) - 1), np.uint64(0))).view(np.float64)
    return np.searchsorted(_limits(), least, side="right").astype(np.int16), np.append(_limits(), np.inf)


def _bucket_of(numbers: np.ndarray) -> np.ndarray:
    """The first bucket whose upper end is above each number."""
    first, limits = _buckets()
    at = first.take(numbers.view(np.int64) >> _CELL & (1 << 64 - _CELL) - 1)
    at += numbers >= limits.take(at)
    return np.minimum(at, limits.size - 2)


@lowers("HistogramSummary", host=True)
def histogram_summary(tag, values, *, op):
    numbers = np.asarray(values).reshape(-1).astype(np.float64)
    name = _tag(tag, "tags must be scalar")
    if not np.isfinite(numbers).all():
        raise errors.InvalidArgumentError(None, None, f"Nan in summary histogram for: {op.name}")
    summary = _message()
    fill_histogram(summary.value.add(tag=name).histo, numbers)
    return _written(summary)


def fill_histogram(histogram: Any, numbers: np.ndarray) -> None:
    """Counts `numbers` in a HistogramProto; neighbouring buckets that are empty become one."""
    limits = _limits()
    histogram.num = numbers.size
    if numbers.size:
        histogram.min, histogram.max = numbers.min(), numbers.max()
        # One after the other, as TensorFlow adds: NumPy's own sum pairs them and rounds otherwise.
        histogram.sum, histogram.sum_squares = np.cumsum(numbers)[-1], np.cumsum(numbers * numbers)[-1]
    else:
        histogram.min, histogram.max = sys.float_info.max, -sys.float_info.max
    counts = np.bincount(_bucket_of(numbers), minlength=limits.size)
    last_of_run = np.append((counts[:-1] > 0) | (counts[1:] > 0), True)
    histogram.bucket_limit.extend(limits[last_of_run].tolist())
    histogram.bucket.extend(counts[last_of_run].tolist())


@lowers("ImageSummary", host=True)
def image_summary(tag, tensor, *, max_images, bad_color):
    name = _tag(tag, "Tags must be a scalar")
    images = np.asarray(tensor)
    if images.ndim != 4 or images.shape[3] not in (1, 3, 4):
        raise errors.InvalidArgumentError(
            None, None, f"Tensor must be 4-D with last dim 1, 3, or 4, not {_shape(images)}")
    depth = images.shape[3]
    if images.dtype != np.uint8 and bad_color.size < depth:
        raise errors.InvalidArgumentError(
            None, None, f"expected depth <= bad_color.size, got depth = {depth}, bad_color.size = {bad_color.size}")
    summary = _message()
    for i, image in enumerate(images[:max_images]):
        value = summary.value.add(tag=f"{name}/image/{i}" if max_images > 1 else f"{name}/image")
        value.image.height, value.image.width, value.image.colorspace = image.shape
        if not image.size:
            raise errors.InternalError(None, None, "PNG encoding failed")
        pixels = image if image.dtype == np.uint8 else _pixels(image, bad_color[:depth])
        value.image.encoded_image_string = png.encode(pixels, zlib.Z_DEFAULT_COMPRESSION)
    return _written(summary)


def _pixels(image: np.ndarray, bad_color: np.ndarray) -> np.ndarray:
    finite = np.isfinite(image)
    whole = finite.all()
    finite = finite.all(axis=-1)
    seen = image if whole else image[finite]
    least, most = (seen.min(), seen.max()) if seen.size else (np.float32(0), np.float32(0))
    if least < 0:
        reach = max(abs(least), abs(most))
        scale, offset = np.float32(0) if reach < _ZERO else np.float32(127) / reach, np.float32(128)
    else:
        scale, offset = np.float32(0) if most < _ZERO else np.float32(255) / most, np.float32(0)
    if whole:
        return (image * scale + offset).astype(np.uint8)
    result = np.empty(image.shape, np.uint8)
    result[finite] = (seen * scale + offset).astype(np.uint8)
    result[~finite] = bad_color
    return result


@lowers("AudioSummary", host=True)
def audio_summary(tag, tensor, *, sample_rate, max_outputs):
    name = _tag(tag, "Tag must be a scalar")
    sounds = np.asarray(tensor)
    if sample_rate <= 0:
        raise errors.InvalidArgumentError(None, None, "sample_rate must be > 0")
    if sounds.ndim not in (2, 3):
        raise errors.InvalidArgumentError(None, None, f"Tensor must be 3-D or 2-D, got: {_shape(sounds)}")
    sounds = sounds if sounds.ndim == 3 else sounds[..., np.newaxis]
    summary = _message()
    for i, sound in enumerate(sounds[:max_outputs]):
        value = summary.value.add(tag=f"{name}/audio/{i}" if max_outputs > 1 else f"{name}/audio")
        value.audio.length_frames, value.audio.num_channels = sound.shape
        value.audio.sample_rate, value.audio.content_type = sample_rate, "audio/wav"
        value.audio.encoded_audio_string = _wav(sound, max(round(sample_rate), 1))
    return _written(summary)


def _wav(sound: np.ndarray, rate: int) -> bytes:
    """A sound as 16-bit samples; numbers halfway between two go away from zero."""
    if not sound.shape[0]:
        raise errors.InvalidArgumentError(None, None, "num_frames must be positive.")
    if not 0 < sound.shape[1] < 1 << 16:
        raise errors.InvalidArgumentError(
            None, None, f"num_channels must be in (0, 2^16), got: {sound.shape[1]}")
    scaled = sound * np.float32(1 << 15)
    samples = np.clip(np.trunc(scaled + np.copysign(np.float32(0.5), scaled)), -32768, 32767).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


@lowers("TensorSummary", host=True)
def tensor_summary(tensor, *, op):
    summary = _message()
    summary.value.add(node_name=op.name).tensor.ParseFromString(tensors.as_message(tensor))
    return _written(summary)


@lowers("MergeSummary", host=True)
def merge_summary(inputs):
    from google.protobuf.message import DecodeError

    merged = _message()
    tags: set[str] = set()
    for data in (item for value in inputs for item in _strings(value).reshape(-1).tolist()):
        summary = _message()
        try:
            summary.ParseFromString(data)
        except DecodeError:
            raise errors.InvalidArgumentError(None, None, "Could not parse one of the summary inputs") from None
        for value in summary.value:
            if value.tag in tags and value.tag:  # that of a tensor is empty
                raise errors.InvalidArgumentError(None, None, f"Duplicate tag {value.tag} found in summary inputs")
            tags.add(value.tag)
        merged.value.extend(summary.value)
    return _written(merged)
