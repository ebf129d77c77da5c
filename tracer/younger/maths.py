"""`tf.NAME`: what TensorFlow 0.9 to 0.12 added to arithmetic, and to what changes the places of elements."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.declare import raw_op
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, check, logic, math
from tracer.ops.later_maths import scatter_nd as scatter_nd
from tracer.ops.later_maths import self_adjoint_eigvals as self_adjoint_eigvals
from tracer.ops.later_maths import svd as svd
from tracer.younger.einsum import einsum

__all__ = ["acos", "asin", "assert_greater", "assert_greater_equal", "atan", "concat_v2", "count_nonzero", "divide",
           "einsum", "extract_image_patches", "log1p", "newaxis", "orthogonal_initializer", "realdiv",
           "reduce_logsumexp", "reverse_v2", "rint", "scatter_nd", "self_adjoint_eigvals", "svd", "tan",
           "truncatemod"]

newaxis = None
"""In the brackets of a tensor: a new dimension of size 1."""


def log1p(x: Any, name: str | None = None) -> Tensor:
    """The logarithm of 1 + x."""
    return raw_op("log1p")(x, name=name)


def tan(x: Any, name: str | None = None) -> Tensor:
    """The tangent."""
    return raw_op("tan")(x, name=name)


def asin(x: Any, name: str | None = None) -> Tensor:
    """The inverse of the sine."""
    return raw_op("asin")(x, name=name)


def acos(x: Any, name: str | None = None) -> Tensor:
    """The inverse of the cosine."""
    return raw_op("acos")(x, name=name)


def atan(x: Any, name: str | None = None) -> Tensor:
    """The inverse of the tangent."""
    return raw_op("atan")(x, name=name)


def rint(x: Any, name: str | None = None) -> Tensor:
    """The nearest whole number; halves go to the even one."""
    return raw_op("rint")(x, name=name)


def divide(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y` as Python 3 has it: of integers too a fraction."""
    with scopes.op_scope([x, y], name, "Divide"):
        return operator.truediv(x, y)


def realdiv(x: Any, y: Any, name: str | None = None) -> Tensor:
    """`x / y` of real numbers."""
    return math.div(x, y, name)


def truncatemod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """What is left of x by a division that cuts towards zero: of the sign of x."""
    with scopes.op_scope([x, y], name, "truncatemod"):
        x, y = convert_to_tensor(x), convert_to_tensor(y)
        if x.dtype.base_dtype.is_integer:
            return math.sub(x, math.mul(math.div(x, y), y))
        return math.mod(x, y)  # fmod


def reduce_logsumexp(input_tensor: Any, axis: Any = None, keep_dims: bool = False, name: str | None = None,
                     reduction_indices: Any = None) -> Tensor:
    """`log(sum(exp(input)))` over dimensions, safe where exp overflows."""
    axis = reduction_indices if axis is None else axis
    with scopes.op_scope([input_tensor], name, "ReduceLogSumExp") as scope:
        input_tensor = convert_to_tensor(input_tensor)
        top = array.stop_gradient(math.reduce_max(input_tensor, axis, True))
        whole = math.log(math.reduce_sum(math.exp(math.sub(input_tensor, top)), axis, True))
        result = math.add(whole, top)
        if keep_dims:
            return array.identity(result, name=scope)
        sums = math.reduce_sum(input_tensor, axis)  # of the shape that the result has
        result = array.reshape(result, array.shape(sums), name=scope)
        result.set_shape(sums.get_shape())
        return result


def count_nonzero(input_tensor: Any, axis: Any = None, keep_dims: bool = False, dtype: Any = dtypes.int64,
                  name: str | None = None, reduction_indices: Any = None) -> Tensor:
    """How many elements along dimensions are not 0."""
    axis = reduction_indices if axis is None else axis
    with scopes.op_scope([input_tensor], name, "count_nonzero"):
        input_tensor = convert_to_tensor(input_tensor)
        counted = casting.to_int64(logic.not_equal(input_tensor, array.zeros([], input_tensor.dtype.base_dtype)))
        return casting.cast(math.reduce_sum(counted, axis, keep_dims), dtype)


def assert_greater(x: Any, y: Any, data: Any = None, summarize: int | None = None,
                   name: str | None = None, message: str | None = None) -> Operation:
    """Fails unless `x > y` everywhere, with broadcasting; true for empty tensors."""
    return check.compared(x, y, data, summarize, name, "assert_greater", ">", logic.greater, message)


def assert_greater_equal(x: Any, y: Any, data: Any = None, summarize: int | None = None,
                         name: str | None = None, message: str | None = None) -> Operation:
    """Fails unless `x >= y` everywhere, with broadcasting; true for empty tensors."""
    return check.compared(x, y, data, summarize, name, "assert_greater_equal", ">=", logic.greater_equal, message)


def concat_v2(values: Any, axis: Any, name: str = "concat_v2") -> Tensor:
    """`concat`, with its arguments the other way round."""
    return array.concat(axis, values, name)


def reverse_v2(tensor: Any, axis: Any, name: str | None = None) -> Tensor:
    """`tensor` with the elements along the dimensions of the list `axis` in the other order."""
    return raw_op("reverse_v2")(tensor, axis, name=name)


def extract_image_patches(images: Any, ksizes: Any = None, strides: Any = None, rates: Any = None,
                          padding: str = "SAME", name: str | None = None) -> Tensor:
    """At each place of a window the pixels in it, one after the other, as the channels there."""
    from tracer.ops import nn

    (_, height, width, _), (_, down, right, _), (_, rate, rate_right, _) = ksizes, strides, rates
    with scopes.op_scope([images], name, "ExtractImagePatches") as scope:
        images = convert_to_tensor(images)
        kind = images.dtype.base_dtype
        depth = images.get_shape()[-1].value
        if depth is None:
            raise ValueError("the number of channels must be known")
        tall, wide = (height - 1) * rate + 1, (width - 1) * rate_right + 1
        chosen = np.zeros((tall, wide, depth, height, width, depth), np.float32)
        for row in range(height):
            for column in range(width):
                chosen[row * rate, column * rate_right, :, row, column, :] = np.eye(depth)
        window = chosen.reshape(tall, wide, depth, height * width * depth)
        values = images if kind in (dtypes.float32, dtypes.float16) else casting.to_float(images)
        found = nn.conv2d(values, casting.cast(window, values.dtype), [1, down, right, 1], padding)
        return array.identity(casting.cast(found, kind), name=scope)


def orthogonal_initializer(gain: float = 1.0, dtype: Any = dtypes.float32, seed: int | None = None) -> Any:
    """Makes matrices with orthogonal rows or columns, of a drawn one by its singular vectors."""
    from tracer.ops import random

    def made(shape: Any, dtype: Any = dtype, partition_info: Any = None) -> Tensor:
        if len(shape) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = int(np.prod([int(size) for size in shape[:-1]])), int(shape[-1])
        drawn = random.random_normal([rows, columns], dtype=dtype, seed=seed)
        _, left, right = svd(drawn)
        chosen = left if rows >= columns else array.transpose(right)
        chosen.set_shape([rows, columns])
        return math.mul(array.reshape(chosen, [int(size) for size in shape]), gain)

    return made
