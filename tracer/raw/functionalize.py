"""Gives imported graphs regions: conditionals and loops in TensorFlow's own form become `Cond` and `While` operations.

TensorFlow's graphs say with `Switch`, `Merge` and the frames of loops what we say with regions. What `cond` and
`while_loop` write, and what the gradients of both write, has a form that regions can be read from; the operations keep
their names, and an export writes them as they came. A graph of another form stays as it is: it runs operation by
operation.
"""

from __future__ import annotations

from tracer.ir import Graph, Operation
from tracer.raw.arrays import start_flows
from tracer.raw.conditionals import make_conditionals
from tracer.raw.graph import ENTERS, RAW, RawGraph, UnusualError
from tracer.raw.loops import make_loop


def give_regions(graph: Graph, operations: list[Operation]) -> None:
    """Finds the conditionals and loops among `operations`, which have just been imported, and makes them ours."""
    arrays = any(op.type.startswith("TensorArray") for op in operations)
    if not arrays and not any(op.type in RAW for op in operations):
        return
    raw = RawGraph(graph, list(operations))
    try:
        raw.find_paths()
        start_flows(raw)
    except UnusualError:
        return
    paths = {raw.outer_path(op) for op in operations if op.type in ENTERS}
    left: list[tuple[str, ...]] = []  # the frames that stay as they are, and so all around them
    for path in (*sorted(paths, key=len, reverse=True), ()):
        if path and any(other[:len(path)] == path for other in left):
            left.append(path)
            continue
        try:
            make_conditionals(raw, path)
            if path:
                make_loop(raw, path)
        except UnusualError:
            left.append(path)
