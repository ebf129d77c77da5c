"""Elementwise arithmetic and functions.

Comparison, casts, reductions and products have modules of their own, and are at hand here, as in `math_ops` of TensorFlow.
"""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import IndexedSlices, convert_to_tensor, internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.casting import cast as cast
from tracer.ops.casting import saturate_cast as saturate_cast
from tracer.ops.casting import to_bfloat16 as to_bfloat16
from tracer.ops.casting import to_double as to_double
from tracer.ops.casting import to_float as to_float
from tracer.ops.casting import to_int32 as to_int32
from tracer.ops.casting import to_int64 as to_int64
from tracer.ops.complex import complex_abs as complex_abs
from tracer.ops.logic import equal as equal
from tracer.ops.logic import greater as greater
from tracer.ops.logic import greater_equal as greater_equal
from tracer.ops.logic import is_finite as is_finite
from tracer.ops.logic import is_inf as is_inf
from tracer.ops.logic import is_nan as is_nan
from tracer.ops.logic import less as less
from tracer.ops.logic import less_equal as less_equal
from tracer.ops.logic import logical_and as logical_and
from tracer.ops.logic import logical_not as logical_not
from tracer.ops.logic import logical_or as logical_or
from tracer.ops.logic import logical_xor as logical_xor
from tracer.ops.logic import not_equal as not_equal
from tracer.ops.logic import select as select
from tracer.ops.products import batch_matmul as batch_matmul
from tracer.ops.products import matmul as matmul
from tracer.ops.products import sparse_matmul as sparse_matmul
from tracer.ops.reduction import accumulate_n as accumulate_n
from tracer.ops.reduction import add_n as add_n
from tracer.ops.reduction import arg_max as arg_max
from tracer.ops.reduction import arg_min as arg_min
from tracer.ops.reduction import argmax as argmax
from tracer.ops.reduction import argmin as argmin
from tracer.ops.reduction import reduce_all as reduce_all
from tracer.ops.reduction import reduce_any as reduce_any
from tracer.ops.reduction import reduce_max as reduce_max
from tracer.ops.reduction import reduce_mean as reduce_mean
from tracer.ops.reduction import reduce_min as reduce_min
from tracer.ops.reduction import reduce_prod as reduce_prod
from tracer.ops.reduction import reduce_sum as reduce_sum

# -- two operands


