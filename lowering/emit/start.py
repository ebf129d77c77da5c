"""`init`: the variables as the script's initializers make them, what is made several times by one function."""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np

from lowering.emit.expressions import Expr
from lowering.emit.literals import CLOSE, OPEN
from lowering.emit.naming import Names, snake
from lowering.emit.paths import Path
from lowering.emit.render import WIDTH, Body
from lowering.emit.trace import Trace
from tracer.ir import Operation, Tensor

SHORTEST = 60
"""Texts of this length are worth a function."""
DEEP, MANY = 3, 3
"""So deep inside, a dictionary with more entries has a name."""
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])")
_TUPLE = re.compile(rf"\({OPEN}?[\d, ]+{CLOSE}?,?\)")
_KEY = re.compile(r"keys\[(\d+)\]")


class Start:
    """Writes `init`."""

    def __init__(self, draft: Any, trace: Trace, starts: dict[Operation, Tensor | None]) -> None:
        self.draft, self.trace = draft, trace
        self.values = {op: _ranged(draft.simple(trace.read(t))) for op, t in starts.items() if t is not None}
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
        deep: list[str] = []
        texts = [shared.text(self._flatter(_nested(tree), shared, deep)) for tree in leaves]
        count = len(self.trace.keys)
        lines = [*([f"keys = jax.random.split(key, {count})"] if count > 1 else []), *self.body.lines, *deep]
        if len(texts) > 1:
            lines += [f"params = {texts[0]}", f"state = {texts[1]}"]
            texts = ["params", "state"]
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

    def _flatter(self, tree: dict[str, Any], shared: Shared, lines: list[str], depth: int = 1) -> dict[str, Any]:
        """The same with names for large dictionaries far inside, which `lines` give them."""
        found = dict(tree)
        for name, inner in tree.items():
            if not isinstance(inner, dict):
                continue
            found[name] = self._flatter(inner, shared, lines, depth + 1)
            if depth >= DEEP and len(inner) > MANY:
                variable = self.body.names.fresh(snake(name).lower(), True)
                lines.append(f"{variable} = {shared.text(found[name])}")
                found[name] = variable
        return found

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


def _ranged(value: Any) -> Any:
    """Uniform numbers times something plus something, as uniform numbers of that range."""
    if not (isinstance(value, Expr) and value.kind == "binary" and value.head == "+" and _is_number(value.args[1])):
        return value
    factor, drawn = 1.0, value.args[0]
    if isinstance(drawn, Expr) and drawn.kind == "binary" and drawn.head == "*" and _is_number(drawn.args[1]):
        drawn, factor = drawn.args
    if not (isinstance(drawn, Expr) and drawn.head == "jax.random.uniform" and not drawn.kwargs):
        return value
    low = float(value.args[1])
    high = float(np.float32(low + float(factor)))
    high = -low if abs(high + low) <= 1e-6 * abs(low) else high
    made = copy.copy(drawn)
    made.kwargs = {"minval": np.float32(low)} if high == 1 else {"minval": np.float32(low), "maxval": np.float32(high)}
    return made


def _is_number(value: Any) -> bool:
    return not isinstance(value, Expr) and np.ndim(value) == 0


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, Expr) or isinstance(b, Expr):
        return a is b or (isinstance(a, Expr) and a.head == "jnp.asarray" and _equal(a.args[0], b))
    return np.array_equal(a, b)


def _as_array(text: str, op: Operation) -> str:
    """A number as an array of the variable's type; what is an array stays what it is."""
    dtype = np.dtype(op.outputs[0].dtype.base_dtype.array_dtype)
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


