"""Inception v3 (arXiv:1512.00567), for images of 299 by 299."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.framework.arg_scope import arg_scope
from tracer.contrib.layers import layers
from tracer.contrib.slim.nets import blocks, heads
from tracer.contrib.slim.nets.parts import trunc_normal as trunc_normal
from tracer.ops import array
from tracer.variable_scope import variable_op_scope, variable_scope

_TABLE = """
Conv2d_1a_3x3   :32/2!
Conv2d_2a_3x3   :32!
Conv2d_2b_3x3   :64
MaxPool_3a_3x3  /2!
Conv2d_3b_1x1   :80!
Conv2d_4a_3x3   :192!
MaxPool_5a_3x3  /2!
Mixed_5b    0a_1x1:64 | 0a_1x1:48 0b_5x5:64 | 0a_1x1:64 0b_3x3:96 0c_3x3:96 | AvgPool_0a_3x3 0b_1x1:32
Mixed_5c    0a_1x1:64 | 0b_1x1:48 Conv_1_0c_5x5:64 | 0a_1x1:64 0b_3x3:96 0c_3x3:96 | AvgPool_0a_3x3 0b_1x1:64
Mixed_5d    0a_1x1:64 | 0a_1x1:48 0b_5x5:64 | 0a_1x1:64 0b_3x3:96 0c_3x3:96 | AvgPool_0a_3x3 0b_1x1:64
Mixed_6a    1a_1x1=3x3:384/2! | 0a_1x1:64 0b_3x3:96 1a_1x1=3x3:96/2! | MaxPool_1a_3x3/2!
Mixed_6b    0a_1x1:192 | 0a_1x1:128 0b_1x7:128 0c_7x1:192 | \
0a_1x1:128 0b_7x1:128 0c_1x7:128 0d_7x1:128 0e_1x7:192 | AvgPool_0a_3x3 0b_1x1:192
Mixed_6c    0a_1x1:192 | 0a_1x1:160 0b_1x7:160 0c_7x1:192 | \
0a_1x1:160 0b_7x1:160 0c_1x7:160 0d_7x1:160 0e_1x7:192 | AvgPool_0a_3x3 0b_1x1:192
Mixed_6d    0a_1x1:192 | 0a_1x1:160 0b_1x7:160 0c_7x1:192 | \
0a_1x1:160 0b_7x1:160 0c_1x7:160 0d_7x1:160 0e_1x7:192 | AvgPool_0a_3x3 0b_1x1:192
Mixed_6e    0a_1x1:192 | 0a_1x1:192 0b_1x7:192 0c_7x1:192 | \
0a_1x1:192 0b_7x1:192 0c_1x7:192 0d_7x1:192 0e_1x7:192 | AvgPool_0a_3x3 0b_1x1:192
Mixed_7a    0a_1x1:192 1a_3x3:320/2! | 0a_1x1:192 0b_1x7:192 0c_7x1:192 1a_3x3:192/2! | MaxPool_1a_3x3/2!
Mixed_7b    0a_1x1:320 | 0a_1x1:384 (0b_1x3:384 0b_3x1:384) | \
0a_1x1:448 0b_3x3:384 (0c_1x3:384 0d_3x1:384) | AvgPool_0a_3x3 0b_1x1:192
Mixed_7c    0a_1x1:320 | 0a_1x1:384 (0b_1x3:384 0c_3x1:384) | \
0a_1x1:448 0b_3x3:384 (0c_1x3:384 0d_3x1:384) | AvgPool_0a_3x3 0b_1x1:192
"""


def inception_v3_arg_scope(weight_decay: float = 0.00004, stddev: float = 0.1,
                           batch_norm_var_collection: str = "moving_vars") -> Any:
    """The defaults it was trained with."""
    return heads.trained(weight_decay, batch_norm_var_collection, weights=trunc_normal(stddev))


def inception_v3_base(inputs: Any, final_endpoint: str = "Mixed_7c", min_depth: int = 16, depth_multiplier: float = 1.0,
                      scope: Any = None) -> tuple[Any, dict[str, Any]]:
    """The network up to an end point, and all end points by name.

    Raises ValueError where there is none such, or `depth_multiplier` is not more than zero.
    """
    ends: dict[str, Any] = {}
    depth = heads.scaled(depth_multiplier, min_depth)
    with variable_op_scope([inputs], scope, "InceptionV3"), \
            arg_scope([layers.conv2d, layers.max_pool2d, layers.avg_pool2d], stride=1, padding="SAME"):
        return blocks.run(_TABLE, inputs, depth, ends, final_endpoint), ends


def inception_v3(inputs: Any, num_classes: int = 1000, is_training: bool = True, dropout_keep_prob: float = 0.8,
                 min_depth: int = 16, depth_multiplier: float = 1.0, prediction_fn: Callable = layers.softmax,
                 spatial_squeeze: bool = True, reuse: bool | None = None,
                 scope: Any = "InceptionV3") -> tuple[Any, dict[str, Any]]:
    """The logits, and the outputs of every part by name: among them those of a second head, `AuxLogits`.

    The arguments are those of `inception_v2`.
    """
    depth = heads.scaled(depth_multiplier, min_depth)
    with variable_op_scope([inputs, num_classes], scope, "InceptionV3", reuse=reuse) as opened, \
            heads.training(is_training):
        net, ends = inception_v3_base(inputs, min_depth=min_depth, depth_multiplier=depth_multiplier, scope=opened)
        with arg_scope([layers.conv2d, layers.max_pool2d, layers.avg_pool2d], stride=1, padding="SAME"), \
                variable_scope("AuxLogits"):
            ends["AuxLogits"] = _second_head(ends["Mixed_6e"], num_classes, depth, spatial_squeeze)
        with variable_scope("Logits"):
            window, pool = heads.named_window(net, [8, 8], "AvgPool_1a_{}x{}")
            names = pool, "Dropout_1b", "Conv2d_1c_1x1"
            logits = heads.logits(net, num_classes, dropout_keep_prob, names, window, 2, spatial_squeeze, ends)
        ends["Logits"] = logits
        ends["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, ends


def _second_head(net: Any, num_classes: int, depth: Callable[[int], int], spatial_squeeze: bool) -> Any:
    net = layers.avg_pool2d(net, [5, 5], stride=3, padding="VALID", scope="AvgPool_1a_5x5")
    net = layers.conv2d(net, depth(128), [1, 1], scope="Conv2d_1b_1x1")
    window, name = heads.named_window(net, [5, 5], "Conv2d_2a_{}x{}")
    net = layers.conv2d(net, depth(768), window, weights_initializer=trunc_normal(0.01), padding="VALID", scope=name)
    net = layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None,
                        weights_initializer=trunc_normal(0.001), scope="Conv2d_2b_1x1")
    return array.squeeze(net, [1, 2], name="SpatialSqueeze") if spatial_squeeze else net


inception_v3.default_image_size = 299  # type: ignore[attr-defined]
