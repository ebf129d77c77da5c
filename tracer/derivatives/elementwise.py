"""Operations on one element at a time, or on two that are spread to one shape."""

from __future__ import annotations

import math
from typing import Any

from tracer.derivatives.registry import conjugate, derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, complex, constants, logic, reduction, special
from tracer.ops.math import cos, exp, inv, log, neg, pow, sign, sin, square


class Spread:
    """Brings the gradients of an operation on two tensors of different shapes back to these shapes."""

    def __init__(self, op: Operation) -> None:
        self.shapes = [array.shape(x) for x in op.inputs]
        self.axes = raw("BroadcastGradientArgs", *self.shapes)

    def back(self, *grads: Tensor) -> list[Tensor]:
        """A gradient for each of the two."""
        return [array.reshape(reduction.reduce_sum(grad, axes), shape)
                for grad, axes, shape in zip(grads, self.axes, self.shapes, strict=True)]


# -- of two


@derivative("Add")
def _add(op: Operation, grad: Tensor) -> Any:
    return Spread(op).back(grad, grad)


@derivative("Sub")
def _sub(op: Operation, grad: Tensor) -> Any:
    return Spread(op).back(grad, neg(grad))


@derivative("Mul")
def _mul(op: Operation, grad: Tensor) -> Any:
    x, y = op.inputs
    return Spread(op).back(grad * conjugate(y), conjugate(x) * grad)


@derivative("Div")
def _div(op: Operation, grad: Tensor) -> Any:
    x, y = [conjugate(tensor) for tensor in op.inputs]
    return Spread(op).back(raw("Div", grad, y), grad * raw("Div", neg(x), square(y)))


@derivative("Pow")
def _pow(op: Operation, grad: Tensor) -> Any:
    x, y = [conjugate(tensor) for tensor in op.inputs]
    result = conjugate(op.outputs[0])
    zeros = constants.zeros_like(x)
    positive = x > 0.0 if not x.dtype.is_complex else logic.not_equal(x, zeros)
    logarithm = logic.select(positive, log(x), zeros)  # of no number below zero, whose powers this does not tell
    return Spread(op).back(grad * y * pow(x, y - 1), grad * result * logarithm)


def _larger(op: Operation, grad: Tensor, first: Tensor) -> Any:
    zeros = constants.zeros_like(grad)
    return Spread(op).back(logic.select(first, grad, zeros), logic.select(logic.logical_not(first), grad, zeros))


@derivative("Maximum")
def _maximum(op: Operation, grad: Tensor) -> Any:
    return _larger(op, grad, logic.greater_equal(*op.inputs))


@derivative("Minimum")
def _minimum(op: Operation, grad: Tensor) -> Any:
    return _larger(op, grad, logic.less_equal(*op.inputs))


@derivative("SquaredDifference")
def _squared_difference(op: Operation, grad: Tensor) -> Any:
    x, y = op.inputs
    found = 2 * grad * (x - y)
    return Spread(op).back(found, neg(found))


@derivative("FloorMod", "Mod")
def _floor_mod(op: Operation, grad: Tensor) -> Any:
    x, y = op.inputs
    return Spread(op).back(grad, neg(grad * raw("Floor", raw("Div", x, y))))


@derivative("Complex")
def _complex(op: Operation, grad: Tensor) -> Any:
    return Spread(op).back(complex.real(grad), complex.imag(grad))


@derivative("Select")
def _select(op: Operation, grad: Tensor) -> Any:
    condition, zeros = op.inputs[0], constants.zeros_like(op.inputs[1])
    return None, logic.select(condition, grad, zeros), logic.select(condition, zeros, grad)


# -- of one


@derivative("Identity", "RefIdentity", "StopGradient", "Print", "PlaceholderWithDefault", "CheckNumerics")
def _same(op: Operation, grad: Tensor) -> Any:
    return grad


@derivative("AddN")
def _add_n(op: Operation, grad: Tensor) -> Any:
    return [grad] * len(op.inputs)


