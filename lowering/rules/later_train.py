"""Rules of what optimizers record that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from lowering.kernels.sparse_rows import SortedRows
from lowering.registry import lowers
from lowering.rules.train import check_shapes


def _centered(grad: Any, mg: Any, ms: Any, lr: Any, rho: Any, epsilon: Any) -> tuple[Any, Any, Any]:
    """The means after a step, and what goes into the momentum."""
    mg, ms = mg + (grad - mg) * (1 - rho), ms + (grad * grad - ms) * (1 - rho)
    return mg, ms, lr * grad * jax.lax.rsqrt(ms - mg * mg + epsilon)


@lowers("ApplyCenteredRMSProp", writes="var mg ms mom")
def apply_centered_rms_prop(var: Any, mg: Any, ms: Any, mom: Any, lr: Any, rho: Any, momentum: Any, epsilon: Any,
                            grad: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("rho", rho), ("momentum", momentum), ("epsilon", epsilon), mg=mg, ms=ms,
                 mom=mom, grad=grad)
    mg, ms, scaled = _centered(grad, mg, ms, lr, rho, epsilon)
    mom = momentum * mom + scaled
    return var - mom, mg, ms, mom


@lowers("SparseApplyCenteredRMSProp", writes="var mg ms mom")
def sparse_apply_centered_rms_prop(var: Any, mg: Any, ms: Any, mom: Any, lr: Any, rho: Any, momentum: Any, epsilon: Any,
                                   grad: Any, indices: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("rho", rho), ("momentum", momentum), ("epsilon", epsilon), mg=mg, ms=ms, mom=mom)
    rows = SortedRows(var, grad, indices, check)
    means = rows.before(mg, rho, (1 - rho) * rows.grad)
    squares = rows.before(ms, rho, (1 - rho) * rows.grad * rows.grad)
    means, squares, scaled = _centered(rows.grad, means, squares, lr, rho, epsilon)
    trace = momentum * rows.before(mom, momentum, scaled) + scaled
    return rows.added(var, -trace), rows.last(mg, means), rows.last(ms, squares), rows.last(mom, trace)


def _near(var: Any, step: Any, grad: Any, l1: Any, l2: Any) -> Any:
    moved = var - step * grad
    return jnp.sign(moved) * jnp.maximum(jnp.abs(moved) - step * l1, 0) / (1 + l2 * step)


@lowers("ApplyProximalGradientDescent", writes="var")
def apply_proximal_gradient_descent(var: Any, alpha: Any, l1: Any, l2: Any, delta: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("alpha", alpha), ("l1 regularization strength", l1), ("l2 regularization strength", l2),
                 delta=delta)
    return _near(var, alpha, delta, l1, l2)


@lowers("SparseApplyProximalGradientDescent", writes="var")
def sparse_apply_proximal_gradient_descent(var: Any, alpha: Any, l1: Any, l2: Any, grad: Any, indices: Any, *,
                                           check: Any) -> Any:
    check_shapes(check, var, ("alpha", alpha), ("l1 regularization strength", l1), ("l2 regularization strength", l2))
    rows = SortedRows(var, grad, indices, check)
    values, = rows.one_by_one((var,), lambda slots, grad: (_near(slots[0], alpha, grad, l1, l2),))
    return rows.last(var, values)


def _near_adagrad(slots: tuple, grad: Any, lr: Any, l1: Any, l2: Any) -> tuple[Any, Any]:
    var, accum = slots
    accum = accum + grad * grad
    return _near(var, lr * jax.lax.rsqrt(accum), grad, l1, l2), accum


@lowers("ApplyProximalAdagrad", writes="var accum")
def apply_proximal_adagrad(var: Any, accum: Any, lr: Any, l1: Any, l2: Any, grad: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("l1 regularization strength", l1), ("l2 regularization strength", l2),
                 accum=accum, grad=grad)
    return _near_adagrad((var, accum), grad, lr, l1, l2)


@lowers("SparseApplyProximalAdagrad", writes="var accum")
def sparse_apply_proximal_adagrad(var: Any, accum: Any, lr: Any, l1: Any, l2: Any, grad: Any, indices: Any, *,
                                  check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("l1 regularization strength", l1), ("l2 regularization strength", l2),
                 accum=accum)
    rows = SortedRows(var, grad, indices, check)
    values, squares = rows.one_by_one((var, accum), lambda slots, grad: _near_adagrad(slots, grad, lr, l1, l2))
    return rows.last(var, values), rows.last(accum, squares)


def _averaged(total: Any, squares: Any, grad: Any, lr: Any, l1: Any, l2: Any, step: Any) -> tuple[Any, Any, Any]:
    total, squares = total + grad, squares + grad * grad
    step = step.astype(total.dtype)
    shrunk = jnp.where(l1 > 0, jnp.sign(total) * jnp.maximum(jnp.abs(total) - l1 * step, 0), total)
    return -lr * shrunk / (l2 * step * lr + jnp.sqrt(squares)), total, squares


@lowers("ApplyAdagradDA", writes="var gradient_accumulator gradient_squared_accumulator")
def apply_adagrad_da(var: Any, gradient_accumulator: Any, gradient_squared_accumulator: Any, grad: Any, lr: Any, l1: Any,
                     l2: Any, global_step: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("l1 regularization strength", l1), ("l2 regularization strength", l2),
                 ("global_step", global_step), gradient_accumulator=gradient_accumulator,
                 gradient_squared_accumulator=gradient_squared_accumulator, grad=grad)
    return _averaged(gradient_accumulator, gradient_squared_accumulator, grad, lr, l1, l2, jnp.asarray(global_step))


@lowers("SparseApplyAdagradDA", writes="var gradient_accumulator gradient_squared_accumulator")
def sparse_apply_adagrad_da(var: Any, gradient_accumulator: Any, gradient_squared_accumulator: Any, grad: Any,
                            indices: Any, lr: Any, l1: Any, l2: Any, global_step: Any, *, check: Any) -> Any:
    check_shapes(check, var, ("lr", lr), ("l1 regularization strength", l1), ("l2 regularization strength", l2),
                 ("global_step", global_step), gradient_accumulator=gradient_accumulator,
                 gradient_squared_accumulator=gradient_squared_accumulator)
    rows, step = SortedRows(var, grad, indices, check), jnp.asarray(global_step)
    totals = rows.before(gradient_accumulator, 1, rows.grad)
    squares = rows.before(gradient_squared_accumulator, 1, rows.grad * rows.grad)
    values, totals, squares = _averaged(totals, squares, rows.grad, lr, l1, l2, step)
    return rows.last(var, values), rows.last(gradient_accumulator, totals), rows.last(gradient_squared_accumulator, squares)
