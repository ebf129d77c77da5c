"""`tf.contrib.learn.estimators.tensor_signature`, from 0.9 on: what a tensor looks like, to check others against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tracer import dtypes
from tracer.ops import casting, parsing, placeholders, sparse_tensor


class _Fields(NamedTuple):
    dtype: Any
    shape: Any
    is_sparse: bool


class TensorSignature(_Fields):
    """The type and the shape of a tensor; of a `SparseTensor` the type."""

    __slots__ = ()

    def __new__(cls, tensor: Any) -> TensorSignature:
        sparse = isinstance(tensor, sparse_tensor.SparseTensor)
        shape = None if sparse else tensor.get_shape()
        return super().__new__(cls, dtype=tensor.dtype, shape=shape, is_sparse=sparse)

    def is_compatible_with(self, other: TensorSignature) -> bool:
        """Whether both are sparse or both are dense, of one type, and of the same sizes but for the first."""
        if self.dtype != other.dtype or self.is_sparse != other.is_sparse:
            return False
        if self.is_sparse:
            return True
        return self.shape[1:].is_compatible_with(other.shape[1:])

    def get_placeholder(self) -> Any:
        """A placeholder for any number of such examples."""
        if self.is_sparse:
            return sparse_tensor.sparse_placeholder(dtype=self.dtype)
        return placeholders.placeholder(dtype=self.dtype, shape=[None, *self.shape[1:]])

    def get_feature_spec(self) -> Any:
        """How `tf.parse_example` finds such a tensor in Example messages, which hold float32, int64 and strings."""
        dtype = dtypes.int64 if self.dtype == dtypes.int32 else self.dtype
        if self.is_sparse:
            return parsing.VarLenFeature(dtype=dtype)
        return parsing.FixedLenFeature(shape=self.shape[1:], dtype=dtype)


def tensors_compatible(tensors: Any, signatures: Any) -> bool:
    """Whether tensors, alone or by name, are what the signatures say; `None` goes with no signatures only."""
    if tensors is None or signatures is None:
        return tensors is None and signatures is None
    if isinstance(tensors, Mapping) != isinstance(signatures, Mapping):
        return False
    if not isinstance(signatures, Mapping):
        return TensorSignature(tensors).is_compatible_with(signatures)
    return all(key in tensors and TensorSignature(tensors[key]).is_compatible_with(signature)
               for key, signature in signatures.items())


def create_signatures(tensors: Any) -> Any:
    """The signature of a tensor, or of each of a dict."""
    if isinstance(tensors, Mapping):
        return {key: TensorSignature(tensor) for key, tensor in tensors.items()}
    return None if tensors is None else TensorSignature(tensors)


def create_placeholders_from_signatures(signatures: Any) -> Any:
    """A placeholder for a signature, or for each of a dict; None for None."""
    if isinstance(signatures, Mapping):
        return {key: signatures[key].get_placeholder() for key in signatures}
    return None if signatures is None else signatures.get_placeholder()


def create_example_parser_from_signatures(signatures: Any, examples_batch: Any,
                                          single_feature_name: str = "feature") -> Any:
    """The tensors that the signatures tell of, parsed from a batch of Example messages."""
    single = not isinstance(signatures, Mapping)
    named = {single_feature_name: signatures} if single else signatures
    parsed = parsing.parse_example(examples_batch, {key: named[key].get_feature_spec() for key in named})
    found = {key: casting.cast(parsed[key], dtypes.int32) if named[key].dtype == dtypes.int32 else parsed[key]
             for key in named}
    return found[single_feature_name] if single else found
