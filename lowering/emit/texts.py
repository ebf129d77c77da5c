"""One expression as source, what it is made of having its text already."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from typing import Any

import numpy as np

from lowering.emit.expressions import Expr, expressions
from lowering.emit.literals import ATOM, CLOSE, OPEN, Literals, shape_text

_PRECEDENCE = {"|": 1, "^": 2, "&": 3, "<<": 5, ">>": 5, "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7, "@": 7, "**": 9}


@functools.cache
def parameters(head: str) -> list[str]:
    """What a function calls its arguments."""
    module, _, name = head.partition(":") if ":" in head else head.rpartition(".")
    module = {"jnp": "jax.numpy", "lax": "jax.lax"}.get(module, module)
    try:
        return list(inspect.signature(getattr(importlib.import_module(module), name)).parameters)
    except (ImportError, AttributeError, ValueError):
        return []


class Named:
    """A text, as an argument."""

    function = None

    def __init__(self, text: str) -> None:
        self.text = text


class Texts(Literals):
    """Writes expressions."""

    trees: dict[str, set[str]]  # dictionaries, and which of their entries are not zero
    parts: dict[int, list[str]]  # the names of the parts of values
    shaped: dict[tuple[int, ...], str]  # for each shape, something that has a name and that shape

    def exact(self, value: Any) -> str:
        """A constant with its type."""
        raise NotImplementedError

    def _summed(self, value: Expr) -> str | None:
        """A sum of terms that are alike; None where it is another."""
        raise NotImplementedError

    def _made(self, value: Expr) -> tuple[str, int]:
        args, kind = value.args, value.kind
        if kind == "name":
            return value.head, ATOM
        if kind == "constant":
            return self.literal(args[0])
        if value.head == "optax.tree.norm":
            return f"optax.tree.norm({self._trees(args[0])})", ATOM
        if kind == "binary" and value.head == "+" and (text := self._summed(value)) is not None:
            return text, ATOM
        if kind == "binary":
            level = _PRECEDENCE.get(value.head, 0)  # comparisons bind least
            right = level if value.head == "**" else level + 1
            left = level + 1 if value.head == "**" or level == 0 else level
            first = self.text(args[0], left)  # what it needs comes first in the function as well
            if value.head == "+" and re.match(r"\(?-[\d.]", negative := self.text(args[1], right)) and (
                    negative[0] == "-" or re.fullmatch(r"\(-[\d.e]+\)", negative)):
                return f"{first} - {negative.strip('()')[1:]}", level
            return f"{first} {value.head} {self.text(args[1], right)}", level
        if kind == "unary":
            return f"{value.head}{self.text(args[0], 8)}", 8
        if kind == "attribute":
            return f"{self.text(args[0], ATOM)}.{value.head}", ATOM
        if kind == "index":
            whole = self.text(args[0], ATOM)
            if id(args[0]) in self.parts:
                return self.parts[id(args[0])][args[1]], ATOM
            constant = not isinstance(args[0], Expr) or args[0].kind == "constant"
            if constant and not whole.startswith("jnp."):  # NumPy takes no index that JAX computes
                whole = f"jnp.asarray({whole})"
            return f"{whole}[{self._index(args[1])}]", ATOM
        if kind == "at":
            return (f"{self.text(args[0], ATOM)}.at[{self._index(args[1])}].{value.head}"
                    f"({self._arguments(args[2:], value.kwargs)})", ATOM)
        if value.head in ("jnp.reshape", "reshape") and (shape := _plain_shape(args)) is not None:
            return f"{self.text(args[0], ATOM)}.reshape({OPEN}{', '.join(map(self.text, shape))}{CLOSE})", ATOM
        if kind == "method":
            return f"{self.text(args[0], ATOM)}.{value.head}({self._arguments(args[1:], value.kwargs, value.head)})", ATOM
        head = self._function(value.head)
        return f"{head}({self._arguments(args, value.kwargs, value.head)})", ATOM

    def _function(self, head: str) -> str:
        """What a function is called by; one of ours is quoted."""
        return self.quotes.need(*head.split(":")) if ":" in head else head

    def _arguments(self, args: tuple, kwargs: dict, head: str = "") -> str:
        shaped = head.rpartition(".")[2] in ("reshape", "broadcast_to", "zeros", "ones", "full")
        typed = head.startswith("lax.")  # its functions convert nothing
        plain = head.startswith("jax.random.") or head in ("jnp.zeros", "jnp.ones")
        if plain and len(args) > 1 and not self.quotes.wide and isinstance(args[-1], np.dtype) and args[-1] == np.float32:
            args = args[:-1]
        if head.startswith("jax.random.") and not self.quotes.wide:
            args = tuple(Named(f"{self.shaped[a]}.shape") if isinstance(a, tuple) and a in self.shaped else a for a in args)
        names = parameters(head) if any(
            isinstance(a, np.ndarray) or getattr(a, "kind", "") == "constant" for a in args) else []
        words = []
        for i, a in enumerate(args):
            self.role = names[i] if i < len(names) else "constant"
            words.append(self._argument_text(a, shaped, typed))
        self.role = "constant"
        return ", ".join([*words, *(f"{key}={self.text(item)}" for key, item in kwargs.items())])

    def _argument_text(self, a: Any, shaped: bool, typed: bool) -> str:
        if shaped and isinstance(a, (list, tuple)) and not expressions(a):
            return self._shape(a)
        if typed and hasattr(a, "dtype") and hasattr(a, "ndim") and not isinstance(a, Expr):
            return self.exact(a)
        return self.text(a)

    def _trees(self, leaves: list[Expr]) -> str:
        """Arrays as they stand in dictionaries, whole ones where all that is not zero in them is there."""
        texts = [self.text(leaf) for leaf in leaves]
        for tree, entries in self.trees.items():
            if len(entries) > 1 and entries.issubset(texts):
                texts = [text for text in texts if text not in entries] + [tree]
        return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"

    def _shape(self, sizes: Any) -> str:
        return shape_text([self.text(size) for size in sizes])

    def _index(self, index: Any) -> str:
        if isinstance(index, tuple) and index:
            return ", ".join(self._index(item) for item in index) + ("," if len(index) == 1 else "")
        if isinstance(index, slice):
            parts = ["" if part is None else self.text(part) for part in (index.start, index.stop, index.step)]
            return ":".join(parts[:2] if index.step is None else parts)
        return self.text(index)


def _plain_shape(args: tuple) -> Any:
    """The sizes that an array is given by `reshape`, where they are known."""
    if not (isinstance(args[0], Expr) and args[0].ndim):
        return None
    shape = args[1] if len(args) == 2 and isinstance(args[1], (tuple, list)) else args[1:]
    return shape if all(isinstance(size, (int, np.integer)) for size in shape) else None
