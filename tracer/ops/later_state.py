"""Operations that write parts of variables and that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

from tracer import shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.state import scattered

_ROWS = {"inputs": "ref:Ref(T); indices:Tindices; updates:T", "outputs": "output_ref:Ref(T)"}
_NUMBERS = ("T:type{float32,float64,int64,int32,uint8,uint16,int16,int8,complex64,complex128,float16}; "
            "Tindices:type{int32,int64}; use_locking:bool=False")


@op("ScatterMul", **_ROWS, attrs=_NUMBERS)
def scatter_mul(ref: Tensor, indices: Tensor, updates: Tensor, use_locking: bool | None = None,
                name: str | None = None) -> Any:
    """Multiplies the rows of the variable `ref` at `indices`; of one that stands there twice, by both factors."""
    return scattered(ref, indices, updates)


@op("ScatterDiv", **_ROWS, attrs=_NUMBERS)
def scatter_div(ref: Tensor, indices: Tensor, updates: Tensor, use_locking: bool | None = None,
                name: str | None = None) -> Any:
    """Divides the rows of the variable `ref` at `indices`; one that stands there twice, by both."""
    return scattered(ref, indices, updates)


def _scattered_parts(ref: Tensor, indices: Tensor, updates: Tensor) -> shapes.Sizes:
    if ref.sizes is not None and indices.sizes and updates.sizes is not None:
        outer, depth = indices.sizes[:-1], indices.sizes[-1]
        if depth is not None:
            if depth > len(ref.sizes):
                raise ValueError(f"indices of {depth} numbers each cannot be places in a variable of shape "
                                 f"{shapes.text(ref.sizes)}")
            shapes.merge(updates.sizes, (*outer, *ref.sizes[depth:]))
    return ref.sizes


@op("ScatterNdUpdate", **_ROWS, attrs="T:type; Tindices:type{int32,int64}; use_locking:bool=True")
def scatter_nd_update(ref: Tensor, indices: Tensor, updates: Tensor, use_locking: bool | None = None,
                      name: str | None = None) -> Any:
    """Replaces the parts of the variable `ref` at `indices`; returns the reference, as it is afterwards.

    Args:
        indices: places along the first dimensions, one in each row; of one that stands there twice, the last wins.
        updates: the parts, of shape `indices.shape[:-1] + ref.shape[indices.shape[-1]:]`.
    """
    return _scattered_parts(ref, indices, updates)


@op("ScatterNdAdd", **_ROWS, attrs=_NUMBERS)
def scatter_nd_add(ref: Tensor, indices: Tensor, updates: Tensor, use_locking: bool | None = None,
                   name: str | None = None) -> Any:
    """Adds to the parts of the variable `ref` at `indices`, as `scatter_nd_update` has them."""
    return _scattered_parts(ref, indices, updates)


@op("ScatterNdSub", **_ROWS, attrs=_NUMBERS)
def scatter_nd_sub(ref: Tensor, indices: Tensor, updates: Tensor, use_locking: bool | None = None,
                   name: str | None = None) -> Any:
    """Subtracts from the parts of the variable `ref` at `indices`, as `scatter_nd_update` has them."""
    return _scattered_parts(ref, indices, updates)
