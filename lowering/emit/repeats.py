"""What a script builds several times under different names, as one function that is called with different parameters."""

from __future__ import annotations

import copy
import importlib
import inspect
import itertools
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering.emit.expressions import Expr, Local, bottom_up, expressions, mapped
from lowering.emit.forms import Raw
from lowering.emit.naming import snake
from lowering.emit.shorten import shortened

FEWEST = 3
"""Expressions that are worth a function; fewer by one where they are there so often."""
SETTINGS = 2
"""So many settings may differ between the calls of a function."""
_ENTRY = re.compile(r'(params|state)((?:\["[^"]*"\])+)$')


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
        return all(_key(part.constants[i]) == key for i, key in self.fixed.items())


class Repeats:
    """Finds parts that are the same, and defines their functions."""

    def __init__(self, draft: Any) -> None:
        self.draft = draft
        self.templates: dict[Any, Template] = {}  # by signature
        self.definitions: list[str] = []

    @property
    def names(self) -> list[str]:
        """What the functions are called."""
        return [template.name for template in self.templates.values()]

    def __call__(self, results: list[Any], known: dict[int, str]) -> list[Any]:
        """`results`, with calls in the place of parts that are there several times. What is `known` stays as it is."""
        nodes = _nodes(results, known)
        if any(isinstance(argument, Local) for node in nodes for argument in node.args):
            return results
        results, nodes = _with_constants(results, nodes, self.draft.simple)
        chosen = self._chosen(results, nodes)
        for part in chosen:
            same = [p for p in chosen if p.signature == part.signature]
            if part.signature not in self.templates and len(same) > 1:
                self._define(min(same, key=lambda p: sum(e.kind == "constant" for e in p.inputs)), same)
        chosen = [p for p in chosen if p.signature in self.templates and self.templates[p.signature].fits(p)]
        if not chosen:
            return results
        return _Rebuilt(chosen, self.templates, known, self.draft.simple).structure(results)

    def _chosen(self, results: list[Any], nodes: list[Expr]) -> list[Part]:
        """Parts that are there at least twice, the largest first, none within another."""
        groups = [parts for parts in self._found(results, nodes)
                  if (len(parts) > 1 if len(parts[0].nodes) >= FEWEST else len(parts) >= FEWEST and _is_short(parts[0]))
                  or parts[0].signature in self.templates]
        chosen: list[Part] = []
        taken: set[int] = set()
        for parts in sorted(groups, key=lambda parts: -max(len(part.nodes) for part in parts)):
            free = [part for part in parts if not any(id(node) in taken for node in part.nodes)]
            if free:
                chosen += free
                taken.update(id(node) for part in free for node in part.nodes)
        return chosen

    def _found(self, results: list[Any], nodes: list[Expr]) -> list[list[Part]]:
        """All parts, those together that one function can stand for."""
        users: dict[int, list[Expr]] = {}
        for node in nodes:
            for e in expressions([list(node.args), node.kwargs]):
                users.setdefault(id(e), []).append(node)
        last = {id(e) for e in expressions(results)}
        scopes = {scope: inside for scope, inside in _scopes(nodes, users).items() if FEWEST - 1 <= len(inside) < len(nodes)}
        found: dict[Any, list[Part]] = {}
        innermost = {tuple(map(id, inside)): scope for scope, inside in scopes.items()}
        for scope, inside in scopes.items():
            if innermost[tuple(map(id, inside))] == scope and (part := _part(scope, inside, users, last)) is not None:
                found.setdefault(part.signature, []).append(part)
        _join_shorter(found, users, last)
        return [group for signature, parts in found.items() for group in self._together(signature, parts)]

    def _together(self, signature: Any, parts: list[Part]) -> list[list[Part]]:
        """Parts of one signature: together where few of their settings differ, else those with the same ones."""
        if signature in self.templates:
            return [[part for part in parts if self.templates[signature].fits(part)]]
        if len(_columns(parts)) <= SETTINGS:
            return [parts]
        groups: dict[Any, list[Part]] = {}
        for part in parts:
            key = signature, *map(_key, part.constants)
            groups.setdefault(key, []).append(part._replace(signature=key))
        return list(groups.values())

    def _define(self, part: Part, parts: list[Part]) -> None:
        taken = self.draft.taken
        columns = _columns(parts)
        places = {i for places in columns.values() for i in places}
        name = _free(_name(part, parts), taken)
        self.templates[part.signature] = Template(
            name, [places[0] for places in columns.values()],
            {i: _key(value) for i, value in enumerate(part.constants) if i not in places},
            [jax.ShapeDtypeStruct(e.shape, e.dtype) for e in part.outputs if e is not None])
        body = self.draft.body(inputs=False)
        arguments = []
        if part.root:
            arguments.append("params")
            for node in _entries(part.inputs):
                body.give(node, "params" + node.head.removeprefix(part.root))
        passed = _passed(part)
        for e in passed:
            arguments.append(body.give(e, self._argument(e, body, arguments)))
        settings = {places: body.names.fresh(_setting(part, places[0]), True) for places in columns.values()}
        outputs = _with_settings(part, {i: text for places, text in settings.items() for i in places}, self.draft.simple)
        texts = body.write(outputs)
        batch = next((argument for argument, e in zip(arguments[bool(part.root):], passed, strict=True)
                      if e.ndim and e.shape[0] == self.draft.size), None)
        arguments += settings.values()
        first = [f"batch = {batch}.shape[0]"] if batch else []
        lines, returned = shortened(body.lines, ", ".join(texts), {*taken, *arguments})
        text = f"def {name}({', '.join(arguments)}):\n" + "\n".join(
            "    " + line if line else line for line in [*first, *lines, f"return {returned}"])
        self.definitions.append(text)

    @staticmethod
    def _argument(e: Expr, body: Any, arguments: list[str]) -> str:
        """What an argument is called."""
        if e.head == "key" or e.head.startswith("keys["):
            return "key" if "key" not in arguments else body.names.fresh("key", True)
        if e.kind == "name" and _ENTRY.match(e.head):
            return body.names.fresh(e.head.rpartition('["')[2].removesuffix('"]'), True)
        if e.kind == "name" and e.head.isidentifier():
            return body.names.fresh(e.head, True)
        return body.names.fresh(*body.wanted(e))


