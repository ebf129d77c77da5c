"""Rules of complex numbers and Fourier transforms."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.registry import direct, lowers
from lowering.rules.array import text
from lowering.rules.math import matched

direct(Real=jnp.real, Imag=jnp.imag, Conj=jnp.conj)


@lowers("Complex")
def complex(real: Any, imag: Any) -> Any:
    real, imag = jnp.broadcast_arrays(*matched(real, imag))
    return lax.complex(real, imag)


@lowers("ComplexAbs")
def complex_abs(x: Any) -> Any:
    return _modulus(x)


@jax.custom_jvp
def _modulus(x: Any) -> Any:
    # XLA's own is off by more than the last place.
    wide = jnp.asarray(x).astype(jnp.complex128)
    return jnp.sqrt(wide.real * wide.real + wide.imag * wide.imag).astype(jnp.real(x).dtype)


@_modulus.defjvp
def _modulus_derivative(primals: tuple, tangents: tuple) -> tuple:
    (x,), (change,) = primals, tangents
    return _modulus(x), jnp.real(change * jnp.conj(jnp.sign(x)))  # the sign of 0 is 0, and so is the gradient there


def _dimensions(input: Any, count: int, batch: bool) -> tuple[int, ...]:
    """The dimensions to transform: the last ones."""
    sizes = np.shape(input)
    if batch and len(sizes) < count:
        raise ValueError(f"Input must have rank of at least {count} but got: {text(sizes)}")
    if not batch and len(sizes) != count:
        raise ValueError(f"Input must be of rank {count} but got: {text(sizes)}")
    return tuple(range(-count, 0))


@lowers("FFT")
def fft(input: Any) -> Any:
    return jnp.fft.fftn(input, axes=_dimensions(input, 1, False))


@lowers("IFFT")
def ifft(input: Any) -> Any:
    return jnp.fft.ifftn(input, axes=_dimensions(input, 1, False))


@lowers("FFT2D")
def fft2d(input: Any) -> Any:
    return jnp.fft.fftn(input, axes=_dimensions(input, 2, False))


@lowers("IFFT2D")
def ifft2d(input: Any) -> Any:
    return jnp.fft.ifftn(input, axes=_dimensions(input, 2, False))


@lowers("FFT3D")
def fft3d(input: Any) -> Any:
    return jnp.fft.fftn(input, axes=_dimensions(input, 3, False))


@lowers("IFFT3D")
def ifft3d(input: Any) -> Any:
    return jnp.fft.ifftn(input, axes=_dimensions(input, 3, False))


@lowers("BatchFFT")
def batch_fft(input: Any) -> Any:
    return jnp.fft.fftn(input, axes=_dimensions(input, 1, True))


@lowers("BatchIFFT")
def batch_ifft(input: Any) -> Any:
    return jnp.fft.ifftn(input, axes=_dimensions(input, 1, True))


@lowers("BatchFFT2D")
def batch_fft2d(input: Any) -> Any:
    return jnp.fft.fftn(input, axes=_dimensions(input, 2, True))


@lowers("BatchIFFT2D")
def batch_ifft2d(input: Any) -> Any:
    return jnp.fft.ifftn(input, axes=_dimensions(input, 2, True))


@lowers("BatchFFT3D")
def batch_fft3d(input: Any) -> Any:
    return jnp.fft.fftn(input, axes=_dimensions(input, 3, True))


@lowers("BatchIFFT3D")
def batch_ifft3d(input: Any) -> Any:
    return jnp.fft.ifftn(input, axes=_dimensions(input, 3, True))
