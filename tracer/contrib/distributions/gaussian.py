"""The scalar normal distribution."""

from __future__ import annotations

import math as python_math
from operator import mul, sub
from typing import Any

from tracer import dtypes, scopes
from tracer.contrib.framework.tensor_util import assert_same_float_dtype
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, constants, math, random, special
from tracer.ops.check import assert_positive
from tracer.properties import reads
from tracer.static import constant_value

__all__ = ["Gaussian"]


class Gaussian:
    """Normal distributions: one for each element of `mu` and `sigma`, broadcast against each other.

    >>> g = tf.contrib.distributions.Gaussian(mu=[0.0, 1.0], sigma=2.0)
    >>> g.pdf([0.0, 3.0]).eval()
    array([0.19947115, 0.12098537], dtype=float32)

    Args:
        mu: the means, of a floating point type.
        sigma: the standard deviations, of the same type. A run fails when one of them is not positive.
        name: the name of its operations.
    """

    def __init__(self, mu: Any, sigma: Any, name: str | None = None) -> None:
        with scopes.op_scope([mu, sigma], name, "Gaussian"):
            mu, sigma = convert_to_tensor(mu), convert_to_tensor(sigma)
            with scopes.control_dependencies([assert_positive(sigma)]):
                self._mu = array.identity(mu, name="mu")
                self._sigma = array.identity(sigma, name="sigma")
            assert_same_float_dtype([self._mu, self._sigma])

    @property
    def dtype(self) -> dtypes.DType:
        """The type of values and parameters."""
        return self._mu.dtype

    mu = reads("_mu", "The means.")
    sigma = reads("_sigma", "The standard deviations.")

    @property
    def mean(self) -> Tensor:
        """The means, one for each distribution."""
        return mul(self._mu, constants.ones_like(self._sigma))

    def _scaled(self, x: Any) -> Tensor:
        return math.div(sub(convert_to_tensor(x, dtype=self.dtype.base_dtype, name="x"), self._mu), self._sigma)

    def log_pdf(self, x: Any, name: str | None = None) -> Tensor:
        """The logarithm of the density at `x`."""
        with scopes.op_scope([self._mu, self._sigma, x], name, "GaussianLogPdf"):
            constant = constants.constant(-0.5 * python_math.log(2 * python_math.pi), dtype=self.dtype.base_dtype)
            return constant - math.log(self._sigma) - 0.5 * math.square(self._scaled(x))

    def pdf(self, x: Any, name: str | None = None) -> Tensor:
        """The density at `x`."""
        with scopes.op_scope([self._mu, self._sigma, x], name, "GaussianPdf"):
            return math.exp(self.log_pdf(x))

    def cdf(self, x: Any, name: str | None = None) -> Tensor:
        """The probability of a value up to `x`."""
        with scopes.op_scope([self._mu, self._sigma, x], name, "GaussianCdf"):
            return 0.5 + 0.5 * special.erf(self._scaled(x) * (1 / python_math.sqrt(2.0)))

    def log_cdf(self, x: Any, name: str | None = None) -> Tensor:
        """The logarithm of the probability of a value up to `x`."""
        with scopes.op_scope([self._mu, self._sigma, x], name, "GaussianLogCdf"):
            return math.log(self.cdf(x))

    def entropy(self, name: str | None = None) -> Tensor:
        """The differential entropy, `log(2 pi e sigma ** 2) / 2`."""
        with scopes.op_scope([self._mu, self._sigma], name, "GaussianEntropy"):
            spread = mul(constants.ones_like(self._mu), self._sigma)
            return 0.5 * (1 + python_math.log(2 * python_math.pi)) + math.log(spread)

    def sample(self, n: Any, seed: int | None = None, name: str | None = None) -> Tensor:
        """Random values: `n` of each distribution, along a new first dimension."""
        with scopes.op_scope([self._mu, self._sigma, n], name, "GaussianSample"):
            mean, count = self.mean, convert_to_tensor(n, dtype=dtypes.int32)
            shape = array.concat(0, [array.reshape(count, [1]), array.shape(mean)])
            values = random.random_normal(shape, dtype=self.dtype.base_dtype, seed=seed) * self._sigma + self._mu
            values.set_shape([constant_value(count), *(mean.sizes or ())] if mean.sizes is not None else None)
            return values


