"""Sparse tensors: where a tensor is not zero, and what stands there."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering.registry import Static, lowers
from lowering.rules.array import text
from lowering.rules.indexing import take


def check_parts(indices: Any, values: Any, shape: Any) -> None:
    """Raises ValueError when the three have not the ranks that the parts of a sparse tensor have."""
    for name, kind, rank, value in (("indices", "matrix", 2, indices), ("values", "vector", 1, values),
                                    ("shape", "vector", 1, shape)):
        if np.ndim(value) != rank:
            raise ValueError(f"Input {name} should be a {kind} but received shape {text(np.shape(value))}")


def _row_major(indices: Any) -> Any:
    """The order that sorts places by their first number, then by the next ..."""
    columns = [indices[:, i] for i in range(indices.shape[1] - 1, -1, -1)]
    library = np if isinstance(indices, np.ndarray) else jnp
    return library.lexsort(columns) if columns else library.arange(indices.shape[0])


# -- to dense tensors


@lowers("SparseToDense")
def sparse_to_dense(sparse_indices: Any, output_shape: Static, sparse_values: Any, default_value: Any, *,
                    validate_indices: bool, check: Any) -> Any:
    places, sizes = np.shape(sparse_indices), output_shape.tolist()
    if len(places) > 2:
        raise ValueError(f"sparse_indices should be a scalar, vector, or matrix, got shape {text(places)}")
    if output_shape.ndim != 1:
        raise ValueError(f"output_shape should be a vector, got shape {text(output_shape.shape)}")
    count, rank = (places[0] if places else 1), (places[1] if len(places) == 2 else 1)
    if len(sizes) != rank:
        raise ValueError(f"output_shape has incorrect number of elements: {len(sizes)} should be: {rank}")
    if np.ndim(sparse_values) and np.shape(sparse_values) != (count,):
        raise ValueError(f"sparse_values has incorrect shape {text(np.shape(sparse_values))}, should be [] or [{count}]")
    if np.ndim(default_value):
        raise ValueError("default_value should be a scalar.")
    indices = jnp.asarray(sparse_indices).reshape((count, rank))
    _check_places(indices, sizes, validate_indices, check)
    dense = jnp.full(sizes, default_value)
    return dense.at[tuple(indices[:, i] for i in range(rank))].set(sparse_values, mode="drop") if count else dense


def _check_places(indices: Any, sizes: list[int], in_order: bool, check: Any) -> None:
    """Checks that places are within `sizes`, and that each is greater than the one before."""
    if not indices.shape[0]:
        return
    outside = ((indices < 0) | (indices >= np.array(sizes, indices.dtype))).any(1)
    if not in_order:
        check(~outside.any(), f"Indices are not valid (out of bounds).  Shape: {text(sizes)}")
        return
    step = jnp.concatenate([jnp.ones_like(indices[:1]), indices[1:] - indices[:-1]])
    first = jnp.take_along_axis(step, (step != 0).argmax(1)[:, None], 1)[:, 0]  # the first number that differs
    wrong = outside | (first <= 0)
    at = wrong.argmax()

    def explain(at: Any, place: Any, outside: Any, first: Any) -> str:
        start = f"indices[{at}] = [{','.join(map(str, place))}]"
        if outside:
            return f"{start} is out of bounds: need 0 <= index < {text(sizes)}"
        return f"{start} is {'out of order' if first < 0 else 'repeated'}"

    check(~wrong.any(), explain, at, indices[at], outside[at], first[at])


# -- other places


def _order(input_indices: Any) -> dict[str, Any]:
    return {"rows": _row_major(input_indices).astype(np.int32)}


@lowers("SparseReorder", before=_order)
def sparse_reorder(input_indices: Any, input_values: Any, input_shape: Any, *, prepared: Any) -> Any:
    check_parts(input_indices, input_values, input_shape)
    rows = (jnp.asarray(prepared["rows"]),)
    return take(input_indices, rows), take(input_values, rows)


@lowers("SparseConcat")
def sparse_concat(indices: Any, values: Any, shapes: Any, *, concat_dim: int, check: Any) -> Any:
    for i, parts in enumerate(zip(indices, values, shapes, strict=True)):
        for name, kind, rank, value in zip(("indices", "values", "shapes"), ("matrix", "vector", "vector"), (2, 1, 1),
                                           parts, strict=True):
            if np.ndim(value) != rank:
                raise ValueError(f"Input {name} should be a {kind} but received shape {text(np.shape(value))} at "
                                 f"position {i}")
    rank = np.shape(shapes[0])[0]
    if not 0 <= concat_dim < rank:
        raise ValueError(f"Concat dimension must be between 0 and rank ({rank}), got {concat_dim}")
    first, offset, places = jnp.asarray(shapes[0]), jnp.zeros((), jnp.int64), []
    for i, (part, sizes) in enumerate(zip(indices, shapes, strict=True)):
        if np.shape(sizes)[0] != rank:
            raise ValueError(f"Ranks of all input tensors must match: expected {rank} but got {np.shape(sizes)[0]} at "
                             f"position {i}")
        sizes = jnp.asarray(sizes)
        differs = (sizes != first) & (np.arange(rank) != concat_dim)
        at = differs.argmax()
        check(~differs.any(), lambda at, a, b, i=i: f"Input shapes must match: expected {a} for dimension {at} but got "
              f"{b} at position {i}", at, first[at], sizes[at])
        places.append(jnp.asarray(part).at[:, concat_dim].add(offset))
        offset = offset + sizes[concat_dim]
    joined = jnp.concatenate(places)
    order = (_row_major(joined),)
    return take(joined, order), take(jnp.concatenate(values), order), first.at[concat_dim].set(offset)


def _rows_of_pieces(split_dim: Any, indices: Any, shape: Any, *, num_split: int) -> dict[str, Any]:
    """For each piece the rows that go there, their places within it, and its shape."""
    axis, rank = int(split_dim), shape.size
    if not 0 <= axis < rank:
        raise ValueError(f"Input split_dim should be between 0 and rank ({rank}), got {axis}")
    if not 1 <= num_split <= shape[axis]:
        raise ValueError(f"Input num_split should be between 1 and the splitting dimension size ({shape[axis]}), got "
                         f"{num_split}")
    whole, larger = divmod(int(shape[axis]), num_split)
    sizes = np.full(num_split, whole) + (np.arange(num_split) < larger)
    starts = np.cumsum(sizes) - sizes
    piece = np.searchsorted(starts, indices[:, axis], side="right") - 1
    rows = [np.flatnonzero(piece == i).astype(np.int32) for i in range(num_split)]
    return {
        "rows": rows,
        "places": [indices[chosen] - np.where(np.arange(rank) == axis, start, 0)
                   for chosen, start in zip(rows, starts, strict=True)],
        "shapes": [np.where(np.arange(rank) == axis, size, shape) for size in sizes],
    }


@lowers("SparseSplit", before=_rows_of_pieces)
def sparse_split(split_dim: Any, indices: Any, values: Any, shape: Any, *, prepared: Any) -> Any:
    check_parts(indices, values, shape)
    pieces = [take(values, (jnp.asarray(rows),)) for rows in prepared["rows"]]
    return list(prepared["places"]), pieces, list(prepared["shapes"])


# -- arithmetic


def union(a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any,
          b_shape: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The places of two tensors, and for each the row of either tensor that it has, -1 where it has none."""
    if a_indices.ndim != 2 or b_indices.ndim != 2:
        raise ValueError(f"Input indices should be matrices but received shapes: {text(a_indices.shape)} and "
                         f"{text(b_indices.shape)}")
    if a_values.ndim != 1 or b_values.ndim != 1:
        raise ValueError(f"Input values should be vectors but received shapes: {text(a_values.shape)} and "
                         f"{text(b_values.shape)}")
    if a_shape.ndim != 1 or b_shape.ndim != 1:
        raise ValueError(f"Input shape should be a vector but received shapes {text(a_shape.shape)} and "
                         f"{text(b_shape.shape)}")
    if a_values.size != len(a_indices) or b_values.size != len(b_indices):
        raise ValueError(f"Expected {len(a_indices)} and {len(b_indices)} non-empty input values, got {a_values.size} "
                         f"and {b_values.size}")
    if a_shape.size != b_shape.size:
        raise ValueError(f"Ranks of input tensors must match, but saw ranks: {a_shape.size} and {b_shape.size}")
    for i, (mine, theirs) in enumerate(zip(a_shape, b_shape, strict=True)):
        if mine != theirs:
            raise ValueError(f"Input shapes must match: got {mine} and {theirs} for dimension {i}")
    places, number = np.unique(np.concatenate([a_indices, b_indices]), axis=0, return_inverse=True)
    number = number.reshape(-1)
    a_rows, b_rows = np.full(len(places), -1, np.int32), np.full(len(places), -1, np.int32)
    a_rows[number[:len(a_indices)]] = np.arange(len(a_indices))
    b_rows[number[len(a_indices):]] = np.arange(len(b_indices))
    return places, a_rows, b_rows


