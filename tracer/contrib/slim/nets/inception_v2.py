"""Inception v2, the one with batch normalization (arXiv:1502.03167), for images of 224 by 224."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.framework.arg_scope import arg_scope
from tracer.contrib.layers import layers
from tracer.contrib.slim.nets import blocks, heads
from tracer.contrib.slim.nets.parts import trunc_normal as trunc_normal
from tracer.variable_scope import variable_op_scope, variable_scope

_TABLE = """
Conv2d_1a_7x7   :64/2
MaxPool_2a_3x3  /2
Conv2d_2b_1x1   :64
Conv2d_2c_3x3   :192
MaxPool_3a_3x3  /2
Mixed_3b    0a_1x1:64 | 0a_1x1:64 0b_3x3:64 | 0a_1x1:64 0b_3x3:96 0c_3x3:96 | AvgPool_0a_3x3 0b_1x1:32
Mixed_3c    0a_1x1:64 | 0a_1x1:64 0b_3x3:96 | 0a_1x1:64 0b_3x3:96 0c_3x3:96 | AvgPool_0a_3x3 0b_1x1:64
Mixed_4a    0a_1x1:128 1a_3x3:160/2 | 0a_1x1:64 0b_3x3:96 1a_3x3:96/2 | MaxPool_1a_3x3/2
Mixed_4b    0a_1x1:224 | 0a_1x1:64 0b_3x3:96 | 0a_1x1:96 0b_3x3:128 0c_3x3:128 | AvgPool_0a_3x3 0b_1x1:128
Mixed_4c    0a_1x1:192 | 0a_1x1:96 0b_3x3:128 | 0a_1x1:96 0b_3x3:128 0c_3x3:128 | AvgPool_0a_3x3 0b_1x1:128
Mixed_4d    0a_1x1:160 | 0a_1x1:128 0b_3x3:160 | 0a_1x1:128 0b_3x3:160 0c_3x3:160 | AvgPool_0a_3x3 0b_1x1:96
Mixed_4e    0a_1x1:96 | 0a_1x1:128 0b_3x3:192 | 0a_1x1:160 0b_3x3:192 0c_3x3:192 | AvgPool_0a_3x3 0b_1x1:96
Mixed_5a    0a_1x1:128 1a_3x3:192/2 | 0a_1x1:192 0b_3x3:256 1a_3x3:256/2 | MaxPool_1a_3x3/2
Mixed_5b    0a_1x1:352 | 0a_1x1:192 0b_3x3:320 | 0a_1x1:160 0b_3x3:224 0c_3x3:224 | AvgPool_0a_3x3 0b_1x1:128
Mixed_5c    0a_1x1:352 | 0a_1x1:192 0b_3x3:320 | 0a_1x1:192 0b_3x3:224 0c_3x3:224 | MaxPool_0a_3x3 0b_1x1:128
"""


def inception_v2_arg_scope(weight_decay: float = 0.00004, batch_norm_var_collection: str = "moving_vars") -> Any:
    """The defaults it was trained with."""
    return heads.trained(weight_decay, batch_norm_var_collection)


def inception_v2_base(inputs: Any, final_endpoint: str = "Mixed_5c", min_depth: int = 16, depth_multiplier: float = 1.0,
                      scope: Any = None) -> tuple[Any, dict[str, Any]]:
    """The network up to an end point, and all end points by name.

    Raises ValueError where there is none such, or `depth_multiplier` is not more than zero.
    """
    ends: dict[str, Any] = {}
    depth = heads.scaled(depth_multiplier, min_depth)

    def separable(net: Any) -> Any:
        """The first layer: a filter of its own for each colour."""
        return layers.separable_conv2d(net, depth(64), [7, 7], min(int(depth(64) / 3), 8), stride=2,
                                       weights_initializer=trunc_normal(1.0), scope="Conv2d_1a_7x7")

    with variable_op_scope([inputs], scope, "InceptionV2"), \
            arg_scope([layers.conv2d, layers.max_pool2d, layers.avg_pool2d, layers.separable_conv2d], stride=1,
                      padding="SAME"):
        return blocks.run(_TABLE, inputs, depth, ends, final_endpoint, narrow=0.09, pooled=0.1, first=separable), ends


def inception_v2(inputs: Any, num_classes: int = 1000, is_training: bool = True, dropout_keep_prob: float = 0.8,
                 min_depth: int = 16, depth_multiplier: float = 1.0, prediction_fn: Callable = layers.softmax,
                 spatial_squeeze: bool = True, reuse: bool | None = None,
                 scope: Any = "InceptionV2") -> tuple[Any, dict[str, Any]]:
    """The logits, and the outputs of every part by name.

    Args:
        inputs, num_classes, is_training, dropout_keep_prob, prediction_fn, spatial_squeeze, reuse, scope: as for
            `inception_v1`.
        min_depth: how many channels a layer has at least.
        depth_multiplier: by what all depths are multiplied; more than zero.
    """
    heads.scaled(depth_multiplier, min_depth)
    with variable_op_scope([inputs, num_classes], scope, "InceptionV2", reuse=reuse) as opened, \
            heads.training(is_training):
        net, ends = inception_v2_base(inputs, min_depth=min_depth, depth_multiplier=depth_multiplier, scope=opened)
        with variable_scope("Logits"):
            window, pool = heads.named_window(net, [7, 7], "AvgPool_1a_{}x{}")
            names = pool, "Dropout_1b", "Conv2d_1c_1x1"
            logits = heads.logits(net, num_classes, dropout_keep_prob, names, window, 2, spatial_squeeze, {})
        ends["Logits"] = logits
        ends["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, ends


inception_v2.default_image_size = 224  # type: ignore[attr-defined]
