"""`tf.NAME`: functions that TensorFlow 0.9 to 0.12 added, made of those of 0.8."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_n_to_tensor, convert_to_tensor
from tracer.declare import raw_op
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, logic, math
from tracer.ops.indexing import one_hot

__all__ = ["cumprod", "cumsum", "eye", "floor_div", "floormod", "matrix_transpose", "meshgrid", "sequence_mask", "split_v",
           "stack", "unstack"]


def split_v(value: Any, size_splits: Any, split_dim: int = 0, num: int | None = None, name: str = "split_v") -> list[Tensor]:
    """`value` cut along `split_dim` into parts of given sizes.

    >>> [part.eval().tolist() for part in tf.split_v([1, 2, 3, 4], [1, -1])]
    [[1], [2, 3, 4]]

    Args:
        value: a tensor.
        size_splits: the sizes of the parts, of which one may be -1, for the rest; or an int: into so many equal parts.
        split_dim: the dimension.
        num: how many parts there are, where the shape of `size_splits` does not say it.
        name: the name of the operation.

    Raises ValueError where it is not known how many parts there are.
    """
    if isinstance(size_splits, int):
        return array.split(split_dim, size_splits, value, name=name)
    sizes = convert_to_tensor(size_splits)
    if num is None:
        shape = sizes.get_shape().as_list() if sizes.get_shape().ndims is not None else [None]
        num = shape[0]
        if num is None:
            raise ValueError(f"Cannot infer num from shape {sizes.get_shape()}")
    return list(raw_op("split_v")(value, sizes, split_dim, num_split=num, name=name))


def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """The tensors of a list side by side along a new dimension `axis`."""
    return array.pack(values, name, axis=axis)


def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> list[Tensor]:
    """The parts of a tensor along dimension `axis`, as a list."""
    return array.unpack(value, num, name, axis=axis)


def cumsum(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Tensor:
    """The sums of all elements up to each, along `axis`; `exclusive` leaves out its own, `reverse` begins behind."""
    return raw_op("cumsum")(x, axis, exclusive, reverse, name=name)


def cumprod(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None) -> Tensor:
    """As `cumsum`, of products."""
    return raw_op("cumprod")(x, axis, exclusive, reverse, name=name)


def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool, name: str | None = None) -> Tensor:
    """For each length n, n times true and then false: of shape (lengths, maxlen); maxlen is the longest by default."""
    with scopes.op_scope([lengths, maxlen], name, "SequenceMask"):
        lengths = convert_to_tensor(lengths)
        if lengths.get_shape().ndims != 1:
            raise ValueError("lengths must be 1D for sequence_mask")
        if maxlen is None:
            from tracer.ops import reduction

            maxlen = reduction.reduce_max(lengths)
        places = casting.cast(constants.range(0, maxlen), lengths.dtype)
        mask = logic.less(array.expand_dims(places, 0), array.expand_dims(lengths, 1))
        return mask if dtypes.as_dtype(dtype) is dtypes.bool else casting.cast(mask, dtype)


def meshgrid(*args: Any, indexing: str = "xy", name: str = "meshgrid") -> list[Tensor]:
    """For each of the vectors its elements at the places of the grid that all span."""
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing parameter must be either 'xy' or 'ij'")
    with scopes.op_scope(list(args), name):
        vectors = [array.reshape(value, [-1]) for value in convert_n_to_tensor(args)]
        count = len(vectors)
        sizes = array.pack([array.size(vector) for vector in vectors])
        found = []
        for i, vector in enumerate(vectors):
            line = array.reshape(vector, [-1 if j == i else 1 for j in range(count)])
            found.append(math.mul(line, constants.ones(sizes, vector.dtype)))
        if indexing == "xy" and count > 1:
            found = [array.transpose(grid, [1, 0, *range(2, count)]) for grid in found]
        return found


def eye(num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = dtypes.float32,
        name: str | None = None) -> Tensor:
    """The identity matrix, cut or filled up with zeros to `num_columns`; with `batch_shape` a batch of them."""
    with scopes.op_scope([num_rows, num_columns], name, "eye"):
        columns = num_rows if num_columns is None else num_columns
        matrix = one_hot(constants.range(0, num_rows), columns, 1, 0, dtype=dtype)
        if batch_shape is None:
            return matrix
        batch = convert_to_tensor(batch_shape, dtype=dtypes.int32, name="shape")
        return math.mul(constants.ones(array.concat(0, [batch, [1, 1]]), dtype), matrix)


def matrix_transpose(a: Any, name: str = "matrix_transpose") -> Tensor:
    """Each innermost matrix transposed."""
    with scopes.op_scope([a], name):
        a = convert_to_tensor(a)
        rank = a.get_shape().ndims
        if rank is None:
            raise ValueError("matrix_transpose needs a value of known rank")
        if rank < 2:
            raise ValueError(f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {a.get_shape()}")
        return array.transpose(a, [*range(rank - 2), rank - 1, rank - 2])


def floor_div(x: Any, y: Any, name: str | None = None) -> Tensor:
    """x / y rounded down, of integers too: `tf.floordiv` of 0.8 cuts those towards zero."""
    return raw_op("floor_div")(x, y, name=name)


def floormod(x: Any, y: Any, name: str | None = None) -> Tensor:
    """What is left of x after `floor_div`: of the sign of y."""
    return raw_op("floor_mod")(x, y, name=name)
