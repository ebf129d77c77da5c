"""What of a program is shown: the operations that filters leave, and what to fetch of a graph that nothing has run."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from tracer.commands import refuse
from tracer.ir import Graph, Operation, Tensor
from tracer.scopes import GraphKeys

_TRAIN_OP = "train_op"  # the collection of 0.8's learning libraries
_GRADIENT = re.compile(r"(?:.*/)?gradients(?:_\d+)?/(.+)_grad/")


class Filter:
    """The operations in some name scopes, of some types or names."""

    def __init__(self, scopes: Sequence[str] = (), patterns: Sequence[str] = ()) -> None:
        self.scopes = [scope.rstrip("/") for scope in scopes]
        self.patterns = list(patterns)

    def __bool__(self) -> bool:
        return bool(self.scopes or self.patterns)

    def __call__(self, op: Operation) -> bool:
        inside = not self.scopes or any(op.name == s or op.name.startswith(s + "/") for s in self.scopes)
        return inside and (not self.patterns or any(
            fnmatchcase(op.name, pattern) or fnmatchcase(op.type, pattern) for pattern in self.patterns))

    def check(self, graphs: Iterable[Graph]) -> None:
        """Ends the command, with the nearest names, where a filter is that of no operation."""
        operations = [op for graph in graphs for op in graph.get_operations()]
        for scope in self.scopes:
            if not any(map(Filter([scope]), operations)):
                parts = (op.name.split("/") for op in operations)
                known = {"/".join(names[:i]) for names in parts for i in range(1, len(names))}
                refuse(f"No operation is in the scope {scope}.{_near(scope, known)}")
        for pattern in self.patterns:
            if not any(map(Filter((), [pattern]), operations)):
                refuse(f"No operation has the type or the name {pattern}."
                       + _near(pattern, {word for op in operations for word in (op.type, op.name)}))


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 5, 0.4)
    return f" Near it: {', '.join(near)}." if near else ""


def needed(tensors: Iterable[Tensor], targets: Iterable[Operation], fed: Iterable[Tensor] = ()) -> list[Operation]:
    """The operations that a run needs, in the order of their creation; fed tensors cut the search."""
    given = set(fed)
    found: set[Operation] = set()
    stack = [*(t.op for t in tensors if t not in given), *targets]
    while stack:
        op = stack.pop()
        if op in found:
            continue
        found.add(op)
        captured, waits = [], []
        for region in op.regions:
            outside, controls = region.captures()
            captured += outside
            waits += controls
        stack += [t.op for t in (*op.inputs, *captured) if t not in given]
        stack += [*op.control_inputs, *waits]
    return sorted(found, key=lambda op: op._id)


def placeholders(tensors: Iterable[Tensor], targets: Iterable[Operation]) -> list[Tensor]:
    """The placeholders that a run needs."""
    return [op.outputs[0] for op in needed(tensors, targets) if op.type == "Placeholder"]


def worth_fetching(graph: Graph) -> tuple[list[Tensor], list[Operation]]:
    """The losses and the training operation of a graph; where it has none, the tensors that nothing reads."""
    tensors = dict.fromkeys(_losses(graph))
    targets = dict.fromkeys(_training(graph))
    if not tensors and not targets:
        tensors = dict.fromkeys(_ends(graph))
    return list(tensors), list(targets)


def _losses(graph: Graph) -> Iterator[Tensor]:
    for item in graph.get_collection(GraphKeys.LOSSES):
        if isinstance(item, Tensor):
            yield item
    for op in graph.get_operations():
        if op.type == "Gradients" and op.region is None:
            yield from op.inputs[:op.attrs["ys"]]
    yield from _differentiated(graph)


def _differentiated(graph: Graph) -> Iterator[Tensor]:
    """What gradients begin at where they are operations of their own, as in files: these are named after those that they
    are gradients of."""
    named = (_GRADIENT.match(op.name) for op in graph.get_operations())
    names = {match[1] for match in named if match is not None}
    forward = {op for op in graph.get_operations() if op.name in names}
    for op in graph.get_operations():
        if op in forward and op.region is None and op.outputs and not any(
                reader in forward for output in op.outputs for reader in output.consumers()):
            yield op.outputs[0]


def _training(graph: Graph) -> Iterator[Operation]:
    """What the collection says; and what changes variables as optimizers do and that nothing else waits for."""
    for item in graph.get_collection(_TRAIN_OP):
        if isinstance(item, (Tensor, Operation)):
            yield item.op if isinstance(item, Tensor) else item
    steps: set[Operation] = set()
    waited: set[Operation] = set()
    for op in graph.get_operations():
        before = {*(t.op for t in op.inputs), *op.control_inputs}
        if op.type.startswith(("Apply", "SparseApply")) or not steps.isdisjoint(before):
            steps.add(op)
            waited |= before
    yield from (op for op in graph.get_operations() if op in steps and op not in waited and op.region is None)


_ASIDE = frozenset(
    "Assign Const Enter LoopCond NextIteration Placeholder Switch Variable HistogramSummary ImageSummary MergeSummary "
    "ScalarSummary".split())


def _ends(graph: Graph) -> Iterator[Tensor]:
    waited = {control for op in graph.get_operations() for control in op.control_inputs}
    for op in graph.get_operations():
        aside = op.type in _ASIDE or any(t.op.type == "Switch" for t in op.inputs)
        if op.region is None and op not in waited and not aside and not any(t.consumers() for t in op.outputs):
            outputs = op.outputs[:1] if op.type == "Merge" else op.outputs  # the other says which branch it was
            yield from (t for t in outputs if not t.dtype.is_ref_dtype and graph.is_fetchable(t))
