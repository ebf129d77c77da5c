"""Sets along the last dimension of tensors: their sizes, intersections, differences and unions."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, opdef
from tracer.contrib.framework.tensor_util import convert_to_tensor_or_sparse_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops.sparse import SparseTensor
from tracer.static import constant_sizes

__all__ = ["set_difference", "set_intersection", "set_size", "set_union"]

_TYPES = "T:type{int8,int16,int32,int64,uint8,uint16,string}"
_RESULT = "result_indices:int64; result_values:T; result_shape:int64"
_FIRST = "set1_indices:int64; set1_values:T; set1_shape:int64"
_SECOND = "set2_indices:int64; set2_values:T; set2_shape:int64"
for _row in (
    f"SetSize\tset_indices:int64; set_values:T; set_shape:int64\tsize:int32\tvalidate_indices:bool=True; {_TYPES}\t",
    *(f"{_type}SetOperation\t{_sets}\t{_RESULT}\tset_operation:string; validate_indices:bool=True; {_TYPES}\t"
      for _type, _sets in (("DenseToDense", "set1:T; set2:T"), ("DenseToSparse", f"set1:T; {_SECOND}"),
                           ("SparseToSparse", f"{_FIRST}; {_SECOND}"))),
):
    opdef.register(opdef.parse(_row))
_ALLOWED = (dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64, dtypes.uint8, dtypes.uint16, dtypes.string)


@op("SetSize")
def _set_size(set_indices: Tensor, set_values: Tensor, set_shape: Tensor, validate_indices: bool = True,
              name: str | None = None) -> Any:
    sizes = constant_sizes(set_shape)
    return None if sizes is None else sizes[:-1]


def _result(rank: int | None) -> list[Any]:
    return [(None, rank), (None,), (rank,)]


@op("DenseToDenseSetOperation")
def _dense_to_dense(set1: Tensor, set2: Tensor, set_operation: str, validate_indices: bool = True,
                    name: str | None = None) -> Any:
    for tensor in (set1, set2):
        if tensor.sizes is not None and len(tensor.sizes) < 2:
            raise ValueError(f"Input {tensor.name}, expected rank >= 2, got {len(tensor.sizes)}.")
    if set1.sizes is None or set2.sizes is None:
        return _result(None)
    set1.get_shape()[:-1].assert_is_compatible_with(set2.get_shape()[:-1])
    return _result(len(set1.sizes))


@op("DenseToSparseSetOperation")
def _dense_to_sparse(set1: Tensor, set2_indices: Tensor, set2_values: Tensor, set2_shape: Tensor, set_operation: str,
                     validate_indices: bool = True, name: str | None = None) -> Any:
    return _result(None if set1.sizes is None else len(set1.sizes))


@op("SparseToSparseSetOperation")
def _sparse_to_sparse(set1_indices: Tensor, set1_values: Tensor, set1_shape: Tensor, set2_indices: Tensor,
                      set2_values: Tensor, set2_shape: Tensor, set_operation: str, validate_indices: bool = True,
                      name: str | None = None) -> Any:
    return _result((set1_shape.sizes or (None,))[0])


def set_size(a: SparseTensor, validate_indices: bool = True) -> Tensor:
    """The number of different elements of each set, which are the values along the last dimension of `a`.

    Args:
        a: a sparse tensor of integers or strings.
        validate_indices: whether a run fails when indices are out of order or of bounds.
    """
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    if not isinstance(a, SparseTensor):
        raise TypeError(f"Expected `SparseTensor`, got {a}.")
    _check_type("a", a)
    return _set_size(a.indices, a.values, a.shape, validate_indices)


def set_intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements that are in both sets.

    >>> both = tf.contrib.metrics.set_intersection([[1, 2], [3, 4]], [[2, 9], [4, 3]])
    >>> sess.run(both).values
    array([2, 3, 4], dtype=int32)

    Args:
        a, b: tensors, dense or sparse, of one type: integers or strings. All but their last dimensions are equal; each
            set is the values along the last.
        validate_indices: whether a run fails when the indices of sparse ones are out of order or of bounds.

    Returns:
        A sparse tensor: the elements of each result in order, along the last dimension.
    """
    return _combined(a, b, "intersection", "intersection", validate_indices)


def set_difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
    """The elements that are in `a` but not in `b`; the other way round without `aminusb`. See `set_intersection`."""
    names = ("a-b", "b-a") if aminusb else ("b-a", "a-b")
    return _combined(a, b, *names, validate_indices)


def set_union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """The elements that are in either set; see `set_intersection`."""
    return _combined(a, b, "union", "union", validate_indices)


def _check_type(name: str, tensor: Any) -> None:
    if tensor.dtype.base_dtype not in _ALLOWED:
        raise TypeError(f"'{name}' invalid dtype {tensor.dtype!r}.")


def _combined(a: Any, b: Any, operation: str, turned: str, validate_indices: bool) -> SparseTensor:
    """The result of an operation on sets, which is called `turned` when `b` comes first."""
    a = convert_to_tensor_or_sparse_tensor(a, name="a")
    b = convert_to_tensor_or_sparse_tensor(b, name="b")
    _check_type("a", a)
    if a.dtype.base_dtype is not b.dtype.base_dtype:
        raise TypeError(f"Types don't match, {a.dtype!r} vs {b.dtype!r}.")
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        a, b, operation = b, a, turned
    options = {"set_operation": operation, "validate_indices": validate_indices}
    if isinstance(a, SparseTensor):
        parts = _sparse_to_sparse(a.indices, a.values, a.shape, b.indices, b.values, b.shape, **options)
    elif isinstance(b, SparseTensor):
        parts = _dense_to_sparse(a, b.indices, b.values, b.shape, **options)
    else:
        parts = _dense_to_dense(a, b, **options)
    return SparseTensor(*parts)
