"""Tensors made from nothing: constants, zeros and ones, sequences."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering.registry import Static, lowers
from lowering.rules.array import text


@lowers("ZerosLike")
def zeros_like(x: Any) -> Any:
    return jnp.zeros(np.shape(x), x.dtype)


@lowers("Fill")
def fill(dims: Static, value: Any) -> Any:
    if dims.ndim != 1:
        raise ValueError(f"dims must be a vector of int32, got shape {text(dims.shape)}")
    if np.ndim(value):
        raise ValueError(f"value must be a scalar, got shape {text(np.shape(value))}")
    for size in dims.tolist():
        if size < 0:
            raise ValueError(f"Dimension {size} must be >= 0")
    return jnp.full(dims.tolist(), value)


@lowers("Range")
def range_(start: Static, limit: Static, delta: Static) -> Any:
    for name, value in (("start", start), ("limit", limit), ("delta", delta)):
        if value.ndim:
            raise ValueError(f"{name} must be a scalar, not shape {text(value.shape)}")
    if delta == 0:
        raise ValueError(f"Requires delta > 0: {delta}")
    if any(size.dtype == object for size in (start, limit)):  # symbols, which need not say that they are in order
        return jnp.arange(start.item(), limit.item(), delta.item(), dtype=np.int32)
    if limit < start and delta > 0:
        raise ValueError(f"Requires start <= limit: {start}/{limit}")
    if limit > start and delta < 0:  # 0.8 took no negative steps; later ones did
        raise ValueError(f"Requires start >= limit when delta < 0: {start}/{limit}")
    if start.dtype.kind != "f":
        return np.arange(int(start), int(limit), int(delta), dtype=start.dtype)
    steps = np.full(int(np.ceil(np.abs((limit - start) / delta))), delta)  # which TensorFlow adds up, one by one
    steps[:1] = start
    return np.cumsum(steps, dtype=start.dtype)


@lowers("LinSpace")
def linspace(start: Any, stop: Any, num: Static) -> Any:
    for name, value in (("start", start), ("stop", stop), ("num", num)):
        if np.ndim(value):
            raise ValueError(f"{name} must be a scalar, not shape {text(np.shape(value))}")
    count = int(num)
    if count <= 0:
        raise ValueError(f"Requires num > 0: {count}")
    start, stop = jnp.asarray(start), jnp.asarray(stop)
    if count == 1:
        return start[None]
    step = (stop - start) / (count - 1)
    return start + step * jnp.arange(count, dtype=start.dtype)
