"""Tensors made, reshaped, joined, cut and indexed."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, shapes
from tracer.convert import constant_in, convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.scopes import get_default_graph


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> Tensor:
    """A tensor that always holds `value`.

    Args:
        value: a Python number, string, (nested) list or NumPy array.
        dtype: its type; by default that of the value (int32, float32, ...).
        shape: its shape; a value with fewer elements has its last one repeated.

    >>> tf.constant([1, 2, 3]).eval()
    array([1, 2, 3], dtype=int32)
    """
    return constant_in(get_default_graph(), value, None if dtype is None else dtypes.as_dtype(dtype), shape, name)


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor whose value every run must feed.

    >>> x = tf.placeholder(tf.float32, [None, 2])
    >>> sess.run(x * 2, {x: [[1, 2]]})
    array([[2., 4.]], dtype=float32)
    """
    return _placeholder(dtypes.as_dtype(dtype), shapes.as_shape(shape), name=name)


@op("Placeholder")
def _placeholder(dtype: Any, shape: Any, name: str | None = None) -> Any:
    return shape


@op("Identity")
def identity(input: Tensor, name: str | None = None) -> Any:
    """The same value: a point where control dependencies and gradients attach."""
    return input.sizes


@op("Shape")
def shape(input: Tensor, name: str | None = None) -> Any:
    """The shape of `input` as an int32 vector.

    >>> tf.shape([[1, 2, 3], [4, 5, 6]]).eval()
    array([2, 3], dtype=int32)
    """
    return (None if input.sizes is None else len(input.sizes),)


_ = convert_to_tensor
