"""Rules of what orders and watches other operations."""

from __future__ import annotations

import sys
from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering.registry import lowers
from tracer import errors


@lowers("NoOp", "ControlTrigger")
def no_op() -> None:
    return None


@lowers("Abort", host=True)
def abort(*, error_msg: str) -> None:
    """Ends the run. In TensorFlow it ended the process, whose other servers were to notice."""
    raise errors.AbortedError(None, None, f"Abort_op intentional failure; {error_msg}")


@lowers("Merge", "RefMerge")
def merge(inputs: Any) -> Any:
    """Behind a conditional: its output, and the number of the branch that ran."""
    return tuple(inputs)


@lowers("Exit")
def exit_(data: Any) -> Any:
    """Behind a loop: its output."""
    return data


@lowers("Absent", strings=True)
def absent(condition: Any, *, dtype: Any) -> Any:
    """What the other branch of a conditional gives. Nobody reads it, and `lowering.flow.branches` gives it that shape."""
    return np.array(b"", object) if dtype.name == "string" else jnp.zeros((), dtype.array_dtype)


@lowers("CheckNumerics")
def check_numerics(tensor: Any, *, message: str, check: Any) -> Any:
    nan, infinite = jnp.isnan(tensor).any(), jnp.isinf(tensor).any()

    def explain(nan: Any, infinite: Any) -> str:
        found = " and ".join(word for word, hit in (("Inf", infinite), ("NaN", nan)) if hit)
        return f"{message} : Tensor had {found} values"

    check(~(nan | infinite), explain, nan, infinite)
    return tensor


@lowers("Assert", pure=False, strings=True)
def assert_(condition: Any, data: Any, *, summarize: int, check: Any) -> None:
    if np.ndim(condition):
        raise errors.InvalidArgumentError(None, None, f"In[0] should be a scalar: {list(np.shape(condition))}")
    check(condition, lambda *values: f"assertion failed: {shown(values, summarize)}", *data)


@lowers("Print", pure=False, strings=True)
def print_(input: Any, data: Any, *, message: str, first_n: int, summarize: int, session: Any, op: Any,
           later: Any) -> Any:
    count = session.resource((op.name, "Print"), lambda: [0]) if session is not None else [0]

    def say(*values: Any) -> None:
        if first_n < 0 or count[0] < first_n:
            count[0] += 1
            print(message + shown(values, summarize, ""), file=sys.stderr, flush=True)

    later(say, *data)
    return input


def shown(values: Any, summarize: int, between: str = " ") -> str:
    """`[v1 v2 ...] [...]`, as TensorFlow writes the first entries of each value."""
    return between.join(f"[{_entries(np.asarray(value), summarize)}]" for value in values)


def _entries(value: np.ndarray, summarize: int) -> str:
    limit = value.size if summarize < 0 else summarize
    left = [limit]

    def rows(array: np.ndarray) -> str:
        if array.ndim <= 1:
            taken = array.reshape(-1)[:left[0]]
            left[0] -= taken.size
            return " ".join(_entry(item) for item in taken)
        return "".join(f"[{rows(row)}]" for row in array if left[0] > 0)

    return rows(value) + ("..." if value.size > limit else "")


def _entry(item: Any) -> str:
    if isinstance(item, bytes):
        return item.decode(errors="replace")
    if isinstance(item, (bool, np.bool_)):
        return str(int(item))
    if isinstance(item, (float, np.floating)):
        return f"{float(item):g}"
    return str(item)
