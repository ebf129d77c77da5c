"""Arithmetic of partial shapes on plain sizes: a tuple of int or None (unknown dimensions), or None (an unknown rank)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

Size = int | None
Sizes = tuple[Size, ...] | None


def text(sizes: Sizes) -> str:
    """Sizes as messages print them: `(2, ?)`, `(3,)`, `()`, `<unknown>`."""
    if sizes is None:
        return "<unknown>"
    inner = ", ".join("?" if size is None else str(size) for size in sizes)
    return f"({inner},)" if len(sizes) == 1 else f"({inner})"


def product(sizes: Sizes) -> int | None:
    """The number of elements, or None when it is unknown."""
    if sizes is None or None in sizes:
        return None
    return math.prod(sizes)  # type: ignore[arg-type]


def same(a: Size, b: Size) -> Size:
    """One dimension that two tensors share; ValueError when they differ."""
    if a is None:
        return b
    if b is None or a == b:
        return a
    raise ValueError(f"Dimensions {a} and {b} are not compatible")


def merge(a: Sizes, b: Sizes) -> Sizes:
    """What two descriptions of one shape tell together; ValueError when they contradict each other."""
    if a is None:
        return b
    if b is None or a == b:
        return a
    if len(a) == len(b) and all(x is None or y is None or x == y for x, y in zip(a, b, strict=True)):
        return tuple(y if x is None else x for x, y in zip(a, b, strict=True))
    raise ValueError(f"Shapes {text(a)} and {text(b)} are not compatible")


def rank(sizes: Sizes, n: int) -> tuple[Size, ...]:
    """The sizes, known to be `n`; ValueError when they are not. An unknown rank becomes `n` unknown dimensions."""
    if sizes is None:
        return (None,) * n
    if len(sizes) != n:
        raise ValueError(f"Shape {text(sizes)} must have rank {n}")
    return sizes


def at_least(sizes: Sizes, n: int) -> Sizes:
    """The sizes; ValueError when they are fewer than `n`."""
    if sizes is not None and len(sizes) < n:
        raise ValueError(f"Shape {text(sizes)} must have rank at least {n}")
    return sizes


def at_most(sizes: Sizes, n: int) -> Sizes:
    """The sizes; ValueError when they are more than `n`."""
    if sizes is not None and len(sizes) > n:
        raise ValueError(f"Shape {text(sizes)} must have rank at most {n}")
    return sizes


def broadcast(a: Sizes, b: Sizes) -> Sizes:
    """The shape of an elementwise operation on two tensors."""
    if a is None or b is None:
        return None
    if a == b:
        return a
    longest = max(len(a), len(b))
    result = []
    for x, y in zip((1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b, strict=True):
        if x == y or y == 1:
            result.append(x)
        elif x == 1:
            result.append(y)
        elif x is None or y is None:
            # A known size above 1 must be the result's; 0 against an unknown leaves the result unknown, as in TF.
            known = y if x is None else x
            result.append(known or None)
        else:
            raise ValueError(f"Incompatible shapes for broadcasting: {text(a)} and {text(b)}")
    return tuple(result)


def reduce(sizes: Sizes, axes: Any, keep_dims: bool = False) -> Sizes:
    """The shape left after reducing over `axes`: an int, a sequence of them, or None when they are not known."""
    if sizes is None:
        return None
    if axes is None:
        return (None,) * len(sizes) if keep_dims else None
    reduced = {int(axis) for axis in _flat(axes)}
    for axis in sorted(reduced):
        if not 0 <= axis < len(sizes):
            raise ValueError(f"Invalid reduction dimension {axis} for input with {len(sizes)} dimensions")
    if keep_dims:
        return tuple(1 if axis in reduced else size for axis, size in enumerate(sizes))
    return tuple(size for axis, size in enumerate(sizes) if axis not in reduced)


def _flat(axes: Any) -> Iterable[Any]:
    if hasattr(axes, "reshape"):
        return axes.reshape(-1)
    return axes if isinstance(axes, Iterable) else (axes,)


def concat(shapes: Sequence[Sizes], axis: int | None) -> Sizes:
    """The shape of tensors joined along `axis`; with None, an axis that is not known, only the rank is told."""
    known = [sizes for sizes in shapes if sizes is not None]
    if not known:
        return None
    if any(not sizes for sizes in known):
        raise ValueError("Can't concatenate scalars (use tf.pack instead)")
    if axis is None:
        for sizes in known:
            rank(sizes, len(known[0]))
        return (None,) * len(known[0])
    before: Sizes = None
    after: Sizes = None
    total: Size = 0 if len(known) == len(shapes) else None
    for sizes in known:
        if not 0 <= axis < len(sizes):
            raise ValueError(f"Expected concat_dim in range [0, {len(sizes)}), but got {axis}")
        before, after = merge(before, sizes[:axis]), merge(after, sizes[axis + 1 :])
        extent = sizes[axis]
        total = None if total is None or extent is None else total + extent
    return (*(before or ()), total, *(after or ()))


def window(size: Size, filter: Size, stride: int, padding: str) -> Size:
    """How many places a window of `filter` elements has along a dimension of a convolution or a pooling.

    Where SAME padding makes room for a larger filter, 0.8 refused it all the same; 0.9 and later take it, as networks do
    whose last layers are small.
    """
    if size is not None and filter is not None and filter > size and padding != "SAME":
        raise ValueError(f"Filter must not be larger than the input: Filter: {filter} Input: {size}")
    return places(size, filter, stride, padding)


def places(size: Size, filter: Size, stride: int, padding: str) -> Size:
    """The same, none where the window does not fit."""
    if padding == "SAME":
        return None if size is None else -(-size // stride)
    if padding == "VALID":
        return None if size is None or filter is None else max(-(-(size - filter + 1) // stride), 0)
    raise ValueError(f"Invalid value for padding: {padding!r}")


def slice_places(count: int, given: int, ellipsis: int, new_axis: int, shrink: int) -> list[tuple[str, int]]:
    """What each of the `given` items of an index does to the `count` dimensions of a tensor, by the bits of its masks.

    In order: ("new", i) makes a dimension, ("index", i) takes one place of one and drops it, ("range", i) takes a range,
    and ("whole", i) leaves one that an ellipsis or nothing speaks of.
    """
    if ellipsis & (ellipsis - 1):
        raise ValueError("Multiple ellipses in slice spec not allowed")
    spoken = sum(1 for i in range(given) if not (ellipsis | new_axis) >> i & 1)
    if spoken > count:
        raise ValueError(f"Index out of range using input dim {count}; input has only {count} dims")
    places: list[tuple[str, int]] = []
    for i in range(given):
        if ellipsis >> i & 1:
            places += [("whole", i)] * (count - spoken)
        else:
            places.append(("new" if new_axis >> i & 1 else "index" if shrink >> i & 1 else "range", i))
    return places if ellipsis else places + [("whole", given)] * (count - spoken)


def check_index(index: Size, size: Size, axis: int) -> None:
    """ValueError when a known `index` is outside of a dimension of known `size`."""
    if index is not None and size is not None and not -size <= index < size:
        raise ValueError(f"slice index {index} of dimension {axis} out of bounds.")
