"""Shape functions for `tf.RegisterShape`: from an operation to the static shapes of its outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.declare import DECLARATIONS
from tracer.ir import Operation
from tracer.shapes import TensorShape

Shapes = list[TensorShape]


def scalar_shape(unused_op: Operation) -> Shapes:
    """One output of shape ()."""
    return [TensorShape([])]


def unknown_shape(op: Operation) -> Shapes:
    """Nothing is known of the outputs."""
    return [TensorShape(None) for _ in op.outputs]


def unchanged_shape(op: Operation) -> Shapes:
    """One output of the first input's shape."""
    return [op.inputs[0].get_shape()]


def unchanged_shape_with_rank(rank: int) -> Callable[[Operation], Shapes]:
    """One output of the first input's shape, which must be of this rank."""
    return lambda op: [op.inputs[0].get_shape().with_rank(rank)]


def unchanged_shape_with_rank_at_least(rank: int) -> Callable[[Operation], Shapes]:
    """One output of the first input's shape, which must be of this rank or a higher one."""
    return lambda op: [op.inputs[0].get_shape().with_rank_at_least(rank)]


def unchanged_shape_with_rank_at_most(rank: int) -> Callable[[Operation], Shapes]:
    """One output of the first input's shape, which must be of this rank or a lower one."""
    return lambda op: [op.inputs[0].get_shape().with_rank_at_most(rank)]


def _like(type: str) -> Callable[[Operation], Shapes]:
    def function(op: Operation) -> Shapes:
        attrs: dict[str, Any] = dict(op.attrs)
        return [TensorShape(sizes) for _, sizes in DECLARATIONS[type].infer(op.inputs, attrs)]

    function.__doc__ = f"The shapes that a {type} of the same inputs and attributes has."
    return function


matmul_shape = _like("MatMul")
bias_add_shape = _like("BiasAdd")
bias_add_grad_shape = _like("BiasAddGrad")
conv2d_shape = _like("Conv2D")
depthwise_conv2d_native_shape = _like("DepthwiseConv2dNative")
avg_pool_shape = _like("AvgPool")
max_pool_shape = _like("MaxPool")
