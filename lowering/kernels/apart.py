"""What several read and none of them shall compute again: a function by itself in a program, which XLA fuses with nothing.

XLA's CPU compiler fuses what seems cheap with each of its readers, and drops barriers before it does. It leaves alone
what it is told not to inline.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from lowering import fast
from lowering.programs import options

try:
    from jax.experimental.xla_metadata import set_xla_metadata
except ImportError:  # all is fused as ever
    set_xla_metadata: Any = None


def can_be_apart() -> bool:
    """Whether what is traced now can have it: what is for a CPU alone."""
    return set_xla_metadata is not None and fast.on("apart") and options.on_cpu()


def apart(function: Callable) -> Callable:
    """The function of arrays, computed once for all who read its results, where that can be."""

    def by_itself(*arguments: Any) -> Any:
        with set_xla_metadata(inlineable=None):  # what it calls is inlined as ever
            return function(*arguments)

    def call(*arguments: Any) -> Any:
        if not can_be_apart():
            return function(*arguments)
        with set_xla_metadata(inlineable="false"):
            return jax.jit(by_itself)(*arguments)

    return call
