"""Expressions as Python source: statements for what is used twice, everything else where it is used."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from typing import Any

import numpy as np

from lowering.emit.expressions import Expr, Local, expressions
from lowering.emit.quote import Quotes
from lowering.emit.simple import Simplifier

WIDTH = 100
DEPTH = 3
OPEN, CLOSE = "\u00ab", "\u00bb"
"""Stand around the sizes of a shape until the module is whole: one size among them may become -1 then."""
_PRECEDENCE = {"|": 1, "^": 2, "&": 3, "<<": 5, ">>": 5, "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7, "@": 7, "**": 9}
_ATOM = 20
_RESERVED = frozenset(keyword.kwlist) | {"jax", "jnp", "lax", "np", "optax", "params", "state", "batch", "sum", "max", "min",
                                         "abs", "pow", "slice", "range", "all", "any", "round", "loss", "apply", "init"}


class Names:
    """Names of variables that are not taken yet."""

    def __init__(self, taken: Any = ()) -> None:
        self._taken = {*_RESERVED, *taken}

    def fresh(self, wanted: str) -> str:
        """A free name like `wanted`, a name in the graph."""
        parts = [part for part in re.sub(r"[^A-Za-z0-9_/]", "_", wanted).split("/") if part]
        for count in range(1, len(parts) + 1):
            name = "_".join(parts[-count:]).lower().lstrip("_") or "value"
            name = f"v{name}" if name[0].isdigit() else name
            if name not in self._taken:
                break
        else:
            base, number = name, 2
            while name in self._taken:
                name, number = f"{base}_{number}", number + 1
        self._taken.add(name)
        return name


class Body:
    """The statements of one function."""

    def __init__(self, names: Names, quotes: Quotes, arrays: dict[str, np.ndarray], where: Any,
                 simple: Simplifier) -> None:
        self.names, self.quotes, self.arrays, self.where, self.simple = names, quotes, arrays, where, simple
        self.lines: list[str] = []
        self._text: dict[int, str] = {}  # what has a name already
        self._uses: Counter[int] = Counter()
        self._said = ""

    def give(self, expr: Expr, text: str) -> None:
        """Says what an expression is called already."""
        self._text[id(self.simple(expr))] = text

    def write(self, results: list[Any]) -> list[str]:
        """Writes what leads to `results` and returns their texts."""
        results = self.simple(results)
        self._count(results)
        return [self.text(result) if isinstance(result, Expr) else self.exact(result) for result in results]

    def exact(self, value: Any) -> str:
        """A constant with its type."""
        array = np.asarray(value)
        return f"jnp.{array.dtype.name}({self.text(array.item())})" if array.ndim == 0 else self.text(array)

    def name(self, expr: Expr, wanted: str) -> str:
        """A statement that gives `expr` a name."""
        if id(expr) in self._text and self._text[id(expr)].isidentifier():
            return self._text[id(expr)]
        text = self.text(expr)
        if text.isidentifier():
            return text
        name = self.names.fresh(wanted)
        self._statement(expr, f"{name} = {text}")
        self._text[id(expr)] = name
        return name

    def _count(self, results: list[Any]) -> None:
        stack = [e for result in results for e in expressions(result)]
        self._uses.update(map(id, stack))
        seen = set()
        while stack:
            expr = stack.pop()
            if id(expr) in seen or id(expr) in self._text:
                continue
            seen.add(id(expr))
            inputs = expressions([list(expr.args), expr.kwargs])
            self._uses.update(map(id, inputs))
            stack += inputs

    def text(self, value: Any, level: int = 0) -> str:
        """A value as source, of at least this precedence."""
        text, precedence = self._rendered(value)
        return f"({text})" if precedence < level else text

    def _rendered(self, value: Any) -> tuple[str, int]:
        if not isinstance(value, Expr):
            return self._literal(value)
        known = self._text.get(id(value))
        if known is not None:
            return known, _ATOM
        self._arguments_first(value)
        if any(isinstance(argument, Local) for argument in value.args):
            return self._control(value)
        text, precedence = self._made(value)
        if value.kind == "name" or (self._uses[id(value)] <= 1 and _length(text) < WIDTH - 15 and _depth(text) <= DEPTH
                                    and value.tree is None):
            return text, precedence
        if value.kind == "attribute" and text.count("(") == 0:
            return text, precedence
        name = self.names.fresh(_wanted(value))
        self._statement(value, f"{name} = {text}")
        self._text[id(value)] = name
        return name, _ATOM

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
                self.name(outer, _wanted(outer))
        for argument in value.args:
            words.append(self._local(argument) if isinstance(argument, Local) else self.text(argument))
        name = self.names.fresh(_wanted(value))
        self._statement(value, f"{name} = {value.head}({', '.join(words)})")
        self._text[id(value)] = name
        return name, _ATOM

    def _local(self, local: Local) -> str:
        """Writes a function inside of this one, and returns its name."""
        name = self.names.fresh(local.name)
        inner = Body(self.names, self.quotes, self.arrays, self.where, self.simple)
        inner._text = {key: text for key, text in self._text.items()}
        inner._said = self._said
        parameters = [self.names.fresh(parameter.head) for parameter in local.parameters]
        for parameter, text in zip(local.parameters, parameters, strict=True):
            inner.give(parameter, text)
        texts = inner.write(local.results)
        takes = ["values"] if parameters else []
        lines = [f"{', '.join(parameters)}{',' if len(parameters) == 1 else ''} = values"] if takes else []
        if local.name == "trip_body":
            takes = ["_", *takes]
        returned = texts[0] if local.name == "condition" else f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
        self.lines += ["", f"def {name}({', '.join(takes)}):"]
        self.lines += ["    " + line if line else line for line in [*lines, *inner.lines, f"return {returned}"]]
        self.lines.append("")
        return name

    def _forced(self, expr: Expr) -> None:
        text, _ = self._made(expr)
        name = self.names.fresh(_wanted(expr))
        self._statement(expr, f"{name} = {text}")
        self._text[id(expr)] = name

    def _made(self, value: Expr) -> tuple[str, int]:
        args, kind = value.args, value.kind
        if kind == "name":
            return value.head, _ATOM
        if kind == "binary":
            level = _PRECEDENCE.get(value.head, 0)  # comparisons bind least
            right = level if value.head == "**" else level + 1
            left = level + 1 if value.head == "**" or level == 0 else level
            return f"{self.text(args[0], left)} {value.head} {self.text(args[1], right)}", level
        if kind == "unary":
            return f"{value.head}{self.text(args[0], 8)}", 8
        if kind == "attribute":
            return f"{self.text(args[0], _ATOM)}.{value.head}", _ATOM
        if kind == "index":
            return f"{self.text(args[0], _ATOM)}[{self._index(args[1])}]", _ATOM
        if kind == "at":
            return (f"{self.text(args[0], _ATOM)}.at[{self._index(args[1])}].{value.head}"
                    f"({self._arguments(args[2:], value.kwargs)})", _ATOM)
        if kind == "method":
            return f"{self.text(args[0], _ATOM)}.{value.head}({self._arguments(args[1:], value.kwargs, value.head)})", _ATOM
        head = value.head
        if ":" in head:
            head = self.quotes.need(*head.split(":"))
        return f"{head}({self._arguments(args, value.kwargs, head)})", _ATOM

    def _arguments(self, args: tuple, kwargs: dict, head: str = "") -> str:
        shaped = head.rpartition(".")[2] in ("reshape", "broadcast_to", "zeros", "ones", "full")
        typed = head.startswith("lax.")  # its functions convert nothing
        words = [self._shape(a) if shaped and isinstance(a, (list, tuple)) and not expressions(a)
                 else self.exact(a) if typed and hasattr(a, "dtype") and hasattr(a, "ndim") and not isinstance(a, Expr)
                 else self.text(a) for a in args]
        return ", ".join([*words, *(f"{key}={self.text(item)}" for key, item in kwargs.items())])

    def _shape(self, sizes: Any) -> str:
        return f"({OPEN}{', '.join(self.text(size) for size in sizes)}{CLOSE}{',' if len(sizes) == 1 else ''})"

    def _index(self, index: Any) -> str:
        if isinstance(index, tuple) and index:
            return ", ".join(self._index(item) for item in index) + ("," if len(index) == 1 else "")
        if isinstance(index, slice):
            parts = ["" if part is None else self.text(part) for part in (index.start, index.stop, index.step)]
            return ":".join(parts[:2] if index.step is None else parts)
        return self.text(index)

    def _literal(self, value: Any) -> tuple[str, int]:
        if isinstance(value, (bool, np.bool_, int, str, type(None), type(Ellipsis))):
            return ("..." if value is Ellipsis else repr(value.item() if isinstance(value, np.generic) else value),
                    8 if isinstance(value, int) and value < 0 else _ATOM)
        if isinstance(value, float):
            return _number(value), 8 if value < 0 else _ATOM
        if hasattr(value, "_fields") or not isinstance(value, (list, tuple, slice, dict)):
            return self._object(value)
        if isinstance(value, (list, tuple)):
            inner = ", ".join(self.text(item) for item in value)
            return (f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"), _ATOM
        if isinstance(value, slice):
            return f"slice({', '.join(self.text(part) for part in (value.start, value.stop, value.step))})", _ATOM
        return "{" + ", ".join(f"{key!r}: {self.text(item)}" for key, item in value.items()) + "}", _ATOM

    def _object(self, value: Any) -> tuple[str, int]:
        if hasattr(value, "_fields"):
            head = self.quotes.need(type(value).__module__, type(value).__name__)
            fields = ", ".join(f"{key}={self.text(item)}" for key, item in zip(value._fields, value, strict=True))
            return f"{head}({fields})", _ATOM
        if isinstance(value, type) or isinstance(value, np.dtype):
            return f"jnp.{np.dtype(value).name}", _ATOM
        if hasattr(value, "as_numpy_dtype"):
            return f"jnp.{np.dtype(value.as_numpy_dtype).name}", _ATOM
        if hasattr(value, "dtype") and hasattr(value, "shape"):
            return self._array(np.asarray(value))
        if hasattr(value, "text") and hasattr(value, "function"):
            return value.text, _ATOM
        if hasattr(value, "name") and type(value).__module__.startswith("jax"):  # an enumeration of JAX
            return repr(value.name.lower()), _ATOM
        raise TypeError(f"a {type(value).__name__} cannot be written as source")

    def _array(self, value: np.ndarray) -> tuple[str, int]:
        if value.dtype == object:
            raise TypeError("strings have no place in a JAX function")
        if value.ndim == 0:
            text, precedence = self._literal(value.item())
            return (text, precedence) if value.dtype in (np.float32, np.int32, bool) else (
                f"jnp.{value.dtype.name}({text})", _ATOM)
        if value.size <= 8 and value.dtype.kind in "fiub":
            return f"np.array({self.text(value.tolist())}, np.{value.dtype.name})", _ATOM
        if (value == value.flat[0]).all():
            shape = f"({OPEN}{', '.join(map(str, value.shape))}{CLOSE}{',' if value.ndim == 1 else ''})"
            kind = "" if value.dtype == np.float32 else f", jnp.{value.dtype.name}"
            number = value.flat[0].item()
            if number in (0, 1):
                return f"jnp.{'ones' if number else 'zeros'}({shape}{kind})", _ATOM
            return f"jnp.full({shape}, {self.text(number)}{kind})", _ATOM
        name = f"constant_{len(self.arrays)}"
        for key, known in self.arrays.items():
            if known is value or (known.shape == value.shape and known.dtype == value.dtype and (known == value).all()):
                name = key
        self.arrays[name] = value
        return f'constants["{name}"]', _ATOM

    def _statement(self, expr: Expr, text: str) -> None:
        place = self.where(expr.origin) if expr.origin is not None else ""
        if place and place != self._said:
            self.lines.append(f"# {place}")
            self._said = place
        self.lines.append(text)


def _number(value: float) -> str:
    if value == int(value) if abs(value) < 1e6 else False:
        return f"{value:.1f}"
    single = np.float32(value)
    text = next((t for t in (f"{value:.{n}g}" for n in range(1, 10)) if np.float32(t) == single), repr(value)) \
        if float(single) == value else repr(value)
    if text in ("inf", "-inf", "nan"):
        return {"inf": "jnp.inf", "-inf": "-jnp.inf", "nan": "jnp.nan"}[text]
    return text if any(letter in text for letter in ".en") else text + ".0"


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
