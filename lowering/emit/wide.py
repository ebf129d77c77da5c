"""Modules that need JAX's 64 bits: which do, and what they say where it has 32 only."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from lowering.plan.slice import VARIABLES
from tracer.ir import Operation, Tensor

LARGE = 2 ** 31
"""No whole number of 32 bits is this large."""
_GROWING = frozenset({"PyFunc", "Mul", "Mod", "Div", "FloorDiv", "TruncateDiv", "Pow", "Square", "Prod", "Cumprod",
                      "Cumsum", "SegmentProd"})
"""Arithmetic, and Python, that is another one for numbers with fewer bits. Labels and indices have room in 32."""
REASON = """\
def need_64_bits():
    \"\"\"Raises where JAX has 32 bits: the script computes with {}.\"\"\"
    if not jax.config.jax_enable_x64:
        raise RuntimeError("call and transform this inside `with jax.enable_x64(True)`, or set JAX_ENABLE_X64=1")"""


def wide_types(nodes: Iterable[Operation], held: Iterable[Operation]) -> str:
    """The types, in words, for which a module needs 64 bits; "" where 32 do."""
    held = list(held)
    found = {kind for op in (*nodes, *held) for t in op.outputs if (kind := _kind(t)) in ("float64", "complex128")}
    counts = any(_kind(op.outputs[0]) == "int64" for op in held) or any(map(_needs_int64, nodes))
    return " and ".join([*sorted(found, reverse=True), *(["int64"] if counts else [])])


def _kind(tensor: Tensor) -> str:
    dtype = tensor.dtype.base_dtype.array_dtype
    return "" if dtype is object else np.dtype(dtype).name


def _needs_int64(op: Operation) -> bool:
    if op.type in VARIABLES or "int64" not in map(_kind, op.outputs):
        return False
    if op.type == "Const":
        return bool(np.size(op.attrs["value"])) and int(np.max(np.abs(op.attrs["value"]))) >= LARGE
    return op.type in _GROWING


def asking(function: str) -> str:
    """A function's text with the question whether JAX has 64 bits at its start."""
    return re.sub(r'\A(def \w+\(.*\):\n(?:    """(?:.|\n)*?"""\n)?)', r"\1    need_64_bits()\n", function)
