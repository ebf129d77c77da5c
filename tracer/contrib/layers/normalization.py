"""Normalization: by the statistics of a batch, or of each example."""

from __future__ import annotations

from typing import Any

from tracer import scopes
from tracer.contrib.framework.arg_scope import add_arg_scope
from tracer.contrib.layers import utils
from tracer.contrib.layers.making import activated, made_variable
from tracer.convert import convert_to_tensor
from tracer.initializers import ones_initializer, zeros_initializer
from tracer.ir import Tensor
from tracer.nn import normalization
from tracer.ops import array, casting, constants, math, reduction
from tracer.scopes import GraphKeys
from tracer.train.averages import assign_moving_average
from tracer.variable_scope import variable_op_scope
from tracer.variables import Variable

_INITIALIZERS = {
    "beta": zeros_initializer, "gamma": ones_initializer, "moving_mean": zeros_initializer,
    "moving_variance": ones_initializer,
}


@add_arg_scope
def batch_norm(
    inputs: Any, decay: float = 0.999, center: bool = True, scale: bool = False, epsilon: float = 0.001,
    activation_fn: Any = None, param_initializers: Any = None, updates_collections: Any = GraphKeys.UPDATE_OPS,
    is_training: Any = True, reuse: bool | None = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, batch_weights: Any = None, fused: bool = False,
    data_format: str = "NHWC", scope: Any = None,
) -> Tensor:
    """Batch normalization (Ioffe and Szegedy, 2015) of each channel.

    While training, mean and variance are those of the batch, and moving averages follow them: their updates are in
    `updates_collections`, and have to be run. Otherwise mean and variance are the moving averages.

    >>> y = tf.contrib.layers.batch_norm(x, is_training=is_training)
    >>> with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    ...     train_step = optimizer.minimize(loss)

    Args:
        inputs: a tensor of two or more dimensions, of which the channels are known.
        decay: of the moving averages.
        center, scale: whether to add `beta` and multiply by `gamma`.
        epsilon: keeps the root of the variance away from zero.
        activation_fn: a function of a tensor, or None.
        param_initializers: a dict of initializers by `beta`, `gamma`, `moving_mean` and `moving_variance`.
        updates_collections: where the updates are listed; with None the result waits for them.
        is_training: a bool, or a bool tensor.
        batch_weights: how much each example counts for mean and variance: a tensor [batch].
        fused: whether the variance that the moving average follows is that of the population, which is estimated from
            the batch by n / (n - 1), as the fused operation of 0.12 has it. Only for four dimensions.
        data_format: "NHWC" where channels are the last dimension, "NCHW" where they are the second.
        reuse, variables_collections, outputs_collections, trainable: as for a fully connected layer.
        scope: the variable scope; by default `BatchNorm`, made unique.
    """
    with variable_op_scope([inputs], scope, "BatchNorm", reuse=reuse) as made:
        inputs = convert_to_tensor(inputs)
        axis, count = _channels(inputs, data_format)
        if fused:
            _check_fused(inputs, batch_weights)
        axes = [i for i in range(len(inputs.get_shape().as_list())) if i != axis]
        initializers = {**_INITIALIZERS, **(param_initializers or {})}

        def variable(name: str, trained: bool) -> Variable:
            return made_variable(name, [count], inputs.dtype.base_dtype, initializers[name], None,
                                 variables_collections, trained)

        beta = variable("beta", trainable) if center else None
        gamma = variable("gamma", trainable) if scale else None
        averages = variable("moving_mean", False), variable("moving_variance", False)
        mean, variance = _statistics(inputs, axes, averages, is_training, decay, batch_weights, fused,
                                     updates_collections)
        mean, variance, beta, gamma = (_along(vector, axis, len(axes) + 1) for vector in (mean, variance, beta, gamma))
        outputs = normalization.batch_normalization(inputs, mean, variance, beta, gamma, epsilon)
        outputs.set_shape(inputs.get_shape())
        return activated(outputs, activation_fn, outputs_collections, made)


def _channels(inputs: Tensor, data_format: str) -> tuple[int, int]:
    """Which dimension holds the channels, and how many there are."""
    sizes = inputs.sizes
    if sizes is None:
        raise ValueError(f"Inputs {inputs.name} has undefined rank.")
    axis = utils.channels(data_format, len(sizes))
    if sizes[axis] is None:
        raise ValueError(f"Inputs {inputs.name} has undefined channels dimension (?,).")
    return axis, sizes[axis]  # type: ignore[return-value]


