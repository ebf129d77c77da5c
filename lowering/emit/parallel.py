"""The same computation for every entry of a dictionary of variables, written once."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from lowering.emit.expressions import Expr, Local, expressions
from lowering.emit.paths import Path


class Patterns:
    """Says which expressions are the same but for the entry that they are about."""

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names  # what expressions are called already
        self._numbers: dict[Any, int] = {}

    def of(self, expr: Any, path: Path, shared: set[int]) -> tuple[int, dict[str, Expr]]:
        """A number for the form of `expr`, and the expressions in it that are the entry at `path` of something."""
        roles: dict[str, Expr] = {}
        known: dict[int, int] = {}
        end = "".join(f'["{part}"]' for part in path)

        def number(value: Any) -> int:
            if isinstance(value, Expr):
                if id(value) not in known:
                    known[id(value)] = self._number(expression(value))
                return known[id(value)]
            if isinstance(value, (list, tuple)):
                return self._number((type(value).__name__, *map(number, value)))
            if isinstance(value, dict):
                return self._number(tuple((key, number(item)) for key, item in value.items()))
            if isinstance(value, Local):
                return self._number(id(value))
            if isinstance(value, slice):
                return self._number(("slice", number(value.start), number(value.stop), number(value.step)))
            array = np.asarray(value) if hasattr(value, "dtype") and hasattr(value, "shape") else None
            return self._number(("array", array.shape, str(array.dtype), array.tobytes()) if array is not None
                                else (type(value).__name__, repr(value)))

        def expression(value: Expr) -> Any:
            text = self.names.get(id(value), value.head if value.kind == "name" else "")
            if text:
                if end and text.endswith(end):
                    role = text[:-len(end)]
                    roles.setdefault(role, value)
                    return "role", role
                return "name", text
            if id(value) in shared:
                return "shared", id(value)
            return value.kind, value.head, number(list(value.args)), number(value.kwargs)

        return number(expr), roles

    def _number(self, key: Any) -> int:
        return self._numbers.setdefault(key, len(self._numbers))


def below(value: Any, given: Collection[int] = ()) -> dict[int, Expr]:
    """All expressions that `value`, of any structure, is made of, itself among them; not what makes those `given`."""
    found: dict[int, Expr] = {}
    stack = expressions(value)
    while stack:
        expr = stack.pop()
        if id(expr) not in found:
            found[id(expr)] = expr
            stack += expressions([list(expr.args), expr.kwargs]) if id(expr) not in given else []
    return found


def shared(values: list[Any]) -> set[int]:
    """What all of them are made of, names aside."""
    tables = [below(value) for value in values]
    common = set.intersection(*(set(table) for table in tables)) if tables else set()
    return {key for key in common if tables[0][key].kind != "name"}


def alike(entries: dict[Path, Any], names: dict[int, str]) -> dict[str, Expr] | None:
    """The roles of the first entry, where all entries are the same but for the path; None where they are not."""
    if not all(isinstance(value, Expr) for value in entries.values()):
        return None
    patterns, common = Patterns(names), shared(list(entries.values())) if len(entries) > 1 else set()
    found = [patterns.of(value, path, common) for path, value in entries.items()]
    return found[0][1] if len({number for number, _ in found}) == 1 and found[0][1] else None
