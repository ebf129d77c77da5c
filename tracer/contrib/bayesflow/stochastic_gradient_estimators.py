"""Gradients of an expected value where none passes through the samples: the score function, and its baselines."""

from __future__ import annotations

from collections.abc import Callable
from operator import mul
from typing import Any

from tracer import scopes
from tracer.ops import array, reduction
from tracer.train.averages import ExponentialMovingAverage
from tracer.variable_scope import variable_op_scope


def score_function(stochastic_tensor: Any, value: Any, loss: Any, baseline: Any = None,
                   name: str = "ScoreFunction") -> Any:
    """`log p(value)` times the loss, or what the loss is more than `baseline`: its gradient is that of the expected loss."""
    with scopes.op_scope([value, loss, baseline], name, "ScoreFunction"):
        advantage = loss if baseline is None else loss - baseline
        return mul(stochastic_tensor.distribution.log_prob(value), array.stop_gradient(advantage))


def get_score_function_with_advantage(advantage_fn: Callable | None = None,
                                      name: str = "ScoreFunctionWithAdvantage") -> Callable:
    """The score function of what `advantage_fn(stochastic_tensor, loss)` gives in place of the loss."""
    if not callable(advantage_fn):
        raise TypeError(f"advantage_fn must be callable, not {advantage_fn!r}")

    def score_function_with_advantage(stochastic_tensor: Any, value: Any, loss: Any) -> Any:
        with scopes.op_scope([value, loss], name, "ScoreFunctionWithAdvantage"):
            advantage = advantage_fn(stochastic_tensor, loss)
            return mul(stochastic_tensor.distribution.log_prob(value), array.stop_gradient(advantage))

    return score_function_with_advantage


def get_score_function_with_constant_baseline(baseline: Any, name: str = "ScoreFunction") -> Callable:
    """The score function of what the loss is more than `baseline`."""
    def score_function_with_constant_baseline(stochastic_tensor: Any, value: Any, loss: Any) -> Any:
        return score_function(stochastic_tensor, value, loss, baseline, name)

    return score_function_with_constant_baseline


def get_score_function_with_baseline(baseline_fn: Callable | None = None, name: str = "ScoreFunction") -> Callable:
    """The score function of what the loss is more than `baseline_fn(stochastic_tensor, loss)`, its mean by default."""
    chosen = get_mean_baseline() if baseline_fn is None else baseline_fn

    def score_function_with_baseline(stochastic_tensor: Any, value: Any, loss: Any) -> Any:
        with scopes.op_scope([value, loss], name, "ScoreFunction"):
            return score_function(stochastic_tensor, value, loss, chosen(stochastic_tensor, loss))

    return score_function_with_baseline


def get_mean_baseline(ema_decay: float = 0.99, name: str | None = None) -> Callable:
    """A function that gives the moving average of the mean loss, and moves it."""
    def mean_baseline(_: Any, loss: Any) -> Any:
        with variable_op_scope([loss], name, "MeanBaseline"):
            mean = reduction.reduce_mean(loss)
            averages = ExponentialMovingAverage(decay=ema_decay)
            moved = averages.apply([mean])
            with scopes.control_dependencies([moved]):
                return array.identity(averages.average(mean))

    return mean_baseline
