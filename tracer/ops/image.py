"""Images: decoded and encoded, resized, their colors converted, boxes drawn on them and cut out of them."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.static import constant_value

# -- files


def _decoded(contents: Tensor, channels: int) -> tuple:
    shapes.rank(contents.sizes, 0)
    if channels < 0:
        raise ValueError(f"channels must be non-negative, got {channels}")
    return None, None, channels or None


@op("DecodeJpeg")
def decode_jpeg(contents: Tensor, channels: int | None = None, ratio: int | None = None,
                fancy_upscaling: bool | None = None, try_recover_truncated: bool | None = None,
                acceptable_fraction: float | None = None, name: str | None = None) -> Any:
    """The pixels of a JPEG file, uint8 of shape [height, width, channels].

    >>> tf.image.decode_jpeg(tf.read_file("photo.jpg"), channels=3)

    Args:
        contents: a string: the whole file.
        channels: 1 for grey values, 3 for RGB, 0 (the default) for what the file has.
        ratio: 1, 2, 4 or 8: the image is made smaller by it, which is faster than to resize it later.
        fancy_upscaling: whether the colors of a file that has fewer of them than pixels are interpolated.
        try_recover_truncated: whether a file without an end gives an image that is grey from where it breaks off.
        acceptable_fraction: accepted; TensorFlow's decoder never counted the lines that it found.

    Raises:
        InvalidArgumentError: in a run, when the bytes are no JPEG file, or a damaged one.
    """
    return _decoded(contents, channels or 0)


@op("DecodePng")
def decode_png(contents: Tensor, channels: int | None = None, dtype: Any = None, name: str | None = None) -> Any:
    """The pixels of a PNG file, of shape [height, width, channels].

    >>> tf.image.decode_png(tf.read_file("drawing.png"), channels=4)

    Args:
        contents: a string: the whole file.
        channels: 1 for grey values, 3 for RGB, 4 for RGBA, 0 (the default) for what the file has.
        dtype: `tf.uint8` (the default), or `tf.uint16`.

    Raises:
        InvalidArgumentError: in a run, when the bytes are no PNG file, or a damaged one.
    """
    return _decoded(contents, channels or 0)


@op("EncodeJpeg")
def encode_jpeg(image: Tensor, format: str | None = None, quality: int | None = None, progressive: bool | None = None,
                optimize_size: bool | None = None, chroma_downsampling: bool | None = None,
                density_unit: str | None = None, x_density: int | None = None, y_density: int | None = None,
                xmp_metadata: Any = None, name: str | None = None) -> Any:
    """A JPEG file as a string.

    >>> tf.image.encode_jpeg(image, quality=80)

    Args:
        image: uint8 of shape [height, width, channels]; 1 channel or 3.
        format: "grayscale" or "rgb", to say how many channels there must be.
        quality: from 0 to 100; 95 by default.
        progressive: whether the file can be shown while it loads, first coarse, then finer.
        optimize_size: whether time is spent for a smaller file.
        chroma_downsampling: whether colors are kept for every other pixel only; true by default.
        density_unit, x_density, y_density: pixels in an inch ("in") or a centimeter ("cm"), for programs that print.
        xmp_metadata: what is kept beside the image.
    """
    shapes.rank(image.sizes, 3)
    return ()


@op("EncodePng")
def encode_png(image: Tensor, compression: int | None = None, name: str | None = None) -> Any:
    """A PNG file as a string.

    >>> tf.image.encode_png(image)

    Args:
        image: uint8 or uint16 of shape [height, width, channels]; channels for grey, grey and alpha, RGB or RGBA.
        compression: from 0 to 9, the smallest file; -1 (the default) for what is usual.
    """
    shapes.rank(image.sizes, 3)
    return ()


# -- sizes


def _resized(images: Tensor, size: Tensor) -> tuple:
    batch, _, _, channels = shapes.rank(images.sizes, 4)
    shapes.merge(size.sizes, (2,))
    new = constant_value(size)
    if new is None:
        return batch, None, None, channels
    return batch, *(int(n) if n >= 0 else None for n in new), channels  # the run refuses a negative one


@op("ResizeBilinear")
def resize_bilinear(images: Tensor, size: Tensor, align_corners: bool | None = None, name: str | None = None) -> Any:
    """Images in another size; a pixel is a mean of the four around its place.

    >>> tf.image.resize_bilinear([[[[0.], [4.]]]], [1, 4]).eval()[0, 0, :, 0]
    array([0., 2., 4., 4.], dtype=float32)

    Args:
        images: of shape [batch, height, width, channels].
        size: `[new_height, new_width]`.
        align_corners: whether the pixels in the corners stay in the corners.

    Returns:
        float32 of shape [batch, new_height, new_width, channels].
    """
    return _resized(images, size)


@op("ResizeNearestNeighbor")
def resize_nearest_neighbor(images: Tensor, size: Tensor, align_corners: bool | None = None,
                            name: str | None = None) -> Any:
    """`resize_bilinear` by copies of pixels, in the images' own type.

    >>> tf.image.resize_nearest_neighbor([[[[0], [4]]]], [1, 4]).eval()[0, 0, :, 0]
    array([0, 0, 4, 4], dtype=int32)
    """
    return _resized(images, size)


@op("ResizeBicubic")
def resize_bicubic(images: Tensor, size: Tensor, align_corners: bool | None = None, name: str | None = None) -> Any:
    """`resize_bilinear` with cubic polynomials through four pixels in each direction.

    >>> tf.image.resize_bicubic([[[[0.], [4.]]]], [1, 4]).eval()[0, 0, :, 0]
    array([0.   , 2.   , 4.   , 4.375], dtype=float32)
    """
    return _resized(images, size)


@op("ResizeArea")
def resize_area(images: Tensor, size: Tensor, align_corners: bool | None = None, name: str | None = None) -> Any:
    """`resize_bilinear` by means over the area that a new pixel covers: for smaller images.

    >>> tf.image.resize_area([[[[0.], [4.], [8.]]]], [1, 2]).eval()[0, 0, :, 0]
    array([1.3333334, 6.666667 ], dtype=float32)
    """
    return _resized(images, size)


@op("ResizeBilinearGrad")
def _resize_bilinear_grad(grads: Tensor, original_image: Tensor, align_corners: bool | None = None,
                          name: str | None = None) -> Any:
    return original_image.sizes


@op("ResizeNearestNeighborGrad")
def _resize_nearest_neighbor_grad(grads: Tensor, size: Tensor, align_corners: bool | None = None,
                                  name: str | None = None) -> Any:
    return _resized(grads, size)


@op("RandomCrop")
def _random_crop(image: Tensor, size: Tensor, seed: int | None = None, seed2: int | None = None,
                 name: str | None = None) -> Any:
    _, _, channels = shapes.rank(image.sizes, 3)
    shapes.merge(size.sizes, (2,))
    new = constant_value(size)
    return (None, None, channels) if new is None else (*(int(n) for n in new), channels)


# -- colors


def _colors(images: Tensor) -> shapes.Sizes:
    sizes = shapes.at_least(images.sizes, 1)
    return None if sizes is None else (*sizes[:-1], shapes.same(sizes[-1], 3))


@op("RGBToHSV")
def rgb_to_hsv(images: Tensor, name: str | None = None) -> Any:
    """Hue, saturation and value of colors: all from 0 to 1, red's hue 0, green's 1/3, blue's 2/3.

    >>> tf.image.rgb_to_hsv([0.0, 0.5, 0.0]).eval()
    array([0.33333334, 1.        , 0.5       ], dtype=float32)

    Args:
        images: float32, its last dimension of size 3; from 0 to 1.
    """
    return _colors(images)


@op("HSVToRGB")
def hsv_to_rgb(images: Tensor, name: str | None = None) -> Any:
    """Red, green and blue of colors that are given as hue, saturation and value.

    >>> tf.image.hsv_to_rgb([1 / 3, 1.0, 0.5]).eval()
    array([0. , 0.5, 0. ], dtype=float32)
    """
    return _colors(images)


@op("AdjustContrastv2")
def _adjust_contrastv2(images: Tensor, contrast_factor: Tensor, name: str | None = None) -> Any:
    return shapes.at_least(images.sizes, 3)


@op("AdjustContrast")
def _adjust_contrast(images: Tensor, contrast_factor: Tensor, min_value: Tensor, max_value: Tensor,
                     name: str | None = None) -> Any:
    return shapes.at_least(images.sizes, 3)


# -- boxes and glimpses


@op("DrawBoundingBoxes")
def draw_bounding_boxes(images: Tensor, boxes: Tensor, name: str | None = None) -> Any:
    """Images with boxes drawn on them, one pixel wide, each in the next of ten colors.

    >>> tf.image.draw_bounding_boxes(tf.zeros([1, 4, 4, 1]), [[[0.0, 0.0, 0.7, 0.7]]]).eval()[0, :, :, 0]
    array([[1., 1., 1., 0.],
           [1., 0., 1., 0.],
           [1., 1., 1., 0.],
           [0., 0., 0., 0.]], dtype=float32)

    Args:
        images: float32 of shape [batch, height, width, channels]; 1, 3 or 4 channels.
        boxes: float32 of shape [batch, boxes, 4]: `[y_min, x_min, y_max, x_max]`, from 0 to 1. Parts of a box may be
            outside of the image.
    """
    return shapes.at_least(images.sizes, 3)


@op("SampleDistortedBoundingBox")
def sample_distorted_bounding_box(
    image_size: Tensor, bounding_boxes: Tensor, seed: int | None = None, seed2: int | None = None,
    min_object_covered: float | None = None, aspect_ratio_range: Any = None, area_range: Any = None,
    max_attempts: int | None = None, use_image_if_no_bounding_boxes: bool | None = None, name: str | None = None,
) -> Any:
    """A random part of an image that shows enough of an object, for training on distorted images.

    >>> begin, size, box = tf.image.sample_distorted_bounding_box(tf.shape(image), boxes)
    >>> part = tf.slice(image, begin, size)

    Args:
        image_size: `[height, width, channels]`.
        bounding_boxes: float32 of shape [batch, boxes, 4]: where objects are, as `draw_bounding_boxes` takes them.
        seed, seed2: fix what is drawn.
        min_object_covered: how much of at least one of the boxes the part must cover.
        aspect_ratio_range: the least and the largest ratio of the part's width to its height.
        area_range: the least and the largest share of the image that the part takes.
        max_attempts: after so many parts that will not do, the part is the whole image.
        use_image_if_no_bounding_boxes: whether the whole image is the object when there are no boxes.

    Returns:
        `begin` and `size` for `tf.slice`, and the part as a box of shape [1, 1, 4] to be drawn.

    Raises:
        InvalidArgumentError: in a run, when there are no boxes, or an argument is out of its range.
    """
    return [(3,), (3,), (1, 1, 4)]


@op("ExtractGlimpse")
def extract_glimpse(input: Tensor, size: Tensor, offsets: Tensor, centered: bool | None = None,
                    normalized: bool | None = None, uniform_noise: bool | None = None, name: str | None = None) -> Any:
    """A window of each image, noise where it reaches over the border.

    >>> image = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
    >>> tf.image.extract_glimpse(image, [1, 1], [[0.0, 0.9]]).eval()
    array([[[[5.]]]], dtype=float32)

    Args:
        input: float32 of shape [batch, height, width, channels].
        size: `[glimpse_height, glimpse_width]`.
        offsets: float32 of shape [batch, 2]: where the window's middle is, `[y, x]`.
        centered: whether offsets count from the image's middle, and a whole image is 2 long; from its top left corner
            otherwise.
        normalized: whether offsets count in images; in pixels otherwise.
        uniform_noise: whether noise is distributed evenly between the image's least and largest number; normally, as
            each channel is, otherwise.
    """
    batch, _, _, channels = shapes.rank(input.sizes, 4)
    shapes.merge(size.sizes, (2,))
    count, _ = shapes.merge(shapes.rank(offsets.sizes, 2), (None, 2)) or (None, 2)
    new = constant_value(size)
    height, width = (None, None) if new is None else (int(n) for n in new)
    return shapes.same(batch, count), height, width, channels
