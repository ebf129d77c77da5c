"""Special functions: gamma, error and beta."""

from __future__ import annotations

from typing import Any

from tracer import scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor


@op("Lgamma")
def lgamma(x: Tensor, name: str | None = None) -> Any:
    """The logarithm of the magnitude of Gamma(x), elementwise.

    >>> tf.lgamma([1., 5.]).eval()
    array([0.       , 3.1780539], dtype=float32)
    """
    return x.sizes


@op("Digamma")
def digamma(x: Tensor, name: str | None = None) -> Any:
    """The derivative of `lgamma`, elementwise."""
    return x.sizes


@op("Erf")
def erf(x: Tensor, name: str | None = None) -> Any:
    """The Gauss error function of `x`, elementwise."""
    return x.sizes


@op("Erfc")
def erfc(x: Tensor, name: str | None = None) -> Any:
    """`1 - erf(x)`, elementwise."""
    return x.sizes


@op("Igamma")
def igamma(a: Tensor, x: Tensor, name: str | None = None) -> Any:
    """The lower regularized incomplete Gamma function P(a, x), elementwise, with broadcasting.

    >>> tf.igamma(1., [0., 1.]).eval()
    array([0.       , 0.6321206], dtype=float32)
    """
    return shapes.broadcast(a.sizes, x.sizes)


@op("Igammac")
def igammac(a: Tensor, x: Tensor, name: str | None = None) -> Any:
    """The upper regularized incomplete Gamma function Q(a, x) = 1 - P(a, x), elementwise, with broadcasting."""
    return shapes.broadcast(a.sizes, x.sizes)


def lbeta(x: Any, name: str = "lbeta") -> Tensor:
    """The logarithm of the magnitude of the Beta function of the vectors along the last dimension.

    >>> tf.exp(tf.lbeta([2., 1.])).eval()
    0.5

    Raises ValueError for a scalar; a run fails with InvalidArgumentError when only then it is known to be one.
    """
    from tracer.ops import array, check, conditional, control_flow, logic

    with scopes.op_scope([x], name):
        x = convert_to_tensor(x, name="x")
        x = control_flow.with_dependencies([check.assert_rank_at_least(x, 1)], x)
        count = x.get_shape().num_elements()
        if count == 0:
            return _empty_lbeta(x)
        if count is not None:
            return _lbeta(x)
        is_empty = logic.equal(0, array.size(x))
        return conditional.cond(is_empty, lambda: _empty_lbeta(x), lambda: _lbeta(x))


def _lbeta(x: Tensor) -> Tensor:
    from tracer.ops import array, math, reduction

    last = [math.sub(array.rank(x), 1)] if x.sizes is None else [len(x.sizes) - 1]
    last = array.pack(last)
    return math.sub(reduction.reduce_sum(lgamma(x), last), lgamma(reduction.reduce_sum(x, last)))


def _empty_lbeta(x: Tensor) -> Tensor:
    """Without elements there is no logarithm: an empty tensor, of one dimension less."""
    from tracer.ops import check, control_flow, reduction

    x = control_flow.with_dependencies([check.assert_rank_at_least(x, 2)], x)
    return reduction.reduce_sum(x, 0)