def _check_fused(inputs: Tensor, batch_weights: Any) -> None:
    if len(inputs.get_shape().as_list()) != 4:
        raise ValueError(f"Inputs {inputs.name} has unsupported rank {len(inputs.get_shape().as_list())}, "
                         "but expected 4 for fused batch normalization.")
    if batch_weights is not None:
        raise ValueError("Weighted mean and variance is not currently supported for fused batch norm.")


def _along(vector: Any, axis: int, rank: int) -> Any:
    """`vector` in a shape that broadcasts along dimension `axis` of `rank`."""
    if vector is None or axis == rank - 1:
        return vector
    return array.reshape(vector, [-1 if i == axis else 1 for i in range(rank)])


def _statistics(inputs: Tensor, axes: list[int], averages: tuple[Variable, Variable], is_training: Any, decay: float,
                batch_weights: Any, fused: bool, updates_collections: Any) -> tuple[Any, Any]:
    """Mean and variance to normalize by: those of the batch while training, otherwise the moving averages."""
    known = utils.constant_value(is_training)
    if known is not None and not known:
        return averages
    batch = _moments(inputs, axes, batch_weights)
    followed = batch[0], _unbiased(batch[1], inputs, axes) if fused else batch[1]

    def update() -> list[Tensor]:
        return [assign_moving_average(average, value, decay) for average, value in zip(averages, followed, strict=True)]

    if updates_collections is None:
        def updated() -> tuple[Tensor, Tensor]:
            with scopes.control_dependencies(update()):
                return array.identity(batch[0]), array.identity(batch[1])

        return utils.smart_cond(is_training, updated, lambda: tuple(average.value() for average in averages))
    updates = utils.smart_cond(is_training, update, lambda: [average.value() for average in averages])
    for change in updates:
        scopes.add_to_collections(updates_collections, change)
    return utils.smart_cond(is_training, lambda: batch, lambda: tuple(average.value() for average in averages))


def _moments(inputs: Tensor, axes: list[int], batch_weights: Any) -> tuple[Tensor, Tensor]:
    if batch_weights is None:
        return normalization.moments(inputs, axes)
    weights = array.reshape(batch_weights, [-1] + [1] * len(axes)) * constants.ones_like(inputs)
    total = reduction.reduce_sum(weights, axes, keep_dims=True)
    mean = reduction.reduce_sum(weights * inputs, axes, keep_dims=True) / total
    variance = reduction.reduce_sum(weights * math.squared_difference(inputs, mean), axes, keep_dims=True) / total
    return array.squeeze(mean, axes), array.squeeze(variance, axes)


def _unbiased(variance: Tensor, inputs: Tensor, axes: list[int]) -> Tensor:
    """The variance of the population, of which the batch is a sample."""
    sizes = array.shape(inputs)
    count: Any = casting.cast(reduction.reduce_prod(array.pack([sizes[axis] for axis in axes])), variance.dtype)
    return variance * (count / math.maximum(count - 1, 1))


@add_arg_scope
def layer_norm(
    inputs: Any, center: bool = True, scale: bool = True, activation_fn: Any = None, reuse: bool | None = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Tensor:
    """Layer normalization (Ba, Kiros and Hinton, 2016): mean and variance are those of each example.

    Args:
        inputs: a tensor of two or more dimensions, of which the last is known.
        center, scale: whether to add `beta` and multiply by `gamma`, which have the size of the last dimension.
        activation_fn, reuse, variables_collections, outputs_collections, trainable: as for a fully connected layer.
        scope: the variable scope; by default `LayerNorm`, made unique.
    """
    with variable_op_scope([inputs], scope, "LayerNorm", reuse=reuse) as made:
        inputs = convert_to_tensor(inputs)
        sizes = inputs.sizes
        if sizes is None:
            raise ValueError(f"Inputs {inputs.name} has undefined rank.")
        if sizes[-1] is None:
            raise ValueError(f"Inputs {inputs.name} has undefined last dimension (?,).")
        beta, gamma = (
            made_variable(name, [sizes[-1]], inputs.dtype.base_dtype, _INITIALIZERS[name], None,
                          variables_collections, trainable) if wanted else None
            for name, wanted in (("beta", center), ("gamma", scale)))
        mean, variance = normalization.moments(inputs, list(range(1, len(sizes))), keep_dims=True)
        outputs = normalization.batch_normalization(inputs, mean, variance, beta, gamma, 1e-12)
        outputs.set_shape(inputs.get_shape())
        return activated(outputs, activation_fn, outputs_collections, made)
