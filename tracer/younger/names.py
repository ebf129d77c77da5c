"""`tf.NAME`: operations that TensorFlow had from 0.9 on, by the names that scripts give them."""

from __future__ import annotations

from tracer.ops.accumulators import ConditionalAccumulator as ConditionalAccumulator
from tracer.ops.accumulators import ConditionalAccumulatorBase as ConditionalAccumulatorBase
from tracer.ops.accumulators import SparseConditionalAccumulator as SparseConditionalAccumulator
from tracer.ops.data_flow import PriorityQueue as PriorityQueue
from tracer.ops.later_maths import batch_to_space_nd as batch_to_space_nd
from tracer.ops.later_maths import betainc as betainc
from tracer.ops.later_maths import matrix_diag_part as matrix_diag_part
from tracer.ops.later_maths import matrix_set_diag as matrix_set_diag
from tracer.ops.later_maths import polygamma as polygamma
from tracer.ops.later_maths import random_gamma as random_gamma
from tracer.ops.later_maths import space_to_batch_nd as space_to_batch_nd
from tracer.ops.later_maths import zeta as zeta
from tracer.ops.later_nn import fake_quant_with_min_max_args as fake_quant_with_min_max_args
from tracer.ops.later_nn import (
    fake_quant_with_min_max_args_gradient as fake_quant_with_min_max_args_gradient,
)
from tracer.ops.later_nn import fake_quant_with_min_max_vars as fake_quant_with_min_max_vars
from tracer.ops.later_nn import (
    fake_quant_with_min_max_vars_gradient as fake_quant_with_min_max_vars_gradient,
)
from tracer.ops.later_nn import (
    fake_quant_with_min_max_vars_per_channel as fake_quant_with_min_max_vars_per_channel,
)
from tracer.ops.later_nn import (
    fake_quant_with_min_max_vars_per_channel_gradient as fake_quant_with_min_max_vars_per_channel_gradient,
)
from tracer.ops.later_sparse import sparse_maximum as sparse_maximum
from tracer.ops.later_sparse import sparse_minimum as sparse_minimum
from tracer.ops.later_sparse import sparse_reduce_sum_sparse as sparse_reduce_sum_sparse
from tracer.ops.later_sparse import sparse_reset_shape as sparse_reset_shape
from tracer.ops.later_sparse import sparse_reshape as sparse_reshape
from tracer.ops.later_sparse import sparse_softmax as sparse_softmax
from tracer.ops.later_sparse import sparse_transpose as sparse_transpose
from tracer.ops.later_state import scatter_div as scatter_div
from tracer.ops.later_state import scatter_mul as scatter_mul
from tracer.ops.later_state import scatter_nd_add as scatter_nd_add
from tracer.ops.later_state import scatter_nd_sub as scatter_nd_sub
from tracer.ops.later_state import scatter_nd_update as scatter_nd_update
from tracer.ops.later_strings import decode_base64 as decode_base64
from tracer.ops.later_strings import encode_base64 as encode_base64
from tracer.ops.later_strings import parse_tensor as parse_tensor
from tracer.ops.later_strings import string_to_hash_bucket_fast as string_to_hash_bucket_fast
from tracer.ops.later_strings import string_to_hash_bucket_strong as string_to_hash_bucket_strong
from tracer.ops.later_strings import write_file as write_file
from tracer.ops.quantization import dequantize as dequantize
from tracer.ops.quantization import quantize_v2 as quantize_v2
from tracer.ops.quantization import quantized_concat as quantized_concat
from tracer.ops.slicing import strided_slice as strided_slice
from tracer.ops.sparse import sparse_reduce_sum as sparse_reduce_sum

__all__ = ["ConditionalAccumulator", "ConditionalAccumulatorBase", "PriorityQueue", "SparseConditionalAccumulator",
           "batch_to_space_nd", "betainc", "decode_base64", "dequantize", "encode_base64",
           "fake_quant_with_min_max_args", "fake_quant_with_min_max_args_gradient", "fake_quant_with_min_max_vars",
           "fake_quant_with_min_max_vars_gradient", "fake_quant_with_min_max_vars_per_channel",
           "fake_quant_with_min_max_vars_per_channel_gradient", "matrix_diag_part", "matrix_set_diag", "parse_tensor",
           "polygamma", "quantize_v2", "quantized_concat", "random_gamma", "scatter_div", "scatter_mul",
           "scatter_nd_add", "scatter_nd_sub", "scatter_nd_update", "space_to_batch_nd", "sparse_maximum",
           "sparse_minimum", "sparse_reduce_sum", "sparse_reduce_sum_sparse", "sparse_reset_shape", "sparse_reshape",
           "sparse_softmax", "sparse_transpose", "strided_slice", "string_to_hash_bucket_fast",
           "string_to_hash_bucket_strong", "write_file", "zeta"]
