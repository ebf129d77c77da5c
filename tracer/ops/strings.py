"""Strings as operations: hashed, parsed and joined."""

from __future__ import annotations

from typing import Any

from tracer import opdef, shapes
from tracer.declare import op
from tracer.ir import Tensor
from tracer.static import constant_value

# Not in 0.8 yet. Graphs exported by 0.12 name it when their checkpoints are sharded.
opdef.register(opdef.parse("StringJoin\tinputs:N*string\toutput:string\tN:int>=1; separator:string=''\t"))


@op("StringToHashBucket")
def string_to_hash_bucket(string_tensor: Tensor, num_buckets: int, name: str | None = None) -> Any:
    """Each string's hash, modulo `num_buckets`; the same one in every process.

    >>> tf.string_to_hash_bucket(["a", "b", "c"], 10).eval()
    array([8, 0, 7])
    """
    return string_tensor.sizes


@op("StringToNumber")
def string_to_number(string_tensor: Tensor, out_type: Any = None, name: str | None = None) -> Any:
    """Each string as a number: float32, or int32 as `out_type` says.

    >>> tf.string_to_number(["3.14", "-2"]).eval()
    array([ 3.14, -2.  ], dtype=float32)
    """
    return string_tensor.sizes


@op("ReduceJoin")
def reduce_join(inputs: Tensor, reduction_indices: Tensor, keep_dims: bool | None = None,
                separator: str | None = None, name: str | None = None) -> Any:
    """Joins the strings along dimensions; negative ones count from the end, and none at all means all of them.

    >>> tf.reduce_join([["a", "b"], ["c", "d"]], 0, separator="-").eval()
    array([b'a-c', b'b-d'], dtype=object)
    """
    sizes = inputs.sizes
    if sizes == ():
        raise ValueError("Input to reduce_join cannot be a scalar.")
    indices = constant_value(reduction_indices)
    if sizes is None:
        return None
    if indices is None:
        return (None,) * len(sizes) if keep_dims else None
    reduced = _reduced_dimensions(indices.reshape(-1).tolist(), sizes)
    if keep_dims:
        return tuple(1 if i in reduced else size for i, size in enumerate(sizes))
    return tuple(size for i, size in enumerate(sizes) if i not in reduced)


def _reduced_dimensions(indices: list[int], sizes: tuple[int | None, ...]) -> set[int]:
    reduced: set[int] = set()
    for index in indices:
        at = index + len(sizes) if index < 0 else index
        if not 0 <= at < len(sizes):
            raise ValueError(f"Invalid reduction dimension {index} for input with {len(sizes)} dimension(s)")
        if sizes[at] == 0:
            raise ValueError(f"Cannot reduce dimension {index} with size 0")
        if at in reduced:
            raise ValueError(f"Duplicate reduction index {index}")
        reduced.add(at)
    return reduced or set(range(len(sizes)))


@op("StringJoin")
def _string_join(inputs: Any, separator: str = "", name: str | None = None) -> Any:
    result = shapes.TensorShape(None)
    for tensor in inputs:
        if tensor.sizes != ():
            result = result.merge_with(tensor.get_shape())
    scalar = all(tensor.sizes == () for tensor in inputs)
    return () if scalar else result.sizes


def string_join(inputs: Any, separator: str = "", name: str | None = None) -> Tensor:
    """Joins several tensors of strings, element by element; scalars stand beside every element.

    >>> tf.string_join(["a", ["b", "c"]], separator="-").eval()
    array([b'a-b', b'a-c'], dtype=object)
    """
    return _string_join(inputs, separator=separator, name=name)
