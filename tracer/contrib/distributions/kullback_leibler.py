"""How far one distribution is from another: `kl`, and `RegisterKL` for pairs of one's own."""

from __future__ import annotations

from collections.abc import Callable
from operator import add, mul, sub
from typing import Any

from tracer import scopes
from tracer.contrib.distributions.continuous import Beta, Normal
from tracer.contrib.distributions.discrete import Bernoulli, Categorical, log_softmax
from tracer.ir import Tensor
from tracer.ops import array, control_flow, logic, math, reduction, special
from tracer.ops import nn as nn_ops

_DIVERGENCES: dict[tuple[type, type], Callable[..., Tensor]] = {}


class RegisterKL:
    """Decorator: the function gives the divergence of distributions of one class from those of another.

    >>> @tf.contrib.distributions.RegisterKL(Mine, Mine)
    ... def of_mine(a, b, name=None):
    ...     return a.mu - b.mu
    """

    def __init__(self, dist_cls_a: type, dist_cls_b: type) -> None:
        self._pair = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn: Callable[..., Tensor]) -> Callable[..., Tensor]:
        if not callable(kl_fn):
            raise TypeError(f"kl_fn must be callable, received: {kl_fn}")
        if self._pair in _DIVERGENCES:
            raise ValueError(f"KL({self._pair[0].__name__} || {self._pair[1].__name__}) has already been registered to: "
                             f"{_DIVERGENCES[self._pair]}")
        _DIVERGENCES[self._pair] = kl_fn
        return kl_fn


def kl(dist_a: Any, dist_b: Any, allow_nan: bool = False, name: str | None = None) -> Tensor:
    """The Kullback-Leibler divergence of `dist_a` from `dist_b`, in nats.

    Raises NotImplementedError where none is known for their classes; a run fails where it is no number, unless
    `allow_nan`.
    """
    found = next((function for a in type(dist_a).__mro__ for b in type(dist_b).__mro__
                  if (function := _DIVERGENCES.get((a, b))) is not None), None)
    if found is None:
        raise NotImplementedError(f"No KL(dist_a || dist_b) registered for dist_a type {type(dist_a).__name__} and dist_b "
                                  f"type {type(dist_b).__name__}")
    with scopes.name_scope(name or "KullbackLeibler"):
        value = found(dist_a, dist_b, name=name)
        if allow_nan:
            return value
        value = array.identity(value, name="kl")
        is_number = control_flow.Assert(logic.logical_not(reduction.reduce_any(math.is_nan(value))),
                                        [f"KL calculation between {dist_a.name} and {dist_b.name} returned NaN values (and "
                                         "was called with allow_nan=False). Values:", value])
        return control_flow.with_dependencies([is_number], value)


@RegisterKL(Normal, Normal)
def _normal(a: Normal, b: Normal, name: str | None = None) -> Tensor:
    square, other = math.square(a.sigma), math.square(b.sigma)
    ratio = math.div(square, other)
    apart = math.div(math.square(sub(a.mu, b.mu)), mul(2.0, other))
    return add(apart, mul(0.5, sub(sub(ratio, 1.0), math.log(ratio))))


@RegisterKL(Bernoulli, Bernoulli)
def _bernoulli(a: Bernoulli, b: Bernoulli, name: str | None = None) -> Tensor:
    ones = sub(nn_ops.softplus(math.neg(b.logits)), nn_ops.softplus(math.neg(a.logits)))
    noughts = sub(nn_ops.softplus(b.logits), nn_ops.softplus(a.logits))
    return add(mul(nn_ops.sigmoid(a.logits), ones), mul(nn_ops.sigmoid(math.neg(a.logits)), noughts))


@RegisterKL(Categorical, Categorical)
def _categorical(a: Categorical, b: Categorical, name: str | None = None) -> Tensor:
    mine = log_softmax(a.logits)
    return reduction.reduce_sum(mul(math.exp(mine), sub(mine, log_softmax(b.logits))), [-1])


@RegisterKL(Beta, Beta)
def _beta(a: Beta, b: Beta, name: str | None = None) -> Tensor:
    def weighed(x: Tensor, y: Tensor) -> Tensor:
        return mul(sub(x, y), special.digamma(x))

    found = sub(b._log_beta(), a._log_beta())
    found = add(found, add(weighed(a.a, b.a), weighed(a.b, b.b)))
    return add(found, mul(sub(b.a_b_sum, a.a_b_sum), special.digamma(a.a_b_sum)))
