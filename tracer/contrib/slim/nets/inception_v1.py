"""Inception v1, GoogLeNet (arXiv:1409.4842), for images of 224 by 224."""

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
Mixed_3b        0a_1x1:64 | 0a_1x1:96 0b_3x3:128 | 0a_1x1:16 0b_3x3:32 | MaxPool_0a_3x3 0b_1x1:32
Mixed_3c        0a_1x1:128 | 0a_1x1:128 0b_3x3:192 | 0a_1x1:32 0b_3x3:96 | MaxPool_0a_3x3 0b_1x1:64
MaxPool_4a_3x3  /2
Mixed_4b        0a_1x1:192 | 0a_1x1:96 0b_3x3:208 | 0a_1x1:16 0b_3x3:48 | MaxPool_0a_3x3 0b_1x1:64
Mixed_4c        0a_1x1:160 | 0a_1x1:112 0b_3x3:224 | 0a_1x1:24 0b_3x3:64 | MaxPool_0a_3x3 0b_1x1:64
Mixed_4d        0a_1x1:128 | 0a_1x1:128 0b_3x3:256 | 0a_1x1:24 0b_3x3:64 | MaxPool_0a_3x3 0b_1x1:64
Mixed_4e        0a_1x1:112 | 0a_1x1:144 0b_3x3:288 | 0a_1x1:32 0b_3x3:64 | MaxPool_0a_3x3 0b_1x1:64
Mixed_4f        0a_1x1:256 | 0a_1x1:160 0b_3x3:320 | 0a_1x1:32 0b_3x3:128 | MaxPool_0a_3x3 0b_1x1:128
MaxPool_5a_2x2  /2
Mixed_5b        0a_1x1:256 | 0a_1x1:160 0b_3x3:320 | 0a_1x1:32 0a_3x3:128 | MaxPool_0a_3x3 0b_1x1:128
Mixed_5c        0a_1x1:384 | 0a_1x1:192 0b_3x3:384 | 0a_1x1:48 0b_3x3:128 | MaxPool_0a_3x3 0b_1x1:128
"""


def inception_v1_arg_scope(weight_decay: float = 0.00004, use_batch_norm: bool = True,
                           batch_norm_var_collection: str = "moving_vars") -> Any:
    """The defaults it was trained with."""
    return heads.trained(weight_decay, batch_norm_var_collection, use_batch_norm)


def inception_v1_base(inputs: Any, final_endpoint: str = "Mixed_5c",
                      scope: Any = "InceptionV1") -> tuple[Any, dict[str, Any]]:
    """The network up to an end point, and all end points by name. Raises ValueError where there is none such."""
    ends: dict[str, Any] = {}
    with variable_op_scope([inputs], scope, "InceptionV1"), \
            arg_scope([layers.conv2d, layers.fully_connected], weights_initializer=trunc_normal(0.01)), \
            arg_scope([layers.conv2d, layers.max_pool2d], stride=1, padding="SAME"):
        return blocks.run(_TABLE, inputs, int, ends, final_endpoint), ends


def inception_v1(inputs: Any, num_classes: int = 1000, is_training: bool = True, dropout_keep_prob: float = 0.8,
                 prediction_fn: Callable = layers.softmax, spatial_squeeze: bool = True, reuse: bool | None = None,
                 scope: Any = "InceptionV1") -> tuple[Any, dict[str, Any]]:
    """The logits, and the outputs of every part by name.

    Args:
        inputs: images of shape [batch, height, width, channels].
        num_classes: how many logits.
        is_training: whether dropout drops and batch normalization takes the batch's statistics.
        dropout_keep_prob: what dropout keeps.
        prediction_fn: from the logits to the end point `Predictions`.
        spatial_squeeze: whether logits of shape [batch, 1, 1, num_classes] lose the dimensions of size 1.
        reuse: whether the variables must be there already.
        scope: the variable scope.
    """
    with variable_op_scope([inputs, num_classes], scope, "InceptionV1", reuse=reuse) as opened, \
            heads.training(is_training):
        net, ends = inception_v1_base(inputs, scope=opened)
        with variable_scope("Logits"):
            names = "MaxPool_0a_7x7", "Dropout_0b", "Conv2d_0c_1x1"
            logits = heads.logits(net, num_classes, dropout_keep_prob, names, [7, 7], 1, spatial_squeeze, {})
            ends["Logits"] = logits
            ends["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, ends


inception_v1.default_image_size = 224  # type: ignore[attr-defined]
