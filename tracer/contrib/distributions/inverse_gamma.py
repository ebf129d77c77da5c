"""Distributions of the inverse of what is Gamma distributed."""

from __future__ import annotations

from operator import add, mul, sub
from typing import Any

from tracer.contrib.distributions.continuous import Gamma
from tracer.ir import Tensor
from tracer.ops import array, logic, math, nn, special


class InverseGamma(Gamma):
    """Inverse Gamma distributions with shape `alpha` and rate `beta`."""

    def __init__(self, alpha: Any, beta: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "InverseGamma") -> None:
        super().__init__(alpha, beta, validate_args, allow_nan_stats, name)

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        return math.inv(super()._sample_n(n, seed))

    def _log_prob(self, value: Tensor) -> Tensor:
        powers = sub(mul(self._alpha, math.log(self._beta)),
                          mul(add(self._alpha, 1.0), math.log(value)))
        return sub(sub(powers, special.lgamma(self._alpha)), math.div(self._beta, value))

    def _cdf(self, value: Tensor) -> Tensor:
        return special.igammac(self._alpha, math.div(self._beta, value))

    def _entropy(self) -> Tensor:
        less = mul(add(1.0, self._alpha), special.digamma(self._alpha))
        return sub(add(add(self._alpha, math.log(self._beta)), special.lgamma(self._alpha)), less)

    def _mean(self) -> Tensor:
        whole = self._whole(self._alpha)
        return self._undefined(logic.greater(whole, array.ones_like(whole)), math.div(self._beta, sub(whole, 1.0)),
                               "mean not defined for components of self.alpha <= 1")

    def _variance(self) -> Tensor:
        whole = self._whole(self._alpha)
        below = mul(math.square(sub(whole, 1.0)), sub(whole, 2.0))
        return self._undefined(logic.greater(whole, mul(array.ones_like(whole), 2.0)),
                               math.div(math.square(self._beta), below),
                               "variance not defined for components of alpha <= 2")

    def _std(self) -> Tensor:
        raise NotImplementedError("std is not implemented")

    def _mode(self) -> Tensor:
        return math.div(self._beta, add(self._alpha, 1.0))


class InverseGammaWithSoftplusAlphaBeta(InverseGamma):
    """Inverse Gamma distributions of the softplus of `alpha` and `beta`."""

    def __init__(self, alpha: Any, beta: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "InverseGammaWithSoftplusAlphaBeta") -> None:
        super().__init__(nn.softplus(alpha), nn.softplus(beta), validate_args, allow_nan_stats, name)
