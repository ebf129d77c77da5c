"""Diagonals, bands and cross products: matrices taken apart and put together."""

from __future__ import annotations

from typing import Any

from tracer import scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor


@op("Diag")
def diag(diagonal: Tensor, name: str | None = None) -> Any:
    """A tensor of twice the rank with `diagonal` on its diagonal and zeros elsewhere.

    >>> tf.diag([1, 2]).eval()
    array([[1, 0],
           [0, 2]], dtype=int32)
    """
    if diagonal.sizes is None:
        return None
    shapes.at_least(diagonal.sizes, 1)
    shapes.at_most(diagonal.sizes, 3)
    return diagonal.sizes + diagonal.sizes


@op("DiagPart")
def diag_part(input: Tensor, name: str | None = None) -> Any:
    """The diagonal of a tensor of rank 2, 4 or 6, with half its rank.

    >>> tf.diag_part([[1, 2], [3, 4]]).eval()
    array([1, 4], dtype=int32)
    """
    if input.sizes is None:
        return None
    rank = len(input.sizes)
    if rank not in (2, 4, 6):
        raise ValueError(f"The rank of the tensor should be 2, 4, or 6, not {rank}")
    return shapes.merge(input.sizes[:rank // 2], input.sizes[rank // 2:])


def trace(x: Any, name: str | None = None) -> Tensor:
    """The sum of the diagonal of a matrix.

    >>> tf.trace([[1, 2], [3, 4]]).eval()
    5

    Raises ValueError when the rank is known not to be 2.
    """
    from tracer.ops.reduction import reduce_sum

    with scopes.op_scope([x], name, "Trace") as scope:
        x = convert_to_tensor(x, name="x")
        if x.sizes is not None and len(x.sizes) != 2:
            raise ValueError(f"Expected a tensor with rank 2, rank {len(x.sizes)} tensor received")
        return reduce_sum(diag_part(x), name=scope)


@op("Cross")
def cross(a: Tensor, b: Tensor, name: str | None = None) -> Any:
    """The cross products of the vectors of 3 elements along the last dimension.

    >>> tf.cross([1., 0., 0.], [0., 1., 0.]).eval()
    array([0., 0., 1.], dtype=float32)
    """
    return shapes.at_least(shapes.merge(a.sizes, b.sizes), 1)


@op("BatchMatrixDiag")
def batch_matrix_diag(diagonal: Tensor, name: str | None = None) -> Any:
    """Matrices with the vectors along the last dimension of `diagonal` on their diagonals.

    >>> tf.batch_matrix_diag([[1, 2], [3, 4]]).eval()[1]
    array([[3, 0],
           [0, 4]], dtype=int32)
    """
    sizes = shapes.at_least(diagonal.sizes, 1)
    return None if sizes is None else (*sizes, sizes[-1])


@op("BatchMatrixDiagPart")
def batch_matrix_diag_part(input: Tensor, name: str | None = None) -> Any:
    """The diagonals of the square matrices in the last two dimensions of `input`.

    >>> tf.batch_matrix_diag_part([[[1, 2], [3, 4]]]).eval()
    array([[1, 4]], dtype=int32)
    """
    sizes = shapes.at_least(input.sizes, 2)
    return None if sizes is None else (*sizes[:-2], shapes.same(sizes[-2], sizes[-1]))


@op("BatchMatrixBandPart")
def batch_matrix_band_part(input: Tensor, num_lower: Tensor, num_upper: Tensor, name: str | None = None) -> Any:
    """The matrices in the last two dimensions of `input` with zeros outside of a band around the diagonal.

    >>> tf.batch_matrix_band_part([[1, 2], [3, 4]], -1, 0).eval()
    array([[1, 0],
           [3, 4]], dtype=int32)

    Args:
        num_lower, num_upper: how many diagonals to keep below and above the main one; all of them when negative.
    """
    shapes.rank(num_lower.sizes, 0)
    shapes.rank(num_upper.sizes, 0)
    return shapes.at_least(input.sizes, 2)
