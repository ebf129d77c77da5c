"""`tf.contrib.quantization`: arithmetic on 8-bit numbers, which has no counterpart here.

XLA has no kernels for TensorFlow's quantized types. The names are there, so that programs which only import them run;
calling one is an error that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from tracer import errors

_NAMES = (
    "dequantize", "quantize_down_and_shrink_range", "quantize_v2", "quantized_avg_pool",
    "quantized_batch_norm_with_global_normalization", "quantized_bias_add", "quantized_concat", "quantized_conv2d",
    "quantized_mat_mul", "quantized_max_pool", "quantized_relu", "quantized_relu6", "quantized_relu_x",
)
__all__ = list(_NAMES)


def __getattr__(name: str) -> Callable[..., NoReturn]:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise errors.UnsupportedError(
            f"tf.contrib.quantization.{name} computes with quantized numbers, which have no counterpart in Tracer.",
            way_out="Use the operation on float32 tensors instead.")

    refuse.__name__ = name
    return refuse
