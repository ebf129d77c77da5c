"""Operations of arithmetic and arrangement that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.static import constant_sizes, constant_value

_FLOATS = "T:type{float32,float64}"


@op("Polygamma", inputs="a:T; x:T", outputs="z:T", attrs=_FLOATS)
def polygamma(a: Tensor, x: Tensor, name: str | None = None) -> Any:
    """The derivative number `a + 1` of `lgamma` at `x`, elementwise, with broadcasting.

    >>> tf.polygamma([0., 1.], 1.).eval()
    array([-0.5772157,  1.6449341], dtype=float32)
    """
    return shapes.broadcast(a.sizes, x.sizes)


@op("Zeta", inputs="x:T; q:T", outputs="z:T", attrs=_FLOATS)
def zeta(x: Tensor, q: Tensor, name: str | None = None) -> Any:
    """Hurwitz's zeta function, the sum of `(q + n) ** -x` over all n from 0 on, elementwise, with broadcasting.

    >>> tf.zeta(2., 1.).eval()
    1.6449341
    """
    return shapes.broadcast(x.sizes, q.sizes)


@op("Betainc", inputs="a:T; b:T; x:T", outputs="z:T", attrs=_FLOATS)
def betainc(a: Tensor, b: Tensor, x: Tensor, name: str | None = None) -> Any:
    """The regularized incomplete beta function I_x(a, b), elementwise; a scalar stands for its repetition.

    >>> tf.betainc(2., 2., [0., 0.5, 1.]).eval()
    array([0. , 0.5, 1. ], dtype=float32)
    """
    sizes: shapes.Sizes = ()
    for one in (a, b, x):
        if one.sizes != ():
            sizes = one.sizes if sizes == () else shapes.merge(sizes, one.sizes)
    return sizes


@op("MatrixSetDiag", inputs="input:T; diagonal:T", outputs="output:T", attrs="T:type")
def matrix_set_diag(input: Tensor, diagonal: Tensor, name: str | None = None) -> Any:
    """The matrices in the last two dimensions of `input` with other diagonals.

    >>> tf.matrix_set_diag([[1, 2], [3, 4]], [0, 0]).eval()
    array([[0, 2],
           [3, 0]], dtype=int32)
    """
    sizes = shapes.at_least(input.sizes, 2)
    if sizes is not None and diagonal.sizes is not None:
        least = None if None in sizes[-2:] else min(sizes[-2:])  # type: ignore[type-var]
        shapes.merge((*sizes[:-2], least), diagonal.sizes)
    return sizes


_BLOCKS = "T:type; Tblock_shape:type{int32,int64}=int32; "


@op("SpaceToBatchND", inputs="input:T; block_shape:Tblock_shape; paddings:Tpaddings", outputs="output:T",
    attrs=_BLOCKS + "Tpaddings:type{int32,int64}=int32")
def space_to_batch_nd(input: Tensor, block_shape: Tensor, paddings: Tensor, name: str | None = None) -> Any:
    """A zero-padded batch with the elements of each block of its dimensions behind the first dealt out to its items.

    Args:
        block_shape: the sizes of a block, for as many dimensions as it has numbers.
        paddings: how many zeros to add before and behind each of these.
    """
    return _moved(input, block_shape, paddings, lambda size, block, more: _divided(size + more, block), 1)


@op("BatchToSpaceND", inputs="input:T; block_shape:Tblock_shape; crops:Tcrops", outputs="output:T",
    attrs=_BLOCKS + "Tcrops:type{int32,int64}=int32")
def batch_to_space_nd(input: Tensor, block_shape: Tensor, crops: Tensor, name: str | None = None) -> Any:
    """The inverse of `space_to_batch_nd`; `crops` is cut off instead of `paddings` added."""
    return _moved(input, block_shape, crops, lambda size, block, less: size * block - less, -1)


def _divided(size: int, block: int) -> int:
    if size % block:
        raise ValueError(f"Dimension size must be evenly divisible by {block} but is {size}")
    return size // block


def _moved(input: Tensor, block_shape: Tensor, widths: Tensor, sized: Any, direction: int) -> shapes.Sizes:
    """The shape after blocks went to the batch (1) or back (-1); `sized` of a size, the block's and the widths' sum."""
    (count,) = shapes.rank(block_shape.sizes, 1)
    shapes.rank(widths.sizes, 2)
    if input.sizes is None or count is None:
        return None
    if len(input.sizes) < count + 1:
        raise ValueError(f"input rank should be >= {count + 1} instead of {len(input.sizes)}")
    blocks, added = constant_value(block_shape), constant_value(widths)
    batch, inner, rest = input.sizes[0], input.sizes[1:count + 1], input.sizes[count + 1:]
    if blocks is None:
        return (None, *[None] * count, *rest)
    product = int(blocks.prod())
    if batch is not None:
        batch = batch * product if direction > 0 else _divided(batch, product)
    if added is None:
        return (batch, *[None] * count, *rest)
    return (batch, *(None if size is None else sized(size, int(block), int(more.sum()))
                     for size, block, more in zip(inner, blocks, added, strict=True)), *rest)


@op("RandomGamma", inputs="shape:S; alpha:T", outputs="output:T",
    attrs="seed:int=0; seed2:int=0; S:type{int32,int64}; T:type{float16,float32,float64}", flags="stateful")
def _random_gamma(shape: Tensor, alpha: Tensor, seed: int = 0, seed2: int = 0, name: str | None = None) -> Any:
    sizes = constant_sizes(shape)
    return None if sizes is None or alpha.sizes is None else (*sizes, *alpha.sizes)


def random_gamma(shape: Any, alpha: Any, beta: Any = None, dtype: Any = dtypes.float32, seed: int | None = None,
                 name: str | None = None) -> Tensor:
    """Numbers with a gamma distribution, `shape` of them for each of the parameters.

    Args:
        shape: a list of ints or a vector tensor.
        alpha: the shape parameters.
        beta: the rates; 1 by default.
        dtype: the type of the parameters and the numbers.
        seed: fixes the numbers together with `tf.set_random_seed`.

    Returns:
        A tensor of shape `shape` and behind it that of `alpha` and `beta`, broadcast.
    """
    from tracer.ops import array, math
    from tracer.ops.random import get_seed

    kind = dtypes.as_dtype(dtype)
    with scopes.op_scope([shape, alpha, beta], name, "random_gamma"):
        shape = internal_convert_to_tensor(shape, dtypes.int32, "shape")
        alpha = internal_convert_to_tensor(alpha, kind, "alpha")
        beta = internal_convert_to_tensor(1 if beta is None else beta, kind, "beta")
        spread = math.add(alpha, array.zeros_like(beta), name="add")
        seed1, seed2 = get_seed(seed)
        return math.div(_random_gamma(shape, spread, seed1, seed2), beta, name="truediv")


@op("MatrixDiagPart", inputs="input:T", outputs="diagonal:T", attrs="T:type")
def matrix_diag_part(input: Tensor, name: str | None = None) -> Any:
    """The diagonals of the matrices in the last two dimensions of `input`, which need not be square.

    >>> tf.matrix_diag_part([[1, 2, 3], [4, 5, 6]]).eval()
    array([1, 5], dtype=int32)
    """
    sizes = shapes.at_least(input.sizes, 2)
    if sizes is None:
        return None
    rows, columns = sizes[-2:]
    return (*sizes[:-2], None if rows is None or columns is None else min(rows, columns))


@op("ScatterNd", inputs="indices:Tindices; updates:T; shape:Tindices", outputs="output:T",
    attrs="T:type; Tindices:type{int32,int64}")
def scatter_nd(indices: Tensor, updates: Tensor, shape: Tensor, name: str | None = None) -> Any:
    """A tensor of `shape`: zeros, and at each row of `indices` the sum of the `updates` for it.

    >>> tf.scatter_nd([[1], [3], [1]], [5, 6, 1], [4]).eval()
    array([0, 6, 0, 6], dtype=int32)
    """
    return constant_sizes(shape)


@op("Svd", inputs="input:T", outputs="s:T; u:T; v:T",
    attrs="compute_uv:bool=True; full_matrices:bool=False; T:type{float64,float32,complex64,complex128}")
def _svd(input: Tensor, compute_uv: bool = True, full_matrices: bool = False, name: str | None = None) -> Any:
    sizes = shapes.at_least(input.sizes, 2)
    if sizes is None:
        return [None] * 3
    rows, columns = sizes[-2:]
    count = None if rows is None or columns is None else min(rows, columns)
    if not compute_uv:
        return [(*sizes[:-2], count), (0,), (0,)]
    return [(*sizes[:-2], count), (*sizes[:-1], rows if full_matrices else count),
            (*sizes[:-2], columns, columns if full_matrices else count)]


@op("SelfAdjointEigV2", inputs="input:T", outputs="e:T; v:T", attrs="compute_v:bool=True; T:type{float64,float32}")
def _self_adjoint_eig_v2(input: Tensor, compute_v: bool = True, name: str | None = None) -> Any:
    sizes = shapes.at_least(input.sizes, 2)
    if sizes is None:
        return [None] * 2
    size = shapes.same(*sizes[-2:])
    return [(*sizes[:-2], size), (*sizes[:-2], size, size) if compute_v else (0,)]


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """The singular values of matrices, and, unless told otherwise, their left and right singular vectors.

    >>> tf.svd([[3., 0.], [0., 4.]], compute_uv=False).eval()
    array([4., 3.], dtype=float32)
    """
    values, left, right = _svd(tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    return (values, left, right) if compute_uv else values


def eigenvalues_and_vectors(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """What `tf.self_adjoint_eig` gave from 0.11 on: the eigenvalues, from the smallest, and the eigenvectors as columns."""
    return _self_adjoint_eig_v2(tensor)


def self_adjoint_eigvals(tensor: Any, name: str | None = None) -> Tensor:
    """The eigenvalues of self-adjoint matrices, from the smallest.

    >>> tf.self_adjoint_eigvals([[3., 0.], [0., 4.]]).eval()
    array([3., 4.], dtype=float32)
    """
    return _self_adjoint_eig_v2(tensor, compute_v=False, name=name)[0]
