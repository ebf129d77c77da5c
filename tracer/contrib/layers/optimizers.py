"""`optimize_loss`: a training step with all that comes with it."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

from tracer import scopes, train
from tracer.convert import IndexedSlices
from tracer.initializers import constant_initializer, zeros_initializer
from tracer.ir import Tensor
from tracer.ops import casting, clip, constants, control_flow, logic, math, random, summary
from tracer.scopes import GraphKeys
from tracer.train.averages import assign_moving_average
from tracer.variable_scope import get_variable, variable_op_scope
from tracer.variables import Variable, trainable_variables

__all__ = ["OPTIMIZER_CLS_NAMES", "OPTIMIZER_SUMMARIES", "adaptive_clipping_fn", "optimize_loss"]

OPTIMIZER_CLS_NAMES: dict[str, Callable[..., Any]] = {
    "Adagrad": train.AdagradOptimizer,
    "Adam": train.AdamOptimizer,
    "Ftrl": train.FtrlOptimizer,
    "Momentum": lambda learning_rate: train.MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": train.RMSPropOptimizer,
    "SGD": train.GradientDescentOptimizer,
}

OPTIMIZER_SUMMARIES = ["learning_rate", "loss", "gradients", "gradient_norm"]

Pairs = list[tuple[Any, Variable]]


def optimize_loss(
    loss: Any, global_step: Any, learning_rate: Any, optimizer: Any, gradient_noise_scale: float | None = None,
    gradient_multipliers: Any = None, clip_gradients: Any = None, moving_average_decay: float | None = 0.9,
    learning_rate_decay_fn: Any = None, variables: Any = None, name: str | None = None, update_ops: Any = None,
    summaries: Any = None, colocate_gradients_with_ops: bool = False,
) -> Tensor:
    """A training step that minimizes `loss`: running it moves the variables and gives the loss.

    >>> step = tf.contrib.layers.optimize_loss(loss, global_step, learning_rate=0.1, optimizer="Adam")

    Args:
        loss: a scalar.
        global_step: a variable that counts the steps, or None.
        learning_rate: a number, which becomes the variable `learning_rate`; or a scalar tensor; None when the
            optimizer is an instance.
        optimizer: a name of `OPTIMIZER_CLS_NAMES`, a class, an instance, or a function of the learning rate.
        gradient_noise_scale: adds normal noise of this scale to the gradients.
        gradient_multipliers: a dict of factors for the gradients, by variables or their names.
        clip_gradients: the bound of the gradients' global norm; or a function of (gradient, variable) pairs.
        moving_average_decay: of the loss's moving average, which becomes a summary; None for none.
        learning_rate_decay_fn: a function of (learning_rate, global_step).
        variables: what is optimized; by default the trainable variables.
        name: the variable scope; by default `OptimizeLoss`.
        update_ops: what runs before the loss counts; by default the collection UPDATE_OPS.
        summaries: a list of what becomes a summary, of `OPTIMIZER_SUMMARIES`; all of it by default.
        colocate_gradients_with_ops: see `tf.gradients`.

    Raises ValueError for another kind of optimizer, learning rate, clipping or summary.
    """
    wanted = OPTIMIZER_SUMMARIES if summaries is None else summaries
    for item in wanted:
        if item not in OPTIMIZER_SUMMARIES:
            raise ValueError(f"Summaries should be one of [{', '.join(OPTIMIZER_SUMMARIES)}], you provided {item}.")
    with variable_op_scope([loss, global_step], name, "OptimizeLoss"):
        loss = _after_updates(loss, update_ops)
        if moving_average_decay is not None:
            loss = _averaged(loss, moving_average_decay, wanted)
        rate = _rate(learning_rate, learning_rate_decay_fn, global_step, wanted)
        made = _optimizer(optimizer, rate)
        pairs = made.compute_gradients(loss, trainable_variables() if variables is None else variables,
                                       colocate_gradients_with_ops=colocate_gradients_with_ops)
        if gradient_noise_scale is not None:
            pairs = _noisy(pairs, gradient_noise_scale)
        if gradient_multipliers is not None:
            pairs = _multiplied(pairs, gradient_multipliers)
        pairs = _clipped(pairs, clip_gradients)
        if "loss" in wanted:
            summary.scalar_summary("loss", loss)
        _summarize(pairs, wanted)
        step = made.apply_gradients(pairs, global_step=global_step, name="train")
        return control_flow.with_dependencies([step], loss)


def adaptive_clipping_fn(
    std_factor: Any = 2.0, decay: Any = 0.95, static_max_norm: Any = None, global_step: Any = None,
    report_summary: bool = False, epsilon: float = 1e-8, name: str | None = None,
) -> Callable[[Pairs], Pairs]:
    """A function that scales gradients down where their norm is unlike those before; for `optimize_loss`, as of 0.12.

    >>> step = tf.contrib.layers.optimize_loss(loss, global_step, 0.1, "SGD", clip_gradients=adaptive_clipping_fn())

    It keeps moving averages of the logarithm of the gradients' global norm and of its square. Where the norm is not less
    than `exp(mean + std_factor * deviation)`, gradients are scaled to a norm of `exp(mean)`.

    Args:
        std_factor: how many standard deviations more than the mean are let through.
        decay: of the moving averages.
        static_max_norm: a bound of the norm beside that; None for none.
        global_step: the number of steps n, with which the decay is at most n / (n + 1); None to take `decay` as it is.
        report_summary: whether the greatest norm let through becomes a summary.
        epsilon: the least variance, and what is added to the norm before its logarithm is taken.
        name: the scope of the averages; by default `AdaptiveMaxNorm`.
    """
    def clipped(pairs: Pairs) -> Pairs:
        norm = clip.global_norm([gradient for gradient, _ in pairs])
        greatest, log_mean = _adaptive_norm(norm, std_factor, decay, global_step, epsilon, name)
        if report_summary:
            summary.scalar_summary("global_norm/adaptive_max_gradient_norm", greatest)
        factor = logic.select(math.less(norm, greatest), constants.ones_like(norm), math.exp(log_mean) / norm)
        if static_max_norm is not None:
            factor = math.minimum(static_max_norm / norm, factor)
        return [(None if gradient is None else _changed(gradient, lambda values: values * factor), variable)
                for gradient, variable in pairs]

    return clipped


def _adaptive_norm(norm: Tensor, std_factor: Any, decay: Any, global_step: Any, epsilon: float,
                   name: str | None) -> tuple[Tensor, Tensor]:
    """The greatest norm that is let through, and the mean of its logarithm."""
    with variable_op_scope([norm], name, "AdaptiveMaxNorm"):
        log_norm = math.log(norm + epsilon)

        def average(label: str, value: Tensor) -> Tensor:
            variable = get_variable(label, value.get_shape(), value.dtype, zeros_initializer, trainable=False)
            part = decay
            if global_step is not None:
                steps = casting.cast(global_step, value.dtype)
                part = math.minimum(part, steps / (steps + 1.0))
            return assign_moving_average(variable, value, part)

        mean = average("mean", log_norm)
        squares = average("sq_mean", math.square(log_norm))
        deviation = math.sqrt(math.maximum(epsilon, squares - math.square(mean)))
        return math.exp(mean + std_factor * deviation), mean


def _after_updates(loss: Any, update_ops: Any) -> Any:
    updates = scopes.get_collection(GraphKeys.UPDATE_OPS) if update_ops is None else update_ops
    if not updates:
        return loss
    with scopes.control_dependencies(list(updates)):
        barrier = control_flow.no_op(name="update_barrier")
    return control_flow.with_dependencies([barrier], loss)


def _averaged(loss: Any, decay: float, wanted: list[str]) -> Tensor:
    averages = train.ExponentialMovingAverage(decay, name="avg")
    update = averages.apply([loss])
    if "loss" in wanted:
        summary.scalar_summary("loss/mean", averages.average(loss))
    return control_flow.with_dependencies([update], loss)


def _rate(learning_rate: Any, decay_fn: Any, global_step: Any, wanted: list[str]) -> Any:
    """The learning rate of the step: None, a variable that holds a number, a tensor, or one of them after decay."""
    rate = learning_rate
    if rate is None:
        return None
    if isinstance(rate, numbers.Real):
        if rate < 0.0:
            raise ValueError(f"Invalid learning_rate {rate}.")
        rate = get_variable("learning_rate", [], trainable=False, initializer=constant_initializer(float(rate)))
    elif not (isinstance(rate, (Tensor, Variable)) and rate.get_shape().ndims == 0):
        raise ValueError(f"Learning rate should be 0d Tensor or float. Got {rate} of type {type(rate)}")
    if decay_fn is not None:
        rate = decay_fn(rate, global_step)
    if "learning_rate" in wanted:
        summary.scalar_summary("learning_rate", rate)
    return rate


def _optimizer(optimizer: Any, rate: Any) -> train.Optimizer:
    if isinstance(optimizer, train.Optimizer):
        return optimizer
    if isinstance(optimizer, str):
        if optimizer not in OPTIMIZER_CLS_NAMES:
            raise ValueError(f"Optimizer name should be one of [{', '.join(OPTIMIZER_CLS_NAMES)}], you provided "
                             f"{optimizer}.")
        if rate is None:
            raise ValueError(f"Learning rate is None, but should be specified if optimizer is string ({optimizer}).")
        return OPTIMIZER_CLS_NAMES[optimizer](learning_rate=rate)
    if not callable(optimizer):
        raise ValueError("Unrecognized optimizer: should be string, subclass of Optimizer, instance of subclass of "
                         f"Optimizer or function with one argument. Got {optimizer}.")
    if isinstance(optimizer, type) and issubclass(optimizer, train.Optimizer):
        if rate is None:
            raise ValueError(f"Learning rate is None, but should be specified if optimizer is class ({optimizer}).")
        return optimizer(learning_rate=rate)  # type: ignore[call-arg]
    made = optimizer(rate) if rate is not None else optimizer()
    if not isinstance(made, train.Optimizer):
        raise ValueError(f"Unrecognized optimizer: function should return subclass of Optimizer. Got {made}.")
    return made


def _changed(gradient: Any, change: Callable[[Any], Any]) -> Any:
    """A gradient, its values changed."""
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(change(gradient.values), gradient.indices, gradient.dense_shape)
    return change(gradient)


def _noisy(pairs: Pairs, scale: float) -> Pairs:
    def noisy(gradient: Any) -> Any:
        shape = gradient.dense_shape if isinstance(gradient, IndexedSlices) else gradient.get_shape()
        return gradient + random.truncated_normal(shape) * scale

    return [(None if gradient is None else noisy(gradient), variable) for gradient, variable in pairs]


def _multiplied(pairs: Pairs, multipliers: Any) -> Pairs:
    found = []
    for gradient, variable in pairs:
        keys = (variable, variable.name, variable.op.name)
        factor = next((multipliers[key] for key in keys if key in multipliers), None)
        if factor is not None and gradient is not None:
            gradient = _changed(gradient, lambda values, factor=factor: values * factor)
        found.append((gradient, variable))
    return found


def _clipped(pairs: Pairs, clip_gradients: Any) -> Any:
    if clip_gradients is None:
        return pairs
    if callable(clip_gradients):
        return clip_gradients(pairs)
    if not isinstance(clip_gradients, numbers.Real):
        raise ValueError(f"Unknown type {type(clip_gradients)} for clip_gradients")
    clipped, _ = clip.clip_by_global_norm([gradient for gradient, _ in pairs], clip_gradients)
    return [(gradient, variable) for gradient, (_, variable) in zip(clipped, pairs, strict=True)]


def _summarize(pairs: Pairs, wanted: list[str]) -> None:
    for gradient, variable in pairs:
        if gradient is None:
            continue
        values = gradient.values if isinstance(gradient, IndexedSlices) else gradient
        if "gradients" in wanted:
            summary.histogram_summary(variable.name + "/gradients", values)
        if "gradient_norm" in wanted:
            summary.scalar_summary(variable.name + "/gradient_norm", clip.global_norm([values]))
