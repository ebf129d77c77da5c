"""`apply` of a module that trains: the part of its loss that comes before what the loss compares it with."""

from __future__ import annotations

from typing import Any

from lowering.emit.expressions import Expr, expressions
from lowering.emit.losses import WORTH
from lowering.emit.parallel import below
from lowering.emit.render import Body
from tracer.ir import Operation


class Middle:
    """Finds and writes that part."""

    inputs: list[str]
    heads: dict[Any, str]
    script: dict[Operation, str]
    arguments: Any
    body: Any
    definition: Any
    applied: tuple[Expr, str] | None = None  # what `apply` computes, and its call

    def model(self, objective: Expr, body: Body, others: list[Expr]) -> list[str]:
        """`apply`, the part of a loss that comes before what it is compared with; and its call in the `body` of the loss."""
        middle = self._middle(objective)
        if middle is None or any(id(e) in below(middle) and e is not middle for e in others):
            return []
        inner = self.body()
        (returned,) = inner.write([middle])
        doc = f"The value of {inner.wanted(middle)[0]}."
        text, used = self.definition("apply", [*self.arguments(), *self.inputs], inner.lines, returned, doc)
        name = body.names.fresh(*body.wanted(middle))
        self.applied = middle, f"apply({', '.join(used)})"
        body.lines.append(f"{name} = {self.applied[1]}")
        body.give(middle, name)
        return [text]

    def _middle(self, objective: Expr) -> Expr | None:
        """What all that depends on the parameters passes through, with fewer feeds than the objective needs."""
        order = sorted(below(objective).values(), key=lambda e: e.number)
        position = {id(e): i for i, e in enumerate(order)}
        moved: set[int] = set()
        last: dict[int, int] = {}
        for e in order:
            inputs = expressions([list(e.args), e.kwargs])
            if (e.kind == "name" and e.head.startswith("params[")) or any(id(i) in moved for i in inputs):
                moved.add(id(e))
            for i in inputs:
                last[id(i)] = max(last.get(id(i), 0), position[id(e)])
        found: list[Expr] = []
        reach = -1
        for i, e in enumerate(order):
            if id(e) not in moved:
                continue
            if reach == i and e.kind not in ("name", "index", "attribute") and e.tree is None:
                found.append(e)
            reach = max(reach, last.get(id(e), i))
        everything = self._fed(objective)
        before = [e for e in found if self._fed(e) < everything and len(below(e)) > WORTH]
        named = [e for e in before if e.origin in self.script]
        return (named or before or [None])[-1]

    def _fed(self, expr: Expr) -> set[str]:
        return {e.head for e in below(expr).values() if e.kind == "name" and e.head in self.heads.values()}
