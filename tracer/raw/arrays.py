"""The flows of `TensorArray`s in graphs from TensorFlow: a number there, and to us what the array holds.

Where a flow begins, as a constant or as the flow of the array whose gradients one holds, `TensorArrayStart` makes it
that of an array without elements.
"""

from __future__ import annotations

from typing import Any

from tracer import dtypes, opdef
from tracer.ir import Operation, Tensor
from tracer.raw.graph import ENTERS, EXITS, MERGES, NEXTS, SWITCHES, RawGraph, UnusualError

_PASSING = ENTERS | EXITS | MERGES | NEXTS | SWITCHES | {"Identity", "RefIdentity"}
_SUMS = frozenset({"Add", "AddN"})


def start_flows(raw: RawGraph) -> None:
    """Has every flow begin at its array."""
    made: dict[tuple, Operation] = {}
    for op in list(raw.operations):
        places = _places(op)
        if places is not None:
            _Flow(raw, op, *places, made).walk()


def _places(op: Operation) -> tuple[int, int] | None:
    """Where the operation takes an array's handle and its flow; None when it takes none."""
    if not op.type.startswith("TensorArray") or op.type.startswith("TensorArrayGrad"):
        return None
    definition = opdef.lookup(op.type)
    names = [argument.name for argument in definition.inputs] if definition is not None else []
    return (names.index("handle"), names.index("flow_in")) if "flow_in" in names else None


def array_of(handle: Tensor) -> tuple[Operation, ...]:
    """What a handle is one of: the operation that made the array, and for its gradients the sources of those."""
    sources: tuple[Any, ...] = ()
    while True:
        op = handle.op
        if op.type.startswith("TensorArrayGrad"):
            sources = (op.attrs["source"], *sources)
        elif op.type not in _PASSING:
            return (op, *sources)
        handle = op.inputs[0]


class _Flow:
    """The way back from the flow that one operation takes.

    Where it comes to what is no flow of the array, the array begins: as near to the operation as may be, since the
    flow of another array may be on its way to others too.
    """

    def __init__(self, raw: RawGraph, op: Operation, handle: int, flow: int, made: dict) -> None:
        self.raw = raw
        self.made = made
        self.handle = op.inputs[handle]
        self.array = array_of(self.handle)
        self.op = op
        self.edges = [(op, flow)]
        self.seen = {(op, flow)}

    def walk(self) -> None:
        while self.edges:
            op, at = self.edges.pop()
            if op.type in MERGES and op.inputs[at].op.type in ENTERS | NEXTS:
                op, at = op.inputs[at].op, 0
            begun = self._begun(op.inputs[at])
            if False not in begun:
                continue
            if True not in begun:
                self._begin(op, at)
                continue
            source = op.inputs[at].op
            while source.type in _PASSING - MERGES:
                source = source.inputs[0].op
            more = [(source, i) for i in range(len(source.inputs))]
            self.edges += [edge for edge in more if edge not in self.seen]
            self.seen.update(more)

    def _begun(self, flow: Tensor) -> set[bool]:
        """Whether a flow comes from operations on the array: it may come from others too."""
        found: set[bool] = set()
        stack, seen = [flow], {flow}
        while stack:
            op = stack.pop().op
            if op.type in _PASSING or op.type in _SUMS:
                inputs = op.inputs if op.type in MERGES | _SUMS else op.inputs[:1]
                stack += [tensor for tensor in inputs if tensor not in seen]
                seen.update(inputs)
            else:
                found.add(self._is_own(op))
        return found

    def _is_own(self, source: Operation) -> bool:
        if source.type == "TensorArrayStart":
            return any(key[0] == self.array for key, start in self.made.items() if start is source)
        return _places(source) is not None and array_of(source.inputs[0]) == self.array

    def _begin(self, op: Operation, at: int) -> None:
        flow, first = op.inputs[at], self.array[0]
        handle = self.handle
        if op is not self.op:
            if self.raw.path.get(first, ()) != self.raw.path[op] or first.attrs["dynamic_size"]:
                raise UnusualError(f"{flow.name} is the flow of {first.name} in another loop")
            handle = first.outputs[0]
        key = self.array, handle, flow
        if key not in self.made:
            self.made[key] = self.raw.add("TensorArrayStart", (handle, flow), {}, f"{first.name}/start",
                                          self.raw.path[op], ((dtypes.float32, ()),))
        op._update_input(at, self.made[key].outputs[0])
