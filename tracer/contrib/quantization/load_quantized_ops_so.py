"""What loads the compiled quantized operations, and their kernels, into TensorFlow 0.8. Here they are there already."""

from __future__ import annotations


def Load(library_base_dir: str = "") -> None:
    """Does nothing: the operations on quantized numbers are part of the library."""
