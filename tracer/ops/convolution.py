"""Convolutions of images and volumes, and the operations that carry their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer import shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.scopes import op_scope
from tracer.static import constant_sizes


def spatial_axes(rank: int, data_format: str = "NHWC") -> tuple[int, ...]:
    """The axes of an input that are neither batch nor depth."""
    return tuple(range(2, rank)) if data_format == "NCHW" else tuple(range(1, rank - 1))


def _sliding(strides: Sequence[int], rank: int, data_format: str = "NHWC") -> list[int]:
    """The strides along the spatial axes, after a check that the others are 1."""
    if len(strides) != rank:
        raise ValueError(f"Sliding window strides field must specify {rank} dimensions")
    axes = spatial_axes(rank, data_format)
    if any(stride != 1 for axis, stride in enumerate(strides) if axis not in axes):
        raise ValueError("Current implementation does not yet support strides in the batch and depth dimensions.")
    return [strides[axis] for axis in axes]


def _convolved(input: shapes.Sizes, filter: shapes.Sizes, strides: Sequence[int], padding: str, rank: int,
               data_format: str = "NHWC") -> tuple:
    """Batch, spatial sizes of the result, depth of the input as the filter has it, and the filter's last size."""
    places = _sliding(strides, rank, data_format)
    sizes, taps = shapes.rank(input, rank), shapes.rank(filter, rank)
    shapes.same(sizes[1 if data_format == "NCHW" else rank - 1], taps[-2])
    windows = [shapes.window(sizes[axis], taps[i], places[i], padding)
               for i, axis in enumerate(spatial_axes(rank, data_format))]
    return sizes[0], windows, taps[-2], taps[-1]


def _arranged(batch: Any, spatial: Any, depth: Any, data_format: str = "NHWC") -> tuple:
    return (batch, depth, *spatial) if data_format == "NCHW" else (batch, *spatial, depth)


@op("Conv2D")
def conv2d(input: Tensor, filter: Tensor, strides: Any, padding: Any, use_cudnn_on_gpu: bool | None = None,
           data_format: str | None = None, name: str | None = None) -> Any:
    """Slides `filter` over the images of `input` and sums the products at each place.

    >>> x = tf.reshape(tf.range(9.0), [1, 3, 3, 1])
    >>> tf.nn.conv2d(x, tf.ones([2, 2, 1, 1]), [1, 1, 1, 1], "VALID").eval()[0, :, :, 0]
    array([[ 8., 12.],
           [20., 24.]], dtype=float32)

    Args:
        input: of shape [batch, height, width, depth].
        filter: of shape [height, width, depth, channels].
        strides: four ints, one for each dimension of `input`; those of batch and depth are 1.
        padding: "SAME" (the border is padded with zeros, the odd one at the bottom and right) or "VALID".
        use_cudnn_on_gpu: accepted; XLA chooses.
        data_format: "NHWC", or "NCHW" for images of shape [batch, depth, height, width].
    """
    batch, windows, _, channels = _convolved(input.sizes, filter.sizes, strides, padding, 4, data_format or "NHWC")
    return _arranged(batch, windows, channels, data_format or "NHWC")


@op("Conv2DBackpropInput")
def conv2d_backprop_input(input_sizes: Tensor, filter: Tensor, out_backprop: Tensor, strides: Any, padding: Any,
                          use_cudnn_on_gpu: bool | None = None, data_format: str | None = None,
                          name: str | None = None) -> Any:
    """The gradient of `conv2d` with respect to its input, whose shape is `input_sizes`."""
    return shapes.rank(constant_sizes(input_sizes), 4)


@op("Conv2DBackpropFilter")
def conv2d_backprop_filter(input: Tensor, filter_sizes: Tensor, out_backprop: Tensor, strides: Any, padding: Any,
                           use_cudnn_on_gpu: bool | None = None, data_format: str | None = None,
                           name: str | None = None) -> Any:
    """The gradient of `conv2d` with respect to its filter, whose shape is `filter_sizes`."""
    return shapes.rank(constant_sizes(filter_sizes), 4)


