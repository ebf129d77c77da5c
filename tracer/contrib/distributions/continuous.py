"""Distributions of single real numbers, from TensorFlow 0.10 on."""

from __future__ import annotations

import math as numbers
from operator import add, mul, sub
from typing import Any

import numpy as np

from tracer.contrib.distributions.distribution import Distribution, new_seed, spread
from tracer.contrib.framework.tensor_util import assert_same_float_dtype
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, logic, math, nn, random, special
from tracer.ops.later_maths import random_gamma
from tracer.properties import reads


class _Two(Distribution):
    """A distribution with two parameters."""

    def _make(self, names: tuple[str, str], values: tuple[Any, Any], positive: tuple[bool, bool], validate_args: bool,
              allow_nan_stats: bool, name: str, reparameterized: bool) -> tuple[Tensor, Tensor]:
        self._validate_args = validate_args
        given = dict(zip(names, values, strict=True))
        first = convert_to_tensor(values[0])
        parameters = {**given, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats, "name": name}
        super().__init__(first.dtype.base_dtype, parameters, True, reparameterized, validate_args, allow_nan_stats,
                         name=name)
        with self._scope("init"):
            made = tuple(self._parameter(value, each, sign)
                         for each, value, sign in zip(names, values, positive, strict=True))
        assert_same_float_dtype(list(made))
        self._spread = spread(*made)
        return made  # type: ignore[return-value]

    def _batch(self) -> Tensor:
        return self._spread

    def _whole(self, value: Any) -> Tensor:
        return add(value, self._spread)


class Normal(_Two):
    """Normal distributions.

    >>> tf.contrib.distributions.Normal(mu=0.0, sigma=[1.0, 2.0]).prob(0.0).eval()
    array([0.3989423 , 0.19947115], dtype=float32)
    """

    _alike = ("mu", "sigma")

    def __init__(self, mu: Any, sigma: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "Normal") -> None:
        self._mu, self._sigma = self._make(("mu", "sigma"), (mu, sigma), (False, True), validate_args, allow_nan_stats, name,
                                           True)

    mu = reads("_mu", "The means.")
    sigma = reads("_sigma", "The standard deviations.")

    def _scaled(self, value: Tensor) -> Tensor:
        return math.div(sub(value, self._mu), self._sigma)

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        drawn = random.random_normal(self._sample_sizes(n), 0.0, 1.0, self.dtype.base_dtype, seed)
        return add(mul(drawn, self._sigma), self._mu)

    def _log_prob(self, value: Tensor) -> Tensor:
        return sub(sub(-0.5 * numbers.log(2 * numbers.pi), math.log(self._sigma)),
                        mul(0.5, math.square(self._scaled(value))))

    def _cdf(self, value: Tensor) -> Tensor:
        return mul(0.5, special.erfc(mul(self._scaled(value), -1 / numbers.sqrt(2))))

    def _survival_function(self, value: Tensor) -> Tensor:
        return mul(0.5, special.erfc(mul(self._scaled(value), 1 / numbers.sqrt(2))))

    def _entropy(self) -> Tensor:
        return add(0.5 + 0.5 * numbers.log(2 * numbers.pi), math.log(self._whole(self._sigma)))

    def _mean(self) -> Tensor:
        return self._whole(self._mu)

    def _variance(self) -> Tensor:
        return math.square(self._std())

    def _std(self) -> Tensor:
        return self._whole(self._sigma)

    def _mode(self) -> Tensor:
        return self._mean()


class NormalWithSoftplusSigma(Normal):
    """Normal distributions whose deviation is the softplus of `sigma`."""

    def __init__(self, mu: Any, sigma: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "NormalWithSoftplusSigma") -> None:
        super().__init__(mu, nn.softplus(sigma), validate_args, allow_nan_stats, name)


class Laplace(_Two):
    """Laplace distributions: exponential ones to both sides of `loc`."""

    _alike = ("loc", "scale")

    def __init__(self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "Laplace") -> None:
        self._loc, self._scale = self._make(("loc", "scale"), (loc, scale), (False, True), validate_args, allow_nan_stats,
                                            name, True)

    loc = reads("_loc", "The means.")
    scale = reads("_scale", "The scales.")

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        kind = self.dtype.as_numpy_dtype
        least = np.nextafter(kind(-1), kind(0))
        drawn = random.random_uniform(self._sample_sizes(n), least, 1.0, self.dtype.base_dtype, seed)
        far = mul(math.sign(drawn), math.log(sub(1.0, math.abs(drawn))))
        return sub(self._loc, mul(self._scale, far))

    def _distance(self, value: Tensor) -> Tensor:
        return math.div(math.abs(sub(value, self._loc)), self._scale)

    def _log_prob(self, value: Tensor) -> Tensor:
        return sub(sub(-numbers.log(2), math.log(self._scale)), self._distance(value))

    def _cdf(self, value: Tensor) -> Tensor:
        away = sub(value, self._loc)
        beyond = sub(1.0, math.exp(math.neg(self._distance(value))))
        return add(0.5, mul(mul(0.5, math.sign(away)), beyond))

    def _entropy(self) -> Tensor:
        return add(numbers.log(2) + 1, math.log(self._whole(self._scale)))

    def _mean(self) -> Tensor:
        return self._whole(self._loc)

    def _variance(self) -> Tensor:
        return math.square(self._std())

    def _std(self) -> Tensor:
        return mul(numbers.sqrt(2), self._whole(self._scale))

    def _mode(self) -> Tensor:
        return self._mean()


