"""Rules of the operations that write variables."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from lowering.registry import Unread, lowers


@lowers("Assign", writes="ref")
def assign(ref: Unread, value: Any, *, validate_shape: bool, check: Any, declared: Any) -> Any:
    value = jnp.asarray(value)
    (sizes,) = declared
    if validate_shape and sizes is not None:
        same = len(sizes) == value.ndim and all(a is None or a == b for a, b in zip(sizes, value.shape, strict=True))
        check(same, f"Assign requires shapes of both tensors to match. lhs shape= {list(sizes)} rhs shape= "
                    f"{list(value.shape)}")
    return value


@lowers("AssignAdd", writes="ref")
def assign_add(ref: Any, value: Any) -> Any:
    return ref + value


@lowers("AssignSub", writes="ref")
def assign_sub(ref: Any, value: Any) -> Any:
    return ref - value
