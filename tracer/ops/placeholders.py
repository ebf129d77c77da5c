"""Where values enter the graph, or pass through it unchanged."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, shapes
from tracer.declare import op
from tracer.ir import Tensor


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor whose value every run must feed.

    >>> x = tf.placeholder(tf.float32, [None, 2])
    >>> sess.run(x * 2, {x: [[1, 2]]})
    array([[2., 4.]], dtype=float32)
    """
    known = shapes.as_shape(shape)
    # The operation's attribute can hold a complete shape only; what is known of another stands at the tensor.
    tensor = _placeholder(dtypes.as_dtype(dtype), known if known.is_fully_defined() else shapes.scalar(), name=name)
    tensor.set_shape(known)
    return tensor


@op("Placeholder")
def _placeholder(dtype: Any, shape: Any, name: str | None = None) -> Any:
    return None if shape is None else shape.sizes or None


@op("PlaceholderWithDefault")
def placeholder_with_default(input: Tensor, shape: Any, name: str | None = None) -> Any:
    """`input`, unless a run feeds another value of the given (possibly partial) shape.

    >>> rate = tf.placeholder_with_default(0.5, [])
    >>> sess.run(rate), sess.run(rate, {rate: 0.25})
    (0.5, 0.25)
    """
    shapes.merge(input.sizes, shape.sizes)
    return shape.sizes


@op("Identity")
def identity(input: Tensor, name: str | None = None) -> Any:
    """The same value: a point where control dependencies and gradients attach."""
    return input.sizes


@op("RefIdentity")
def _ref_identity(input: Tensor, name: str | None = None) -> Any:
    return input.sizes


@op("StopGradient")
def stop_gradient(input: Tensor, name: str | None = None) -> Any:
    """The same value, through which no gradient flows."""
    return input.sizes
