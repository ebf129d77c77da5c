"""How jaxprs are read: what is inside of their equations, and what is written differently in one JAX and the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def scan_parts(parameters: Mapping[str, Any]) -> tuple[int, int]:
    """How many operands of a scan stay the same in all rounds, and how many behind them are carried."""
    if "ft_in" in parameters:  # since JAX 0.11
        fixed, carried, _ = parameters["ft_in"].unpack()
        return len(list(fixed)), len(list(carried))
    return parameters["num_consts"], parameters["num_carry"]


CALLS = frozenset({"pjit", "jit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "remat", "checkpoint"})
"""The equations that compute what another program does, once."""


def called(equation: Any) -> Any:
    """The program that an equation calls, with its constants or without; None for any other equation."""
    if equation.primitive.name not in CALLS:
        return None
    return equation.params.get("jaxpr") or equation.params.get("call_jaxpr")


def inside(equation: Any) -> list[Any]:
    """The jaxprs among the parameters of an equation: what is called, looped over or chosen from."""
    return [part for value in equation.params.values() for part in (value if isinstance(value, tuple | list) else [value])
            if hasattr(getattr(part, "jaxpr", part), "eqns")]


def is_straight(jaxpr: Any) -> bool:
    """Whether it computes each of its equations once, without a loop or a choice."""
    return all(equation.primitive.name not in ("while", "scan", "cond") and all(map(is_straight, inside(equation)))
               for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns)