class LaplaceWithSoftplusScale(Laplace):
    """Laplace distributions whose scale is the softplus of `scale`."""

    def __init__(self, loc: Any, scale: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "LaplaceWithSoftplusScale") -> None:
        super().__init__(loc, nn.softplus(scale), validate_args, allow_nan_stats, name)


class Uniform(_Two):
    """Uniform distributions over [a, b)."""

    _alike = ("a", "b")

    def __init__(self, a: Any = 0.0, b: Any = 1.0, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "Uniform") -> None:
        self._a, self._b = self._make(("a", "b"), (a, b), (False, False), validate_args, allow_nan_stats, name, True)

    a = reads("_a", "The lower ends.")
    b = reads("_b", "The upper ends.")

    def range(self, name: str = "range") -> Tensor:
        """How far the ends are apart."""
        with self._scope(name):
            return sub(self._b, self._a)

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        drawn = random.random_uniform(self._sample_sizes(n), dtype=self.dtype.base_dtype, seed=seed)
        return add(self._a, mul(self.range(), drawn))

    def _log_prob(self, value: Tensor) -> Tensor:
        return math.log(self._density(value))

    def _density(self, value: Tensor) -> Tensor:
        whole = add(value, self._spread)
        inside = logic.logical_and(logic.greater_equal(whole, add(array.zeros_like(whole), self._a)),
                                   logic.less(whole, add(array.zeros_like(whole), self._b)))
        height = add(array.zeros_like(whole), 1.0 / self.range())
        return logic.select(inside, height, array.zeros_like(whole))

    def prob(self, value: Any, name: str = "prob") -> Tensor:
        with self._scope(name, [value]):
            return self._density(self._given(value))

    def _cdf(self, value: Tensor) -> Tensor:
        return math.minimum(math.maximum(math.div(sub(add(value, self._spread), self._a), self.range()), 0.0), 1.0)

    def _entropy(self) -> Tensor:
        return math.log(self._whole(self.range()))

    def _mean(self) -> Tensor:
        return math.div(add(self._a, self._b), 2)

    def _variance(self) -> Tensor:
        return math.div(math.square(self.range()), 12)

    def _std(self) -> Tensor:
        return math.div(self.range(), numbers.sqrt(12))


class Gamma(_Two):
    """Gamma distributions with shape `alpha` and rate `beta`."""

    _alike = ("alpha", "beta")

    def __init__(self, alpha: Any, beta: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "Gamma") -> None:
        self._alpha, self._beta = self._make(("alpha", "beta"), (alpha, beta), (True, True), validate_args, allow_nan_stats,
                                             name, False)

    alpha = reads("_alpha", "The shapes.")
    beta = reads("_beta", "The rates.")

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        return random_gamma(array.reshape(n, [1]), self._alpha, self._beta, self.dtype.base_dtype, seed)

    def _log_prob(self, value: Tensor) -> Tensor:
        powers = add(mul(self._alpha, math.log(self._beta)),
                          mul(sub(self._alpha, 1.0), math.log(value)))
        return sub(sub(powers, mul(self._beta, value)), special.lgamma(self._alpha))

    def _cdf(self, value: Tensor) -> Tensor:
        return special.igamma(self._alpha, mul(self._beta, value))

    def _entropy(self) -> Tensor:
        more = mul(sub(1.0, self._alpha), special.digamma(self._alpha))
        return add(add(sub(self._alpha, math.log(self._beta)), special.lgamma(self._alpha)), more)

    def _mean(self) -> Tensor:
        return math.div(self._alpha, self._beta)

    def _variance(self) -> Tensor:
        return math.div(self._alpha, math.square(self._beta))

    def _std(self) -> Tensor:
        return math.div(math.sqrt(self._alpha), self._beta)

    def _mode(self) -> Tensor:
        whole = self._whole(self._alpha)
        found = math.div(sub(whole, 1.0), self._beta)
        return self._undefined(logic.greater_equal(whole, array.ones_like(whole)), found,
                               "mode not defined for components of alpha <= 1")


