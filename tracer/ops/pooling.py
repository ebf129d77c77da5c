"""Pooling over windows, and the operations that carry its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer import shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.convolution import spatial_axes
from tracer.scopes import op_scope
from tracer.static import constant_sizes


def _windows(ksize: Sequence[int], strides: Sequence[int], rank: int) -> None:
    """Checks the windows' own sizes."""
    if len(ksize) != rank:
        raise ValueError(f"Sliding window ksize field must specify {rank} dimensions")
    if len(strides) != rank:
        raise ValueError(f"Sliding window strides field must specify {rank} dimensions")


def _pooled(sizes: shapes.Sizes, ksize: Sequence[int], strides: Sequence[int], padding: str, rank: int,
            data_format: str = "NHWC") -> tuple:
    """The shape after pooling over the spatial axes."""
    _windows(ksize, strides, rank)
    axes = spatial_axes(rank, data_format)
    if any(ksize[axis] != 1 or strides[axis] != 1 for axis in range(rank) if axis not in axes):
        raise ValueError("Current implementation does not support pooling or strides in the batch and depth "
                         "dimensions.")
    known = shapes.rank(sizes, rank)
    return tuple(shapes.window(size, ksize[axis], strides[axis], padding) if axis in axes else size
                 for axis, size in enumerate(known))


def _max_pooled(sizes: shapes.Sizes, ksize: Sequence[int], strides: Sequence[int], padding: str,
                data_format: str) -> tuple:
    """The shape after pooling over the images, or over the depth."""
    _windows(ksize, strides, 4)
    depth = 1 if data_format == "NCHW" else 3
    known = shapes.rank(sizes, 4)
    if ksize[0] != 1 or strides[0] != 1:
        raise ValueError("Current implementation does not support pooling or strides in the batch dimension.")
    if ksize[depth] == 1:
        return tuple(
            shapes.window(size, ksize[axis], strides[axis], padding) if axis not in (0, depth) else size
            for axis, size in enumerate(known))
    if any(ksize[axis] != 1 for axis in range(4) if axis != depth):
        raise ValueError("MaxPooling supports exactly one of pooling across depth or pooling across width/height.")
    if ksize[depth] != strides[depth]:
        raise ValueError("Depthwise max pooling requires the depth window to equal the depth stride")
    size = known[depth]
    if size is not None and size % ksize[depth]:
        raise ValueError("Depthwise max pooling requires the depth window to evenly divide the input depth")
    return tuple(None if size is None else size // ksize[depth] if axis == depth else size
                 for axis, size in enumerate(known))


@op("MaxPool")
def _max_pool(input: Tensor, ksize: Any, strides: Any, padding: Any, data_format: str | None = None,
              name: str | None = None) -> Any:
    return _max_pooled(input.sizes, ksize, strides, padding, data_format or "NHWC")


def max_pool(value: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC",
             name: str | None = None) -> Tensor:
    """The largest element of each window.

    >>> x = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
    >>> tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME").eval()[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)

    Args:
        value: of shape [batch, height, width, channels].
        ksize: the window's size along each dimension of `value`.
        strides: the distance between windows along each dimension.
        padding: "SAME" (windows may reach over the border) or "VALID".
        data_format: "NHWC", or "NCHW" for values of shape [batch, channels, height, width].
    """
    with op_scope([value], name, "MaxPool") as scope:
        value = convert_to_tensor(value, name="input")
        return _max_pool(value, ksize, strides, padding, data_format, name=scope)


@op("MaxPoolGrad")
def _max_pool_grad(orig_input: Tensor, orig_output: Tensor, grad: Tensor, ksize: Any, strides: Any, padding: Any,
                   data_format: str | None = None, name: str | None = None) -> Any:
    return shapes.rank(orig_input.sizes, 4)


