"""Expressions as Python source: statements for what is used twice, everything else where it is used."""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from lowering.emit.chains import Chain, chains
from lowering.emit.expressions import Expr, Local, expressions
from lowering.emit.literals import ATOM, CLOSE, OPEN, Literals, scalar_type
from lowering.emit.naming import snake
from lowering.emit.parallel import below
from lowering.emit.quote import Quotes
from lowering.emit.simple import Simplifier, norm_of
from tracer.ir import Operation

WIDTH = 72
DEPTH = 3
NAMED = 30
"""Longer expressions keep the name that the script gave them."""
_PRECEDENCE = {"|": 1, "^": 2, "&": 3, "<<": 5, ">>": 5, "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7, "@": 7, "**": 9}
_RESERVED = frozenset({*keyword.kwlist, *dir(builtins)}) - {"input"} | {
    "jax", "jnp", "lax", "np", "optax", "params", "batch", "key", "keys", "apply", "init", "constants"}


class Names:
    """Names of variables that are not taken yet."""

    def __init__(self, taken: Any = ()) -> None:
        self._taken = {*_RESERVED, *taken}

    def copy(self) -> Names:
        """The same, for a function inside of this one."""
        return Names(self._taken)

    def take(self, names: Iterable[str]) -> None:
        """Says that these are taken."""
        self._taken.update(names)

    def fresh(self, wanted: str, exact: bool = False) -> str:
        """A free name like `wanted`, a name in the graph, or just as it is where it is `exact`."""
        parts = [part for part in re.sub(r"[^A-Za-z0-9_/]", "_", wanted).split("/") if part] or ["value"]
        if not exact:
            parts = [snake(part).lower() for part in parts]
        for count in range(1, len(parts) + 1):
            name = "_".join(parts[-count:]).lstrip("_") or "value"
            name = f"v{name}" if name[0].isdigit() else name
            if name not in self._taken:
                break
        else:
            name = name if count == 1 else (parts[-1].lstrip("_") or "value")
            base, number = re.sub(r"_\d+$", "", name), 2
            while name in self._taken:
                name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name


class Body(Literals):
    """The statements of one function."""

    def __init__(self, names: Names, quotes: Quotes, arrays: dict[str, np.ndarray], where: Any,
                 simple: Simplifier, script: dict[Operation, str] | None = None, repeats: Any = None) -> None:
        self.names, self.quotes, self.arrays, self.where, self.simple = names, quotes, arrays, where, simple
        self.script, self.repeats = script or {}, repeats
        self.lines: list[str] = []
        self._text: dict[int, str] = {}  # what has a name already
        self._held: list[Any] = []  # so that no other gets the id of one that has a name
        self._uses: Counter[int] = Counter()
        self._seen: set[int] = set()
        self._said = ""
        self.width = WIDTH
        self._chains: dict[int, Chain] = {}  # the loop that an expression is part of
        self.lists: dict[str, int] = {}  # lists that loops have made, and their lengths
        self.trees: dict[str, set[str]] = {}  # dictionaries, and which of their entries are not zero
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
            for chain in chains(results, self.repeats.names, self._text):
                self._chains.update(dict.fromkeys([*chain.places, *chain.last], chain))
        self.count(results)
        return self.texts(results)

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
        if expr.origin is not None and expr.origin in self.script:
            return self.script[expr.origin], True
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
            inputs = expressions([list(expr.args), expr.kwargs])
            self._uses.update(map(id, inputs))
            stack += inputs

    def text(self, value: Any, level: int = 0) -> str:
        """A value as source, of at least this precedence."""
        text, precedence = self._rendered(value)
        return f"({text})" if precedence < level else text

    def _rendered(self, value: Any) -> tuple[str, int]:
        if not isinstance(value, Expr):
            return self.literal(value)
        if value.kind == "constant":
            return self.literal(value.args[0])
        known = self._text.get(id(value))
        if known is not None:
            return known, ATOM
        if id(value) in self._chains:
            self._loop(self._chains[id(value)])
            return self._text[id(value)], ATOM
        self._arguments_first(value)
        if value.kind == "index" and value.args[0].pieces and id(value.args[0]) not in self._text:
            self._rendered(value.args[0])
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
            self._statement(value, f"{', '.join(names)} = {text}")
            self._text.update(zip(map(id, value.pieces), names, strict=True))
            self._text[id(value)] = f"({', '.join(names)})"
            return self._text[id(value)], ATOM
        name = self.names.fresh(*self.wanted(value))
        self._statement(value, f"{name} = {text}")
        self._text[id(value)] = name
        return name, ATOM

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

    def _control(self, value: Expr) -> tuple[str, int]:
        """A loop or a conditional: its functions first."""
        words = []
        locals_ = [argument for argument in value.args if isinstance(argument, Local)]
        for outer in dict.fromkeys(e for local in locals_ for e in local.outside()):
            if outer.kind != "name" and id(outer) not in self._text:
                self.name(outer, *self.wanted(outer))
        for argument in value.args:
            words.append(self._local(argument) if isinstance(argument, Local) else self.text(argument))
        text = f"{self._function(value.head)}({', '.join(words)})"
        used = {i: piece for i, whole in enumerate(value.pieces) if self._uses[id(piece := self.simple(whole))]}
        if not used or not value.labels:
            name = self.names.fresh(*self.wanted(value))
            self._statement(value, f"{name} = {text}")
            self._text[id(value)] = name
            return name, ATOM
        names = {i: self.names.fresh(value.labels[i], True) for i in used}
        self._text.update({id(piece): names[i] for i, piece in used.items()})
        if len(used) == 1:
            ((i, name),) = names.items()
            self._statement(value, f"{name} = {text}[{i}]" if len(value.pieces) > 1 else f"({name},) = {text}")
        else:
            self._statement(value, f"{', '.join(names.get(i, '_') for i in range(len(value.pieces)))} = {text}")
        self._text[id(value)] = "unread"
        return "unread", ATOM

    def _function(self, head: str) -> str:
        """What a function is called by; one of ours is quoted."""
        return self.quotes.need(*head.split(":")) if ":" in head else head

    def _local(self, local: Local) -> str:
        """Writes a function inside of this one, and returns its name."""
        name = self.names.fresh(local.name)
        inner = self._inside()
        inner.names = self.names.copy()
        parameters = [inner.names.fresh(parameter.head, True) for parameter in local.parameters]
        for parameter, text in zip(local.parameters, parameters, strict=True):
            inner.give(parameter, text)
        texts = inner.write(local.results)
        read = set(re.findall(r"\w+", "\n".join([*inner.lines, *texts])))
        parameters = [parameter if parameter in read else "_" for parameter in parameters]
        takes = ["values"] if parameters else []
        lines = [f"{', '.join(parameters)}{',' if len(parameters) == 1 else ''} = values"] if takes else []
        if local.name == "trip_body":
            takes = ["_", *takes]
        returned = texts[0] if local.name == "condition" else f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
        self.lines += ["", f"def {name}({', '.join(takes)}):"]
        self.lines += ["    " + line if line else line for line in [*lines, *inner.lines, f"return {returned}"]]
        self.lines.append("")
        return name

    def _loop(self, chain: Chain) -> None:
        """A chain as a `for` loop; what is read of it gets names."""
        calls, names = chain.calls, self.names
        self._hoist(chain)
        inner = self._inside()
        for i, (name, first, _) in chain.carried.items():
            once = isinstance(first, Expr) and id(first) not in {*self._text, *self._chains} and self._uses[id(first)] <= 1
            text = self._made(first)[0] if once and first.tree is None else self.text(first)
            if text.isidentifier() and isinstance(first, Expr) and first.kind != "name" and self._uses[id(first)] <= 1:
                inner.give(name, text)  # nothing else reads it
                continue
            self.lines.append(f"{inner.give(name, names.fresh(*self._carried_name(chain, i)))} = {text}")
        pieces = calls[0].pieces or calls[:1]
        single = len(chain.carried) == 1 and not calls[0].pieces and _is_result(chain)
        results = [inner.known[id(name)] for name, _, _ in chain.carried.values()] if single else [
            names.fresh(*self._result_name(piece, j in chain.needed)) for j, piece in enumerate(pieces)]
        for e, name in zip(chain.before, results, strict=True):
            inner.give(e, name)
        kept = {j: names.fresh(f"{_plain(results[j or 0])}s", True) for j, rounds in chain.needed.items()
                if rounds - {len(calls) - 1}}
        self.lines += [f"{name} = []" for name in kept.values()]
        heads = ["t"] if chain.counts else []
        lists = [f"range({len(calls)})"] if chain.counts else []
        for name, elements in chain.lists:
            wanted = re.sub(r"_?\d+$", "", snake(elements[0].head.rpartition('["')[2].removesuffix('"]'))
                            if elements[0].kind == "name" else self.wanted(elements[0])[0])
            heads.append(inner.give(name, names.fresh(wanted or "x")))
            lists.append(self.text(elements))
        source = lists[0] if len(lists) == 1 else f"zip({', '.join(lists)})"
        if lists == []:
            heads, source = ["_"], f"range({len(calls)})"
        call = f"{calls[0].head}({', '.join(inner.text(argument) for argument in chain.arguments)})"
        if not chain.carried and not inner.lines:  # nothing goes on from one to the next
            self._said = self._place(calls[0], self._said)
            listed = kept.get(None) or names.fresh("outputs", True)
            self.lines = [line for line in self.lines if line != f"{listed} = []"]
            self.lines.append(f"{listed} = [{call} for {', '.join(heads)} in {source}]")
            self.give_list(listed, calls)
            return
        body = [*inner.lines, f"{', '.join(results)} = {call}"]
        inner.lines.clear()
        body += [f"{name}.append({results[j or 0]})" for j, name in kept.items()]
        for name, _, after in chain.carried.values():
            if not single and inner.known[id(name)] != (text := inner.text(after)):
                body += [*inner.lines, f"{inner.known[id(name)]} = {text}"]
                inner.lines.clear()
        self._said = self._place(calls[0], self._said)
        self.lines += [f"for {', '.join(heads)} in {source}:", *("    " + line for line in body)]
        for key, (k, j) in chain.places.items():
            self._text[key] = results[j or 0] if k == len(calls) - 1 else f"{kept[j]}[{k}]" if j in kept else "unread"
        self._text.update({key: inner.known[id(chain.carried[i][0])] for key, i in chain.last.items()})
        self.lists.update(dict.fromkeys(kept.values(), len(calls)))
        for j, name in kept.items():
            self._text[id(calls[-1].pieces[j] if j is not None else calls[-1])] = f"{name}[{len(calls) - 1}]"

    def _hoist(self, chain: Chain) -> None:
        """Gives names to what is the same in every round of a loop."""
        before = below([list(call.args) for call in chain.calls])
        stack = expressions([chain.arguments, [after for _, _, after in chain.carried.values()]])
        found: dict[int, Expr] = {}
        seen: set[int] = set()
        while stack:
            e = stack.pop()
            if id(e) in seen or id(e) in self._text or e.kind in ("name", "constant"):
                continue
            seen.add(id(e))
            if id(e) in before and chain.free(e):
                found[id(e)] = e
            else:
                stack += expressions([list(e.args), e.kwargs])
        for e in sorted(found.values(), key=lambda e: e.number):
            if "(" in self.text(e):
                self.name(e, *self.wanted(e))

    def _inside(self) -> Body:
        """The body of something inside of this function."""
        inner = Body(self.names, self.quotes, self.arrays, self.where, self.simple, self.script)
        inner._text = dict(self._text)
        inner._said, inner.lists = self._said, self.lists
        return inner

    def _carried_name(self, chain: Chain, i: int) -> tuple[str, bool]:
        """What a loop's variable is called: as the script calls it in a later round, or in the last."""
        for e in [*(call.args[i] for call in chain.calls[1:]), chain.final.get(i)]:
            if isinstance(e, Expr) and e.origin in self.script:
                return self.script[e.origin], True
        first = chain.carried[i][1]
        return self.wanted(first) if isinstance(first, Expr) and first.origin in self.script else ("carry", True)

    def _result_name(self, piece: Expr, read: bool) -> tuple[str, bool]:
        """What a result of every round is called; a nameless one that is read after the loop is an output."""
        wanted = self.wanted(piece)
        return wanted if wanted[1] or not read else ("output", False)

    def _forced(self, expr: Expr) -> None:
        text, _ = self._made(expr)
        name = self.names.fresh(*self.wanted(expr))
        self._statement(expr, f"{name} = {text}")
        self._text[id(expr)] = name

    def _made(self, value: Expr) -> tuple[str, int]:
        args, kind = value.args, value.kind
        if kind == "name":
            return value.head, ATOM
        if kind == "constant":
            return self.literal(args[0])
        if value.head == "jnp.sqrt" and (leaves := norm_of(value)) is not None:
            return f"optax.tree.norm({self._trees(leaves)})", ATOM
        if kind == "binary":
            level = _PRECEDENCE.get(value.head, 0)  # comparisons bind least
            right = level if value.head == "**" else level + 1
            left = level + 1 if value.head == "**" or level == 0 else level
            if value.head == "+" and re.fullmatch(r"-[\d.e]+", negative := self.text(args[1], right).strip("()")):
                return f"{self.text(args[0], left)} - {negative[1:]}", level
            return f"{self.text(args[0], left)} {value.head} {self.text(args[1], right)}", level
        if kind == "unary":
            return f"{value.head}{self.text(args[0], 8)}", 8
        if kind == "attribute":
            return f"{self.text(args[0], ATOM)}.{value.head}", ATOM
        if kind == "index":
            return f"{self.text(args[0], ATOM)}[{self._index(_shorter(args[0], args[1]))}]", ATOM
        if kind == "at":
            return (f"{self.text(args[0], ATOM)}.at[{self._index(args[1])}].{value.head}"
                    f"({self._arguments(args[2:], value.kwargs)})", ATOM)
        if kind == "method":
            return f"{self.text(args[0], ATOM)}.{value.head}({self._arguments(args[1:], value.kwargs, value.head)})", ATOM
        head = self._function(value.head)
        return f"{head}({self._arguments(args, value.kwargs, head)})", ATOM

    def _arguments(self, args: tuple, kwargs: dict, head: str = "") -> str:
        shaped = head.rpartition(".")[2] in ("reshape", "broadcast_to", "zeros", "ones", "full")
        typed = head.startswith("lax.")  # its functions convert nothing
        plain = head.startswith("jax.random.") or head in ("jnp.zeros", "jnp.ones")
        if plain and len(args) > 1 and not self.quotes.wide and isinstance(args[-1], np.dtype) and args[-1] == np.float32:
            args = args[:-1]
        words = [self._shape(a) if shaped and isinstance(a, (list, tuple)) and not expressions(a)
                 else self.exact(a) if typed and hasattr(a, "dtype") and hasattr(a, "ndim") and not isinstance(a, Expr)
                 else self.text(a) for a in args]
        return ", ".join([*words, *(f"{key}={self.text(item)}" for key, item in kwargs.items())])

    def _trees(self, leaves: list[Expr]) -> str:
        """Arrays as they stand in dictionaries, whole ones where all that is not zero in them is there."""
        texts = [self.text(leaf) for leaf in leaves]
        for tree, entries in self.trees.items():
            if len(entries) > 1 and entries.issubset(texts):
                texts = [text for text in texts if text not in entries] + [tree]
        return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"

    def _shape(self, sizes: Any) -> str:
        return f"({OPEN}{', '.join(self.text(size) for size in sizes)}{CLOSE}{',' if len(sizes) == 1 else ''})"

    def _index(self, index: Any) -> str:
        if isinstance(index, tuple) and index:
            return ", ".join(self._index(item) for item in index) + ("," if len(index) == 1 else "")
        if isinstance(index, slice):
            parts = ["" if part is None else self.text(part) for part in (index.start, index.stop, index.step)]
            return ":".join(parts[:2] if index.step is None else parts)
        return self.text(index)

    def _statement(self, expr: Expr, text: str) -> None:
        self._said = self._place(expr, self._said)
        self.lines.append(text)

    def _place(self, expr: Expr, said: str) -> str:
        """A comment with the line of the script, where it has not been said."""
        place = self.where(expr.origin) if expr.origin is not None else ""
        if place and place != said:
            self.lines.append(f"# {place}")
        return place or said


def _plain(name: str) -> str:
    """A name without a number, for a list of what it is called in turn."""
    return "output" if name.startswith("carry") else re.sub(r"_\d+$", "", name)


def _is_result(chain: Chain) -> bool:
    """Whether what a call gives is, as it is, the one thing that the next goes on with."""
    return all(after is chain.before[0] for _, _, after in chain.carried.values())


def _shorter(array: Expr, index: Any) -> Any:
    """An index without the bounds that go without saying."""
    if array.tree is not None or not isinstance(index, tuple) or not all(
            isinstance(part, (slice, int)) or hasattr(part, "function") for part in index):
        return index
    parts = [_shorter_slice(part, size) for part, size in zip(index, array.shape, strict=False)]
    while len(parts) > 1 and isinstance(parts[-1], slice) and parts[-1] == slice(None):
        parts.pop()
    return parts[0] if len(parts) == 1 else tuple(parts)


def _shorter_slice(part: Any, size: int) -> Any:
    if not isinstance(part, slice) or part.step not in (None, 1) or (part.start or 0) < 0 or (part.stop or 0) < 0:
        return part
    return slice(part.start or None, None if part.stop is None or part.stop >= size else part.stop)


def _wanted(expr: Expr) -> str:
    if expr.origin is not None:
        return expr.origin.name
    return expr.head.rpartition(".")[2].rpartition(":")[2] if re.match(r"[\w.:]+$", expr.head) else "value"


def _length(text: str) -> int:
    """The length of a text, the same for every size of the batch."""
    return len(re.sub(r"\d+", "0", text))


def _depth(text: str) -> int:
    depth = most = 0
    for letter in text:
        depth += letter == "("
        depth -= letter == ")"
        most = max(most, depth)
    return most
