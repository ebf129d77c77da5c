"""What tensors must be: of one float type, scalar, of a given shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.contrib.framework.variables import local_variable as local_variable
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, conditional, control_flow, logic, reduction
from tracer.ops import math as math_ops
from tracer.ops.sparse import SparseTensor, SparseTensorValue
from tracer.variables import Variable

__all__ = [
    "assert_same_float_dtype", "assert_scalar", "assert_scalar_int", "convert_to_tensor_or_sparse_tensor", "is_tensor",
    "local_variable", "reduce_sum_n", "remove_squeezable_dimensions", "with_same_shape", "with_shape",
]


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor, a sparse tensor or a variable."""
    return isinstance(x, (Tensor, SparseTensor, Variable))


def assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> dtypes.DType:
    """The one float type of `tensors` and `dtype`; float32 when nothing tells.

    >>> tf.contrib.framework.assert_same_float_dtype([tf.constant(1.0), None])
    tf.float32

    Raises ValueError when there are several types, or it is no float type.
    """
    kind = None if dtype is None else dtypes.as_dtype(dtype)
    of_first = ""
    for tensor in tensors or []:
        if tensor is None:
            continue
        if kind is None:
            kind, of_first = tensor.dtype.base_dtype, f" as {tensor.name}" if isinstance(tensor, Tensor) else ""
        elif tensor.dtype.base_dtype is not kind.base_dtype:
            raise ValueError(f"{getattr(tensor, 'name', tensor)}, type={tensor.dtype!r}, must be of the same type "
                             f"({kind!r}){of_first}.")
    if kind is None:
        return dtypes.float32
    if not kind.is_floating:
        raise ValueError(f"Expected float, got {kind!r}.")
    return kind


def assert_scalar(tensor: Any) -> None:
    """Raises ValueError unless `tensor` is known to be a scalar."""
    shape = tensor.get_shape()
    if shape.ndims != 0:
        raise ValueError(f"Unexpected shape {shape} for {tensor.name}.")


def assert_scalar_int(tensor: Any) -> None:
    """Raises ValueError unless `tensor` is a scalar of type int32 or int64."""
    if tensor.dtype.base_dtype not in (dtypes.int32, dtypes.int64):
        raise ValueError(f"Unexpected type {tensor.dtype!r} for {tensor.name}.")
    assert_scalar(tensor)


def reduce_sum_n(tensors: Any, name: str | None = None) -> Tensor:
    """The sum of all elements of all tensors.

    >>> tf.contrib.framework.reduce_sum_n([tf.constant(1), tf.constant([2, 3])]).eval()
    6
    """
    if not tensors:
        raise ValueError("No tensors provided.")
    sums = [reduction.reduce_sum(tensor, name=f"{tensor.op.name}/sum") for tensor in tensors]
    if len(sums) == 1:
        return sums[0]
    with scopes.op_scope(tensors, name, "reduce_sum_n") as scope:
        return reduction.add_n(sums, name=scope)


def convert_to_tensor_or_sparse_tensor(value: Any, dtype: Any = None, name: str | None = None,
                                       as_ref: bool = False) -> Any:
    """`value` as a sparse tensor when it is one or a `SparseTensorValue`, otherwise as a tensor."""
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        return convert_to_tensor(value, dtype=dtype, name=name, as_ref=as_ref)
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
        raise RuntimeError(f"Sparse dtype: requested = {dtypes.as_dtype(dtype).name}, actual = {value.dtype.name}")
    return value


def remove_squeezable_dimensions(predictions: Any, labels: Any) -> tuple[Tensor, Tensor]:
    """Without the last dimension of size 1 of whichever has just one dimension more than the other.

    >>> p, l = tf.contrib.framework.remove_squeezable_dimensions(tf.zeros([4, 1]), tf.zeros([4]))
    >>> p.get_shape()
    TensorShape([Dimension(4)])
    """
    predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
    ranks = predictions.get_shape().ndims, labels.get_shape().ndims
    if ranks[0] is not None and ranks[1] is not None:
        difference = ranks[0] - ranks[1]
        return (array.squeeze(predictions, [-1]) if difference == 1 else predictions,
                array.squeeze(labels, [-1]) if difference == -1 else labels)
    difference: Any = math_ops.sub(array.rank(predictions), array.rank(labels))
    return (_without_last(predictions, logic.equal(1, difference)), _without_last(labels, logic.equal(-1, difference)))


