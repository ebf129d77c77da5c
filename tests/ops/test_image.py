"""Operations on images against TensorFlow."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import images
from tracer import errors
from tracer.declare import raw_op

rng = np.random.RandomState(4)
TYPES = (np.uint8, np.int8, np.int16, np.int32, np.int64, np.float32, np.float64)
BATCH = (rng.rand(2, 5, 7, 3) * 120).astype(np.float32)
NARROW = (rng.rand(1, 9, 2, 1) * 90 - 20).astype(np.float32)
COLORS = np.float32([[[0, 0, 0], [1, 1, 1], [1, 0, 0], [0.2, 0.9, 0.4]], [[0.5, 0.5, 0.1], [0.3, 0.1, 0.8], [2, -1, 0.5],
                                                                         [-1, -2, -3]]])
HUES = np.float32([[[0, 0, 0], [0.1, 0.5, 1], [0.99, 1, 1], [0.4, 0.2, 0.7]], [[1, 1, 1], [1.5, 0.3, 0.2], [-0.2, 0.5, 0.5],
                                                                              [0.66, 2, -1]]])
BLACK = np.zeros((1, 8, 10, 3), np.float32)
METHODS = ("bilinear", "nearest_neighbor", "bicubic", "area")


@parity([
    *(case(f"image.resize_{method}", x, size, align_corners=align)
      for method in METHODS for x, size in ((BATCH, [3, 4]), (NARROW, [10, 11])) for align in (False, True)),
    *(case(f"image.resize_{method}", NARROW.astype(kind), [4, 5], tolerance=1e-6, feed=False)
      for method in METHODS for kind in TYPES),
    *(case(f"image.resize_{method}", BATCH[:, :1, :1], [3, 1], align_corners=True, feed=False) for method in METHODS),
    case("image.resize_bilinear", BATCH, np.int32([2, 9])), case("image.resize_bilinear", BATCH[:0], [2, 9], feed="rank"),
])
def test_resizing(case):
    case.check()


@parity([
    row for method in METHODS for row in (
        case(f"image.resize_{method}", BATCH[0], [2, 2], raises=("ValueError", "must have rank 4")),
        case(f"image.resize_{method}", BATCH, [2, 2, 2], raises=("ValueError", r"\(3,\) and \(2,\) are not compatible")),
        case(f"image.resize_{method}", BATCH, [0, 2], raises=True), case(f"image.resize_{method}", BATCH, [2, -1], raises=True),
        case(f"image.resize_{method}", BATCH, [2.0, 2.0], raises=True),
        case(f"image.resize_{method}", BATCH[:, :, :0], [2, 2], raises=True),
        case(f"image.resize_{method}", BATCH[..., :0], [2, 2], raises=True),
        case(f"image.resize_{method}", BATCH > 1, [2, 2], raises=("TypeError", "not in list of allowed values")))
])
def test_sizes_that_are_refused(case):
    case.check()


@pytest.mark.parametrize(("make", "fed", "message"), [
    (lambda x, y: tf.image.resize_area(x, tf.to_int32(y)), (BATCH[0], [2, 2]), r"input must be 4-dimensional\[5,7,3\]"),
    (lambda x, y: tf.image.resize_area(x, tf.to_int32(y)), (BATCH, 2), r"shape_t must be 1-dimensional\[\]"),
    (lambda x, y: tf.image.resize_area(x, tf.to_int32(y)), (BATCH, [2, 2, 2]), r"shape_t must have two elements\[3\]"),
    (lambda x, y: tf.image.resize_area(x, tf.to_int32(y)), (BATCH, [2, -2]), "output dimensions must be positive"),
    (lambda x, y: tf.image.resize_area(x, tf.to_int32(y)), (BATCH[:, :0], [2, 2]), "input image must be of non-zero size"),
    (lambda x, y: tf.image.resize_area(x, tf.to_int32(y)), (BATCH[..., :0], [2, 2]), "image must have at least one channel"),
    (lambda x, y: tf.image.rgb_to_hsv(x), (1.0, 0), r"input must be at least 1D\[\]"),
    (lambda x, y: raw_op("_adjust_contrastv2")(x, y), (BATCH[0, 0], 2), r"input must be at least 3-D, got shape\[7,3\]"),
    (lambda x, y: raw_op("_adjust_contrastv2")(x, y), (BATCH, [2]), r"contrast_factor must be scalar: \[1\]"),
    (lambda x, y: tf.image.draw_bounding_boxes(x, y), (BATCH[0], [[[0, 0, 1, 1]]]), "The rank of the images should be 4"),
    (lambda x, y: tf.image.draw_bounding_boxes(x, y), (BATCH, [[0, 0, 1, 1]]), "The rank of the boxes tensor should be 3"),
    (lambda x, y: tf.image.draw_bounding_boxes(x, y), (BATCH, [[[0, 0, 1, 1]]]), "The batch sizes should be the same"),
    (lambda x, y: tf.image.draw_bounding_boxes(x, y), (BLACK, [[[0, 0, 1]]]), "The boxes should have 4 coordinates"),
    (lambda x, y: tf.image.draw_bounding_boxes(x, y), (BLACK[..., :2], [[[0, 0, 1, 1]]]),
     r"Channel depth should be either 1 \(GRY\), 3 \(RGB\), or 4 \(RGBA\)"),
    (lambda x, y: tf.image.extract_glimpse(x, [1, 1], y), (BATCH[0], [[0, 0]]),
     r"input must be 4-dimensional \(batch_size, height, width, depth\)\[5,7,3\]"),
    (lambda x, y: tf.image.extract_glimpse(x, tf.to_int32(y), [[0, 0]]), (BLACK, [2, 2, 2]),
     r"input must be a vector of size 2 \(height, width\)\[3\]"),
    (lambda x, y: tf.image.extract_glimpse(x, [1, 1], y), (BLACK, [0, 0]), r"input must be a matrix\[2\]"),
    (lambda x, y: tf.image.extract_glimpse(x, [1, 1], y), (BLACK, [[0, 0], [0, 0]]), r"first dimension should be batch\[2,2\]"),
    (lambda x, y: tf.image.extract_glimpse(x, [1, 1], y), (BLACK, [[0, 0, 0]]), r"second dimension should be of size 2 \(y,x\)\[1,3\]"),
    (lambda x, y: tf.image.extract_glimpse(x, tf.to_int32(y), [[0.0, 0.0]]), (BLACK, [1, -1]), "no size below 0"),
])
def test_shapes_found_wrong_at_run_time(make, fed, message):
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with pytest.raises(errors.InvalidArgumentError, match=message):
        tf.Session().run(make(x, y), {x: fed[0], y: fed[1]})


def test_two_channels_are_no_color():
    x = tf.placeholder(tf.float32)
    with pytest.raises(errors.FailedPreconditionError, match="input must have 3 channels but input only has 2 channels"):
        tf.Session().run(tf.image.hsv_to_rgb(x), {x: np.ones((4, 2))})


@parity([
    case("image.rgb_to_hsv", COLORS), case("image.hsv_to_rgb", HUES), case("image.rgb_to_hsv", COLORS[0, 3]),
    case("image.rgb_to_hsv", COLORS[:0]), case("image.hsv_to_rgb", HUES[None]),
    case("image.rgb_to_hsv", COLORS[..., :2], raises=True), case("image.hsv_to_rgb", np.float32(1), raises=True),
    case(images.removed_contrast, (BATCH * 2).astype(np.uint8), np.float32(2.5), np.float32(5), np.float32(200), feed=False),
    case(images.removed_contrast, BATCH, np.float32(-0.5), np.float32(0), np.float32(100), feed=False, gradient=False),
])
def test_colors(case):
    case.check()


@parity([
    *(case("image.draw_bounding_boxes", BLACK, np.float32([[box]])) for box in (
        [0.1, 0.2, 0.5, 0.7], [-0.5, -0.5, 0.5, 0.5], [0.5, 0.5, 1.5, 1.5], [0.5, 0.5, 0.2, 0.8], [1.2, 0.1, 1.5, 0.6],
        [0, 0, 1, 1], [0.49, 0.49, 0.51, 0.51], [-0.5, 0.2, 1.5, 0.6], [0.2, -1, 0.6, -0.5], [-0.1, -0.1, 0.6, 0.6],
        [np.nan, 0.2, 0.5, 0.7])),
    *(case("image.draw_bounding_boxes", np.repeat(BLACK[..., :1], channels, -1),
           np.float32([[[i / 30, i / 24, 0.5 + i / 26, 0.9 - i / 30] for i in range(13)]])) for channels in (1, 3, 4)),
    case("image.draw_bounding_boxes", BATCH, rng.rand(2, 3, 4).astype(np.float32)),
    case("image.draw_bounding_boxes", BATCH, np.zeros((2, 0, 4), np.float32)),
    *(case("image.extract_glimpse", BATCH, [3, 2], np.float32(offsets), centered=centered, normalized=normalized, feed=normalized)
      for centered, normalized, offsets in ((True, True, [[0, 0], [0.3, -0.4]]), (True, False, [[0, 0], [1, -2]]),
                                            (False, True, [[0.5, 0.5], [0.45, 0.7]]), (False, False, [[2, 2], [3, 4.5]]))),
    case("image.extract_glimpse", BATCH[:0], [1, 1], np.zeros((0, 2), np.float32)),
    case("image.extract_glimpse", BATCH, [0, 2], np.float32([[0, 0], [9, 9]])),
    case("image.extract_glimpse", BATCH, [3, 2], np.float32([[0, 0]]), raises=("ValueError", "2 and 1 are not compatible")),
])
def test_boxes_and_glimpses(case):
    case.check()


@pytest.mark.parametrize(("uniform", "low", "high", "mean", "deviation"), [
    (True, [-2.0, -2.0], [7.0, 7.0], [2.5, 2.5], [9 / 12**0.5] * 2),
    (False, [-2.0, 5.0], [0.0, 7.0], [-1.0, 6.0], [None, None]),
])
def test_noise_around_a_glimpse_is_like_the_image(uniform, low, high, mean, deviation):
    image = np.float32([[[[-2, 5], [0, 7]], [[-1, 6], [-1, 6]]]])
    glimpse = tf.image.extract_glimpse(image, [200, 200], [[9.0, 9.0]], uniform_noise=uniform)
    noise = tf.Session().run(glimpse).reshape(-1, 2)
    assert (noise.min(0) >= low).all()
    assert (noise.max(0) <= high).all()
    np.testing.assert_allclose(noise.mean(0), mean, atol=0.1)
    if uniform:
        np.testing.assert_allclose(noise.std(0), deviation, rtol=0.02)
    else:  # normal with the channel's deviation, 0.71, and cut at its limits
        assert ((noise == low).mean(0) > 0.05).all()
        np.testing.assert_allclose((np.abs(noise - mean) < 0.5**0.5).mean(0), 0.683, atol=0.01)


@parity([
    *(case(images.parts_of, size, boxes, gradient=False) for size, boxes in (
        (np.int32([40, 50, 3]), np.float32([[[0.1, 0.2, 0.5, 0.7]]])), (np.int64([300, 20, 1]), np.float32([[[0, 0, 1, 1]]])),
        (np.uint8([31, 77, 3]), rng.rand(2, 1, 2, 2).cumsum(2).clip(0, 1).reshape(2, 1, 4).astype(np.float32)))),
    case(images.parts_of, np.int32([97, 60, 3]), np.float32([[[0.4, 0.4, 0.5, 0.5], [0.1, 0.6, 0.3, 0.9]]]), gradient=False,
         min_object_covered=0.7, aspect_ratio_range=[0.5, 2.5], area_range=[0.02, 0.4], max_attempts=7),
    case(images.parts_of, np.int32([97, 60, 3]), np.zeros((1, 0, 4), np.float32), gradient=False,
         use_image_if_no_bounding_boxes=True, aspect_ratio_range=[1.0, 1.0]),
    case(images.parts_of, np.int32([40, 50, 3]), np.float32([[[0.5, 0.2, 0.1, 0.7]]]), gradient=False),
    *(case("image.sample_distorted_bounding_box", np.int32([40, 50, 3]), np.float32(boxes), raises=(
        "InvalidArgumentError", message), **kwargs) for boxes, message, kwargs in (
        ([[[0.1, 0.2, 1.5, 0.7]]], r"All bounding box coordinates must be in \[0.0, 1.0\]: 1.5", {}),
        ([[0.1, 0.2, 0.3, 0.7]], r"input boxes must be 3-dimensional \[batch, num_boxes, coords\]: \[1,4\]", {}),
        ([[[0.1, 0.2, 0.3]]], r"bounding boxes must have shape \[4\] or \[\*, 4\], got \[1,1,3\]", {}),
        (np.zeros((1, 0, 4)), "No bounding boxes provided as input. One must enable use_image_if_no_bounding_boxes", {}),
        ([[[0, 0, 1, 1]]], "Min object covered must be non-negative: -1", {"min_object_covered": -1.0}),
        ([[[0, 0, 1, 1]]], "Aspect ratio range field must specify 2 dimensions", {"aspect_ratio_range": [1.0]}),
        ([[[0, 0, 1, 1]]], r"Aspect ratio range must be non-negative: \[-2, 1\]", {"aspect_ratio_range": [-2.0, 1.0]}),
        ([[[0, 0, 1, 1]]], r"Area range must be non-negative: \[-0.5, 0.1\]", {"area_range": [-0.5, 0.1]}),
        ([[[0, 0, 1, 1]]], r"Area range must be less then or equal to 1.0: \[0.5, 1.1\]", {"area_range": [0.5, 1.1]}),
        ([[[0, 0, 1, 1]]], "Max attempts must be non-negative: 0", {"max_attempts": 0}))),
    case("image.sample_distorted_bounding_box", np.int32([40, 50]), np.float32([[[0, 0, 1, 1]]]), raises=True),
    case(images.removed_crop, BATCH[0], np.int64([2, 3]), 3, gradient=False, feed=False),
    case(images.removed_crop, BATCH[0], np.int64([5, 3]), 4, gradient=False, feed=False),
    case(images.removed_crop, BATCH[0], np.int64([6, 3]), 4, raises=True),
    case(images.removed_crop, BATCH[0], np.int64([2, 3, 3]), 4, raises=True),
])
def test_random_parts(case):
    case.check()


def test_random_parts_go_on_from_run_to_run():
    sampled = tf.image.sample_distorted_bounding_box([40, 50, 3], [[[0.1, 0.2, 0.5, 0.7]]], seed=1, seed2=2)
    one, other = tf.Session(), tf.Session()
    runs = [one.run(sampled.begin).tolist() for _ in range(3)]
    assert len({tuple(begin) for begin in runs}) > 1
    assert [other.run(sampled.begin).tolist() for _ in range(3)] == runs


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("align", [False, True])
def test_gradient_operations_are_what_gradients_compute(kind, align):
    images = tf.constant(BATCH.astype(kind))
    weights = tf.constant(rng.rand(2, 3, 9, 3).astype(np.float32))
    bilinear = tf.image.resize_bilinear(images, [3, 9], align_corners=align)
    nearest = tf.image.resize_nearest_neighbor(images, [3, 9], align_corners=align)
    found = tf.Session().run([
        tf.gradients(bilinear, images, weights)[0],
        raw_op("_resize_bilinear_grad")(weights, images, align_corners=align),
        tf.gradients(nearest, images, tf.cast(weights, kind))[0],
        raw_op("_resize_nearest_neighbor_grad")(tf.cast(weights, kind), [5, 7], align_corners=align)])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    np.testing.assert_allclose(found[2], found[3], rtol=1e-6)
    assert found[1].dtype == found[3].dtype == kind


def test_the_second_derivative_of_a_resized_square():
    x = tf.constant(BATCH[:1, :2, :3, :1].astype(np.float64))
    resized = tf.image.resize_bilinear(x, [4, 6])
    (once,) = tf.gradients(tf.square(tf.square(resized)), x)
    (twice,) = tf.gradients(once, x)
    feed = BATCH[:1, :2, :3, :1].astype(np.float64)
    session, step = tf.Session(), 1e-2
    moved = [session.run(once, {x: feed + sign * step}) for sign in (1, -1)]
    np.testing.assert_allclose(session.run(twice), (moved[0] - moved[1]) / (2 * step), rtol=1e-2)


@pytest.mark.parametrize("make", [
    lambda x: tf.image.resize_area(x, [2, 2]), lambda x: tf.image.resize_bicubic(x, [2, 2]),
    lambda x: tf.image.adjust_contrast(x, 2.0)])
def test_where_tensorflow_has_no_gradient(make):
    x = tf.constant(BATCH)
    with pytest.raises(LookupError, match="No gradient defined for operation"):
        tf.gradients(make(x), x)


@pytest.mark.parametrize("make", [
    tf.image.rgb_to_hsv, tf.image.hsv_to_rgb, lambda x: tf.image.draw_bounding_boxes(x, np.ones((2, 1, 4), np.float32)),
    lambda x: tf.image.extract_glimpse(x, [2, 2], np.zeros((2, 2), np.float32))])
def test_what_passes_no_gradient(make):
    x = tf.constant(BATCH)
    assert tf.gradients(make(x), x) == [None]


def test_static_shapes():
    x = tf.placeholder(tf.float32, [None, 7, None, 3])
    assert tf.image.resize_bicubic(x, [3, 4]).get_shape().as_list() == [None, 3, 4, 3]
    assert tf.image.resize_bicubic(x, tf.placeholder(tf.int32)).get_shape().as_list() == [None, None, None, 3]
    assert tf.image.extract_glimpse(x, [3, 4], tf.zeros([5, 2])).get_shape().as_list() == [5, 3, 4, 3]
    assert tf.image.draw_bounding_boxes(x, tf.placeholder(tf.float32)).get_shape().as_list() == [None, 7, None, 3]
    begin, size, boxes = tf.image.sample_distorted_bounding_box([4, 4, 3], tf.placeholder(tf.float32))
    assert [part.get_shape().as_list() for part in (begin, size, boxes)] == [[3], [3], [1, 1, 4]]
    file = tf.placeholder(tf.string)
    assert tf.image.decode_jpeg(file).get_shape().as_list() == [None, None, None]
    assert tf.image.decode_png(file, channels=4).get_shape().as_list() == [None, None, 4]
    with pytest.raises(ValueError, match="channels must be non-negative, got -1"):
        tf.image.decode_png(file, channels=-1)
    with pytest.raises(ValueError, match="must have rank 0"):
        tf.image.decode_png(tf.constant([b"", b""]))
    with pytest.raises(ValueError, match="must have rank 3"):
        tf.image.encode_png(tf.zeros([2, 2], tf.uint8))
