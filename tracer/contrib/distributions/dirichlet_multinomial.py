"""Counts of classes whose probabilities are random themselves."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, control_flow, math, reduction
from tracer.ops.check import assert_non_negative, assert_positive
from tracer.ops.special import lbeta, lgamma
from tracer.properties import reads

__all__ = ["DirichletMultinomial"]


class DirichletMultinomial:
    """Distributions of counts: probabilities of k classes are drawn from a Dirichlet distribution, and then classes.

    >>> tf.contrib.distributions.DirichletMultinomial([1.0, 2.0, 3.0]).pmf([0.0, 0.0, 1.0]).eval()
    0.5

    Args:
        alpha: the concentrations, of shape [..., k]. A run fails when one of them is not positive.
    """

    def __init__(self, alpha: Any) -> None:
        alpha = convert_to_tensor(alpha, name="alpha")
        self._alpha = control_flow.with_dependencies([assert_positive(alpha)], alpha)
        self._name = "DirichletMultinomial"

    alpha = reads("_alpha", "The concentrations.")

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the concentrations."""
        return self._alpha.dtype

    @property
    def num_classes(self) -> Tensor:
        """The number of classes, a scalar tensor."""
        last = array.shape(self._alpha)[array.rank(self._alpha) - 1]  # type: ignore[index,operator]
        return array.identity(last)

    @property
    def mean(self) -> Tensor:
        """How often each class comes of one draw."""
        return math.div(self._alpha, reduction.reduce_sum(self._alpha, self._last(self._alpha), keep_dims=True))

    @staticmethod
    def _last(x: Tensor) -> list[int]:
        return [len(x.get_shape().as_list()) - 1]

    def log_pmf(self, counts: Any, name: str | None = None) -> Tensor:
        """The logarithm of the probability of `counts`, of shape [..., k], whatever the order of the draws.

        A run fails when a count is negative.
        """
        with scopes.op_scope([self._alpha, counts], name, "DirichletMultinomialLogPmf"):
            counts = convert_to_tensor(counts, dtype=self.dtype.base_dtype, name="counts")
            counts = control_flow.with_dependencies([assert_non_negative(counts)], counts)
            orders = lgamma(reduction.reduce_sum(counts, self._last(counts)) + 1) - reduction.reduce_sum(
                lgamma(counts + 1), self._last(counts))
            return lbeta(self._alpha + counts) - lbeta(self._alpha) + orders

    def pmf(self, counts: Any, name: str | None = None) -> Tensor:
        """The probability of `counts`; see `log_pmf`."""
        with scopes.op_scope([self._alpha, counts], name, "DirichletMultinomialPmf"):
            return math.exp(self.log_pmf(counts))

    def cdf(self, x: Any) -> Any:
        """Raises NotImplementedError: counts of classes have no order."""
        raise NotImplementedError("DirichletMultinomial does not have a well-defined cdf.")

    def log_cdf(self, x: Any) -> Any:
        """Raises NotImplementedError: counts of classes have no order."""
        raise NotImplementedError("DirichletMultinomial does not have a well-defined cdf.")