def _union(a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any, b_shape: Any,
           thresh: Any) -> dict[str, Any]:
    """The places of a sum, and for each the row of either tensor that it has, -1 where it has none."""
    places, a_rows, b_rows = union(a_indices, a_values, a_shape, b_indices, b_values, b_shape)
    if thresh.ndim:
        raise ValueError(f"The magnitude threshold must be a scalar: got shape {text(thresh.shape)}")
    both = (a_rows >= 0) & (b_rows >= 0)
    kept = ~both
    kept[both] = thresh <= np.abs(a_values[a_rows[both]] + b_values[b_rows[both]])
    return {"places": places[kept], "a": a_rows[kept], "b": b_rows[kept]}


def there(values: Any, rows: Any) -> Any:
    """`values[rows]`, zero where a row is -1."""
    if not np.shape(values)[0]:
        return jnp.zeros(rows.shape, values.dtype)
    return jnp.where(rows >= 0, take(values, (jnp.maximum(rows, 0),)), jnp.zeros((), values.dtype))


@lowers("SparseAdd", before=_union)
def sparse_add(a_indices: Any, a_values: Any, a_shape: Any, b_indices: Any, b_values: Any, b_shape: Any, thresh: Any,
               *, prepared: Any) -> Any:
    values = there(a_values, jnp.asarray(prepared["a"])) + there(b_values, jnp.asarray(prepared["b"]))
    return prepared["places"], values, a_shape