@op("Add")
def add(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x + y`, elementwise, with broadcasting.

    >>> tf.add([1., 2.], 10.).eval()
    array([11., 12.], dtype=float32)
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("Sub")
def sub(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x - y`, elementwise, with broadcasting.

    >>> tf.sub([1., 2.], 10.).eval()
    array([-9., -8.], dtype=float32)
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("Mul")
def mul(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x * y`, elementwise, with broadcasting.

    >>> tf.mul([1., 2.], 10.).eval()
    array([10., 20.], dtype=float32)
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("Div")
def div(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x / y`, elementwise, with broadcasting; whole numbers are divided towards zero.

    >>> tf.div([7, -7], 2).eval()
    array([ 3, -3], dtype=int32)

    A run fails with InvalidArgumentError where a whole number is divided by zero.
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("Mod")
def mod(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """What is left of `x` when it is divided by `y`; it has the sign of `x`.

    >>> tf.mod([7, -7], 3).eval()
    array([ 1, -1], dtype=int32)
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("Pow")
def pow(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`x ** y`, elementwise, with broadcasting.

    >>> tf.pow([2., 3.], 2.).eval()
    array([4., 9.], dtype=float32)
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("Maximum")
def maximum(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """The larger of `x` and `y`, elementwise, with broadcasting.

    >>> tf.maximum([1., 5.], 3.).eval()
    array([3., 5.], dtype=float32)
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("Minimum")
def minimum(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """The smaller of `x` and `y`, elementwise, with broadcasting.

    >>> tf.minimum([1., 5.], 3.).eval()
    array([1., 3.], dtype=float32)
    """
    return shapes.broadcast(x.sizes, y.sizes)


@op("SquaredDifference")
def squared_difference(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """`(x - y) * (x - y)`, elementwise, with broadcasting.

    >>> tf.squared_difference([1., 5.], 3.).eval()
    array([4., 4.], dtype=float32)
    """
    return shapes.broadcast(x.sizes, y.sizes)


_TRUE_QUOTIENTS = {
    "uint8": dtypes.float32, "int8": dtypes.float32, "int16": dtypes.float32, "int32": dtypes.float64,
    "int64": dtypes.float64, "float16": None, "float32": None, "float64": None, "complex64": None,
}


def truediv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` as Python 3 divides: whole numbers are converted to floating ones first.

    >>> tf.truediv([7, -7], [2, 2]).eval()
    array([ 3.5, -3.5])

    Raises TypeError when `x` and `y` are of different types.
    """
    with scopes.op_scope([x, y], name, "truediv") as scope:
        x, y = convert_to_tensor(x, name="x"), convert_to_tensor(y, name="y")
        kind, other = x.dtype.base_dtype, y.dtype.base_dtype
        if kind is not other:
            raise TypeError(f"x and y must have the same dtype, got {kind!r} != {other!r}")
        if kind.name not in _TRUE_QUOTIENTS:
            raise TypeError(f"Invalid dtype {kind!r} in __truediv__")
        wide = _TRUE_QUOTIENTS[kind.name]
        if wide is not None:
            x, y = cast(x, wide), cast(y, wide)
        return div(x, y, name=scope)


def floordiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` rounded down; whole numbers, as TensorFlow 0.8 did it, towards zero.

    >>> tf.floordiv([7., -7.], 2.).eval()
    array([ 3., -4.], dtype=float32)
    """
    with scopes.op_scope([x, y], name, "floordiv") as scope:
        x = convert_to_tensor(x, name="x")
        kind = x.dtype.base_dtype
        y = internal_convert_to_tensor(y, kind, "y")
        if kind.is_floating:
            return floor(div(x, y), name=scope)
        if not kind.is_integer:
            raise TypeError(f"Expected floating point or integer, got {kind!r}")
        return div(x, y, name=scope)


def scalar_mul(scalar: Any, x: Any) -> Any:
    """`scalar * x`, for a tensor or `IndexedSlices`, which stay slices.

    >>> tf.scalar_mul(2., tf.constant([1., 2.])).eval()
    array([2., 4.], dtype=float32)

    Raises ValueError when `scalar` is none.
    """
    scalar = internal_convert_to_tensor(scalar, x.dtype.base_dtype, "scalar")
    if scalar.sizes != ():
        raise ValueError("Only scalar multiply works.")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(scalar * x.values, x.indices, x.dense_shape)  # type: ignore[operator]
    return scalar * x


@op("BroadcastGradientArgs")
def _broadcast_gradient_args(s0: Tensor, s1: Tensor, name: str | None = None) -> Any:
    """The dimensions along which the gradients by two operands of the shapes `s0` and `s1` are summed."""
    shapes.rank(s0.sizes, 1)
    shapes.rank(s1.sizes, 1)
    return [(None,), (None,)]


# -- one operand


def abs(x: Any, name: str | None = None) -> Tensor:
    """The magnitude of `x`; of complex numbers, their modulus.

    >>> tf.abs([-1., 2.]).eval()
    array([1., 2.], dtype=float32)
    """
    if type(x) is Tensor and not x.dtype.base_dtype.is_complex:
        return _abs(x, name=name)
    with scopes.op_scope([x], name, "Abs") as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.base_dtype.is_complex:
            return complex_abs(x, name=scope)
        return _abs(x, name=scope)


@op("Abs")
def _abs(x: Tensor, name: str | None = None) -> Any:
    return x.sizes


@op("Neg")
def neg(x: Tensor, name: str | None = None) -> Any:
    """`-x`, elementwise."""
    return x.sizes


@op("Sign")
def sign(x: Tensor, name: str | None = None) -> Any:
    """-1, 0 or 1 where `x` is negative, zero or positive; `x / |x|` for complex numbers.

    >>> tf.sign([-2., 0., 5.]).eval()
    array([-1.,  0.,  1.], dtype=float32)
    """
    return x.sizes


@op("Inv")
def inv(x: Tensor, name: str | None = None) -> Any:
    """`1 / x`, elementwise.

    >>> tf.inv([2., 4.]).eval()
    array([0.5 , 0.25], dtype=float32)
    """
    return x.sizes


@op("Square")
def square(x: Tensor, name: str | None = None) -> Any:
    """`x * x`, elementwise."""
    return x.sizes


def round(x: Any, name: str | None = None) -> Tensor:
    """`x` rounded to whole numbers, halves up; whole numbers are returned as they are.

    >>> tf.round([0.9, 2.5, -4.4, -2.5]).eval()
    array([ 1.,  3., -4., -2.], dtype=float32)
    """
    x = convert_to_tensor(x, name="x")
    return x if x.dtype.is_integer else floor(x + 0.5, name=name)  # type: ignore[operator]


@op("Sqrt")
def sqrt(x: Tensor, name: str | None = None) -> Any:
    """The square root of `x`, elementwise."""
    return x.sizes


@op("Rsqrt")
def rsqrt(x: Tensor, name: str | None = None) -> Any:
    """`1 / sqrt(x)`, elementwise."""
    return x.sizes


@op("Exp")
def exp(x: Tensor, name: str | None = None) -> Any:
    """e to the power of `x`, elementwise."""
    return x.sizes


@op("Log")
def log(x: Tensor, name: str | None = None) -> Any:
    """The natural logarithm of `x`, elementwise."""
    return x.sizes


@op("Ceil")
def ceil(x: Tensor, name: str | None = None) -> Any:
    """The smallest whole numbers that are not below `x`."""
    return x.sizes


@op("Floor")
def floor(x: Tensor, name: str | None = None) -> Any:
    """The largest whole numbers that are not above `x`."""
    return x.sizes


@op("Cos")
def cos(x: Tensor, name: str | None = None) -> Any:
    """The cosine of `x`, elementwise."""
    return x.sizes


@op("Sin")
def sin(x: Tensor, name: str | None = None) -> Any:
    """The sine of `x`, elementwise."""
    return x.sizes


@op("Tanh")
def tanh(x: Tensor, name: str | None = None) -> Any:
    """The hyperbolic tangent of `x`, elementwise."""
    return x.sizes


@op("Sigmoid")
def sigmoid(x: Tensor, name: str | None = None) -> Any:
    """`1 / (1 + exp(-x))`, elementwise.

    >>> tf.sigmoid([0., 100.]).eval()
    array([0.5, 1. ], dtype=float32)
    """
    return x.sizes
