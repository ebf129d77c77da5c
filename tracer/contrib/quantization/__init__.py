"""`tf.contrib.quantization`: arithmetic on quantized numbers."""

from tracer.contrib.quantization import load_quantized_ops_so as load_quantized_ops_so
from tracer.ops.quantization import dequantize as dequantize
from tracer.ops.quantization import quantize_down_and_shrink_range as quantize_down_and_shrink_range
from tracer.ops.quantization import quantize_v2 as quantize_v2
from tracer.ops.quantization import quantized_avg_pool as quantized_avg_pool
from tracer.ops.quantization import (
    quantized_batch_norm_with_global_normalization as quantized_batch_norm_with_global_normalization,
)
from tracer.ops.quantization import quantized_bias_add as quantized_bias_add
from tracer.ops.quantization import quantized_concat as quantized_concat
from tracer.ops.quantization import quantized_conv2d as quantized_conv2d
from tracer.ops.quantization import quantized_mat_mul as quantized_mat_mul
from tracer.ops.quantization import quantized_max_pool as quantized_max_pool
from tracer.ops.quantization import quantized_relu as quantized_relu
from tracer.ops.quantization import quantized_relu6 as quantized_relu6
from tracer.ops.quantization import quantized_relu_x as quantized_relu_x
