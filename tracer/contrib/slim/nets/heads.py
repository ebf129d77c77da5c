"""What the Inception networks end with, and the defaults they were trained with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.framework.arg_scope import arg_scope
from tracer.contrib.layers import initializers, layers, regularizers
from tracer.ops import array, nn
from tracer.scopes import GraphKeys


def trained(weight_decay: float, batch_norm_var_collection: str, use_batch_norm: bool = True,
            weights: Any = None) -> Any:
    """The scope of defaults, in which convolutions are normalized by batch."""
    normalized: dict[str, Any] = {}
    if use_batch_norm:
        collections = {"beta": None, "gamma": None, "moving_mean": [batch_norm_var_collection],
                       "moving_variance": [batch_norm_var_collection]}
        normalized = {"normalizer_fn": layers.batch_norm, "normalizer_params": {
            "decay": 0.9997, "epsilon": 0.001, "updates_collections": GraphKeys.UPDATE_OPS,
            "variables_collections": collections}}
    with arg_scope([layers.conv2d, layers.fully_connected],
                   weights_regularizer=regularizers.l2_regularizer(weight_decay)), \
            arg_scope([layers.conv2d], weights_initializer=weights or initializers.variance_scaling_initializer(),
                      activation_fn=nn.relu, **normalized) as scope:
        return scope


def scaled(depth_multiplier: float, min_depth: int) -> Callable[[int], int]:
    """How deep a layer is that has so many channels by default. Raises ValueError for a multiplier of zero or less."""
    if depth_multiplier <= 0:
        raise ValueError("depth_multiplier is not greater than zero.")
    return lambda depth: max(int(depth * depth_multiplier), min_depth)


def fitting(net: Any, window: list[int]) -> list[int]:
    """The window, or the image where that is smaller."""
    sizes = net.get_shape().as_list()[1:3]
    return list(window) if None in sizes else [min(*pair) for pair in zip(sizes, window, strict=True)]


def logits(net: Any, num_classes: int, keep_prob: float, names: tuple[str, str, str], window: list[int], stride: int,
           spatial_squeeze: bool, ends: dict[str, Any]) -> Any:
    """An average over the image, dropout and the last convolution, by these names."""
    pool, dropout, conv = names
    net = layers.avg_pool2d(net, window, stride, padding="VALID", scope=pool)
    net = layers.dropout(net, keep_prob=keep_prob, scope=dropout)
    ends["PreLogits"] = net
    net = layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope=conv)
    return array.squeeze(net, [1, 2], name="SpatialSqueeze") if spatial_squeeze else net


def training(is_training: bool) -> Any:
    """A block in which batch normalization and dropout do as `is_training` says."""
    return arg_scope([layers.batch_norm, layers.dropout], is_training=is_training)


def named_window(net: Any, window: list[int], name: str) -> tuple[list[int], str]:
    """The window that fits, and the name with its sizes."""
    fit = fitting(net, window)
    return fit, name.format(*fit)
