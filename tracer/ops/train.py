"""What optimizers record: one operation that updates a variable and its slots, or rows of them."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor


def updated(var: Tensor, *others: Tensor, scalars: tuple[Tensor, ...]) -> shapes.Sizes:
    """The shape of `var`, which slots and gradient share."""
    sizes = var.sizes
    for other in others:
        sizes = shapes.merge(sizes, other.sizes)
    for scalar in scalars:
        shapes.rank(scalar.sizes, 0)
    return sizes


def updated_rows(grad: Tensor, indices: Tensor, var: Tensor, *slots: Tensor,
                  scalars: tuple[Tensor, ...]) -> shapes.Sizes:
    """The shape of `var`, of which `grad` has the rows at `indices`."""
    sizes = updated(var, *slots, scalars=scalars)
    (count,) = shapes.rank(indices.sizes, 1)
    if sizes is not None:
        shapes.merge(grad.sizes, (count, *sizes[1:]))
    return sizes


@op("ApplyGradientDescent")
def apply_gradient_descent(var: Tensor, alpha: Tensor, delta: Tensor, use_locking: bool | None = None,
                           name: str | None = None) -> Any:
    """`var -= alpha * delta`; returns the reference `var`."""
    return updated(var, delta, scalars=(alpha,))


@op("ApplyMomentum")
def apply_momentum(var: Tensor, accum: Tensor, lr: Tensor, grad: Tensor, momentum: Tensor,
                   use_locking: bool | None = None, name: str | None = None) -> Any:
    """`accum = momentum * accum + grad; var -= lr * accum`; returns the reference `var`."""
    return updated(var, accum, grad, scalars=(lr, momentum))


@op("ApplyAdagrad")
def apply_adagrad(var: Tensor, accum: Tensor, lr: Tensor, grad: Tensor, use_locking: bool | None = None,
                  name: str | None = None) -> Any:
    """`accum += grad ** 2; var -= lr * grad / sqrt(accum)`; returns the reference `var`."""
    return updated(var, accum, grad, scalars=(lr,))


@op("ApplyAdadelta")
def apply_adadelta(var: Tensor, accum: Tensor, accum_update: Tensor, lr: Tensor, rho: Tensor, epsilon: Tensor,
                   grad: Tensor, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Adadelta's step; returns the reference `var`.

    `accum = rho * accum + (1 - rho) * grad ** 2; update = sqrt(accum_update + epsilon) / sqrt(accum + epsilon) * grad;
    accum_update = rho * accum_update + (1 - rho) * update ** 2; var -= lr * update`
    """
    return updated(var, accum, accum_update, grad, scalars=(lr, rho, epsilon))


@op("ApplyAdam")
def apply_adam(var: Tensor, m: Tensor, v: Tensor, beta1_power: Tensor, beta2_power: Tensor, lr: Tensor, beta1: Tensor,
               beta2: Tensor, epsilon: Tensor, grad: Tensor, use_locking: bool | None = None,
               name: str | None = None) -> Any:
    """Adam's step; returns the reference `var`.

    `m += (grad - m) * (1 - beta1); v += (grad ** 2 - v) * (1 - beta2);
    var -= lr * sqrt(1 - beta2_power) / (1 - beta1_power) * m / (sqrt(v) + epsilon)`
    """
    return updated(var, m, v, grad, scalars=(beta1_power, beta2_power, lr, beta1, beta2, epsilon))


@op("ApplyRMSProp")
def apply_rms_prop(var: Tensor, ms: Tensor, mom: Tensor, lr: Tensor, rho: Tensor, momentum: Tensor, epsilon: Tensor,
                   grad: Tensor, use_locking: bool | None = None, name: str | None = None) -> Any:
    """RMSProp's step; returns the reference `var`.

    `ms += (grad ** 2 - ms) * (1 - rho); mom = momentum * mom + lr * grad / sqrt(ms + epsilon); var -= mom`
    """
    return updated(var, ms, mom, grad, scalars=(lr, rho, momentum, epsilon))


@op("ApplyFtrl")
def apply_ftrl(var: Tensor, accum: Tensor, linear: Tensor, grad: Tensor, lr: Tensor, l1: Tensor, l2: Tensor,
               lr_power: Tensor, use_locking: bool | None = None, name: str | None = None) -> Any:
    """Follow-the-regularized-leader's step; returns the reference `var`.

    `new = accum + grad ** 2; linear += grad - (new ** -lr_power - accum ** -lr_power) / lr * var;
    var = (sign(linear) * l1 - linear) / (new ** -lr_power / lr + 2 * l2) if abs(linear) > l1 else 0; accum = new`
    """
    return updated(var, accum, linear, grad, scalars=(lr, l1, l2, lr_power))


@op("SparseApplyMomentum")
def sparse_apply_momentum(var: Tensor, accum: Tensor, lr: Tensor, grad: Tensor, indices: Tensor, momentum: Tensor,
                          use_locking: bool | None = None, name: str | None = None) -> Any:
    """`apply_momentum` on the rows at `indices`, one after the other."""
    return updated_rows(grad, indices, var, accum, scalars=(lr, momentum))


@op("SparseApplyAdagrad")
def sparse_apply_adagrad(var: Tensor, accum: Tensor, lr: Tensor, grad: Tensor, indices: Tensor,
                         use_locking: bool | None = None, name: str | None = None) -> Any:
    """`apply_adagrad` on the rows at `indices`, one after the other."""
    return updated_rows(grad, indices, var, accum, scalars=(lr,))


@op("SparseApplyAdadelta")
def sparse_apply_adadelta(var: Tensor, accum: Tensor, accum_update: Tensor, lr: Tensor, rho: Tensor, epsilon: Tensor,
                          grad: Tensor, indices: Tensor, use_locking: bool | None = None,
                          name: str | None = None) -> Any:
    """`apply_adadelta` on the rows at `indices`, one after the other."""
    return updated_rows(grad, indices, var, accum, accum_update, scalars=(lr, rho, epsilon))


@op("SparseApplyRMSProp")
def sparse_apply_rms_prop(var: Tensor, ms: Tensor, mom: Tensor, lr: Tensor, rho: Tensor, momentum: Tensor,
                          epsilon: Tensor, grad: Tensor, indices: Tensor, use_locking: bool | None = None,
                          name: str | None = None) -> Any:
    """`apply_rms_prop` on the rows at `indices`, one after the other. 0.9 added it."""
    return updated_rows(grad, indices, var, ms, mom, scalars=(lr, rho, momentum, epsilon))


@op("SparseApplyFtrl")
def sparse_apply_ftrl(var: Tensor, accum: Tensor, linear: Tensor, grad: Tensor, indices: Tensor, lr: Tensor,
                      l1: Tensor, l2: Tensor, lr_power: Tensor, use_locking: bool | None = None,
                      name: str | None = None) -> Any:
    """`apply_ftrl` on the rows at `indices`, one after the other."""
    return updated_rows(grad, indices, var, accum, linear, scalars=(lr, l1, l2, lr_power))