def _without_last(tensor: Tensor, condition: Tensor) -> Tensor:
    sizes = tensor.sizes
    if sizes is not None and (not sizes or sizes[-1] not in (None, 1)):
        return tensor
    return conditional.cond(condition, lambda: array.squeeze(tensor, [-1]), lambda: tensor)


def _all_equal(tensor0: Any, tensor1: Any) -> Tensor:
    with scopes.op_scope([tensor0, tensor1], "all_equal") as scope:
        return reduction.reduce_all(logic.equal(tensor0, tensor1, name="equal"), name=scope)


def _is_rank(expected_rank: Any, actual_tensor: Tensor) -> Tensor:
    with scopes.op_scope([actual_tensor], "is_rank") as scope:
        return logic.equal(expected_rank, array.rank(actual_tensor, name="actual"), name=scope)


def _is_shape(expected_shape: Any, actual_tensor: Tensor, actual_shape: Tensor) -> Tensor:
    with scopes.op_scope([actual_tensor], "is_shape") as scope:
        is_rank = _is_rank(array.size(expected_shape), actual_tensor)
        return logic.logical_and(is_rank, _all_equal(actual_shape, expected_shape), name=scope)


def _assert_shape_op(expected_shape: Any, actual_tensor: Tensor) -> Any:
    with scopes.op_scope([actual_tensor], "assert_shape"):
        actual_shape = array.shape(actual_tensor, name="actual")
        is_shape = _is_shape(expected_shape, actual_tensor, actual_shape)
        return control_flow.Assert(
            is_shape, [f"Wrong shape for {actual_tensor.name} [expected] [actual].", expected_shape, actual_shape])


def with_same_shape(expected_tensor: Any, tensor: Any) -> Tensor:
    """`tensor`, known to have the shape of `expected_tensor`; see `with_shape`."""
    with scopes.op_scope([expected_tensor, tensor], f"{tensor.op.name}/"):
        expected = expected_tensor.get_shape()
        if expected.is_fully_defined():
            return with_shape(expected.as_list(), tensor)
        return with_shape(array.shape(expected_tensor, name="expected_shape"), tensor)


def _checked_shape(expected_shape: Any, tensor: Tensor) -> Any:
    """A tensor, or an array of ints. Raises ValueError unless it is a vector of ints."""
    shape: Any = expected_shape if is_tensor(expected_shape) else np.array(expected_shape)
    kind = dtypes.as_dtype(shape.dtype).base_dtype
    if kind not in (dtypes.int32, dtypes.int64):
        raise ValueError(f"Invalid dtype {kind.name} for shape {shape} expected of tensor {tensor.name}.")
    ndims = shape.get_shape().ndims if is_tensor(shape) else shape.ndim
    if ndims is not None and ndims != 1:
        raise ValueError(f"Invalid rank {ndims} for shape {shape} expected of tensor {tensor.name}.")
    return shape


def with_shape(expected_shape: Any, tensor: Any) -> Tensor:
    """`tensor`, known to have the shape `expected_shape`.

    >>> x = tf.contrib.framework.with_shape([2, 2], tf.placeholder(tf.float32))
    >>> x.get_shape()
    TensorShape([Dimension(2), Dimension(2)])

    Args:
        expected_shape: a list, an array or a tensor of ints.
        tensor: a tensor; it is returned as it is when its static shape says all.

    Raises:
        ValueError: the static shape says otherwise, or `expected_shape` is no vector of ints. Where it cannot say, a
            run fails with InvalidArgumentError.
    """
    if isinstance(tensor, SparseTensor):
        raise ValueError("SparseTensor not supported.")
    with scopes.op_scope([tensor], f"{tensor.op.name}/"):
        shape = _checked_shape(expected_shape, tensor)
        if is_tensor(shape):
            with scopes.control_dependencies([_assert_shape_op(shape, tensor)]):
                return array.identity(tensor)
        return _with_known_shape(shape, tensor)


def _with_known_shape(shape: np.ndarray, tensor: Tensor) -> Tensor:
    actual = tensor.get_shape()
    if actual.is_fully_defined():
        if not actual.is_compatible_with(shape.tolist()):
            raise ValueError(f"Invalid shape for tensor {tensor.name}, expected {shape}, got {actual}.")
        return tensor
    with scopes.control_dependencies([_assert_shape_op(shape.astype(np.int32), tensor)]):
        result = array.identity(tensor)
    result.set_shape(shape.tolist())
    return result
