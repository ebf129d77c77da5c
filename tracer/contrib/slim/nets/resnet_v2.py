"""Residual networks whose units normalize first (arXiv:1603.05027), and add to what they are given."""

from __future__ import annotations

from typing import Any

from tracer.contrib.framework.arg_scope import add_arg_scope, arg_scope
from tracer.contrib.layers import layers, utils
from tracer.contrib.slim.nets import resnet_utils
from tracer.contrib.slim.nets.resnet_utils import resnet_arg_scope as resnet_arg_scope
from tracer.ops import nn
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
    with variable_op_scope([inputs], scope, "bottleneck_v2") as opened:
        preact = layers.batch_norm(inputs, activation_fn=nn.relu, scope="preact")
        if depth == utils.last_dimension(inputs.get_shape(), min_rank=4):
            shortcut = resnet_utils.subsample(inputs, stride, "shortcut")
        else:
            shortcut = layers.conv2d(preact, depth, [1, 1], stride=stride, normalizer_fn=None, activation_fn=None,
                                     scope="shortcut")
        residual = layers.conv2d(preact, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        residual = resnet_utils.conv2d_same(residual, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        residual = layers.conv2d(residual, depth, [1, 1], stride=1, normalizer_fn=None, activation_fn=None,
                                 scope="conv3")
        return utils.collect_named_outputs(outputs_collections, opened.name, shortcut + residual)


def resnet_v2(inputs: Any, blocks: Any, num_classes: int | None = None, global_pool: bool = True,
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
    return resnet_utils.residual(
        inputs, blocks, bottleneck, _first, _last, "resnet_v2", num_classes, global_pool, output_stride,
        include_root_block, reuse, scope)


def _first(images: Any) -> Any:
    with arg_scope([layers.conv2d], activation_fn=None, normalizer_fn=None):
        return resnet_utils.conv2d_same(images, 64, 7, stride=2, scope="conv1")


def _last(net: Any) -> Any:
    return layers.batch_norm(net, activation_fn=nn.relu, scope="postnorm")


resnet_v2_50 = resnet_utils.of_depth(resnet_v2, bottleneck, "resnet_v2_50", (3, 4, 6, 3))
resnet_v2_101 = resnet_utils.of_depth(resnet_v2, bottleneck, "resnet_v2_101", (3, 4, 23, 3))
resnet_v2_152 = resnet_utils.of_depth(resnet_v2, bottleneck, "resnet_v2_152", (3, 8, 36, 3))
resnet_v2_200 = resnet_utils.of_depth(resnet_v2, bottleneck, "resnet_v2_200", (3, 24, 36, 3))
