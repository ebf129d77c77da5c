"""What a script builds several times under different names, as one function that is called with different parameters."""

from __future__ import annotations

import copy
import re
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering.emit.expressions import Expr, Local, bottom_up, expressions, mapped
from lowering.emit.naming import snake

FEWEST = 3
"""Expressions that are worth a function; fewer by one where they are there so often."""
_ENTRY = re.compile(r'(params|state)((?:\["[^"]*"\])+)$')


class Part(NamedTuple):
    """The expressions of one name scope, with what they take from outside and what others take from them."""

    scope: str
    nodes: list[Expr]
    inputs: list[Expr]
    root: str  # the dictionary that its variables are in, as source; "" where it has none
    outputs: list[Expr]
    signature: Any


class Repeats:
    """Finds parts that are the same, and defines their functions."""

    def __init__(self, draft: Any) -> None:
        self.draft = draft
        self.names: dict[Any, str] = {}  # of the functions, by signature
        self.definitions: list[str] = []

    def __call__(self, results: list[Any], known: dict[int, str]) -> list[Any]:
        """`results`, with calls in the place of parts that are there several times. What is `known` stays as it is."""
        nodes = _nodes(results, known)
        if any(isinstance(argument, Local) for node in nodes for argument in node.args):
            return results
        chosen = self._chosen(results, nodes)
        if not chosen:
            return results
        for part in chosen:
            if part.signature not in self.names:
                self._define(part, [p for p in chosen if p.signature == part.signature])
        return _Rebuilt(chosen, self.names, known, self.draft.simple).structure(results)

    def _chosen(self, results: list[Any], nodes: list[Expr]) -> list[Part]:
        """Parts that are there at least twice, the largest first, none within another."""
        users: dict[int, list[Expr]] = {}
        for node in nodes:
            for e in expressions([list(node.args), node.kwargs]):
                users.setdefault(id(e), []).append(node)
        last = {id(e) for e in expressions(results)}
        scopes = {scope: inside for scope, inside in _scopes(nodes, users).items() if FEWEST - 1 <= len(inside) < len(nodes)}
        found: dict[Any, list[Part]] = {}
        innermost = {tuple(map(id, inside)): scope for scope, inside in scopes.items()}
        for scope, inside in scopes.items():
            if innermost[tuple(map(id, inside))] != scope:
                continue
            part = _part(scope, inside, users, last)
            if part is not None:
                found.setdefault(part.signature, []).append(part)
        groups = [parts for key, parts in found.items()
                  if len(parts) > (1 if len(parts[0].nodes) >= FEWEST else FEWEST - 1) or key in self.names]
        chosen: list[Part] = []
        taken: set[int] = set()
        for parts in sorted(groups, key=lambda parts: -len(parts[0].nodes)):
            free = [part for part in parts if not any(id(node) in taken for node in part.nodes)]
            if free:
                chosen += free
                taken.update(id(node) for part in free for node in part.nodes)
        return chosen

    def _define(self, part: Part, parts: list[Part]) -> None:
        names = self.draft.taken
        name = self.names[part.signature] = _free(_name(part, parts), names)
        body = self.draft.body(inputs=False)
        arguments = []
        if part.root:
            arguments.append("params")
            for node in _entries(part.inputs):
                body.give(node, "params" + node.head.removeprefix(part.root))
        for e in _passed(part):
            head = "key" if e.head.startswith("keys[") else e.head if e.head.isidentifier() else None
            wanted = (head, True) if head and e.kind == "name" else body.wanted(e)
            if e.kind == "name" and _ENTRY.match(e.head):
                wanted = (e.head.rpartition('["')[2].removesuffix('"]'), True)
            arguments.append(body.give(e, body.names.fresh(*wanted)))
        texts = body.write(list(part.outputs))
        batch = next((argument for argument, e in zip(arguments[bool(part.root):], _passed(part), strict=True)
                      if e.ndim and e.shape[0] == self.draft.size), None)
        first = [f"batch = {batch}.shape[0]"] if batch else []
        text = f"def {name}({', '.join(arguments)}):\n" + "\n".join(
            "    " + line if line else line for line in [*first, *body.lines, f"return {', '.join(texts)}"])
        self.definitions.append(text)


def _nodes(results: list[Any], known: dict[int, str]) -> list[Expr]:
    """All expressions that are computed, in their order."""
    found: dict[int, Expr] = {}
    stack = [e for e in expressions(results)]
    while stack:
        expr = stack.pop()
        if id(expr) not in found and id(expr) not in known and expr.kind != "name":
            found[id(expr)] = expr
            stack += expressions([list(expr.args), expr.kwargs])
    return sorted(found.values(), key=lambda expr: expr.number)


def _scopes(nodes: list[Expr], users: dict[int, list[Expr]]) -> dict[str, list[Expr]]:
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


