"""Features crossed and numbers sorted into buckets: operations of `tf.contrib.layers` from 0.9 on."""

from __future__ import annotations

from typing import Any

from tracer.declare import op
from tracer.ir import Tensor

_INPUTS = "indices:N*int64; values:list(sparse_types); shapes:N*int64; dense:list(dense_types)"
_OUTPUTS = "output_indices:int64; output_values:out_type; output_shape:int64"
_TYPES = ("out_type:type{int64,string}; internal_type:type{int64,string}; sparse_types:list(type)>=0; "
          "dense_types:list(type)>=0; N:int>=0")


@op("SparseFeatureCross", inputs=_INPUTS, outputs=_OUTPUTS, attrs="hashed_output:bool; num_buckets:int>=0; " + _TYPES)
def sparse_feature_cross(indices: list[Tensor], values: list[Tensor], shapes: list[Tensor], dense: list[Tensor],
                         hashed_output: bool, num_buckets: int, out_type: Any, internal_type: Any,
                         name: str | None = None) -> Any:
    """Every combination of one value of each feature, for each row: joined by `_X_`, or as a number."""
    return [(None, 2), (None,), (2,)]


@op("SparseFeatureCrossV2", inputs=_INPUTS, outputs=_OUTPUTS,
    attrs="hashed_output:bool; num_buckets:int>=0; hash_key:int; " + _TYPES)
def sparse_feature_cross_v2(indices: list[Tensor], values: list[Tensor], shapes: list[Tensor], dense: list[Tensor],
                            hashed_output: bool, num_buckets: int, hash_key: int, out_type: Any, internal_type: Any,
                            name: str | None = None) -> Any:
    """As `sparse_feature_cross`, where the numbers are fingerprints joined to a key."""
    return [(None, 2), (None,), (2,)]


@op("Bucketize", inputs="input:T", outputs="output:int32",
    attrs="T:type{int32,int64,float32,float64}; boundaries:list(float)")
def bucketize(input: Tensor, boundaries: Any, name: str | None = None) -> Any:
    """For each number, how many of the boundaries are not greater.

    >>> tf.contrib.layers.bucketize([5.0, 20.0, 99.0], [10.0, 20.0, 30.0]).eval()
    array([0, 2, 3], dtype=int32)
    """
    return input.sizes
