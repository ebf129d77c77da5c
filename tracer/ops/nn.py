"""Activations, biases and the other small operations of neural networks; the larger ones by name, as in `nn_ops`."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.convolution import conv2d as conv2d
from tracer.ops.convolution import conv2d_backprop_filter as conv2d_backprop_filter
from tracer.ops.convolution import conv2d_backprop_input as conv2d_backprop_input
from tracer.ops.convolution import conv2d_transpose as conv2d_transpose
from tracer.ops.convolution import conv3d as conv3d
from tracer.ops.convolution import conv3d_backprop_filter as conv3d_backprop_filter
from tracer.ops.convolution import conv3d_backprop_input as conv3d_backprop_input
from tracer.ops.convolution import depthwise_conv2d as depthwise_conv2d
from tracer.ops.convolution import depthwise_conv2d_native as depthwise_conv2d_native
from tracer.ops.convolution import depthwise_conv2d_native_backprop_filter as depthwise_conv2d_native_backprop_filter
from tracer.ops.convolution import depthwise_conv2d_native_backprop_input as depthwise_conv2d_native_backprop_input
from tracer.ops.convolution import separable_conv2d as separable_conv2d
from tracer.ops.math import sigmoid as sigmoid
from tracer.ops.math import tanh as tanh
from tracer.ops.pooling import avg_pool as avg_pool
from tracer.ops.pooling import avg_pool3d as avg_pool3d
from tracer.ops.pooling import avg_pool3d_grad as avg_pool3d_grad
from tracer.ops.pooling import max_pool as max_pool
from tracer.ops.pooling import max_pool3d as max_pool3d
from tracer.ops.pooling import max_pool3d_grad as max_pool3d_grad
from tracer.ops.pooling import max_pool_with_argmax as max_pool_with_argmax
from tracer.ops.softmax import log_softmax as log_softmax
from tracer.ops.softmax import softmax as softmax
from tracer.ops.softmax import softmax_cross_entropy_with_logits as softmax_cross_entropy_with_logits
from tracer.ops.softmax import sparse_softmax_cross_entropy_with_logits as sparse_softmax_cross_entropy_with_logits
from tracer.scopes import op_scope
from tracer.static import constant_value

# -- activations


@op("Relu")
def relu(features: Tensor, name: str | None = None) -> Any:
    """`max(features, 0)`.

    >>> tf.nn.relu([-1.0, 0.0, 2.0]).eval()
    array([0., 0., 2.], dtype=float32)
    """
    return features.sizes


@op("ReluGrad")
def _relu_grad(gradients: Tensor, features: Tensor, name: str | None = None) -> Any:
    return shapes.merge(gradients.sizes, features.sizes)


@op("Relu6")
def relu6(features: Tensor, name: str | None = None) -> Any:
    """`min(max(features, 0), 6)`.

    >>> tf.nn.relu6([-1.0, 2.0, 8.0]).eval()
    array([0., 2., 6.], dtype=float32)
    """
    return features.sizes


@op("Relu6Grad")
def _relu6_grad(gradients: Tensor, features: Tensor, name: str | None = None) -> Any:
    return shapes.merge(gradients.sizes, features.sizes)


@op("Elu")
def elu(features: Tensor, name: str | None = None) -> Any:
    """`exp(features) - 1` where `features` is negative, elsewhere `features`.

    >>> tf.nn.elu([0.0, 2.0]).eval()
    array([0., 2.], dtype=float32)
    """
    return features.sizes


@op("EluGrad")
def _elu_grad(gradients: Tensor, outputs: Tensor, name: str | None = None) -> Any:
    return shapes.merge(gradients.sizes, outputs.sizes)


@op("Softplus")
def softplus(features: Tensor, name: str | None = None) -> Any:
    """`log(exp(features) + 1)`.

    >>> tf.nn.softplus([0.0, 100.0]).eval()
    array([  0.6931472, 100.       ], dtype=float32)
    """
    return features.sizes


@op("SoftplusGrad")
def _softplus_grad(gradients: Tensor, features: Tensor, name: str | None = None) -> Any:
    return shapes.merge(gradients.sizes, features.sizes)


@op("Softsign")
def softsign(features: Tensor, name: str | None = None) -> Any:
    """`features / (abs(features) + 1)`.

    >>> tf.nn.softsign([-1.0, 0.0, 3.0]).eval()
    array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """
    return features.sizes


@op("SoftsignGrad")
def _softsign_grad(gradients: Tensor, features: Tensor, name: str | None = None) -> Any:
    return shapes.merge(gradients.sizes, features.sizes)


@op("L2Loss")
def l2_loss(t: Tensor, name: str | None = None) -> Any:
    """`sum(t ** 2) / 2`.

    >>> tf.nn.l2_loss([3.0, 4.0]).eval()
    12.5
    """
    return ()


# -- biases


def _biased(value: shapes.Sizes, bias: shapes.Sizes, data_format: str) -> shapes.Sizes:
    (channels,) = shapes.rank(bias, 1)
    if data_format == "NCHW":
        if value is not None and len(value) < 3:
            raise ValueError(f"Shape {shapes.text(value)} must have rank at least 3")
        axis = -3
    else:
        shapes.at_least(value, 2)
        axis = -1
    if value is None:
        return None
    known = list(value)
    known[axis] = shapes.same(known[axis], channels)
    return tuple(known)


@op("BiasAdd")
def _bias_add(value: Tensor, bias: Tensor, data_format: str | None = None, name: str | None = None) -> Any:
    return _biased(value.sizes, bias.sizes, data_format or "NHWC")


def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Tensor:
    """Adds a vector along the channels of `value`.

    >>> tf.nn.bias_add([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0]).eval()
    array([[11., 22.],
           [13., 24.]], dtype=float32)

    Args:
        value: of at least two dimensions, the last of which are the channels.
        bias: a vector with an element for each channel.
        data_format: "NHWC"; with "NCHW" the channels are the third dimension from the end.
        name: that of the operation.

    Raises ValueError when they are tensors of different types.
    """
    with op_scope([value, bias], name, "BiasAdd") as scope:
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype.base_dtype, name="bias")
        return _bias_add(value, bias, data_format=data_format, name=scope)


@op("BiasAddV1")
def _bias_add_v1(value: Tensor, bias: Tensor, name: str | None = None) -> Any:
    return _biased(value.sizes, bias.sizes, "NHWC")


def bias_add_v1(value: Any, bias: Any, name: str | None = None) -> Tensor:
    """`bias_add` as graphs recorded it before it knew a data format."""
    with op_scope([value, bias], name, "BiasAddV1") as scope:
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype.base_dtype, name="bias")
        return _bias_add_v1(value, bias, name=scope)


@op("BiasAddGrad")
def bias_add_grad(out_backprop: Tensor, data_format: str | None = None, name: str | None = None) -> Any:
    """The gradient of `bias_add` with respect to its bias: the sum over all dimensions but the channels."""
    sizes = shapes.at_least(out_backprop.sizes, 3 if data_format == "NCHW" else 2)
    return (None if sizes is None else sizes[-3 if data_format == "NCHW" else -1],)


# -- normalization across channels


@op("LRN")
def local_response_normalization(input: Tensor, depth_radius: int | None = None, bias: float | None = None,
                                 alpha: float | None = None, beta: float | None = None,
                                 name: str | None = None) -> Any:
    """Divides each element by `(bias + alpha * s) ** beta`, s the sum of the squares of the channels around it.

    >>> tf.nn.lrn([[[[3.0, 0.0]]]], depth_radius=1, bias=1.0, alpha=1.0, beta=0.5).eval()
    array([[[[0.94868326, 0.        ]]]], dtype=float32)

    Args:
        input: of shape [batch, height, width, channels].
        depth_radius: how many channels to each side count; 5 by default.
        bias, alpha, beta: 1, 1 and 0.5 by default.
    """
    return shapes.rank(input.sizes, 4)


lrn = local_response_normalization


@op("LRNGrad")
def _lrn_grad(input_grads: Tensor, input_image: Tensor, output_image: Tensor, depth_radius: int | None = None,
              bias: float | None = None, alpha: float | None = None, beta: float | None = None,
              name: str | None = None) -> Any:
    return shapes.merge(shapes.merge(shapes.rank(input_grads.sizes, 4), input_image.sizes), output_image.sizes)


@op("BatchNormWithGlobalNormalization")
def _batch_norm_with_global_normalization(t: Tensor, m: Tensor, v: Tensor, beta: Tensor, gamma: Tensor,
                                          variance_epsilon: float, scale_after_normalization: bool,
                                          name: str | None = None) -> Any:
    return _normalized(t, m, v, beta, gamma)


@op("BatchNormWithGlobalNormalizationGrad")
def _batch_norm_with_global_normalization_grad(t: Tensor, m: Tensor, v: Tensor, gamma: Tensor, backprop: Tensor,
                                               variance_epsilon: float, scale_after_normalization: bool,
                                               name: str | None = None) -> Any:
    sizes = shapes.merge(_normalized(t, m, v, gamma), backprop.sizes)
    return [sizes, *[sizes[-1:]] * 4]  # type: ignore[index]


def _normalized(t: Tensor, *vectors: Tensor) -> tuple:
    sizes = shapes.rank(t.sizes, 4)
    channels = sizes[3]
    for vector in vectors:
        channels = shapes.same(channels, shapes.rank(vector.sizes, 1)[0])
    return (*sizes[:3], channels)


# -- the largest


@op("InTopK")
def in_top_k(predictions: Tensor, targets: Tensor, k: int, name: str | None = None) -> Any:
    """For each row, whether its target is among the `k` classes with the largest predictions.

    >>> tf.nn.in_top_k([[0.1, 0.3, 0.6], [0.1, 0.3, 0.6]], [1, 0], 2).eval()
    array([ True, False])

    Args:
        predictions: of shape [batch, classes].
        targets: `batch` numbers of classes, int32 or int64.
        k: classes that share the k-th place all count.
    """
    return shapes.merge(shapes.rank(predictions.sizes, 2)[:1], shapes.rank(targets.sizes, 1))


@op("TopKV2")
def _top_kv2(input: Tensor, k: Tensor, sorted: bool | None = None, name: str | None = None) -> Any:
    return _largest(input.sizes, constant_value(k))


@op("TopK")
def _top_k(input: Tensor, k: int, sorted: bool | None = None, name: str | None = None) -> Any:
    return _largest(input.sizes, k)


def _largest(sizes: shapes.Sizes, k: Any) -> list[shapes.Sizes]:
    shapes.at_least(sizes, 1)
    last = None if sizes is None else sizes[-1]
    if k is not None and k < 0:
        raise ValueError(f"Need k >= 0, got {int(k)}")
    if last is not None and k is not None and last < k:
        raise ValueError(f"input.shape {shapes.text(sizes)} must have last dimension >= k = {int(k)}")
    result = None if sizes is None else (*sizes[:-1], None if k is None else int(k))
    return [result, result]


def top_k(input: Any, k: Any = 1, sorted: bool = True, name: str | None = None) -> Any:
    """The `k` largest elements along the last dimension, and their indices; of equal ones the first comes first.

    >>> values, indices = tf.nn.top_k([1.0, 5.0, 3.0], 2)
    >>> sess.run(indices)
    array([1, 2], dtype=int32)

    Args:
        input: a tensor of at least one dimension.
        k: how many, at most the size of the last dimension; a tensor if need be.
        sorted: False where the order does not matter; the smallest of them comes first then.

    Returns:
        `values` and `indices`.
    """
    return _top_kv2(input, k=k, sorted=sorted, name=name)
