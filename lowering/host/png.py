"""PNG files: written byte for byte as TensorFlow's libpng wrote them, and read with its conversions.

Pillow reads pixels of up to 8 bits; it cuts deeper ones, and writes them in grey only.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}  # in a pixel
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGBA: (8, 16)}
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row, first column, and the steps between rows and columns, in each pass of an interlaced file."""
WEIGHTS = (9797, 19234, 3737)  # of red, green and blue in grey, of 2**15
BLOCK = 8192  # the bytes in one IDAT chunk


class HeaderError(ValueError):
    """What stands before the pixels is damaged."""


# -- writing


def encode(image: np.ndarray, compression: int) -> bytes:
    """The file of an image of shape [height, width, 1 to 4], uint8 or uint16."""
    height, width, count = image.shape
    data = _filtered(image)
    packer = zlib.compressobj(compression, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_FILTERED)
    packed = _small_window(packer.compress(data) + packer.flush(), len(data))
    kind = {1: GREY, 2: GREY_ALPHA, 3: RGB, 4: RGBA}[count]
    header = struct.pack(">IIBBBBB", width, height, 8 * image.itemsize, kind, 0, 0, 0)
    blocks = [_chunk(b"IDAT", packed[at:at + BLOCK]) for at in range(0, len(packed), BLOCK)]
    return b"".join([SIGNATURE, _chunk(b"IHDR", header), *blocks, _chunk(b"IEND", b"")])


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _filtered(image: np.ndarray) -> bytes:
    """The rows, each as what it differs by from its neighbors, in the way that gives the smallest differences."""
    height = image.shape[0]
    pixel = image.shape[2] * image.itemsize
    raw = np.ascontiguousarray(image, image.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1)
    here = raw.astype(np.int16)
    above = np.vstack([np.zeros_like(here[:1]), here[:-1]])
    left, corner = (np.hstack([np.zeros((height, pixel), np.int16), rows[:, :-pixel]]) for rows in (here, above))
    candidates = np.stack([here, here - left, here - above, here - (left + above >> 1),
                           here - _paeth(left, above, corner)]).astype(np.uint8)
    costs = np.minimum(candidates, 256 - candidates.astype(np.int16)).sum(2)
    chosen = costs.argmin(0)
    rows = candidates[chosen, np.arange(height)]
    return np.hstack([chosen[:, None].astype(np.uint8), rows]).tobytes()


