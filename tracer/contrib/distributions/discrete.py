"""Distributions of whole numbers, and of the chances of some, from TensorFlow 0.10 on."""

from __future__ import annotations

from operator import add, mul, sub
from typing import Any

from tracer import dtypes, nn
from tracer.contrib.distributions.distribution import Distribution
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, logic, math, random, reduction, special
from tracer.ops import nn as nn_ops
from tracer.ops.later_maths import matrix_set_diag, random_gamma
from tracer.properties import reads
from tracer.younger.maths import reduce_logsumexp


def _chances(logits: Any, p: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Log odds, the chance, and the chance of the contrary."""
    if (logits is None) == (p is None):
        raise ValueError("Must pass p or logits, but not both." if p is not None else "Must pass p or logits.")
    if p is not None:
        p = convert_to_tensor(p, name="p")
        q = 1.0 - p
        return sub(math.log(p), math.log(q)), p, q
    logits = convert_to_tensor(logits, name="logits")
    p = nn_ops.sigmoid(logits)
    return logits, p, 1.0 - p


class Bernoulli(Distribution):
    """Distributions of 0 and 1; `p` is the chance of 1, `logits` its log odds."""

    _alike = ("logits",)

    def __init__(self, logits: Any = None, p: Any = None, dtype: Any = dtypes.int32, validate_args: bool = False,
                 allow_nan_stats: bool = True, name: str = "Bernoulli") -> None:
        parameters = {"logits": logits, "p": p, "dtype": dtype, "validate_args": validate_args,
                      "allow_nan_stats": allow_nan_stats, "name": name}
        super().__init__(dtype, parameters, False, False, validate_args, allow_nan_stats, name=name)
        with self._scope("init"):
            self._logits, self._p, self._q = _chances(logits, p)

    logits = reads("_logits", "The log odds of 1.")
    p = reads("_p", "The chance of 1.")
    q = reads("_q", "The chance of 0.")

    def _batch(self) -> Tensor:
        return self._logits

    def _value_type(self) -> Any:
        return None

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        drawn = random.random_uniform(self._sample_sizes(n), dtype=self._p.dtype.base_dtype, seed=seed)
        return casting.cast(logic.less(drawn, add(array.zeros_like(drawn), self._p)), self.dtype)

    def _log_prob(self, value: Tensor) -> Tensor:
        value = casting.cast(value, self._logits.dtype)
        zeros = array.zeros_like(add(value, self._logits))
        return math.neg(nn.sigmoid_cross_entropy_with_logits(add(zeros, self._logits), add(zeros, value)))

    def _entropy(self) -> Tensor:
        contrary = sub(1.0, nn_ops.sigmoid(self._logits))
        return add(mul(self._logits, contrary), nn_ops.softplus(math.neg(self._logits)))

    def _mean(self) -> Tensor:
        return array.identity(self._p)

    def _variance(self) -> Tensor:
        return mul(self._q, self._p)

    def _mode(self) -> Tensor:
        return casting.cast(logic.greater(self._p, self._q), self.dtype)


class BernoulliWithSigmoidP(Bernoulli):
    """Distributions of 0 and 1 whose chance is the sigmoid of `p`."""

    def __init__(self, p: Any = None, dtype: Any = dtypes.int32, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "BernoulliWithSigmoidP") -> None:
        super().__init__(p=nn_ops.sigmoid(p), dtype=dtype, validate_args=validate_args, allow_nan_stats=allow_nan_stats,
                         name=name)


def log_softmax(logits: Tensor) -> Tensor:
    """The logarithms of chances, along the last dimension, of any number of them."""
    return sub(logits, reduce_logsumexp(logits, [-1], True))


class Categorical(Distribution):
    """Distributions of the numbers of classes; `logits` are unnormalized log chances, `p` chances."""

    def __init__(self, logits: Any = None, p: Any = None, dtype: Any = dtypes.int32, validate_args: bool = False,
                 allow_nan_stats: bool = True, name: str = "Categorical") -> None:
        parameters = {"logits": logits, "p": p, "dtype": dtype, "validate_args": validate_args,
                      "allow_nan_stats": allow_nan_stats, "name": name}
        super().__init__(dtype, parameters, False, False, validate_args, allow_nan_stats, name=name)
        with self._scope("init"):
            if (logits is None) == (p is None):
                raise ValueError("Must pass p or logits, but not both." if p is not None else "Must pass p or logits.")
            self._logits = math.log(p) if logits is None else convert_to_tensor(logits, name="logits")
            self._p = math.exp(log_softmax(self._logits)) if p is None else convert_to_tensor(p, name="p")
        rank = self._logits.get_shape().ndims
        if rank is None:
            raise ValueError("Categorical needs logits of known rank")
        self._over = rank - 1

    logits = reads("_logits", "The log chances, not normalized.")
    p = reads("_p", "The chances.")

    @property
    def num_classes(self) -> Tensor:
        """How many classes there are."""
        return array.shape(self._logits)[self._over]  # type: ignore[index]

    def _batch(self) -> Tensor:
        return reduction.reduce_sum(self._logits, [self._over])

    def _value_type(self) -> Any:
        return None

    def _rows(self) -> Tensor:
        return array.reshape(self._logits, array.pack([-1, self.num_classes]))

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        drawn = random.multinomial(self._rows(), n, seed)
        sizes = array.concat(0, [array.reshape(casting.to_int32(n), [1]), array.shape(self._batch())])
        return casting.cast(array.reshape(array.transpose(drawn), sizes), self.dtype)

    def _log_prob(self, value: Tensor) -> Tensor:
        value = casting.to_int64(value)
        zeros = casting.cast(array.zeros_like(value), self._logits.dtype)
        whole = add(self._logits, array.expand_dims(zeros, -1)) if value.get_shape().ndims else self._logits
        spread = add(value, casting.to_int64(array.zeros_like(reduction.reduce_sum(whole, -1))))
        return math.neg(nn.sparse_softmax_cross_entropy_with_logits(whole, spread)) if whole.get_shape().ndims != 1 else \
            math.neg(array.squeeze(nn.sparse_softmax_cross_entropy_with_logits(
                array.expand_dims(whole, 0), array.expand_dims(spread, 0)), [0]))

    def _entropy(self) -> Tensor:
        rows = self._rows()
        each = nn.softmax_cross_entropy_with_logits(rows, nn_ops.softmax(rows))
        return array.reshape(each, array.shape(self._batch()))

    def _mode(self) -> Tensor:
        return casting.cast(math.argmax(self._logits, self._over), self.dtype)


class Poisson(Distribution):
    """Distributions of how often what happens `lam` times on average does."""

    def __init__(self, lam: Any, validate_args: bool = False, allow_nan_stats: bool = True, name: str = "Poisson") -> None:
        parameters = {"lam": lam, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats, "name": name}
        super().__init__(convert_to_tensor(lam).dtype.base_dtype, parameters, False, False, validate_args, allow_nan_stats,
                         name=name)
        with self._scope("init"):
            self._lam = self._parameter(lam, "lam", True)

    lam = reads("_lam", "The means.")

    def _batch(self) -> Tensor:
        return self._lam

    def _log_prob(self, value: Tensor) -> Tensor:
        return sub(sub(mul(value, math.log(self._lam)), self._lam), special.lgamma(add(value, 1.0)))

    def _cdf(self, value: Tensor) -> Tensor:
        return special.igammac(add(math.floor(value), 1.0), self._lam)

    def _mean(self) -> Tensor:
        return array.identity(self._lam)

    def _variance(self) -> Tensor:
        return array.identity(self._lam)

    def _mode(self) -> Tensor:
        return math.floor(self._lam)


class Dirichlet(Distribution):
    """Distributions of the chances of classes, with concentrations `alpha`."""

    def __init__(self, alpha: Any, validate_args: bool = False, allow_nan_stats: bool = True,
                 name: str = "Dirichlet") -> None:
        parameters = {"alpha": alpha, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats, "name": name}
        super().__init__(convert_to_tensor(alpha).dtype.base_dtype, parameters, True, False, validate_args, allow_nan_stats,
                         name=name)
        with self._scope("init"):
            self._alpha = self._parameter(alpha, "alpha", True)
            self._sum = reduction.reduce_sum(self._alpha, [-1])

    alpha = reads("_alpha", "The concentrations.")
    alpha_sum = reads("_sum", "Their sums.")

    def _batch(self) -> Tensor:
        return self._sum

    def _event(self) -> Any:
        value = self._alpha
        for _ in range((self._alpha.get_shape().ndims or 1) - 1):
            value = value[0]  # type: ignore[index]
        return value

    def _std(self) -> Tensor:
        raise NotImplementedError("std is not implemented")

    def _sample_n(self, n: Any, seed: int | None) -> Tensor:
        drawn = random_gamma(array.reshape(n, [1]), self._alpha, None, self.dtype.base_dtype, seed)
        return math.div(drawn, reduction.reduce_sum(drawn, [-1], True))

    def _log_prob(self, value: Tensor) -> Tensor:
        powers = reduction.reduce_sum(mul(sub(self._alpha, 1.0), math.log(value)), [-1])
        return sub(powers, special.lbeta(self._alpha))

    def _entropy(self) -> Tensor:
        count = casting.cast(array.shape(self._alpha)[-1 + (self._alpha.get_shape().ndims or 0)],  # type: ignore[index]
                             self.dtype)
        found = add(special.lbeta(self._alpha), mul(sub(self._sum, count), special.digamma(self._sum)))
        return sub(found, reduction.reduce_sum(
            mul(sub(self._alpha, 1.0), special.digamma(self._alpha)), [-1]))

    def _mean(self) -> Tensor:
        return math.div(self._alpha, array.expand_dims(self._sum, -1))

    def _variance(self) -> Tensor:
        whole = array.expand_dims(self._sum, -1)
        scale = mul(math.square(whole), add(whole, 1.0))
        covariance = mul(array.expand_dims(math.div(self._alpha, scale), -1), array.expand_dims(self._alpha, -2))
        variances = math.div(mul(self._alpha, sub(whole, self._alpha)), scale)
        return matrix_set_diag(math.neg(covariance), variances)

    def _mode(self) -> Tensor:
        count = casting.cast(array.shape(self._alpha)[-1 + (self._alpha.get_shape().ndims or 0)],  # type: ignore[index]
                             self.dtype)
        found = math.div(sub(self._alpha, 1.0), array.expand_dims(sub(self._sum, count), -1))
        return self._undefined(logic.greater(self._alpha, array.ones_like(self._alpha)), found,
                               "mode not defined for components of alpha <= 1")
