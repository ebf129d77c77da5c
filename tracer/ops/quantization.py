"""Arithmetic on quantized numbers: small integers that stand for the steps between two real numbers.

A quantized tensor goes with two scalars, the real numbers that its type's lowest and highest integer stand for.
"""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.convolution import _arranged, _convolved
from tracer.ops.pooling import _pooled
from tracer.static import constant_value

_KINDS = "type{qint8,quint8,qint16,quint16,qint32}"
_MODE = "mode:string{'MIN_COMBINED','MIN_FIRST'}='MIN_COMBINED'"
_POOL = f"ksize:list(int); strides:list(int); padding:string{{'SAME','VALID'}}; T:{_KINDS}"
_RELU = f"Tinput:{_KINDS}; out_type:{_KINDS}=quint8"


def _with_range(sizes: shapes.Sizes, *limits: Tensor) -> list[Any]:
    """The shape of a result, and those of the two ends of its range."""
    for limit in limits:
        shapes.rank(limit.sizes, 0)
    return [sizes, (), ()]


@op("QuantizeV2", inputs="input:float32; min_range:float32; max_range:float32",
    outputs="output:T; output_min:float32; output_max:float32", attrs=f"T:{_KINDS}; {_MODE}")
def quantize_v2(input: Tensor, min_range: Tensor, max_range: Tensor, T: Any, mode: str | None = None,
                name: str | None = None) -> Any:
    """Real numbers as quantized ones; what is outside of the range becomes its nearer end.

    >>> numbers, lowest, highest = tf.contrib.quantization.quantize_v2([0., 3., 6.], 0., 6., tf.quint8)
    >>> sess.run(numbers)
    array([  0, 128, 255], dtype=uint8)

    Args:
        input: the real numbers.
        min_range: the number that the lowest integer of the type stands for.
        max_range: the one that the highest integer stands for. It is moved up where it is hardly above `min_range`.
        T: the type of the result.
        mode: "MIN_COMBINED" rounds the distance from `min_range`, "MIN_FIRST" the number and `min_range` each.

    Returns:
        The quantized numbers, and the ends of the range that they have.
    """
    return _with_range(input.sizes, min_range, max_range)


@op("Dequantize", inputs="input:T; min_range:float32; max_range:float32", outputs="output:float32",
    attrs=f"T:{_KINDS}; {_MODE}")
def dequantize(input: Tensor, min_range: Tensor, max_range: Tensor, mode: str | None = None,
               name: str | None = None) -> Any:
    """The real numbers that quantized ones stand for.

    >>> tf.contrib.quantization.dequantize(tf.constant(np.uint8([0, 255]), tf.quint8), 0., 6.).eval()
    array([0., 6.], dtype=float32)
    """
    return _with_range(input.sizes, min_range, max_range)[0]


@op("QuantizedConcat", inputs="concat_dim:int32; values:N*T; input_mins:N*float32; input_maxes:N*float32",
    outputs="output:T; output_min:float32; output_max:float32", attrs="N:int>=2; T:type")
def quantized_concat(concat_dim: Tensor, values: Any, input_mins: Any, input_maxes: Any, name: str | None = None) -> Any:
    """Quantized tensors one after the other along a dimension, brought to one range.

    >>> joined = tf.contrib.quantization.quantized_concat(0, [a, b], [0., 0.], [1., 2.])
    """
    axis = constant_value(concat_dim)
    sizes = values[0].sizes
    for value in values[1:]:
        if sizes is None or value.sizes is None or axis is None:
            known = sizes or value.sizes
            return _with_range(known and (None,) * len(known))
        shapes.rank(value.sizes, len(sizes))
        at = int(axis) % len(sizes)
        whole = None if sizes[at] is None or value.sizes[at] is None else sizes[at] + value.sizes[at]
        merged = shapes.merge(_without(sizes, at), _without(value.sizes, at)) or ()
        sizes = (*merged[:at], whole, *merged[at:])
    return _with_range(sizes, *input_mins, *input_maxes)


def _without(sizes: tuple, axis: int) -> tuple:
    return sizes[:axis] + sizes[axis + 1:]


@op("QuantizedReshape", inputs="tensor:T; shape:Tshape; input_min:float32; input_max:float32",
    outputs="output:T; output_min:float32; output_max:float32", attrs="T:type; Tshape:type{int32,int64}=int32")
def quantized_reshape(tensor: Tensor, shape: Tensor, input_min: Tensor, input_max: Tensor,
                      name: str | None = None) -> Any:
    """Quantized numbers in another shape, and their range."""
    wanted = constant_value(shape)
    return _with_range(None if wanted is None else tuple(None if n < 0 else int(n) for n in wanted), input_min, input_max)


