"""The layers of 0.8: with names of arguments, names of variables and no activation as that version had them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from tracer import scopes
from tracer.contrib.layers import initializers
from tracer.convert import convert_to_tensor
from tracer.initializers import zeros_initializer
from tracer.ir import Tensor
from tracer.ops import array, nn
from tracer.ops.convolution import conv2d
from tracer.ops.math import matmul
from tracer.scopes import GraphKeys
from tracer.variable_scope import get_variable, variable_op_scope
from tracer.variables import Variable

_weights = initializers.xavier_initializer()


def _collections(given: Any) -> list[Any]:
    return list(dict.fromkeys([*(given or []), GraphKeys.VARIABLES]))


def _variable(name: str, shape: Sequence[int], x: Tensor, initializer: Any, collections: Any, regularizer: Any,
              trainable: bool) -> Variable:
    return get_variable(name, shape=shape, dtype=x.dtype.base_dtype, initializer=initializer,
                        collections=_collections(collections), regularizer=regularizer, trainable=trainable)


def _activated(y: Tensor, activation_fn: Any, collections: Any) -> Tensor:
    if activation_fn is not None:
        y = activation_fn(y)
    scopes.add_to_collections(list(collections or []), y)
    return y


def legacy_fully_connected(
    x: Any, num_output_units: int, activation_fn: Any = None, weight_init: Any = _weights,
    bias_init: Any = zeros_initializer, name: str | None = None, weight_collections: Any = (GraphKeys.WEIGHTS,),
    bias_collections: Any = (GraphKeys.BIASES,), output_collections: Any = (GraphKeys.ACTIVATIONS,),
    trainable: bool = True, weight_regularizer: Any = None, bias_regularizer: Any = None,
) -> Tensor:
    """A fully connected layer: `activation_fn(x @ weights + bias)`, the same for all but the last dimension of `x`.

    >>> hidden = tf.contrib.layers.fully_connected(x, 100, activation_fn=tf.nn.relu, name="hidden")
    >>> [v.name for v in tf.all_variables()]
    ['hidden/weights:0', 'hidden/bias:0']

    Args:
        x: a tensor of two or more dimensions, of which the last is known.
        num_output_units: the last size of the result.
        activation_fn: a function of a tensor; by default none.
        weight_init: the initializer of the weights.
        bias_init: the initializer of the bias; None for no bias.
        name: the variable scope; by default `fully_connected`, made unique.
        weight_collections, bias_collections, output_collections: where weights, bias and result are listed, besides
            `GraphKeys.VARIABLES`.
        trainable: whether optimizers change the variables.
        weight_regularizer, bias_regularizer: functions of a variable that give a loss, or None.

    Raises ValueError when the last dimension is not known, or there are less than two.
    """
    with variable_op_scope([x], name, "fully_connected"):
        x = convert_to_tensor(x)
        sizes = x.sizes
        if sizes is None:
            raise ValueError("dims of x must be known but is None")
        if len(sizes) < 2:
            raise ValueError(f"rank of x must be at least 2 not: {len(sizes)}")
        inputs = sizes[-1]
        if inputs is None:
            raise ValueError("last dimension of x must be known but is None")
        weights = _variable("weights", [inputs, num_output_units], x, weight_init, weight_collections,
                            weight_regularizer, trainable)
        rows = x if len(sizes) == 2 else array.reshape(x, [-1, inputs])
        y = matmul(rows, weights)
        if bias_init is not None:
            bias = _variable("bias", [num_output_units], x, bias_init, bias_collections, bias_regularizer, trainable)
            y = nn.bias_add(y, bias)
        if len(sizes) > 2:
            outer = array.unpack(array.shape(x), len(sizes))[:-1]
            y = array.reshape(y, array.pack([*outer, num_output_units]))
            y.set_shape([*sizes[:-1], num_output_units])
        return _activated(y, activation_fn, output_collections)


def legacy_convolution2d(
    x: Any, num_output_channels: int, kernel_size: Any, activation_fn: Any = None, stride: Any = (1, 1),
    padding: str = "SAME", weight_init: Any = _weights, bias_init: Any = zeros_initializer, name: str | None = None,
    weight_collections: Any = None, bias_collections: Any = None, output_collections: Any = None,
    trainable: bool = True, weight_regularizer: Any = None, bias_regularizer: Any = None,
) -> Tensor:
    """A convolutional layer: `activation_fn(conv2d(x, weights) + bias)`.

    >>> y = tf.contrib.layers.convolution2d(images, 32, [5, 5], activation_fn=tf.nn.relu)

    Args:
        x: of shape [batch, height, width, channels].
        num_output_channels: the channels of the result.
        kernel_size: the height and width of the filter.
        activation_fn: a function of a tensor; by default none.
        stride: by how much the filter moves, down and to the right.
        padding: "SAME" or "VALID".
        weight_init, bias_init, name, weight_collections, bias_collections, output_collections, trainable,
        weight_regularizer, bias_regularizer: see `fully_connected`.

    Raises ValueError when `kernel_size` or `stride` is no pair.
    """
    with variable_op_scope([x], name, "convolution2d"):
        x = convert_to_tensor(x)
        for what, pair in (("kernel_size", kernel_size), ("stride", stride)):
            if len(pair) != 2:
                raise ValueError(f"{what} must be length 2: {pair}")
        x.get_shape().assert_has_rank(4)
        shape = [*map(int, kernel_size), x.sizes[3], num_output_channels]  # type: ignore[index]
        weights = _variable("weights", shape, x, weight_init, weight_collections, weight_regularizer, trainable)
        y = conv2d(x, weights, [1, *map(int, stride), 1], padding=padding)
        if bias_init is not None:
            bias = _variable("bias", [num_output_channels], x, bias_init, bias_collections, bias_regularizer,
                             trainable)
            y = nn.bias_add(y, bias)
        return _activated(y, activation_fn, output_collections)


legacy_linear = functools.partial(legacy_fully_connected, activation_fn=None)
legacy_relu = functools.partial(legacy_fully_connected, activation_fn=nn.relu)
legacy_relu6 = functools.partial(legacy_fully_connected, activation_fn=nn.relu6)
