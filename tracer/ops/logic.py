"""Comparison, logic, and choice by truth."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor


@op("Less")
def less(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """Whether `x < y`, elementwise, with broadcasting.

    >>> tf.less([1, 2, 3], 2).eval()
    array([ True, False, False])
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("LessEqual")
def less_equal(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """Whether `x <= y`, elementwise, with broadcasting."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("Greater")
def greater(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """Whether `x > y`, elementwise, with broadcasting."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("GreaterEqual")
def greater_equal(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """Whether `x >= y`, elementwise, with broadcasting."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("Equal")
def equal(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """Whether `x` and `y` are equal, elementwise, with broadcasting. (`x == y` compares the tensors, not their values.)

    >>> tf.equal(["a", "b"], "b").eval()
    array([False,  True])
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("NotEqual")
def not_equal(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """Whether `x` and `y` differ, elementwise, with broadcasting."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("LogicalAnd")
def logical_and(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """Whether both `x` and `y` are true, elementwise, with broadcasting."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("LogicalOr")
def logical_or(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """Whether `x` or `y` or both are true, elementwise, with broadcasting."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("LogicalNot")
def logical_not(x: Tensor, name: str | None = None) -> Any:
    """Whether `x` is false, elementwise."""
    return x.sizes


def logical_xor(x: Any, y: Any, name: str = "LogicalXor") -> Tensor:
    """Whether just one of `x` and `y` is true, elementwise, with broadcasting.

    >>> tf.logical_xor([True, True], [False, True]).eval()
    array([ True, False])
    """
    return logical_and(logical_or(x, y), logical_not(logical_and(x, y)), name=name)


@op("IsNan")
def is_nan(x: Tensor, name: str | None = None) -> Any:
    """Which elements of `x` are not a number."""
    return x.sizes


@op("IsInf")
def is_inf(x: Tensor, name: str | None = None) -> Any:
    """Which elements of `x` are infinite."""
    return x.sizes


@op("IsFinite")
def is_finite(x: Tensor, name: str | None = None) -> Any:
    """Which elements of `x` are numbers and not infinite."""
    return x.sizes


@op("Select")
def select(condition: Tensor, t: Tensor, e: Tensor, name: str | None = None) -> Any:
    """The elements of `t` where `condition` is true, those of `e` elsewhere.

    >>> tf.select([True, False], [1, 2], [3, 4]).eval()
    array([1, 4], dtype=int32)

    Args:
        condition: a bool tensor of the shape of `t`, or a vector that chooses among the rows of `t`.
        t, e: tensors of one type and shape.
    """
    sizes = shapes.merge(t.sizes, e.sizes)
    chosen = condition.sizes
    if sizes is None or chosen is None:
        return sizes
    if len(chosen) == 1 and len(sizes) > 1:
        return (shapes.same(sizes[0], chosen[0]), *sizes[1:])
    if len(chosen) == 0:
        return sizes  # later than 0.8: one truth for the whole of `t` and `e`
    return shapes.merge(sizes, chosen)
