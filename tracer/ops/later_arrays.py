"""The operations of `TensorArray` that graphs written by TensorFlow 0.9 and later hold; nothing here records them.

The second version of each takes its handle as a value, where the first takes a reference. What came with 0.9 beside
them, `Gather` and `Scatter`, took the places of `Pack` and `Unpack`.
"""

from __future__ import annotations

from typing import Any

from tracer import opdef, shapes
from tracer.declare import op
from tracer.ir import Tensor

_HANDLES = {"": "handle:Ref(string)", "V2": "handle:string"}
_ELEMENT, _PIECE = ("; element_shape:shape=unknown", "; element_shape_except0:shape=unknown")
_INPUTS = {
    "Write": "index:int32; value:T; flow_in:float32", "Read": "index:int32; flow_in:float32",
    "Gather": "indices:int32; flow_in:float32", "Scatter": "indices:int32; value:T; flow_in:float32",
    "Concat": "flow_in:float32", "Split": "value:T; lengths:int64; flow_in:float32", "Size": "flow_in:float32",
    "Grad": "flow_in:float32", "Close": "",
}
_OUTPUTS = {
    "Write": "flow_out:float32\tT:type", "Read": "value:dtype\tdtype:type", "Gather": "value:dtype\tdtype:type" + _ELEMENT,
    "Scatter": "flow_out:float32\tT:type", "Concat": "value:dtype; lengths:int64\tdtype:type" + _PIECE,
    "Split": "flow_out:float32\tT:type", "Size": "size:int32\t", "Grad": "grad_handle:string\tsource:string",
    "Close": "\t",
}


def _define(type: str, row: str) -> None:
    """Defines an operation whose attributes of shapes came later still."""
    definition = opdef.parse(f"{type}\t{row}")
    later = {name: rules for name, rules in definition.attributes.items() if rules.kind == "shape"}
    opdef.register(definition.with_later(later))


_define("TensorArrayV2", "size:int32\thandle:string\tdtype:type; dynamic_size:bool=False; clear_after_read:bool=True; "
        "tensor_array_name:string=''" + _ELEMENT + "\tstateful")
for _verb, _inputs in _INPUTS.items():
    for _version in ("", "V2") if _verb in ("Gather", "Scatter") else ("V2",):
        _define(f"TensorArray{_verb}{_version}", f"{_HANDLES[_version]}; {_inputs}\t{_OUTPUTS[_verb]}\t"
                + "stateful" * (_verb == "Grad"))


@op("TensorArrayGather")
def _gather(handle: Tensor, indices: Tensor, flow_in: Tensor, dtype: Any, element_shape: Any = None,
            name: str | None = None) -> Any:
    return _gathered(indices, element_shape)


@op("TensorArrayScatter")
def scatter(handle: Tensor, indices: Tensor, value: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    """The rows of `value`, written to an array at `indices`."""
    shapes.rank(indices.sizes, 1)
    return ()


@op("TensorArrayV2")
def _array_2(size: Tensor, dtype: Any, dynamic_size: bool = False, clear_after_read: bool = True,
             tensor_array_name: str = "", element_shape: Any = None, name: str | None = None) -> Any:
    return ()


@op("TensorArrayGradV2")
def _grad_2(handle: Tensor, flow_in: Tensor, source: str, name: str | None = None) -> Any:
    return ()


@op("TensorArrayWriteV2")
def _write_2(handle: Tensor, index: Tensor, value: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    shapes.rank(index.sizes, 0)
    return ()


@op("TensorArrayReadV2")
def _read_2(handle: Tensor, index: Tensor, flow_in: Tensor, dtype: Any, name: str | None = None) -> Any:
    shapes.rank(index.sizes, 0)
    return None


@op("TensorArrayGatherV2")
def _gather_2(handle: Tensor, indices: Tensor, flow_in: Tensor, dtype: Any, element_shape: Any = None,
              name: str | None = None) -> Any:
    return _gathered(indices, element_shape)


@op("TensorArrayScatterV2")
def _scatter_2(handle: Tensor, indices: Tensor, value: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    shapes.rank(indices.sizes, 1)
    return ()


@op("TensorArrayConcatV2")
def _concat_2(handle: Tensor, flow_in: Tensor, dtype: Any, element_shape_except0: Any = None,
              name: str | None = None) -> Any:
    return [None, (None,)]


@op("TensorArraySplitV2")
def _split_2(handle: Tensor, value: Tensor, lengths: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    return ()


@op("TensorArraySizeV2")
def _size_2(handle: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    return ()


@op("TensorArrayCloseV2")
def _close_2(handle: Tensor, name: str | None = None) -> Any:
    return []


def _gathered(indices: Tensor, element_shape: Any) -> Any:
    (count,) = shapes.rank(indices.sizes, 1)
    known = shapes.as_shape(element_shape).sizes
    return None if known is None else (count, *known)
