"""`init`: the variables as the script's initializers make them, what is made several times by one function."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from lowering.emit.expressions import Expr
from lowering.emit.literals import CLOSE, OPEN
from lowering.emit.paths import Path
from lowering.emit.render import WIDTH, Body, Names
from lowering.emit.trace import Trace
from tracer.ir import Operation, Tensor

SHORTEST = 60
"""Texts of this length are worth a function."""
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])")
_TUPLE = re.compile(rf"\({OPEN}?[\d, ]+{CLOSE}?,?\)")
_KEY = re.compile(r"keys\[(\d+)\]")


class Start:
    """Writes `init`."""

    def __init__(self, draft: Any, trace: Trace, starts: dict[Operation, Tensor | None]) -> None:
        self.draft, self.trace = draft, trace
        self.values = {op: draft.simple(trace.read(t)) for op, t in starts.items() if t is not None}
        names = Names([*draft.taken, "state"])
        self.body = Body(names, draft.quotes, draft.arrays, lambda op: "", draft.simple, {})
        self.body.width = 10 * WIDTH

    def functions(self) -> list[str]:
        """The text of the functions."""
        copies = self._copies()
        trees = [{op: self.values[op] for op in ops} for ops in (self.draft.trained, self.draft.others) if ops]
        self.body.count([value for op, value in self.values.items() if self.draft.paths[op][:1] not in copies])
        leaves = [self._leaves(tree, copies) for tree in trees]
        shared = Shared(self.draft, [_nested(tree) for tree in leaves])
        texts = [shared.text(_nested(tree)) for tree in leaves]
        count = len(self.trace.keys)
        lines = [*([f"keys = jax.random.split(key, {count})"] if count else []), *self.body.lines]
        if copies:
            lines.append(f"params = {texts[0]}")
            texts[0] = "params"
        lines = ['"""The variables as the program initializes them, from other random numbers."""', *lines,
                 f"return {', '.join(texts)}"]
        text = f"def init({'key' if count else 'key=None'}):\n" + "\n".join("    " + line for line in lines)
        return [*shared.definitions, text]

    def _copies(self) -> set[Path]:
        """The slots that start as the parameters do."""
        paths = self.draft.paths
        params = {paths[op]: self.values[op] for op in self.draft.trained}
        heads = dict.fromkeys(paths[op][0] for op in self.draft.others)
        inside = {head: {paths[op][1:]: self.values[op] for op in self.draft.others if paths[op][0] == head}
                  for head in heads}
        return {(head,) for head, tree in inside.items() if params and set(tree) == set(params)
                and all(_equal(tree[path], params[path]) for path in tree)}

    def _leaves(self, values: dict[Operation, Any], copies: set[Path]) -> dict[Path, str]:
        leaves: dict[Path, str] = {}
        for op, value in values.items():
            path = self.draft.paths[op]
            if path[:1] in copies:
                leaves[path[:1]] = "params"
            else:
                (text,) = self.body.texts([value])
                leaves[path] = _as_array(text, op)
        return leaves


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, Expr) or isinstance(b, Expr):
        return a is b or (isinstance(a, Expr) and a.head == "jnp.asarray" and _equal(a.args[0], b))
    return np.array_equal(a, b)


def _as_array(text: str, op: Operation) -> str:
    """A number as an array of the variable's type; what is an array stays what it is."""
    dtype = np.dtype(op.outputs[0].dtype.base_dtype.as_numpy_dtype)
    name = "int_" if dtype == np.int64 else dtype.name
    return f"jnp.{name}({text})" if re.fullmatch(r"-?[\d.e+-]+|True|False", text) else text


