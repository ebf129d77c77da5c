"""Learning rates that fall with the number of steps taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_n_to_tensor, convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import casting, conditional, constants, logic
from tracer.ops import math as math_ops


def exponential_decay(learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any,
                      staircase: bool = False, name: str | None = None) -> Tensor:
    """`learning_rate * decay_rate ** (global_step / decay_steps)`.

    >>> tf.train.exponential_decay(0.1, 200, 100, 0.5).eval()
    0.025

    Args:
        learning_rate: the rate at step 0.
        global_step: the number of steps taken, usually a variable that `minimize` counts up.
        decay_steps: after so many steps the rate has been multiplied by `decay_rate`.
        decay_rate: the factor.
        staircase: whether the exponent is cut to a whole number.
        name: the name of the result.
    """
    with scopes.op_scope([learning_rate, global_step, decay_steps, decay_rate], name, "ExponentialDecay") as scope:
        learning_rate = convert_to_tensor(learning_rate, name="learning_rate")
        exponent, decay_rate = _exponent(learning_rate, global_step, decay_steps, decay_rate, staircase)
        return math_ops.mul(learning_rate, math_ops.pow(decay_rate, exponent), name=scope)


def natural_exp_decay(learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any,
                      staircase: bool = False, name: str | None = None) -> Tensor:
    """`learning_rate * exp(-decay_rate * global_step / decay_steps)`. 0.9 added it.

    >>> tf.train.natural_exp_decay(0.1, 0, 100, 0.5).eval()
    0.1

    The arguments are those of `exponential_decay`.
    """
    with scopes.op_scope([learning_rate, global_step, decay_rate], name, "NaturalExpDecay") as scope:
        learning_rate = convert_to_tensor(learning_rate, name="learning_rate")
        exponent, decay_rate = _exponent(learning_rate, global_step, decay_steps, decay_rate, staircase)
        factor = math_ops.exp(math_ops.mul(math_ops.neg(decay_rate), exponent))
        return math_ops.mul(learning_rate, factor, name=scope)


def inverse_time_decay(learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any,
                       staircase: bool = False, name: str | None = None) -> Tensor:
    """`learning_rate / (1 + decay_rate * global_step / decay_steps)`. 0.9 added it.

    >>> tf.train.inverse_time_decay(0.1, 100, 100, 1.0).eval()
    0.05

    The arguments are those of `exponential_decay`.
    """
    with scopes.op_scope([learning_rate, global_step, decay_rate], name, "InverseTimeDecay") as scope:
        learning_rate = convert_to_tensor(learning_rate, name="learning_rate")
        exponent, decay_rate = _exponent(learning_rate, global_step, decay_steps, decay_rate, staircase)
        one = casting.cast(constants.constant(1), learning_rate.dtype)
        return math_ops.div(learning_rate, math_ops.add(one, math_ops.mul(decay_rate, exponent)), name=scope)


def _exponent(learning_rate: Tensor, global_step: Any, decay_steps: Any, decay_rate: Any,
              staircase: bool) -> tuple[Tensor, Tensor]:
    """How many times `decay_steps` steps have been taken, and the factor, in the rate's type."""
    kind = learning_rate.dtype.base_dtype
    taken: Any = casting.cast(global_step, kind)
    steps = casting.cast(decay_steps, kind)
    decay_rate = casting.cast(decay_rate, kind)
    exponent = taken / steps
    return (math_ops.floor(exponent) if staircase else exponent), decay_rate


def polynomial_decay(learning_rate: Any, global_step: Any, decay_steps: Any, end_learning_rate: Any = 0.0001,
                     power: Any = 1.0, cycle: bool = False, name: str | None = None) -> Tensor:
    """From `learning_rate` to `end_learning_rate` in `decay_steps` steps, along a power of the steps that are left.

    0.9 added it.

    >>> tf.train.polynomial_decay(0.1, 50, 100, 0.0).eval()
    0.05

    Args:
        learning_rate: the rate at step 0.
        global_step: the number of steps taken.
        decay_steps: after so many steps the rate has reached its end.
        end_learning_rate: that end.
        power: the power; 1 is a straight line.
        cycle: whether the rate starts again after `decay_steps`, over twice, three times ... as many steps.
        name: the name of the result.
    """
    with scopes.op_scope([learning_rate, global_step, decay_steps, end_learning_rate, power], name,
                         "PolynomialDecay") as scope:
        rate: Any = convert_to_tensor(learning_rate, name="learning_rate")
        kind = rate.dtype.base_dtype
        taken: Any = casting.cast(global_step, kind)
        steps: Any = casting.cast(decay_steps, kind)
        end: Any = casting.cast(end_learning_rate, kind)
        power = casting.cast(power, kind)
        if cycle:
            # At step 0 this is 0 / 0, as it was in TensorFlow.
            steps = math_ops.mul(steps, math_ops.ceil(taken / steps))
        else:
            taken = math_ops.minimum(taken, steps)
        part: Any = math_ops.div(taken, steps)
        return math_ops.add(math_ops.mul(rate - end, math_ops.pow(1 - part, power)), end, name=scope)


def piecewise_constant(x: Any, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None) -> Tensor:
    """`values[0]` while x <= boundaries[0], then `values[1]` while x <= boundaries[1], and so on. 0.9 added it.

    >>> tf.train.piecewise_constant(tf.constant(15), [10, 20], [1.0, 0.5, 0.1]).eval()
    0.5

    Args:
        x: a tensor of shape (), usually the number of steps taken.
        boundaries: increasing numbers of its type.
        values: one more number than boundaries; of more, the last stands behind the last boundary.
        name: the name of the operations.

    Raises:
        ValueError: the types differ.
    """
    with scopes.op_scope([x, *boundaries, *values], name, "PiecewiseConstant"):
        x = convert_to_tensor(x)
        limits = convert_n_to_tensor(list(boundaries))
        for i, limit in enumerate(limits):
            if limit.dtype.base_dtype is x.dtype.base_dtype:
                continue
            if not (limit.dtype.base_dtype is dtypes.int32 and x.dtype.base_dtype is dtypes.int64):
                raise ValueError(f"Boundaries ({limit.dtype}) must have the same dtype as x ({x.dtype}).")
            limits[i] = casting.cast(limit, dtypes.int64)
        levels = convert_n_to_tensor(list(values))
        for level in levels[1:]:
            if level.dtype.base_dtype is not levels[0].dtype.base_dtype:
                raise ValueError("Values must have elements all with the same dtype "
                                 f"({levels[0].dtype} vs {level.dtype}).")
        pairs = {logic.less_equal(x, limits[0]): lambda: levels[0],
                 logic.greater(x, limits[-1]): lambda: levels[-1]}
        for low, high, level in zip(limits[:-1], limits[1:], levels[1:-1], strict=False):  # TensorFlow counts neither
            inside = logic.logical_and(logic.greater(x, low), logic.less_equal(x, high), name="and")
            pairs[inside] = lambda level=level: level
        return conditional.case(pairs, lambda: levels[0], exclusive=True)
