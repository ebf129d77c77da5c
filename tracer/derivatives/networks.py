"""Convolutions, pooling, normalization, losses."""

from __future__ import annotations

from typing import Any

from tracer import dtypes
from tracer.derivatives.registry import UnsupportedError, attrs_of, derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, constants, math, reduction

_SLIDING = ("strides", "padding")
_CONVOLVED = (*_SLIDING, "use_cudnn_on_gpu", "data_format")
_POOLED = ("ksize", *_SLIDING)

# -- convolutions. Each is linear in both of its factors, and its gradients are convolutions again.


def _family(op: Operation) -> tuple[str, tuple[str, ...]]:
    """The name of the convolution that an operation belongs to, and its attributes."""
    name = op.type.partition("Backprop")[0]
    return name, _CONVOLVED if name == "Conv2D" else _SLIDING


@derivative("Conv2D", "DepthwiseConv2dNative")
def _convolution(op: Operation, grad: Tensor) -> Any:
    name, words = _family(op)
    attrs = attrs_of(op, *words)
    x, kernel = op.inputs
    return (raw(f"{name}BackpropInput", array.shape(x), kernel, grad, **attrs),
            raw(f"{name}BackpropFilter", x, array.shape(kernel), grad, **attrs))


@derivative("Conv2DBackpropInput", "DepthwiseConv2dNativeBackpropInput")
def _backprop_input(op: Operation, grad: Tensor) -> Any:
    name, words = _family(op)
    attrs = attrs_of(op, *words)
    _, kernel, before = op.inputs
    return (None, raw(f"{name}BackpropFilter", grad, array.shape(kernel), before, **attrs),
            raw(name, grad, kernel, **attrs))


@derivative("Conv2DBackpropFilter", "DepthwiseConv2dNativeBackpropFilter")
def _backprop_filter(op: Operation, grad: Tensor) -> Any:
    name, words = _family(op)
    attrs = attrs_of(op, *words)
    x, _, before = op.inputs
    return (raw(f"{name}BackpropInput", array.shape(x), grad, before, **attrs), None, raw(name, x, grad, **attrs))


@derivative("Conv3D")
def _conv3d(op: Operation, grad: Tensor) -> Any:
    attrs = attrs_of(op, *_SLIDING)
    return raw("Conv3DBackpropInput", *op.inputs, grad, **attrs), raw("Conv3DBackpropFilter", *op.inputs, grad, **attrs)


@derivative("Conv3DBackpropInput")
def _conv3d_backprop_input(op: Operation, grad: Tensor) -> Any:
    attrs = attrs_of(op, *_SLIDING)
    _, kernel, before = op.inputs
    return None, raw("Conv3DBackpropFilter", grad, kernel, before, **attrs), raw("Conv3D", grad, kernel, **attrs)


@derivative("Conv3DBackpropFilter")
def _conv3d_backprop_filter(op: Operation, grad: Tensor) -> Any:
    attrs = attrs_of(op, *_SLIDING)
    x, _, before = op.inputs
    return raw("Conv3DBackpropInput", x, grad, before, **attrs), None, raw("Conv3D", x, grad, **attrs)


# -- pooling


@derivative("MaxPool")
def _max_pool(op: Operation, grad: Tensor) -> Any:
    return raw("MaxPoolGrad", op.inputs[0], op.outputs[0], grad, **attrs_of(op, *_POOLED, "data_format"))


@derivative("FractionalMaxPool")
def _fractional_max_pool(op: Operation, grad: Tensor, rows_grad: Any, columns_grad: Any) -> Any:
    return raw("FractionalMaxPoolGrad", op.inputs[0], op.outputs[0], grad, *op.outputs[1:], **attrs_of(op, "overlapping"))


@derivative("FractionalAvgPool")
def _fractional_avg_pool(op: Operation, grad: Tensor, rows_grad: Any, columns_grad: Any) -> Any:
    return raw("FractionalAvgPoolGrad", array.shape(op.inputs[0], out_type=dtypes.int64), grad, *op.outputs[1:],
               **attrs_of(op, "overlapping"))


@derivative("MaxPool3D")
def _max_pool3d(op: Operation, grad: Tensor) -> Any:
    return raw("MaxPool3DGrad", op.inputs[0], op.outputs[0], grad, **attrs_of(op, *_POOLED))


@derivative("MaxPoolWithArgmax")
def _max_pool_with_argmax(op: Operation, grad: Tensor, places_grad: Any) -> Any:
    return raw("MaxPoolGradWithArgmax", op.inputs[0], grad, op.outputs[1], **attrs_of(op, *_POOLED))


@derivative("AvgPool")
def _avg_pool(op: Operation, grad: Tensor) -> Any:
    return raw("AvgPoolGrad", array.shape(op.inputs[0]), grad, **attrs_of(op, *_POOLED, "data_format"))


@derivative("AvgPool3D")
def _avg_pool3d(op: Operation, grad: Tensor) -> Any:
    return raw("AvgPool3DGrad", array.shape(op.inputs[0]), grad, **attrs_of(op, *_POOLED))


@derivative("AvgPoolGrad")
def _avg_pool_grad(op: Operation, grad: Tensor) -> Any:
    return None, raw("AvgPool", grad, **attrs_of(op, *_POOLED, "data_format"))


