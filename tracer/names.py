"""Operations and tensors by the names that scripts give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracer.ir import Operation, Tensor

_FORM = 'Tensor names must be of the form "<op_name>:<output_index>".'


def find(operations: Mapping[str, Operation], name: str, allow_tensor: bool, allow_operation: bool) -> Operation | Tensor:
    """What `name` says: an operation, or `operation:index` a tensor.

    Raises:
        ValueError: the name is of another form, or of what is not allowed.
        KeyError: nothing is called so.
    """
    if ":" in name and allow_tensor:
        return _tensor(operations, name)
    if ":" not in name and allow_operation:
        if name not in operations:
            raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
        return operations[name]
    if allow_operation:
        raise ValueError(f"Name {name!r} appears to refer to a Tensor, not a Operation.")
    if name in operations:
        raise ValueError(f"The name {name!r} refers to an Operation, not a Tensor. {_FORM}")
    raise ValueError(f"The name {name!r} looks like an (invalid) Operation name, not a Tensor. {_FORM}")


def _tensor(operations: Mapping[str, Operation], name: str) -> Tensor:
    operation, _, index = name.partition(":")
    if not index.isdigit() or ":" in index:
        raise ValueError(f"The name {name!r} looks a like a Tensor name, but is not a valid one. {_FORM}")
    op = operations.get(operation)
    start = f"The name {name!r} refers to a Tensor which does not exist. The operation, {operation!r},"
    if op is None:
        raise KeyError(f"{start} does not exist in the graph.")
    if int(index) >= len(op.outputs):
        raise KeyError(f"{start} exists but only has {len(op.outputs)} outputs.")
    return op.outputs[int(index)]
