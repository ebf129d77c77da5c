"""Names: what a script calls things, and which names are free."""

from __future__ import annotations

import builtins
import keyword
import os
import re
from collections.abc import Iterable
from typing import Any

from tracer.ir import Operation

_RESERVED = frozenset({*keyword.kwlist, *dir(builtins)}) - {"input"} | {
    "jax", "jnp", "lax", "np", "optax", "params", "batch", "key", "keys", "apply", "init", "constants"}


def place(op: Operation) -> str:
    """The line of the script, shortly."""
    return f"{os.path.basename(op.where.file)}:{op.where.line}"


_SHORTER = (("mat_mul", "matmul"), ("sparse_softmax_cross_entropy_with_logits", "cross_entropy"),
            ("softmax_cross_entropy_with_logits", "cross_entropy"), ("embedding_lookup", "rows"))


def snake(name: str) -> str:
    """The name of an operation's type as a function's: `MaxPool_1` is `max_pool_1`."""
    if name[:1].isupper():
        name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "_", name).lower()
    for long, short in _SHORTER:
        name = re.sub(f"^{long}", short, name)
    return name


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
