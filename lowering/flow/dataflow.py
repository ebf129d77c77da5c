"""Runs graphs that are made of `Switch`, `Merge` and the frames of loops: operation by operation, as TensorFlow does.

`tf.cond` and `tf.while_loop` record regions and never come here; imported graphs that have the usual form of
conditionals and loops are given regions when they are imported. What is left is evaluated with TensorFlow's rules:
a value goes along each edge, or the word that there will be none; a frame has a set of values for each trip.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import numpy as np

from lowering.kernels.arrays import WHOLE
from lowering.plan import slice as slicing
from lowering.plan.slice import MERGES, SWITCHES, is_raw
from tracer import errors
from tracer.ir import Operation, Tensor

if TYPE_CHECKING:
    from lowering.run.executable import Executable
    from lowering.run.state import State

Tag = tuple[tuple[str, int], ...]  # the frames around, outermost first, each with the number of its trip
DEAD: Any = object()


class Dataflow:
    """One signature (fetches, targets and fed tensors) of such a graph."""

    def __init__(self, fetches: list[Tensor], targets: list[Operation], fed: frozenset[Tensor]) -> None:
        self.fetches = fetches
        self.fed = fed
        self.operations = slicing.needed({t.op for t in fetches if t not in fed} | set(targets), fed)
        slicing.check_supported(op for op in self.operations if not is_raw(op))
        self.readers: dict[Tensor, list[tuple[Operation, int]]] = {}
        self.followers: dict[Operation, list[Operation]] = {}
        for op in self.operations:
            for i, tensor in enumerate(op.inputs):
                self.readers.setdefault(tensor, []).append((op, i))
            for control in op.control_inputs:
                self.followers.setdefault(control, []).append(op)
        self.steps: dict[Operation, Executable] = {}

    def run(self, state: State, feeds: dict[Tensor, Any], overlay: dict[str, Any]) -> list[Any]:
        """Runs once, putting new values of variables into `overlay`."""
        return _Run(self, state, overlay).run(feeds)

    def step(self, op: Operation) -> Executable:
        """The program of one operation: what it reads is fed, but references to variables."""
        if op not in self.steps:
            from lowering.run.executable import Executable

            inputs: dict[Tensor, None] = {}
            stack, seen = list(op.inputs), set(op.inputs)
            while stack:
                tensor = stack.pop()
                if slicing.variable_of(tensor) is None:
                    inputs[tensor] = None
                else:
                    stack += [t for t in tensor.op.inputs if t not in seen]
                    seen.update(tensor.op.inputs)
            self.steps[op] = Executable(list(op.outputs), [op], list(inputs), nested=True, controls=False)
        return self.steps[op]


class _Frame:
    """One frame at one place: what is constant in it, and the trips it has begun."""

    def __init__(self) -> None:
        self.constants: list[tuple[Operation, Any]] = []
        self.trips = 0
        self.exits: dict[Operation, bool] = {}  # whether a value has left by each


class _Run:
    def __init__(self, graph: Dataflow, state: State, overlay: dict[str, Any]) -> None:
        self.graph = graph
        self.state = state
        self.overlay = overlay
        self.given: dict[tuple[Operation, Tag], dict[Any, Any]] = {}  # what has arrived: by input, and by control
        self.done: set[tuple[Operation, Tag]] = set()
        self.values: dict[tuple[Tensor, Tag], Any] = {}
        self.frames: dict[tuple[Tag, str], _Frame] = {}
        self.ready: list[tuple[int, int, Operation, Tag]] = []
        self.count = 0

    def run(self, feeds: dict[Tensor, Any]) -> list[Any]:
        for tensor, value in feeds.items():
            self._deliver(tensor, value, ())
        for op in self.graph.operations:
            if not op.inputs and not op.control_inputs:
                self._enqueue(op, ())
            self._consider(op, ())
        while self.ready or self._leave_dead():
            _, _, op, tag = heapq.heappop(self.ready)
            self._execute(op, tag)
        return [self._fetched(tensor) for tensor in self.graph.fetches]

    def _fetched(self, tensor: Tensor) -> Any:
        value = self.values.get((tensor, ()), DEAD)
        if value is DEAD:
            raise errors.InvalidArgumentError(None, tensor.op, f"The tensor returned for {tensor.name} was not valid.")
        return self._array(tensor) if value is None else value

    def _array(self, tensor: Tensor) -> Any:
        """What a reference to a variable reads as now."""
        variable = slicing.variable_of(tensor)
        assert variable is not None
        held = self.overlay.get(variable.name, self.state.variables.get(variable.name))
        if held is None:
            raise errors.FailedPreconditionError(
                None, variable, f"Attempting to use uninitialized value {variable.name}")
        return np.array(held)

    # -- what has arrived

    def _enqueue(self, op: Operation, tag: Tag) -> None:
        if (op, tag) not in self.done:
            self.done.add((op, tag))
            self.count += 1
            heapq.heappush(self.ready, (op._id, self.count, op, tag))

    def _deliver(self, tensor: Tensor, value: Any, tag: Tag) -> None:
        self.values[tensor, tag] = value
        for op, i in self.graph.readers.get(tensor, ()):
            self.given.setdefault((op, tag), {})[i] = value
            self._consider(op, tag)

    def _follow(self, op: Operation, dead: bool, tag: Tag) -> None:
        for follower in self.graph.followers.get(op, ()):
            self.given.setdefault((follower, tag), {})[op] = DEAD if dead else None
            self._consider(follower, tag)

    def _consider(self, op: Operation, tag: Tag) -> None:
        """Queues the operation when all that it waits for has come, a merge when one value has."""
        given = self.given.get((op, tag), {})
        if any(control not in given for control in op.control_inputs):
            return
        if op.type in MERGES and is_raw(op):
            back = [i for i, t in enumerate(op.inputs) if t.op.type in ("NextIteration", "RefNextIteration")]
            expected = back if tag and tag[-1][1] else [i for i in range(len(op.inputs)) if i not in back]
            if any(i in given and given[i] is not DEAD for i in range(len(op.inputs))) or all(
                    i in given for i in expected):
                self._enqueue(op, tag)
        elif all(i in given for i in range(len(op.inputs))):
            if op.inputs or op.control_inputs:
                self._enqueue(op, tag)

    # -- what happens

    def _execute(self, op: Operation, tag: Tag) -> None:
        given = self.given.get((op, tag), {})
        if op.outputs and all(t in self.graph.fed for t in op.outputs):
            self._follow(op, False, tag)
            return
        inputs = [given[i] if i in given else DEAD for i in range(len(op.inputs))]
        raw = is_raw(op)
        if raw and op.type in MERGES:
            at = next((i for i, value in enumerate(inputs) if value is not DEAD), None)
            self._finish(op, [DEAD, DEAD] if at is None else [inputs[at], np.int32(at)], tag)
            return
        dead = op.type != "ControlTrigger" and any(value is DEAD for value in (*inputs, *given.values()))
        if raw and op.type in SWITCHES:
            pred = self._array(op.inputs[1]) if inputs[1] is None else inputs[1]
            taken = None if dead else bool(pred)
            self._finish(op, [inputs[0] if taken is False else DEAD, inputs[0] if taken else DEAD], tag)
        elif raw and op.type in ("Enter", "RefEnter"):
            self._enter(op, DEAD if dead else inputs[0], tag)
        elif raw and op.type in ("Exit", "RefExit"):
            self._exit(op, DEAD if dead else inputs[0], tag)
        elif raw and op.type in ("NextIteration", "RefNextIteration"):
            if not dead:
                self._again(op, inputs[0], tag)
        elif raw:
            self._finish(op, [DEAD if dead else inputs[0]], tag)
        elif dead:
            self._finish(op, [DEAD] * len(op.outputs), tag)
        else:
            self._finish(op, self._compute(op, inputs), tag)

    def _finish(self, op: Operation, results: list[Any], tag: Tag) -> None:
        for tensor, value in zip(op.outputs, results, strict=True):
            if tensor not in self.graph.fed:
                self._deliver(tensor, value, tag)
        dead = bool(results) and all(value is DEAD for value in results)
        waited = self.given.get((op, tag), {}).values()
        self._follow(op, dead or (not results and any(value is DEAD for value in waited)), tag)

    def _compute(self, op: Operation, inputs: list[Any]) -> list[Any]:
        """The operation's outputs; None stands for a reference to a variable."""
        if op.type in slicing.VARIABLES or (op.outputs and slicing.variable_of(op.outputs[0]) is not None
                                            and op.type in slicing.ALIASES and op.outputs[0].dtype.is_ref_dtype):
            return [None]
        if op.type == "Const":
            return [op.attrs["value"]]
        step = self.graph.step(op)
        known = dict(zip(op.inputs, inputs, strict=True))
        for tensor in step.feeds:  # on the way of a reference to its variable: not looked at
            known.setdefault(tensor, np.zeros((), tensor.dtype.base_dtype.array_dtype))
        feeds = [known[t] if isinstance(known[t], WHOLE) else np.asarray(known[t]) for t in step.feeds]
        results = step.run_within(self.state, feeds, self.overlay)
        return [None if tensor.dtype.is_ref_dtype and slicing.variable_of(tensor) is not None else value
                for tensor, value in zip(op.outputs, results, strict=True)]

    # -- frames

    def _frame(self, op: Operation, tag: Tag) -> _Frame:
        return self.frames.setdefault((tag, op.attrs["frame_name"]), _Frame())

    def _enter(self, op: Operation, value: Any, tag: Tag) -> None:
        frame = self._frame(op, tag)
        if op.attrs["is_constant"]:
            frame.constants.append((op, value))
        for trip in range(frame.trips + 1 if op.attrs["is_constant"] else 1):
            self._finish(op, [value], (*tag, (op.attrs["frame_name"], trip)))

    def _again(self, op: Operation, value: Any, tag: Tag) -> None:
        *outer, (name, trip) = tag
        after = (*outer, (name, trip + 1))
        frame = self.frames[tuple(outer), name]
        if trip + 1 > frame.trips:
            frame.trips = trip + 1
            for constant, held in frame.constants:
                self._finish(constant, [held], after)
        self._finish(op, [value], after)

    def _exit(self, op: Operation, value: Any, tag: Tag) -> None:
        *outer, (name, _) = tag
        frame = self.frames[tuple(outer), name]
        if value is not DEAD:
            frame.exits[op] = True
            self._finish(op, [value], tuple(outer))
        else:
            frame.exits.setdefault(op, False)

    def _leave_dead(self) -> bool:
        """When nothing else is left to do: exits that no value has left by are told to those behind them."""
        for (outer, _), frame in self.frames.items():
            for op, live in frame.exits.items():
                if not live and (op.outputs[0], outer) not in self.values:
                    self._finish(op, [DEAD], outer)
        return bool(self.ready)