def _rows_in_sum(a_indices: Any, b_indices: Any, sum_indices: Any) -> dict[str, Any]:
    """The rows of a sum at the places of either tensor, -1 where it has none."""
    if not a_indices.ndim == b_indices.ndim == sum_indices.ndim == 2:
        raise ValueError("Input indices should be matrices but received shapes: "
                         f"{text(a_indices.shape)}, {text(b_indices.shape)} and {text(sum_indices.shape)}")
    if not a_indices.shape[1] == b_indices.shape[1] == sum_indices.shape[1]:
        raise ValueError("The densified operands should have the same ndims; for A, B, sum got: "
                         f"{a_indices.shape[1]}{b_indices.shape[1]}{sum_indices.shape[1]}")
    known = {tuple(place): i for i, place in enumerate(sum_indices.tolist())}
    return {name: np.array([known.get(tuple(place), -1) for place in places.tolist()], np.int32)
            for name, places in (("a", a_indices), ("b", b_indices))}


@lowers("SparseAddGrad", before=_rows_in_sum)
def sparse_add_grad(backprop_val_grad: Any, a_indices: Any, b_indices: Any, sum_indices: Any, *, prepared: Any) -> Any:
    if np.ndim(backprop_val_grad) != 1:
        raise ValueError("Input backprop_val_grad should be a vector but received shape: "
                         f"{text(np.shape(backprop_val_grad))}")
    if np.shape(backprop_val_grad)[0] != np.shape(sum_indices)[0]:
        raise ValueError("# elements of backprop_val_grad and # rows of sum_indices should match (#nnz of sum): got "
                         f"{np.shape(backprop_val_grad)[0]} and {np.shape(sum_indices)[0]}")
    return [there(backprop_val_grad, jnp.asarray(prepared[name])) for name in ("a", "b")]


