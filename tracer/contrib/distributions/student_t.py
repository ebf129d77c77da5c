"""Student's t-distributions."""

from __future__ import annotations

import math as numbers
from operator import add, mul, sub
from typing import Any

from tracer.contrib.distributions.distribution import Distribution, new_seed, spread
from tracer.contrib.framework.tensor_util import assert_same_float_dtype
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, logic, math, nn, random, special
from tracer.ops.later_maths import random_gamma
from tracer.properties import reads


class StudentT(Distribution):
    """Student's t-distributions with `df` degrees of freedom, moved by `mu` and stretched by `sigma`."""

    _alike = ("df", "mu", "sigma")

    def __init__(self, df: Any, mu: Any, sigma: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "StudentT") -> None:
        parameters = {"df": df, "mu": mu, "sigma": sigma, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats,
                      "name": name}
        super().__init__(convert_to_tensor(df).dtype.base_dtype, parameters, True, True, validate_args, allow_nan_stats,
                         name=name)
        with self._scope("init"):
            self._df = self._parameter(df, "df", True)
            self._mu, self._sigma = self._parameter(mu, "mu"), self._parameter(sigma, "sigma", True)
        assert_same_float_dtype([self._df, self._mu, self._sigma])
        self._spread = spread(self._df, self._mu, self._sigma)

    df = reads("_df", "The degrees of freedom.")
    mu = reads("_mu", "Where they are symmetric about.")
    sigma = reads("_sigma", "How far they are stretched.")

    def _batch(self) -> Tensor:
        return self._spread

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        kind = self.dtype.base_dtype
        drawn = random.random_normal(self._sample_sizes(n), 0.0, 1.0, kind, seed)
        freedom = add(self._df, self._spread)
        squares = random_gamma(array.reshape(n, [1]), mul(0.5, freedom), 0.5, kind, new_seed(seed, "student_t"))
        stretched = math.div(drawn, math.sqrt(math.div(squares, freedom)))
        return add(mul(stretched, self._sigma), self._mu)

    def _log_prob(self, value: Tensor) -> Tensor:
        scaled = math.div(sub(value, self._mu), self._sigma)
        more = mul(0.5, add(self._df, 1.0))
        constant = sub(sub(special.lgamma(more), special.lgamma(mul(0.5, self._df))),
                        add(mul(0.5, math.log(mul(self._df, numbers.pi))), math.log(self._sigma)))
        return sub(constant, mul(more, math.log(add(1.0, math.div(math.square(scaled), self._df)))))

    def _entropy(self) -> Tensor:
        whole = add(self._df, self._spread)
        half, more = mul(0.5, whole), mul(0.5, add(whole, 1.0))
        log_beta = sub(add(special.lgamma(half), numbers.lgamma(0.5)), special.lgamma(more))
        rest = mul(more, sub(special.digamma(more), special.digamma(half)))
        return add(add(add(math.log(add(self._sigma, self._spread)), mul(0.5, math.log(whole))), log_beta), rest)

    def _mean(self) -> Tensor:
        whole = add(self._mu, self._spread)
        return self._undefined(logic.greater(add(self._df, self._spread), 1.0), whole,
                               "mean not defined for components of df <= 1")

    def _variance(self) -> Tensor:
        freedom = add(self._df, self._spread)
        above = logic.greater(freedom, 2.0)
        safe = logic.select(above, freedom, add(array.ones_like(freedom), 2.0))
        finite = mul(math.square(add(self._sigma, self._spread)), math.div(safe, sub(safe, 2.0)))
        found = logic.select(above, finite, mul(array.ones_like(finite), float("inf")))
        return self._undefined(logic.greater(freedom, 1.0), found, "variance not defined for components of df <= 1")

    def _mode(self) -> Tensor:
        return add(self._mu, self._spread)


class StudentTWithAbsDfSoftplusSigma(StudentT):
    """Student's t-distributions of the whole part of `|df|` and the softplus of `sigma`."""

    def __init__(self, df: Any, mu: Any, sigma: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "StudentTWithAbsDfSoftplusSigma") -> None:
        super().__init__(math.floor(math.abs(df)), mu, nn.softplus(sigma), validate_args, allow_nan_stats, name)
