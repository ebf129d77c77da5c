"""TensorFlow's own control flow: switches, merges, and the frames of loops, as graphs of others are made of them.

`tf.cond` and `tf.while_loop` record regions instead. A run of what is recorded here goes operation by operation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tracer.convert import (
    IndexedSlices,
    convert_to_tensor_or_indexed_slices,
    internal_convert_to_tensor,
)
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array, contexts, placeholders
from tracer.ops.conditional import common

CondContext, WhileContext, ControlFlowContext = contexts.Branch, contexts.Frame, contexts.Context


@op("Switch")
def _switch(data: Tensor, pred: Tensor, name: str | None = None) -> Any:
    return [data.sizes, data.sizes]


@op("RefSwitch")
def ref_switch(data: Tensor, pred: Tensor, name: str | None = None) -> Any:
    """`switch` of a reference to a variable."""
    return [data.sizes, data.sizes]


def _merged(tensors: list[Tensor]) -> Any:
    return [functools.reduce(common, [tensor.sizes for tensor in tensors]), ()]


@op("Merge")
def _merge(inputs: list[Tensor], name: str | None = None) -> Any:
    return _merged(inputs)


@op("RefMerge")
def _ref_merge(inputs: list[Tensor], name: str | None = None) -> Any:
    return _merged(inputs)


@op("Enter")
def _enter(data: Tensor, frame_name: str, is_constant: bool = False, parallel_iterations: int = 10,
           name: str | None = None) -> Any:
    return data.sizes


@op("RefEnter")
def _ref_enter(data: Tensor, frame_name: str, is_constant: bool = False, parallel_iterations: int = 10,
               name: str | None = None) -> Any:
    return data.sizes


@op("Exit")
def _exit(data: Tensor, name: str | None = None) -> Any:
    return data.sizes


@op("RefExit")
def _ref_exit(data: Tensor, name: str | None = None) -> Any:
    return data.sizes


@op("NextIteration")
def _next(data: Tensor, name: str | None = None) -> Any:
    return data.sizes


@op("RefNextIteration")
def _ref_next(data: Tensor, name: str | None = None) -> Any:
    return data.sizes


@op("LoopCond")
def loop_cond(input: Tensor, name: str | None = None) -> Any:
    """`input`, as the condition of the loop around."""
    return input.sizes


@op("RefSelect")
def ref_select(index: Tensor, inputs: list[Tensor], name: str | None = None) -> Any:
    """The reference number `index` of `inputs`."""
    sizes = {tensor.sizes for tensor in inputs}
    only = sizes.pop()
    return only if not sizes and only is not None and None not in only else None


@op("ControlTrigger")
def control_trigger(name: str | None = None) -> Any:
    """Does nothing, even where what it waits for was on a branch not taken."""
    return []


def _each(function: Callable[..., Any], data: Any) -> Any:
    """`function` of a tensor, or of the parts of `IndexedSlices`."""
    data = convert_to_tensor_or_indexed_slices(data, as_ref=True)
    if not isinstance(data, IndexedSlices):
        return function(data)
    shape = None if data.dense_shape is None else function(data.dense_shape)
    return IndexedSlices(function(data.values), function(data.indices), shape)


def switch(data: Any, pred: Any, dtype: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """`data` on the first output where `pred` is false, on the second where it is true; the other has no value.

    Args:
        data: a tensor or `IndexedSlices`.
        pred: a bool tensor of shape ().
        dtype: the type that `data` is converted to.
    """
    if dtype is not None:
        data = internal_convert_to_tensor(data, dtype)
    found: list[Any] = []

    def arms(tensor: Any) -> Tensor:
        found.append(_switch(tensor, pred, name=name))
        return found[-1][0]

    false = _each(arms, data)
    if not isinstance(false, IndexedSlices):
        return found[0]
    return false, IndexedSlices(found[-2][1], found[-1][1], *(pair[1] for pair in found[:-2]))


def _SwitchRefOrTensor(data: Any, pred: Any, name: str = "Switch") -> Any:
    data = convert_to_tensor_or_indexed_slices(data, as_ref=True)
    with data.graph.colocate_with(data.op, ignore_existing=True):
        if not isinstance(data, IndexedSlices) and data.dtype.is_ref_dtype:
            return ref_switch(data, pred, name=name)
        return switch(data, pred, name=name)


def merge(inputs: Any, name: str | None = None) -> tuple[Any, Tensor]:
    """The one of `inputs` that has a value, and its number.

    Args:
        inputs: a list of tensors of one type, or of `IndexedSlices`.
    """
    if any(value is None for value in inputs):
        raise ValueError(f"At least one of the merge inputs is None: {inputs}")
    parts = [convert_to_tensor_or_indexed_slices(value, as_ref=True) for value in inputs]
    if not any(isinstance(part, IndexedSlices) for part in parts):
        if all(part.dtype.is_ref_dtype for part in parts):
            return _ref_merge(parts, name=name)
        return _merge(parts, name=name)
    values, number = _merge([part.values for part in parts], name=name)
    indices, _ = _merge([part.indices for part in parts], name="indices")
    shapes = [part.dense_shape for part in parts]
    shape = _merge(shapes, name="dense_shape")[0] if all(one is not None for one in shapes) else None
    return IndexedSlices(values, indices, shape), number


def _Enter(data: Any, frame_name: str, is_constant: bool = False, parallel_iterations: int = 10,
           use_ref: bool = True, name: str | None = None) -> Any:
    def enter_one(tensor: Any) -> Tensor:
        record = _ref_enter if tensor.dtype.is_ref_dtype and use_ref else _enter
        return record(tensor, frame_name, is_constant, parallel_iterations, name=name)

    return _each(enter_one, data)


def enter(data: Any, frame_name: str, is_constant: bool | None = None, parallel_iterations: int | None = None,
          name: str | None = None) -> Any:
    """`data` in the frame of a loop: in its first trip, or in every one where it `is_constant`."""
    return _enter(data, frame_name, bool(is_constant), parallel_iterations or 10, name=name)


def exit(data: Any, name: str | None = None) -> Any:
    """`data`, out of the frame of a loop."""
    return _each(lambda tensor: (_ref_exit if tensor.dtype.is_ref_dtype else _exit)(tensor, name=name), data)


def next_iteration(data: Any, name: str | None = None) -> Any:
    """`data`, in the next trip of a loop."""
    return _next(data, name=name)


def _NextIteration(data: Any, name: str | None = None) -> Any:
    return _each(lambda tensor: (_ref_next if tensor.dtype.is_ref_dtype else _next)(tensor, name=name), data)


def _Identity(data: Any, name: str | None = None) -> Any:
    return _each(lambda tensor: (placeholders._ref_identity if tensor.dtype.is_ref_dtype else array.identity)(
        tensor, name=name), data)
