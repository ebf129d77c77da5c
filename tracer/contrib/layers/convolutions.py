"""Convolutional layers, and pooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import scopes
from tracer.contrib.framework.arg_scope import add_arg_scope
from tracer.contrib.layers import initializers, legacy, utils
from tracer.contrib.layers.making import activated, made_variable, normalized_or_biased, of_either_age
from tracer.convert import convert_to_tensor
from tracer.initializers import zeros_initializer
from tracer.ir import Tensor
from tracer.nn.atrous import atrous_conv2d
from tracer.ops import array, blocks, constants, math, nn, pooling
from tracer.ops import convolution as ops
from tracer.shapes import TensorShape
from tracer.variable_scope import variable_op_scope
from tracer.younger.convolution import convolution as convolution_of_any_rank

_weights = initializers.xavier_initializer()


def _arranged(pair: Any, data_format: str) -> list[int]:
    """Strides or window sizes of all four dimensions."""
    height, width = utils.two_element_tuple(pair)
    return [1, 1, height, width] if data_format == "NCHW" else [1, height, width, 1]


_FORMATS = {3: ("NWC", "NCW"), 4: ("NHWC", "NCHW"), 5: ("NDHWC",)}


def _format(data_format: str | None, rank: int = 4) -> str:
    """Where the channels are, "NHWC" or "NCHW", whatever the number of dimensions."""
    allowed = _FORMATS[rank]
    if data_format not in (None, *allowed):
        raise ValueError(f"data_format has to be {'either ' * (len(allowed) - 1)}{' or '.join(reversed(allowed))}.")
    return "NCHW" if data_format is not None and data_format.startswith("NC") else "NHWC"


def _each(value: Any, count: int) -> list[int]:
    """A size for each of `count` dimensions, of an int for all of them or of a sequence."""
    if count == 2:
        return list(utils.two_element_tuple(value))
    if isinstance(value, TensorShape):
        value = value.as_list()
    sizes = list(value) if isinstance(value, (list, tuple)) else [value] * count
    if len(sizes) != count or not all(isinstance(size, (int, np.integer)) and size > 0 for size in sizes):
        raise ValueError(f"Expected sequence of {count} positive integers, but received {value}")
    return [int(size) for size in sizes]


@add_arg_scope
def conv2d(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME",
    data_format: str | None = None, rate: Any = 1, activation_fn: Any = nn.relu, normalizer_fn: Any = None,
    normalizer_params: Any = None, weights_initializer: Any = _weights, weights_regularizer: Any = None,
    biases_initializer: Any = zeros_initializer, biases_regularizer: Any = None, reuse: bool | None = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Tensor:
    """A convolutional layer as 0.9 has it: with relu by default, and variables called `weights` and `biases`.

    >>> y = tf.contrib.layers.conv2d(images, 32, [5, 5], scope="conv1")

    As of 0.12 it is over one or three dimensions as well, and is also called `convolution`.

    Args:
        inputs: of shape [batch, height, width, channels]; [batch, width, channels] or [batch, depth, height, width,
            channels] for one or three dimensions.
        num_outputs: the channels of the result.
        kernel_size, stride: an int, or one for each dimension.
        padding: "SAME" or "VALID".
        data_format: "NHWC", or "NCHW" for images of shape [batch, channels, height, width]; "NWC" or "NCW" for one
            dimension, "NDHWC" for three.
        rate: how many pixels the taps of the filter lie apart, an int or one for each dimension; more than 1 only with
            a stride of 1.
        activation_fn, normalizer_fn, normalizer_params, weights_initializer, weights_regularizer, biases_initializer,
        biases_regularizer, reuse, variables_collections, outputs_collections, trainable: as for a fully connected
            layer.
        scope: the variable scope; by default `Conv`, made unique.

    Raises ValueError for inputs of another rank, and for sizes or a format that do not fit it.
    """
    num_outputs = utils.whole_number("num_outputs", num_outputs)
    with variable_op_scope([inputs], scope, "Conv", reuse=reuse) as made:
        inputs = convert_to_tensor(inputs)
        rank = 4 if inputs.sizes is None else len(inputs.sizes)
        if rank not in _FORMATS:
            raise ValueError(f"Rank of inputs is {rank}, which is not >= 3 and <= 5")
        inputs.get_shape().assert_has_rank(rank)
        data_format = _format(data_format, rank)
        turned = rank == 3 and data_format == "NCHW"  # what adds biases knows channels ahead of two dimensions only
        if turned:
            inputs, data_format = array.transpose(inputs, [0, 2, 1]), "NHWC"
        depth = utils.channel_dimension(inputs.get_shape(), data_format, min_rank=rank)
        shape = [*_each(kernel_size, rank - 2), depth, num_outputs]
        weights = made_variable("weights", shape, inputs.dtype.base_dtype, weights_initializer, weights_regularizer,
                                variables_collections, trainable)
        outputs = normalized_or_biased(
            _convolved(inputs, weights, stride, padding, data_format, rate), num_outputs, normalizer_fn,
            normalizer_params, biases_initializer, biases_regularizer, variables_collections, trainable, data_format)
        return activated(array.transpose(outputs, [0, 2, 1]) if turned else outputs, activation_fn, outputs_collections,
                         made)


conv2d.__name__ = "convolution2d"
convolution = conv2d


def _convolved(inputs: Tensor, weights: Any, stride: Any, padding: str, data_format: str, rate: Any) -> Tensor:
    dimensions = len(weights.get_shape()) - 2
    strides, rates = _each(stride, dimensions), _each(rate, dimensions)
    if max(rates) > 1 and max(strides) > 1:
        raise ValueError("strides > 1 not supported in conjunction with dilation_rate > 1")
    if dimensions == 2 and max(rates) == 1:
        return ops.conv2d(inputs, weights, _arranged(strides, data_format), padding, data_format=data_format)
    if dimensions != 2 or rates[0] != rates[1]:
        return convolution_of_any_rank(inputs, weights, padding, strides, rates,
                                       data_format="NCHW" if data_format == "NCHW" else None)
    if data_format == "NHWC":
        return atrous_conv2d(inputs, weights, rates[0], padding)
    turned = atrous_conv2d(array.transpose(inputs, [0, 2, 3, 1]), weights, rates[0], padding)
    return array.transpose(turned, [0, 3, 1, 2])


def _is_no_pair(value: Any) -> bool:
    return not isinstance(value, (list, tuple, TensorShape))


def _looks_younger(args: tuple, kwargs: dict[str, Any]) -> bool:
    """Whether 0.8 could not make this call: sizes that are no pairs, or a stride where the activation stood."""
    sizes = [*args[2:3], *(kwargs[name] for name in ("kernel_size", "stride") if name in kwargs)]
    fourth = args[3] if len(args) > 3 else None
    return any(map(_is_no_pair, sizes)) or not (fourth is None or callable(fourth))


convolution2d = of_either_age(legacy.legacy_convolution2d, conv2d, _looks_younger)


@add_arg_scope
def conv2d_transpose(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME",
    data_format: str = "NHWC", activation_fn: Any = nn.relu, normalizer_fn: Any = None, normalizer_params: Any = None,
    weights_initializer: Any = _weights, weights_regularizer: Any = None, biases_initializer: Any = zeros_initializer,
    biases_regularizer: Any = None, reuse: bool | None = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Tensor:
    """A layer that spreads images to larger ones: the gradient of a convolution as an operation of its own.

    >>> y = tf.contrib.layers.conv2d_transpose(tf.zeros([1, 4, 4, 8]), 3, [5, 5], stride=2)
    >>> y.get_shape()
    TensorShape([Dimension(1), Dimension(8), Dimension(8), Dimension(3)])

    The arguments are those of `conv2d`; the default of `scope` is `Conv2d_transpose`.
    """
    num_outputs = utils.whole_number("num_outputs", num_outputs)
    data_format = _format(data_format)
    with variable_op_scope([inputs], scope, "Conv2d_transpose", reuse=reuse) as made:
        inputs = convert_to_tensor(inputs)
        depth = utils.channel_dimension(inputs.get_shape(), data_format, min_rank=4)
        kernel, strides = utils.two_element_tuple(kernel_size), utils.two_element_tuple(stride)
        weights = made_variable("weights", [*kernel, num_outputs, depth], inputs.dtype.base_dtype,
                                weights_initializer, weights_regularizer, variables_collections, trainable)
        outputs = _spread(inputs, weights, num_outputs, kernel, strides, padding, data_format)
        outputs = normalized_or_biased(
            outputs, num_outputs, normalizer_fn, normalizer_params, biases_initializer, biases_regularizer,
            variables_collections, trainable, data_format)
        return activated(outputs, activation_fn, outputs_collections, made)


def _spread(inputs: Tensor, weights: Any, num_outputs: int, kernel: tuple[int, int], strides: tuple[int, int],
            padding: str, data_format: str) -> Tensor:
    first = 2 if data_format == "NCHW" else 1  # the dimension of the height
    known, sizes = inputs.get_shape().as_list(), array.shape(inputs)
    places, static = [], []
    for axis, (tap, step) in enumerate(zip(kernel, strides, strict=True), first):
        more = max(tap - step, 0) if padding == "VALID" else 0
        place: Any = math.mul(sizes[axis], step)
        places.append(math.add(place, more) if more else place)
        size = known[axis]
        static.append(None if size is None else size * step + more)
    shape = [sizes[0], num_outputs, *places] if data_format == "NCHW" else [sizes[0], *places, num_outputs]
    outputs = ops.conv2d_backprop_input(array.pack(shape), weights, inputs, _arranged(strides, data_format), padding,
                                        data_format=data_format, name="conv2d_transpose")
    outputs.set_shape([known[0], num_outputs, *static] if data_format == "NCHW" else [known[0], *static, num_outputs])
    return outputs


conv2d_transpose.__name__ = "convolution2d_transpose"
convolution2d_transpose = conv2d_transpose


@add_arg_scope
def separable_conv2d(
    inputs: Any, num_outputs: int | None, kernel_size: Any, depth_multiplier: int, stride: Any = 1,
    padding: str = "SAME", activation_fn: Any = nn.relu, normalizer_fn: Any = None, normalizer_params: Any = None,
    weights_initializer: Any = _weights, weights_regularizer: Any = None, biases_initializer: Any = zeros_initializer,
    biases_regularizer: Any = None, reuse: bool | None = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Tensor:
    """A layer that convolves each channel by itself, and then mixes the channels.

    Args:
        num_outputs: the channels of the result; None leaves the channels unmixed.
        depth_multiplier: how many channels come of each, before they are mixed.
        inputs, kernel_size, stride, padding, activation_fn, normalizer_fn, normalizer_params, weights_initializer,
        weights_regularizer, biases_initializer, biases_regularizer, reuse, variables_collections,
        outputs_collections, trainable, scope: see `conv2d`; the default of `scope` is `SeparableConv2d`, and the
            weights are called `depthwise_weights` and `pointwise_weights`.
    """
    with variable_op_scope([inputs], scope, "SeparableConv2d", reuse=reuse) as made:
        inputs = convert_to_tensor(inputs)
        depth = utils.last_dimension(inputs.get_shape(), min_rank=4)

        def weights(name: str, shape: list[int]) -> Any:
            return made_variable(name, shape, inputs.dtype.base_dtype, weights_initializer, weights_regularizer,
                                 variables_collections, trainable)

        shape = [*utils.two_element_tuple(kernel_size), depth, depth_multiplier]
        depthwise, strides = weights("depthwise_weights", shape), _arranged(stride, "NHWC")
        if num_outputs is None:
            num_outputs = depth * depth_multiplier
            outputs = ops.depthwise_conv2d(inputs, depthwise, strides, padding)
        else:
            pointwise = weights("pointwise_weights", [1, 1, depth * depth_multiplier, num_outputs])
            outputs = ops.separable_conv2d(inputs, depthwise, pointwise, strides, padding)
        outputs = normalized_or_biased(
            outputs, num_outputs, normalizer_fn, normalizer_params, biases_initializer, biases_regularizer,
            variables_collections, trainable)
        return activated(outputs, activation_fn, outputs_collections, made)


separable_conv2d.__name__ = "separable_convolution2d"
separable_convolution2d = separable_conv2d


@add_arg_scope
def conv2d_in_plane(
    inputs: Any, kernel_size: Any, stride: Any = 1, padding: str = "SAME", activation_fn: Any = nn.relu,
    normalizer_fn: Any = None, normalizer_params: Any = None, weights_initializer: Any = _weights,
    weights_regularizer: Any = None, biases_initializer: Any = zeros_initializer, biases_regularizer: Any = None,
    reuse: bool | None = None, variables_collections: Any = None, outputs_collections: Any = None,
    trainable: bool = True, scope: Any = None,
) -> Tensor:
    """A layer that convolves all channels by one and the same filter, and leaves them unmixed.

    The arguments are those of `conv2d`; the default of `scope` is `ConvInPlane`.
    """
    with variable_op_scope([inputs], scope, "ConvInPlane", reuse=reuse) as made:
        inputs = convert_to_tensor(inputs)
        depth = utils.last_dimension(inputs.get_shape(), min_rank=4)
        weights = made_variable("weights", [*utils.two_element_tuple(kernel_size), 1, 1], inputs.dtype.base_dtype,
                                weights_initializer, weights_regularizer, variables_collections, trainable)
        filters = blocks.tile(weights, constants.constant([1, 1, depth, 1]))
        outputs = ops.depthwise_conv2d(inputs, filters, _arranged(stride, "NHWC"), padding)
        outputs = normalized_or_biased(
            outputs, depth, normalizer_fn, normalizer_params, biases_initializer, biases_regularizer,
            variables_collections, trainable)
        return activated(outputs, activation_fn, outputs_collections, made)


conv2d_in_plane.__name__ = "convolution2d_in_plane"
convolution2d_in_plane = conv2d_in_plane


def _pooled(pool: Callable, default: str, inputs: Any, kernel_size: Any, stride: Any, padding: str,
            data_format: str | None, outputs_collections: Any, scope: str | None) -> Tensor:
    data_format = _format(data_format)
    with scopes.op_scope([inputs], scope, default) as made:
        outputs = pool(convert_to_tensor(inputs), _arranged(kernel_size, data_format), _arranged(stride, data_format),
                       padding, data_format=data_format)
        return utils.collect_named_outputs(outputs_collections, made, outputs)


@add_arg_scope
def pool(inputs: Any, kernel_size: Any, pooling_type: str, padding: str = "VALID", data_format: str | None = None,
         dilation_rate: Any = 1, stride: Any = 1, outputs_collections: Any = None, scope: str | None = None) -> Tensor:
    """The largest ("MAX") or the mean ("AVG") element of each window, over one, two or three dimensions; from 0.12 on.

    Args:
        inputs: of shape [batch, ..., channels], or where `data_format` begins with "NC" [batch, channels, ...].
        kernel_size, dilation_rate, stride: an int, or a list of one for each dimension in between.
        pooling_type, padding: as for `tf.nn.pool`.
        outputs_collections: where the result is listed.
        scope: its name; by default `max_pool` or `avg_pool`.
    """
    from tracer.younger import convolution as windows

    inputs = convert_to_tensor(inputs)
    ndims = inputs.get_shape().ndims
    if ndims is None:
        raise ValueError("Rank of inputs must be known")
    if ndims < 3:
        raise ValueError("Rank of inputs must be >= 3")
    sizes, rates, strides = (utils.n_positive_integers(ndims - 2, given)
                             for given in (kernel_size, dilation_rate, stride))
    with scopes.op_scope([inputs], scope, f"{pooling_type.lower()}_pool") as name:
        outputs = windows.pool(inputs, sizes, pooling_type, padding, rates, strides, name=name, data_format=data_format)
        return utils.collect_named_outputs(outputs_collections, name, outputs)


@add_arg_scope
def max_pool2d(inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID", data_format: str = "NHWC",
               outputs_collections: Any = None, scope: str | None = None) -> Tensor:
    """The largest element of each window.

    Args:
        inputs: of shape [batch, height, width, channels].
        kernel_size, stride: an int, or a pair of them.
        padding: "SAME" or "VALID".
        data_format: "NHWC", or "NCHW" for images of shape [batch, channels, height, width].
        outputs_collections: where the result is listed.
        scope: its name; by default `MaxPool2D`.
    """
    return _pooled(pooling.max_pool, "MaxPool2D", inputs, kernel_size, stride, padding, data_format,
                   outputs_collections, scope)


@add_arg_scope
def avg_pool2d(inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID", data_format: str = "NHWC",
               outputs_collections: Any = None, scope: str | None = None) -> Tensor:
    """The mean of each window; see `max_pool2d`. The default of `scope` is `AvgPool2D`."""
    return _pooled(pooling.avg_pool, "AvgPool2D", inputs, kernel_size, stride, padding, data_format,
                   outputs_collections, scope)
