"""Rules of elementwise arithmetic and functions."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels.arrays import Elements
from lowering.registry import Static, direct, lowers
from lowering.rules.array import text

direct(Neg=jnp.negative, Square=jnp.square, Exp=jnp.exp, Log=jnp.log, Ceil=jnp.ceil, Floor=jnp.floor, Cos=jnp.cos,
       Sin=jnp.sin, Tanh=jnp.tanh, Sigmoid=jax.nn.sigmoid, Inv=jnp.reciprocal, Sqrt=jnp.sqrt, Rsqrt=lax.rsqrt)


def matched(x: Any, y: Any) -> tuple[Any, Any]:
    """Both operands; an error in TensorFlow's words when they cannot be broadcast together."""
    _check_shapes(np.shape(x), np.shape(y))
    return x, y


def _check_shapes(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    for m, n in zip(a[::-1], b[::-1], strict=False):
        if m != n and 1 not in (m, n):
            raise ValueError(f"Incompatible shapes: {text(a)} vs. {text(b)}")


@lowers("Add")
def add(x: Any, y: Any) -> Any:
    if isinstance(x, Elements):
        return x + y
    return jnp.add(*matched(x, y))


@lowers("Sub")
def sub(x: Any, y: Any) -> Any:
    return jnp.subtract(*matched(x, y))


@lowers("Mul")
def mul(x: Any, y: Any) -> Any:
    return jnp.multiply(*matched(x, y))


@lowers("Div")
def div(x: Any, y: Any, *, check: Any) -> Any:
    x, y = matched(x, y)
    if not jnp.issubdtype(y.dtype, jnp.integer):
        if y.dtype == jnp.float16:  # in float32, as Eigen; XLA would multiply by the inverse of a constant, rounded
            return jnp.true_divide(x.astype(jnp.float32), y.astype(jnp.float32)).astype(y.dtype)
        return jnp.true_divide(x, y)
    check(jnp.all(y != 0), "Integer division by zero")
    return lax.div(*jnp.broadcast_arrays(x, jnp.where(y == 0, 1, y)))


@lowers("Mod")
def mod(x: Any, y: Any, *, check: Any) -> Any:
    x, y = matched(x, y)
    if jnp.issubdtype(y.dtype, jnp.integer):
        check(jnp.all(y != 0), "Integer division by zero")
        y = jnp.where(y == 0, 1, y)
    return lax.rem(*jnp.broadcast_arrays(x, y))  # the remainder has the sign of x, as C's


@lowers("Pow")
def pow(x: Any, y: Any, *, check: Any) -> Any:
    x, y = matched(x, y)
    if not jnp.issubdtype(y.dtype, jnp.integer):
        return _power(*jnp.broadcast_arrays(x, y))
    check(jnp.all(y >= 0), "Integers to negative integer powers are not allowed")  # TensorFlow 0.8 never came back
    return jnp.power(x, y)


@jax.custom_jvp
def _power(x: Any, y: Any) -> Any:
    return jnp.power(x, y)


def _power_derivative(primals: Any, tangents: Any) -> Any:
    # By x: y * x**(y-1), also where that is not a number (0**0). By y: x**y * log(x), taken as 0 where x <= 0.
    (x, y), (dx, dy) = primals, tangents
    result = _power(x, y)
    total = jnp.zeros_like(result)
    if not isinstance(dx, jax.custom_derivatives.SymbolicZero):
        total = total + dx * y * _power(x, y - 1)
    if not isinstance(dy, jax.custom_derivatives.SymbolicZero):
        has_log = x != 0 if jnp.iscomplexobj(x) else x > 0
        total = total + dy * result * jnp.where(has_log, jnp.log(jnp.where(has_log, x, 1)), 0)
    return result, total


_power.defjvp(_power_derivative, symbolic_zeros=True)


@lowers("Maximum")
def maximum(x: Any, y: Any) -> Any:
    # Of two equal elements x counts, and gets the gradient.
    x, y = matched(x, y)
    return jnp.where(x < y, y, x)


@lowers("Minimum")
def minimum(x: Any, y: Any) -> Any:
    x, y = matched(x, y)
    return jnp.where(y < x, y, x)


@lowers("SquaredDifference")
def squared_difference(x: Any, y: Any) -> Any:
    return jnp.square(jnp.subtract(*matched(x, y)))


@jax.custom_jvp
def _abs(x: Any) -> Any:
    return jnp.abs(x)


@_abs.defjvp
def _abs_jvp(primals: tuple, tangents: tuple) -> tuple:
    (x,), (t,) = primals, tangents
    return jnp.abs(x), t * jnp.sign(x)  # 0 at 0, as TensorFlow has it


@lowers("Abs")
def abs(x: Any) -> Any:
    return _abs(x) if jnp.issubdtype(jnp.result_type(x), jnp.floating) else jnp.abs(x)


@lowers("Sign")
def sign(x: Any) -> Any:
    if jnp.iscomplexobj(x):
        return jnp.sign(x)
    return (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)  # 0 for what is not a number


@lowers("BroadcastGradientArgs")
def broadcast_gradient_args(s0: Static, s1: Static) -> Any:
    """The dimensions along which the gradients by two operands of these shapes are summed."""
    for i, shape in enumerate((s0, s1)):
        if shape.ndim != 1:
            raise ValueError(f"In[{i}] must be a vector.[{','.join(map(str, shape.shape))}]")
    shapes = tuple(s0.tolist()), tuple(s1.tolist())
    _check_shapes(*shapes)
    rank = max(s0.size, s1.size)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return [np.array([i for i, size in enumerate(shape) if size == 1 and s0.tolist() != s1.tolist()], np.int32)
            for shape in padded]
