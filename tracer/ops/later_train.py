"""What optimizers record that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.train import updated, updated_rows

_TYPES = "T:type{float32,float64,int64,int32,uint8,uint16,int16,int8,complex64,complex128,float16}; "
_LOCKING = "use_locking:bool=False"
_ROWS = "Tindices:type{int32,int64}; "
_OUT = "out:Ref(T)"
_CENTERED = "var:Ref(T); mg:Ref(T); ms:Ref(T); mom:Ref(T); lr:T; rho:T; momentum:T; epsilon:T; grad:T"
_DUAL = "var:Ref(T); gradient_accumulator:Ref(T); gradient_squared_accumulator:Ref(T); grad:T; "
_DUAL_SCALARS = "lr:T; l1:T; l2:T; global_step:int64"


@op("ApplyCenteredRMSProp", inputs=_CENTERED, outputs=_OUT, attrs=_TYPES + _LOCKING)
def apply_centered_rms_prop(var: Tensor, mg: Tensor, ms: Tensor, mom: Tensor, lr: Tensor, rho: Tensor, momentum: Tensor,
                            epsilon: Tensor, grad: Tensor, use_locking: bool | None = None,
                            name: str | None = None) -> Any:
    """RMSProp's step with the variance of the gradients; returns the reference `var`.

    `mg += (grad - mg) * (1 - rho); ms += (grad ** 2 - ms) * (1 - rho);
    mom = momentum * mom + lr * grad / sqrt(ms - mg ** 2 + epsilon); var -= mom`
    """
    return updated(var, mg, ms, mom, grad, scalars=(lr, rho, momentum, epsilon))


@op("SparseApplyCenteredRMSProp", inputs=_CENTERED + "; indices:Tindices", outputs=_OUT, attrs=_TYPES + _ROWS + _LOCKING)
def sparse_apply_centered_rms_prop(var: Tensor, mg: Tensor, ms: Tensor, mom: Tensor, lr: Tensor, rho: Tensor,
                                   momentum: Tensor, epsilon: Tensor, grad: Tensor, indices: Tensor,
                                   use_locking: bool | None = None, name: str | None = None) -> Any:
    """`apply_centered_rms_prop` on the rows at `indices`, one after the other."""
    return updated_rows(grad, indices, var, mg, ms, mom, scalars=(lr, rho, momentum, epsilon))


@op("ApplyProximalGradientDescent", inputs="var:Ref(T); alpha:T; l1:T; l2:T; delta:T", outputs=_OUT,
    attrs=_TYPES + _LOCKING)
def apply_proximal_gradient_descent(var: Tensor, alpha: Tensor, l1: Tensor, l2: Tensor, delta: Tensor,
                                    use_locking: bool | None = None, name: str | None = None) -> Any:
    """A step of gradient descent that keeps weights small; returns the reference `var`.

    `near = var - alpha * delta; var = sign(near) * max(abs(near) - alpha * l1, 0) / (1 + alpha * l2)`
    """
    return updated(var, delta, scalars=(alpha, l1, l2))


@op("SparseApplyProximalGradientDescent", inputs="var:Ref(T); alpha:T; l1:T; l2:T; grad:T; indices:Tindices",
    outputs=_OUT, attrs=_TYPES + _ROWS + _LOCKING)
def sparse_apply_proximal_gradient_descent(var: Tensor, alpha: Tensor, l1: Tensor, l2: Tensor, grad: Tensor,
                                           indices: Tensor, use_locking: bool | None = None,
                                           name: str | None = None) -> Any:
    """`apply_proximal_gradient_descent` on the rows at `indices`, one after the other."""
    return updated_rows(grad, indices, var, scalars=(alpha, l1, l2))


@op("ApplyProximalAdagrad", inputs="var:Ref(T); accum:Ref(T); lr:T; l1:T; l2:T; grad:T", outputs=_OUT,
    attrs=_TYPES + _LOCKING)
def apply_proximal_adagrad(var: Tensor, accum: Tensor, lr: Tensor, l1: Tensor, l2: Tensor, grad: Tensor,
                           use_locking: bool | None = None, name: str | None = None) -> Any:
    """`accum += grad ** 2`, and the step of `apply_proximal_gradient_descent` with `alpha = lr / sqrt(accum)`."""
    return updated(var, accum, grad, scalars=(lr, l1, l2))


@op("SparseApplyProximalAdagrad", inputs="var:Ref(T); accum:Ref(T); lr:T; l1:T; l2:T; grad:T; indices:Tindices",
    outputs=_OUT, attrs=_TYPES + _ROWS + _LOCKING)
def sparse_apply_proximal_adagrad(var: Tensor, accum: Tensor, lr: Tensor, l1: Tensor, l2: Tensor, grad: Tensor,
                                  indices: Tensor, use_locking: bool | None = None, name: str | None = None) -> Any:
    """`apply_proximal_adagrad` on the rows at `indices`, one after the other."""
    return updated_rows(grad, indices, var, accum, scalars=(lr, l1, l2))


@op("ApplyAdagradDA", inputs=_DUAL + _DUAL_SCALARS, outputs=_OUT, attrs=_TYPES + _LOCKING)
def apply_adagrad_da(var: Tensor, gradient_accumulator: Tensor, gradient_squared_accumulator: Tensor, grad: Tensor,
                     lr: Tensor, l1: Tensor, l2: Tensor, global_step: Tensor, use_locking: bool | None = None,
                     name: str | None = None) -> Any:
    """A step of Adagrad by dual averaging; returns the reference `var`.

    `total += grad; squares += grad ** 2; shrunk = sign(total) * max(abs(total) - l1 * global_step, 0);
    var = -lr * shrunk / (l2 * global_step * lr + sqrt(squares))`
    """
    return updated(var, gradient_accumulator, gradient_squared_accumulator, grad, scalars=(lr, l1, l2, global_step))


@op("SparseApplyAdagradDA", inputs=_DUAL + "indices:Tindices; " + _DUAL_SCALARS, outputs=_OUT,
    attrs=_TYPES + _ROWS + _LOCKING)
def sparse_apply_adagrad_da(var: Tensor, gradient_accumulator: Tensor, gradient_squared_accumulator: Tensor, grad: Tensor,
                            indices: Tensor, lr: Tensor, l1: Tensor, l2: Tensor, global_step: Tensor,
                            use_locking: bool | None = None, name: str | None = None) -> Any:
    """`apply_adagrad_da` on the rows at `indices`, one after the other."""
    return updated_rows(grad, indices, var, gradient_accumulator, gradient_squared_accumulator,
                        scalars=(lr, l1, l2, global_step))
