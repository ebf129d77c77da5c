"""Images changed by compositions of operations, against TensorFlow."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import images
from tracer import errors

rng = np.random.RandomState(6)
BYTES = rng.randint(0, 256, (4, 6, 3)).astype(np.uint8)
FLOATS = (BYTES / 255).astype(np.float32)
GREY = rng.randint(0, 256, (5, 4, 1)).astype(np.uint8)
BATCH = rng.randint(0, 256, (2, 3, 4, 3)).astype(np.uint8)
INTEGERS = (np.uint8, np.int8, np.int16, np.int32, np.int64)
FLOATING = (np.float16, np.float32, np.float64)


@parity([
    *(case(f"image.{name}", FLOATS) for name in ("flip_left_right", "flip_up_down", "transpose_image")),
    *(case("image.central_crop", image, fraction, feed="rank") for image, fraction in (
        (FLOATS, 0.5), (FLOATS, 1.0), (GREY, 0.3), (GREY, 0.99))),
    *(case("image.pad_to_bounding_box", image, *box) for image, box in (
        (FLOATS, (1, 2, 9, 10)), (BYTES, (0, 0, 4, 6)), (BYTES, (0, 1, 4, 7)))),
    *(case("image.crop_to_bounding_box", image, *box) for image, box in (
        (FLOATS, (1, 2, 2, 3)), (BYTES, (0, 0, 4, 6)), (BYTES, (3, 5, 1, 1)))),
    *(case("image.resize_image_with_crop_or_pad", image, *size) for image, size in (
        (FLOATS, (3, 8)), (FLOATS, (7, 3)), (GREY, (1, 1)), (GREY, (9, 9)))),
    case("image.crop_to_bounding_box", FLOATS, np.int32(1), np.int32(2), np.int32(2), 3),
    case("image.pad_to_bounding_box", FLOATS, 1, np.int32(2), np.int32(8), np.int32(9)),
    case("image.resize_image_with_crop_or_pad", FLOATS, np.int32(7), np.int32(3)),
    *(case(f"image.{name}", BATCH, raises=("ValueError", "'image' must be three-dimensional.")) for name in (
        "flip_left_right", "flip_up_down", "transpose_image", "random_flip_up_down", "random_flip_left_right",
        "per_image_whitening")),
    *(case(f"image.{name}", BYTES[:, :0], *rest, raises=(
        "ValueError", r"all dims of 'image.shape' must be > 0: \(4, 0, 3\)")) for name, rest in (
        ("flip_left_right", ()), ("resize_image_with_crop_or_pad", (3, 3)), ("central_crop", (0.5,)))),
    *(case("image.central_crop", FLOATS, fraction, raises=("ValueError", r"central_fraction must be within \(0, 1\]"))
      for fraction in (0.0, 1.01, -1.0)),
    *(case("image.pad_to_bounding_box", FLOATS, *box, raises=("ValueError", message)) for box, message in (
        ((-1, 0, 4, 6), "offset_height must be >= 0"), ((0, -1, 4, 6), "offset_width must be >= 0"),
        ((0, 0, 3, 6), "height must be <= target - offset"), ((0, 1, 4, 6), "width must be <= target - offset"))),
    *(case("image.crop_to_bounding_box", FLOATS, *box, raises=("ValueError", message)) for box, message in (
        ((-1, 0, 4, 6), "offset_height must be >= 0."), ((0, -1, 4, 6), "offset_width must be >= 0."),
        ((1, 0, 4, 6), r"height must be >= target \+ offset."), ((0, 1, 4, 6), r"width must be >= target \+ offset."),
        ((0, 0, 0, 6), "target_height must be > 0."), ((0, 0, 4, 0), "target_width must be > 0."))),
    case("image.resize_image_with_crop_or_pad", FLOATS, 0, 6, raises=("ValueError", "target_height must be > 0.")),
    case("image.resize_image_with_crop_or_pad", FLOATS, 4, -1, raises=("ValueError", "target_width must be > 0.")),
])
def test_geometry(case):
    case.check()


@pytest.mark.parametrize(("make", "message"), [
    (lambda x, n: tf.image.pad_to_bounding_box(x, 0, 1, 4, n), "width must be <= target - offset"),
    (lambda x, n: tf.image.pad_to_bounding_box(x, 0, 1, n, 9), "height must be <= target - offset"),
    (lambda x, n: tf.image.crop_to_bounding_box(x, 0, n, 4, 6), r"width must be >= target \+ offset\."),
    (lambda x, n: tf.image.crop_to_bounding_box(x, n, 0, 4, 6), r"height must be >= target \+ offset\."),
    (lambda x, n: tf.image.crop_to_bounding_box(x, n - 4, 0, 1, 1), r"offset_height must be >= 0\."),
    (lambda x, n: tf.image.resize_image_with_crop_or_pad(x, n - 3, 1), r"target_height must be > 0\."),
])
def test_what_only_a_run_finds_wrong(make, message):
    x, n = tf.placeholder(tf.float32), tf.placeholder(tf.int32, [])
    with pytest.raises(errors.InvalidArgumentError, match=message):
        tf.Session().run(make(x, n), {x: FLOATS, n: 3})


@parity([
    *(case("image.convert_image_dtype", np.array([0, 1, 100, 127], old), new, feed=False) for old in INTEGERS
      for new in (np.uint8, np.int16, np.int32, np.float32)),
    *(case("image.convert_image_dtype", np.array([-0.25, 0, 0.3, 1, 1.5], old), new, feed=False)
      for old in FLOATING for new in FLOATING),
    *(case("image.convert_image_dtype", np.array([0, 0.3, 0.998, 1], old), new, feed=False)
      for old in FLOATING for new in (np.uint8, np.int8)),
    *(case("image.convert_image_dtype", np.array([-0.25, 0, 0.3, 1, 1.5], old), np.uint8, saturate=True)
      for old in FLOATING),
    *(case("image.convert_image_dtype", np.array([-(2**30), -1, 0, 2**30], np.int32), new, saturate=True)
      for new in (np.uint8, np.int16)),
    case("image.convert_image_dtype", np.uint8([7, 255]), np.int16, saturate=True, expect=np.int16([7 * 128, 255 * 128])),
    *(case("image.rgb_to_grayscale", image, feed="rank") for image in (BYTES, FLOATS, BATCH)),
    *(case("image.grayscale_to_rgb", image, feed="rank") for image in (GREY, FLOATS[..., :1], BATCH[..., :1])),
    *(case("image.adjust_brightness", image, delta) for image, delta in ((BYTES, 0.1), (FLOATS, -0.3))),
    case("image.adjust_brightness", BYTES, np.float32(0.2)),
    *(case("image.adjust_contrast", image, factor) for image, factor in ((BYTES, 2.0), (FLOATS, 0.5), (BATCH, 2.0))),
    *(case("image.adjust_hue", image, delta) for image, delta in ((BYTES, 0.1), (FLOATS, -0.3))),
    *(case("image.adjust_saturation", image, factor) for image, factor in ((BYTES, 0.4), (FLOATS, 2.0))),
    case("image.per_image_whitening", BYTES), case("image.per_image_whitening", FLOATS, feed="rank", tolerance=1e-4),
    case("image.per_image_whitening", np.full((3, 3, 1), 249, np.float32), gradient=False),  # TensorFlow's is NaN
    *(case(images.drawn, name, FLOATS, *rest, gradient=False, feed=False) for name, rest in (
        ("random_flip_left_right", ()), ("random_flip_up_down", ()), ("random_brightness", (0.4,)),
        ("random_contrast", (0.2, 1.8)), ("random_hue", (0.3,)), ("random_saturation", (0.5, 1.5)))),
    *(case(f"image.{name}", FLOATS, *rest, raises=("ValueError", message)) for name, rest, message in (
        ("random_brightness", (-0.1,), "max_delta must be non-negative."),
        ("random_hue", (-0.1,), "max_delta must be non-negative."), ("random_hue", (0.6,), "max_delta must be <= 0.5."),
        ("random_contrast", (0.3, 0.2), "upper must be > lower."),
        ("random_contrast", (-0.3, 0.2), "lower must be non-negative."),
        ("random_saturation", (0.2, 0.2), "upper must be > lower."),
        ("random_saturation", (-0.3, 0.2), "lower must be non-negative."))),
])
def test_colors(case):
    case.check()


def test_hue_and_saturation_of_a_batch_are_those_of_its_images():
    each = [tf.image.adjust_saturation(tf.image.adjust_hue(image, 0.2), 0.5) for image in BATCH]
    both = tf.image.adjust_saturation(tf.image.adjust_hue(BATCH, 0.2), 0.5)
    whole, parts = tf.Session().run([both, tf.pack(each)])
    np.testing.assert_array_equal(whole, parts)


def test_random_changes_differ_from_run_to_run_and_start_again_in_a_new_session():
    changed = tf.image.random_brightness(FLOATS, 0.5, seed=3)
    first, second = tf.Session(), tf.Session()
    runs = [first.run(changed)[0, 0, 0] for _ in range(3)]
    assert len(set(runs)) == 3
    assert [second.run(changed)[0, 0, 0] for _ in range(3)] == runs


@parity([
    *(case("image.resize_images", image, 3, 5, method, feed="rank",
           reference=case("image.resize_images", image, [3, 5], method)) for image in (BYTES, BATCH) for method in range(4)),
    case("image.resize_images", FLOATS, np.int32(3), np.int32(5), align_corners=True, feed="rank",
         reference=case("image.resize_images", FLOATS, [3, 5], align_corners=True)),
    *(case("image.resize_images", FLOATS, *rest, feed="rank", **named) for rest, named in (
        (([3, 5],), {}), (([3, 5], 1), {}), (([3, 5], 2, True), {}), (([3, 5],), {"method": 3}),
        ((), {"size": [3, 5], "method": 1, "align_corners": True}), ((np.int32([3, 5]),), {}), (([np.int32(3), 5],), {}))),
    *(case("image.resize_images", FLOATS, *rest, raises=("ValueError", message)) for rest, message in (
        ((3, 5, 4), "Resize method is not implemented."), (([3, 5], 4), "Resize method is not implemented."),
        (([12, 32], 4, 0), "Resize method is not implemented."), ((6, [12, 32], 0), "new_width must be a scalar integer"),
        ((6.0, 4), "new_height must be a scalar integer"), ((6, 4.0), "new_width must be a scalar integer"),
        (([3, 5, 1],), "'size' must be a 1-D Tensor of 2 elements: new_height, new_width"),
        ((3,), "'size' must be a 1-D Tensor of 2 elements: new_height, new_width"),
        (([3.0, 5.0],), "'size' must be a 1-D int32 Tensor"))),
    case("image.resize_images", FLOATS[0], 3, 5, raises=("ValueError", "'images' must have either 3 or 4 dimensions.")),
])
def test_resizing(case):
    case.check()


def test_images_that_have_the_size_are_given_back():
    for image in (tf.constant(BYTES), tf.constant(BATCH)):
        height, width = image.get_shape().as_list()[-3:-1]
        assert tf.image.resize_images(image, height, width) is image
        assert tf.image.resize_images(image, [height, width]) is image
    image = tf.constant(FLOATS)
    assert tf.image.pad_to_bounding_box(image, 0, 0, 4, 6) is image
    assert tf.image.central_crop(image, 1.0) is image
    with pytest.raises(ValueError, match=r"'images' contains no shape\."):
        tf.image.resize_images(tf.placeholder(tf.float32), 3, 5)


def test_static_shapes():
    some, none = tf.placeholder(tf.uint8, [None, None, 3]), tf.placeholder(tf.uint8)
    n = tf.placeholder(tf.int32)

    def of(image):
        return image.get_shape().as_list()

    assert of(tf.image.flip_left_right(some)) == [None, None, 3]
    assert of(tf.image.flip_left_right(none)) == [None, None, None]
    assert of(tf.image.central_crop(some, 0.5)) == [None, None, 3]
    assert of(tf.image.crop_to_bounding_box(some, 1, n, 5, n)) == [5, None, 3]
    assert of(tf.image.resize_image_with_crop_or_pad(none, 5, 7)) == [5, 7, None]
    assert of(tf.image.resize_images(some, n, 7)) == [None, 7, 3]
    assert of(tf.image.resize_images(some, [n, 7])) == [None, 7, 3]
    assert of(tf.image.rgb_to_grayscale(some)) == [None, None, 1]
    assert of(tf.image.adjust_hue(some, 0.1)) == [None, None, 3]


def test_names():
    image = tf.placeholder(tf.uint8, [4, 6, 3], name="image")
    tf.image.rgb_to_grayscale(image)
    tf.image.adjust_brightness(image, 0.1)
    tf.image.random_flip_left_right(image, seed=1)
    tf.image.resize_images(image, 3, 5)
    names = [op.name for op in tf.get_default_graph().get_operations() if op.type != "Const"][1:]
    assert names == """
        rgb_to_grayscale/convert_image/Cast rgb_to_grayscale/convert_image rgb_to_grayscale/Rank rgb_to_grayscale/sub
        rgb_to_grayscale/ExpandDims rgb_to_grayscale/mul rgb_to_grayscale/Sum rgb_to_grayscale/Mul rgb_to_grayscale
        adjust_brightness/convert_image/Cast adjust_brightness/convert_image adjust_brightness
        adjust_brightness/convert_image_1/Mul adjust_brightness/convert_image_1/Maximum
        adjust_brightness/convert_image_1/Minimum adjust_brightness/convert_image_1
        random_uniform/RandomUniform random_uniform/sub random_uniform/mul random_uniform pack Less Reverse
        ExpandDims pack_1 ResizeBilinear Squeeze""".split()
