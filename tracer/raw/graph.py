"""A part of a graph in TensorFlow's own form of control flow, while it is given regions: see `tracer.raw.functionalize`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from tracer import dtypes, shapes
from tracer.ir import Graph, Operation, Region, Tensor
from tracer.ops.contexts import Context, Written

ENTERS = frozenset({"Enter", "RefEnter"})
EXITS = frozenset({"Exit", "RefExit"})
MERGES = frozenset({"Merge", "RefMerge"})
NEXTS = frozenset({"NextIteration", "RefNextIteration"})
SWITCHES = frozenset({"Switch", "RefSwitch"})
RAW = ENTERS | EXITS | MERGES | NEXTS | SWITCHES | {"LoopCond"}

Path = tuple[str, ...]  # the names of the frames around, outermost first


class UnusualError(Exception):
    """The graph is not of the form that `cond` and `while_loop` give it: it stays as it is."""


class RawGraph:
    """Operations of one graph, and what has been found out about them.

    Those that are `shadows` never run: they stand for what the regions say.
    """

    def __init__(self, graph: Graph, operations: list[Operation]) -> None:
        self.graph = graph
        self.home = graph.region
        self.operations = operations
        self.known = set(operations)
        self.shadows: set[Operation] = set()
        self.beside: dict[Operation, list[Operation]] = {}  # for each conditional or loop, the shadows next to it
        self.contexts: list[Context] = []
        self.path: dict[Operation, Path] = {}

    def find_paths(self) -> None:
        """Finds the frame that each operation runs in; an `Enter` runs outside, an `Exit` inside."""
        for op in ordered(self.operations, self.before):
            found = {self.outer_path(other) for other in self.before(op)}
            if len(found) > 1:
                raise UnusualError(f"{op.name} takes values from different loops")
            self.path[op] = found.pop() if found else ()

    def outer_path(self, op: Operation) -> Path:
        """The frame that the outputs of `op` belong to."""
        path = self.path[op]
        if op.type in ENTERS:
            return (*path, op.attrs["frame_name"])
        return path[:-1] if op.type in EXITS else path

    def before(self, op: Operation) -> Iterator[Operation]:
        """The operations of this part that `op` waits for, but for those of the trip before."""
        for other in (*(t.op for t in op.inputs), *op.control_inputs):
            if other in self.known and other.type not in NEXTS:
                yield other

    def within(self, path: Path) -> list[Operation]:
        """The operations that run in this frame, outside of what has been given a region."""
        return [op for op in self.operations
                if self.path[op] == path and op.region is self.home and op not in self.shadows]

    def add(self, type: str, inputs: tuple[Tensor, ...], attrs: dict[str, Any], name: str, path: Path,
            kinds: tuple[tuple[dtypes.DType, shapes.Sizes], ...], controls: Iterable[Operation] = ()) -> Operation:
        """Adds an operation of ours, in the frame `path`."""
        graph = self.graph
        stack, graph._name_stack = graph._name_stack, ""
        outer, graph.region = graph.region, None
        try:
            op = graph.add(type, inputs, attrs, kinds, name, controls)
        finally:
            graph._name_stack, graph.region = stack, outer
        op.region = self.home
        if self.home is not None:
            self.home.operations.append(op)
        self.operations.append(op)
        self.known.add(op)
        self.path[op] = path
        if "regions" not in attrs:
            graph._written[op] = Written("", inputs[-1:], (), attrs)
        return op

    def substitute(self, old: Tensor, new: Tensor, held: Collection[Operation] = (),
                   branches: Collection[Region] = ()) -> None:
        """Whatever runs and reads `old` reads `new`, but for what is `held` in these branches."""
        kept = {*branches, *(region for op in held for region in op.regions)}
        for op in list(dict.fromkeys(old._consumers)):
            if op not in self.shadows and op not in held:
                for i, tensor in enumerate(op.inputs):
                    if tensor is old:
                        op._update_input(i, new)
        for context in self.contexts:
            if context in kept:
                continue
            if old in context.entered:
                context.entered.setdefault(new, context.entered.pop(old))
            context.outputs = [new if tensor is old else tensor for tensor in context.outputs]

    def hide(self, op: Operation) -> None:
        """Makes `op` a shadow."""
        self.shadows.add(op)
        self.graph._shadows.add(op)
        if op.region is not None and op in op.region.operations:
            op.region.operations.remove(op)

    def rewrite(self, op: Operation, type: str, inputs: tuple[Tensor, ...], outputs: int) -> None:
        """Changes what `op` is for us; an export still writes it as it came."""
        self.note(op)
        for tensor in op.inputs:
            tensor.remove_consumer(op)
        op.type, op.inputs, op.outputs = type, inputs, op.outputs[:outputs]
        for tensor in inputs:
            tensor.add_consumer(op)
        if type == "LoopVariable":
            op.attrs = {}

    def note(self, op: Operation) -> None:
        """Keeps how `op` came."""
        self.graph._written.setdefault(op, Written(op.type, op.inputs, tuple(op.control_inputs), op.attrs))

    def give(self, region: Region, operations: Iterable[Operation]) -> None:
        """Puts operations into a region, with what stands next to those of them that hold regions."""
        for op in operations:
            if op.region is not None and op in op.region.operations:
                op.region.operations.remove(op)
            op.region = region
            region.operations.append(op)
            for inner in op.regions:
                inner.parent = region
            for shadow in self.beside.get(op, ()):
                shadow.region = region
        region.operations.sort(key=lambda op: op._id)

    def wait(self, op: Operation, drop: Callable[[Operation], bool]) -> None:
        """Leaves out what `op` need not wait for."""
        kept = [other for other in op.control_inputs if not drop(other)]
        if len(kept) != len(op.control_inputs):
            self.note(op)
            op._controls = tuple(kept)


def ordered(operations: Iterable[Operation], before: Callable[[Operation], Iterable[Operation]]) -> list[Operation]:
    """`operations` so that each comes after those that it waits for."""
    done: dict[Operation, None] = {}
    begun: set[Operation] = set()
    for first in operations:
        stack = [first]
        while stack:
            op = stack[-1]
            if op in done:
                stack.pop()
                continue
            waiting = [other for other in before(op) if other not in done]
            if not waiting:
                done[op] = None
                stack.pop()
            elif op in begun:
                raise UnusualError(f"{op.name} waits for itself")
            else:
                begun.add(op)
                stack += waiting
    return list(done)


def reached(starts: Iterable[Operation], after: Callable[[Operation], Iterable[Operation]]) -> set[Operation]:
    """Everything that `after` leads to from `starts`, these included."""
    found = set(starts)
    stack = list(found)
    while stack:
        more = [op for op in after(stack.pop()) if op not in found]
        found.update(more)
        stack += more
    return found
