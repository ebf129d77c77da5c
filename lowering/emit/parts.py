"""Parts of a program under one name scope, and which of them are the same."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lowering.emit.expressions import Expr, expressions
from lowering.emit.forms import Raw

ENTRY = re.compile(r'(params|state)((?:\["[^"]*"\])+)$')


class Part(NamedTuple):
    """The expressions of one name scope, with what they take from outside and what others take from them."""

    scope: str
    nodes: list[Expr]
    inputs: list[Expr]
    root: str  # the dictionary that its variables are in, as source; "" where it has none
    outputs: list[Expr | None]  # None for one that nothing reads here
    signature: Any
    constants: list[Any]  # arguments of the calls in it, in order, that may be others elsewhere


class Template(NamedTuple):
    """A function that stands for parts: its name, and which of their settings are arguments of it."""

    name: str
    settings: list[int]  # where each argument's value is among the constants
    fixed: dict[int, Any]  # the others, which the function holds
    outlines: list[Any]  # of what it returns

    def fits(self, part: Part) -> bool:
        """Whether a part has what the function holds."""
        return all(setting_text(part.constants[i]) == key for i, key in self.fixed.items())


def differing(parts: list[Part]) -> dict[tuple[str, ...], tuple[int, ...]]:
    """The settings that differ between parts: what they are in each, and where."""
    found: dict[tuple[str, ...], tuple[int, ...]] = {}
    for i, column in enumerate(zip(*(map(setting_text, part.constants) for part in parts), strict=True)):
        if len(set(column)) > 1:
            found[column] = (*found.get(column, ()), i)
    return found


def setting_text(value: Any) -> str:
    return value.text if isinstance(value, Raw) else repr(value)


def part_of(scope: str, nodes: list[Expr], users: dict[int, list[Expr]], last: set[int],
          given: Sequence[Expr | None] = ()) -> Part | None:
    """The scope's expressions as a part; None where they are no part that can be computed at once."""
    local = {id(node): i for i, node in enumerate(nodes)}
    inputs = list({id(e): e for node in nodes for e in expressions([list(node.args), node.kwargs])
                   if id(e) not in local}.values())
    first = nodes[0].number
    for e in inputs:
        if e.kind != "name" and e.number > first and any(key in local for key in _after(e, first)):
            return None
    outputs = [e for e in given if e is not None] or [node for node in nodes if id(node) in last
                        or any(id(user) not in local for user in users.get(id(node), ()))]
    if not outputs or any(node.tree is not None for node in outputs) or any(e.tree is not None for e in inputs):
        return None
    root = _common(inputs)
    constants: list[Any] = []
    places = {id(e): i for i, e in enumerate([e for e in inputs if not (root and ENTRY.match(e.head))])}

    def form(value: Any) -> Any:
        if isinstance(value, Expr):
            if id(value) in local:
                return "node", local[id(value)]
            return ("input", places[id(value)]) if id(value) in places else ("entry", value.head.removeprefix(root))
        if isinstance(value, (list, tuple)):
            return (type(value).__name__, *map(form, value))
        if isinstance(value, dict):
            return tuple((key, form(item)) for key, item in value.items())
        if isinstance(value, slice):
            return "slice", form(value.start), form(value.stop), form(value.step)
        if hasattr(value, "dtype") and hasattr(value, "shape"):
            array = np.asarray(value)
            return "array", array.shape, str(array.dtype), array.tobytes()
        return type(value).__name__, value.text if isinstance(value, Raw) else repr(value)

    def argument(node: Expr, value: Any) -> Any:
        if not is_setting(node, value):
            return form(value)
        constants.append(value)
        return "setting"

    signature = (tuple((node.kind, node.head, tuple(argument(node, a) for a in node.args), form(node.kwargs))
                       for node in nodes),
                 tuple(local[id(node)] for node in outputs), len(places), bool(root))
    return Part(scope, nodes, inputs, root, list(outputs), signature, constants)


def is_setting(node: Expr, value: Any) -> bool:
    """Whether an argument of a call is a size, a stride or the like, which may be another one in each call of a function."""
    if node.kind != "call" or isinstance(value, Expr):
        return False
    return isinstance(value, Raw) or (isinstance(value, (tuple, list)) and bool(value) and all(
        isinstance(item, int) or is_setting(node, item) for item in value))


