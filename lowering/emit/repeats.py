"""What a script builds several times under different names, as one function that is called with different parameters."""

from __future__ import annotations

import copy
import itertools
import re
from collections import Counter
from typing import Any

import jax
import numpy as np

from lowering.emit.calls import Round
from lowering.emit.chains import ROUNDS
from lowering.emit.expressions import FEW, Expr, Local, expressions, mapped
from lowering.emit.forms import Given
from lowering.emit.naming import snake
from lowering.emit.parts import (
    ENTRY,
    Part,
    Template,
    differing,
    entries_of,
    is_setting,
    join_shorter,
    nodes_of,
    part_of,
    passed_to,
    regions_of,
    setting_text,
)
from lowering.emit.rebuilt import Rebuilt
from lowering.emit.shorten import shortened
from lowering.emit.texts import parameters
from lowering.plan.slice import variable_of

FEWEST = 3
"""Expressions that are worth a function; fewer by one where they are there so often."""
LONG = 6
"""So many expressions are worth a function where they are what a function of TensorFlow computes."""
SETTINGS = 2
"""So many settings may differ between the calls of a function."""


class Repeats:
    """Finds parts that are the same, and defines their functions."""

    def __init__(self, draft: Any) -> None:
        self.draft = draft
        self.templates: dict[Any, Template] = {}  # by signature
        self.definitions: list[str] = []
        self.elsewhere: dict[Any, list[Part]] = {}  # by signature: one part of each function that has such
        self.with_all: set[Any] = set()  # the signatures of parts that take all variables
        self._rounds: Counter[Any] = Counter()  # of each loop
        self.constants: dict[Any, Expr] = {}  # large ones, by what they are

    @property
    def names(self) -> list[str]:
        """What the functions are called."""
        return [template.name for template in self.templates.values()]

    def arguments(self, name: str) -> list[str]:
        """What one of the functions calls its arguments."""
        return next((template.arguments for template in self.templates.values() if template.name == name), [])

    def __call__(self, results: list[Any], known: dict[int, str]) -> list[Any]:
        """`results`, with calls in the place of parts that are there several times. What is `known` stays as it is."""
        nodes = nodes_of(results, known)
        if any(isinstance(argument, Local) for node in nodes for argument in node.args):
            return results
        results, nodes = self._with_constants(results, nodes)
        chosen = self._chosen(results, nodes, known)
        for part in chosen:
            same = [p for p in chosen if p.signature == part.signature]
            same += [p for p in self.elsewhere.get(part.signature, ()) if p.nodes[0] is not part.nodes[0]]
            if part.signature not in self.templates and (
                    len(same) > 1 or part.signature in self.elsewhere or _is_known(part)):
                self._define(min(same, key=lambda p: sum(e.kind == "constant" for e in p.inputs)), same)
        chosen = [p for p in chosen if p.signature in self.templates and self.templates[p.signature].fits(p)]
        if not chosen:
            return results
        return Rebuilt(chosen, self.templates, known, self.draft.simple).structure(results)

    def _chosen(self, results: list[Any], nodes: list[Expr], known: dict[int, str]) -> list[Part]:
        """Parts that are there at least twice, the largest first, none within another."""
        groups = [parts for parts in self._found(results, nodes, known) if self._is_worth(parts)]
        chosen: list[Part] = []
        taken: set[int] = set()
        for parts in sorted(groups, key=lambda parts: -max(len(part.nodes) for part in parts)):
            free = [part for part in parts if not any(id(node) in taken for node in part.nodes)]
            if free:
                chosen += free
                taken.update(id(node) for part in free for node in part.nodes)
        self._note_inside(chosen, groups)
        return chosen

    def _note_inside(self, chosen: list[Part], groups: list[list[Part]]) -> None:
        """Remembers what is there in several functions to be, so that it becomes one itself when those are written."""
        owner = {id(node): part.signature for part in chosen for node in part.nodes}
        for parts in sorted(groups, key=lambda parts: -max(len(part.nodes) for part in parts)):
            homes = {owner.get(id(part.nodes[0])): part for part in parts}
            if len(homes) > 1:
                self.elsewhere[parts[0].signature] = list(homes.values())
                owner.update((id(node), part.signature) for part in parts for node in part.nodes)

    def _is_worth(self, parts: list[Part]) -> bool:
        """Whether parts should be calls of a function."""
        rounds = Counter(_loop(part.call) for part in parts if isinstance(part.call, Round))
        if rounds and (max(rounds.values()) < ROUNDS or any(count < self._rounds[loop] for loop, count in rounds.items())):
            return False
        part, count = parts[0], len(parts) + len(self.elsewhere.get(parts[0].signature, ()))
        if part.signature in self.templates or _is_known(part):
            return True
        return count > 1 if len(part.nodes) >= FEWEST else count >= FEWEST and _is_short(part)

    def look(self, functions: list[list[Any]]) -> None:
        """Finds what is there once in several functions, before those are written."""
        looked: list[tuple[list[Any], list[Expr]]] = []
        together: dict[Any, list[Part]] = {}
        for results in functions:
            nodes = nodes_of(results, {})
            if not any(isinstance(argument, Local) for node in nodes for argument in node.args):
                looked.append(self._with_constants(results, nodes))
                for signature, parts in self._parts(looked[-1][0], looked[-1][1], {})[0].items():
                    together.setdefault(signature, []).extend(parts)
        self.with_all = {signature for signature, parts in together.items() if _share_variables(parts)}
        for results, nodes in looked:
            for parts in self._found(results, nodes, {}):
                self.elsewhere.setdefault(parts[0].signature, []).append(parts[0])
        self.elsewhere = {signature: parts for signature, parts in self.elsewhere.items() if len(parts) > 1}

    def _found(self, results: list[Any], nodes: list[Expr], known: dict[int, str]) -> list[list[Part]]:
        """All parts, those together that one function can stand for."""
        found, users, last = self._parts(results, nodes, known)
        for signature, parts in list(found.items()):
            if signature in self.with_all or _share_variables(parts):
                whole = [made for p in parts if (made := part_of(
                    p.scope, p.nodes, users, last, call=p.call, whole=True, known=known)) is not None and made.root]
                if len(whole) == len(parts) and len({part.signature for part in whole}) == 1:
                    del found[signature]
                    found[whole[0].signature] = whole
        join_shorter(found, users, last, known)
        return [group for signature, parts in found.items() for group in self._together(signature, parts)]

    def _parts(self, results: list[Any], nodes: list[Expr], known: dict[int, str]) -> tuple[
            dict[Any, list[Part]], dict[int, list[Expr]], set[int]]:
        """All parts by their signatures, who uses each expression, and the results."""
        users: dict[int, list[Expr]] = {}
        for node in nodes:
            for e in expressions([list(node.args), node.kwargs]):
                users.setdefault(id(e), []).append(node)
        last = {id(e) for e in expressions(results)}
        found: dict[Any, list[Part]] = {}
        regions = regions_of(nodes, users, self.draft.calls)
        self._rounds = Counter(_loop(region.call) for region in regions if isinstance(region.call, Round))
        for scope, inside, call in regions:
            if FEWEST - 1 <= len(inside) < len(nodes):
                part = part_of(scope, inside, users, last, call=call, known=known)
                if part is not None:
                    found.setdefault(part.signature, []).append(part)
        return found, users, last

    def _together(self, signature: Any, parts: list[Part]) -> list[list[Part]]:
        """Parts of one signature: together where few of their settings differ, else those with the same ones."""
        if signature in self.templates:
            return [[part for part in parts if self.templates[signature].fits(part)]]
        if len(differing(parts)) <= SETTINGS:
            return [parts]
        groups: dict[Any, list[Part]] = {}
        for part in parts:
            key = signature, *map(setting_text, part.constants)
            groups.setdefault(key, []).append(part._replace(signature=key))
        return list(groups.values())

    def _with_constants(self, results: list[Any], nodes: list[Expr]) -> tuple[list[Any], list[Expr]]:
        """The same with an expression for each large constant, which may be another one in each call of a function, and
        for each matrix of equal numbers: the state that a network in time starts from is like those that it goes on from.
        """
        made: dict[int, Expr] = {}
        equal: dict[int, Expr] = {}

        def leaf(value: Any) -> Any:
            if isinstance(value, Expr):
                return made.get(id(value), value)
            if isinstance(value, (list, tuple)):
                return value if hasattr(value, "_fields") else type(value)(map(leaf, value))
            if not (isinstance(value, (np.ndarray, jax.Array)) and value.ndim and value.size > FEW
                    and value.dtype.kind in "fiu"):
                return value
            array = np.asarray(value)
            if (array == array.flat[0]).all():
                return constant(equal, id(value), value) if value.ndim > 1 and value.dtype.kind == "f" else value
            return constant(self.constants, (array.shape, str(array.dtype), array.tobytes()), value)

        def constant(known: dict, key: Any, value: Any) -> Expr:
            if key not in known:
                known[key] = Expr("constant", "", (value,), outline=jax.ShapeDtypeStruct(value.shape, value.dtype))
                self.draft.simple.keep(known[key])
            return known[key]

        for node in nodes:
            args, kwargs = leaf(node.args), {key: leaf(value) for key, value in node.kwargs.items()}
            items = _flattened([*node.args, *node.kwargs.values()])
            if all(a is b for a, b in zip(_flattened([*args, *kwargs.values()]), items, strict=True)):
                continue
            changed = copy.copy(node)
            changed.args, changed.kwargs = args, kwargs
            made[id(node)] = changed
            self.draft.simple.keep(changed)
        if not made:
            return results, nodes
        return mapped(results, leaf), [made.get(id(node), node) for node in nodes]

    def _define(self, part: Part, parts: list[Part]) -> None:
        taken = self.draft.taken
        shapes = _shapes(parts)
        columns = {column: places for column, places in differing(parts).items() if places[0] not in shapes}
        places = {i for places in columns.values() for i in places}
        name = _free(_name(part, parts), taken)
        self.templates[part.signature] = Template(
            name, [places[0] for places in columns.values()],
            {i: setting_text(value) for i, value in enumerate(part.constants) if i not in places | set(shapes)},
            [jax.ShapeDtypeStruct(e.shape, e.dtype) for e in part.outputs if e is not None], {}, [], shapes)
        shared = {i: e for i, (e, *others) in enumerate(zip(*map(passed_to, parts), strict=True))
                  if e.kind == "constant" and all(other is e for other in others)}
        self.templates[part.signature] = self.templates[part.signature]._replace(shared=shared)
        body = self.draft.body(inputs=False, free=() if part.root.startswith("state") else ("state",))
        arguments = []
        if part.root:
            arguments.append("params")
            for node in entries_of(part.inputs):
                body.give(node, "params" + node.head.removeprefix(part.root))
        passed = [e for i, e in enumerate(passed_to(part)) if i not in shared]
        for e, said in zip(passed, self._said(part, passed), strict=True):
            arguments.append(body.give(e, self._argument(e, body, arguments, said)))
        settings = {places: body.names.fresh(_setting(part, places[0]), True) for places in columns.values()}
        outputs = _with_settings(part, {i: text for places, text in settings.items() for i in places}, self.draft.simple)
        texts = body.write(outputs)
        first = self.draft.measured((argument, e.shape) for argument, e in zip(
            arguments[bool(part.root):], passed, strict=True) if e.ndim)
        arguments += settings.values()
        self.templates[part.signature] = self.templates[part.signature]._replace(arguments=list(arguments))
        lines, returned = shortened(body.lines, ", ".join(texts), {*taken, *arguments})
        text = f"def {name}({', '.join(arguments)}):\n" + "\n".join(
            "    " + line if line else line for line in [*first, *lines, f"return {returned}"])
        self.definitions.append(text)

    def _said(self, part: Part, passed: list[Expr]) -> list[str]:
        """What the function that recorded a part calls what it is given; "" where that is not known."""
        first = [_user(e, part.nodes) if not _is_key(e) else None for e in passed]
        known = [op for op in first if op is not None]
        if part.call is None or any(part.call not in self.draft.calls.of[op] for op in known):
            return [""] * len(passed)
        names = iter(self.draft.calls.parameters(part.call, [
            (op, self._place(op, e)) for op, e in zip(first, passed, strict=True) if op is not None]))
        return [next(names) if op is not None else "" for op in first]

    def _place(self, op: Any, e: Expr) -> int | None:
        """Which input of an operation an expression is."""
        trace, simple = self.draft.trace, self.draft.simple
        for i, tensor in enumerate(op.inputs):
            value = trace.values.get(tensor, trace.begun.get(variable_of(tensor)))
            if isinstance(value, Expr) and (value is e or simple(value) is e):
                return i
        return None

    @staticmethod
    def _argument(e: Expr, body: Any, arguments: list[str], said: str) -> str:
        """What an argument is called."""
        if _is_key(e):
            return "key" if "key" not in arguments else body.names.fresh("key", True)
        if said:
            return body.names.fresh(said, True)
        if e.kind == "name" and ENTRY.match(e.head):
            return body.names.fresh(e.head.rpartition('["')[2].removesuffix('"]'), True)
        if e.kind == "name" and e.head.isidentifier():
            return body.names.fresh(e.head, True)
        wanted, known = body.wanted(e)
        return body.names.fresh(wanted if known else next((x for x in "xyz" if x not in arguments), "x"), known)


