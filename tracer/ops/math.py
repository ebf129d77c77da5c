"""Elementwise arithmetic, comparison, reduction and matrix products."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor


@op("Add")
def add(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x + y`, elementwise, with broadcasting.

    >>> tf.add([1., 2.], 10.).eval()
    array([11., 12.], dtype=float32)
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("Sub")
def sub(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x - y`, elementwise, with broadcasting."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("Mul")
def mul(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x * y`, elementwise, with broadcasting."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("Pow")
def pow(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x ** y`, elementwise, with broadcasting."""
    return shapes.broadcast(x.sizes, y.sizes)


@op("MatMul")
def matmul(a: Tensor, b: Tensor, transpose_a: bool = False, transpose_b: bool = False, name: str | None = None) -> Any:
    """The matrix product of `a` and `b`."""
    rows, inner = shapes.rank(a.sizes, 2)[::-1 if transpose_a else 1]
    inner_b, columns = shapes.rank(b.sizes, 2)[::-1 if transpose_b else 1]
    shapes.same(inner, inner_b)
    return rows, columns
