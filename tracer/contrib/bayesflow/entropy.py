"""Entropies and divergences from samples."""

from __future__ import annotations

import math as numbers
from collections.abc import Callable
from typing import Any

from tracer import dtypes, scopes
from tracer.contrib.bayesflow.monte_carlo import log_of_mean, samples
from tracer.contrib.bayesflow.variational_inference import ELBOForms as ELBOForms
from tracer.convert import convert_to_tensor
from tracer.ops import casting, clip, math, reduction
from tracer.static import constant_value


def _unhandled(form: Any) -> ValueError:
    return ValueError(f"ELBOForm not handled by this function: {form}")


def entropy_shannon(p: Any, z: Any = None, n: Any = None, seed: int | None = None, form: Any = None,
                    name: str = "entropy_shannon") -> Any:
    """The entropy of `p`: as it is known, or, by `ELBOForms.sample`, from samples `z` or `n` that are drawn."""
    form = ELBOForms.default if form is None else form
    ELBOForms.check_form(form)
    with scopes.op_scope([n, z], name, "entropy_shannon"):
        if form is ELBOForms.analytic_kl:
            raise _unhandled(form)
        if form is not ELBOForms.sample:
            try:
                return p.entropy()
            except NotImplementedError:
                if form is ELBOForms.analytic_entropy:
                    raise
        return -reduction.reduce_mean(p.log_prob(samples(p, z, n, seed)), [0])


def elbo_ratio(log_p: Callable, q: Any, z: Any = None, n: Any = None, seed: int | None = None, form: Any = None,
               name: str = "elbo_ratio") -> Any:
    """The mean of `log_p` under `q`, plus the entropy of `q`.

    Args:
        log_p: a function of samples.
        q: a distribution.
        z, n, seed: samples of it, or how many to draw.
        form: whether the entropy is the one that is known, or from the samples.
        name: the name of the operations.
    """
    form = ELBOForms.default if form is None else form
    ELBOForms.check_form(form)
    with scopes.op_scope([n, z], name, "elbo_ratio"):
        if form is ELBOForms.analytic_kl:
            raise _unhandled(form)
        z = samples(q, z, n, seed)
        return reduction.reduce_mean(log_p(z), [0]) + entropy_shannon(q, z, form=form)


def renyi_ratio(log_p: Callable, q: Any, alpha: Any, z: Any = None, n: Any = None, seed: int | None = None,
                name: str = "renyi_ratio") -> Any:
    """`log(mean((p / q) ** (1 - alpha))) / (1 - alpha)` over samples of `q`; its limit where `alpha` is 1."""
    with scopes.op_scope([alpha, n, z], name, "renyi_ratio"):
        z = samples(q, z, n, seed)
        known = constant_value(convert_to_tensor(alpha))
        if known is not None and known.ndim == 0 and known == 1:
            return elbo_ratio(log_p, q, z, form=ELBOForms.sample)
        rest = 1 - convert_to_tensor(alpha, dtype=q.dtype)
        return log_of_mean((log_p(z) - q.log_prob(z)) * rest) / rest


def renyi_alpha(step: Any, decay_time: Any, alpha_min: Any, alpha_max: Any = 0.99999, name: str = "renyi_alpha") -> Any:
    """An `alpha` that falls from `alpha_max` to `alpha_min` over `decay_time` steps, slowly at first."""
    with scopes.op_scope([step, decay_time, alpha_min, alpha_max], name, "renyi_alpha"):
        least = convert_to_tensor(alpha_min, dtype=dtypes.float32)
        most = convert_to_tensor(alpha_max, dtype=dtypes.float32)
        now = casting.cast(convert_to_tensor(step), dtypes.float32)
        time = casting.cast(convert_to_tensor(decay_time), dtypes.float32)
        for word, value in (("alpha_min", least), ("alpha_max", most), ("step", now), ("decay_time", time)):
            rank = value.get_shape().ndims
            if rank not in (None, 0):
                raise ValueError(f"{word} must be scalar.  Tensor {value.name} must have rank 0.  Received rank {rank}, "
                                 f"shape {value.get_shape()}")
        share = clip.clip_by_value(now / time, 0.0, 1.0)
        return least + (most - least) * (numbers.e - math.exp(share)) / (numbers.e - 1)
