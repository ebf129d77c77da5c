"""JPEG and PNG files, read and written as TensorFlow does; most of them byte for byte."""

import io
import itertools
import pathlib
import struct
import zlib

import numpy as np
import pytest

import tracer as tf
from lowering.host import png
from tests.parity import case, parity
from tests.reference.recipes import images
from tracer import errors

PHOTOS = pathlib.Path(__file__).resolve().parents[1] / "reference" / "images"
rng = np.random.RandomState(8)
NOISE = rng.randint(0, 256, (6, 9, 4)).astype(np.uint8)
DEEP = rng.randint(0, 65536, (5, 7, 4)).astype(np.uint16)


def smooth(height, width, channels):
    """Something like a photograph."""
    hills = np.cumsum(np.cumsum(rng.randn(height, width, channels), 0), 1)
    hills = (hills - hills.min()) / (hills.max() - hills.min()) * 255
    return np.clip(hills + rng.randn(height, width, channels) * 6, 0, 255).astype(np.uint8)


PHOTO, SMALL = smooth(21, 29, 3), smooth(5, 3, 3)
RAMP = np.stack(np.broadcast_arrays(np.arange(20)[:, None], np.arange(30), np.arange(30) + np.arange(20)[:, None]), -1)


def text(value):
    """A string tensor's value."""
    return np.array(value, object)


def file(depth, kind, samples, *chunks, interlaced=False):
    """A PNG file of these samples, whose rows are stored as they are."""
    height, width, _ = samples.shape
    rows = []
    for row, column, down, along in png.PASSES if interlaced else ((0, 0, 1, 1),):
        part = samples[row::down, column::along]
        rows += [b"\0" + packed(line, depth) for line in part if part.size]
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(b"".join(rows), 0)), (b"IEND", b"")]
    return png.SIGNATURE + b"".join(png._chunk(name, data) for name, data in parts)


