"""Which operation of the script a part of a program belongs to: told by the names that lowering gave it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from lowering.plan.slice import inner
from tracer.ir import Operation

_WRAPPED = re.compile(r"\w+\(|\)")


class Owner(NamedTuple):
    """An operation's name, and whether this is the part of it that is run for its gradient."""

    name: str
    backward: bool


class Owners:
    """The operations of a program by their names."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = {op.name: op for node in operations for op in inner(node)}

    def of_path(self, path: str, whole: bool = False) -> Owner | None:
        """The innermost operation in a path of scopes, `gradients/Gradients/transpose(jvp(layer/MatMul))/dot_general`.

        The last word is what JAX did there, unless the path is `whole`.
        """
        words = _WRAPPED.sub("", path).split("/")
        end = len(words) if whole else len(words) - 1
        found, at = "", 0
        while at < end:
            names = ("/".join(words[at:stop]) for stop in range(end, at, -1))
            name = next((name for name in names if name in self.operations), "")
            found = name or found
            at += name.count("/") + 1
        return Owner(found, "transpose(" in path) if found else None

    def of_equation(self, equation: Any, outer: Owner | None) -> Owner | None:
        """The operation that a jaxpr's equation belongs to; that of the equation around it where it says nothing."""
        names = [part.name for part in equation.source_info.name_stack.stack]
        name = next((name for name in reversed(names) if name in self.operations), None)
        backward = "transpose" in names or (outer is not None and outer.backward)
        if name is None:
            return outer and Owner(outer.name, backward)
        return Owner(name, backward)
