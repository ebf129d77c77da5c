"""OverFeat, its fast model (arXiv:1312.6229), for images of 231 by 231."""

from __future__ import annotations

from typing import Any

from tracer.contrib.framework.arg_scope import arg_scope
from tracer.contrib.layers import layers, utils
from tracer.contrib.slim.nets import parts
from tracer.contrib.slim.nets.parts import trunc_normal as trunc_normal
from tracer.initializers import zeros_initializer
from tracer.variable_scope import variable_op_scope


def overfeat_arg_scope(weight_decay: float = 0.0005) -> Any:
    """The defaults it was trained with."""
    with parts.regularized(weight_decay, biases_initializer=zeros_initializer), \
            arg_scope([layers.conv2d], padding="SAME"), arg_scope([layers.max_pool2d], padding="VALID") as scope:
        return scope


def overfeat(inputs: Any, num_classes: int = 1000, is_training: bool = True, dropout_keep_prob: float = 0.5,
             spatial_squeeze: bool = True, scope: Any = "overfeat") -> tuple[Any, dict[str, Any]]:
    """The logits, and the outputs of every layer by name. The arguments are those of `alexnet_v2`."""
    with variable_op_scope([inputs], scope, "overfeat") as opened:
        collection = f"{opened.name}_end_points"
        with arg_scope([layers.conv2d, layers.fully_connected, layers.max_pool2d], outputs_collections=[collection]):
            net = layers.conv2d(inputs, 64, [11, 11], 4, padding="VALID", scope="conv1")
            net = layers.max_pool2d(net, [2, 2], scope="pool1")
            net = layers.conv2d(net, 256, [5, 5], padding="VALID", scope="conv2")
            net = layers.max_pool2d(net, [2, 2], scope="pool2")
            for at, depth in ((3, 512), (4, 1024), (5, 1024)):
                net = layers.conv2d(net, depth, [3, 3], scope=f"conv{at}")
            net = layers.max_pool2d(net, [2, 2], scope="pool5")
            net = parts.head(net, (3072, 4096), [6, 6], num_classes, is_training, dropout_keep_prob, trunc_normal(0.005))
        return parts.squeezed(net, spatial_squeeze, opened.name, utils.convert_collection_to_dict(collection))


overfeat.default_image_size = 231  # type: ignore[attr-defined]
