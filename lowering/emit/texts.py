"""One expression as source, what it is made of having its text already."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from lowering.emit.expressions import Expr, expressions
from lowering.emit.literals import ATOM, CLOSE, OPEN, Literals
from lowering.emit.simple import norm_of

_PRECEDENCE = {"|": 1, "^": 2, "&": 3, "<<": 5, ">>": 5, "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7, "@": 7, "**": 9}


class Texts(Literals):
    """Writes expressions."""

    trees: dict[str, set[str]]  # dictionaries, and which of their entries are not zero

    def exact(self, value: Any) -> str:
        """A constant with its type."""
        raise NotImplementedError

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
            return f"{self.text(args[0], ATOM)}[{self._index(args[1])}]", ATOM
        if kind == "at":
            return (f"{self.text(args[0], ATOM)}.at[{self._index(args[1])}].{value.head}"
                    f"({self._arguments(args[2:], value.kwargs)})", ATOM)
        if kind == "method":
            return f"{self.text(args[0], ATOM)}.{value.head}({self._arguments(args[1:], value.kwargs, value.head)})", ATOM
        head = self._function(value.head)
        return f"{head}({self._arguments(args, value.kwargs, head)})", ATOM

    def _function(self, head: str) -> str:
        """What a function is called by; one of ours is quoted."""
        return self.quotes.need(*head.split(":")) if ":" in head else head

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