def _with_constants(results: list[Any], nodes: list[Expr], simple: Any) -> tuple[list[Any], list[Expr]]:
    """The same with an expression for each matrix of equal numbers: the state that a network in time starts from is like
    those that it goes on from."""
    constants: dict[int, Expr] = {}
    made: dict[int, Expr] = {}

    def leaf(value: Any) -> Any:
        if isinstance(value, Expr):
            return made.get(id(value), value)
        if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
            return type(value)(map(leaf, value))
        if not (isinstance(value, np.ndarray) and value.ndim > 1 and value.size and value.dtype.kind == "f"
                and (value == value.flat[0]).all()):
            return value
        if id(value) not in constants:
            constants[id(value)] = Expr("constant", "", (value,), outline=jax.ShapeDtypeStruct(value.shape, value.dtype))
            simple.keep(constants[id(value)])
        return constants[id(value)]

    for node in nodes:
        args, kwargs = leaf(node.args), {key: leaf(value) for key, value in node.kwargs.items()}
        before = _flattened([*node.args, *node.kwargs.values()])
        if all(a is b for a, b in zip(_flattened([*args, *kwargs.values()]), before, strict=True)):
            continue
        changed = copy.copy(node)
        changed.args, changed.kwargs = args, kwargs
        made[id(node)] = changed
        simple.keep(changed)
    if not constants:
        return results, nodes
    return mapped(results, leaf), [made.get(id(node), node) for node in nodes]


def _flattened(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in _flattened(item)] if type(value) in (list, tuple) else [value]


def _key(value: Any) -> str:
    return value.text if isinstance(value, Raw) else repr(value)


def _columns(parts: list[Part]) -> dict[tuple[str, ...], tuple[int, ...]]:
    """The settings that differ between parts: what they are in each, and where."""
    found: dict[tuple[str, ...], tuple[int, ...]] = {}
    for i, column in enumerate(zip(*(map(_key, part.constants) for part in parts), strict=True)):
        if len(set(column)) > 1:
            found[column] = (*found.get(column, ()), i)
    return found


def _setting(part: Part, place: int) -> str:
    """What a function calls the argument that a setting is."""
    for node in part.nodes:
        for i, value in enumerate(node.args):
            if value is part.constants[place]:
                return _parameter(node.head, i)
    return "size"


def _parameter(head: str, i: int) -> str:
    """The name of a function's argument."""
    module, _, name = head.partition(":") if ":" in head else head.rpartition(".")
    module = {"jnp": "jax.numpy", "lax": "jax.lax"}.get(module, module)
    try:
        return list(inspect.signature(getattr(importlib.import_module(module), name)).parameters)[i]
    except (ImportError, AttributeError, IndexError, ValueError):
        return "size"