@derivative("Cast")
def _cast(op: Operation, grad: Tensor) -> Any:
    return casting.cast(grad, op.inputs[0].dtype.base_dtype)


@derivative("Neg")
def _neg(op: Operation, grad: Tensor) -> Any:
    return neg(grad)


@derivative("Abs")
def _abs(op: Operation, grad: Tensor) -> Any:
    return grad * sign(op.inputs[0])


@derivative("Sign")
def _sign(op: Operation, grad: Tensor) -> Any:
    return constants.zeros_like(grad)


@derivative("Inv")
def _inv(op: Operation, grad: Tensor) -> Any:
    return neg(grad) * square(conjugate(op.outputs[0]))


@derivative("ReciprocalGrad")
def _reciprocal_grad(op: Operation, grad: Tensor) -> Any:
    y, before = [conjugate(tensor) for tensor in op.inputs]
    return -2 * grad * before * y, neg(grad) * square(y)


@derivative("Square")
def _square(op: Operation, grad: Tensor) -> Any:
    return grad * (2 * conjugate(op.inputs[0]))


@derivative("Sqrt")
def _sqrt(op: Operation, grad: Tensor) -> Any:
    return grad * 0.5 * inv(conjugate(op.outputs[0]))


@derivative("SqrtGrad")
def _sqrt_grad(op: Operation, grad: Tensor) -> Any:
    y, before = [conjugate(tensor) for tensor in op.inputs]
    scaled = grad * inv(y)
    return -0.5 * scaled * before * inv(y), 0.5 * scaled


@derivative("Rsqrt")
def _rsqrt(op: Operation, grad: Tensor) -> Any:
    y = conjugate(op.outputs[0])
    return grad * -0.5 * (y * square(y))


@derivative("RsqrtGrad")
def _rsqrt_grad(op: Operation, grad: Tensor) -> Any:
    y, before = [conjugate(tensor) for tensor in op.inputs]
    return -1.5 * grad * before * square(y), -0.5 * grad * (y * square(y))


@derivative("Exp")
def _exp(op: Operation, grad: Tensor) -> Any:
    return grad * conjugate(op.outputs[0])


@derivative("Expm1")
def _expm1(op: Operation, grad: Tensor) -> Any:
    return grad * exp(conjugate(op.inputs[0]))


@derivative("Log")
def _log(op: Operation, grad: Tensor) -> Any:
    return grad * inv(conjugate(op.inputs[0]))


@derivative("Log1p")
def _log1p(op: Operation, grad: Tensor) -> Any:
    return grad * inv(1 + conjugate(op.inputs[0]))


@derivative("Sin")
def _sin(op: Operation, grad: Tensor) -> Any:
    return grad * cos(conjugate(op.inputs[0]))


@derivative("Cos")
def _cos(op: Operation, grad: Tensor) -> Any:
    return neg(grad) * sin(conjugate(op.inputs[0]))


@derivative("Tan")
def _tan(op: Operation, grad: Tensor) -> Any:
    return grad * square(inv(cos(conjugate(op.inputs[0]))))


@derivative("Asin")
def _asin(op: Operation, grad: Tensor) -> Any:
    return grad * raw("Rsqrt", 1 - square(conjugate(op.inputs[0])))


@derivative("Acos")
def _acos(op: Operation, grad: Tensor) -> Any:
    return neg(grad) * raw("Rsqrt", 1 - square(conjugate(op.inputs[0])))


@derivative("Atan")
def _atan(op: Operation, grad: Tensor) -> Any:
    return grad * inv(1 + square(conjugate(op.inputs[0])))


@derivative("Tanh")
def _tanh(op: Operation, grad: Tensor) -> Any:
    return grad * (1 - square(conjugate(op.outputs[0])))


@derivative("TanhGrad")
def _tanh_grad(op: Operation, grad: Tensor) -> Any:
    y, before = [conjugate(tensor) for tensor in op.inputs]
    return -2 * grad * before * y, grad * (1 - square(y))


