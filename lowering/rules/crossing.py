"""Rules of numbers sorted into buckets."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering.registry import lowers


@lowers("Bucketize")
def bucketize(input: Any, *, boundaries: Any) -> Any:
    edges = np.asarray(boundaries, np.float32)
    if (np.diff(edges) < 0).any():
        raise ValueError("Expected sorted boundaries")
    return jnp.searchsorted(jnp.asarray(edges), jnp.asarray(input), side="right").astype(jnp.int32)