def conv2d_transpose(value: Any, filter: Any, output_shape: Any, strides: Any, padding: str = "SAME",
                     name: str | None = None, data_format: str = "NHWC") -> Tensor:
    """The gradient of `conv2d` as an operation of its own: spreads `value` to images of shape `output_shape`.

    >>> tf.nn.conv2d_transpose(tf.ones([1, 2, 2, 1]), tf.ones([2, 2, 1, 1]), [1, 3, 3, 1], [1, 1, 1, 1],
    ...                        "VALID").eval()[0, :, :, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]], dtype=float32)

    Args:
        value: of shape [batch, height, width, channels].
        filter: of shape [height, width, depth, channels]: depth is that of the result.
        output_shape: four ints, or a tensor of them.
        strides, padding: those of the convolution of which this is the gradient.
        data_format: "NHWC", or, from 0.12 on, "NCHW" where the channels come second.
    """
    if data_format not in ("NHWC", "NCHW"):
        raise ValueError("data_format has to be either NCHW or NHWC.")
    at = data_format.index("C")
    with op_scope([value, filter, output_shape], name, "conv2d_transpose") as scope:
        value = convert_to_tensor(value, name="value")
        filter = convert_to_tensor(filter, name="filter")
        channels, taken = shapes.rank(value.sizes, 4)[at], shapes.rank(filter.sizes, 4)[3]
        if channels is not None and taken is not None and channels != taken:
            raise ValueError(f"input channels does not match filter's input channels, {channels} != {taken}")
        wanted = convert_to_tensor(output_shape, name="output_shape")
        if wanted.sizes is not None and wanted.sizes not in ((4,), (None,)):
            raise ValueError(f"output_shape must have shape (4,), got {shapes.text(wanted.sizes)}")
        depth, made = (constant_sizes(wanted) or (None,) * 4)[at], shapes.rank(filter.sizes, 4)[2]
        if depth is not None and made is not None and depth != made:
            raise ValueError(f"output_shape does not match filter's output channels, {depth} != {made}")
        if padding not in ("VALID", "SAME"):
            raise ValueError(f"padding must be either VALID or SAME: {padding}")
        return conv2d_backprop_input(input_sizes=wanted, filter=filter, out_backprop=value, strides=strides,
                                     padding=padding, data_format=data_format, name=scope)


# -- one filter for each channel


@op("DepthwiseConv2dNative")
def depthwise_conv2d_native(input: Tensor, filter: Tensor, strides: Any, padding: Any, name: str | None = None) -> Any:
    """Convolves each channel of `input` with filters of its own and joins the results.

    >>> x = tf.constant([[[[1.0, 10.0]]]])
    >>> tf.nn.depthwise_conv2d_native(x, [[[[2.0, 3.0], [4.0, 5.0]]]], [1, 1, 1, 1], "SAME").eval()
    array([[[[ 2.,  3., 40., 50.]]]], dtype=float32)

    Args:
        input: of shape [batch, height, width, depth].
        filter: of shape [height, width, depth, multiplier]; the result has depth * multiplier channels.
        strides: four ints, equal for height and width, 1 for batch and depth.
        padding: "SAME" or "VALID".
    """
    if len(strides) == 4 and strides[1] != strides[2]:
        raise ValueError("Current implementation only supports equal length strides in the row and column dimensions.")
    batch, windows, depth, multiplier = _convolved(input.sizes, filter.sizes, strides, padding, 4)
    if depth is None and input.sizes is not None:
        depth = input.sizes[3]
    return (batch, *windows, None if depth is None or multiplier is None else depth * multiplier)


@op("DepthwiseConv2dNativeBackpropInput")
def depthwise_conv2d_native_backprop_input(input_sizes: Tensor, filter: Tensor, out_backprop: Tensor, strides: Any,
                                           padding: Any, name: str | None = None) -> Any:
    """The gradient of `depthwise_conv2d_native` with respect to its input, whose shape is `input_sizes`."""
    return shapes.rank(constant_sizes(input_sizes), 4)


@op("DepthwiseConv2dNativeBackpropFilter")
def depthwise_conv2d_native_backprop_filter(input: Tensor, filter_sizes: Tensor, out_backprop: Tensor, strides: Any,
                                            padding: Any, name: str | None = None) -> Any:
    """The gradient of `depthwise_conv2d_native` with respect to its filter, whose shape is `filter_sizes`."""
    return shapes.rank(constant_sizes(filter_sizes), 4)