def _after(expr: Expr, first: int) -> set[int]:
    """The ids of what an expression is made of, as far as it was made after `first`."""
    seen: set[int] = set()
    stack = [expr]
    while stack:
        e = stack.pop()
        if id(e) not in seen and e.number >= first:
            seen.add(id(e))
            stack += expressions([list(e.args), e.kwargs])
    return seen


def entries_of(inputs: list[Expr]) -> list[Expr]:
    return [e for e in inputs if e.kind == "name" and ENTRY.match(e.head)]


def _common(inputs: list[Expr]) -> str:
    """The innermost dictionary that holds all variables among the inputs; "" where there are fewer than two."""
    entries = [e.head for e in entries_of(inputs)]
    if len(entries) < 2 or len({head.partition("[")[0] for head in entries}) > 1:
        return ""
    paths = [head.split("[") for head in entries]
    shortest = min(map(len, paths))
    count = next((i for i in range(shortest) if len({path[i] for path in paths}) > 1), shortest)
    return "[".join(paths[0][:min(count, shortest - 1)])


def passed_to(part: Part) -> list[Expr]:
    """What is passed one by one."""
    return [e for e in part.inputs if not (part.root and e.kind == "name" and ENTRY.match(e.head))]


def scopes_of(nodes: list[Expr], users: dict[int, list[Expr]]) -> dict[str, list[Expr]]:
    """The expressions under each name scope. What is part of a rule belongs to the operation."""
    owner: dict[int, str] = {}
    for node in reversed(nodes):
        if node.origin is not None:
            owner[id(node)] = node.origin.name
        else:
            owner[id(node)] = next((owner[id(user)] for user in users.get(id(node), ()) if id(user) in owner), "")
    found: dict[str, list[Expr]] = {}
    for node in nodes:
        scopes = owner[id(node)].split("/")[:-1]
        for depth in range(1, len(scopes) + 1):
            found.setdefault("/".join(scopes[:depth]), []).append(node)
    return found


def nodes_of(results: list[Any], known: dict[int, str]) -> list[Expr]:
    """All expressions that are computed, in their order."""
    found: dict[int, Expr] = {}
    stack = [e for e in expressions(results)]
    while stack:
        expr = stack.pop()
        if id(expr) not in found and id(expr) not in known and expr.kind not in ("name", "constant"):
            found[id(expr)] = expr
            stack += expressions([list(expr.args), expr.kwargs])
    return sorted(found.values(), key=lambda expr: expr.number)


def _leading_to(outputs: Sequence[Expr | None], nodes: list[Expr]) -> list[Expr]:
    """The nodes that `outputs` are made of."""
    inside = {id(node) for node in nodes}
    needed: set[int] = set()
    stack = [e for e in outputs if e is not None]
    while stack:
        e = stack.pop()
        if id(e) in inside and id(e) not in needed:
            needed.add(id(e))
            stack += expressions([list(e.args), e.kwargs])
    return [node for node in nodes if id(node) in needed]


def join_shorter(found: dict[Any, list[Part]], users: dict[int, list[Expr]], last: set[int]) -> None:
    """Puts parts that lack a result which nothing reads, like the last step of a network in time, among whole ones."""
    for signature, parts in list(found.items()):
        whole = parts[0]
        if len(parts) < 2 or not 1 < len(whole.outputs) <= 4:
            continue
        for count in range(1, len(whole.outputs)):
            for kept in itertools.combinations(whole.outputs, count):
                nodes = _leading_to(kept, whole.nodes)
                part = part_of(whole.scope, nodes, users, last, kept) if len(nodes) < len(whole.nodes) else None
                if part is None or part.signature not in found or part.signature == signature or (
                        len(part.constants) != len(whole.constants)
                        or list(map(id, part.inputs)) != list(map(id, whole.inputs))):
                    continue
                ids = set(map(id, kept))
                for shorter in found.pop(part.signature):
                    outputs = iter(shorter.outputs)
                    parts.append(shorter._replace(
                        signature=signature, outputs=[next(outputs) if id(e) in ids else None for e in whole.outputs]))
