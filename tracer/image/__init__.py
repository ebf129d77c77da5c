"""`tf.image`: images read, written, resized, cropped, and changed at random for training."""

import typing as _typing

from tracer.image.color import adjust_brightness as adjust_brightness
from tracer.image.color import adjust_contrast as adjust_contrast
from tracer.image.color import adjust_hue as adjust_hue
from tracer.image.color import adjust_saturation as adjust_saturation
from tracer.image.color import convert_image_dtype as convert_image_dtype
from tracer.image.color import grayscale_to_rgb as grayscale_to_rgb
from tracer.image.color import per_image_whitening as per_image_whitening
from tracer.image.color import random_brightness as random_brightness
from tracer.image.color import random_contrast as random_contrast
from tracer.image.color import random_hue as random_hue
from tracer.image.color import random_saturation as random_saturation
from tracer.image.color import rgb_to_grayscale as rgb_to_grayscale
from tracer.image.geometry import central_crop as central_crop
from tracer.image.geometry import crop_to_bounding_box as crop_to_bounding_box
from tracer.image.geometry import flip_left_right as flip_left_right
from tracer.image.geometry import flip_up_down as flip_up_down
from tracer.image.geometry import pad_to_bounding_box as pad_to_bounding_box
from tracer.image.geometry import random_flip_left_right as random_flip_left_right
from tracer.image.geometry import random_flip_up_down as random_flip_up_down
from tracer.image.geometry import resize_image_with_crop_or_pad as resize_image_with_crop_or_pad
from tracer.image.geometry import transpose_image as transpose_image
from tracer.image.resizing import ResizeMethod as ResizeMethod
from tracer.image.resizing import resize_images as resize_images
from tracer.ops.image import decode_jpeg as decode_jpeg
from tracer.ops.image import decode_png as decode_png
from tracer.ops.image import draw_bounding_boxes as draw_bounding_boxes
from tracer.ops.image import encode_jpeg as encode_jpeg
from tracer.ops.image import encode_png as encode_png
from tracer.ops.image import extract_glimpse as extract_glimpse
from tracer.ops.image import hsv_to_rgb as hsv_to_rgb
from tracer.ops.image import resize_area as resize_area
from tracer.ops.image import resize_bicubic as resize_bicubic
from tracer.ops.image import resize_bilinear as resize_bilinear
from tracer.ops.image import resize_nearest_neighbor as resize_nearest_neighbor
from tracer.ops.image import rgb_to_hsv as rgb_to_hsv
from tracer.ops.image import sample_distorted_bounding_box as sample_distorted_bounding_box

per_image_standardization = per_image_whitening
"""Its name since 0.10."""


def __getattr__(name: str) -> _typing.Any:
    if name == "random_crop":  # of an image alone, until 0.6
        from tracer.image import geometry

        return geometry.random_crop
    import importlib  # not `from tracer import`, which asks there

    return importlib.import_module("tracer.younger").find(__name__, name)
