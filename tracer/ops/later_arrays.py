"""The operations of `TensorArray` that graphs written by TensorFlow 0.9 and later hold; nothing here records them.

The second version of each takes its handle as a value, where the first takes a reference. What came with 0.9 beside
them, `Gather` and `Scatter`, took the places of `Pack` and `Unpack`.
"""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor

_GATHER = {"outputs": "value:dtype", "attrs": "dtype:type"}
_FLOW = {"outputs": "flow_out:float32", "attrs": "T:type"}


@op("TensorArrayGather", inputs="handle:Ref(string); indices:int32; flow_in:float32", **_GATHER)
def _gather(handle: Tensor, indices: Tensor, flow_in: Tensor, dtype: Any, name: str | None = None) -> Any:
    shapes.rank(indices.sizes, 1)
    return None


@op("TensorArrayScatter", inputs="handle:Ref(string); indices:int32; value:T; flow_in:float32", **_FLOW)
def _scatter(handle: Tensor, indices: Tensor, value: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    shapes.rank(indices.sizes, 1)
    return ()


@op("TensorArrayV2", inputs="size:int32", outputs="handle:string", flags="stateful",
    attrs="dtype:type; dynamic_size:bool=False; clear_after_read:bool=True; tensor_array_name:string=''")
def _array_2(size: Tensor, dtype: Any, dynamic_size: bool = False, clear_after_read: bool = True,
             tensor_array_name: str = "", name: str | None = None) -> Any:
    return ()


@op("TensorArrayGradV2", inputs="handle:string; flow_in:float32", outputs="grad_handle:string", attrs="source:string",
    flags="stateful")
def _grad_2(handle: Tensor, flow_in: Tensor, source: str, name: str | None = None) -> Any:
    return ()


@op("TensorArrayWriteV2", inputs="handle:string; index:int32; value:T; flow_in:float32", **_FLOW)
def _write_2(handle: Tensor, index: Tensor, value: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    shapes.rank(index.sizes, 0)
    return ()


@op("TensorArrayReadV2", inputs="handle:string; index:int32; flow_in:float32", **_GATHER)
def _read_2(handle: Tensor, index: Tensor, flow_in: Tensor, dtype: Any, name: str | None = None) -> Any:
    shapes.rank(index.sizes, 0)
    return None


@op("TensorArrayGatherV2", inputs="handle:string; indices:int32; flow_in:float32", **_GATHER)
def _gather_2(handle: Tensor, indices: Tensor, flow_in: Tensor, dtype: Any, name: str | None = None) -> Any:
    shapes.rank(indices.sizes, 1)
    return None


@op("TensorArrayScatterV2", inputs="handle:string; indices:int32; value:T; flow_in:float32", **_FLOW)
def _scatter_2(handle: Tensor, indices: Tensor, value: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    shapes.rank(indices.sizes, 1)
    return ()


@op("TensorArrayConcatV2", inputs="handle:string; flow_in:float32", outputs="value:dtype; lengths:int64",
    attrs="dtype:type")
def _concat_2(handle: Tensor, flow_in: Tensor, dtype: Any, name: str | None = None) -> Any:
    return [None, (None,)]


@op("TensorArraySplitV2", inputs="handle:string; value:T; lengths:int64; flow_in:float32", **_FLOW)
def _split_2(handle: Tensor, value: Tensor, lengths: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    return ()


@op("TensorArraySizeV2", inputs="handle:string; flow_in:float32", outputs="size:int32")
def _size_2(handle: Tensor, flow_in: Tensor, name: str | None = None) -> Any:
    return ()


@op("TensorArrayCloseV2", inputs="handle:string")
def _close_2(handle: Tensor, name: str | None = None) -> Any:
    return []
