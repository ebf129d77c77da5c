"""What is written differently in the jaxprs of one JAX and the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def scan_parts(parameters: Mapping[str, Any]) -> tuple[int, int]:
    """How many operands of a scan stay the same in all rounds, and how many behind them are carried."""
    if "ft_in" in parameters:  # since JAX 0.11
        fixed, carried, _ = parameters["ft_in"].unpack()
        return len(list(fixed)), len(list(carried))
    return parameters["num_consts"], parameters["num_carry"]
