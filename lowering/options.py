"""What XLA's compiler is told beyond its defaults."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from typing import Any

import jax

from lowering import fast
from lowering.slice import inner
from tracer.ir import Operation

_CONVOLVING = re.compile(r"Conv(2D|3D)(Backprop|$)")
_LIBRARY = "xla_cpu_experimental_ynn_fusion_type"
_NO_CONVOLUTIONS = {_LIBRARY: "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT,LIBRARY_FUSION_TYPE_REDUCE"}
"""XLA's CPU compiler gives convolutions to a library that runs them on one core, at 95 GFLOP/s here. Its own, which it
takes when the library is left with matrix products and reductions, come to 150 on two."""


def compiler_options(operations: Iterable[Operation]) -> dict[str, Any] | None:
    """The options for a program of these operations on the device that JAX uses now; None for the defaults.

    What the user set in XLA_FLAGS stays.
    """
    if not any(_CONVOLVING.match(node.type) for op in operations for node in inner(op)):
        return None
    device: Any = jax.config.jax_default_device or jax.local_devices()[0]  # type: ignore[attr-defined]
    if device.platform != "cpu" or _cores() == 1 or not fast.on("convolutions"):
        return None
    return _NO_CONVOLUTIONS if _known() else None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _known() -> bool:
    """Whether this XLA has the option: it is an experiment of theirs, and an unknown one is an error."""
    if _LIBRARY in os.environ.get("XLA_FLAGS", ""):
        return False
    try:
        jax.jit(lambda: 0, compiler_options=_NO_CONVOLUTIONS).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
