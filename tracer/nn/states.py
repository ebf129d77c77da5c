"""States of recurrent cells: a tensor, or nested tuples of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def in_parts(state: Any) -> bool:
    """Whether a state is a tuple, such as `(c, h)`. 0.8 refused that unless told so beforehand; later versions expect it."""
    return isinstance(state, (list, tuple))


def flatten(state: Any) -> list[Any]:
    """The tensors (or sizes) of a state, in order."""
    if in_parts(state):
        return [leaf for part in state for leaf in flatten(part)]
    return [state]


def pack(form: Any, leaves: list[Any]) -> Any:
    """`leaves` in the structure of `form`."""
    rest = iter(leaves)
    return _pack(form, lambda: next(rest))


def _pack(form: Any, take: Callable[[], Any]) -> Any:
    if isinstance(form, tuple) and hasattr(form, "_fields"):
        return type(form)(*(_pack(part, take) for part in form))
    if isinstance(form, (list, tuple)):
        return type(form)(_pack(part, take) for part in form)
    return take()


def apply(function: Callable[..., Any], form: Any, *states: Any) -> Any:
    """`function` of the corresponding leaves of `form` and `states`, in the structure of `form`."""
    return pack(form, [function(*leaves) for leaves in zip(flatten(form), *map(flatten, states), strict=True)])
