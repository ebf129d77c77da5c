"""Rules of the optimizers: each is a chain of optax pieces whose state is the variable's slots."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lowering.kernels.sparse_rows import SortedRows
from lowering.registry import lowers
from lowering.rules.state import brackets

_NONE = optax.EmptyState()
_UNCORRECTED = np.int32(np.iinfo(np.int32).max)
"""A step count at which optax's bias corrections, 1 - beta ** count, are 1."""


def _step(var: Any, grad: Any, chain: list[optax.GradientTransformation], states: list[Any]) -> tuple[Any, Any]:
    """The variable and the states after one step of `chain`."""
    updates, after = optax.chain(*chain).update(grad, tuple(states), var)
    return optax.apply_updates(var, updates), after


def check_shapes(check: Any, var: Any, *scalars: tuple[str, Any], **others: Any) -> None:
    for name, scalar in scalars:
        check(jnp.ndim(scalar) == 0, f"{name} is not a scalar: {brackets(jnp.shape(scalar))}")
    for name, other in others.items():
        check(jnp.shape(other) == jnp.shape(var), f"var and {name} do not have the same shape"
              f"{brackets(jnp.shape(var))} {brackets(jnp.shape(other))}")


def _rounded(product: Any) -> Any:
    """A product, rounded before anything is added to it.

    Compilers contract a product and a sum to one fused operation, which TensorFlow's kernels were not compiled to.
    Adding a zero that the compiler cannot know takes that operation's place.
    """
    return product + jnp.minimum(jnp.abs(product), 0)


@lowers("ApplyGradientDescent", writes="var")
def apply_gradient_descent(var: Any, alpha: Any, delta: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("alpha", alpha), delta=delta)
    rounded = optax.stateless(lambda updates, params: _rounded(updates))
    return _step(var, delta, [optax.scale_by_learning_rate(alpha), rounded], [_NONE, _NONE])[0]


def _momentum(lr: Any, momentum: Any) -> list[optax.GradientTransformation]:
    return [optax.trace(momentum), optax.scale_by_learning_rate(lr)]


@lowers("ApplyMomentum", writes="var accum")
def apply_momentum(var: Any, accum: Any, lr: Any, grad: Any, momentum: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("momentum", momentum), accum=accum, grad=grad)
    var, (state, _) = _step(var, grad, _momentum(lr, momentum), [optax.TraceState(accum), _NONE])
    return var, state.trace


def _adagrad(lr: Any) -> list[optax.GradientTransformation]:
    # The slot starts at initial_accumulator_value, which is positive: there is nothing to add below the root.
    return [optax.scale_by_rss(eps=0.0), optax.scale_by_learning_rate(lr)]


@lowers("ApplyAdagrad", writes="var accum")
def apply_adagrad(var: Any, accum: Any, lr: Any, grad: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), accum=accum, grad=grad)
    var, (state, _) = _step(var, grad, _adagrad(lr), [optax.ScaleByRssState(accum), _NONE])
    return var, state.sum_of_squares


def _adadelta(grad: Any, accum: Any, accum_update: Any, lr: Any, rho: Any, epsilon: Any) -> tuple[Any, Any, Any]:
    """What is added to the variable, and the slots."""
    state: Any = optax.ScaleByAdaDeltaState(accum, accum_update)
    _, state = optax.scale_by_adadelta(rho, epsilon).update(grad, state)
    # TensorFlow's kernel scales the gradient a second time, by the updates' average as it is now.
    update = jnp.sqrt(state.e_x + epsilon) * jax.lax.rsqrt(state.e_g + epsilon) * grad
    return -lr * update, state.e_g, state.e_x


@lowers("ApplyAdadelta", writes="var accum accum_update")
def apply_adadelta(var: Any, accum: Any, accum_update: Any, lr: Any, rho: Any, epsilon: Any, grad: Any, *,
                   check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("rho", rho), ("epsilon", epsilon),
                  accum=accum, accum_update=accum_update, grad=grad)
    update, accum, accum_update = _adadelta(grad, accum, accum_update, lr, rho, epsilon)
    return optax.apply_updates(var, update), accum, accum_update


