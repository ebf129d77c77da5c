"""Expected values from samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import scopes
from tracer.convert import convert_to_tensor
from tracer.ops import array, casting, math, reduction
from tracer.younger.maths import reduce_logsumexp


def samples(distribution: Any, z: Any, n: Any, seed: int | None) -> Any:
    """`z`, or `n` samples. Raises ValueError where not one of both is given."""
    if (n is None) == (z is None):
        raise ValueError(f'Must specify exactly one of arguments "n" and "z".  Found: n = {n}, z = {z}')
    return distribution.sample_n(n=n, seed=seed) if z is None else convert_to_tensor(z, name="z")


def log_of_mean(values: Any) -> Any:
    """The logarithm of the mean of `exp(values)` along the first dimension."""
    count = casting.cast(array.shape(values)[0], values.dtype)  # type: ignore[index]
    return reduce_logsumexp(values, [0]) - math.log(count)


def expectation(f: Callable, p: Any, z: Any = None, n: Any = None, seed: int | None = None,
                name: str = "expectation") -> Any:
    """The mean of `f` of samples of `p`: of `z`, whose first dimension counts them, or of `n` that are drawn."""
    with scopes.op_scope([n, z], name, "expectation"):
        return reduction.reduce_mean(f(samples(p, z, n, seed)), [0])


def expectation_importance_sampler(f: Callable, log_p: Callable, sampling_dist_q: Any, z: Any = None, n: Any = None,
                                   seed: int | None = None, name: str = "expectation_importance_sampler") -> Any:
    """The expected value of `f` under the density whose logarithm is `log_p`, from samples of `sampling_dist_q`.

    `z` are those samples, or `n` are drawn.
    """
    with scopes.op_scope([z, n], name, "expectation_importance_sampler"):
        z = samples(sampling_dist_q, z, n, seed)
        weights = log_p(z) - sampling_dist_q.log_prob(z)
        largest = array.stop_gradient(reduction.reduce_max(weights, [0]))
        return math.exp(largest) * reduction.reduce_mean(f(z) * math.exp(weights - largest), [0])


def expectation_importance_sampler_logspace(log_f: Callable, log_p: Callable, sampling_dist_q: Any, z: Any = None,
                                            n: Any = None, seed: int | None = None,
                                            name: str = "expectation_importance_sampler_logspace") -> Any:
    """The logarithm of the expected value of `exp(log_f)`; the rest is as in `expectation_importance_sampler`."""
    with scopes.op_scope([z, n], name, "expectation_importance_sampler_logspace"):
        z = samples(sampling_dist_q, z, n, seed)
        return log_of_mean(log_f(z) + log_p(z) - sampling_dist_q.log_prob(z))