@derivative("Sigmoid")
def _sigmoid(op: Operation, grad: Tensor) -> Any:
    y = conjugate(op.outputs[0])
    return grad * (y * (1 - y))


@derivative("SigmoidGrad")
def _sigmoid_grad(op: Operation, grad: Tensor) -> Any:
    y, before = [conjugate(tensor) for tensor in op.inputs]
    return grad * before * (1 - 2 * y), grad * (y * (1 - y))


@derivative("Lgamma")
def _lgamma(op: Operation, grad: Tensor) -> Any:
    return grad * special.digamma(op.inputs[0])


@derivative("Erf")
def _erf(op: Operation, grad: Tensor) -> Any:
    return grad * (2 / math.sqrt(math.pi)) * exp(neg(square(op.inputs[0])))


@derivative("Erfc")
def _erfc(op: Operation, grad: Tensor) -> Any:
    return grad * (-2 / math.sqrt(math.pi)) * exp(neg(square(op.inputs[0])))


def _gamma_density(op: Operation, grad: Tensor) -> Tensor:
    a, x = op.inputs
    return grad * exp((a - 1) * log(x) - x - special.lgamma(a))


@derivative("Igamma")
def _igamma(op: Operation, grad: Tensor) -> Any:
    return None, Spread(op).back(grad, _gamma_density(op, grad))[1]


@derivative("Igammac")
def _igammac(op: Operation, grad: Tensor) -> Any:
    return None, Spread(op).back(grad, neg(_gamma_density(op, grad)))[1]


# -- complex numbers


@derivative("Real")
def _real(op: Operation, grad: Tensor) -> Any:
    return complex.complex(grad, constants.zeros_like(grad))


@derivative("Imag")
def _imag(op: Operation, grad: Tensor) -> Any:
    return complex.complex(constants.zeros_like(grad), grad)


@derivative("Conj")
def _conj(op: Operation, grad: Tensor) -> Any:
    return conjugate(grad)


@derivative("ComplexAbs")
def _complex_abs(op: Operation, grad: Tensor) -> Any:
    return complex.complex(grad, constants.zeros_like(grad)) * sign(op.inputs[0])


# -- activations


@derivative("Relu")
def _relu(op: Operation, grad: Tensor) -> Any:
    return raw("ReluGrad", grad, op.outputs[0])


@derivative("Relu6")
def _relu6(op: Operation, grad: Tensor) -> Any:
    return raw("Relu6Grad", grad, op.inputs[0])


@derivative("Elu")
def _elu(op: Operation, grad: Tensor) -> Any:
    return raw("EluGrad", grad, op.outputs[0])


@derivative("Softplus")
def _softplus(op: Operation, grad: Tensor) -> Any:
    return raw("SoftplusGrad", grad, op.inputs[0])


@derivative("Softsign")
def _softsign(op: Operation, grad: Tensor) -> Any:
    return raw("SoftsignGrad", grad, op.inputs[0])


@derivative("ReluGrad", "Relu6Grad")
def _relu_grad(op: Operation, grad: Tensor) -> Any:
    return raw(op.type, grad, op.inputs[1]), constants.zeros_like(op.inputs[1])


@derivative("EluGrad")
def _elu_grad(op: Operation, grad: Tensor) -> Any:
    before, y = op.inputs
    return raw("EluGrad", grad, y), logic.select(y < 0, grad * before, constants.zeros_like(y))


@derivative("SoftplusGrad")
def _softplus_grad(op: Operation, grad: Tensor) -> Any:
    before, x = op.inputs
    rising = raw("Sigmoid", x)
    return raw("SoftplusGrad", grad, x), grad * before * (rising * (1 - rising))


@derivative("SoftsignGrad")
def _softsign_grad(op: Operation, grad: Tensor) -> Any:
    before, x = op.inputs
    flattened = inv(1 + raw("Abs", x))
    return raw("SoftsignGrad", grad, x), -2 * grad * before * sign(x) * flattened * square(flattened)
