"""The rule of a JAX function that a script put into its graph by `tracer.from_jax`."""

from __future__ import annotations

from typing import Any

import jax

from lowering.registry import lowers
from tracer import errors
from tracer.ir import Operation


@lowers("JaxFunction")
def jax_function(*inputs: Any, token: str, wide: bool, op: Operation) -> Any:
    held = op.graph._py_functions.get(token)
    if held is None:
        raise errors.InternalError(None, None, f"the JAX function {token} is not found: a function stays with the graph "
                                               "that it was given to")
    with jax.enable_x64(wide):
        return jax.tree.leaves(held.call(*inputs))