@op("MaxPoolWithArgmax")
def max_pool_with_argmax(input: Tensor, ksize: Any, strides: Any, padding: Any, Targmax: Any = None,
                         name: str | None = None) -> Any:
    """The largest element of each window, and where in its image it is.

    >>> largest, where = tf.nn.max_pool_with_argmax([[[[1.0], [3.0]]]], [1, 1, 2, 1], [1, 1, 2, 1], "SAME")
    >>> sess.run(where)
    array([[[[1]]]])

    Returns:
        The maxima, and for each its index in its image, `(y * width + x) * channels + channel`.
    """
    return [_max_pooled(input.sizes, ksize, strides, padding, "NHWC")] * 2


@op("MaxPoolGradWithArgmax")
def _max_pool_grad_with_argmax(input: Tensor, grad: Tensor, argmax: Tensor, ksize: Any, strides: Any, padding: Any,
                               name: str | None = None) -> Any:
    return shapes.rank(input.sizes, 4)


@op("AvgPool")
def _avg_pool(value: Tensor, ksize: Any, strides: Any, padding: Any, data_format: str | None = None,
              name: str | None = None) -> Any:
    return _pooled(value.sizes, ksize, strides, padding, 4, data_format or "NHWC")


def avg_pool(value: Any, ksize: Any, strides: Any, padding: str, data_format: str = "NHWC",
             name: str | None = None) -> Tensor:
    """The mean of each window; what reaches over the border counts for nothing.

    >>> x = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
    >>> tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME").eval()[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]], dtype=float32)

    Args:
        value: of shape [batch, height, width, channels].
        ksize: the window's size along each dimension of `value`.
        strides: the distance between windows along each dimension.
        padding: "SAME" or "VALID".
        data_format: "NHWC", or "NCHW" for values of shape [batch, channels, height, width].
    """
    with op_scope([value], name, "AvgPool") as scope:
        value = convert_to_tensor(value, name="input")
        return _avg_pool(value, ksize, strides, padding, data_format, name=scope)


@op("AvgPoolGrad")
def _avg_pool_grad(orig_input_shape: Tensor, grad: Tensor, ksize: Any, strides: Any, padding: Any,
                   data_format: str | None = None, name: str | None = None) -> Any:
    return shapes.rank(constant_sizes(orig_input_shape), 4)


# -- volumes


@op("MaxPool3D")
def max_pool3d(input: Tensor, ksize: Any, strides: Any, padding: Any, name: str | None = None) -> Any:
    """The largest element of each window of volumes of shape [batch, planes, height, width, channels].

    >>> tf.nn.max_pool3d(tf.reshape(tf.range(8.0), [1, 2, 2, 2, 1]), [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "SAME").eval()
    array([[[[[7.]]]]], dtype=float32)
    """
    return _pooled(input.sizes, ksize, strides, padding, 5)


@op("MaxPool3DGrad")
def max_pool3d_grad(orig_input: Tensor, orig_output: Tensor, grad: Tensor, ksize: Any, strides: Any, padding: Any,
                    name: str | None = None) -> Any:
    """The gradient of `max_pool3d`: every element that equals its window's maximum gets all of it."""
    return shapes.rank(orig_input.sizes, 5)


@op("AvgPool3D")
def avg_pool3d(input: Tensor, ksize: Any, strides: Any, padding: Any, name: str | None = None) -> Any:
    """The mean of each window of volumes of shape [batch, planes, height, width, channels].

    >>> tf.nn.avg_pool3d(tf.reshape(tf.range(8.0), [1, 2, 2, 2, 1]), [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "SAME").eval()
    array([[[[[3.5]]]]], dtype=float32)
    """
    return _pooled(input.sizes, ksize, strides, padding, 5)


@op("AvgPool3DGrad")
def avg_pool3d_grad(orig_input_shape: Tensor, grad: Tensor, ksize: Any, strides: Any, padding: Any,
                    name: str | None = None) -> Any:
    """The gradient of `avg_pool3d` for volumes of shape `orig_input_shape`."""
    return shapes.rank(constant_sizes(orig_input_shape), 5)