def _inner(tree: dict[str, Any]) -> list[Any]:
    """All parts of a tree."""
    return [part for inner in tree.values() for part in [inner, *(_inner(inner) if isinstance(inner, dict) else [])]]


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
        self.members: dict[Any, list[tuple[str, Any]]] = {}  # by form: the name of each part, and the part
        self.made: dict[Any, tuple[str, list[int]]] = {}  # by form: the function, and which numbers it takes
        for tree in trees:
            self._collect("", tree)
        self._choose()

    def _choose(self) -> None:
        """Leaves out what would be a function for one place in another, or one around another."""
        for form, parts in sorted(self.members.items(), key=lambda item: -len(_literal(item[1][0][1]))):
            tree = parts[0][1]
            if form not in self.members or len(parts) < 2 or isinstance(tree, str):
                continue
            inside = [_form(inner) for inner in _inner(tree)]
            if len(tree) == 1 and len(self.members.get(inside[0], ())) > len(parts):
                del self.members[form]
                continue
            for other in dict.fromkeys(inside):
                if inside.count(other) == 1 and len(self.members.get(other, ())) == len(parts):
                    del self.members[other]

    def _collect(self, name: str, tree: Any) -> None:
        if name and len(_literal(tree)) >= SHORTEST - 20 * isinstance(tree, str):
            self.members.setdefault(_form(tree), []).append((name, tree))
        if isinstance(tree, dict):
            for key, inner in tree.items():
                self._collect(key, inner)

    def text(self, tree: Any, whole: bool = True) -> str:
        """The source of a tree. The `whole` one is no call itself."""
        form = _form(tree)
        found = self.members.get(form, [])
        if not whole and len(found) >= (2 if isinstance(tree, dict) else 3) and all(
                _numbered(_literal(part)) for _, part in found):
            if form not in self.made:
                self._define(tree, form, found)
            name, places = self.made[form]
            values = [_numbers(self.text(tree), isinstance(tree, str))[i] for i in places]
            return f"{name}({', '.join([*_key_argument(_literal(tree)), *values])})"
        if isinstance(tree, str):
            return tree
        return "{" + ", ".join(f'"{name}": {self.text(inner, False)}' for name, inner in tree.items()) + "}"

    def _define(self, tree: Any, form: Any, found: list[tuple[str, Any]]) -> None:
        tuples = isinstance(tree, str)
        columns = list(zip(*(_numbers(self.text(part), tuples) for _, part in found), strict=True))
        names = iter(("n", "m", "k", "i", "j", *(f"n{i}" for i in range(2, 100))))
        called: dict[Any, str] = {}
        places: list[int] = []
        for i, column in enumerate(columns):
            negative = tuple(text.removeprefix("-") for text in column)
            if len(set(column)) > 1 and column not in called and not (negative != column and negative in columns):
                called[column] = "shape" if tuples and column[0].startswith("(") else next(names)
                places.append(i)
        called |= {tuple("-" + text for text in column): "-" + name for column, name in called.items()}
        name = self._name(found)
        self.made[form] = name, places
        text = _replaced(self.text(tree), tuples, iter([called.get(column, column[0]) for column in columns]))
        keys = sorted({int(key) for keys in re.findall(r"keys\[([\d:]+)\]", text) for key in _all(keys)})
        text = re.sub(r"keys\[([\d:]+)\]", lambda match: _moved(match[1], keys), text)
        arguments = [*(["key"] if len(keys) == 1 else ["keys"] if keys else []),
                     *dict.fromkeys(n for n in called.values() if n[0] != "-")]
        self.definitions.append(f"def {name}({', '.join(arguments)}):\n    return {text}")

    def _name(self, found: list[tuple[str, Any]]) -> str:
        bases = {re.sub(r"_?\d+$", "", name) for name, _ in found}
        base = bases.pop() if len(bases) == 1 else ""
        if isinstance(found[0][1], str) and (drawn := re.match(r"jax\.random\.(\w+)", found[0][1])) is not None:
            return self._free(drawn[1])
        base = snake(re.sub(r"\W", "_", base)).lower() or self._recorded(found[0][0]) or "variables"
        return self._free(f"init_{base}")

    def _free(self, wanted: str) -> str:
        name = Names(self.draft.taken).fresh(wanted, exact=True)
        self.draft.taken.add(name)
        return name

    def _recorded(self, part: str) -> str:
        """The script's function that made the variables of a part."""
        for op, path in self.draft.paths.items():
            if part in path and op.where.function.isidentifier():
                return op.where.function
        return ""


def _all(keys: str) -> range:
    """The numbers in an index of keys: `3`, or `3:5`."""
    first, _, end = keys.partition(":")
    return range(int(first), int(end or int(first) + 1))


def _moved(index: str, keys: list[int]) -> str:
    """Keys in a function that is given `keys` of them."""
    inside = _all(index)
    if len(keys) == 1:
        return "key"
    if len(inside) == len(keys):
        return "keys"
    first = inside.start - keys[0]
    return f"keys[{first}:{first + len(inside)}]" if ":" in index else f"keys[{first}]"


def _parts(text: str, tuples: bool) -> list[str]:
    """Texts between numbers, and numbers; those of keys are no numbers here."""
    pattern = rf"keys\[[\d:]+\]|{_TUPLE.pattern if tuples else '(?!)'}|{_NUMBER.pattern}"
    return re.split(f"({pattern})", text)


def _form(tree: Any) -> Any:
    """Equal for trees that differ in numbers only."""
    def plain(text: str, tuples: bool) -> tuple:
        return tuple("keys" if part.startswith("keys[") else "#" if i % 2 else part
                     for i, part in enumerate(_parts(text, tuples)))

    if isinstance(tree, str):
        return plain(tree, True)
    return tuple((name, _form(inner) if isinstance(inner, dict) else plain(inner, False)) for name, inner in tree.items())


def _numbers(text: str, tuples: bool) -> list[str]:
    return [part for part in _parts(text, tuples)[1::2] if not part.startswith("keys[")]


def _replaced(text: str, tuples: bool, words: Any) -> str:
    """The text with these words in the place of its numbers."""
    return "".join(next(words) if i % 2 and not part.startswith("keys[") else part
                   for i, part in enumerate(_parts(text, tuples)))


def _numbered(text: str) -> bool:
    """Whether a part takes its keys in a row."""
    row = [int(key) for key in _KEY.findall(text)]
    return not row or row == list(range(row[0], row[0] + len(row)))


def _key_argument(text: str) -> list[str]:
    keys = [int(key) for key in _KEY.findall(text)]
    if not keys:
        return ["key"] if re.search(r"\bkey\b", text) else []
    return [f"keys[{keys[0]}]"] if len(keys) == 1 else [f"keys[{keys[0]}:{keys[-1] + 1}]"]
