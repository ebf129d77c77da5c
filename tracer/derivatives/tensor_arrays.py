"""Arrays of tensors: gradients of what is read are written to an array of gradients, those of what is written read there."""

from __future__ import annotations

from typing import Any

from tracer.derivatives.registry import derivative
from tracer.ir import Operation, Tensor
from tracer.ops import tensor_array
from tracer.ops.tensor_array import TensorArray


def _of_reads(op: Operation) -> TensorArray:
    """An array of gradients that nothing is written to, of the array that `op` reads."""
    array = TensorArray(op.attrs["dtype"], handle=op.inputs[0], flow=op.inputs[-1])
    return array.grad(tensor_array.gradient_source(op.graph._name_stack))


def _of_writes(op: Operation, value: Tensor, flow: Tensor) -> TensorArray:
    """The array of gradients of the array that `op` writes `value` to, as it is at `flow`."""
    handle = tensor_array._grad(op.inputs[0], op.outputs[0], tensor_array.gradient_source(op.graph._name_stack))
    return TensorArray(value.dtype, handle=handle, flow=flow)


@derivative("TensorArrayRead")
def _read(op: Operation, grad: Tensor) -> Any:
    return None, None, _of_reads(op).write(op.inputs[1], grad).flow


@derivative("TensorArrayWrite")
def _write(op: Operation, flow: Tensor) -> Any:
    index, value = op.inputs[1:3]
    return None, None, _of_writes(op, value, flow).read(index), flow


@derivative("TensorArrayPack")
def _pack(op: Operation, grad: Tensor) -> Any:
    return None, _of_reads(op).unpack(grad).flow


@derivative("TensorArrayUnpack")
def _unpack(op: Operation, flow: Tensor) -> Any:
    return None, _of_writes(op, op.inputs[1], flow).pack(), flow


@derivative("TensorArrayConcat")
def _concat(op: Operation, grad: Tensor, _: Any) -> Any:
    return None, _of_reads(op).split(grad, op.outputs[1]).flow


@derivative("TensorArraySplit")
def _split(op: Operation, flow: Tensor) -> Any:
    return None, _of_writes(op, op.inputs[1], flow).concat(), None, flow
