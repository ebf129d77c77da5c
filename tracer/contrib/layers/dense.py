"""Fully connected layers, biases, and layers without variables of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tracer import scopes
from tracer.contrib.framework.arg_scope import add_arg_scope
from tracer.contrib.layers import initializers, legacy, utils
from tracer.contrib.layers.making import activated, made_variable, normalized_or_biased, of_either_age
from tracer.convert import convert_to_tensor
from tracer.initializers import zeros_initializer
from tracer.ir import Tensor
from tracer.nn.regularization import dropout as _dropout
from tracer.ops import array, indexing, math, nn, reduction
from tracer.variable_scope import variable_op_scope, variable_scope

_weights = initializers.xavier_initializer()


@add_arg_scope
def dense(
    inputs: Any, num_outputs: int, activation_fn: Any = nn.relu, normalizer_fn: Any = None,
    normalizer_params: Any = None, weights_initializer: Any = _weights,
    weights_regularizer: Any = None, biases_initializer: Any = zeros_initializer, biases_regularizer: Any = None,
    reuse: bool | None = None, variables_collections: Any = None, outputs_collections: Any = None,
    trainable: bool = True, scope: Any = None,
) -> Tensor:
    """A fully connected layer as 0.9 has it: with relu by default, and variables called `weights` and `biases`.

    Args:
        inputs: a tensor of two or more dimensions, of which the last is known.
        num_outputs: the last size of the result.
        activation_fn: a function of a tensor, or None.
        normalizer_fn: a function of a tensor, instead of biases.
        normalizer_params: a dict of its arguments.
        weights_initializer, biases_initializer: how the variables start; without `biases_initializer` no biases.
        weights_regularizer, biases_regularizer: functions of a variable that give a loss, or None.
        reuse: whether the variables must be there already; then `scope` is needed.
        variables_collections: where the variables are listed: a list, or a dict of lists by `weights` and `biases`.
        outputs_collections: where the result is listed.
        trainable: whether optimizers change the variables.
        scope: the variable scope; by default `fully_connected`, made unique.
    """
    num_outputs = utils.whole_number("num_outputs", num_outputs)
    with variable_op_scope([inputs], scope, "fully_connected", reuse=reuse) as made:
        inputs = convert_to_tensor(inputs)
        count = utils.last_dimension(inputs.get_shape(), min_rank=2)
        sizes = [*inputs.get_shape().as_list()[:-1], num_outputs]
        outer = array.unpack(array.shape(inputs), len(sizes))[:-1]
        weights = made_variable("weights", [count, num_outputs], inputs.dtype.base_dtype, weights_initializer,
                                weights_regularizer, variables_collections, trainable)
        rows = inputs if len(sizes) == 2 else array.reshape(inputs, [-1, count])
        outputs = normalized_or_biased(
            math.matmul(rows, weights), num_outputs, normalizer_fn, normalizer_params, biases_initializer,
            biases_regularizer, variables_collections, trainable)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        if len(sizes) > 2:
            outputs = array.reshape(outputs, array.pack([*outer, num_outputs]))
            outputs.set_shape(sizes)
        return utils.collect_named_outputs(outputs_collections, made.name, outputs)


dense.__name__ = "fully_connected"
fully_connected = of_either_age(legacy.legacy_fully_connected, dense, lambda args, kwargs: False)
linear = functools.partial(fully_connected, activation_fn=None)
relu = functools.partial(fully_connected, activation_fn=nn.relu)
relu6 = functools.partial(fully_connected, activation_fn=nn.relu6)


@add_arg_scope
def bias_add(
    inputs: Any, activation_fn: Any = None, initializer: Any = zeros_initializer, regularizer: Any = None,
    reuse: bool | None = None, variables_collections: Any = None, outputs_collections: Any = None,
    trainable: bool = True, data_format: str = "NHWC", scope: Any = None,
) -> Tensor:
    """`activation_fn(inputs + biases)`, one bias for each channel.

    Args:
        initializer, regularizer: of the variable `biases`.
        data_format: "NHWC" where channels are the last dimension, "NCHW" where they are the second.
        activation_fn, reuse, variables_collections, outputs_collections, trainable, scope: see `fully_connected`.
    """
    with variable_op_scope([inputs], scope, "BiasAdd", reuse=reuse) as made:
        inputs = convert_to_tensor(inputs)
        utils.channels(data_format, 1)
        count = utils.channel_dimension(inputs.get_shape(), data_format, min_rank=2)
        biases = made_variable("biases", [count], inputs.dtype.base_dtype, initializer, regularizer,
                               variables_collections, trainable)
        return activated(nn.bias_add(inputs, biases, data_format=data_format), activation_fn, outputs_collections, made)


@add_arg_scope
def dropout(inputs: Any, keep_prob: Any = 0.5, noise_shape: Any = None, is_training: Any = True,
            outputs_collections: Any = None, scope: str | None = None) -> Tensor:
    """`tf.nn.dropout` while training, `inputs` otherwise.

    Args:
        keep_prob, noise_shape: see `tf.nn.dropout`.
        is_training: a bool, or a bool tensor.
        outputs_collections: where the result is listed.
        scope: its name; by default `Dropout`.
    """
    with scopes.op_scope([inputs], scope, "Dropout") as made:
        inputs = convert_to_tensor(inputs)
        outputs = utils.smart_cond(is_training, lambda: _dropout(inputs, keep_prob, noise_shape),
                                   lambda: array.identity(inputs))
        return utils.collect_named_outputs(outputs_collections, made, outputs)


@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: str | None = None) -> Tensor:
    """`inputs` with all dimensions but the first made one.

    >>> tf.contrib.layers.flatten(tf.placeholder(tf.float32, [None, 7, 7, 64])).get_shape()
    TensorShape([Dimension(None), Dimension(3136)])

    Raises ValueError when there are less than two dimensions, or another than the first is not known.
    """
    with scopes.op_scope([inputs], scope, "Flatten") as made:
        inputs = convert_to_tensor(inputs)
        sizes = inputs.sizes
        if sizes is None or len(sizes) < 2:
            raise ValueError("Inputs must have a least 2 dimensions.")
        count = inputs.get_shape()[1:].num_elements()
        if count is None:
            raise ValueError("Inputs 2nd dimension must be defined.")
        outputs = array.reshape(inputs, [-1, count])
        outputs.set_shape([sizes[0], count])
        return utils.collect_named_outputs(outputs_collections, made, outputs)


@add_arg_scope
def one_hot_encoding(labels: Any, num_classes: int, on_value: float = 1.0, off_value: float = 0.0,
                     outputs_collections: Any = None, scope: str | None = None) -> Tensor:
    """A row for each of `labels`: `on_value` at its place, `off_value` elsewhere.

    >>> tf.contrib.layers.one_hot_encoding([2, 0], 3).eval()
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    with scopes.op_scope([labels], scope, "OneHotEncoding") as made:
        labels = convert_to_tensor(labels)
        outputs = indexing.one_hot(labels, num_classes, on_value=on_value, off_value=off_value)
        return utils.collect_named_outputs(outputs_collections, made, outputs)


