"""Distributions of what an invertible function gives for the values of others; from 0.12 on."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.contrib.distributions.bijector import Bijector
from tracer.contrib.distributions.distribution import Distribution
from tracer.ir import Tensor
from tracer.ops import math
from tracer.properties import reads


class TransformedDistribution(Distribution):
    """The distribution of `bijector.forward(x)`, where x is distributed as `distribution` says.

    >>> ds = tf.contrib.distributions
    >>> ds.TransformedDistribution(ds.Normal(0.5, 2.0), ds.bijector.Exp(), name="LogNormal").prob(1.0).eval()
    0.19333406
    """

    def __init__(self, distribution: Distribution, bijector: Bijector, validate_args: bool = False,
                 name: str | None = None) -> None:
        parameters = {"distribution": distribution, "bijector": bijector, "validate_args": validate_args, "name": name}
        super().__init__(distribution.dtype, parameters, distribution.is_continuous, distribution.is_reparameterized,
                         validate_args, distribution.allow_nan_stats, name=name or bijector.name + distribution.name)
        self._distribution, self._bijector = distribution, bijector

    distribution = reads("_distribution", "The distribution of what the function takes.")
    bijector = reads("_bijector", "The function.")

    def _batch_shape(self) -> Tensor:
        return self._distribution.batch_shape()

    def _get_batch_shape(self) -> shapes.TensorShape:
        return self._distribution.get_batch_shape()

    def _event_shape(self) -> Tensor:
        return self._bijector.forward_event_shape(self._distribution.event_shape())

    def _get_event_shape(self) -> shapes.TensorShape:
        return self._bijector.get_forward_event_shape(self._distribution.get_event_shape())

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        return self._bijector.forward(self._distribution.sample_n(n, seed))

    def _log_prob(self, value: Tensor) -> Tensor:
        x, stretched = self._bijector.inverse_and_inverse_log_det_jacobian(value)
        return math.add(stretched, self._distribution.log_prob(x))

    def _prob(self, value: Tensor) -> Tensor:
        x, stretched = self._bijector.inverse_and_inverse_log_det_jacobian(value)
        return math.mul(math.exp(stretched), self._distribution.prob(x))

    def _cdf(self, value: Tensor) -> Tensor:
        return self._distribution.cdf(self._bijector.inverse(value))

    def _log_cdf(self, value: Tensor) -> Tensor:
        return self._distribution.log_cdf(self._bijector.inverse(value))

    def _survival_function(self, value: Tensor) -> Tensor:
        return self._distribution.survival_function(self._bijector.inverse(value))

    def _log_survival_function(self, value: Tensor) -> Tensor:
        return self._distribution.log_survival_function(self._bijector.inverse(value))

    def _entropy(self) -> Tensor:
        if not self._bijector.is_constant_jacobian:
            raise NotImplementedError("entropy is not implemented")
        anywhere = self._distribution.mean()
        return math.add(self._distribution.entropy(), self._bijector.forward_log_det_jacobian(anywhere))
