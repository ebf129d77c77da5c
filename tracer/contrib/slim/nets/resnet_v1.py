"""Residual networks (arXiv:1512.03385): each unit adds to what it is given, then takes relu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.framework.arg_scope import add_arg_scope, arg_scope
from tracer.contrib.layers import layers, utils
from tracer.contrib.slim.nets import resnet_utils
from tracer.contrib.slim.nets.resnet_utils import resnet_arg_scope as resnet_arg_scope
from tracer.ops import nn, reduction
from tracer.variable_scope import variable_op_scope


@add_arg_scope
def bottleneck(inputs: Any, depth: int, depth_bottleneck: int, stride: int, rate: int = 1,
               outputs_collections: Any = None, scope: Any = None) -> Any:
    """A unit of three convolutions, the middle one narrower.

    Args:
        inputs: of shape [batch, height, width, channels].
        depth, depth_bottleneck: the channels of the result, and of the convolutions inside.
        stride: by what the image shrinks.
        rate: how many pixels the taps of the middle filter lie apart.
        outputs_collections: to which the result is added.
        scope: the variable scope.
    """
    with variable_op_scope([inputs], scope, "bottleneck_v1") as opened:
        if depth == utils.last_dimension(inputs.get_shape(), min_rank=4):
            shortcut = resnet_utils.subsample(inputs, stride, "shortcut")
        else:
            shortcut = layers.conv2d(inputs, depth, [1, 1], stride=stride, activation_fn=None, scope="shortcut")
        residual = layers.conv2d(inputs, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        residual = resnet_utils.conv2d_same(residual, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        residual = layers.conv2d(residual, depth, [1, 1], stride=1, activation_fn=None, scope="conv3")
        return utils.collect_named_outputs(outputs_collections, opened.name, nn.relu(shortcut + residual))


def resnet_v1(inputs: Any, blocks: Any, num_classes: int | None = None, global_pool: bool = True,
              output_stride: int | None = None, include_root_block: bool = True, reuse: bool | None = None,
              scope: Any = None) -> tuple[Any, dict[str, Any]]:
    """A network of `blocks`: its output, and those of all its layers by name.

    Args:
        inputs: images of shape [batch, height, width, channels].
        blocks: a list of `resnet_utils.Block`.
        num_classes: how many logits; None for features.
        global_pool: whether to take the mean over the image.
        output_stride: by what the image may shrink, a multiple of 4; from there on filters widen instead.
        include_root_block: whether the first two layers, which shrink the image by four, come before the blocks.
        reuse: whether the variables must be there already.
        scope: the variable scope.
    """
    with variable_op_scope([inputs], scope, "resnet_v1", reuse=reuse) as opened:
        collection = f"{opened.original_name_scope}_end_points"
        with arg_scope([layers.conv2d, bottleneck, resnet_utils.stack_blocks_dense], outputs_collections=collection):
            net = inputs
            if include_root_block:
                output_stride = resnet_utils.root_stride(output_stride)
                net = resnet_utils.conv2d_same(net, 64, 7, stride=2, scope="conv1")
                net = layers.max_pool2d(net, [3, 3], stride=2, scope="pool1")
            net = resnet_utils.stack_blocks_dense(net, blocks, output_stride)
            if global_pool:
                net = reduction.reduce_mean(net, [1, 2], keep_dims=True, name="pool5")
            if num_classes is not None:
                net = layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="logits")
            ends = utils.convert_collection_to_dict(collection)
            if num_classes is not None:
                ends["predictions"] = layers.softmax(net, scope="predictions")
            return net, ends


def _network(name: str, units: tuple[int, ...]) -> Callable[..., Any]:
    def network(inputs: Any, num_classes: int | None = None, global_pool: bool = True,
                output_stride: int | None = None, reuse: bool | None = None,
                scope: Any = name) -> tuple[Any, dict[str, Any]]:
        """The network of that depth. The arguments are those of `resnet_v1`."""
        return resnet_v1(inputs, resnet_utils.bottleneck_blocks(bottleneck, units), num_classes, global_pool,
                         output_stride, include_root_block=True, reuse=reuse, scope=scope)

    network.__name__ = network.__qualname__ = name
    return network


resnet_v1_50 = _network("resnet_v1_50", (3, 4, 6, 3))
resnet_v1_101 = _network("resnet_v1_101", (3, 4, 23, 3))
resnet_v1_152 = _network("resnet_v1_152", (3, 8, 36, 3))
resnet_v1_200 = _network("resnet_v1_200", (3, 24, 36, 3))
