"""Products of matrices."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering.kernels import narrow
from lowering.registry import lowers
from lowering.rules.array import text


@lowers("MatMul", "SparseMatMul")
def matmul(a: Any, b: Any, *, transpose_a: bool, transpose_b: bool, differentiated: bool = False) -> Any:
    for i, matrix in enumerate((a, b)):
        if np.ndim(matrix) != 2:
            raise ValueError(f"In[{i}] is not a matrix")
    if np.shape(a)[0 if transpose_a else 1] != np.shape(b)[1 if transpose_b else 0]:
        raise ValueError(f"Matrix size-compatible: In[0]: {text(np.shape(a))}, In[1]: {text(np.shape(b))}")
    if differentiated and not transpose_a and not transpose_b and narrow.is_narrow(a, b):
        return narrow.product(a, b)
    return jnp.matmul(a.T if transpose_a else a, b.T if transpose_b else b)


@lowers("BatchMatMul")
def batch_matmul(x: Any, y: Any, *, adj_x: bool, adj_y: bool) -> Any:
    _check_batches(np.shape(x), np.shape(y), adj_x, adj_y)
    return jnp.matmul(_adjoint(x) if adj_x else x, _adjoint(y) if adj_y else y)


def _adjoint(x: Any) -> Any:
    return jnp.conj(jnp.swapaxes(x, -1, -2))


def _check_batches(x: tuple[int, ...], y: tuple[int, ...], adj_x: bool, adj_y: bool) -> None:
    if len(x) != len(y):
        raise ValueError(f"In[0] and In[1] has different ndims: {text(x)} vs. {text(y)}")
    if len(x) < 2:
        raise ValueError(f"In[0] and In[1] ndims must be >= 2: {len(x)}")
    for i, (m, n) in enumerate(zip(x[:-2], y[:-2], strict=True)):
        if m != n:
            raise ValueError(f"In[0].dim({i}) and In[1].dim({i}) must be the same: {text(x)} vs {text(y)}")
    inner, inner_y = x[-2 if adj_x else -1], y[-1 if adj_y else -2]
    if inner != inner_y:
        raise ValueError(f"In[0] mismatch In[1] shape: {inner} vs. {inner_y}: {text(x)} {text(y)} "
                         f"{int(adj_x)} {int(adj_y)}")
