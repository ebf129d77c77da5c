"""What a script calls things: the variable that a line of it assigns is the name of what the line recorded last."""

from __future__ import annotations

import linecache
import os
import re

from tracer.ir import Graph, Operation

_ASSIGNS = re.compile(r"\s*(?:self\.)?_*([A-Za-z]\w*)\s*=(?!=)\s*(?![\[{=])")
"""One target: of several, which was recorded last is not known. A list is none of its elements."""


def script_names(graph: Graph) -> dict[Operation, str]:
    """The variable's name for each operation that ends what one execution of an assigning line has recorded."""
    found: dict[Operation, str] = {}
    operations = graph.get_operations()
    for op, after in zip(operations, [*operations[1:], None], strict=True):
        if after is None or (after.where.file, after.where.line) != (op.where.file, op.where.line):
            line = linecache.getline(op.where.file, op.where.line)
            assigned = _ASSIGNS.match(line)
            if assigned and ";" not in line:
                found[op] = assigned[1]
    return found


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
