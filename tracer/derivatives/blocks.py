"""Blocks of images, diagonals and bands of matrices, Fourier transforms."""

from __future__ import annotations

from typing import Any

from tracer.derivatives.registry import attrs_of, derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, reduction

_OPPOSITE = {"SpaceToDepth": "DepthToSpace", "SpaceToBatch": "BatchToSpace", "Diag": "DiagPart",
             "BatchMatrixDiag": "BatchMatrixDiagPart"}
_OPPOSITE.update({there: here for here, there in _OPPOSITE.items()})


@derivative("SpaceToDepth", "DepthToSpace")
def _depth(op: Operation, grad: Tensor) -> Any:
    return raw(_OPPOSITE[op.type], grad, **attrs_of(op, "block_size"))


@derivative("SpaceToBatch", "BatchToSpace")
def _batch(op: Operation, grad: Tensor) -> Any:
    return raw(_OPPOSITE[op.type], grad, op.inputs[1], **attrs_of(op, "block_size"))


@derivative("Diag", "DiagPart", "BatchMatrixDiag", "BatchMatrixDiagPart")
def _diagonal(op: Operation, grad: Tensor) -> Any:
    return raw(_OPPOSITE[op.type], grad)


@derivative("MatrixDiagPart")
def _diagonal_of_any(op: Operation, grad: Tensor) -> Any:
    rows, columns = op.inputs[0].sizes[-2:] if op.inputs[0].sizes else (None, None)
    if rows is not None and rows == columns:
        return raw("BatchMatrixDiag", grad)
    return raw("MatrixSetDiag", constants.zeros_like(op.inputs[0]), grad)


@derivative("BatchMatrixBandPart")
def _band(op: Operation, grad: Tensor) -> Any:
    return raw("BatchMatrixBandPart", grad, *op.inputs[1:])


@derivative("FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D", "BatchFFT", "BatchFFT2D", "BatchFFT3D", "BatchIFFT",
            "BatchIFFT2D", "BatchIFFT3D")
def _fourier(op: Operation, grad: Tensor) -> Any:
    """The other transform, which has the number of elements in its scale."""
    shape = array.shape(op.inputs[0])
    if op.type.startswith("Batch"):
        dimensions = int(op.type[-2]) if op.type.endswith("D") else 1
        shape = array.slice(shape, array.expand_dims(array.size(shape) - dimensions, 0), [dimensions])
    count = casting.cast(reduction.reduce_prod(shape), op.outputs[0].dtype.base_dtype)
    if "IFFT" in op.type:
        return raw("Div", raw(op.type.replace("IFFT", "FFT"), grad), count)
    return raw(op.type.replace("FFT", "IFFT"), grad) * count
