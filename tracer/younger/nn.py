"""`tf.nn.NAME`: functions that TensorFlow 0.9 to 0.12 added, made of those of 0.8."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.declare import raw_op
from tracer.ir import Tensor
from tracer.nn import recurrent
from tracer.ops import array, casting, indexing, logic, math
from tracer.ops import convolution as ops_convolution
from tracer.variable_scope import variable_scope

__all__ = ["bidirectional_dynamic_rnn", "conv1d", "conv3d_transpose", "crelu", "fused_batch_norm", "log_poisson_loss",
           "weighted_moments"]


def conv1d(value: Any, filters: Any, stride: int, padding: str, use_cudnn_on_gpu: bool = True,
           data_format: str = "NHWC", name: str | None = None) -> Tensor:
    """A convolution of (batch, width, channels) with (filter width, channels, outputs)."""
    with scopes.op_scope([value, filters], name, "conv1d"):
        wide = array.expand_dims(value, 1 if data_format == "NHWC" else 2)
        strides = [1, 1, stride, 1] if data_format == "NHWC" else [1, 1, 1, stride]
        result = ops_convolution.conv2d(wide, array.expand_dims(filters, 0), strides, padding, use_cudnn_on_gpu,
                                    data_format)
        return array.squeeze(result, [1 if data_format == "NHWC" else 2])


def crelu(features: Any, name: str | None = None) -> Tensor:
    """relu of the features and of their negatives, side by side."""
    from tracer import nn

    with scopes.op_scope([features], name, "CRelu"):
        features = convert_to_tensor(features)
        rank = features.get_shape().ndims
        if rank is None:
            raise ValueError("crelu needs features of known rank")
        return nn.relu(array.concat(rank - 1, [features, math.neg(features)]))


def bidirectional_dynamic_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Any, sequence_length: Any = None, initial_state_fw: Any = None,
    initial_state_bw: Any = None, dtype: Any = None, parallel_iterations: Any = None, swap_memory: bool = False,
    time_major: bool = False, scope: Any = None,
) -> tuple[tuple[Tensor, Tensor], tuple[Any, Any]]:
    """`dynamic_rnn` forwards and, by another cell, backwards: both outputs, and both last states."""
    time, batch = (0, 1) if time_major else (1, 0)

    def turned(value: Tensor) -> Tensor:
        if sequence_length is not None:
            return indexing.reverse_sequence(value, casting.cast(sequence_length, dtypes.int64), time, batch)
        return indexing.reverse(value, [axis == time for axis in range(3)])

    rest = (parallel_iterations, swap_memory, time_major)
    with variable_scope(scope or "BiRNN"):
        with variable_scope("FW") as forward:
            outputs, state = recurrent.dynamic_rnn(
                cell_fw, inputs, sequence_length, initial_state_fw, dtype, *rest, scope=forward)
        with variable_scope("BW") as backward:
            reversed_outputs, state_back = recurrent.dynamic_rnn(
                cell_bw, turned(convert_to_tensor(inputs)), sequence_length, initial_state_bw, dtype, *rest,
                scope=backward)
    return (outputs, turned(reversed_outputs)), (state, state_back)


def log_poisson_loss(log_input: Any, targets: Any, compute_full_loss: bool = False, name: str | None = None) -> Tensor:
    """`exp(log_input) - log_input * targets`: the loss of a Poisson distribution, without what the targets alone say.

    `compute_full_loss` adds that, by Stirling's approximation, where a target is more than 1.
    """
    with scopes.op_scope([log_input, targets], name, "log_poisson_loss"):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        if not log_input.get_shape().is_compatible_with(targets.get_shape()):
            raise ValueError("log_input and targets must have the same shape "
                             f"({log_input.get_shape()} vs {targets.get_shape()})")
        loss = math.sub(math.exp(log_input), math.mul(log_input, targets))
        if not compute_full_loss:
            return loss
        half = math.mul(math.log(math.mul(targets, 2 * 3.141592653589793)), 0.5)
        stirling = math.add(math.sub(math.mul(targets, math.log(targets)), targets), half)
        inside = logic.logical_and(logic.greater_equal(targets, 0), logic.less_equal(targets, 1))
        return math.add(loss, logic.select(inside, array.zeros_like(targets), stirling))


def conv3d_transpose(value: Any, filter: Any, output_shape: Any, strides: Any, padding: str = "SAME",
                     name: str | None = None) -> Tensor:
    """The gradient of `conv3d` as an operation of its own: spreads `value` to volumes of shape `output_shape`."""
    with scopes.op_scope([value, filter, output_shape], name, "conv3d_transpose") as scope:
        volumes = array.zeros(output_shape, convert_to_tensor(value).dtype.base_dtype)
        return ops_convolution.conv3d_backprop_input(volumes, filter, value, strides, padding, name=scope)


def weighted_moments(x: Any, axes: Any, frequency_weights: Any, name: str | None = None,
                     keep_dims: bool = False) -> tuple[Tensor, Tensor]:
    """The mean and the variance of `x` over dimensions, each element counted by its weight."""
    with scopes.op_scope([x, frequency_weights], name, "weighted_moments"):
        x = convert_to_tensor(x)
        weights = math.mul(casting.cast(frequency_weights, x.dtype), array.ones_like(x))
        count = math.reduce_sum(weights, axes, True)
        mean = math.div(math.reduce_sum(math.mul(weights, x), axes, True), count)
        spread = math.mul(weights, math.square(math.sub(x, mean)))
        variance = math.div(math.reduce_sum(spread, axes, True), count)
        if keep_dims:
            return mean, variance
        return array.squeeze(mean, axes), array.squeeze(variance, axes)


def fused_batch_norm(x: Any, scale: Any, offset: Any, mean: Any = None, variance: Any = None, epsilon: float = 0.001,
                     data_format: str = "NHWC", is_training: bool = True,
                     name: str | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Images with each channel normalized, and the mean and the variance of each channel of the batch."""
    if is_training and (mean is not None or variance is not None):
        raise ValueError("Both 'mean' and 'variance' must be None if is_training is True.")
    mean = array.constant([]) if mean is None else mean
    variance = array.constant([]) if variance is None else variance
    normalized, of_batch, spread, _, _ = raw_op("fused_batch_norm")(
        x, scale, offset, mean, variance, epsilon=max(epsilon, 1.001e-5), data_format=data_format,
        is_training=is_training, name=name)
    return normalized, of_batch, spread
