"""The networks of Oxford's Visual Geometry Group (arXiv:1409.1556), for images of 224 by 224."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.contrib.framework.arg_scope import arg_scope
from tracer.contrib.layers import layers, utils
from tracer.contrib.slim.nets import parts
from tracer.initializers import zeros_initializer
from tracer.variable_scope import variable_op_scope


def vgg_arg_scope(weight_decay: float = 0.0005) -> Any:
    """The defaults they were trained with."""
    with parts.regularized(weight_decay, biases_initializer=zeros_initializer), \
            arg_scope([layers.conv2d], padding="SAME") as scope:
        return scope


def _network(name: str, repeats: tuple[int, ...]) -> Callable[..., Any]:
    """The network `name` whose five stages have so many convolutions."""
    def vgg(inputs: Any, num_classes: int = 1000, is_training: bool = True, dropout_keep_prob: float = 0.5,
            spatial_squeeze: bool = True, scope: Any = name) -> tuple[Any, dict[str, Any]]:
        """The logits, and the outputs of every layer by name. The arguments are those of `alexnet_v2`."""
        with variable_op_scope([inputs], scope, name) as opened:
            collection = f"{opened.original_name_scope}_end_points"
            with arg_scope([layers.conv2d, layers.fully_connected, layers.max_pool2d],
                           outputs_collections=collection):
                net = inputs
                for at, (times, depth) in enumerate(zip(repeats, (64, 128, 256, 512, 512), strict=True), 1):
                    net = layers.repeat(net, times, layers.conv2d, depth, [3, 3], scope=f"conv{at}")
                    net = layers.max_pool2d(net, [2, 2], scope=f"pool{at}")
                net = parts.head(net, (4096, 4096), [7, 7], num_classes, is_training, dropout_keep_prob)
            return parts.squeezed(net, spatial_squeeze, opened.name, utils.convert_collection_to_dict(collection))

    vgg.__name__ = vgg.__qualname__ = name
    vgg.default_image_size = 224  # type: ignore[attr-defined]
    return vgg


vgg_a = _network("vgg_a", (1, 1, 2, 2, 2))
vgg_16 = vgg_d = _network("vgg_16", (2, 2, 3, 3, 3))
vgg_19 = vgg_e = _network("vgg_19", (2, 2, 4, 4, 4))
