"""`tf.NAME`: functions that TensorFlow 0.9 to 0.12 added around graphs, variables and linear algebra."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.gradients import NoGradient, gradients
from tracer.ir import Tensor
from tracer.ops import array, linalg
from tracer.shapes import as_shape

__all__ = ["NotDifferentiable", "cholesky_solve", "container", "fixed_size_partitioner", "hessians",
           "min_max_variable_partitioner", "model_variables"]

NotDifferentiable = NoGradient
"""The name that `NoGradient` has from 0.11 on."""


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """What, times `A`, is `rhs`; `chol` is the Cholesky decomposition of `A`. Both may be batches."""
    with scopes.op_scope([chol, rhs], name, "cholesky_solve"):
        chol = convert_to_tensor(chol, name="chol")
        half = linalg.matrix_triangular_solve(chol, rhs, lower=True, adjoint=False)
        return linalg.matrix_triangular_solve(chol, half, lower=True, adjoint=True)


def hessians(ys: Any, xs: Any, name: str = "hessians", colocate_gradients_with_ops: bool = False,
             gate_gradients: bool = False, aggregation_method: Any = None) -> list[Tensor]:
    """For each vector among `xs`, the matrix of second derivatives of the sum of `ys`.

    >>> x = tf.constant([1., 2.])
    >>> tf.hessians(tf.reduce_sum(x ** 3), x)[0].eval()
    array([[ 6.,  0.],
           [ 0., 12.]], dtype=float32)

    The other arguments are those of `tf.gradients`.
    """
    xs = list(xs) if isinstance(xs, (list, tuple)) else [xs]
    options = {"colocate_gradients_with_ops": colocate_gradients_with_ops, "gate_gradients": gate_gradients,
               "aggregation_method": aggregation_method}
    found = []
    for at, x in enumerate(xs):
        with scopes.op_scope([x], None, f"{name}_{at}"):
            x = x if isinstance(x, Tensor) else convert_to_tensor(x)
            if x.get_shape().ndims != 1:
                raise ValueError(f"Cannot compute Hessian because element {at} of `xs` does not have rank one.. Tensor "
                                 f"{x.name} must have rank 1.  Received rank {x.get_shape().ndims}, shape {x.get_shape()}")
            size = x.get_shape()[0].value
            if size is None:
                raise ValueError(f"the size of element {at} of xs must be known")
            first = gradients(ys, x, **options)[0]
            if first is None:
                raise ValueError(f"ys does not depend on element {at} of xs")
            rows = [gradients(first[i], x, **options)[0] for i in range(size)]
            found.append(array.pack([array.zeros_like(x) if row is None else row for row in rows]))
    return found


@contextlib.contextmanager
def container(container_name: str) -> Iterator[str]:
    """A context whose stateful operations belong to the container `container_name`; of a graph, its `container`."""
    with scopes.get_default_graph().container(container_name) as name:
        yield name


def fixed_size_partitioner(num_shards: int, axis: int = 0) -> Callable[..., list[int]]:
    """A partitioner that cuts into `num_shards` slices along `axis`, into fewer where there are fewer rows."""
    def partitioner(shape: Any, dtype: Any = None, **unused: Any) -> list[int]:
        sizes: list[Any] = as_shape(shape).as_list()
        counts = [1] * len(sizes)
        counts[axis] = min(num_shards, sizes[axis])
        return counts

    return partitioner


def min_max_variable_partitioner(max_partitions: int = 1, axis: int = 0, min_slice_size: int = 256 << 10,
                                 bytes_per_string_element: int = 16) -> Callable[..., list[int]]:
    """A partitioner that cuts along `axis` into at most `max_partitions` slices of at least `min_slice_size` bytes."""
    def partitioner(shape: Any, dtype: Any) -> list[int]:
        whole = as_shape(shape)
        if axis >= (whole.ndims or 0):
            raise ValueError(f"Cannot partition variable along axis {axis} when shape is only {whole}")
        if not whole.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {whole}")
        element = bytes_per_string_element if dtype.base_dtype == dtypes.string else dtype.size
        bytes_ = element * (whole.num_elements() or 0)
        sizes: list[Any] = whole.as_list()
        counts = [1] * len(sizes)
        counts[axis] = min(sizes[axis], max_partitions, max(1, bytes_ // min_slice_size))
        return counts

    return partitioner


def model_variables() -> list[Any]:
    """The variables of the collection MODEL_VARIABLES."""
    return scopes.get_collection(scopes.GraphKeys.MODEL_VARIABLES)
