"""Gradients of the elements of a `TensorArray`: elements themselves, laid out as those are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.kernels.arrays import Elements
from tracer.ir import Tensor


def are_behind(tensor: Tensor) -> bool:
    """Whether a tensor is the flow of an array, as far as its operation tells."""
    return tensor.op.type.startswith("TensorArray")


def zeros(value: Elements) -> Elements:
    """Zeros in the place of elements; nothing where nothing is written."""
    if value.items is not None:
        return Elements([None if item is None else jnp.zeros(np.shape(item), item.dtype) for item in value.items])
    return Elements(None, jnp.zeros(value.stacked.shape, value.stacked.dtype), jnp.zeros(value.written.shape, bool))


def like(given: Any, value: Elements) -> Elements:
    """Gradients laid out as the elements that they are of."""
    if not isinstance(given, Elements):
        return zeros(value)
    given = given.grown(value.size)
    if value.items is None:
        shape = jax.ShapeDtypeStruct(value.stacked.shape[1:], value.stacked.dtype)
        return zeros(value) + given.spread(shape)
    rows = given.items if given.items is not None else list(given.stacked)
    return Elements([None if item is None else jnp.zeros(np.shape(item), item.dtype) if row is None else row
                     for item, row in zip(value.items, rows, strict=True)])


def cotangent(value: Elements, given: Elements | None, of: Callable[[Any, Any], Any]) -> Elements:
    """What JAX takes for the gradient of elements, where `of` gives that of an array."""
    if value.items is not None:
        rows: Any = [None] * value.size if given is None else given.items
        return Elements([None if item is None else of(item, row) for item, row in zip(value.items, rows, strict=True)])
    return Elements(None, of(value.stacked, None if given is None else given.stacked), of(value.written, None))


def gradient(pulled: Elements) -> Elements:
    """Elements of what JAX gives: the mask, of which there is no gradient, is one again."""
    if pulled.items is not None:
        return Elements([None if item is None else _conjugate(item) for item in pulled.items])
    return Elements(None, _conjugate(pulled.stacked), jnp.ones(pulled.stacked.shape[:1], bool))


def _conjugate(array: Any) -> Any:
    return jnp.conj(array) if jnp.issubdtype(array.dtype, jnp.complexfloating) else array
