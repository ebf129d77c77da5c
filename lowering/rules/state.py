"""Rules of the operations that are variables, and of those that write them."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering import fast
from lowering.kernels.rows import RowWrites, last_of_each
from lowering.plan.slice import variable_of
from lowering.registry import Unread, lowers
from tracer import errors


def brackets(sizes: Any) -> str:
    """A shape as TensorFlow's kernels print it: `[2,3]`."""
    return f"[{','.join('?' if size is None else str(size) for size in sizes)}]"


@lowers("Assign", writes="ref")
def assign(ref: Unread, value: Any, *, validate_shape: bool, check: Any, declared: Any) -> Any:
    value = jnp.asarray(value)
    (sizes,) = declared
    if validate_shape and sizes is not None:
        same = len(sizes) == value.ndim and all(a is None or a == b for a, b in zip(sizes, value.shape, strict=True))
        check(same, f"Assign requires shapes of both tensors to match. lhs shape= {brackets(sizes)} "
                    f"rhs shape= {brackets(value.shape)}")
    return value


def _check_same_size(ref: Any, value: Any, check: Any) -> None:
    check(jnp.shape(ref) == jnp.shape(value), "Parameters and update must be the same size")


@lowers("AssignAdd", writes="ref")
def assign_add(ref: Any, value: Any, *, check: Any) -> Any:
    _check_same_size(ref, value, check)
    return ref + value


@lowers("AssignSub", writes="ref")
def assign_sub(ref: Any, value: Any, *, check: Any) -> Any:
    _check_same_size(ref, value, check)
    return ref - value


def scatter_operands(ref: Any, indices: Any, updates: Any, check: Any) -> tuple[Any, Any, Any]:
    """The operands with flat indices, their shapes and ranges checked."""
    ref, indices, updates = jnp.asarray(ref), jnp.asarray(indices), jnp.asarray(updates)
    check(ref.ndim > 0, f"params must be at least 1-D, got shape {brackets(ref.shape)}")
    check(updates.shape == (*indices.shape, *ref.shape[1:]),
          "Must have updates.shape = indices.shape + params.shape[1:], got updates.shape "
          f"{brackets(updates.shape)}, indices.shape {brackets(indices.shape)}, params.shape {brackets(ref.shape)}")
    size = ref.shape[0]
    inside = (indices >= 0) & (indices < size)

    def outside(indices: np.ndarray) -> str:
        place = next(zip(*np.nonzero(np.atleast_1d((indices < 0) | (indices >= size))), strict=True))
        where = brackets(place) if indices.ndim else ""
        return f"indices{where} = {np.atleast_1d(indices)[place]} is not in [0, {size})"

    check(inside.all(), outside, indices)
    return ref, indices.reshape(-1), updates.reshape((-1, *ref.shape[1:]))


@lowers("ScatterUpdate", writes="ref")
def scatter_update(ref: Any, indices: Any, updates: Any, *, check: Any) -> Any:
    ref, indices, updates = scatter_operands(ref, indices, updates, check)
    return _written(RowWrites(ref, last_of_each(indices), updates, adds=False))


@lowers("ScatterAdd", writes="ref")
def scatter_add(ref: Any, indices: Any, updates: Any, *, check: Any) -> Any:
    return _written(RowWrites(*scatter_operands(ref, indices, updates, check), adds=True))


@lowers("ScatterSub", writes="ref")
def scatter_sub(ref: Any, indices: Any, updates: Any, *, check: Any) -> Any:
    ref, indices, updates = scatter_operands(ref, indices, updates, check)
    return _written(RowWrites(ref, indices, -updates, adds=True))


def _written(rows: RowWrites) -> Any:
    return rows if fast.on("rows") else rows.settle()


@lowers("CountUpTo", writes="ref")
def count_up_to(ref: Any, *, limit: int, check: Any) -> Any:
    check(jnp.ndim(ref) == 0, f"input is not a scalar: {brackets(jnp.shape(ref))}")
    check(ref < limit, lambda: errors.OutOfRangeError(None, None, f"Reached limit of {limit}"))
    return ref, ref + jnp.ones_like(ref)


@lowers("IsVariableInitialized", host=True)
def is_variable_initialized(ref: Unread, *, session: Any, op: Any) -> Any:
    variable = variable_of(op.inputs[0])
    assert variable is not None
    return np.bool_(variable.type == "TemporaryVariable" or session.is_initialized(variable.name))


@lowers("DestroyTemporaryVariable", pure=False)
def destroy_temporary_variable(ref: Any, *, var_name: str, temporaries: Any) -> Any:
    if not var_name:
        raise errors.InvalidArgumentError(None, None, "Missing var_name attribute")
    if var_name not in temporaries:
        raise errors.NotFoundError(
            None, None, f"Resource tmp_var/{var_name}/N10tensorflow19TemporaryVariableOp6TmpVarE does not exist.")
    temporaries.discard(var_name)
    return ref
