"""What both kinds of residual networks are made of."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

from tracer.contrib.framework.arg_scope import add_arg_scope, arg_scope
from tracer.contrib.layers import initializers, layers, regularizers, utils
from tracer.ops import blocks as ops
from tracer.ops import nn, reduction
from tracer.scopes import GraphKeys
from tracer.variable_scope import variable_op_scope, variable_scope


class Block(collections.namedtuple("Block", ["scope", "unit_fn", "args"])):
    """A stage: its scope, the function of its units, and for each unit the arguments (depth, depth inside, stride)."""


def subsample(inputs: Any, factor: int, scope: Any = None) -> Any:
    """Every `factor`-th pixel of every `factor`-th line."""
    return inputs if factor == 1 else layers.max_pool2d(inputs, [1, 1], stride=factor, scope=scope)


def conv2d_same(inputs: Any, num_outputs: int, kernel_size: int, stride: int, rate: int = 1, scope: Any = None) -> Any:
    """A strided convolution whose padding does not depend on the image's size, as "SAME" does."""
    if stride == 1:
        return layers.conv2d(inputs, num_outputs, kernel_size, stride=1, rate=rate, padding="SAME", scope=scope)
    total = kernel_size + (kernel_size - 1) * (rate - 1) - 1
    both = [total // 2, total - total // 2]
    inputs = ops.pad(inputs, [[0, 0], both, both, [0, 0]])
    return layers.conv2d(inputs, num_outputs, kernel_size, stride=stride, rate=rate, padding="VALID", scope=scope)


@add_arg_scope
def stack_blocks_dense(net: Any, blocks: Any, output_stride: int | None = None, outputs_collections: Any = None) -> Any:
    """`net` through the units of `blocks`, each stage an end point.

    Args:
        net: of shape [batch, height, width, channels].
        blocks: a list of `Block`.
        output_stride: by what the image may shrink; from there on units widen their filters instead. None for any.
        outputs_collections: to which the stages' outputs are added.

    Raises ValueError where no stage reaches `output_stride`.
    """
    stride, rate = 1, 1
    for block in blocks:
        with variable_op_scope([net], block.scope, "block") as opened:
            for at, (depth, inside, unit_stride) in enumerate(block.args, 1):
                if output_stride is not None and stride > output_stride:
                    raise ValueError("The target output_stride cannot be reached.")
                with variable_scope(f"unit_{at}", values=[net]):
                    dilated = output_stride is not None and stride == output_stride
                    net = block.unit_fn(net, depth=depth, depth_bottleneck=inside, stride=1 if dilated else unit_stride,
                                        rate=rate if dilated else 1)
                    if dilated:
                        rate *= unit_stride
                    else:
                        stride *= unit_stride
            net = utils.collect_named_outputs(outputs_collections, opened.name, net)
    if output_stride is not None and stride != output_stride:
        raise ValueError("The target output_stride cannot be reached.")
    return net


def resnet_arg_scope(is_training: bool = True, weight_decay: float = 0.0001, batch_norm_decay: float = 0.997,
                     batch_norm_epsilon: float = 1e-5, batch_norm_scale: bool = True) -> Any:
    """The defaults they were trained with."""
    normalized = {"is_training": is_training, "decay": batch_norm_decay, "epsilon": batch_norm_epsilon,
                  "scale": batch_norm_scale, "updates_collections": GraphKeys.UPDATE_OPS}
    with arg_scope([layers.conv2d], weights_regularizer=regularizers.l2_regularizer(weight_decay),
                   weights_initializer=initializers.variance_scaling_initializer(), activation_fn=nn.relu,
                   normalizer_fn=layers.batch_norm, normalizer_params=normalized), \
            arg_scope([layers.batch_norm], **normalized), \
            arg_scope([layers.max_pool2d], padding="SAME") as scope:
        return scope


def bottleneck_blocks(unit: Any, units: tuple[int, ...]) -> list[Block]:
    """The four stages of a network with so many units; all but the last halve the image in their last unit."""
    blocks = []
    for at, (count, inside) in enumerate(zip(units, (64, 128, 256, 512), strict=True), 1):
        last = (4 * inside, inside, 1 if at == len(units) else 2)
        blocks.append(Block(f"block{at}", unit, [(4 * inside, inside, 1)] * (count - 1) + [last]))
    return blocks


def residual(inputs: Any, blocks: Any, unit: Any, first: Callable[[Any], Any], last: Callable[[Any], Any], name: str,
             num_classes: int | None, global_pool: bool, output_stride: int | None, include_root_block: bool,
             reuse: bool | None, scope: Any) -> tuple[Any, dict[str, Any]]:
    """A residual network of either kind, with the layer before its first pooling and what follows its stages.

    Raises ValueError where `output_stride` is no multiple of 4.
    """
    with variable_op_scope([inputs], scope, name, reuse=reuse) as opened:
        collection = f"{opened.original_name_scope}_end_points"
        with arg_scope([layers.conv2d, unit, stack_blocks_dense], outputs_collections=collection):
            net = inputs
            if include_root_block:
                if output_stride is not None:
                    if output_stride % 4 != 0:
                        raise ValueError("The output_stride needs to be a multiple of 4.")
                    output_stride //= 4
                net = layers.max_pool2d(first(net), [3, 3], stride=2, scope="pool1")
            net = last(stack_blocks_dense(net, blocks, output_stride))
            if global_pool:
                net = reduction.reduce_mean(net, [1, 2], keep_dims=True, name="pool5")
            if num_classes is not None:
                net = layers.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="logits")
            ends = utils.convert_collection_to_dict(collection)
            if num_classes is not None:
                ends["predictions"] = layers.softmax(net, scope="predictions")
            return net, ends


def of_depth(resnet: Callable[..., Any], unit: Any, name: str, units: tuple[int, ...]) -> Callable[..., Any]:
    """The network of that name, with so many units in its stages."""

    def network(inputs: Any, num_classes: int | None = None, global_pool: bool = True,
                output_stride: int | None = None, reuse: bool | None = None,
                scope: Any = name) -> tuple[Any, dict[str, Any]]:
        """The network of that depth. The arguments are those of `resnet_v1` and `resnet_v2`."""
        return resnet(inputs, bottleneck_blocks(unit, units), num_classes, global_pool, output_stride,
                      include_root_block=True, reuse=reuse, scope=scope)

    network.__name__ = network.__qualname__ = name
    return network
