"""What a run gives to its caller: arrays that are the caller's own."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from lowering.kernels.arrays import Elements, Handle, StackHandle


def own(value: Any, copy: bool = False) -> Any:
    """A value as the caller's own: a writable NumPy array, or a NumPy scalar for shape ()."""
    if type(value) is np.ndarray:
        if not value.ndim:
            return value[()]
        return value.copy() if copy else value
    if isinstance(value, jax.Array):
        value = np.array(value)
    elif copy and isinstance(value, np.ndarray):
        value = value.copy()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value[()]
    return value


def fetched(value: Any) -> Any:
    """What a fetch of a `TensorArray`'s flow or handle gives; anything else is itself."""
    if isinstance(value, Elements):
        return np.float32(0)
    if isinstance(value, (Handle, StackHandle)):
        container = b"_tensor_arrays" if isinstance(value, Handle) else b"_stacks"
        return np.array([container, value.name.encode()], object)
    return value
