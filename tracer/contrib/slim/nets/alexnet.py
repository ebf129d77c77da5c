"""AlexNet in its second version (arXiv:1404.5997), for images of 224 by 224."""

from __future__ import annotations

from typing import Any

from tracer.contrib.framework.arg_scope import arg_scope
from tracer.contrib.layers import layers, utils
from tracer.contrib.slim.nets import parts
from tracer.contrib.slim.nets.parts import trunc_normal as trunc_normal
from tracer.initializers import constant_initializer
from tracer.variable_scope import variable_op_scope


def alexnet_v2_arg_scope(weight_decay: float = 0.0005) -> Any:
    """The defaults it was trained with."""
    with parts.regularized(weight_decay, biases_initializer=constant_initializer(0.1)), \
            arg_scope([layers.conv2d], padding="SAME"), arg_scope([layers.max_pool2d], padding="VALID") as scope:
        return scope


def alexnet_v2(inputs: Any, num_classes: int = 1000, is_training: bool = True, dropout_keep_prob: float = 0.5,
               spatial_squeeze: bool = True, scope: Any = "alexnet_v2") -> tuple[Any, dict[str, Any]]:
    """The logits, and the outputs of every layer by name.

    Args:
        inputs: images of shape [batch, height, width, channels].
        num_classes: how many logits.
        is_training: whether the dropout layers drop.
        dropout_keep_prob: what they keep.
        spatial_squeeze: whether logits of shape [batch, 1, 1, num_classes] lose the dimensions of size 1.
        scope: the variable scope.
    """
    with variable_op_scope([inputs], scope, "alexnet_v2") as opened:
        collection = f"{opened.original_name_scope}_end_points"
        with arg_scope([layers.conv2d, layers.fully_connected, layers.max_pool2d], outputs_collections=[collection]):
            net = layers.conv2d(inputs, 64, [11, 11], 4, padding="VALID", scope="conv1")
            net = layers.max_pool2d(net, [3, 3], 2, scope="pool1")
            net = layers.conv2d(net, 192, [5, 5], scope="conv2")
            net = layers.max_pool2d(net, [3, 3], 2, scope="pool2")
            for at, depth in ((3, 384), (4, 384), (5, 256)):
                net = layers.conv2d(net, depth, [3, 3], scope=f"conv{at}")
            net = layers.max_pool2d(net, [3, 3], 2, scope="pool5")
            net = parts.head(net, (4096, 4096), [5, 5], num_classes, is_training, dropout_keep_prob, trunc_normal(0.005))
        return parts.squeezed(net, spatial_squeeze, opened.name, utils.convert_collection_to_dict(collection))


alexnet_v2.default_image_size = 224  # type: ignore[attr-defined]