@lowers("ApplyAdam", writes="var m v")
def apply_adam(var: Any, m: Any, v: Any, beta1_power: Any, beta2_power: Any, lr: Any, beta1: Any, beta2: Any,
               epsilon: Any, grad: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("beta1_power", beta1_power), ("beta2_power", beta2_power), ("lr", lr),
                  ("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon), m=m, v=v, grad=grad)
    # TensorFlow corrects the rate instead of the moments, so that its epsilon weighs more in the first steps than
    # optax's does; the powers of the betas are variables of their own.
    rate = lr * jnp.sqrt(1 - beta2_power) / (1 - beta1_power)
    chain = [optax.scale_by_adam(beta1, beta2, epsilon), optax.scale_by_learning_rate(rate)]
    var, (state, _) = _step(var, grad, chain, [optax.ScaleByAdamState(_UNCORRECTED, m, v), _NONE])
    return var, state.mu, state.nu


def _rms_prop(lr: Any, rho: Any, momentum: Any, epsilon: Any) -> list[optax.GradientTransformation]:
    # The rate is inside of the momentum, epsilon below the root; the slot of the squares starts at 1.
    return [optax.scale_by_rms(rho, epsilon), optax.scale(lr), optax.trace(momentum), optax.scale(-1)]


@lowers("ApplyRMSProp", writes="var ms mom")
def apply_rms_prop(var: Any, ms: Any, mom: Any, lr: Any, rho: Any, momentum: Any, epsilon: Any, grad: Any, *,
                   check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("rho", rho), ("momentum", momentum), ("epsilon", epsilon),
                  ms=ms, mom=mom, grad=grad)
    var, (squares, _, trace, _) = _step(
        var, grad, _rms_prop(lr, rho, momentum, epsilon),
        [optax.ScaleByRmsState(ms), _NONE, optax.TraceState(mom), _NONE])
    return var, squares.nu, trace.trace


def _ftrl(var: Any, accum: Any, linear: Any, grad: Any, lr: Any, l1: Any, l2: Any, lr_power: Any) -> tuple:
    """optax has no such piece: the new variable does not follow from an update of the old one."""

    def root(x: Any) -> Any:
        return jnp.sqrt(x) if isinstance(lr_power, np.ndarray) and lr_power == -0.5 else jnp.power(x, -lr_power)

    total = accum + _rounded(grad * grad)
    # What is subtracted can almost cancel: it is rounded and taken in TensorFlow's order.
    linear = linear + (grad - _rounded((root(total) - root(accum)) / lr * var))
    quadratic = root(total) / lr + 2 * l2
    shrunk = (l1 * jnp.sign(linear) - linear) / quadratic
    return jnp.where(jnp.abs(linear) > l1, shrunk, jnp.zeros_like(shrunk)), total, linear


@lowers("ApplyFtrl", writes="var accum linear")
def apply_ftrl(var: Any, accum: Any, linear: Any, grad: Any, lr: Any, l1: Any, l2: Any, lr_power: Any, *,
               check: Any) -> Any:
    check_shapes(check, var, accum=accum, linear=linear, grad=grad)
    _check_ftrl(check, lr, l1, l2, lr_power)
    return _ftrl(var, accum, linear, grad, lr, l1, l2, lr_power)


def _check_ftrl(check: Any, lr: Any, l1: Any, l2: Any, lr_power: Any) -> None:
    check(jnp.ndim(lr) == 0, f"lr is not a scalar or <= 0.0: {brackets(jnp.shape(lr))}")
    check(lr > 0, "lr is not a scalar or <= 0.0: []")
    for words, scalar in (("l1 regularization strength", l1), ("l2 regularization strength", l2),
                          ("lr power", lr_power)):
        check(jnp.ndim(scalar) == 0, f"{words} is not a scalar: {brackets(jnp.shape(scalar))}")


# Rows. TensorFlow's kernels take them one after the other, so that a row that stands there twice is moved twice,
# the second time from where the first has left its slots. Where a slot is a linear recurrence, all rows are taken
# at once: first the slots before each, then the dense chain on the rows.


@lowers("SparseApplyMomentum", writes="var accum")
def sparse_apply_momentum(var: Any, accum: Any, lr: Any, grad: Any, indices: Any, momentum: Any, *,
                          check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("momentum", momentum), accum=accum)
    rows = SortedRows(var, grad, indices, check)
    before = rows.before(accum, momentum, rows.grad)
    update, (state, _) = _step(jnp.zeros_like(rows.grad), rows.grad, _momentum(lr, momentum),
                               [optax.TraceState(before), _NONE])
    return rows.added(var, update), rows.last(accum, state.trace)


@lowers("SparseApplyAdagrad", writes="var accum")
def sparse_apply_adagrad(var: Any, accum: Any, lr: Any, grad: Any, indices: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), accum=accum)
    rows = SortedRows(var, grad, indices, check)
    before = rows.before(accum, 1, rows.grad * rows.grad)
    update, (state, _) = _step(jnp.zeros_like(rows.grad), rows.grad, _adagrad(lr),
                               [optax.ScaleByRssState(before), _NONE])
    return rows.added(var, update), rows.last(accum, state.sum_of_squares)


@lowers("SparseApplyAdadelta", writes="var accum accum_update")
def sparse_apply_adadelta(var: Any, accum: Any, accum_update: Any, lr: Any, rho: Any, epsilon: Any, grad: Any,
                          indices: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("rho", rho), ("epsilon", epsilon),
                  accum=accum, accum_update=accum_update)
    rows = SortedRows(var, grad, indices, check)
    squares = rows.grad * rows.grad
    before = rows.before(accum, rho, (1 - rho) * squares)
    # The update's square is (accum_update + epsilon) * ratio: linear in the slot.
    ratio = squares / (rho * before + (1 - rho) * squares + epsilon)
    updates_before = rows.before(accum_update, rho + (1 - rho) * ratio, (1 - rho) * ratio * epsilon)
    update, after, updates_after = _adadelta(rows.grad, before, updates_before, lr, rho, epsilon)
    return rows.added(var, update), rows.last(accum, after), rows.last(accum_update, updates_after)


@lowers("SparseApplyRMSProp", writes="var ms mom")
def sparse_apply_rms_prop(var: Any, ms: Any, mom: Any, lr: Any, rho: Any, momentum: Any, epsilon: Any, grad: Any,
                          indices: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("rho", rho), ("momentum", momentum), ("epsilon", epsilon), ms=ms, mom=mom)
    rows = SortedRows(var, grad, indices, check)
    squares = (1 - rho) * rows.grad * rows.grad
    before = rows.before(ms, rho, squares)
    scaled = lr * rows.grad * jax.lax.rsqrt(rho * before + squares + epsilon)
    update, (state, _, trace, _) = _step(
        jnp.zeros_like(rows.grad), rows.grad, _rms_prop(lr, rho, momentum, epsilon),
        [optax.ScaleByRmsState(before), _NONE, optax.TraceState(rows.before(mom, momentum, scaled)), _NONE])
    return rows.added(var, update), rows.last(ms, state.nu), rows.last(mom, trace.trace)


@lowers("SparseApplyFtrl", writes="var accum linear")
def sparse_apply_ftrl(var: Any, accum: Any, linear: Any, grad: Any, indices: Any, lr: Any, l1: Any, l2: Any,
                      lr_power: Any, *, check: Any) -> Any:
    check_shapes(check, var, accum=accum, linear=linear)
    _check_ftrl(check, lr, l1, l2, lr_power)
    rows = SortedRows(var, grad, indices, check)
    slots = (var, accum, linear)

    def step(state: tuple, grad: Any) -> tuple:
        var, accum, linear = state
        return _ftrl(var, accum, linear, grad, lr, l1, l2, lr_power)

    after = rows.one_by_one(slots, step)
    return tuple(rows.last(slot, value) for slot, value in zip(slots, after, strict=True))
