"""The flows of `TensorArray`s in graphs from TensorFlow: a number there, and to us what the array holds.

Where a flow begins, as a constant or as the flow of the array whose gradients one holds, `TensorArrayStart` makes it
that of an array without elements.
"""

from __future__ import annotations

from tracer import dtypes, opdef
from tracer.ir import Operation, Tensor
from tracer.raw_graph import ENTERS, EXITS, MERGES, NEXTS, SWITCHES, RawGraph, UnusualError

_PASSING = ENTERS | EXITS | MERGES | NEXTS | SWITCHES | {"Identity", "RefIdentity"}
_SUMS = frozenset({"Add", "AddN"})


def start_flows(raw: RawGraph) -> None:
    """Has every flow begin at its array."""
    made: dict[tuple[Tensor, Tensor], Tensor] = {}
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


def array_of(handle: Tensor) -> Operation:
    """The operation that made the array of a handle."""
    while handle.op.type in _PASSING:
        handle = handle.op.inputs[0]
    return handle.op


class _Flow:
    """The way back from the flow that one operation takes."""

    def __init__(self, raw: RawGraph, op: Operation, handle: int, flow: int, made: dict) -> None:
        self.raw = raw
        self.made = made
        self.handle = op.inputs[handle]
        self.array = array_of(self.handle)
        self.edges = [(op, flow)]
        self.seen = {(op, flow)}

    def walk(self) -> None:
        while self.edges:
            op, at = self.edges.pop()
            source = op.inputs[at].op
            if source.type in _PASSING or source.type in _SUMS:
                count = 1 if source.type in _PASSING - MERGES else len(source.inputs)
                more = [(source, i) for i in range(count)]
                self.edges += [edge for edge in more if edge not in self.seen]
                self.seen.update(more)
            elif source.type == "TensorArrayStart":
                if source.inputs[0].op is not self.array:
                    raise UnusualError(f"{source.name} begins the flows of two arrays")
            elif _places(source) is None or array_of(source.inputs[0]) is not self.array:
                self._begin(op, at)

    def _begin(self, op: Operation, at: int) -> None:
        flow = op.inputs[at]
        handle = self.array.outputs[0]
        path = self.raw.outer_path(flow.op) if flow.op in self.raw.known else ()
        if self.raw.path.get(self.array, ()) != path:
            handle = self.handle
        key = handle, flow
        if key not in self.made:
            self.made[key] = self.raw.add("TensorArrayStart", (handle, flow), {}, f"{self.array.name}/start", path,
                                          ((dtypes.float32, ()),)).outputs[0]
        op._update_input(at, self.made[key])
