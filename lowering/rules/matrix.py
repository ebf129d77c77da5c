"""Rules of diagonals, bands and cross products."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering.registry import lowers
from lowering.rules.array import text
from tracer import errors


@lowers("Diag")
def diag(diagonal: Any) -> Any:
    sizes = np.shape(diagonal)
    if not 1 <= len(sizes) <= 3:
        raise ValueError(f"Expected 1 <= dims <= 3, got shape {text(sizes)}")
    return jnp.diag(jnp.ravel(diagonal)).reshape(sizes + sizes)


@lowers("DiagPart")
def diag_part(input: Any) -> Any:
    sizes = np.shape(input)
    half = len(sizes) // 2
    if len(sizes) not in (2, 4, 6):
        raise ValueError(f"The rank of the tensor should be 2, 4, or 6, got shape {text(sizes)}")
    for i in range(half):
        if sizes[i] != sizes[i + half]:
            raise ValueError(f"Invalid shape {text(sizes)}: dimensions {i} and {i + half} do not match.")
    side = int(np.prod(sizes[:half]))
    return jnp.diagonal(jnp.reshape(input, (side, side))).reshape(sizes[:half])


@lowers("Cross")
def cross(a: Any, b: Any) -> Any:
    if np.shape(a) != np.shape(b):
        raise ValueError(f"Both inputs must be of same shape: {text(np.shape(a))} vs. {text(np.shape(b))}")
    if not np.ndim(a):
        raise ValueError(f"Input must be at least 1D{text(np.shape(a))}")
    if np.shape(a)[-1] != 3:
        raise errors.FailedPreconditionError(None, None, "Cross-products are only defined for 3-element vectors.")
    return jnp.cross(a, b)


@lowers("BatchMatrixDiag")
def batch_matrix_diag(diagonal: Any) -> Any:
    if not np.ndim(diagonal):
        raise ValueError(f"input must be at least 1-dim, received shape: {text(np.shape(diagonal))}")
    size = np.shape(diagonal)[-1]
    return jnp.where(np.eye(size, dtype=bool), jnp.asarray(diagonal)[..., None], np.zeros((), diagonal.dtype))


@lowers("BatchMatrixDiagPart")
def batch_matrix_diag_part(input: Any) -> Any:
    sizes = np.shape(input)
    if len(sizes) < 2:
        raise ValueError(f"input must be at least 2-dim, received shape: {text(sizes)}")
    if sizes[-1] != sizes[-2]:
        raise ValueError(f"input's last two dimensions must be equal, received shape: {text(sizes)}")
    return jnp.diagonal(input, axis1=-2, axis2=-1)


@lowers("BatchMatrixBandPart")
def batch_matrix_band_part(input: Any, num_lower: Any, num_upper: Any) -> Any:
    sizes = np.shape(input)
    for name, value in (("num_lower", num_lower), ("num_upper", num_upper)):
        if np.ndim(value):
            raise ValueError(f"{name} must be scalar, got shape {text(np.shape(value))}")
    if len(sizes) < 2:
        raise ValueError(f"input must be at least 2-dim, received shape: {text(sizes)}")
    below = np.arange(sizes[-2])[:, None] - np.arange(sizes[-1])
    inside = ((num_lower < 0) | (below <= num_lower)) & ((num_upper < 0) | (-below <= num_upper))
    return jnp.where(inside, input, np.zeros((), input.dtype))
