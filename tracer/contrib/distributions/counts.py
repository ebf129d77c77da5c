"""Distributions of how often things happen in a number of trials."""

from __future__ import annotations

from operator import add, mul, sub
from typing import Any

from tracer.contrib.distributions.distribution import Distribution
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, check, control_flow, math, matrix, reduction, special
from tracer.ops import nn as nn_ops
from tracer.properties import reads


def _chances(logits: Any, p: Any) -> tuple[Any, Any]:
    if p is None and logits is None:
        raise ValueError("Must pass p or logits.")
    if p is not None and logits is not None:
        raise ValueError("Must pass either p or logits, not both.")
    return (None if logits is None else convert_to_tensor(logits, name="logits"),
            None if p is None else convert_to_tensor(p, name="p"))


class _Counts(Distribution):
    """What both share: the number of trials, and values that are whole numbers."""

    def __init__(self, n: Any, logits: Any, p: Any, validate_args: bool, allow_nan_stats: bool, name: str) -> None:
        given_logits, given_p = _chances(logits, p)
        kind = given_p.dtype if given_logits is None else given_logits.dtype
        parameters = {"n": n, "logits": logits, "p": p, "validate_args": validate_args, "allow_nan_stats": allow_nan_stats,
                      "name": name}
        super().__init__(kind, parameters, False, False, validate_args, allow_nan_stats, name=name)
        with self._scope("init"):
            trials = convert_to_tensor(n, dtype=kind, name="n")
            if validate_args:
                trials = control_flow.with_dependencies([check.assert_non_negative(trials), _assert_whole(trials)], trials)
            self._n = array.identity(trials, name="n")
            self._logits, self._p = self._both(given_logits, given_p)

    n = reads("_n", "The numbers of trials.")
    logits = reads("_logits", "The log odds.")
    p = reads("_p", "The chances.")

    def _both(self, logits: Any, p: Any) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def _checked(self, counts: Tensor) -> Tensor:
        """The values; where that is asked for, a run fails where one of them cannot be."""
        if not self._validate_args:
            return counts
        return control_flow.with_dependencies([check.assert_non_negative(counts), _assert_whole(counts)], counts)


def _assert_whole(value: Tensor) -> Any:
    return check.assert_equal(value, math.floor(value), data=["x has non-integer components.", value])


class Binomial(_Counts):
    """Distributions of the number of successes in `n` trials, each with the chance `p`, or with the log odds `logits`.

    >>> tf.contrib.distributions.Binomial(n=4.0, p=0.5).prob([0.0, 2.0]).eval()
    array([0.0625, 0.375], dtype=float32)
    """

    def __init__(self, n: Any, logits: Any = None, p: Any = None, validate_args: bool = False,
                 allow_nan_stats: bool = True, name: str = "Binomial") -> None:
        super().__init__(n, logits, p, validate_args, allow_nan_stats, name)

    def _both(self, logits: Any, p: Any) -> tuple[Tensor, Tensor]:
        if p is None:
            return logits, nn_ops.sigmoid(logits)
        return sub(math.log(p), math.log(sub(1.0, p))), p

    def _batch(self) -> Tensor:
        return add(self._n, self._p)

    def _log_prob(self, value: Tensor) -> Tensor:
        counts = self._checked(value)
        if self._validate_args:
            fits = check.assert_less_equal(counts, self._n,
                                           data=["counts are not less than or equal to n.", counts, self._n])
            counts = control_flow.with_dependencies([fits], counts)
        others = sub(self._n, counts)
        chosen = add(mul(counts, math.log(self._p)), mul(others, math.log(sub(1.0, self._p))))
        ways = sub(sub(special.lgamma(add(self._n, 1.0)), special.lgamma(add(counts, 1.0))),
                        special.lgamma(add(others, 1.0)))
        return add(chosen, ways)

    def _mean(self) -> Tensor:
        return mul(self._n, self._p)

    def _variance(self) -> Tensor:
        return mul(self._mean(), sub(1.0, self._p))

    def _std(self) -> Tensor:
        return math.sqrt(self._variance())

    def _mode(self) -> Tensor:
        return math.floor(mul(add(self._n, 1.0), self._p))


class Multinomial(_Counts):
    """Distributions of how often each class comes in `n` draws; `p` are the chances, or `logits` their logarithms.

    The chances have the shape [..., classes], `n` the shape of the batch.
    """

    def __init__(self, n: Any, logits: Any = None, p: Any = None, validate_args: bool = False,
                 allow_nan_stats: bool = True, name: str = "Multinomial") -> None:
        super().__init__(n, logits, p, validate_args, allow_nan_stats, name)

    def _both(self, logits: Any, p: Any) -> tuple[Tensor, Tensor]:
        return (logits, nn_ops.softmax(logits)) if p is None else (math.log(p), p)

    def _batch(self) -> Tensor:
        return add(self._n, reduction.reduce_sum(self._p, [-1]))

    def _event(self) -> Tensor:
        rank = self._p.get_shape().ndims
        return self._p if rank == 1 else reduction.reduce_sum(self._p, list(range((rank or 1) - 1)))

    def _log_prob(self, value: Tensor) -> Tensor:
        counts = self._checked(value)
        if self._validate_args:
            fits = check.assert_equal(reduction.reduce_sum(counts, [-1]), self._n,
                                      data=["counts do not sum to n.", counts, self._n])
            counts = control_flow.with_dependencies([fits], counts)
        ways = sub(special.lgamma(add(self._n, 1.0)),
                        reduction.reduce_sum(special.lgamma(add(counts, 1.0)), [-1]))
        return add(reduction.reduce_sum(mul(counts, math.log(self._p)), [-1]), ways)

    def _mean(self) -> Tensor:
        return mul(array.expand_dims(self._n, -1), self._p)

    def _variance(self) -> Tensor:
        mean = self._mean()
        each = math.neg(math.batch_matmul(array.expand_dims(mean, -1), array.expand_dims(self._p, -2)))
        return add(each, matrix.batch_matrix_diag(mean))
