"""Batch normalization by the moments of the batch while training, by their averages otherwise."""

from __future__ import annotations

from typing import Any

from tracer import initializers, scopes
from tracer.ir import Tensor
from tracer.nn import normalization
from tracer.ops import array, conditional
from tracer.train.averages import ExponentialMovingAverage
from tracer.variable_scope import get_variable, variable_scope

IS_TRAINING = "IS_TRAINING"
"""The collection that holds whether the graph is built for training: one truth value."""
SWITCHES = "learn/is_training"
"""The collection of the tensors made of it: who evaluates a model feeds False for each."""


def batch_normalize(tensor_in: Any, epsilon: float = 1e-5, convnet: bool = False, decay: float = 0.9,
                    scale_after_normalization: bool = True) -> Tensor:
    """`tensor_in` with mean `beta` and deviation `gamma` over the batch, for each feature.

    The graph's collection `IS_TRAINING` must hold True or False.

    Args:
        tensor_in: a batch of features, or of images where `convnet` is True.
        epsilon: added to the variance.
        convnet: whether rows and columns of images are averaged over as well.
        decay: of the averages of mean and variance.
        scale_after_normalization: whether the result is multiplied by `gamma`.
    """
    features = tensor_in.get_shape().as_list()[-1]
    with variable_scope("batch_norm"):
        gamma = get_variable(
            "gamma", [features], initializer=initializers.random_normal_initializer(1.0, 0.02))
        beta = get_variable("beta", [features], initializer=initializers.constant_initializer(0.0))
        averages = ExponentialMovingAverage(decay=decay)
        mean, variance = normalization.moments(tensor_in, [0, 1, 2] if convnet else [0], name="moments")

        def of_the_batch() -> tuple[Tensor, Tensor]:
            with scopes.control_dependencies([averages.apply([mean, variance])]):
                return array.identity(mean), array.identity(variance)

        is_training = array.squeeze(scopes.get_collection(IS_TRAINING))
        scopes.add_to_collection(SWITCHES, is_training)
        mean, variance = conditional.cond(
            is_training, of_the_batch, lambda: (averages.average(mean), averages.average(variance)))
        return normalization.batch_norm_with_global_normalization(
            tensor_in, mean, variance, beta, gamma, epsilon, scale_after_normalization)
