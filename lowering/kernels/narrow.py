"""Products of matrices with few columns: the scores of a classifier, the value of a state.

The gradient by the second factor, `a.T @ g` with few columns, takes XLA's CPU compiler two to ten times as long as its
transpose, `g.T @ a`: it has a library for the second, and makes the first of it wherever it sees both. Barriers hide
that. So the product is written as the transpose of one, and JAX makes its gradient of the same form.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from lowering import fast
from lowering.programs import options

COLUMNS = 16
"""At most so many columns. How many rows there are must not matter: programs for two sizes of a batch are of one form, or
neither could serve both (`lowering.batch`)."""
DEPTH = 64
"""At least so many products are added up for a number."""


def is_narrow(a: Any, b: Any) -> bool:
    """Whether the product is one of those, in a program for a CPU."""
    if not fast.on("narrow") or not a.dtype == b.dtype == jnp.float32 or not options.on_cpu():
        return False
    depth, columns = b.shape
    return depth >= DEPTH and 2 <= columns <= COLUMNS


def product(a: Any, b: Any) -> Any:
    """`a @ b`."""
    turned = lax.optimization_barrier(b.T)
    return lax.optimization_barrier(lax.dot_general(turned, a, (((1,), (1,)), ((), ())))).T
