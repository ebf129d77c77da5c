"""Layers of convolutions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracer import dtypes
from tracer.contrib.learn.ops.batch_norm_ops import batch_normalize as batch_normalize
from tracer.ir import Tensor
from tracer.ops import nn
from tracer.variable_scope import get_variable, variable_scope


def conv2d(tensor_in: Any, n_filters: int, filter_shape: Sequence[int], strides: Sequence[int] | None = None,
           padding: str = "SAME", bias: bool = True, activation: Callable | None = None,
           batch_norm: bool = False) -> Tensor:
    """A convolution, with weights `convolution/filters` and `convolution/bias`.

    >>> learn.ops.conv2d(images, n_filters=32, filter_shape=[5, 5], activation=tf.nn.relu)

    Args:
        tensor_in: images, `[batch, rows, columns, channels]`.
        n_filters: the number of channels of the result.
        filter_shape: rows and columns of a filter.
        strides: the step in each of the four dimensions; 1 by default.
        padding: "SAME" or "VALID".
        bias: whether one number for each channel is added.
        activation: what is applied at the end.
        batch_norm: whether the result is normalized over the batch before.
    """
    with variable_scope("convolution"):
        channels = tensor_in.get_shape()[3]
        filters = get_variable("filters", [*filter_shape, channels, n_filters], dtypes.float32)
        output = nn.conv2d(tensor_in, filters, [1, 1, 1, 1] if strides is None else strides, padding)
        if bias:
            output = output + get_variable("bias", [1, 1, 1, n_filters], dtypes.float32)
        if batch_norm:
            output = batch_normalize(output, convnet=True)
        return output if activation is None else activation(output)
