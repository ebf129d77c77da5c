"""Complex numbers and Fourier transforms. 0.12.1 has no CPU kernel for the transforms: NumPy says what they are."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import mathematics as recipes

VALUES = (np.arange(48).reshape(2, 4, 6) % 7 - 3 + 1j * (np.arange(48).reshape(2, 4, 6) % 5)).astype(np.complex64)
X, Y = np.float32([[0.5, -1], [2, 0.25]]), np.float32([[1, 3], [-0.5, 0.75]])


@parity([
    *(case(name, VALUES[0, 0], expect=transform(VALUES[0, 0]).astype(np.complex64), gradient=False)
      for name, transform in [("fft", np.fft.fft), ("ifft", np.fft.ifft)]),
    *(case(name, VALUES[0], expect=transform(VALUES[0]).astype(np.complex64), gradient=False)
      for name, transform in [("fft2d", np.fft.fft2), ("ifft2d", np.fft.ifft2)]),
    *(case(name, VALUES, expect=transform(VALUES).astype(np.complex64), gradient=False)
      for name, transform in [("fft3d", np.fft.fftn), ("ifft3d", np.fft.ifftn), ("batch_fft", np.fft.fft),
                              ("batch_ifft", np.fft.ifft), ("batch_fft2d", np.fft.fft2),
                              ("batch_ifft2d", np.fft.ifft2), ("batch_fft3d", np.fft.fftn),
                              ("batch_ifft3d", np.fft.ifftn)]),
    case("fft", VALUES[0], raises=("ValueError", "must have rank 1")),
    case("complex", X, Y[0]),
    case("conj", VALUES[0]),
    case(recipes.complex_loss, X, Y),
])
def test_complex(case):
    case.check()


@pytest.mark.parametrize(("name", "shape"), [("fft", (4,)), ("ifft2d", (2, 3)), ("batch_fft", (2, 3))])
def test_transforms_have_gradients(name, shape):
    x = tf.constant(np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape))
    y = recipes.fourier(tf, x, name)
    with tf.Session():
        assert tf.test.compute_gradient_error(x, list(shape), y, list(shape), delta=1e-2) < 2e-3


def test_the_modulus_has_no_slope_at_zero():
    x = tf.constant(np.complex64([0, 3 + 4j]))
    with tf.Session() as session:
        gradient = session.run(tf.gradients(tf.complex_abs(x), x)[0])
    np.testing.assert_allclose(gradient, [0, 0.6 + 0.8j], rtol=1e-6)