def _loop(one: Round) -> Any:
    return one.inside, one.loop


def _share_variables(parts: list[Part]) -> bool:
    """Whether all of several parts have the same variables, too many to be arguments one by one."""
    heads = [[e.head for e in entries_of(part.inputs)] for part in parts]
    return len(parts) > 1 and not parts[0].root and len(heads[0]) > FEWEST and all(other == heads[0] for other in heads)


def _shapes(parts: list[Part]) -> dict[int, int]:
    """The settings that are in each part the shape of something that it is given, and which that is."""
    given = [[e.shape for e in passed_to(part)] for part in parts]
    places = [i for i, value in enumerate(parts[0].constants) if isinstance(value, tuple)]
    return {i: k for i in places for k in reversed(range(len(given[0]))) if len(given[0][k]) > 1
            and all(part.constants[i] == shapes[k] for part, shapes in zip(parts, given, strict=True))}


def _flattened(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in _flattened(item)] if type(value) in (list, tuple) else [value]


def _setting(part: Part, place: int) -> str:
    """What a function calls the argument that a setting is."""
    for node in part.nodes:
        for i, value in enumerate(node.args):
            if value is part.constants[place]:
                if node.kind == "binary":
                    return _OPERANDS.get(node.head, "offset")
                return dict(enumerate(parameters(node.head))).get(i, "size")
    return "size"


