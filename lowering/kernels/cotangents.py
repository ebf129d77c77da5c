"""Cotangents: what JAX is given for TensorFlow's gradients of arrays, and of the elements of a `TensorArray`, which are
elements themselves, laid out as those are."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.interpreters import ad

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


def like(given: Any, value: Any) -> Any:
    """A gradient laid out as the value, an array or elements, that it is of."""
    if not isinstance(value, Elements):
        return jnp.asarray(given).reshape(value.shape)
    if not isinstance(given, Elements):
        return zeros(value)
    given = given.grown(value.size)
    if value.items is None:
        shape = jax.ShapeDtypeStruct(value.stacked.shape[1:], value.stacked.dtype)
        return zeros(value) + given.spread(shape)
    rows = given.items if given.items is not None else list(given.stacked)
    return Elements([None if item is None else jnp.zeros(np.shape(item), item.dtype) if row is None else row
                     for item, row in zip(value.items, rows, strict=True)])


def cotangent(value: Any, given: Any) -> Any:
    """What JAX takes for the gradient `given` of `value`, laid out as that; a symbolic zero for None."""
    if isinstance(value, Elements):
        if value.items is None:
            return Elements(None, cotangent(value.stacked, None if given is None else given.stacked),
                            cotangent(value.written, None))
        rows = [None] * value.size if given is None else given.items
        return Elements([None if item is None else cotangent(item, row)
                         for item, row in zip(value.items, rows, strict=True)])
    if not jnp.issubdtype(value.dtype, jnp.inexact):
        return np.zeros(value.shape, jax.dtypes.float0)
    if given is None:
        return ad.Zero(jax.typeof(value).to_tangent_aval() if hasattr(jax.typeof(value), "to_tangent_aval")
                       else jax.typeof(value))
    return _conjugate(given)


def gradient(pulled: Any) -> Any:
    """The gradient that JAX gives, as TensorFlow does; the mask of elements, of which there is none, is one again.

    Of what is met once for each round of a loop, it is each of them.
    """
    if not isinstance(pulled, Elements):
        return jax.tree.map(_conjugate, pulled)
    if pulled.items is not None:
        return Elements([None if item is None else _conjugate(item) for item in pulled.items])
    return Elements(None, _conjugate(pulled.stacked), jnp.ones(pulled.stacked.shape[:1], bool))


def _conjugate(array: Any) -> Any:
    """TensorFlow's gradient of a complex tensor is the conjugate of JAX's, on the way in and on the way out."""
    return jnp.conj(array) if jnp.issubdtype(array.dtype, jnp.complexfloating) else array
