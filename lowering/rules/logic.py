"""Rules of comparison, logic and choice."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering.registry import direct, lowers
from lowering.rules.array import text
from lowering.rules.math import matched

direct(LogicalNot=jnp.logical_not, IsNan=jnp.isnan, IsInf=jnp.isinf, IsFinite=jnp.isfinite)


@lowers("Less")
def less(x: Any, y: Any) -> Any:
    return jnp.less(*matched(x, y))


@lowers("LessEqual")
def less_equal(x: Any, y: Any) -> Any:
    return jnp.less_equal(*matched(x, y))


@lowers("Greater")
def greater(x: Any, y: Any) -> Any:
    return jnp.greater(*matched(x, y))


@lowers("GreaterEqual")
def greater_equal(x: Any, y: Any) -> Any:
    return jnp.greater_equal(*matched(x, y))


@lowers("Equal")
def equal(x: Any, y: Any) -> Any:
    return jnp.equal(*matched(x, y))


@lowers("NotEqual")
def not_equal(x: Any, y: Any) -> Any:
    return jnp.not_equal(*matched(x, y))


@lowers("LogicalAnd")
def logical_and(x: Any, y: Any) -> Any:
    return jnp.logical_and(*matched(x, y))


@lowers("LogicalOr")
def logical_or(x: Any, y: Any) -> Any:
    return jnp.logical_or(*matched(x, y))


@lowers("Select")
def select(condition: Any, t: Any, e: Any) -> Any:
    chosen, sizes = np.shape(condition), np.shape(t)
    if len(chosen) == 1 and len(sizes) != 1:
        if not sizes:
            raise ValueError(f"'then' must be at least a vector, but saw shape: {text(sizes)}")
        if sizes[0] != chosen[0]:
            raise ValueError("Number of batches of 'then' must match size of 'cond', but saw: "
                             f"{sizes[0]} vs. {chosen[0]}")
        if sizes != np.shape(e):
            raise ValueError(f"'then' and 'else' must have the same size.  but received: {text(sizes)} vs. "
                             f"{text(np.shape(e))}")
        condition = jnp.reshape(condition, chosen + (1,) * (len(sizes) - 1))
    elif sizes != np.shape(e) or chosen not in (sizes, ()):
        shapes = [np.shape(value) for value in (condition, t, e)]
        other = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
        raise ValueError("Inputs to operation Select of type Select must have the same size and shape.  Input 0: "
                         f"{text(shapes[0])} != input {other}: {text(shapes[other])}")
    return jnp.where(condition, t, e)
