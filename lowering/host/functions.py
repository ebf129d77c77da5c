"""The rule of `SymbolicGradient` where the graph lacks the function that it is the gradient of."""

from __future__ import annotations

from typing import Any, NoReturn

from lowering.registry import lowers
from tracer import errors
from tracer.ir import Operation


@lowers("SymbolicGradient", host=True)
def symbolic_gradient(input: list[Any], *, f: Any, op: Operation) -> NoReturn:
    raise errors.NotFoundError(None, op, f"Function {f.name} is not defined.")
