"""Small programs, computed by the thread that calls them: to wake one of XLA's takes longer than many of them do.

XLA's CPU client hands what is more than a few numbers to a thread of its own, and the caller waits for that. It does not
where a program can call back to Python. So one that is small is compiled with a callback that nothing in it calls.
"""

from __future__ import annotations

import copy
import dataclasses
import logging
import math
from collections.abc import Callable
from typing import Any

import jax

from lowering import fast, jaxprs
from lowering.programs import options

_log = logging.getLogger("tracer")
_PRODUCTS = 5e10
"""So many operations of products and convolutions are a second, about."""
_ELEMENTS = 2e9
"""And so many elements read or written by anything else."""
WAITED = 1.5e-4
"""Seconds that a program may take whose results are waited for anyway: a longer one gains by another core, and by feeds that
are copied there, what it takes to hand it over."""
ALONE = 2e-6
"""Seconds that one may take whose caller could go on meanwhile."""


def possible() -> bool:
    """Whether there is another thread that could be spared."""
    return fast.on("inline") and options.on_cpu()


def is_small(closed: Any, waited: bool) -> bool:
    """Whether the program of this jaxpr takes less time than to hand it over."""
    return possible() and _seconds(closed) <= (WAITED if waited else ALONE)


def compiled(lowered: jax.stages.Lowered, told: dict[str, Any] | None = None) -> jax.stages.Compiled:
    """The program, for the thread that calls it; for one of XLA's where this JAX is not known. XLA is `told` options."""
    try:
        lowering: Any = copy.copy(lowered._lowering)  # the original is JAX's, who may have it compiled again
        lowering.compile_args = {**lowering.compile_args, "host_callbacks": callbacks()}
        inner = lowering.compile(told)._unloaded_executable
        executable = dataclasses.replace(inner, host_callbacks=[]).load()  # which calls it as any other
        return jax.stages.Compiled(executable, [], lowered.args_info, lowered.out_tree, no_kwargs=True)
    except (AttributeError, KeyError, TypeError) as error:
        _log.info("What is small is not computed inline: %r", error)
        return lowered.compile(compiler_options=told)


def callbacks() -> list[Callable]:
    """What makes a program one that the calling thread computes."""
    return [_uncalled]


def _uncalled(*_: Any) -> None:
    raise AssertionError("nothing calls it")


def _seconds(closed: Any) -> float:
    """About how long a jaxpr takes; infinity where that depends on what it computes."""
    return sum(map(_one, getattr(closed, "jaxpr", closed).eqns))


def _one(equation: Any) -> float:
    name, parameters = equation.primitive.name, equation.params
    if name == "while":
        return math.inf
    if inner := jaxprs.inside(equation):
        return parameters.get("length", 1) * sum(map(_seconds, inner))
    results = sum(_size(value) for value in equation.outvars)
    if name == "dot_general":
        return 2 * results * _contracted(equation) / _PRODUCTS
    if name == "conv_general_dilated":
        filters = equation.invars[1].aval
        return 2 * results * filters.size / filters.shape[parameters["dimension_numbers"].rhs_spec[0]] / _PRODUCTS
    return (results + sum(_size(value) for value in equation.invars)) / _ELEMENTS


def _contracted(equation: Any) -> int:
    (axes, _), _ = equation.params["dimension_numbers"]
    shape = equation.invars[0].aval.shape
    return math.prod(shape[axis] for axis in axes)


def _size(value: Any) -> int:
    return getattr(value.aval, "size", 0)
