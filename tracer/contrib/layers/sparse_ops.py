"""`dense_to_sparse_tensor`: what of a dense tensor is not empty."""

from __future__ import annotations

from typing import Any

from tracer import dtypes
from tracer.convert import convert_to_tensor
from tracer.ops import array, casting, indexing, logic
from tracer.ops.sparse import SparseTensor


def dense_to_sparse_tensor(dense_tensor: Any, ignore_value: Any = None) -> SparseTensor:
    """The elements other than `ignore_value`, which is "" or 0 by default."""
    dense = convert_to_tensor(dense_tensor)
    if ignore_value is None:
        ignore_value = "" if dense.dtype.base_dtype == dtypes.string else 0
    places = indexing.where(logic.not_equal(dense, convert_to_tensor(ignore_value, dense.dtype.base_dtype)))
    return SparseTensor(places, indexing.gather_nd(dense, places), casting.to_int64(array.shape(dense)))