def _part(scope: str, nodes: list[Expr], users: dict[int, list[Expr]], last: set[int]) -> Part | None:
    """The scope's expressions as a part; None where they are no part that can be computed at once."""
    local = {id(node): i for i, node in enumerate(nodes)}
    inputs = list({id(e): e for node in nodes for e in expressions([list(node.args), node.kwargs])
                   if id(e) not in local}.values())
    first = nodes[0].number
    for e in inputs:
        if e.kind != "name" and e.number > first and any(key in local for key in _after(e, first)):
            return None
    outputs = [node for node in nodes if id(node) in last or any(id(user) not in local for user in users.get(id(node), ()))]
    if not outputs or any(node.tree is not None for node in outputs) or any(e.tree is not None for e in inputs):
        return None
    root = _common(inputs)
    places = {id(e): i for i, e in enumerate([e for e in inputs if not (root and _ENTRY.match(e.head))])}

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
        return type(value).__name__, repr(value)

    signature = (tuple((node.kind, node.head, form(list(node.args)), form(node.kwargs)) for node in nodes),
                 tuple(local[id(node)] for node in outputs), len(places), bool(root))
    return Part(scope, nodes, inputs, root, outputs, signature)


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


def _entries(inputs: list[Expr]) -> list[Expr]:
    return [e for e in inputs if e.kind == "name" and _ENTRY.match(e.head)]


def _common(inputs: list[Expr]) -> str:
    """The innermost dictionary that holds all variables among the inputs; "" where there are fewer than two."""
    entries = [e.head for e in _entries(inputs)]
    if len(entries) < 2 or len({head.partition("[")[0] for head in entries}) > 1:
        return ""
    paths = [head.split("[") for head in entries]
    shortest = min(map(len, paths))
    count = next((i for i in range(shortest) if len({path[i] for path in paths}) > 1), shortest)
    return "[".join(paths[0][:min(count, shortest - 1)])


def _passed(part: Part) -> list[Expr]:
    """What is passed one by one."""
    return [e for e in part.inputs if not (part.root and e.kind == "name" and _ENTRY.match(e.head))]


def _name(part: Part, parts: list[Part]) -> str:
    """What the scopes are called where they agree, and else the script's function that made them."""
    said = [re.sub(r"_?\d+$", "", snake(p.scope.rpartition("/")[2])).lower() or "part" for p in parts]
    if len(set(said)) == 1:
        return said[0]
    functions = {node.origin.where.function for node in part.outputs if node.origin is not None}
    function = next(iter(functions)) if len(functions) == 1 else ""
    return function if function.isidentifier() and function not in ("main", "loss", "apply", "init") else said[0]


def _free(name: str, taken: set[str]) -> str:
    name = re.sub(r"\W", "_", name)
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    taken.add(found)
    return found


class _Rebuilt:
    """Expressions with calls in the place of parts."""

    def __init__(self, parts: list[Part], names: dict[Any, str], known: dict[int, str], simple: Any) -> None:
        self.part_of = {id(node): part for part in parts for node in part.nodes}
        self.names, self.known, self.simple = names, known, simple
        self.made: dict[int, Any] = {}
        self.held: list[Expr] = []

    def structure(self, value: Any) -> Any:
        """`value`, of any structure, rebuilt."""
        bottom_up(value, lambda expr: id(expr) in self.made, self._needs, self._make)
        return self._mapped(value)

    def _needs(self, expr: Expr) -> list[Expr]:
        if id(expr) in self.known or expr.kind == "name":
            return []
        part = self.part_of.get(id(expr))
        return _passed(part) if part is not None else expressions([list(expr.args), expr.kwargs])

    def _make(self, expr: Expr) -> None:
        part = self.part_of.get(id(expr))
        if id(expr) in self.known or expr.kind == "name":
            self.made[id(expr)] = expr
        elif part is None:
            args, kwargs = self._mapped(expr.args), self._mapped(expr.kwargs)
            if all(a is b for a, b in zip(expressions([list(args), kwargs]), expressions([list(expr.args), expr.kwargs]),
                                          strict=True)):
                self.made[id(expr)] = expr
                return
            made = copy.copy(expr)
            made.args, made.kwargs = args, kwargs
            self._keep(expr, made)
        else:
            self._call(part)

    def _keep(self, expr: Expr, made: Expr) -> None:
        made.number = next(Expr._numbers)
        self.made[id(expr)] = made
        self.simple.keep(made)

    def _call(self, part: Part) -> None:
        arguments = []
        if part.root:
            first = _entries(part.inputs)[0]
            text = self.known.get(id(first), first.head).removesuffix(first.head.removeprefix(part.root))
            arguments.append(Expr("name", text, outline=jax.ShapeDtypeStruct((), np.dtype(bool))))
        call = Expr("call", self.names[part.signature], (*arguments, *self._mapped(_passed(part))))
        for argument in arguments:
            self.simple.keep(argument)
        self.simple.keep(call)
        outlines = [jax.ShapeDtypeStruct(e.shape, e.dtype) for e in part.outputs]
        if len(outlines) == 1:
            (output,) = part.outputs
            call.shape, call.dtype, call.origin = output.shape, output.dtype, output.origin
            self.made[id(output)] = call
            return
        call.tree = outlines
        call.origin = part.outputs[-1].origin
        for i, (output, outline) in enumerate(zip(part.outputs, outlines, strict=True)):
            piece = Expr("index", "", (call, i), {}, outline)
            piece.origin = output.origin
            self._keep(output, piece)
            call.pieces.append(piece)

    def _mapped(self, value: Any) -> Any:
        return mapped(value, lambda leaf: self.made[id(leaf)] if isinstance(leaf, Expr) else leaf)
