"""The host's part of a run: operation after operation, each with its inputs, conditionals and loops region by region."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lowering import interpret
from lowering.kernels.arrays import WHOLE
from lowering.plan import crossings
from lowering.plan import slice as slicing
from lowering.plan.stages import HostStage
from lowering.run import backward
from lowering.run.hosting import Call, HostSession
from lowering.run.results import own
from lowering.run.state import State
from lowering.run.watch import Watch, now
from tracer import errors
from tracer.ir import Operation, Region, Tensor

if TYPE_CHECKING:
    from lowering.run.executable import Executable


class HostSteps:
    """The host operations of one executable, prepared when they first run."""

    def __init__(self, fed: frozenset[Tensor]) -> None:
        self.fed = fed
        self.taped: frozenset[Operation] = frozenset()  # what notes how it ran, for a gradient
        self._recorders: dict[Region, backward.Recorder | None] = {}
        self._steps_back: dict[Operation, backward.StepBack] = {}
        self.nested: dict[Region, Executable] = {}  # the regions that run step by step
        self._calls: dict[Operation, Call] = {}

    def run(self, stage: HostStage, state: State, values: dict[Tensor, Any], overlay: dict[str, Any],
              watch: Watch | None) -> None:
        """Runs host operations, in order; no lock is held, since some of them wait."""
        session: HostSession | None = None
        for node in stage.nodes:
            if node.outputs and node.outputs[0] in values and all(output in values for output in node.outputs):
                continue
            begun = 0 if watch is None else now()
            call = self._calls.get(node)
            if call is None and (node.regions or node.type == crossings.BACK):
                with interpret.blame(node):
                    results = (self._control if node.regions else self._back)(node, state, values, overlay, watch)
                values.update(zip(node.outputs, results, strict=True))
                if watch is not None:
                    watch.host(node, begun, values)
                continue
            if call is None:
                call = self._calls[node] = Call(node, self.fed)
            if session is None or watch is not None:
                session = HostSession(state, overlay, watch)
            held: list[Any] = []
            try:
                arguments = self._arguments(call, state, values, overlay, held)
                results = call.run(arguments, session, values)
            finally:
                if held:
                    state.unpin(held)
            call.keep(interpret.flatten(results), values, overlay)
            if stage.passing:
                arguments = results = None  # type: ignore[assignment]
                for tensor in node.inputs:
                    if tensor in stage.passing:
                        del values[tensor]
            if watch is not None:
                watch.host(node, begun, values)

    def _arguments(self, call: Call, state: State, values: dict, overlay: dict, held: list[Any]) -> list[Any]:
        """The inputs of a host operation. The arrays of variables that it gets uncopied are noted in `held`."""
        rule = call.rule
        if not rule.held:
            return [constant if constant is not None else self._argument(a, i in rule.unread, state, values, overlay)
                    for i, (a, constant) in enumerate(zip(call.arguments, call.constants, strict=True))]

        def read(argument: Any) -> Any:
            if isinstance(argument, list):
                return [read(a) for a in argument]
            array = self._held(argument, state, values, overlay)
            state.pin(array)
            held.append(array)
            return array

        with state.lock:  # all of them as they are at one moment
            return [read(a) if i in rule.held else self._argument(a, i in rule.unread, state, values, overlay)
                    for i, a in enumerate(call.arguments)]

    def _control(self, node: Operation, state: State, values: dict, overlay: dict[str, Any],
                 watch: Watch | None) -> list[Any]:
        """A conditional, loop or call that holds host operations, or whose shapes vary: region after region."""

        def read(tensor: Tensor) -> Any:
            return self._argument(tensor, False, state, values, overlay)

        tape = backward.Tape() if node in self.taped else None
        results = self._results(node, lambda region, given: self._region(
            region, given, state, read, overlay, watch, None if tape is None else (node, tape)), read)
        if tape is not None:
            tape.results = results
            values[crossings.tape(node).outputs[0]] = tape
        return results

    @staticmethod
    def _results(node: Operation, run: Callable[[Region, list[Any]], list[Any]], read: Callable) -> list[Any]:
        if node.type == "Cond":
            holds = bool(read(node.inputs[0]))
            return [*run(node.regions[0 if holds else 1], []), np.int32(holds)]
        if node.type != "While":
            return run(node.regions[0], [])
        condition, body = node.regions
        carried = [read(t) for t in node.inputs[:node.attrs["count"]]]
        while bool(run(condition, carried)[0]):
            carried = run(body, carried)
        return carried

    def _region(self, region: Region, given: list[Any], state: State, read: Any, overlay: dict[str, Any],
                watch: Watch | None, tape: tuple[Operation, backward.Tape] | None) -> list[Any]:
        executable = self.nested.get(region)
        if executable is not None and executable.successor is not None:
            executable = self.nested[region] = executable.successor
        if executable is None:
            from lowering.run.executable import Executable

            recorder = None
            if tape is not None and not (tape[0].type == "While" and region is tape[0].regions[0]):
                recorder = backward.Recorder(tape[0], region)
            self._recorders[region] = recorder
            inputs = [*region.inputs, *crossings.captured(region)]
            executable = self.nested[region] = Executable(
                region.outputs if recorder is None else recorder.fetches, region.effects, inputs, nested=True, within=region)
        recorder = self._recorders[region]
        feeds = [feed if isinstance(feed, WHOLE) else np.asarray(feed)
                 for feed in (*given, *(read(t) for t in executable.feeds[len(given):]))]
        if recorder is None:
            return executable.run_within(state, feeds, overlay, watch)
        assert tape is not None
        trip = recorder.begin(state, overlay, feeds[:len(given)])
        results = recorder.end(trip, feeds[len(given):], executable.run_within(state, feeds, overlay, watch))
        tape[1].trips.append(trip)
        return results

    def _back(self, node: Operation, state: State, values: dict, overlay: dict[str, Any], watch: Watch | None) -> list[Any]:
        """A step back through an operation of the host."""
        step = self._steps_back.get(node)
        if step is None:
            step = self._steps_back[node] = backward.StepBack(node)
        return step.run(lambda tensor: self._argument(tensor, False, state, values, overlay), state, overlay, watch)

    def _argument(self, argument: Any, unread: bool, state: State, values: dict, overlay: dict) -> Any:
        if isinstance(argument, list):
            return [self._argument(a, unread, state, values, overlay) for a in argument]
        if unread:
            return None
        value = values.get(argument)
        if value is not None:
            return own(value)
        if argument.op.type == "Const":
            return argument.op.attrs["value"]
        with state.lock:
            return own(self._held(argument, state, values, overlay), copy=True)

    def _held(self, argument: Tensor, state: State, values: dict, overlay: dict) -> Any:
        """The array that the run has for a tensor, itself."""
        if argument in values:
            return values[argument]
        if argument.op.type == "Const":
            return argument.op.attrs["value"]
        variable = slicing.variable_of(argument)
        assert variable is not None, argument
        held = overlay.get(variable.name, state.variables.get(variable.name))
        if held is None:
            raise errors.FailedPreconditionError(
                None, variable, f"Attempting to use uninitialized value {variable.name}")
        return held
