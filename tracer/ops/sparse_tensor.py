"""Sparse tensors: what scripts hold, feed and fetch."""

from __future__ import annotations

import collections
from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Graph, Operation, Tensor
from tracer.ops import array
from tracer.static import constant_sizes


class SparseTensorValue(collections.namedtuple("SparseTensorValue", ["indices", "values", "shape"])):
    """The fetched value of a `SparseTensor`: three arrays."""

    __slots__ = ()

    @property
    def dense_shape(self) -> Any:
        """The name that the shape had from 0.11 on."""
        return self.shape


class SparseTensor:
    """A tensor given by the elements that it has: `values[i]` stands at `indices[i]`, in a tensor of shape `shape`.

    >>> tf.SparseTensor(indices=[[0, 0], [1, 2]], values=[1, 2], shape=[3, 4])

    Args:
        indices: an int64 matrix, a row for each element.
        values: a vector of any type.
        shape: an int64 vector, the size of each dimension.
    """

    def __init__(self, indices: Any, values: Any, shape: Any) -> None:
        with scopes.op_scope([indices, values, shape], None, "SparseTensor"):
            self._indices = internal_convert_to_tensor(indices, dtypes.int64, "indices")
            self._values = internal_convert_to_tensor(values, None, "values", as_ref=True)
            self._shape = internal_convert_to_tensor(shape, dtypes.int64, "shape")
        rows, rank = shapes.rank(self._indices.sizes, 2)
        (count,) = shapes.rank(self._values.sizes, 1)
        (length,) = shapes.rank(self._shape.sizes, 1)
        shapes.same(rows, count)
        shapes.same(rank, length)

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """A constant sparse tensor of a `SparseTensorValue` or of three arrays; a sparse tensor is returned as it is."""
        if isinstance(sparse_tensor_value, SparseTensor):
            return sparse_tensor_value
        if not isinstance(sparse_tensor_value, tuple) or len(sparse_tensor_value) != 3:
            raise TypeError(f"Neither a SparseTensor nor SparseTensorValue: {sparse_tensor_value}.")
        return cls(*sparse_tensor_value)

    @property
    def indices(self) -> Tensor:
        """The places, one row each."""
        return self._indices

    @property
    def values(self) -> Tensor:
        """The elements at these places."""
        return self._values

    @property
    def shape(self) -> Tensor:
        """The shape of the whole tensor, as a vector."""
        return self._shape

    dense_shape = shape  # the name that it had from 0.11 on

    @property
    def op(self) -> Operation:
        """The operation that makes the values."""
        return self._values.op

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the values."""
        return self._values.dtype

    @property
    def graph(self) -> Graph:
        """The graph that holds it."""
        return self._indices.graph

    def get_shape(self) -> shapes.TensorShape:
        """The shape of the whole tensor, as far as it is known."""
        return shapes.TensorShape.of(constant_sizes(self._shape))

    def eval(self, feed_dict: Any = None, session: Any = None) -> SparseTensorValue:
        """Runs the default session (or `session`) for this tensor."""
        from tracer.session import session_for

        return session_for(self.graph, session, "tensor").run(self, feed_dict)

    def _session_parts(self) -> tuple[list[Tensor], Any]:
        return [self._indices, self._values, self._shape], lambda parts: SparseTensorValue(*parts)

    def __str__(self) -> str:
        return f"SparseTensor(indices={self._indices}, values={self._values}, shape={self._shape})"

    def __mul__(self, other: Any) -> SparseTensor:
        return self._with(_sparse_dense_cwise_mul, other, "mul")

    def __truediv__(self, other: Any) -> SparseTensor:
        return self._with(_sparse_dense_cwise_div, other, "truediv")

    __div__ = __truediv__

    def _with(self, operation: Any, other: Any, name: str) -> SparseTensor:
        with scopes.op_scope([self._indices, self._values, self._shape, other], None, name) as scope:
            other = internal_convert_to_tensor(other, self.dtype.base_dtype, "y")
            values = operation(self._indices, self._values, self._shape, other, name=scope)
            return SparseTensor(self._indices, values, self._shape)


def checked(sp_input: Any, message: str = "Input must be a SparseTensor") -> SparseTensor:
    """`sp_input` as a sparse tensor. TypeError with the message when it is none."""
    if isinstance(sp_input, SparseTensorValue):
        return SparseTensor.from_value(sp_input)
    if not isinstance(sp_input, SparseTensor):
        raise TypeError(message)
    return sp_input


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor whose value every run must feed, as a `SparseTensorValue` or a tuple (indices, values, shape).

    A `shape` that is given here is constant; then a tuple of two is enough.
    """
    def named(part: str) -> str | None:
        return None if name is None else f"{name}/{part}"

    if shape is None:
        whole = array.placeholder(dtypes.int64, name=named("shape"))
    else:
        whole = internal_convert_to_tensor(shape, dtypes.int64, named("shape"))
    values = array.placeholder(dtype, name=named("values"))
    return SparseTensor(array.placeholder(dtypes.int64, name=named("indices")), values, whole)


@op("SparseDenseCwiseMul")
def _sparse_dense_cwise_mul(sp_indices: Tensor, sp_values: Tensor, sp_shape: Tensor, dense: Tensor,
                            name: str | None = None) -> Any:
    return (shapes.rank(sp_indices.sizes, 2)[0],)


@op("SparseDenseCwiseDiv")
def _sparse_dense_cwise_div(sp_indices: Tensor, sp_values: Tensor, sp_shape: Tensor, dense: Tensor,
                            name: str | None = None) -> Any:
    return (shapes.rank(sp_indices.sizes, 2)[0],)
