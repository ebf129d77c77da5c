"""Parts of a program under one name scope, and which of them are the same."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from lowering.emit.calls import Call, Calls, Round
from lowering.emit.expressions import Expr, expressions
from lowering.emit.forms import Given, Raw

ENTRY = re.compile(r'(params|state)((?:\["[^"]*"\])+)$')


ROOTS = ("params", "state")
"""All variables, trained and other ones."""
MANY = 6
"""With more results, no subset of them is looked for."""


class Part(NamedTuple):
    """The expressions of one name scope, or of one call, with what they take from outside and what others take from them."""

    scope: str
    nodes: list[Expr]
    inputs: list[Expr]
    root: str  # the dictionary that its variables are in, as source; "" where it has none
    outputs: list[Expr | None]  # None for one that nothing reads here
    signature: Any
    constants: list[Any]  # arguments of the calls in it, in order, that may be others elsewhere
    call: Call | None = None


class Template(NamedTuple):
    """A function that stands for parts: its name, and which of their settings are arguments of it."""

    name: str
    settings: list[int]  # where each argument's value is among the constants
    fixed: dict[int, Any]  # the others, which the function holds
    outlines: list[Any]  # of what it returns
    shared: dict[int, Expr]  # which of the things that it would be given it holds
    arguments: list[str]
    shapes: dict[int, int]  # settings that are the shape of something that it is given

    def fits(self, part: Part) -> bool:
        """Whether a part has what the function holds."""
        passed = passed_to(part)
        return (all(passed[i] is e for i, e in self.shared.items())
                and all(part.constants[i] == passed[k].shape for i, k in self.shapes.items())
                and all(setting_text(part.constants[i]) == key for i, key in self.fixed.items()))

    def takes(self, part: Part) -> list[Expr]:
        """What the function is given for a part."""
        return [e for i, e in enumerate(passed_to(part)) if i not in self.shared]


def differing(parts: list[Part]) -> dict[tuple[str, ...], tuple[int, ...]]:
    """The settings that differ between parts, or that another function is given: what they are in each, and where."""
    found: dict[tuple[str, ...], tuple[int, ...]] = {}
    for i, values in enumerate(zip(*(part.constants for part in parts), strict=True)):
        column = tuple(map(setting_text, values))
        if len(set(column)) > 1 or isinstance(values[0], Given):
            found[column] = (*found.get(column, ()), i)
    return found


def setting_text(value: Any) -> str:
    return value.text if isinstance(value, Raw) else repr(value)


def part_of(scope: str, nodes: list[Expr], users: dict[int, list[Expr]], last: set[int],
            given: Sequence[Expr | None] = (), call: Call | None = None, whole: bool = False,
            known: Mapping[int, str] = MappingProxyType({})) -> Part | None:
    """The scope's expressions as a part; None where they are no part that can be computed at once.

    What a call has recorded gets its variables one by one where they have nothing in common, or, if `whole`, all of them.
    """
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
    if (call is not None and root in ROOTS and not whole) or not _is_at_hand(root, inputs, known):
        root = ""
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
    return Part(scope, nodes, inputs, root, list(outputs), signature, constants, call)


def _is_at_hand(root: str, inputs: list[Expr], known: Mapping[int, str]) -> bool:
    """Whether a function that is written has a dictionary: it may have been given the variables of it one by one."""
    ends = [(known.get(id(e), e.head), e.head.removeprefix(root)) for e in entries_of(inputs)]
    return len({text.removesuffix(end) for text, end in ends if text.endswith(end)}) == 1 and all(
        text.endswith(end) for text, end in ends)


def is_setting(node: Expr, value: Any) -> bool:
    """Whether an argument is a size, a stride, a factor or the like, which may be another one in each call of a function."""
    if isinstance(value, Expr) or node.kind not in ("call", "method", "binary"):
        return False
    if isinstance(value, Given):
        return True
    if node.kind == "binary":
        return np.ndim(value) == 0 and np.asarray(value).dtype.kind == "f"
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


class Region(NamedTuple):
    """Expressions that belong together: a name scope, or what one call of a function has recorded."""

    scope: str
    nodes: list[Expr]
    call: Call | None = None


def regions_of(nodes: list[Expr], users: dict[int, list[Expr]], calls: Calls) -> list[Region]:
    """All of them. What is part of a rule belongs to the operation; a call that fills a whole scope stands for it.

    Of calls that hold the same, the innermost of the script's stands for all, or else the innermost.
    """
    owner: dict[int, Any] = {}
    for node in reversed(nodes):
        owner[id(node)] = node.origin or next(
            (owner[id(user)] for user in users.get(id(node), ()) if owner.get(id(user)) is not None), None)
    found: dict[Any, list[Expr]] = {}
    for node in nodes:
        op = owner[id(node)]
        if op is None:
            continue
        scopes = op.name.split("/")[:-1]
        for region in (*("/".join(scopes[:depth]) for depth in range(1, len(scopes) + 1)),
                       *(call for call in calls.of.get(op, ()) if call.name)):
            found.setdefault(region, []).append(node)
    found = {region: inside for region, inside in found.items()
             if isinstance(region, str) or len({owner[id(node)] for node in inside}) > 1}
    found = {region: _unindexed(inside) if isinstance(region, Round) else inside for region, inside in found.items()}
    alike: dict[tuple[int, ...], Region] = {}
    for region, inside in found.items():
        key = tuple(map(id, inside))
        if isinstance(region, str):  # the innermost scope
            alike[key] = Region(region, inside, alike[key].call if key in alike else None)
        elif (known := alike[key].call if key in alike else None) is None or isinstance(known, Round) or (
                not isinstance(region, Round) and (known.is_ours or not region.is_ours)):
            alike[key] = Region(alike[key].scope if key in alike else region.name, inside, region)
    return list(alike.values())


def _unindexed(nodes: list[Expr]) -> list[Expr]:
    """The expressions of a round without the pieces that it takes of something: those differ from round to round."""
    inside = set(map(id, nodes))
    return [node for node in nodes if node.kind != "index" or any(id(e) in inside for e in expressions([list(node.args)]))]


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


def _lacks_constants(part: Part, whole: Part) -> bool:
    """Whether a part has all that the whole is given, constants aside, in the same order."""
    inputs = set(map(id, part.inputs))
    missing = [e for e in whole.inputs if id(e) not in inputs]
    kept = [id(e) for e in whole.inputs if id(e) in inputs]
    return kept == list(map(id, part.inputs)) and all(e.kind == "constant" for e in missing)


def _filled(constants: list[Any], nodes: list[Expr], whole: Part) -> list[Any]:
    """The settings of a part that has some of the nodes, as the whole would have them."""
    inside = set(map(id, nodes))
    own, others = iter(constants), iter(whole.constants)
    filled = []
    for node in whole.nodes:
        for _ in range(sum(is_setting(node, argument) for argument in node.args)):
            other = next(others)
            filled.append(next(own) if id(node) in inside else other)
    return filled


def _made_by(part: Part) -> Any:
    """The function that has recorded a part, or its loop."""
    return (part.call.code, part.call.loop if isinstance(part.call, Round) else None) if part.call is not None else None


def _ends_loops(shorter: list[Part], parts: list[Part]) -> bool:
    """Whether what lacks a result is the last round of its loop each time."""
    def loop(part: Part) -> Any:
        return (part.call.inside, part.call.loop) if isinstance(part.call, Round) else None

    last: dict[Any, Part] = {}
    for part in sorted([*parts, *shorter], key=lambda part: part.nodes[0].number):
        last[loop(part)] = part
    return all(last[loop(part)] is part for part in shorter)


def join_shorter(found: dict[Any, list[Part]], users: dict[int, list[Expr]], last: set[int],
                 known: Mapping[int, str]) -> None:
    """Puts parts that lack a result which nothing reads, like the last step of a network in time, among whole ones."""
    for signature, parts in sorted(found.items(), key=lambda item: -len(item[1][0].nodes)):
        whole = parts[0]
        if signature not in found or len(parts) < 2 or not 1 < len(whole.outputs) <= MANY:
            continue
        for count in range(1, len(whole.outputs)):
            for kept in itertools.combinations(whole.outputs, count):
                nodes = _leading_to(kept, whole.nodes)
                part = part_of(whole.scope, nodes, users, last, kept, whole.call, whole.root in ROOTS, known)
                if part is None or part.signature not in found or part.signature == signature or (
                        not _lacks_constants(part, whole)):
                    continue
                if any(_made_by(shorter) != _made_by(whole) for shorter in found[part.signature]) or (
                        isinstance(whole.call, Round) and not _ends_loops(found[part.signature], parts)):
                    continue
                ids = set(map(id, kept))
                for shorter in found.pop(part.signature):
                    outputs = iter(shorter.outputs)
                    table = dict(zip(map(id, part.inputs), shorter.inputs, strict=True))
                    parts.append(shorter._replace(
                        inputs=[table.get(id(e), e) for e in whole.inputs],
                        constants=_filled(shorter.constants, part.nodes, whole), signature=signature,
                        outputs=[next(outputs) if id(e) in ids else None for e in whole.outputs]))