def packed(line, depth):
    """One row of samples as bytes."""
    if depth >= 8:
        return line.astype(f">u{depth // 8}").tobytes()
    bits = "".join(format(sample, f"0{depth}b") for sample in line.ravel())
    return int(bits.ljust(-len(bits) % 8 + len(bits), "0"), 2).to_bytes(-(-len(bits) // 8), "big")


def of(depth, count):
    """Samples of a depth."""
    return rng.randint(0, 1 << depth, (6, 9, count))


GAMMA = (b"gAMA", struct.pack(">I", 45455))
COLORS = (b"PLTE", rng.randint(0, 256, 30).astype(np.uint8).tobytes())
HIDDEN, SHORT = of(8, 3), rng.randint(0, 10, (6, 9, 1))
FILES = {
    **{f"grey{depth}": file(depth, png.GREY, of(depth, 1)) for depth in (1, 2, 4, 8, 16)},
    **{f"{name}{depth}": file(depth, kind, of(depth, png.SAMPLES[kind])) for depth in (8, 16)
       for name, kind in (("rgb", png.RGB), ("alpha", png.GREY_ALPHA), ("rgba", png.RGBA))},
    **{f"palette{depth}": file(depth, png.PALETTE, SHORT % (1 << depth), COLORS) for depth in (2, 4, 8)},
    "palette, hidden": file(8, png.PALETTE, SHORT, COLORS, (b"tRNS", bytes([7, 200, 0]))),
    "grey, hidden": file(4, png.GREY, SHORT, (b"tRNS", struct.pack(">H", 3))),
    "rgb, hidden": file(8, png.RGB, HIDDEN, (b"tRNS", struct.pack(">3H", *HIDDEN[1, 2]))),
    "rgb16, hidden": file(16, png.RGB, DEEP[..., :3], (b"tRNS", DEEP[1, 2, :3].astype(">u2").tobytes())),
    "rgb, gamma": file(8, png.RGB, of(8, 3), GAMMA), "palette, gamma": file(8, png.PALETTE, SHORT, GAMMA, COLORS),
    "rgb, interlaced": file(8, png.RGB, of(8, 3), interlaced=True),
    "rgba16, interlaced": file(16, png.RGBA, of(16, 4), interlaced=True),
    "one pixel, interlaced": file(16, png.GREY, of(16, 1)[:1, :1], interlaced=True),
}


@parity([
    *(case("image.decode_png", text(FILES[name]), channels=channels, dtype=kind, feed=False)
      for name in FILES for channels, kind in ((0, tf.uint8), (1, tf.uint8), (4, tf.uint8), (3, tf.uint16), (4, tf.uint16))),
    *(case("image.decode_png", text(FILES[name]), channels=1, dtype=tf.uint16) for name in ("rgb8", "rgba16", "palette, gamma")),
    *(case(images.written, "png", image[..., :channels], compression=level, feed=False)
      for image in (NOISE, DEEP) for channels, level in ((1, -1), (2, 9), (3, 1), (4, 5))),
    *(case(images.written, "png", image, compression=level, feed=False) for image, level in (
        (PHOTO, -1), (PHOTO, 9), (RAMP.astype(np.uint8), 7), (RAMP.astype(np.uint16), 7), (RAMP[..., :2].astype(np.uint16), 1))),
    case(images.written, "png", smooth(90, 110, 3)), case(images.written, "png", np.zeros((40, 40, 1), np.uint8)),
    case("image.decode_png", text(FILES["rgb8"]), channels=2, raises=True),
    case("image.decode_png", text(file(8, png.PALETTE, SHORT)), raises=True),
    *(case("image.decode_png", text(file(8, png.RGB, HIDDEN, (name, b"1"))), raises=True) for name in (b"PLUM", b"p\0um")),
    case("image.decode_png", text(file(8, png.RGB, HIDDEN, (b"plum", b"1")))),
    case("image.encode_png", NOISE, compression=10, raises=("InvalidArgumentError", r"compression should be in \[-1,9\], got 10")),
    case("image.encode_png", np.float32(NOISE), raises=("TypeError", "DataType float32 for attr 'T' not in list of allowed values")),
    case("image.encode_png", NOISE[0], raises=("ValueError", "must have rank 3")),
    case("image.encode_png", NOISE.repeat(2, -1), raises=("InvalidArgumentError", "image must have 1, 2, 3, or 4 channels, got 8")),
])
def test_png(case):
    case.check()


@pytest.mark.parametrize(("data", "message"), [
    (b"nonsense", r"Invalid PNG header, data size 8: no PNG signature"), (b"", "Invalid PNG header, data size 0"),
    (FILES["rgb8"][:20], "Invalid PNG header, data size 20: the file ends too early"),
    (FILES["rgb8"][:60], "Invalid PNG data, size 60: the file ends too early"),
    (FILES["rgb8"][:-12], r"Invalid PNG data, size \d+: the file ends too early"),
    (FILES["rgb8"][:29] + b"xxxx" + FILES["rgb8"][33:], "Invalid PNG header.*the checksum of a IHDR chunk is wrong"),
    (FILES["rgb8"][:70] + b"\xa5" + FILES["rgb8"][71:], "Invalid PNG data.*the checksum of a IDAT chunk is wrong"),
    (file(8, png.RGB, of(8, 3)).replace(b"IHDR", b"IHDS"), "Invalid PNG header"),
    (file(3, png.GREY, of(2, 1)), "Invalid PNG header.*the header holds what it may not"),
])
def test_damaged_png(data, message):
    contents = tf.placeholder(tf.string)
    decoded = tf.image.decode_png(contents, name="picture")
    with pytest.raises(errors.InvalidArgumentError, match=message) as caught:
        tf.Session().run(decoded, {contents: data})
    assert caught.value.op is decoded.op


@pytest.mark.parametrize("kind", [png.RGB, png.RGBA])
def test_too_few_pixels(kind):
    whole = file(16, kind, of(16, png.SAMPLES[kind]))
    short = file(16, kind, of(16, png.SAMPLES[kind])[:3])
    header = whole[:33]
    with pytest.raises(errors.InvalidArgumentError, match="Invalid PNG data"):
        tf.Session().run(tf.image.decode_png(header + short[33:]))


def test_damage_to_what_does_not_matter():
    data = FILES["rgb8"]
    comment = struct.pack(">I", 1) + b"tEXtx" + b"no sum"[:4]
    expected, found = tf.Session().run([tf.image.decode_png(data), tf.image.decode_png(data[:33] + comment + data[33:] + b"more")])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("kind", "channels"), [
    *((np.uint8, channels) for channels in (1, 2, 3, 4)), *((np.uint16, channels) for channels in (1, 3, 4))])
def test_pillow_reads_what_is_written(kind, channels):
    from PIL import Image

    image = (NOISE if kind is np.uint8 else DEEP)[..., :channels]
    with Image.open(io.BytesIO(tf.Session().run(tf.image.encode_png(image)))) as read:
        pixels = np.asarray(read)
    if kind is np.uint16 and channels > 1:
        image = image >> 8  # Pillow keeps no more of it
    np.testing.assert_array_equal(pixels.reshape(image.shape), image)


JPEG_OPTIONS = [
    {}, {"quality": 50}, {"quality": 0}, {"quality": 100}, {"progressive": True}, {"optimize_size": True},
    {"chroma_downsampling": False}, {"density_unit": "cm", "x_density": 11, "y_density": 70000},
    {"xmp_metadata": "<x:xmpmeta>meta</x:xmpmeta>", "progressive": True, "optimize_size": True}]


@parity([
    *(case(images.written, "jpeg", image, **options, feed=False) for image in (PHOTO, PHOTO[..., :1]) for options in JPEG_OPTIONS),
    case(images.written, "jpeg", PHOTO, format="rgb"), case(images.written, "jpeg", SMALL[..., 1:2], format="grayscale"),
    *(case(images.jpeg_read, image, subsampled, progressive, channels=channels, ratio=ratio, feed=False)
      for image, (subsampled, progressive), (channels, ratio) in itertools.product(
          (PHOTO, SMALL), ((True, False), (False, True)), ((0, 1), (1, 2), (3, 4), (0, 8)))),
    *(case(images.jpeg_read, PHOTO, subsampled, False, ratio=ratio, fancy_upscaling=False, feed=False)
      for subsampled, ratio in ((False, 1), (True, 2), (True, 4))),  # nothing is upscaled here
    case(images.jpeg_read, PHOTO[..., :1], True, False, channels=3), case(images.jpeg_read, PHOTO[..., :1], True, False, ratio=8),
    *(case("image.decode_jpeg", text((PHOTOS / name).read_bytes()), channels=channels)
      for name in ("inks.jpg", "adobe.jpg") for channels in (0, 3)),
    case("image.decode_jpeg", text((PHOTOS / "adobe.jpg").read_bytes()), channels=1, raises=True),
    case("image.decode_jpeg", text((PHOTOS / "adobe.jpg").read_bytes()[:-2]), raises=True),
    case("image.decode_jpeg", text((PHOTOS / "adobe.jpg").read_bytes() + b"more")),
    case("image.decode_jpeg", text(b"nonsense"), channels=4, raises=("InvalidArgumentError", "channels must be 0, 1, or 3, got 4")),
    case("image.decode_jpeg", text(b"nonsense"), ratio=3, raises=("InvalidArgumentError", "ratio must be 1, 2, 4, or 8, got 3")),
    *(case("image.encode_jpeg", image, **options, raises=("InvalidArgumentError", message)) for image, options, message in (
        (PHOTO, {"quality": 101}, r"quality must be in \[0,100\], got 101"), (NOISE, {}, r"image must have 1 or 3 channels, got \[6,9,4\]"),
        (PHOTO, {"format": "grayscale"}, r"format grayscale expects 1 channels, got \[21,29,3\]"))),
    case("image.encode_jpeg", PHOTO, format="cmyk", raises=("ValueError", "passed string 'cmyk' not in: \"\", \"grayscale\", \"rgb\"")),
    case("image.encode_jpeg", DEEP, raises=("TypeError", "uint16 that does not match expected type of uint8")),
    *(case("image.encode_jpeg", image, **options, raises=("InternalError", "JPEG encoding failed")) for image, options in (
        (PHOTO[:0], {}), (PHOTO, {"xmp_metadata": "x" * 70000}), (np.zeros((1, 65501, 1), np.uint8), {}))),
])
def test_jpeg(case):
    case.check()


@parity([case(images.jpeg_read, PHOTO, True, False, fancy_upscaling=False)])
def test_plain_upscaling_is_near(case):
    """Pillow has it with a faster transform only."""
    with tf.Graph().as_default(), tf.Session() as session:
        found = session.run(case.build(tf.constant)[0]).astype(int)
    differences = np.abs(found - case.expected()[0])
    assert differences.max() <= 7
    assert differences.mean() < 1.2


def jpeg_of(image):
    return tf.Session().run(tf.image.encode_jpeg(image, chroma_downsampling=False))


@pytest.mark.parametrize(("data", "message"), [
    (b"nonsense", "Invalid JPEG data, size 8"), (b"", "Invalid JPEG data, size 0"), (FILES["rgb8"], r"Invalid JPEG data, size \d+"),
    (jpeg_of(PHOTO)[:100], "Invalid JPEG data, size 100"),
    (jpeg_of(PHOTO)[:1000], "Invalid JPEG data, size 1000: the file ends too early"),
])
def test_damaged_jpeg(data, message):
    contents = tf.placeholder(tf.string)
    decoded = tf.image.decode_jpeg(contents, name="picture")
    with pytest.raises(errors.InvalidArgumentError, match=message) as caught:
        tf.Session().run(decoded, {contents: data})
    assert caught.value.op is decoded.op


def test_a_truncated_jpeg_is_grey_from_where_it_breaks_off():
    data = jpeg_of(smooth(64, 64, 3))
    whole, part = tf.Session().run([
        tf.image.decode_jpeg(data), tf.image.decode_jpeg(data[:len(data) // 2], try_recover_truncated=True)])
    np.testing.assert_array_equal(part[:8], whole[:8])
    assert (part[-4:] == part[-1, -1]).all()


@pytest.mark.parametrize("decode", [tf.image.decode_png, tf.image.decode_jpeg])
def test_one_file_at_a_time(decode):
    contents = tf.placeholder(tf.string)
    with pytest.raises(errors.InvalidArgumentError, match=r"contents must be scalar, got shape \[2\]"):
        tf.Session().run(decode(contents), {contents: [b"a", b"b"]})