def _paeth(left: np.ndarray, above: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """Of the three neighbors the one nearest to `left + above - corner`."""
    by_left, by_above = np.abs(above - corner), np.abs(left - corner)
    by_corner = np.abs(left + above - 2 * corner)
    return np.where((by_left <= by_above) & (by_left <= by_corner), left, np.where(by_above <= by_corner, above, corner))


def _small_window(packed: bytes, size: int) -> bytes:
    """`packed` with a header that asks the reader for no more memory than `size` bytes need."""
    if size > 1 << 14:
        return packed
    bits = packed[0] >> 4
    while bits and size <= 1 << bits + 7:
        bits -= 1
    head = bits << 12 | 8 << 8 | packed[1] & 0xE0
    return struct.pack(">H", head + 31 - head % 31) + packed[2:]


# -- reading


def decode(data: bytes, channels: int, deep: bool) -> np.ndarray:
    """The pixels of a file as uint8, or as uint16 when `deep`; `channels` 0 takes what the file has.

    Raises HeaderError or another exception when the file is damaged.
    """
    chunks = _chunks(data)
    width, height, depth, kind, interlaced = _header(chunks)
    read = _deep_samples if depth == 16 else _samples
    samples = read(chunks, width, height, depth, kind, interlaced)
    channels = channels or SAMPLES[kind]
    return _converted(samples, chunks, depth, kind, channels, deep)


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks up to the end of the image, those of one name joined; damaged ones that do not matter are left out."""
    if data[:8] != SIGNATURE:
        raise HeaderError("no PNG signature")
    found: dict[bytes, bytes] = {}
    at = 8
    while b"IEND" not in found:
        error = ValueError if b"IHDR" in found else HeaderError
        if len(data) < at + 12:
            raise error("the file ends too early")
        size, name = struct.unpack_from(">I4s", data, at)
        if not name.isalpha() or (name[:1].isupper() and name not in (b"IHDR", b"PLTE", b"IDAT", b"IEND")):
            raise error(f"there is no chunk of the kind {name!r}")
        body = data[at + 8:at + 8 + size]
        checksum = data[at + 8 + size:at + 12 + size]
        if len(checksum) < 4:
            raise error("the file ends too early")
        if struct.unpack(">I", checksum)[0] == zlib.crc32(name + body):
            found[name] = found.get(name, b"") + body
        elif name[:1].isupper():
            raise error(f"the checksum of a {name.decode('latin1')} chunk is wrong")
        at += size + 12
    return found


def _header(chunks: dict[bytes, bytes]) -> tuple[int, int, int, int, bool]:
    if len(chunks.get(b"IHDR", b"")) != 13:
        raise HeaderError("no header")
    width, height, depth, kind, packing, filtering, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if not width or not height or depth not in DEPTHS.get(kind, ()) or packing or filtering or interlaced > 1:
        raise HeaderError("the header holds what it may not")
    return width, height, depth, kind, bool(interlaced)


def _samples(chunks: dict[bytes, bytes], width: int, height: int, depth: int, kind: int,
             interlaced: bool) -> np.ndarray:
    """Samples of up to 8 bits as they are in the file, read by Pillow from what matters of it."""
    from PIL import Image

    if kind == PALETTE and b"PLTE" not in chunks:
        raise ValueError("there is no palette")
    kept = [_chunk(name, chunks[name]) for name in (b"IHDR", b"PLTE", b"IDAT") if name in chunks]
    with Image.open(io.BytesIO(b"".join([SIGNATURE, *kept, _chunk(b"IEND", b"")]))) as image:
        samples = np.asarray(image).reshape(height, width, SAMPLES[kind]).astype(np.uint8)
    return samples if kind != GREY or depth in (1, 8) else samples // (255 // ((1 << depth) - 1))


def _deep_samples(chunks: dict[bytes, bytes], width: int, height: int, depth: int, kind: int,
                  interlaced: bool) -> np.ndarray:
    """Samples of 16 bits."""
    data, count = zlib.decompress(chunks.get(b"IDAT", b"")), SAMPLES[kind]
    result = np.empty((height, width, count), np.uint16)
    at = 0
    for row, column, down, along in PASSES if interlaced else ((0, 0, 1, 1),):
        part = result[row::down, column::along]
        if part.size:
            stride = part.shape[1] * count * 2 + 1
            rows = _unfiltered(data[at:at + stride * part.shape[0]], stride, count * 2)
            part[:] = rows.view(">u2").reshape(part.shape)
            at += stride * part.shape[0]
    return result


def _unfiltered(data: bytes, stride: int, pixel: int) -> np.ndarray:
    """The rows that were written as differences; `stride` counts the byte before each that says of what kind."""
    rows = np.frombuffer(data, np.uint8).reshape(-1, stride)
    result = np.zeros((len(rows) + 1, stride - 1), np.uint8)
    for i, (kind, row) in enumerate(zip(rows[:, 0].tolist(), rows[:, 1:], strict=True)):
        above = result[i]
        if kind == 1:
            row = np.cumsum(row.reshape(-1, pixel), 0, np.uint8).reshape(-1)
        elif kind == 2:
            row = row + above
        elif kind in (3, 4):
            row = _summed(row.tolist(), above.tolist(), pixel, kind)
        elif kind:
            raise ValueError(f"there is no filter {kind}")
        result[i + 1] = row
    return result[1:]


def _summed(row: list[int], above: list[int], pixel: int, kind: int) -> list[int]:
    """A row whose differences are to means (3) or to the nearest of three neighbors (4): one byte after the other."""
    left, corner = [0] * pixel, [0] * pixel
    for i, (difference, b) in enumerate(zip(row, above, strict=True)):
        a, c = left[i], corner[i]
        if kind == 3:
            guess = a + b >> 1
        else:
            by_a, by_b, by_c = abs(b - c), abs(a - c), abs(a + b - 2 * c)
            guess = a if by_a <= by_b and by_a <= by_c else b if by_b <= by_c else c
        left.append(difference + guess & 255)
        corner.append(b)
    return left[pixel:]


# -- conversions, in libpng's order


def _converted(samples: np.ndarray, chunks: dict[bytes, bytes], depth: int, kind: int, channels: int,
               deep: bool) -> np.ndarray:
    """Samples as so many channels of 8 or 16 bits."""
    most = (1 << depth) - 1
    hidden = chunks.get(b"tRNS", b"")
    alpha: Any = np.full(samples.shape[:2], most)  # libpng: as deep as the file, not as the result
    if kind in (GREY_ALPHA, RGBA):
        samples, alpha = samples[..., :-1], samples[..., -1]
    elif kind == PALETTE:
        indices = samples[..., 0]
        colors = np.zeros((256, 3), np.uint8)
        given = np.frombuffer(chunks.get(b"PLTE", b""), np.uint8).reshape(-1, 3)
        colors[:len(given)] = given
        samples = colors[indices]
        if hidden:
            alpha = np.frombuffer(hidden.ljust(256, b"\xff")[:256], np.uint8)[indices]
    elif hidden:
        color = np.frombuffer(hidden[:2 * samples.shape[2]], ">u2")
        alpha = np.where((samples == color).all(-1), 0, 65535 if depth == 16 else 255)
    if kind == GREY and depth < 8:
        samples = samples * np.uint8(255 // most)
    if channels < 3 and samples.shape[2] == 3:
        samples = _grey(samples, chunks.get(b"gAMA", b""))
    if channels >= 3 and samples.shape[2] == 1:
        samples = samples.repeat(3, -1)
    if channels in (2, 4):
        samples = np.concatenate([samples, alpha[..., None].astype(samples.dtype)], -1)
    if deep:
        return samples if depth == 16 else samples.astype(np.uint16) * 257
    return (samples >> 8).astype(np.uint8) if depth == 16 else samples


def _grey(colors: np.ndarray, gamma: bytes) -> np.ndarray:
    """Grey values of colors: by the light they give, where the file tells its gamma."""
    most = np.iinfo(colors.dtype).max
    light: Any = colors.astype(np.int64)
    exponent = struct.unpack(">I", gamma)[0] / 100000 if len(gamma) == 4 else 0.0
    if exponent:
        table = np.arange(most + 1) / most
        to_light, from_light = ((table**power * most + 0.5).astype(np.int64) for power in (1 / exponent, exponent))
        light = to_light[colors]
    grey = light @ np.array(WEIGHTS) >> 15
    grey = from_light[grey] if exponent else grey
    plain = (light == light[..., :1]).all(-1)
    return np.where(plain, colors[..., 2], grey)[..., None].astype(colors.dtype)