class GammaWithSoftplusAlphaBeta(Gamma):
    """Gamma distributions of the softplus of `alpha` and `beta`."""

    def __init__(self, alpha: Any, beta: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "GammaWithSoftplusAlphaBeta") -> None:
        super().__init__(nn.softplus(alpha), nn.softplus(beta), validate_args, allow_nan_stats, name)


class Exponential(Gamma):
    """Exponential distributions with rate `lam`."""

    _alike = ("lam",)

    def __init__(self, lam: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "Exponential") -> None:
        lam = convert_to_tensor(lam, name="lam")
        super().__init__(array.ones_like(lam), lam, validate_args, allow_nan_stats, name)
        self._parameters = {"lam": lam, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats, "name": name}
        self._is_reparameterized = True

    lam = reads("_beta", "The rates.")

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        least = np.finfo(self.dtype.as_numpy_dtype).tiny
        drawn = random.random_uniform(self._sample_sizes(n), least, 1.0, self.dtype.base_dtype, seed)
        return math.div(math.neg(math.log(drawn)), self._beta)


class ExponentialWithSoftplusLam(Exponential):
    """Exponential distributions whose rate is the softplus of `lam`."""

    def __init__(self, lam: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "ExponentialWithSoftplusLam") -> None:
        super().__init__(nn.softplus(lam), validate_args, allow_nan_stats, name)


class Chi2(Gamma):
    """Chi-squared distributions with `df` degrees of freedom."""

    _alike = ("df",)

    def __init__(self, df: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Chi2") -> None:
        df = convert_to_tensor(df, name="df")
        super().__init__(mul(df, 0.5), mul(array.ones_like(df), 0.5), validate_args, allow_nan_stats, name)
        self._df = df
        self._parameters = {"df": df, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats, "name": name}

    df = reads("_df", "The degrees of freedom.")


class Chi2WithAbsDf(Chi2):
    """Chi-squared distributions with the whole part of `df`, without its sign, as degrees of freedom."""

    def __init__(self, df: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "Chi2WithAbsDf") -> None:
        super().__init__(math.floor(math.abs(convert_to_tensor(df, name="df"))), validate_args, allow_nan_stats, name)


class Beta(_Two):
    """Beta distributions."""

    _alike = ("a", "b")

    def __init__(self, a: Any, b: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "Beta") -> None:
        self._a, self._b = self._make(("a", "b"), (a, b), (True, True), validate_args, allow_nan_stats, name, False)
        self._sum = add(self._a, self._b)

    a = reads("_a", "The first parameters.")
    b = reads("_b", "The second parameters.")
    a_b_sum = reads("_sum", "Their sums.")

    def _log_beta(self) -> Tensor:
        return sub(add(special.lgamma(self._a), special.lgamma(self._b)), special.lgamma(self._sum))

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        count, kind = array.reshape(n, [1]), self.dtype.base_dtype
        first = random_gamma(count, self._whole(self._a), None, kind, seed)
        second = random_gamma(count, self._whole(self._b), None, kind, new_seed(seed, "beta"))
        return math.div(first, add(first, second))

    def _log_prob(self, value: Tensor) -> Tensor:
        return sub(add(mul(sub(self._a, 1.0), math.log(value)),
                                 mul(sub(self._b, 1.0), math.log(sub(1.0, value)))), self._log_beta())

    def _cdf(self, value: Tensor) -> Tensor:
        from tracer.ops.later_maths import betainc

        whole = add(value, self._spread)
        zeros = array.zeros_like(whole)
        return betainc(add(self._a, zeros), add(self._b, zeros), whole)

    def _entropy(self) -> Tensor:
        parts = add(mul(sub(self._a, 1.0), special.digamma(self._a)),
                         mul(sub(self._b, 1.0), special.digamma(self._b)))
        return add(sub(self._log_beta(), parts), mul(sub(self._sum, 2.0), special.digamma(self._sum)))

    def _mean(self) -> Tensor:
        return math.div(self._a, self._sum)

    def _variance(self) -> Tensor:
        return math.div(mul(self._a, self._b), mul(math.square(self._sum), add(self._sum, 1.0)))

    def _mode(self) -> Tensor:
        found = math.div(sub(self._whole(self._a), 1.0), sub(self._sum, 2.0))
        inside = logic.logical_and(logic.greater(self._whole(self._a), 1.0), logic.greater(self._whole(self._b), 1.0))
        return self._undefined(inside, found, "mode not defined for components of a <= 1 or b <= 1")


class BetaWithSoftplusAB(Beta):
    """Beta distributions of the softplus of `a` and `b`."""

    def __init__(self, a: Any, b: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "BetaWithSoftplusAB") -> None:
        super().__init__(nn.softplus(a), nn.softplus(b), validate_args, allow_nan_stats, name)
