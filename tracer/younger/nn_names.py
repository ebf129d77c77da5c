"""`tf.nn.NAME`: operations that TensorFlow had from 0.9 on, by the names that scripts give them."""

from __future__ import annotations

from tracer.ops.fractional import fractional_avg_pool as fractional_avg_pool
from tracer.ops.fractional import fractional_max_pool as fractional_max_pool
from tracer.ops.later_nn import dilation2d as dilation2d
from tracer.ops.later_nn import dilation2d_backprop_filter as dilation2d_backprop_filter
from tracer.ops.later_nn import dilation2d_backprop_input as dilation2d_backprop_input
from tracer.ops.later_nn import erosion2d as erosion2d
from tracer.ops.quantization import quantized_avg_pool as quantized_avg_pool
from tracer.ops.quantization import (
    quantized_batch_norm_with_global_normalization as quantized_batch_norm_with_global_normalization,
)
from tracer.ops.quantization import quantized_bias_add as quantized_bias_add
from tracer.ops.quantization import quantized_conv2d as quantized_conv2d
from tracer.ops.quantization import quantized_max_pool as quantized_max_pool
from tracer.ops.quantization import quantized_relu as quantized_relu
from tracer.ops.quantization import quantized_relu6 as quantized_relu6
from tracer.ops.quantization import quantized_relu_x as quantized_relu_x

__all__ = ["dilation2d", "dilation2d_backprop_filter", "dilation2d_backprop_input", "erosion2d", "fractional_avg_pool",
           "fractional_max_pool", "quantized_avg_pool", "quantized_batch_norm_with_global_normalization",
           "quantized_bias_add", "quantized_conv2d", "quantized_max_pool", "quantized_relu", "quantized_relu6",
           "quantized_relu_x"]
