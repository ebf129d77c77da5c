"""`tf.nn.NAME`: functions that TensorFlow 0.9 to 0.12 added, made of those of 0.8."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.nn import convolution, recurrent
from tracer.ops import array, casting, indexing, math
from tracer.variable_scope import variable_scope

__all__ = ["bidirectional_dynamic_rnn", "conv1d", "crelu"]


def conv1d(value: Any, filters: Any, stride: int, padding: str, use_cudnn_on_gpu: bool = True,
           data_format: str = "NHWC", name: str | None = None) -> Tensor:
    """A convolution of (batch, width, channels) with (filter width, channels, outputs)."""
    with scopes.op_scope([value, filters], name, "conv1d"):
        wide = array.expand_dims(value, 1 if data_format == "NHWC" else 2)
        strides = [1, 1, stride, 1] if data_format == "NHWC" else [1, 1, 1, stride]
        result = convolution.conv2d(wide, array.expand_dims(filters, 0), strides, padding, use_cudnn_on_gpu,
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