def _nested(leaves: dict[Path, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, text in leaves.items():
        inner = tree
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        inner[path[-1]] = text
    return tree


def _literal(tree: Any) -> str:
    """A tree of texts as source."""
    if isinstance(tree, str):
        return tree
    return "{" + ", ".join(f'"{name}": {_literal(inner)}' for name, inner in tree.items()) + "}"


class Shared:
    """Parts of the trees that differ in numbers only, as functions of those numbers."""

    def __init__(self, draft: Any, trees: list[dict[str, Any]]) -> None:
        self.draft = draft
        self.definitions: list[str] = []
        self.members: dict[Any, list[tuple[str, str]]] = {}  # by form: the name and the text of each part
        self.made: dict[Any, tuple[str, list[int]]] = {}  # by form: the function, and which numbers it takes
        for tree in trees:
            self._collect("", tree)

    def _collect(self, name: str, tree: Any) -> None:
        text = _literal(tree)
        if name and len(text) >= SHORTEST - 20 * isinstance(tree, str):
            self.members.setdefault(_form(tree), []).append((name, text))
        if isinstance(tree, dict):
            for key, inner in tree.items():
                self._collect(key, inner)

    def text(self, tree: Any, whole: bool = True) -> str:
        """The source of a tree. The `whole` one is no call itself."""
        form = _form(tree)
        found = self.members.get(form, [])
        if not whole and len(found) >= (2 if isinstance(tree, dict) else 3) and _numbered(found):
            if form not in self.made:
                self._define(tree, form, found)
            name, places = self.made[form]
            text = _literal(tree)
            values = [_numbers(tree)[i] for i in places]
            return f"{name}({', '.join([*_key_argument(text), *values])})"
        if isinstance(tree, str):
            return tree
        return "{" + ", ".join(f'"{name}": {self.text(inner, False)}' for name, inner in tree.items()) + "}"

    def _define(self, tree: Any, form: Any, found: list[tuple[str, str]]) -> None:
        columns = list(zip(*(_numbers(tree if text == _literal(tree) else text, isinstance(tree, str))
                             for _, text in found), strict=True))
        names = iter(("n", "m", "k", "i", "j", *(f"n{i}" for i in range(2, 100))))
        called: dict[Any, str] = {}
        places: list[int] = []
        for i, column in enumerate(columns):
            if len(set(column)) > 1 and column not in called:
                called[column] = "shape" if isinstance(tree, str) and column[0].startswith("(") else next(names)
                places.append(i)
        name = self._name(found)
        self.made[form] = name, places
        words = iter([called.get(column, column[0]) for column in columns])
        template = _replaced(tree, words)
        keys = _KEY.findall(_literal(tree))
        template = _mapped(template, lambda text: _KEY.sub(
            lambda match: "key" if len(keys) == 1 else f"keys[{int(match[1]) - int(keys[0])}]", text))
        arguments = [*(["key"] if len(keys) == 1 else ["keys"] if keys else []), *dict.fromkeys(called.values())]
        self.definitions.append(f"def {name}({', '.join(arguments)}):\n    return {self.text(template)}")

    def _name(self, found: list[tuple[str, str]]) -> str:
        bases = {re.sub(r"_?\d+$", "", name) for name, _ in found}
        base = bases.pop() if len(bases) == 1 else ""
        base = re.sub(r"\W", "_", base).lower() or self._recorded(found[0][0]) or "variables"
        names = Names(self.draft.taken)
        name = names.fresh(f"init_{base}", exact=True)
        self.draft.taken.add(name)
        return name

    def _recorded(self, part: str) -> str:
        """The script's function that made the variables of a part."""
        for op, path in self.draft.paths.items():
            if part in path and op.where.function.isidentifier():
                return op.where.function
        return ""


def _parts(text: str, tuples: bool) -> list[str]:
    """Texts between numbers, and numbers; those of keys are no numbers here."""
    pattern = rf"keys\[\d+\]|{_TUPLE.pattern if tuples else '(?!)'}|{_NUMBER.pattern}"
    return re.split(f"({pattern})", text)


def _texts(tree: Any) -> list[str]:
    return [tree] if isinstance(tree, str) else [text for inner in tree.values() for text in _texts(inner)]


def _form(tree: Any) -> Any:
    """Equal for trees that differ in numbers only."""
    def plain(text: str, tuples: bool) -> tuple:
        return tuple("keys" if part.startswith("keys[") else "#" if i % 2 else part
                     for i, part in enumerate(_parts(text, tuples)))

    if isinstance(tree, str):
        return plain(tree, True)
    return tuple((name, _form(inner) if isinstance(inner, dict) else plain(inner, False)) for name, inner in tree.items())


def _numbers(tree: Any, tuples: bool | None = None) -> list[str]:
    tuples = isinstance(tree, str) if tuples is None else tuples
    return [part for text in _texts(tree) for part in _parts(text, tuples)[1::2] if not part.startswith("keys[")]


def _replaced(tree: Any, words: Any) -> Any:
    """The tree with these words in the place of its numbers."""
    def text(value: str) -> str:
        parts = _parts(value, isinstance(tree, str))
        return "".join(next(words) if i % 2 and not part.startswith("keys[") else part for i, part in enumerate(parts))

    return text(tree) if isinstance(tree, str) else _mapped(tree, text)


def _mapped(tree: Any, function: Any) -> Any:
    return function(tree) if isinstance(tree, str) else {name: _mapped(inner, function) for name, inner in tree.items()}


def _numbered(found: list[tuple[str, str]]) -> bool:
    """Whether each part takes its keys in a row."""
    rows = [[int(key) for key in _KEY.findall(text)] for _, text in found]
    return all(row == list(range(row[0], row[0] + len(row))) for row in rows if row)


def _key_argument(text: str) -> list[str]:
    keys = [int(key) for key in _KEY.findall(text)]
    if not keys:
        return ["key"] if re.search(r"\bkey\b", text) else []
    return [f"keys[{keys[0]}]"] if len(keys) == 1 else [f"keys[{keys[0]}:{keys[-1] + 1}]"]
