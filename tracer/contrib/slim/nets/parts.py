"""What the networks have in common: how they start weights, and the fully convolutional head of the older ones."""

from __future__ import annotations

import functools
from typing import Any

from tracer.contrib.framework.arg_scope import arg_scope
from tracer.contrib.layers import layers, regularizers
from tracer.initializers import constant_initializer, truncated_normal_initializer, zeros_initializer
from tracer.ops import array, nn

trunc_normal = functools.partial(truncated_normal_initializer, 0.0)


def regularized(weight_decay: float, **for_both: Any) -> Any:
    """Convolutions and fully connected layers with relu and an L2 loss on their weights."""
    return arg_scope([layers.conv2d, layers.fully_connected], activation_fn=nn.relu,
                     weights_regularizer=regularizers.l2_regularizer(weight_decay), **for_both)


def head(net: Any, sizes: tuple[int, int], window: list[int], num_classes: int, is_training: bool, keep_prob: float,
         weights: Any = None) -> Any:
    """Three layers, fc6 to fc8, as convolutions, the first of them over the whole image.

    With `weights` they start there, and the biases of the hidden ones at 0.1.
    """
    started = {} if weights is None else {"weights_initializer": weights}
    raised = {} if weights is None else {"biases_initializer": constant_initializer(0.1)}
    net = layers.conv2d(net, sizes[0], window, padding="VALID", scope="fc6", **started, **raised)
    net = layers.dropout(net, keep_prob, is_training=is_training, scope="dropout6")
    net = layers.conv2d(net, sizes[1], [1, 1], scope="fc7", **started, **raised)
    net = layers.dropout(net, keep_prob, is_training=is_training, scope="dropout7")
    last = {} if weights is None else {"biases_initializer": zeros_initializer}
    return layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="fc8", **started, **last)


def squeezed(net: Any, spatial_squeeze: bool, name: str, ends: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The logits without their two dimensions of size 1, listed among the end points under `name`."""
    if spatial_squeeze:
        net = array.squeeze(net, [1, 2], name="fc8/squeezed")
        ends[f"{name}/fc8"] = net
    return net, ends