@lowers("SparseTensorDenseAdd")
def sparse_tensor_dense_add(a_indices: Any, a_values: Any, a_shape: Any, b: Any, *, check: Any) -> Any:
    if np.ndim(a_indices) != 2:
        raise ValueError(f"Input a_indices should be a matrix but received shape: {text(np.shape(a_indices))}")
    if np.ndim(a_values) != 1 or np.ndim(a_shape) != 1:
        raise ValueError(f"Inputs a_values and a_shape should be vectors but received shapes: "
                         f"{text(np.shape(a_values))} and {text(np.shape(a_shape))}")
    rank = np.ndim(b)
    if np.shape(a_shape)[0] != rank:
        raise ValueError(f"Two operands have different dimensions; received: {np.shape(a_shape)[0]} and {rank}")
    sizes, a_shape, indices = np.array(np.shape(b), np.int64), jnp.asarray(a_shape), jnp.asarray(a_indices)
    for i in range(rank):
        check(a_shape[i] == sizes[i], lambda mine, i=i: f"Dimension {i} does not equal (no broadcasting is supported): "
              f"sparse side {mine} vs dense side {sizes[i]}", a_shape[i])
    if not indices.shape[0]:
        return b
    check(((indices >= 0) & (indices < sizes)).all(), "Sparse tensor has some invalid index on dimension")
    return jnp.asarray(b).at[tuple(indices[:, i] for i in range(rank))].add(a_values, mode="drop")


def _at_places(sp_indices: Any, sp_values: Any, sp_shape: np.ndarray, dense: Any, check: Any) -> Any:
    """The elements of `dense`, broadcast to the sparse tensor's shape, at its places."""
    if np.ndim(sp_indices) != 2:
        raise ValueError(f"Input sp_indices should be a matrix but received shape: {text(np.shape(sp_indices))}")
    if np.ndim(sp_values) != 1 or sp_shape.ndim != 1:
        raise ValueError(f"Inputs sp_values and sp_shape should be vectors but received shapes: "
                         f"{text(np.shape(sp_values))} and {text(sp_shape.shape)}")
    sizes, given = tuple(sp_shape.tolist()), np.shape(dense)
    if len(given) > len(sizes) or any(n not in (1, size) for n, size in
                                      zip(given[::-1], sizes[::-1], strict=False)):
        raise ValueError("SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: "
                         f"{text(sizes)} vs. {text(given)}")
    indices = jnp.asarray(sp_indices)
    if indices.shape[0]:
        check(((indices >= 0) & (indices < np.array(sizes, np.int64))).all(),
              "Provided indices are out-of-bounds w.r.t. dense side with broadcasted shape")
    outer = len(sizes) - len(given)
    places = tuple(jnp.zeros_like(indices[:, outer + i]) if n == 1 else indices[:, outer + i]
                   for i, n in enumerate(given))
    return take(dense, places) if places else jnp.broadcast_to(dense, indices.shape[:1])


@lowers("SparseDenseCwiseMul")
def sparse_dense_cwise_mul(sp_indices: Any, sp_values: Any, sp_shape: Static, dense: Any, *, check: Any) -> Any:
    return sp_values * _at_places(sp_indices, sp_values, sp_shape, dense, check)


@lowers("SparseDenseCwiseAdd")
def sparse_dense_cwise_add(sp_indices: Any, sp_values: Any, sp_shape: Static, dense: Any, *, check: Any) -> Any:
    return sp_values + _at_places(sp_indices, sp_values, sp_shape, dense, check)