_OPERANDS = {"*": "factor", "/": "divisor", "**": "exponent"}


def _with_settings(part: Part, names: dict[int, str], simple: Any) -> list[Expr]:
    """What a part gives, with names in the place of settings."""
    made: dict[int, Expr] = {}
    count = itertools.count()
    for node in part.nodes:
        values = list(node.args)
        for i, value in enumerate(values):
            if is_setting(node, value) and (name := names.get(next(count))) is not None:
                values[i] = Given(name)
        changed = copy.copy(node)
        changed.args, changed.kwargs = (mapped(v, lambda leaf: made.get(id(leaf), leaf))
                                        for v in (tuple(values), node.kwargs))
        made[id(node)] = changed if names else node
        simple.keep(made[id(node)])
    return [made[id(e)] for e in part.outputs if e is not None]


def _user(e: Expr, nodes: list[Expr]) -> Any:
    """The first operation that uses an expression."""
    for i, node in enumerate(nodes):
        if any(e is other for other in expressions([list(node.args), node.kwargs])):
            return node.origin or _user(node, nodes[i:])
    return None


def _is_known(part: Part) -> bool:
    """Whether a part is what a function of TensorFlow computes that is worth a function wherever it is called."""
    return part.call is not None and part.call.is_ours and (
        part.call.name == "dropout" or (part.call.name == "apply_sparse" and len(part.nodes) > LONG))


def _is_key(e: Expr) -> bool:
    return e.head == "key" or e.head.startswith("keys[")


def _is_short(part: Part) -> bool:
    """Whether a call is shorter than what it stands for, where that is little."""
    return len(passed_to(part)) + bool(part.root) < FEWEST


def _name(part: Part, parts: list[Part]) -> str:
    """What the scopes are called where they agree, and else the script's function that made them."""
    names = {p.call.name if p.call is not None else "" for p in parts}
    if len(names) == 1 and (name := names.pop()):
        return snake(name)
    said = [re.sub(r"_?\d+$", "", snake(p.scope.rpartition("/")[2])).lower() or "part" for p in parts]
    if len(set(said)) == 1:
        return said[0]
    functions = {node.origin.where.function for node in part.outputs if node is not None and node.origin is not None}
    function = next(iter(functions)) if len(functions) == 1 else ""
    return function if function.isidentifier() and function not in ("main", "loss", "apply", "init") else said[0]


def _free(name: str, taken: set[str]) -> str:
    name = re.sub(r"\W", "_", name)
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    taken.add(found)
    return found
