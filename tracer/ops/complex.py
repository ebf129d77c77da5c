"""Complex numbers, and Fourier transforms of them."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import also_called, op
from tracer.ir import Tensor


@op("Complex")
def complex(real: Tensor, imag: Tensor, name: str | None = None) -> Any:
    """`real + imag * j`, elementwise, with broadcasting, as complex64.

    >>> tf.complex([2.25, 3.25], [4.75, 5.75]).eval()
    array([2.25+4.75j, 3.25+5.75j], dtype=complex64)
    """
    return shapes.broadcast(real.sizes, imag.sizes)


@op("Real")
def real(input: Tensor, name: str | None = None) -> Any:
    """The real parts."""
    return input.sizes


@op("Imag")
def imag(input: Tensor, name: str | None = None) -> Any:
    """The imaginary parts."""
    return input.sizes


@also_called("x", "input")
@op("Conj")
def conj(input: Tensor, name: str | None = None) -> Any:
    """The complex conjugates.

    >>> tf.conj(tf.complex([2.25], [4.75])).eval()
    array([2.25-4.75j], dtype=complex64)
    """
    return input.sizes


@op("ComplexAbs")
def complex_abs(x: Tensor, name: str | None = None) -> Any:
    """The moduli.

    >>> tf.complex_abs(tf.complex([3.], [4.])).eval()
    array([5.], dtype=float32)
    """
    return x.sizes


@op("FFT")
def fft(input: Tensor, name: str | None = None) -> Any:
    """The discrete Fourier transform of a vector.

    >>> tf.fft(tf.complex([1., 0.], [0., 0.])).eval()
    array([1.+0.j, 1.+0.j], dtype=complex64)
    """
    return shapes.rank(input.sizes, 1)


@op("IFFT")
def ifft(input: Tensor, name: str | None = None) -> Any:
    """The inverse discrete Fourier transform of a vector."""
    return shapes.rank(input.sizes, 1)


@op("FFT2D")
def fft2d(input: Tensor, name: str | None = None) -> Any:
    """The discrete Fourier transform of a matrix, in both dimensions."""
    return shapes.rank(input.sizes, 2)


@op("IFFT2D")
def ifft2d(input: Tensor, name: str | None = None) -> Any:
    """The inverse discrete Fourier transform of a matrix, in both dimensions."""
    return shapes.rank(input.sizes, 2)


@op("FFT3D")
def fft3d(input: Tensor, name: str | None = None) -> Any:
    """The discrete Fourier transform of a tensor of rank 3, in all dimensions."""
    return shapes.rank(input.sizes, 3)


@op("IFFT3D")
def ifft3d(input: Tensor, name: str | None = None) -> Any:
    """The inverse discrete Fourier transform of a tensor of rank 3, in all dimensions."""
    return shapes.rank(input.sizes, 3)


@op("BatchFFT")
def batch_fft(input: Tensor, name: str | None = None) -> Any:
    """The discrete Fourier transform along the last dimension."""
    return shapes.at_least(input.sizes, 1)


@op("BatchIFFT")
def batch_ifft(input: Tensor, name: str | None = None) -> Any:
    """The inverse discrete Fourier transform along the last dimension."""
    return shapes.at_least(input.sizes, 1)


@op("BatchFFT2D")
def batch_fft2d(input: Tensor, name: str | None = None) -> Any:
    """The discrete Fourier transform in the last two dimensions."""
    return shapes.at_least(input.sizes, 2)


@op("BatchIFFT2D")
def batch_ifft2d(input: Tensor, name: str | None = None) -> Any:
    """The inverse discrete Fourier transform in the last two dimensions."""
    return shapes.at_least(input.sizes, 2)


@op("BatchFFT3D")
def batch_fft3d(input: Tensor, name: str | None = None) -> Any:
    """The discrete Fourier transform in the last three dimensions."""
    return shapes.at_least(input.sizes, 3)


@op("BatchIFFT3D")
def batch_ifft3d(input: Tensor, name: str | None = None) -> Any:
    """The inverse discrete Fourier transform in the last three dimensions."""
    return shapes.at_least(input.sizes, 3)
