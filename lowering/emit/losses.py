"""The functions that are differentiated, and the lines that call their gradients."""

from __future__ import annotations

from typing import Any

from lowering.emit.expressions import Expr, expressions
from lowering.emit.naming import place
from lowering.emit.parallel import below
from lowering.emit.paths import Path, access
from lowering.emit.render import LONG, Body
from lowering.emit.trace import Gradient, Trace

WORTH = 4
"""Expressions of so many parts are handed out of the loss instead of being computed again."""
LISTED = 3
"""So many rows of one table are one argument of the loss."""


class Losses:
    """Writes a function for each gradient."""

    draft: Any
    trace: Trace
    body: Body
    lines: list[str]
    losses: list[str]
    defined: list[str]
    all_paths: list[Path]

    def _gradient(self, name: str, gradient: Gradient, outside: list[Any], moved: list[Expr]) -> None:
        objective = self.body.simple(gradient.objective)
        stateless = not any(e.head.startswith("state[") for e in below(objective).values())
        body = self.draft.body(free=("state",) if stateless else ())
        by = self._moved(gradient, body)
        handed = self._shared(objective, outside, moved)
        if len(self.trace.gradients) == 1:
            self.defined += self.draft.model(objective, body, [*(e for group in by.values() for e in group), *handed])
        texts = body.write([objective, *handed])
        returned = texts[0] if not handed else f"{texts[0]}, {_bundle(texts[1:])}"
        said = self.draft.script.get(gradient.op.inputs[0].op, "")
        doc = f"The loss{f', {said}' if said and said != name else ''} ({place(gradient.op.inputs[0].op)})."
        roots = [root for root in self.draft.arguments() if not (root == "state" and stateless)]
        arguments = [*roots, *by, *self.draft.inputs]
        text, used = self.draft.definition(name, arguments, body.lines, returned, doc)
        self.defined.append(text)
        for argument, values in by.items():
            self._argument(argument, values)
        self._call(name, gradient, objective, dict(zip(map(id, handed), texts[1:], strict=True)), handed, used, by, outside)
        self._apply_again(outside)

    def _apply_again(self, outside: list[Any]) -> None:
        """Calls the function `apply` as well for what a step makes of its value besides the loss."""
        if self.draft.applied is None:
            return
        middle, call = self.draft.applied
        if id(middle) in self._read(outside):
            name = self.body.names.fresh(*self.body.wanted(middle))
            self.lines.append(f"{name} = {call}")
            self.body.give(middle, name)

    def _read(self, roots: list[Any]) -> set[int]:
        """What expressions that have no name yet are made of."""
        seen: set[int] = set()
        stack = [e for root in roots for e in expressions(root)]
        while stack:
            expr = stack.pop()
            if id(expr) not in seen and id(expr) not in self.body.known:
                seen.add(id(expr))
                stack += expressions([list(expr.args), expr.kwargs])
        return seen

    def _moved(self, gradient: Gradient, body: Any) -> dict[str, list[Expr]]:
        """The arguments of a loss that are neither variables nor fed: one expression each, or rows of one table."""
        values = [value for value in map(body.simple, dict(gradient.results)) if value.kind != "name"]
        tables: dict[str, list[Expr]] = {}
        for value in values:
            tables.setdefault(_table(value), []).append(value)
        by: dict[str, list[Expr]] = {}
        for table, rows in tables.items():
            rows.sort(key=lambda value: value.number)
            places = [self.body.text(row.args[1]) for row in rows] if table and len(rows) > 1 else []
            if table and len(rows) > 1 and (len(rows) >= LISTED or self.body._list(places)):
                name = body.names.fresh(f"{_last(table)}_rows")
                by[name] = rows
                body.give_list(name, rows)
            else:
                for value in rows:
                    by[body.give(value, body.names.fresh(*self.draft.wanted(value)))] = [value]
        return by

    def _argument(self, name: str, values: list[Expr]) -> None:
        """The statement that gives an argument of a loss its value."""
        if len(values) == 1:
            self.body.name(values[0], name, exact=True)
            return
        table = self.body.text(values[0].args[0])
        if len(table) > LONG:
            table = self.body.names.fresh(_last(table))
            self.lines.append(f"{table} = {values[0].args[0].head}")
        places = self.body.text([value.args[1] for value in values])
        self.lines.append(f"{name} = [{table}[indices] for indices in {places}]")
        self.body.names.take([name])
        self.body.give_list(name, values)

    def _shared(self, objective: Expr, outside: list[Any], moved: list[Expr]) -> list[Expr]:
        """What a step computes besides, and the loss has computed already."""
        inside = below(objective, {id(value) for value in moved})
        objectives = {id(self.body.simple(gradient.objective)) for gradient in self.trace.gradients}
        found: dict[int, Expr] = {}
        seen: set[int] = set()
        stack = [e for root in outside for e in expressions(root)]
        while stack:
            expr = stack.pop()
            if id(expr) in seen or id(expr) in objectives or id(expr) in self.body.known:
                continue
            seen.add(id(expr))
            worth = [e for e in below(expr).values() if e.kind not in ("name", "attribute")] if id(expr) in inside else []
            if len(worth) >= WORTH and not any(expr is value for value in moved):
                found[id(expr)] = expr
            else:
                stack += expressions([list(expr.args), expr.kwargs])
        return _fewest(sorted(found.values(), key=lambda expr: expr.number), objective, outside)

    def _call(self, name: str, gradient: Gradient, objective: Expr, called: dict[int, str], handed: list[Expr],
              used: list[str], by: dict[str, list[Expr]], outside: list[Any]) -> None:
        """The line that calls the gradient of the loss."""
        roots: dict[str, str] = {}  # the arguments of the loss it is differentiated by, and what those gradients are called
        alone = len(self.losses) == 1
        for value, result in gradient.results:
            value = self.body.simple(value)
            text: str = self.body.known.get(id(value)) or value.head
            root = text.partition("[")[0]
            if root not in roots:
                wanted = ("grads" if alone else f"{name}_grads") if root == "params" else f"{root}_grad"
                roots[root] = self.body.names.fresh(wanted, exact=True) if wanted != "grads" else "grads"
            self.body.give(result, roots[root] + text.removeprefix(root))
            if len(by.get(root, ())) > 1:
                self.body.lists[roots[root]] = len(by[root])
        roots = {root: roots[root] for root in sorted(roots, key=used.index)}
        places = [used.index(root) for root in roots]
        options = "" if places == [0] else f", argnums={places[0] if len(places) == 1 else tuple(places)}"
        options += ", has_aux=True" if handed else ""
        if "params" in roots:
            zero = self._zero(gradient)
            self.body.trees[roots["params"]] = {access(roots["params"], path) for path in self.all_paths if path not in zero}
        call = f"({name}{options})({', '.join(used)})"
        left = _bundle(list(roots.values()))
        values: list[str] = []
        if any(id(objective) in below(root) for root in outside):
            values.append(self.body.give(objective, self.body.names.fresh(f"{name}_value")))
        if handed:
            names = [self.body.names.fresh(called[id(e)], True) if called[id(e)].isidentifier()
                     else self.body.names.fresh(*self.draft.wanted(e)) for e in handed]
            values.append(_bundle([self.body.give(e, name) for e, name in zip(handed, names, strict=True)]))
        if len(values) == 2 or (values and not handed):
            first = values[0] if len(values) == 1 else f"({', '.join(values)})"
            self.lines.append(f"{first}, {left} = jax.value_and_grad{call}")
        elif handed:
            self.lines.append(f"{left}, {values[0]} = jax.grad{call}")
        else:
            self.lines.append(f"{left} = jax.grad{call}")

    def _zero(self, gradient: Gradient) -> set[Path]:
        """Where the gradient by the parameters is zero: what is only read by rows, which are arguments of the loss."""
        read = {e.head for value, _ in gradient.results if (e := self.body.simple(value)).kind == "name"}
        return {path for path in self.all_paths if access("params", path) not in read}


def _fewest(pieces: list[Expr], objective: Expr, outside: list[Any]) -> list[Expr]:
    """Where several pieces are all that something else is made of, that in their place."""
    if len(pieces) < 2:
        return pieces
    ids = {id(piece) for piece in pieces}
    inside = below(objective)
    outside = [root for root in outside if isinstance(root, Expr) and root is not objective]
    for root in outside:
        table = below(root)
        used = ids & set(table)
        names = [e for e in table.values() if e.kind == "name" and id(e) not in inside]
        elsewhere = [other for other in outside if other is not root and used & set(below(other))]
        if len(used) > 1 and not names and not elsewhere and id(objective) not in table:
            return _fewest([*(piece for piece in pieces if id(piece) not in used), root], objective, outside)
    return pieces


def _table(value: Expr) -> str:
    """The variable whose rows an expression is; "" where it is something else."""
    plain = value.kind == "index" and value.args[0].kind == "name" and isinstance(value.args[1], Expr)
    return value.args[0].head if plain else ""


def _last(access: str) -> str:
    return access.rpartition('["')[2].removesuffix('"]')


def _bundle(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"({', '.join(names)})"