@op("QuantizedMatMul", inputs="a:T1; b:T2; min_a:float32; max_a:float32; min_b:float32; max_b:float32",
    outputs="out:Toutput; min_out:float32; max_out:float32",
    attrs=f"T1:{_KINDS}; T2:{_KINDS}; Toutput:{_KINDS}=qint32; transpose_a:bool=False; transpose_b:bool=False")
def quantized_mat_mul(a: Tensor, b: Tensor, min_a: Tensor, max_a: Tensor, min_b: Tensor, max_b: Tensor,
                      Toutput: Any = None, transpose_a: bool | None = None, transpose_b: bool | None = None,
                      name: str | None = None) -> Any:
    """The product of two quantized matrices, without rounding.

    >>> product, lowest, highest = tf.contrib.quantization.quantized_mat_mul(a, b, 0., 1., -1., 1.)
    """
    rows, inner = _matrix(a, transpose_a)
    inner_b, columns = _matrix(b, transpose_b)
    shapes.same(inner, inner_b)
    return _with_range((rows, columns), min_a, max_a, min_b, max_b)


def _matrix(tensor: Tensor, transposed: bool | None) -> Any:
    sizes = shapes.rank(tensor.sizes, 2)
    return sizes[::-1] if transposed else sizes


@op("QuantizeDownAndShrinkRange", inputs="input:Tinput; input_min:float32; input_max:float32",
    outputs="output:out_type; output_min:float32; output_max:float32", attrs=f"Tinput:{_KINDS}; out_type:{_KINDS}")
def quantize_down_and_shrink_range(input: Tensor, input_min: Tensor, input_max: Tensor, out_type: Any,
                                   name: str | None = None) -> Any:
    """Quantized numbers in a smaller type, with the range that they really have.

    >>> small, lowest, highest = tf.contrib.quantization.quantize_down_and_shrink_range(product, -9., 9., tf.quint8)
    """
    return _with_range(input.sizes, input_min, input_max)


@op("RequantizationRange", inputs="input:Tinput; input_min:float32; input_max:float32",
    outputs="output_min:float32; output_max:float32", attrs=f"Tinput:{_KINDS}")
def requantization_range(input: Tensor, input_min: Tensor, input_max: Tensor, name: str | None = None) -> Any:
    """The range that quantized numbers really have."""
    return _with_range((), input_min, input_max)[1:]


@op("Requantize", inputs="input:Tinput; input_min:float32; input_max:float32; requested_output_min:float32; "
                         "requested_output_max:float32",
    outputs="output:out_type; output_min:float32; output_max:float32", attrs=f"Tinput:{_KINDS}; out_type:{_KINDS}")
def requantize(input: Tensor, input_min: Tensor, input_max: Tensor, requested_output_min: Tensor,
               requested_output_max: Tensor, out_type: Any, name: str | None = None) -> Any:
    """Quantized numbers in another type and range."""
    return _with_range(input.sizes, input_min, input_max, requested_output_min, requested_output_max)


@op("QuantizedConv2D", inputs="input:Tinput; filter:Tfilter; min_input:float32; max_input:float32; min_filter:float32; "
                              "max_filter:float32",
    outputs="output:out_type; min_output:float32; max_output:float32",
    attrs=f"Tinput:{_KINDS}; Tfilter:{_KINDS}; out_type:{_KINDS}=qint32; strides:list(int); "
          "padding:string{'SAME','VALID'}")
def quantized_conv2d(input: Tensor, filter: Tensor, min_input: Tensor, max_input: Tensor, min_filter: Tensor,
                     max_filter: Tensor, strides: Any, padding: Any, out_type: Any = None, name: str | None = None) -> Any:
    """Convolves quantized images with quantized filters, without rounding.

    >>> result, lowest, highest = tf.contrib.quantization.quantized_conv2d(
    ...     images, filters, 0., 1., -1., 1., strides=[1, 1, 1, 1], padding="SAME")
    """
    batch, windows, _, depth = _convolved(input.sizes, filter.sizes, strides, padding, 4)
    return _with_range(_arranged(batch, windows, depth), min_input, max_input, min_filter, max_filter)


@op("QuantizedBiasAdd", inputs="input:T1; bias:T2; min_input:float32; max_input:float32; min_bias:float32; "
                               "max_bias:float32",
    outputs="output:out_type; min_out:float32; max_out:float32", attrs=f"T1:{_KINDS}; T2:{_KINDS}; out_type:{_KINDS}")
def quantized_bias_add(input: Tensor, bias: Tensor, min_input: Tensor, max_input: Tensor, min_bias: Tensor,
                       max_bias: Tensor, out_type: Any, name: str | None = None) -> Any:
    """Adds a quantized vector to quantized numbers, along the last dimension.

    >>> total, lowest, highest = tf.contrib.quantization.quantized_bias_add(x, bias, 0., 1., -1., 1., tf.qint32)
    """
    length, = shapes.rank(bias.sizes, 1)
    if input.sizes is not None:
        shapes.same(input.sizes[-1], length)
    return _with_range(input.sizes, min_input, max_input, min_bias, max_bias)


