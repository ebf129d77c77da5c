"""Sizes that are symbols, in artifacts made for batches of any size: arrays of objects, wherever sizes are numbers.

`tf.shape` gives them, the arithmetic of shapes goes on with them, and what computes with them on the device gets the
number that the artifact finds when it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import core, export

from tracer import dtypes
from tracer.ir import Tensor


def measured(sizes: Sequence[Any]) -> np.ndarray:
    """`sizes` as TensorFlow's int32 numbers, symbols among them as they are."""
    return np.array(sizes, object if any(map(export.is_symbolic_dim, sizes)) else np.int32)


def holds_sizes(value: Any, tensor: Tensor) -> bool:
    """Whether the value of `tensor` holds symbols. (Strings are objects as well.)"""
    return type(value) is np.ndarray and value.dtype == object and tensor.dtype.base_dtype is not dtypes.string


def traced(value: np.ndarray, dtype: Any) -> jax.Array:
    """The numbers that the sizes turn out to be."""
    return jnp.stack([jnp.asarray(size, dtype) for size in value.ravel()]).reshape(value.shape)


def outline(value: Any) -> Any:
    """What stands for `value` where a rule is traced by itself."""
    value = np.asarray(value)
    return jax.ShapeDtypeStruct(value.shape, np.int32) if value.dtype == object else value


def is_sized_by(jaxpr: Any) -> bool:
    """Whether a value of the jaxpr has a symbol for a size."""
    return any(export.is_symbolic_dim(size) for equation in jaxpr.eqns for value in equation.outvars
               for size in getattr(value.aval, "shape", ()))


def _sign(size: Any) -> int:
    return int(size > 0) - int(size < 0)


def _integer(size: np.ndarray, *, new_dtype: Any, **_: Any) -> np.ndarray:
    if np.dtype(new_dtype).kind not in "iu":
        raise TypeError(f"a size that differs from call to call can't be converted to {np.dtype(new_dtype)} while compiling")
    return size


def _each(function: Callable, count: int) -> Callable:
    by_element = np.frompyfunc(function, count, 1)
    return lambda *sizes, **_: by_element(*sizes)


ARITHMETIC: dict[str, Callable] = {
    "div": _each(lambda a, b: a // b, 2), "rem": _each(lambda a, b: a % b, 2),  # no size is negative
    "max": _each(core.max_dim, 2), "min": _each(core.min_dim, 2), "sign": _each(_sign, 1),
    "convert_element_type": _integer,
    "reduce_sum": lambda sizes, *, axes, **_: np.sum(sizes, tuple(axes)),
    "reduce_prod": lambda sizes, *, axes, **_: np.prod(sizes, tuple(axes)),
}
"""Primitives that have another form for symbols than for numbers."""
