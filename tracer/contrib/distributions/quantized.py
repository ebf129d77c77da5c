"""Distributions of the next whole number above the values of others; from 0.11 on."""

from __future__ import annotations

from operator import sub
from typing import Any

import numpy as np

from tracer import scopes, shapes
from tracer.contrib.distributions.distribution import Distribution
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, check, control_flow, logic, math
from tracer.properties import reads


class QuantizedDistribution(Distribution):
    """The distribution of `ceil(x)`, where x is distributed as `distribution` says, moved to the nearer of two cutoffs.

    >>> ds = tf.contrib.distributions
    >>> ds.QuantizedDistribution(ds.Uniform(0.0, 4.0), upper_cutoff=2.0).prob([1.0, 2.0]).eval()
    array([0.25, 0.75], dtype=float32)
    """

    def __init__(self, distribution: Distribution, lower_cutoff: Any = None, upper_cutoff: Any = None,
                 validate_args: bool = False, name: str = "QuantizedDistribution") -> None:
        parameters = {"distribution": distribution, "lower_cutoff": lower_cutoff, "upper_cutoff": upper_cutoff,
                      "validate_args": validate_args, "name": name}
        super().__init__(distribution.dtype, parameters, False, False, validate_args, distribution.allow_nan_stats,
                         name=name)
        if not distribution.dtype.is_floating:
            raise ValueError(f"Expected float, got {distribution.dtype!r}.")
        self._distribution = distribution
        with self._scope("init"):
            self._lower, self._upper = (
                None if cutoff is None else convert_to_tensor(cutoff, self.dtype, name=f"{which}_cutoff")
                for which, cutoff in (("lower", lower_cutoff), ("upper", upper_cutoff)))
            self._checks = self._checked_cutoffs() if validate_args else []

    distribution = reads("_distribution", "The distribution of what is quantized.")

    def _checked_cutoffs(self) -> list[Any]:
        cutoffs = [cutoff for cutoff in (self._lower, self._upper) if cutoff is not None]
        checks: list[Any] = [_is_whole(cutoff) for cutoff in cutoffs]
        if len(cutoffs) == 2:
            lower, upper = cutoffs
            checks.append(check.assert_less(lower, upper, message="lower_cutoff must be strictly less than upper_cutoff."))
        return checks

    def _batch_shape(self) -> Tensor:
        return self._distribution.batch_shape()

    def _get_batch_shape(self) -> shapes.TensorShape:
        return self._distribution.get_batch_shape()

    def _event_shape(self) -> Tensor:
        return self._distribution.event_shape()

    def _get_event_shape(self) -> shapes.TensorShape:
        return self._distribution.get_event_shape()

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        with scopes.control_dependencies(self._checks):
            drawn = math.ceil(self._distribution.sample_n(n, seed))
        if self._lower is not None:
            drawn = math.maximum(drawn, self._lower)
        return drawn if self._upper is None else math.minimum(drawn, self._upper)

    def _within(self, whole: Tensor, value: Tensor, below: float, above: float) -> Tensor:
        """`value`, but for numbers under the lower cutoff and for those from the upper one on."""
        whole = math.add(whole, array.zeros_like(value))
        for cutoff, constant, outside in ((self._lower, below, logic.less), (self._upper, above, logic.greater_equal)):
            if cutoff is not None:
                fixed = array.fill(array.shape(value), np.array(constant, self.dtype.as_numpy_dtype))
                value = logic.select(outside(whole, math.add(cutoff, array.zeros_like(value))), fixed, value)
        return value

    def _cdf(self, value: Tensor) -> Tensor:
        whole = math.floor(value)
        return self._within(whole, self._distribution.cdf(whole), 0.0, 1.0)

    def _log_cdf(self, value: Tensor) -> Tensor:
        whole = math.floor(value)
        return self._within(whole, self._distribution.log_cdf(whole), -np.inf, 0.0)

    def _survival_function(self, value: Tensor) -> Tensor:
        whole = math.ceil(value)
        return self._within(whole, self._distribution.survival_function(whole), 1.0, 0.0)

    def _log_survival_function(self, value: Tensor) -> Tensor:
        whole = math.ceil(value)
        return self._within(whole, self._distribution.log_survival_function(whole), 0.0, -np.inf)

    def _checked(self, value: Tensor) -> Tensor:
        if not self._validate_args:
            return value
        return control_flow.with_dependencies([*self._checks, _is_whole(value)], value)

    def _prob(self, value: Tensor) -> Tensor:
        value = self._checked(value)
        before = sub(value, 1.0)
        above, up_to = self._survival_function(value), self._cdf(value)
        # Of two numbers near 1 little is left to subtract: right of the median those above are the exact ones.
        return logic.select(logic.less(above, up_to), sub(self._survival_function(before), above),
                            sub(up_to, self._cdf(before)))

    def _log_prob(self, value: Tensor) -> Tensor:
        value = self._checked(value)
        before = sub(value, 1.0)
        above, up_to = self._log_survival_function(value), self._log_cdf(value)
        is_right = logic.less(above, up_to)
        more = logic.select(is_right, self._log_survival_function(before), up_to)
        less = logic.select(is_right, above, self._log_cdf(before))
        return math.add(more, math.log(sub(1.0, math.exp(sub(less, more)))))


def _is_whole(value: Tensor) -> Any:
    return check.assert_equal(value, math.floor(value), message="value has non-integer components.")
