"""Rules that read and write JPEG and PNG files: Pillow's libjpeg, and our own PNG around its zlib."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np

from lowering.host import png
from lowering.registry import lowers
from lowering.rules.array import text
from tracer import dtypes, errors

END = b"\xff\xd9"
"""The marker at the end of a JPEG file."""
SCAN = b"\xff\xda"
"""The marker before its pixels."""
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def _file(contents: Any) -> bytes:
    if np.shape(contents):
        raise ValueError(f"contents must be scalar, got shape {text(np.shape(contents))}")
    return contents.item() if isinstance(contents, np.ndarray) else contents


def _invalid(what: str, data: bytes, reason: object) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"Invalid {what}, size {len(data)}: {reason}")


# -- PNG


@lowers("DecodePng", host=True)
def decode_png(contents: Any, *, channels: int, dtype: dtypes.DType) -> np.ndarray:
    data = _file(contents)
    if channels not in (0, 1, 3, 4):
        raise ValueError(f"channels must be 0, 1, 3, or 4, got {channels}")
    try:
        return png.decode(data, channels, dtype is dtypes.uint16)
    except png.HeaderError as reason:
        raise errors.InvalidArgumentError(None, None, f"Invalid PNG header, data size {len(data)}: {reason}") from None
    except Exception as reason:  # zlib, Pillow and NumPy each have their own for damaged data
        raise _invalid("PNG data", data, reason) from reason


@lowers("EncodePng", host=True)
def encode_png(image: Any, *, compression: int) -> np.ndarray:
    if not -1 <= compression <= 9:
        raise ValueError(f"compression should be in [-1,9], got {compression}")
    if np.ndim(image) != 3:
        raise ValueError(f"image must be 3-dimensional{text(np.shape(image))}")
    if not 1 <= image.shape[2] <= 4:
        raise ValueError(f"image must have 1, 2, 3, or 4 channels, got {image.shape[2]}")
    if not image.size:
        raise errors.InternalError(None, None, "PNG encoding failed")
    return np.array(png.encode(image, compression), object)


# -- JPEG


@lowers("DecodeJpeg", host=True)
def decode_jpeg(contents: Any, *, channels: int, ratio: int, fancy_upscaling: bool,
                try_recover_truncated: bool) -> np.ndarray:
    data = _file(contents)
    if channels not in (0, 1, 3):
        raise ValueError(f"channels must be 0, 1, or 3, got {channels}")
    if ratio not in (1, 2, 4, 8):
        raise ValueError(f"ratio must be 1, 2, 4, or 8, got {ratio}")
    try:
        return _pixels(data + END if try_recover_truncated else data, channels, ratio, fancy_upscaling)
    except Exception as reason:
        raise _invalid("JPEG data", data, reason) from reason


def _pixels(data: bytes, channels: int, ratio: int, fancy: bool) -> np.ndarray:
    from PIL.JpegImagePlugin import JpegImageFile

    if data.find(END, max(data.find(SCAN), 0)) < 0:
        raise ValueError("the file ends too early")  # TensorFlow reads to the end, beyond the last row
    with JpegImageFile(io.BytesIO(data)) as image:
        if channels == 1 and image.mode == "CMYK":
            raise ValueError("Unsupported color conversion request")
        if channels == 1:
            image.draft("L", None)  # libjpeg gives the brightness as it is in the file
        _reduce(image, ratio, fancy)
        image.load()
        pixels = np.asarray(image)
    if image.mode == "CMYK":  # Pillow takes all inks for inverted, as Adobe's are
        light = pixels.astype(np.uint16) if "adobe" not in image.info else 255 - pixels.astype(np.uint16)
        return (light[..., :3] * light[..., 3:] // 255).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    return np.repeat(pixels, 3, 2) if channels == 3 and pixels.shape[2] == 1 else pixels


def _reduce(image: Any, ratio: int, fancy: bool) -> None:
    """Has libjpeg divide the image's size by `ratio`, which `draft` does not for images smaller than it.

    Pillow has one switch for plain upsampling and a faster transform, which is off by a few units: where nothing is to
    be upsampled it stays off.
    """
    (decoder, _, offset, arguments), = image.tile
    width, height = image._size = tuple(-(-side // ratio) for side in image.size)
    image.tile = [(decoder, (0, 0, width, height), offset, arguments)]
    sampled = {(across, down) for _, across, down, _ in image.layer}
    whole = max(sampled)
    as_large = {whole, (whole[0] // 2, whole[1] // 2)} if ratio > 1 else {whole}  # libjpeg reduces small parts less
    upsampled = not sampled <= as_large
    image.decoderconfig = (ratio, 1 if upsampled and not fancy and image.mode != "L" else 0)


@lowers("EncodeJpeg", host=True)
def encode_jpeg(image: Any, *, format: str, quality: int, progressive: bool, optimize_size: bool,
                chroma_downsampling: bool, density_unit: str, x_density: int, y_density: int,
                xmp_metadata: Any) -> np.ndarray:
    if not 0 <= quality <= 100:
        raise ValueError(f"quality must be in [0,100], got {quality}")
    if np.ndim(image) != 3:
        raise ValueError(f"image must be 3-dimensional{text(np.shape(image))}")
    count = {"": image.shape[2], "grayscale": 1, "rgb": 3}[format]
    if image.shape[2] != count:
        raise ValueError(f"format {format} expects {count} channels, got {text(image.shape)}")
    if count not in (1, 3):
        raise ValueError(f"image must have 1 or 3 channels, got {text(image.shape)}")
    subsampling = 2 if chroma_downsampling and count == 3 else 0
    data = _jpeg(image, quality=quality, progressive=progressive, optimize=optimize_size, subsampling=subsampling)
    # Pillow knows inches only.
    density = struct.pack(">BHH", 1 if density_unit == "in" else 2, x_density & 0xFFFF, y_density & 0xFFFF)
    metadata = xmp_metadata.encode() if isinstance(xmp_metadata, str) else xmp_metadata
    data = data[:13] + density + data[18:20] + _metadata(metadata) + data[20:]
    return np.array(data, object)


def _jpeg(image: np.ndarray, **options: Any) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    try:
        Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(file, "JPEG", dpi=(1, 1), **options)
    except Exception as reason:
        raise errors.InternalError(None, None, f"JPEG encoding failed: {reason}") from reason
    return file.getvalue()


def _metadata(xmp: bytes) -> bytes:
    if not xmp:
        return b""
    size = len(XMP) + len(xmp) + 2
    if size > 0xFFFF:
        raise errors.InternalError(None, None, f"JPEG encoding failed: metadata of {len(xmp)} bytes do not fit")
    return b"\xff\xe1" + struct.pack(">H", size) + XMP + xmp
