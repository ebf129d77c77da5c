"""`scipy.misc` as it was: arrays to pictures and back."""

import io

import numpy as np
import pytest

pytest.importorskip("PIL")

from tracer.legacy import scipy_misc

RGB = np.random.RandomState(0).randint(0, 256, (4, 6, 3)).astype(np.uint8)
FLOATS = np.array([[91.1, 3.4, 84.4], [73.9, 80.9, 4.9]])


@pytest.mark.parametrize(("limits", "low", "high", "least", "most"), [
    ({}, 0, 255, 3.4, 91.1), ({"high": 200, "low": 100}, 100, 200, 3.4, 91.1), ({"cmin": 0, "cmax": 255}, 0, 255, 0, 255)])
def test_numbers_become_bytes(limits, low, high, least, most):
    expected = np.floor((FLOATS - least) / (most - least) * (high - low) + low + 0.5)
    np.testing.assert_array_equal(scipy_misc.bytescale(FLOATS, **limits), expected)


def test_bytes_stay_as_they_are():
    assert scipy_misc.bytescale(RGB) is RGB
    with pytest.raises(ValueError, match="`cmax` should be larger than `cmin`"):
        scipy_misc.bytescale(FLOATS, cmin=5, cmax=1)


def test_pictures_and_back():
    np.testing.assert_array_equal(scipy_misc.fromimage(scipy_misc.toimage(RGB)), RGB)
    np.testing.assert_array_equal(scipy_misc.fromimage(scipy_misc.toimage(RGB.transpose(2, 0, 1))), RGB)
    grey = scipy_misc.fromimage(scipy_misc.toimage(RGB[..., 0]), mode="RGB")
    np.testing.assert_array_equal(grey, RGB[..., :1].repeat(3, -1))
    flat = scipy_misc.fromimage(scipy_misc.toimage(RGB), flatten=True)
    assert (flat.dtype, flat.shape) == (np.float32, (4, 6))
    np.testing.assert_allclose(flat, RGB @ np.array([0.299, 0.587, 0.114]), atol=1)


def test_floats_keep_their_range_where_the_limits_are_given():
    image = scipy_misc.toimage(RGB.astype(np.float32), cmin=0, cmax=255)
    np.testing.assert_array_equal(scipy_misc.fromimage(image), RGB)


def test_files():
    file = io.BytesIO()
    scipy_misc.imsave(file, RGB, "png")
    np.testing.assert_array_equal(scipy_misc.imread(io.BytesIO(file.getvalue())), RGB)
    assert scipy_misc.imread(io.BytesIO(file.getvalue()), mode="L").shape == (4, 6)


@pytest.mark.parametrize(("size", "shape"), [(50, (2, 3, 3)), (2.0, (8, 12, 3)), ((3, 5), (3, 5, 3))])
def test_resizing(size, shape):
    resized = scipy_misc.imresize(RGB, size, "nearest")
    assert (resized.shape, resized.dtype) == (shape, np.uint8)
    assert {tuple(pixel) for pixel in resized.reshape(-1, 3)} <= {tuple(pixel) for pixel in RGB.reshape(-1, 3)}