@lowers("SparseDenseCwiseDiv")
def sparse_dense_cwise_div(sp_indices: Any, sp_values: Any, sp_shape: Static, dense: Any, *, check: Any) -> Any:
    dense = _at_places(sp_indices, sp_values, sp_shape, dense, check)
    if jnp.issubdtype(dense.dtype, jnp.integer):
        from lowering.rules.math import div

        return div(sp_values, dense, check=check)
    return sp_values / dense


@lowers("SparseTensorDenseMatMul")
def sparse_tensor_dense_matmul(a_indices: Any, a_values: Any, a_shape: Static, b: Any, *, adjoint_a: bool,
                               adjoint_b: bool, check: Any) -> Any:
    _check_product(a_indices, a_values, a_shape, b)
    rows, inner = a_shape.tolist()[::-1 if adjoint_a else 1]
    b = jnp.asarray(b)
    b = jnp.conj(b.T) if adjoint_b else b
    if inner != b.shape[0]:
        raise ValueError(
            f"Cannot multiply A and B because inner dimension does not match: {inner} vs. {b.shape[0]}.  Did you forget "
            f"a transpose?  Dimensions of A: [{a_shape[0]}, {a_shape[1]}).  Dimensions of B: {text(b.shape)}")
    result = jnp.zeros((rows, b.shape[1]), b.dtype)
    indices, values = jnp.asarray(a_indices), jnp.asarray(a_values)
    if not indices.shape[0]:
        return result
    outside = ((indices < 0) | (indices >= a_shape)).any(1)
    at = outside.argmax()
    check(~outside.any(), lambda at, place: f"indices[{at}] = [{','.join(map(str, place))}] is out of bounds: need 0 <= "
          f"index < {text(a_shape.tolist())}", at, indices[at])
    # TensorFlow's kernel transposes the sparse matrix, but does not conjugate it.
    row, column = (indices[:, 1], indices[:, 0]) if adjoint_a else (indices[:, 0], indices[:, 1])
    return result.at[row].add(values[:, None] * take(b, (column,)), mode="drop")


def _check_product(a_indices: Any, a_values: Any, a_shape: np.ndarray, b: Any) -> None:
    if np.ndim(b) != 2:
        raise ValueError("Tensor 'b' is not a matrix")
    if a_shape.ndim != 1:
        raise ValueError("Tensor 'a_shape' is not a vector")
    if a_shape.size != 2:
        raise ValueError("Tensor 'a_shape' must have 2 elements")
    if np.ndim(a_values) != 1:
        raise ValueError("Tensor 'a_values' is not a vector")
    if np.ndim(a_indices) != 2:
        raise ValueError("Tensor 'a_indices' is not a matrix")
    if np.shape(a_indices)[0] != np.shape(a_values)[0]:
        raise ValueError("Number of rows of a_indices does not match number of entries in a_values")
    if np.shape(a_indices)[1] != 2:
        raise ValueError("Number of columns of a_indices does not match number of entries in a_shape")


@lowers("SparseReduceSum")
def sparse_reduce_sum(input_indices: Any, input_values: Any, input_shape: Static, reduction_axes: Static, *,
                      keep_dims: bool) -> Any:
    if input_shape.ndim != 1:
        raise ValueError(f"Expected input_shape to be a vector; got shape: {text(input_shape.shape)}")
    if reduction_axes.ndim > 1:
        raise ValueError("Expected reduction_axes to be a scalar or a vector; got shape: "
                         f"{text(reduction_axes.shape)}")
    sizes, reduced = input_shape.tolist(), set(reduction_axes.reshape(-1).tolist())
    kept = [axis for axis in range(len(sizes)) if axis not in reduced]
    values, indices = jnp.asarray(input_values), jnp.asarray(input_indices)
    total = jnp.zeros([sizes[axis] for axis in kept], values.dtype)
    total = total.at[tuple(indices[:, axis] for axis in kept)].add(values) if kept else values.sum(dtype=values.dtype)
    return total.reshape([1 if axis in reduced else size for axis, size in enumerate(sizes)]) if keep_dims else total
