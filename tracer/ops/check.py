"""Assertions on tensors: operations that make a run fail, and checks that fail already while recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Operation, Tensor
from tracer.ops import array, constants, control_flow, logic, reduction
from tracer.static import constant_value


def _all(condition: Tensor) -> Tensor:
    return reduction.reduce_all(condition)


def compared(x: Any, y: Any, data: Any, summarize: int | None, name: str | None, default: str, symbol: str,
             compare: Callable, message: str | None = None) -> Operation:
    """Fails unless `compare(x, y)` everywhere; with a message, which came with 0.10, that is said first."""
    with scopes.op_scope([x, y], name, default):
        x, y = convert_to_tensor(x, name="x"), convert_to_tensor(y, name="y")
        if data is None:
            data = [f"Condition x {symbol} y did not hold element-wise: x = ", x.name, x, "y = ", y.name, y]
            data[:0] = [message] if message else []
        return control_flow.Assert(_all(compare(x, y)), data, summarize=summarize)


def _signed(x: Any, data: Any, summarize: int | None, name: str | None, default: str, words: str,
            compare: Callable, message: str | None) -> Operation:
    with scopes.op_scope([x], name, default):
        x = convert_to_tensor(x, name="x")
        if data is None:
            data = [f"Condition x {words} did not hold element-wise: x = ", x.name, x]
            data[:0] = [message] if message else []
        zero = constants.constant(0, dtype=x.dtype.base_dtype, name="zero")
        return control_flow.Assert(_all(compare(x, zero)), data, summarize=summarize)


def assert_equal(x: Any, y: Any, data: Any = None, summarize: int | None = None, name: str | None = None,
                 message: str | None = None) -> Operation:
    """Fails unless `x == y` everywhere, with broadcasting; true for empty tensors."""
    return compared(x, y, data, summarize, name, "assert_equal", "==", logic.equal, message)


def assert_less(x: Any, y: Any, data: Any = None, summarize: int | None = None, name: str | None = None,
                message: str | None = None) -> Operation:
    """Fails unless `x < y` everywhere, with broadcasting; true for empty tensors."""
    return compared(x, y, data, summarize, name, "assert_less", "<", logic.less, message)


def assert_less_equal(x: Any, y: Any, data: Any = None, summarize: int | None = None, name: str | None = None,
                      message: str | None = None) -> Operation:
    """Fails unless `x <= y` everywhere, with broadcasting; true for empty tensors."""
    return compared(x, y, data, summarize, name, "assert_less_equal", "<=", logic.less_equal, message)


def assert_negative(x: Any, data: Any = None, summarize: int | None = None, name: str | None = None,
                    message: str | None = None) -> Operation:
    """Fails unless every element is below 0."""
    return _signed(x, data, summarize, name, "assert_negative", "< 0", logic.less, message)


def assert_positive(x: Any, data: Any = None, summarize: int | None = None, name: str | None = None,
                    message: str | None = None) -> Operation:
    """Fails unless every element is above 0."""
    return _signed(x, data, summarize, name, "assert_positive", "> 0", logic.greater, message)


def assert_non_negative(x: Any, data: Any = None, summarize: int | None = None, name: str | None = None,
                        message: str | None = None) -> Operation:
    """Fails unless every element is 0 or above."""
    return _signed(x, data, summarize, name, "assert_non_negative", ">= 0", logic.greater_equal, message)


def assert_non_positive(x: Any, data: Any = None, summarize: int | None = None, name: str | None = None,
                        message: str | None = None) -> Operation:
    """Fails unless every element is 0 or below."""
    return _signed(x, data, summarize, name, "assert_non_positive", "<= 0", logic.less_equal, message)


def _rank_checked(x: Any, rank: Any, data: Any, summarize: int | None, name: str | None, default: str,
                  holds: Callable, compare: Callable, words: str, message: str | None) -> Operation:
    with scopes.op_scope([x], name, default):
        x = convert_to_tensor(x, name="x")
        rank = convert_to_tensor(rank, name="rank")
        wanted = constant_value(rank)
        if wanted is not None and wanted.ndim != 0:
            raise ValueError("Rank must be a scalar.")
        if rank.dtype.base_dtype is not dtypes.int32:
            raise TypeError("Rank must be an int32 scalar.")
        known = x.get_shape().ndims
        if wanted is not None and known is not None:
            if not holds(known, int(wanted)):
                said = f"{message}.  " if message else ""
                raise ValueError(f"{said}Tensor {x.name} must have rank {words}{int(wanted)}.  Received rank {known}, shape "
                                 f"{x.get_shape()}")
            return control_flow.no_op(name="static_checks_determined_all_ok")
        if data is None:
            data = [f"Tensor {x.name} must have rank {words}", rank, "Received shape: ", array.shape(x)]
            data[:0] = [message] if message else []
        return control_flow.Assert(compare(array.rank(x), rank), data, summarize=summarize)


def assert_rank(x: Any, rank: Any, data: Any = None, summarize: int | None = None, name: str | None = None,
                message: str | None = None) -> Operation:
    """Fails unless `x` has this rank: ValueError now where that is known, otherwise when it runs."""
    return _rank_checked(x, rank, data, summarize, name, "assert_rank", lambda a, b: a == b, logic.equal, "",
                         message)


def assert_rank_at_least(x: Any, rank: Any, data: Any = None, summarize: int | None = None,
                         name: str | None = None, message: str | None = None) -> Operation:
    """Fails unless `x` has at least this rank: ValueError now where that is known, otherwise when it runs."""
    return _rank_checked(x, rank, data, summarize, name, "assert_rank_at_least", lambda a, b: a >= b,
                         logic.greater_equal, "at least ", message)


def assert_integer(x: Any, data: Any = None, summarize: int | None = None, name: str | None = None,
                   message: str | None = None) -> Operation:
    """Fails, when it runs, unless `x` is of an integer type."""
    with scopes.op_scope([x], name, "assert_integer"):
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_integer:
            return control_flow.no_op(name="statically_determined_was_integer")
        if data is None:
            data = ["x is not of integer dtype: x = ", x.name, x]
            data[:0] = [message] if message else []
        return control_flow.Assert(constants.constant(False), data, summarize=summarize)


def assert_type(tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Raises TypeError unless `tensor` is of the type `tf_type`; with a `message` that is said first, from 0.10 on."""
    wanted = dtypes.as_dtype(tf_type)
    with scopes.op_scope([tensor], name, "assert_type"):
        tensor = convert_to_tensor(tensor)
        if tensor.dtype.base_dtype is not wanted.base_dtype:
            if message is not None:
                raise TypeError(f"{message}  {tensor.op.name} must be of type {wanted!r}")
            raise TypeError(f"Expected {tensor.name} to be of type {wanted}, but it is of type {tensor.dtype}")
        return control_flow.no_op(name="statically_determined_correct_type")


