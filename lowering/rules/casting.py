"""Rules of element types."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.registry import lowers
from tracer import dtypes, errors


@lowers("Cast")
def cast(x: Any, *, SrcT: dtypes.DType, DstT: dtypes.DType) -> Any:
    target = np.dtype(DstT.array_dtype)
    if DstT is dtypes.string or SrcT is dtypes.string:
        raise errors.UnimplementedError(None, None, f"Cast {SrcT.name} to {DstT.name} is not supported")
    if DstT is dtypes.bool:
        return jnp.asarray(x) != 0
    if SrcT.is_complex and not DstT.is_complex:
        x = jnp.real(x)
    if DstT is dtypes.bfloat16:
        return _halved(jnp.asarray(x).astype(jnp.float32)).astype(target)
    if DstT.is_integer and jnp.issubdtype(jnp.asarray(x).dtype, jnp.floating):
        return _whole(x, np.dtype(np.int64) if target.itemsize == 8 else np.dtype(np.int32)).astype(target)
    return jnp.asarray(x).astype(target)


def _whole(x: Any, kind: np.dtype) -> Any:
    """Cut towards zero, as x86 does it: what does not fit, and what is no number, becomes the least number."""
    least = np.iinfo(kind).min
    x = jnp.asarray(x)
    x = x.astype(jnp.float32) if x.dtype == jnp.float16 else x  # which has no number as large as the limits
    fits = (x >= float(least)) & (x < -float(least))
    return jnp.where(fits, jnp.where(fits, x, 0).astype(kind), least)


def _halved(x: Any) -> Any:
    """float32 without the lower half of its bits: TensorFlow's bfloat16 cuts, and does not round."""
    return lax.bitcast_convert_type(lax.bitcast_convert_type(x, np.uint32) & np.uint32(0xFFFF0000), np.float32)
