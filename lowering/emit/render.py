"""Expressions as Python source: statements for what is used twice, everything else where it is used."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np

from lowering.emit.chains import Chain, chains
from lowering.emit.expressions import Expr, Local, expressions
from lowering.emit.inner import Inner
from lowering.emit.literals import ATOM, Constants, scalar_type
from lowering.emit.naming import Names
from lowering.emit.parallel import below
from lowering.emit.quote import Quotes
from lowering.emit.rounds import Rounds
from lowering.emit.simple import Simplifier
from tracer.ir import Operation

WIDTH = 72
ROOM = 84
"""A statement within a function has so many characters on one line."""
LONG = 24
"""So long a path to a variable is not written among many arguments."""
SPARED = 16
"""A name for a part of a long statement stands for more than so many."""
DEPTH = 3
NAMED = 30
"""Longer expressions keep the name that the script gave them."""


class Body(Rounds, Inner):
    """The statements of one function."""

    def __init__(self, names: Names, quotes: Quotes, arrays: Constants, where: Any,
                 simple: Simplifier, script: dict[Operation, str] | None = None, repeats: Any = None,
                 library: dict[Operation, list[str]] | None = None) -> None:
        self.names, self.quotes, self.arrays, self.where, self.simple = names, quotes, arrays, where, simple
        self.script, self.repeats, self.library = script or {}, repeats, library or {}
        self.parts: dict[int, list[str]] = {}
        self.shaped: dict[tuple[int, ...], str] = {}
        self.lines: list[str] = []
        self._text: dict[int, str] = {}  # what has a name already
        self._held: list[Any] = []  # so that no other gets the id of one that has a name
        self._uses: Counter[int] = Counter()
        self._seen: set[int] = set()
        self._said = ""
        self.width = WIDTH
        self._chains: dict[int, Chain] = {}  # the loop that an expression is part of
        self._unpacked: dict[int, list[str]] = {}  # what the parts of a value are called
        self._parts_read: dict[int, set[int]] = {}
        self.lists: dict[str, int] = {}  # lists that loops have made, and their lengths
        self.trees: dict[str, set[str]] = {}  # dictionaries, and which of their entries are not zero
        self._sums: set[int] = set()  # what is written as `sum`: its terms stand for themselves
        self._hints: dict[int, str] = {}  # what functions call what they are given
        self._last: set[int] = set()  # what a function returns needs no name

    @property
    def known(self) -> dict[int, str]:
        """The texts of the expressions that have a name."""
        return self._text

    def give(self, expr: Expr, text: str) -> str:
        """Says what an expression is called already. Returns that."""
        simple = self.simple(expr)
        self._held.append(simple)
        self._text[id(simple)] = text
        self._note_shape(expr, text)
        return text

    def give_list(self, name: str, elements: list[Expr]) -> None:
        """Says that expressions are the elements of a list."""
        for k, e in enumerate(elements):
            self.give(e, f"{name}[{k}]")
        self.lists[name] = len(elements)

    def write(self, results: list[Any]) -> list[str]:
        """Writes what leads to `results` and returns their texts."""
        results = self.simple(results)
        if self.repeats is not None:
            results = self.repeats(results, self._text)
            self.names.take(self.repeats.names)
            self._held.append(results)
            self._hint(results)
            for chain in chains(results, self.repeats.names, self._text):
                self._chains.update(dict.fromkeys([*chain.places, *chain.last], chain))
        self.count(results)
        return self._on_a_line(results, self.texts(results))

    def _hint(self, results: list[Any]) -> None:
        """Notes what functions call the nameless values that they are given."""
        for e in below(results).values():
            said = self.repeats.arguments(e.head) if e.kind == "call" else []
            if e.head == "optax.softmax_cross_entropy_with_integer_labels":
                said = ["logits", "labels"]
            for argument, name in zip(e.args, said, strict=False):
                if isinstance(argument, Expr) and len(name) > 1 and not argument.pieces:
                    self._hints.setdefault(id(argument), name)

    def texts(self, results: list[Any]) -> list[str]:
        """The texts of results that are counted already."""
        self._last = {id(result) for result in self.simple(results)} if len(results) == 1 else set()
        return [self.text(result) if isinstance(result, Expr) else self.exact(result) for result in self.simple(results)]

    def inner(self, expr: Expr, names: dict[int, str], common: set[int]) -> str | None:
        """`expr` as the text of a `lambda` whose arguments are called `names`. None where it needs statements.

        What is in `common` does not depend on the arguments, whatever it is made of.
        """
        stack, outside = [expr], []
        while stack:
            e = stack.pop()
            if id(e) in common and id(e) not in self._text:
                outside.append(e)
            elif id(e) not in names and id(e) not in self._text:
                stack += expressions([list(e.args), e.kwargs])
        for e in sorted(outside, key=lambda e: e.number):
            self.name(e, *self.wanted(e))
        kept, count = dict(self._text), len(self.lines)
        self._text.update(names)
        text = self.text(expr)
        self._text = kept
        if len(self.lines) == count and len(text) < WIDTH:
            return text
        del self.lines[count:]
        return None

    def wanted(self, expr: Expr) -> tuple[str, bool]:
        """What an expression would be called, and whether the script calls it so."""
        if expr.labels and not expr.pieces:
            return expr.labels[0], True
        if expr.origin is not None and expr.origin in self.script:
            return self.script[expr.origin], True
        said = self.library.get(expr.origin, ()) if expr.origin is not None else ()
        if said and (len(said) == 1 or (expr.kind == "index" and isinstance(expr.args[1], int))):
            return said[expr.args[1] if len(said) > 1 else 0], True
        if id(expr) in self._hints:
            return self._hints[id(expr)], True
        return _wanted(expr), False

    def exact(self, value: Any) -> str:
        """A constant with its type."""
        array = np.asarray(value)
        return f"{scalar_type(array.dtype)}({self.text(array.item())})" if array.ndim == 0 else self.text(array)

    def name(self, expr: Expr, wanted: str, exact: bool = False) -> str:
        """A statement that gives `expr` a name."""
        if id(expr) in self._text and self._text[id(expr)].isidentifier():
            return self._text[id(expr)]
        text = self.text(expr)
        if text.isidentifier():
            return text
        text = self._fitted(expr, text, wanted)
        name = self.names.fresh(wanted, exact)
        self._statement(expr, f"{name} = {text}")
        self._text[id(expr)] = name
        return name

    def count(self, results: list[Any]) -> None:
        """Counts how often each expression is used, so that what is used twice gets a name."""
        stack = [e for result in results for e in expressions(result)]
        self._uses.update(map(id, stack))
        while stack:
            expr = stack.pop()
            if id(expr) in self._seen or id(expr) in self._text:
                continue
            self._seen.add(id(expr))
            if expr.kind == "index" and isinstance(expr.args[1], int):
                self._parts_read.setdefault(id(expr.args[0]), set()).add(expr.args[1])
                names = self._names_of_parts(expr)
                if len(names) == len(expr.args[0].tree or ()) > 1:
                    self._unpacked[id(expr.args[0])] = names
            inputs = expressions([list(expr.args), expr.kwargs])
            self._uses.update(map(id, inputs))
            stack += inputs

    def _names_of_parts(self, piece: Expr) -> list[str]:
        """What the parts of a value are called, of which this is one: as the script or the operation calls them."""
        if piece.origin is None:
            return []
        described = piece.origin.op_def if ":" in piece.args[0].head else None
        plain = [argument.name for argument in described.output_arg] if described is not None else []
        return self.library.get(piece.origin) or plain

    def text(self, value: Any, level: int = 0) -> str:
        """A value as source, of at least this precedence."""
        text, precedence = self._rendered(value)
        return f"({text})" if precedence < level else text

    def _rendered(self, value: Any) -> tuple[str, int]:
        if not isinstance(value, Expr):
            return self.literal(value)
        known = self._text.get(id(value))
        if known is not None:
            return known, ATOM
        if value.kind == "constant":
            return self.literal(value.args[0])
        if id(value) in self._chains:
            self._loop(self._chains[id(value)])
            return self._text[id(value)], ATOM
        self._arguments_first(value)
        whole = value.args[0] if value.kind == "index" else None
        if isinstance(whole, Expr) and whole.pieces and id(whole) not in self._text:
            self._rendered(whole)
        if id(value) in self._text:  # a part of what has just been given names
            return self._text[id(value)], ATOM
        if any(isinstance(argument, Local) for argument in value.args):
            return self._control(value)
        text, precedence = self._made(value)
        said = value.origin in self.script and _length(text) > NAMED and "(" in text and id(value) not in self._last
        last = id(value) in self._last
        width, depth = (2 * self.width, 2 * DEPTH) if last else (self.width, DEPTH)
        if value.kind == "name" or (self._uses[id(value)] <= 1 and _length(text) < width and _depth(text) <= depth
                                    and value.tree is None and not said):
            return text, precedence
        if value.kind == "attribute" and text.count("(") == 0:
            return text, precedence
        if value.pieces:
            names = [self.names.fresh(*self.wanted(piece)) if self._uses[id(piece)] else "_" for piece in value.pieces]
            self._statement(value, f"{', '.join(names)} = {self._fitted(value, text, ', '.join(names))}")
            self._text.update(zip(map(id, value.pieces), names, strict=True))
            self._text[id(value)] = f"({', '.join(names)})"
            return self._text[id(value)], ATOM
        if id(value) in self._unpacked:
            return self._unpack(value, text)
        wanted = self.wanted(value)
        text = self._fitted(value, text, wanted[0].rpartition("/")[2])
        name = self.names.fresh(*wanted)
        self._statement(value, f"{name} = {text}")
        self._text[id(value)] = name
        return name, ATOM

    def _unpack(self, value: Expr, text: str) -> tuple[str, int]:
        """A statement that gives each part of a value its own name."""
        names = [self.names.fresh(name, True) if i in self._parts_read[id(value)] else "_"
                 for i, name in enumerate(self._unpacked[id(value)])]
        self._statement(value, f"{', '.join(names)} = {self._fitted(value, text, ', '.join(names))}")
        self.parts[id(value)] = names
        self._text[id(value)] = f"({', '.join(names)})"
        return self._text[id(value)], ATOM

    def _fitted(self, value: Expr, text: str, names: str) -> str:
        """The text of a statement's value, whose parts get names until it fits on a line."""
        room = ROOM - len(names) - len(" = ")
        while _length(text) > room and (part := self._part_to_name(value, _length(text) - room)) is not None:
            self.name(part, *self.wanted(part))
            text = self._made(value)[0]
        return text

    def _part_to_name(self, value: Expr, surplus: int) -> Expr | None:
        """The part of an expression that makes it shorter by as much, and fits on a line itself: one with a name if any."""
        whole, found = _length(self._made(value)[0]), []
        stack = expressions([list(value.args), value.kwargs]) if id(value) not in self._sums else []
        for e, argument in zip(value.args, self.repeats.arguments(value.head) if self.repeats else (), strict=False):
            if isinstance(e, Expr) and e.kind == "name" and id(e) not in self._text and len(e.head) > LONG:
                if argument != "params":
                    e.labels = [argument]
                    return e
        while stack:
            e = stack.pop()
            if id(e) in self._text or e.kind in ("name", "constant") or e.tree is not None or e.pieces:
                continue
            length = _length(self._made(e)[0])
            wanted, known = self.wanted(e)
            if SPARED < length < min(ROOM - len(wanted), whole - SPARED // 2):
                found.append((length - len(wanted) >= surplus, known, length, e.number, e))
            if length > SPARED and id(e) not in self._sums:
                stack += expressions([list(e.args), e.kwargs])
        return max(found)[-1] if found else None

    def _on_a_line(self, results: list[Any], texts: list[str]) -> list[str]:
        """The texts of what a function returns, long ones as names."""
        simple = self.simple(results)
        while len(texts) == 1 and isinstance(simple[0], Expr) and id(simple[0]) not in self._text \
                and _length(texts[0]) > ROOM - len("return "):
            part = self._part_to_name(simple[0], _length(texts[0]) - ROOM + len("return "))
            if part is None:
                return texts
            self.name(part, *self.wanted(part))
            texts = [self.text(simple[0])]
        while len(texts) > 1 and _length(", ".join(texts)) > ROOM - len("return "):
            made = [i for i, e in enumerate(simple) if isinstance(e, Expr)]
            longest = max(made, key=lambda i: len(texts[i]), default=None)
            if longest is None or len(texts[longest]) <= SPARED or texts[longest].isidentifier() or not (
                    "(" in texts[longest] or " " in texts[longest]):
                return texts
            texts[longest] = self.name(simple[longest], *self.wanted(simple[longest]))
        return texts

    def _arguments_first(self, value: Expr) -> None:
        """Deep graphs: what is far below gets its text without deep recursion."""
        stack, path = [value], []
        seen: set[int] = set()
        while stack:
            expr = stack.pop()
            if id(expr) in seen or id(expr) in self._text:
                continue
            seen.add(id(expr))
            path.append(expr)
            stack += expressions([list(expr.args), expr.kwargs])
        for expr in reversed(path[1:]):
            if self._uses[id(expr)] > 1 and id(expr) not in self._text and expr.kind != "name":
                self._rendered(expr) if len(path) < 400 else self._forced(expr)

    def _inside(self) -> Body:
        """The body of something inside of this function."""
        inner = Body(self.names, self.quotes, self.arrays, self.where, self.simple, self.script, None, self.library)
        inner._text, inner.parts, inner.shaped = dict(self._text), dict(self.parts), dict(self.shaped)
        inner._said, inner.lists = self._said, self.lists
        return inner

    def _forced(self, expr: Expr) -> None:
        text, _ = self._made(expr)
        name = self.names.fresh(*self.wanted(expr))
        self._statement(expr, f"{name} = {text}")
        self._text[id(expr)] = name

    def _statement(self, expr: Expr, text: str) -> None:
        self._said = self._place(expr, self._said)
        self.lines.append(text)
        self._note_shape(expr, text.partition(" = ")[0])

    def _note_shape(self, expr: Expr, name: str) -> None:
        if expr.ndim > 1 and name.isidentifier():
            self.shaped.setdefault(expr.shape, name)

    def _place(self, expr: Expr, said: str) -> str:
        """A comment with the line of the script, where it has not been said."""
        place = self.where(expr.origin) if expr.origin is not None else ""
        if place and place != said:
            self.lines.append(f"# {place}")
        return place or said


_WORDS = {"Add": "total", "BiasAdd": "total", "AddN": "total", "Sub": "difference", "Mul": "product", "Div": "ratio",
          "MatMul": "product", "Reshape": "flat", "Concat": "joined", "Pack": "stacked", "Split": "parts",
          "Conv2D": "convolved", "Select": "chosen", "Sum": "total", "Squeeze": "squeezed", "Slice": "piece",
          "Cast": "numbers", "Square": "squares"}
"""What a value is called that the script does not name, by the operation's type."""
_DEFAULTS = re.compile(r"(add|sub|mul|div|truediv|matmul|reshape|concat|packed|pack|split|conv2d|select|sum|squeeze|slice"
                       r"|cast|tofloat|toint32|square|addn|biasadd)(_\d+)?", re.IGNORECASE)
_OPERATORS = {"+": "total", "-": "difference", "*": "product", "/": "ratio", "@": "product"}


def _wanted(expr: Expr) -> str:
    """What a value would be called that has no name: as its operation, or in a word where that has no name either."""
    op = expr.origin
    if op is None:
        named = re.fullmatch(r"[\w.:]+", expr.head)
        squares = expr.head == "**" and expr.args[1] == 2
        plain = "squares" if squares else _OPERATORS.get(expr.head, "value")
        return expr.head.rpartition(".")[2].rpartition(":")[2] if named else plain
    scope, slash, last = op.name.rpartition("/")
    word = "reshaped" if op.type == "Reshape" and expr.ndim > 2 else _WORDS.get(op.type, last)
    return scope + slash + (word if _DEFAULTS.fullmatch(last) else last)


def _length(text: str) -> int:
    """The length of a text, the same for every size of the batch."""
    return len(re.sub(r"(?<![\w.])\d\d+", "000", text))


def _depth(text: str) -> int:
    depth = most = 0
    for letter in text:
        depth += letter == "("
        depth -= letter == ")"
        most = max(most, depth)
    return most
