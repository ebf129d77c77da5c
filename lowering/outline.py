"""The shapes and types of what a JAX function gives, for tensors whose sizes may be unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import export

Sizes = tuple[int | None, ...] | None


def outline(function: Callable, inputs: list[tuple[np.dtype, Sizes]]) -> tuple[list[tuple[np.dtype, Sizes]], Any, bool]:
    """For each leaf of what `function` gives its type and static shape; the structure; whether it runs in 64 bits.

    `inputs` are types and static shapes; an unknown size becomes a symbol. Where the function is not defined for
    symbols, it is tried with small sizes, and the sizes that it gives are unknown.

    Raises:
        ValueError: an input's rank is unknown.
    """
    for i, (_, sizes) in enumerate(inputs):
        if sizes is None:
            raise ValueError(f"A JAX function needs inputs of known rank; input {i} has an unknown shape (set_shape gives "
                             "it one)")
    wide = bool(jax.config.jax_enable_x64) or any(dtype.itemsize == 8 and dtype.kind in "iuf" for dtype, _ in inputs)  # type: ignore[attr-defined]
    with jax.enable_x64(wide):
        known = all(None not in sizes for _, sizes in inputs)  # type: ignore[operator]
        leaves, structure = _evaluated(function, inputs, 0 if known else None)
    return leaves, structure, wide


def _evaluated(function: Callable, inputs: list, size: int | None) -> tuple[list, Any]:
    if size is None:
        try:
            return _shaped(function, [(dtype, _symbols(i, sizes)) for i, (dtype, sizes) in enumerate(inputs)])
        except Exception:  # whatever the function does with a symbol that only a number can do
            found = [_evaluated(function, inputs, size) for size in (4, 6)]
            (first, structure), (second, _) = found
            return [(dtype, _common(a, b)) for (dtype, a), (_, b) in zip(first, second, strict=True)], structure
    return _shaped(function, [(dtype, tuple(size if n is None else n for n in sizes)) for dtype, sizes in inputs])


_SCOPE = export.SymbolicScope()


def _symbols(i: int, sizes: Any) -> Any:
    if None not in sizes:
        return sizes
    words = ", ".join(f"d{i}_{at}" if n is None else str(n) for at, n in enumerate(sizes))
    return export.symbolic_shape(words + ("," if len(sizes) == 1 else ""), scope=_SCOPE)


def _shaped(function: Callable, inputs: list) -> tuple[list, Any]:
    result = jax.eval_shape(function, *(jax.ShapeDtypeStruct(sizes, dtype) for dtype, sizes in inputs))
    leaves, structure = jax.tree.flatten(result)
    return [(np.dtype(leaf.dtype), tuple(n if isinstance(n, int) else None for n in leaf.shape))
            for leaf in leaves], structure


def _common(a: Sizes, b: Sizes) -> Sizes:
    """What two results for different sizes have in common."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(m if m == n else None for m, n in zip(a, b, strict=True))
