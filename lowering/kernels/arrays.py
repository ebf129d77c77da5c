"""Values that are no arrays of their own: a `TensorArray`'s elements, and rows of what was computed for many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tracer import errors


class ArrayGrowsError(errors.InvalidArgumentError):
    """A loop writes behind the end of an array that may grow: its trips must be counted before it runs."""


class UnwrittenError(ArrayGrowsError):
    """An array is read before anything is written to it, as far as that is known: not even the shape of an element is."""


class StackHandle:
    """A stack: a list on the host that its operations share."""

    def __init__(self, name: str, dtype: Any) -> None:
        self.name = name
        self.dtype = dtype
        self.items: list[Any] = []
        self.closed = False


@jax.tree_util.register_static
@dataclass(frozen=True)
class Handle:
    """What `TensorArray` says of an array: it is no array itself."""

    name: str
    size: int
    dtype: Any
    dynamic_size: bool
    clear_after_read: bool
    adds: bool = False  # an array of gradients: what is written twice is summed


@jax.tree_util.register_pytree_node_class
class Elements:
    """The elements of a `TensorArray`, immutable like every JAX value.

    Outside of loops each element is an array of its own, of any shape (`items`, None where nothing was written). Once
    an index is computed by the program they are one array (`stacked`) beside a mask of what was written.
    """

    def __init__(self, items: list[Any] | None, stacked: Any = None, written: Any = None) -> None:
        self.items = items
        self.stacked = stacked
        self.written = written

    def tree_flatten(self) -> tuple:
        if self.items is not None:
            return tuple(self.items), True
        return (self.stacked, self.written), False

    @classmethod
    def tree_unflatten(cls, is_list: bool, leaves: Any) -> Elements:
        return cls(list(leaves)) if is_list else cls(None, *leaves)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.items) if self.items is not None else int(self.written.shape[0])

    def zeros(self) -> Elements:
        """Zeros of the shapes that the elements have; none where nothing was written."""
        if self.items is not None:
            return Elements([None if item is None else jnp.zeros(np.shape(item), item.dtype) for item in self.items])
        return Elements(None, jnp.zeros_like(self.stacked), self.written)

    def spread(self, like: Any = None) -> Elements:
        """As one stacked array; `like` gives shape and dtype of an element where none has been written yet."""
        if self.items is None:
            return self
        sample = next((item for item in self.items if item is not None), like)
        if sample is None:
            return self
        for item in self.items:
            if item is not None and np.shape(item) != np.shape(sample):
                raise errors.InvalidArgumentError(
                    None, None, f"TensorArray has elements of different shapes, {list(np.shape(sample))} and "
                    f"{list(np.shape(item))}: a loop can use it only when all have one shape")
        zero = jnp.zeros(np.shape(sample), sample.dtype)
        rows = [zero if item is None else item for item in self.items]
        if any(row is not zero for row in rows):
            stacked = jnp.stack(rows)
        else:
            stacked = jnp.zeros((len(rows), *zero.shape), zero.dtype)
        return Elements(None, stacked, jnp.array([item is not None for item in self.items], bool))

    def grown(self, size: int) -> Elements:
        """With at least `size` elements, the further ones not written yet."""
        more = size - self.size
        if more <= 0:
            return self
        if self.items is not None:
            return Elements(self.items + [None] * more)
        return Elements(None, _padded(self.stacked, more), _padded(self.written, more))


    def __add__(self, other: Elements) -> Elements:
        """Element by element; what was written to one of the two alone is as it was."""
        size = max(self.size, other.size)
        one, two = self.grown(size), other.grown(size)
        if one.items is not None and two.items is not None:
            return Elements([b if a is None else a if b is None else a + b
                             for a, b in zip(one.items, two.items, strict=True)])
        if one.items is not None or two.items is not None:
            shape = (one.stacked if one.items is None else two.stacked)
            like = jax.ShapeDtypeStruct(shape.shape[1:], shape.dtype)
            one, two = one.spread(like), two.spread(like)
        return Elements(None, one.stacked + two.stacked, one.written | two.written)


def _padded(rows: Any, more: int) -> Any:
    return jnp.concatenate([rows, jnp.zeros((more, *rows.shape[1:]), rows.dtype)])


class Stack:
    """One array that holds the values of many tensors, one in each row."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __len__(self) -> int:
        return int(self.array.shape[0])


class StackRow(NamedTuple):
    """One row of a stack; it is taken out when somebody reads it."""

    stack: Stack
    index: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the row."""
        return self.stack.array.shape[1:]


WHOLE = (Elements, Handle, StackHandle)
"""Values that are no arrays: they go from step to step as they are."""


def known_index(index: Any) -> int | None:
    """The index as a number when it is known while tracing."""
    return int(index) if isinstance(index, (int, np.integer, np.ndarray)) else None
