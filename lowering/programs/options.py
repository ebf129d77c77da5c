"""What programs are made for: the kind of device, the precision, and what XLA's compiler is told beyond its defaults."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

import jax

from lowering import fast, jaxprs
from lowering.plan.slice import inner
from tracer.ir import Operation

_CONVOLVING = re.compile(r"Conv(2D|3D)(Backprop|$)")
_LIBRARY = "xla_cpu_experimental_ynn_fusion_type"
_NO_CONVOLUTIONS = {_LIBRARY: "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT,LIBRARY_FUSION_TYPE_REDUCE"}
"""XLA's CPU compiler gives convolutions to a library that runs them on one core, at 95 GFLOP/s here. Its own, which it
takes when the library is left with matrix products and reductions, come to 150 on two."""
_IN_PLACE = {"xla_cpu_copy_insertion_use_region_analysis": True}
"""Where nothing orders the last reading of a variable and its update, XLA's CPU compiler has the old value copied first. Its
other analysis, which the compiler for TPUs takes, has the update wait."""


def compiler_options(operations: Iterable[Operation]) -> dict[str, Any] | None:
    """The options for a program of these operations on the device that JAX uses now; None for the defaults.

    What the user set in XLA_FLAGS stays.
    """
    if not any(_CONVOLVING.match(node.type) for op in operations for node in inner(op)):
        return None
    return _NO_CONVOLUTIONS if fast.on("convolutions") and on_cpu() and cores() > 1 and _known() else None


def in_place(jaxpr: Any) -> dict[str, Any] | None:
    """The options besides for the program of a jaxpr that writes new values of variables over the old ones."""
    return _IN_PLACE if fast.on("in_place") and on_cpu() and jaxprs.is_straight(jaxpr) and _knows_in_place() else None


_portable = contextvars.ContextVar("portable", default=False)


@contextlib.contextmanager
def portable() -> Iterator[None]:
    """What is traced inside is for any device, and for arrays of any size."""
    token = _portable.set(True)
    try:
        yield
    finally:
        _portable.reset(token)


def is_portable() -> bool:
    """Whether what is traced now becomes an artifact."""
    return _portable.get()


def on_cpu() -> bool:
    """Whether what is traced now is for a CPU alone."""
    device: Any = jax.config.jax_default_device or jax.local_devices()[0]  # type: ignore[attr-defined]
    return device.platform == "cpu" and not _portable.get()


def matmul_precision() -> Any:
    """The context in which products and convolutions have the precision that TRACER_PRECISION asks for: that of float32,
    or `tf32` or `bf16` for what their factors are rounded to, on devices that are faster then."""
    wanted = os.environ.get("TRACER_PRECISION", "float32")
    if wanted not in _PRECISIONS:
        raise ValueError(f"TRACER_PRECISION is {wanted!r}, which is none of {', '.join(_PRECISIONS)}.")
    return jax.default_matmul_precision(_PRECISIONS[wanted])


_PRECISIONS = {"float32": "float32", "tf32": "tensorfloat32", "bf16": "bfloat16"}


def cores() -> int:
    """How many cores the process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _known() -> bool:
    """Whether this XLA knows the option for convolutions."""
    return _takes(_NO_CONVOLUTIONS)


@functools.cache
def _knows_in_place() -> bool:
    return _takes(_IN_PLACE)


def _takes(told: dict[str, Any]) -> bool:
    """Whether this XLA has the options, and the user said nothing of them: an unknown one is an error."""
    if any(name in os.environ.get("XLA_FLAGS", "") for name in told):
        return False
    try:
        jax.jit(lambda: 0, compiler_options=told).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
