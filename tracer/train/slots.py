"""Slots: variables that belong to another one, `weight/Adam` to `weight`."""

from __future__ import annotations

import contextlib
from typing import Any

from tracer import scopes
from tracer.ops import constants
from tracer.variables import Variable


def create_slot(primary: Any, val: Any, name: str, colocate_with_primary: bool = True) -> Variable:
    """A variable `<primary>/<name>` with the initial value `val`, not trainable.

    Args:
        primary: the variable or tensor that it belongs to.
        val: its initial value.
        name: the last part of its name.
        colocate_with_primary: whether it stands on the device of `primary`.
    """
    placed = scopes.colocate_with(primary) if colocate_with_primary else contextlib.nullcontext()
    with placed:
        return Variable(val, trainable=False, name=f"{primary.op.name}/{name}")


def create_zeros_slot(primary: Any, name: str, dtype: Any = None, colocate_with_primary: bool = True) -> Variable:
    """A slot of zeros, of the type of `primary` unless `dtype` names another."""
    kind = primary.dtype.base_dtype if dtype is None else dtype
    zeros = constants.zeros(primary.get_shape().as_list(), kind)
    return create_slot(primary, zeros, name, colocate_with_primary)