@op("QuantizedAvgPool", inputs="input:T; min_input:float32; max_input:float32",
    outputs="output:T; min_output:float32; max_output:float32", attrs=_POOL)
def quantized_avg_pool(input: Tensor, min_input: Tensor, max_input: Tensor, ksize: Any, strides: Any, padding: Any,
                       name: str | None = None) -> Any:
    """The mean of each window of quantized images, rounded towards the lower integer.

    >>> means, lowest, highest = tf.contrib.quantization.quantized_avg_pool(
    ...     images, 0., 1., [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    """
    return _with_range(_pooled(input.sizes, ksize, strides, padding, 4), min_input, max_input)


@op("QuantizedMaxPool", inputs="input:T; min_input:float32; max_input:float32",
    outputs="output:T; min_output:float32; max_output:float32", attrs=_POOL)
def quantized_max_pool(input: Tensor, min_input: Tensor, max_input: Tensor, ksize: Any, strides: Any, padding: Any,
                       name: str | None = None) -> Any:
    """The largest number of each window of quantized images.

    >>> largest, low, high = tf.contrib.quantization.quantized_max_pool(
    ...     images, 0., 1., [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    """
    return _with_range(_pooled(input.sizes, ksize, strides, padding, 4), min_input, max_input)


@op("QuantizedRelu", inputs="features:Tinput; min_features:float32; max_features:float32",
    outputs="activations:out_type; min_activations:float32; max_activations:float32", attrs=_RELU)
def quantized_relu(features: Tensor, min_features: Tensor, max_features: Tensor, out_type: Any = None,
                   name: str | None = None) -> Any:
    """Quantized numbers, the negative ones as zero.

    >>> positive, lowest, highest = tf.contrib.quantization.quantized_relu(x, -1., 1.)
    """
    return _with_range(features.sizes, min_features, max_features)


@op("QuantizedRelu6", inputs="features:Tinput; min_features:float32; max_features:float32",
    outputs="activations:out_type; min_activations:float32; max_activations:float32", attrs=_RELU)
def quantized_relu6(features: Tensor, min_features: Tensor, max_features: Tensor, out_type: Any = None,
                    name: str | None = None) -> Any:
    """Quantized numbers, limited to what lies from zero to six.

    >>> limited, lowest, highest = tf.contrib.quantization.quantized_relu6(x, -10., 10.)
    """
    return _with_range(features.sizes, min_features, max_features)


@op("QuantizedReluX", inputs="features:Tinput; max_value:float32; min_features:float32; max_features:float32",
    outputs="activations:out_type; min_activations:float32; max_activations:float32", attrs=_RELU)
def quantized_relu_x(features: Tensor, max_value: Tensor, min_features: Tensor, max_features: Tensor,
                     out_type: Any = None, name: str | None = None) -> Any:
    """Quantized numbers, limited to what lies from zero to `max_value`.

    >>> limited, lowest, highest = tf.contrib.quantization.quantized_relu_x(x, 1., -10., 10.)
    """
    return _with_range(features.sizes, min_features, max_features)


@op("QuantizedBatchNormWithGlobalNormalization",
    inputs="t:Tinput; t_min:float32; t_max:float32; m:Tinput; m_min:float32; m_max:float32; v:Tinput; v_min:float32; "
           "v_max:float32; beta:Tinput; beta_min:float32; beta_max:float32; gamma:Tinput; gamma_min:float32; "
           "gamma_max:float32",
    outputs="result:out_type; result_min:float32; result_max:float32",
    attrs=f"Tinput:{_KINDS}; out_type:{_KINDS}; variance_epsilon:float; scale_after_normalization:bool")
def quantized_batch_norm_with_global_normalization(
    t: Tensor, t_min: Tensor, t_max: Tensor, m: Tensor, m_min: Tensor, m_max: Tensor, v: Tensor, v_min: Tensor,
    v_max: Tensor, beta: Tensor, beta_min: Tensor, beta_max: Tensor, gamma: Tensor, gamma_min: Tensor, gamma_max: Tensor,
    out_type: Any, variance_epsilon: float, scale_after_normalization: bool, name: str | None = None,
) -> Any:
    """Quantized images, normalized by a mean and a variance of each channel.

    >>> result, lowest, highest = tf.contrib.quantization.quantized_batch_norm_with_global_normalization(
    ...     images, 0., 1., mean, 0., 1., variance, 0., 1., beta, -1., 1., gamma, 0., 2., tf.qint32, 1e-3, True)

    Returns:
        The numbers, as steps between -(1 << 20) and 1 << 20; and these two.
    """
    sizes = shapes.rank(t.sizes, 4)
    for vector in (m, v, beta, gamma):
        shapes.same(sizes[3], shapes.rank(vector.sizes, 1)[0])
    return _with_range(sizes)