def assert_proper_iterable(values: Any) -> None:
    """Raises TypeError for what can be iterated over but is no list of things: a tensor, an array, a string."""
    import numpy as np

    unwanted = (Tensor, np.ndarray, bytes, str)
    if isinstance(values, unwanted) or hasattr(values, "_session_parts"):
        raise TypeError("Expected argument \"values\" to be a \"proper\" iterable.  Found: " + str(type(values)))
    if not hasattr(values, "__iter__"):
        raise TypeError("Expected argument \"values\" to be iterable.  Found: " + str(type(values)))


def _differences(x: Tensor) -> Tensor:
    flat = array.reshape(x, [-1])
    return flat[1:] - flat[:-1]


def is_non_decreasing(x: Any, name: str | None = None) -> Tensor:
    """Whether each element of `x`, in row order, is at least the one before; true for fewer than two."""
    with scopes.op_scope([x], name, "is_non_decreasing"):
        steps = _differences(convert_to_tensor(x, name="x"))
        return _all(logic.greater_equal(steps, constants.constant(0, dtype=steps.dtype.base_dtype)))


def is_strictly_increasing(x: Any, name: str | None = None) -> Tensor:
    """Whether each element of `x`, in row order, is above the one before; true for fewer than two."""
    with scopes.op_scope([x], name, "is_strictly_increasing"):
        steps = _differences(convert_to_tensor(x, name="x"))
        return _all(logic.greater(steps, constants.constant(0, dtype=steps.dtype.base_dtype)))


def is_numeric_tensor(tensor: Any) -> bool:
    """Whether `tensor` is a tensor of numbers."""
    return isinstance(tensor, Tensor) and (tensor.dtype.is_integer or tensor.dtype.is_floating or tensor.dtype.is_complex)
