"""`tf.contrib.layers.sparse_feature_cross` and `bucketize`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracer import dtypes
from tracer.convert import convert_to_tensor
from tracer.ops import casting, crossing
from tracer.ops.crossing import bucketize as bucketize
from tracer.ops.sparse import SparseTensor

SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY = 0xDECAFCAFFE


def sparse_feature_cross(inputs: Sequence[Any], hashed_output: bool = False, num_buckets: int = 0, name: str | None = None,
                         hash_key: int | None = None) -> SparseTensor:
    """Every combination of one value of each of the features, for each row of the batch.

    >>> tf.contrib.layers.sparse_feature_cross([[["a"], ["b"]], [["x"], ["y"]]]).values.eval()
    array([b'a_X_x', b'b_X_y'], dtype=object)

    Args:
        inputs: sparse or dense matrices of strings or int64.
        hashed_output: numbers in place of strings.
        num_buckets: the numbers are below this; 0 for no bound but that of int64.
        hash_key: gives numbers of another kind, as is the default from 1.0 on.
    """
    if not isinstance(inputs, list | tuple):
        raise TypeError("Inputs should be a list")
    tensors = [one if isinstance(one, SparseTensor) else convert_to_tensor(one) for one in inputs]
    sparse = [one for one in tensors if isinstance(one, SparseTensor)]
    dense = [one for one in tensors if not isinstance(one, SparseTensor)]
    for one in tensors:
        if one.dtype.base_dtype not in (dtypes.string, dtypes.int64, dtypes.int32):
            raise TypeError(f"features to cross must be strings or integers, not {one.dtype.name}")
    kind = dtypes.int64 if hashed_output else dtypes.string
    internal = dtypes.string if any(one.dtype.base_dtype == dtypes.string for one in tensors) else dtypes.int64
    given = ([one.indices for one in sparse], [_wide(one.values) for one in sparse], [one.shape for one in sparse],
             [_wide(one) for one in dense], hashed_output, num_buckets)
    if hash_key is None:
        return SparseTensor(*crossing.sparse_feature_cross(*given, kind, internal, name=name))
    return SparseTensor(*crossing.sparse_feature_cross_v2(*given, hash_key, kind, internal, name=name))


def _wide(tensor: Any) -> Any:
    return tensor if tensor.dtype.base_dtype == dtypes.string else casting.to_int64(tensor)