@add_arg_scope
def softmax(logits: Any, scope: str | None = None) -> Tensor:
    """The softmax of the last dimension, whatever the others are."""
    with scopes.op_scope([logits], scope, "softmax"):
        logits = convert_to_tensor(logits)
        count = utils.last_dimension(logits.get_shape(), min_rank=2)
        rows = nn.softmax(array.reshape(logits, [-1, count]))
        predictions = array.reshape(rows, array.shape(logits))
        predictions.set_shape(logits.get_shape())
        return predictions


@add_arg_scope
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: str | None = None) -> Tensor:
    """`inputs / sqrt(epsilon + sum(inputs ** 2))`, the sum along dimension `dim`.

    Raises ValueError when the rank is not known, or there is no such dimension.
    """
    with scopes.op_scope([inputs], scope, "UnitNorm"):
        inputs = convert_to_tensor(inputs)
        if inputs.sizes is None:
            raise ValueError("The input rank must be known.")
        if not 0 <= dim < len(inputs.sizes):
            raise ValueError("dim must be positive but smaller than the input rank.")
        squares = reduction.reduce_sum(math.square(inputs), [dim], keep_dims=True)
        return math.div(inputs, math.sqrt(math.add(epsilon, squares)))


def stack(inputs: Any, layer: Callable, stack_args: Any, **kwargs: Any) -> Any:
    """Layers of one kind on top of each other.

    >>> y = tf.contrib.layers.stack(x, tf.contrib.layers.fully_connected, [32, 64], scope="fc")
    >>> [v.name for v in tf.all_variables()][::2]
    ['fc/fc_1/weights:0', 'fc/fc_2/weights:0']

    Args:
        inputs: what the first layer is given.
        layer: a function of a tensor and more arguments, one of them `scope`.
        stack_args: for each layer its argument, or a list of its arguments.
        **kwargs: arguments of all layers; `scope` names the scope of all of them, and theirs in it.
    """
    scope = kwargs.pop("scope", None)
    if not isinstance(stack_args, (list, tuple)):
        raise ValueError("stack_args need to be a list or tuple")
    with variable_op_scope([inputs], scope, "Stack"):
        outputs = inputs
        for i, given in enumerate(stack_args):
            args = given if isinstance(given, (list, tuple)) else [given]
            outputs = layer(outputs, *args, scope=f"{scope or _name_of(layer)}_{i + 1}", **kwargs)
        return outputs


def repeat(inputs: Any, repetitions: int, layer: Callable, *args: Any, **kwargs: Any) -> Any:
    """One layer several times, with variables of their own.

    >>> y = tf.contrib.layers.repeat(x, 3, tf.contrib.layers.conv2d, 64, [3, 3], scope="conv1")

    Args:
        inputs: what the first layer is given.
        repetitions: how often.
        layer: a function of a tensor and more arguments, one of them `scope`.
        *args, **kwargs: arguments of all layers; `scope` names the scope of all of them, and theirs in it.
    """
    scope = kwargs.pop("scope", None)
    with variable_scope(scope) if scope else variable_op_scope([inputs], None, "Repeat"):
        outputs = inputs
        for i in range(repetitions):
            outputs = layer(outputs, *args, scope=f"{scope or _name_of(layer)}_{i + 1}", **kwargs)
        return outputs


def _name_of(layer: Callable) -> str:
    while isinstance(layer, functools.partial):
        layer = layer.func
    return getattr(layer, "__name__", type(layer).__name__)