@derivative("AvgPool3DGrad")
def _avg_pool3d_grad(op: Operation, grad: Tensor) -> Any:
    return None, raw("AvgPool3D", grad, **attrs_of(op, *_POOLED))


# -- biases


@derivative("BiasAdd")
def _bias_add(op: Operation, grad: Tensor) -> Any:
    return grad, raw("BiasAddGrad", grad, **attrs_of(op, "data_format"))


@derivative("BiasAddGrad")
def _bias_add_grad(op: Operation, grad: Tensor) -> Any:
    return raw("BiasAdd", constants.zeros_like(op.inputs[0]), grad, **attrs_of(op, "data_format"))


@derivative("BiasAddV1")
def _bias_add_v1(op: Operation, grad: Tensor) -> Any:
    return grad, _but_last(grad)


def _but_last(x: Tensor) -> Tensor:
    """The sums over all dimensions but the last."""
    return reduction.reduce_sum(x, constants.range(0, array.rank(x) - 1))


# -- normalization


@derivative("LRN")
def _lrn(op: Operation, grad: Tensor) -> Any:
    words = ("depth_radius", "bias", "alpha", "beta")
    return raw("LRNGrad", grad, op.inputs[0], op.outputs[0], **attrs_of(op, *words))


@derivative("BatchNormWithGlobalNormalization")
def _batch_norm(op: Operation, grad: Tensor) -> Any:
    """By its formula: graphs of 0.8 may hold the operation's own gradient no more."""
    x, mean, variance, _, gamma = op.inputs
    scale = math.rsqrt(variance + op.attrs["variance_epsilon"])
    scaled = scale * gamma if op.attrs["scale_after_normalization"] else scale
    centred = x - mean
    of_beta, along = _but_last(grad), _but_last(grad * centred)
    of_variance = -0.5 * along * scaled * math.square(scale)
    of_gamma = along * scale if op.attrs["scale_after_normalization"] else constants.zeros_like(gamma)
    return grad * scaled, math.neg(of_beta * scaled), of_variance, of_beta, of_gamma


@derivative("FusedBatchNorm", "FusedBatchNormV2")
def _fused_batch_norm(op: Operation, grad: Tensor, *others: Any) -> Any:
    """By its formula, in float32; of the first output only."""
    if op.attrs["data_format"] != "NHWC":
        raise UnsupportedError(op, "in the order NCHW")
    x, scale = op.inputs[:2]
    wide, grad_wide = (raw("Cast", tensor, DstT=scale.dtype.base_dtype) for tensor in (x, grad))
    of_offset = reduction.reduce_sum(grad_wide, [0, 1, 2])
    if op.attrs["is_training"]:
        mean = reduction.reduce_mean(wide, [0, 1, 2])
        variance = reduction.reduce_mean(math.squared_difference(wide, mean), [0, 1, 2])
    else:
        mean, variance = op.inputs[3:5]
    slope = math.rsqrt(variance + op.attrs["epsilon"])
    normal = (wide - mean) * slope
    of_scale = reduction.reduce_sum(grad_wide * normal, [0, 1, 2])
    centred = grad_wide
    if op.attrs["is_training"]:
        centred = grad_wide - reduction.reduce_mean(grad_wide, [0, 1, 2]) - normal * reduction.reduce_mean(
            grad_wide * normal, [0, 1, 2])
    of_x = raw("Cast", centred * (scale * slope), DstT=x.dtype.base_dtype)
    rest = [None, None] if op.attrs["is_training"] else [
        math.neg(of_offset * scale * slope), -0.5 * of_scale * scale * math.square(slope)]
    return [of_x, of_scale, of_offset, *rest]


# -- losses and what they are made of


def _along_last(x: Tensor) -> Tensor:
    """The sums over the last dimension, which stays."""
    axis = array.expand_dims(array.rank(x) - 1, 0) if x.sizes is None else [len(x.sizes) - 1]
    return reduction.reduce_sum(x, axis, keep_dims=True)


@derivative("Softmax")
def _softmax(op: Operation, grad: Tensor) -> Any:
    y = op.outputs[0]
    return (grad - _along_last(grad * y)) * y


@derivative("LogSoftmax")
def _log_softmax(op: Operation, grad: Tensor) -> Any:
    return grad - _along_last(grad) * math.exp(op.outputs[0])


@derivative("SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits")
def _cross_entropy(op: Operation, grad: Tensor, _: Tensor) -> Any:
    return array.expand_dims(grad, -1) * op.outputs[1]


@derivative("CTCLoss")
def _ctc_loss(op: Operation, grad: Tensor, _: Tensor) -> Any:
    """The operation has its gradient for each time, batch and class beside it."""
    return array.reshape(grad, [1, -1, 1]) * op.outputs[1]


# -- images


@derivative("ResizeBilinear")
def _resize_bilinear(op: Operation, grad: Tensor) -> Any:
    return raw("ResizeBilinearGrad", grad, op.inputs[0], **attrs_of(op, "align_corners"))


@derivative("ResizeNearestNeighbor")
def _resize_nearest_neighbor(op: Operation, grad: Tensor) -> Any:
    size = array.slice(array.shape(op.inputs[0]), [1], [2])
    return raw("ResizeNearestNeighborGrad", grad, size, **attrs_of(op, "align_corners"))