def _with_settings(part: Part, names: dict[int, str], simple: Any) -> list[Expr]:
    """What a part gives, with names in the place of settings."""
    made: dict[int, Expr] = {}
    count = itertools.count()
    for node in part.nodes:
        values = list(node.args)
        for i, value in enumerate(values):
            if _is_setting(node, value) and (name := names.get(next(count))) is not None:
                values[i] = Raw(name, None)
        changed = copy.copy(node)
        changed.args, changed.kwargs = (mapped(v, lambda leaf: made.get(id(leaf), leaf))
                                        for v in (tuple(values), node.kwargs))
        made[id(node)] = changed if names else node
        simple.keep(made[id(node)])
    return [made[id(e)] for e in part.outputs if e is not None]


def _join_shorter(found: dict[Any, list[Part]], users: dict[int, list[Expr]], last: set[int]) -> None:
    """Puts parts that lack a result which nothing reads, like the last step of a network in time, among whole ones."""
    for signature, parts in list(found.items()):
        whole = parts[0]
        if len(parts) < 2 or not 1 < len(whole.outputs) <= 4:
            continue
        for count in range(1, len(whole.outputs)):
            for kept in itertools.combinations(whole.outputs, count):
                nodes = _leading_to(kept, whole.nodes)
                part = _part(whole.scope, nodes, users, last, kept) if len(nodes) < len(whole.nodes) else None
                if part is None or part.signature not in found or part.signature == signature or (
                        len(part.constants) != len(whole.constants)
                        or list(map(id, part.inputs)) != list(map(id, whole.inputs))):
                    continue
                ids = set(map(id, kept))
                for shorter in found.pop(part.signature):
                    outputs = iter(shorter.outputs)
                    parts.append(shorter._replace(
                        signature=signature, outputs=[next(outputs) if id(e) in ids else None for e in whole.outputs]))


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


def _nodes(results: list[Any], known: dict[int, str]) -> list[Expr]:
    """All expressions that are computed, in their order."""
    found: dict[int, Expr] = {}
    stack = [e for e in expressions(results)]
    while stack:
        expr = stack.pop()
        if id(expr) not in found and id(expr) not in known and expr.kind not in ("name", "constant"):
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


def _part(scope: str, nodes: list[Expr], users: dict[int, list[Expr]], last: set[int],
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
        return type(value).__name__, value.text if isinstance(value, Raw) else repr(value)

    def argument(node: Expr, value: Any) -> Any:
        if not _is_setting(node, value):
            return form(value)
        constants.append(value)
        return "setting"

    signature = (tuple((node.kind, node.head, tuple(argument(node, a) for a in node.args), form(node.kwargs))
                       for node in nodes),
                 tuple(local[id(node)] for node in outputs), len(places), bool(root))
    return Part(scope, nodes, inputs, root, list(outputs), signature, constants)


def _is_setting(node: Expr, value: Any) -> bool:
    """Whether an argument of a call is a size, a stride or the like, which may be another one in each call of a function."""
    if node.kind != "call" or isinstance(value, Expr):
        return False
    return isinstance(value, Raw) or (isinstance(value, (tuple, list)) and bool(value) and all(
        isinstance(item, int) or _is_setting(node, item) for item in value))


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


def _is_short(part: Part) -> bool:
    """Whether a call is shorter than what it stands for, where that is little."""
    return len(_passed(part)) + bool(part.root) < FEWEST


def _name(part: Part, parts: list[Part]) -> str:
    """What the scopes are called where they agree, and else the script's function that made them."""
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


class _Rebuilt:
    """Expressions with calls in the place of parts."""

    def __init__(self, parts: list[Part], templates: dict[Any, Template], known: dict[int, str], simple: Any) -> None:
        self.part_of = {id(node): part for part in parts for node in part.nodes}
        self.templates, self.known, self.simple = templates, known, simple
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
        template = self.templates[part.signature]
        settings = [part.constants[i] for i in template.settings]
        call = Expr("call", template.name, (*arguments, *self._mapped(_passed(part)), *settings))
        for argument in arguments:
            self.simple.keep(argument)
        self.simple.keep(call)
        if len(part.outputs) == 1:
            (output,) = part.outputs
            assert output is not None
            call.shape, call.dtype, call.origin = output.shape, output.dtype, output.origin
            self.made[id(output)] = call
            return
        call.tree = template.outlines
        call.origin = next(e.origin for e in reversed(part.outputs) if e is not None)
        for i, (output, outline) in enumerate(zip(part.outputs, template.outlines, strict=True)):
            piece = Expr("index", "", (call, i), {}, outline)
            if output is not None:
                piece.origin = output.origin
                piece.dtype, piece.shape = output.dtype, output.shape
                self._keep(output, piece)
            else:
                self.simple.keep(piece)
            call.pieces.append(piece)

    def _mapped(self, value: Any) -> Any:
        return mapped(value, lambda leaf: self.made[id(leaf)] if isinstance(leaf, Expr) else leaf)