def depthwise_conv2d(input: Any, filter: Any, strides: Any, padding: str, name: str | None = None) -> Tensor:
    """`depthwise_conv2d_native`, and `conv2d` for images of one channel, which is the same.

    >>> tf.nn.depthwise_conv2d([[[[1.0, 10.0]]]], [[[[2.0], [4.0]]]], [1, 1, 1, 1], "SAME").eval()
    array([[[[ 2., 40.]]]], dtype=float32)
    """
    with op_scope([input, filter], name, "depthwise") as scope:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")
        depth = shapes.rank(filter.sizes, 4)[2]
        if depth is None:
            depth = shapes.rank(input.sizes, 4)[3]
        if depth == 1:
            return conv2d(input, filter, strides, padding, name=scope)
        return depthwise_conv2d_native(input, filter, strides, padding, name=scope)


def separable_conv2d(input: Any, depthwise_filter: Any, pointwise_filter: Any, strides: Any, padding: str,
                     name: str | None = None) -> Tensor:
    """A depthwise convolution, whose channels a convolution of size 1 x 1 mixes.

    >>> tf.nn.separable_conv2d([[[[1.0]]]], [[[[2.0]]]], [[[[3.0, 4.0]]]], [1, 1, 1, 1], "SAME").eval()
    array([[[[6., 8.]]]], dtype=float32)

    Args:
        input: of shape [batch, height, width, depth].
        depthwise_filter: of shape [height, width, depth, multiplier].
        pointwise_filter: of shape [1, 1, depth * multiplier, channels], with no fewer channels than go in.
        strides: of the depthwise convolution.
        padding: "SAME" or "VALID".
    """
    with op_scope([input, depthwise_filter, pointwise_filter], name, "separable_conv2d") as scope:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        pointwise = shapes.rank(pointwise_filter.sizes, 4)
        depthwise = shapes.rank(depthwise_filter.sizes, 4)
        for size in pointwise[:2]:
            if size not in (1, None):
                raise ValueError(f"The pointwise filter must be of size 1 x 1, not {shapes.text(pointwise)}")
        channels = pointwise[3]
        mixed = None if None in depthwise[2:] else depthwise[2] * depthwise[3]  # type: ignore[operator]
        if channels is not None and mixed is not None and mixed > channels:
            # 0.8 asserted that the channels become more; later versions let them stay as many.
            raise ValueError("Refusing to perform an overparameterized separable convolution: channel_multiplier * "
                             f"in_channels = {depthwise[3]} * {depthwise[2]} = {mixed} > {channels} = out_channels")
        each = depthwise_conv2d(input, depthwise_filter, strides, padding, name="depthwise")
        return conv2d(each, pointwise_filter, [1, 1, 1, 1], "VALID", name=scope)


# -- volumes


@op("Conv3D")
def conv3d(input: Tensor, filter: Tensor, strides: Any, padding: Any, name: str | None = None) -> Any:
    """Slides `filter` over the volumes of `input` and sums the products at each place.

    >>> tf.nn.conv3d(tf.ones([1, 2, 2, 2, 1]), tf.ones([2, 2, 2, 1, 1]), [1, 1, 1, 1, 1], "VALID").eval()
    array([[[[[8.]]]]], dtype=float32)

    Args:
        input: of shape [batch, planes, height, width, depth].
        filter: of shape [planes, height, width, depth, channels].
        strides: five ints; those of batch and depth are 1.
        padding: "SAME" or "VALID".
    """
    batch, windows, _, channels = _convolved(input.sizes, filter.sizes, strides, padding, 5)
    return (batch, *windows, channels)


@op("Conv3DBackpropInput")
def conv3d_backprop_input(input: Tensor, filter: Tensor, out_backprop: Tensor, strides: Any, padding: Any,
                          name: str | None = None) -> Any:
    """The gradient of `conv3d` with respect to its input."""
    return shapes.rank(input.sizes, 5)


@op("Conv3DBackpropFilter")
def conv3d_backprop_filter(input: Tensor, filter: Tensor, out_backprop: Tensor, strides: Any, padding: Any,
                           name: str | None = None) -> Any:
    """The gradient of `conv3d` with respect to its filter."""
    return shapes.rank(filter.sizes, 5)
