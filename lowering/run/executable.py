"""Runs a plan: device programs and host steps in turn, committed together or not at all."""

from __future__ import annotations

import threading
from typing import Any

import jax
import numpy as np

from lowering import fast
from lowering.flow import arrays_in_loops, trips
from lowering.flow.dataflow import Dataflow
from lowering.flow.regions import ShapeVariesError
from lowering.kernels.arrays import ArrayGrowsError
from lowering.plan import crossings, planning, ragged, varying
from lowering.plan import slice as slicing
from lowering.plan.stages import DeviceStage, HostStage
from lowering.programs.program import OFTEN, Program
from lowering.programs.staging import Staging
from lowering.run import backward, ending, feeding, repeated, restoring, straight
from lowering.run.host_steps import HostSteps
from lowering.run.results import fetched, own
from lowering.run.state import State
from lowering.run.straight import Straight
from lowering.run.watch import Watch
from tracer import errors
from tracer.ir import Operation, Region, Tensor

_NOTICING = threading.RLock()


class Executable:
    """One signature (fetches and fed tensors) ready to run on a state."""

    def __init__(self, fetches: list[Tensor], targets: list[Operation], feeds: list[Tensor],
                 nested: bool = False, controls: bool = True, moved: frozenset[Operation] = frozenset(),
                 before: list[Program | HostStage] | None = None, within: Region | None = None,
                 decides: bool = False, again: bool = False) -> None:
        self.again = again  # whether all of it has run before: see `lowering.run.backward`
        self.nested = nested  # the body of a conditional or loop: the run around it commits, or takes all back
        self.within = within
        self.decides = decides  # whether its programs may be for fed values that decide on conditionals
        self.controls = controls
        self.dataflow: Dataflow | None = None
        self.feeds = feeds
        self.fed = frozenset(feeds)
        self.fetches = fetches
        self.targets = targets
        self.staging = Staging()
        self.host = HostSteps(self.fed)
        self.successor: Executable | None = None  # the same run, planned otherwise
        ending.watch()
        self.moved = moved
        self._prepare(before or [])

    def _prepare(self, before: list[Program | HostStage]) -> None:
        """Plans the run. Programs that were there `before` are compiled already."""
        self.awaited = [] if self.nested else [t for t in slicing.computed(self.targets)
                                               if t not in self.fed and t not in self.fetches]
        fetches = [*self.fetches, *self.awaited]
        self.fixed, self.hosted = frozenset(varying.FIXED), frozenset(varying.ON_HOST)
        try:
            self.plan = planning.plan(fetches, self.targets, self.fed, self.controls, self.moved, self.within,
                                      self.decides, self.again)
            if self._fix_what_grows():
                self.fixed = frozenset(varying.FIXED)
                self.plan = planning.plan(fetches, self.targets, self.fed, self.controls, self.moved, self.within,
                                          self.decides, self.again)
        except slicing.RawControlFlowError:
            self.plan = planning.plan([], [], self.fed)
            self.awaited = []  # what is on a branch that is not taken is not computed
            self.dataflow = Dataflow(self.fetches, self.targets, self.fed)
        feeding.check(self.plan.nodes, self.fed)
        stages = self.plan.stages
        self.host.taped = backward.taped(self.plan.nodes)
        self.redrawn = frozenset(op for stage in stages if isinstance(stage, DeviceStage)
                                 for op in stage.streams if op in stage.again)
        last = len(stages) - 1
        self.endless = any(trips.may_not_end(op) for stage in stages if isinstance(stage, DeviceStage)
                           for node in stage.nodes for op in slicing.inner(node))
        donating = not self.nested and not self.endless  # what may be interrupted keeps the old values
        self.steps: list[Program | HostStage] = [
            self._program(stage, donating and i == last, before) if isinstance(stage, DeviceStage) else stage
            for i, stage in enumerate(stages)]
        self.required = [v.name for v in self.plan.required]
        self.single = self.steps[0] if len(self.steps) == 1 and isinstance(self.steps[0], Program) else None
        self.sources = [] if self.dataflow is not None else [self._source(t) for t in self.fetches]
        self.simple = self.single is not None and all(kind == "output" for kind, _ in self.sources)
        self.straight: Straight | None = None  # prepared when it runs again
        self.repeated: repeated.Repeated | None = None  # likewise
        self._runs = 0

    def _repeated(self, state: State) -> repeated.Repeated | None:
        """The run as that of one program which was compiled before, where it is no more."""
        if (self.nested or self.single is None or self.endless or self.successor is not None
                or not fast.on("repeated")):
            return None
        return repeated.prepared(self, state)

    def _straight(self) -> Straight | None:
        """The run as one function of the host's, where it is no more."""
        if self.nested or self.dataflow is not None or len(self.steps) != 1 or self.required or not fast.on("straight"):
            return None
        stage = self.steps[0]
        if isinstance(stage, Program) or not straight.is_straight(stage, self.fed):
            return None
        return Straight(stage, self.feeds, self.fetches)

    def _fix_what_grows(self) -> bool:
        """Has loops counted before they run whose arrays are certain to grow; whether there are such."""
        found = [node for op in self.plan.nodes if op.regions for node in slicing.inner(op)
                 if node.type == "While" and node not in varying.FIXED and arrays_in_loops.surely_grow(node)]
        for node in found:
            if node not in varying.FIXED:
                varying.fix(node)
        return bool(found)

    def _program(self, stage: DeviceStage, donate: bool, before: list[Program | HostStage]) -> Program:
        made = Program(stage, donate, self._noticed)
        return next((step for step in before if isinstance(step, Program) and step.stage == stage
                     and step.donate == made.donate), made)

    def _noticed(self, program: Program) -> None:
        """Moves what works on arrays of ever other shapes to the host, for the runs after this one."""
        count = len(program.variants)
        reached = sum(count >= many for many in (ragged.PATIENCE, OFTEN))  # threads may bring several shapes at once
        with _NOTICING:
            if reached <= program.reached:
                return
            program.reached = reached
            moved = ragged.find(program.stage, program.variants[:count], self.fed, patient=count < OFTEN)
            if moved:
                planned = self if self.successor is None else self.successor
                self.repeated = None
                self.successor = Executable(self.fetches, self.targets, self.feeds, self.nested, self.controls,
                                            planned.moved.union(moved), planned.steps, self.within, self.decides,
                                            self.again)

    def _source(self, tensor: Tensor) -> tuple[str, Any]:
        """Where a fetched value is found at the end of a run."""
        if tensor in self.fed:
            return "value", tensor
        if tensor.op.type == "Const":
            return "constant", tensor
        variable = slicing.kept_variable(tensor, self.fed)
        if variable is not None:
            return "variable", variable
        if self.single is not None:
            return "output", self.single.stage.outputs.index(tensor)
        return "value", tensor

    def operations(self) -> list[tuple[Operation, bool]]:
        """What it runs, in order, regions included; and whether that is a host step or a constant."""
        if self.dataflow is not None:
            return [(op, True) for op in sorted(self.dataflow.operations, key=lambda op: op._id)]
        on_host = {op for stage in self.plan.stages if isinstance(stage, HostStage) for op in stage.nodes}
        return [(op, node in on_host or op.type == "Const") for node in self.plan.nodes for op in slicing.inner(node)]

    def bodies(self) -> list[tuple[Region, Executable]]:
        """The bodies of conditionals and loops that have run step by step on the host."""
        return list(self.host.nested.items())

    def run(self, state: State, feeds: list[Any], watch: Watch | None = None) -> list[Any]:
        """Runs once. Returns the fetched values, each the caller's own."""
        if self.repeated is not None and watch is None and not repeated.MEASURED:
            try:
                results = self.repeated(state, feeds)
            except (ShapeVariesError, ArrayGrowsError):  # it is compiled again, and said again
                results = None
            if results is not None:
                return results
        if self.successor is not None:
            return self.successor.run(state, feeds, watch)
        if self.straight is not None and watch is None:
            return self.straight.run(state, feeds)
        if self._runs < 2:
            self._runs += 1
            if self._runs == 2:
                self.straight, self.repeated = self._straight(), self._repeated(state)
        ending.enter()
        try:
            if state.device is not None:
                with jax.default_device(state.device):
                    return self._run(state, feeds, watch)
            return self._run(state, feeds, watch)
        except KeyboardInterrupt as error:
            ending.interrupted(error)
            raise
        finally:
            ending.leave()

    def run_within(self, state: State, feeds: list[Any], overlay: dict[str, Any], watch: Watch | None = None,
                   streams: dict[Any, Any] | None = None) -> list[Any]:
        """Runs once inside of another run, which commits what this one leaves in `overlay`.

        What has run before draws its random numbers again, from these `streams`.
        """
        try:
            return self._run_stages(state, feeds, overlay, watch, streams)
        except (ShapeVariesError, ArrayGrowsError) as error:
            self._fix(error)
            self._prepare([])
            return self.run_within(state, feeds, overlay, watch, {**(streams or {}), **_came(error)})

    def run_several(self, state: State) -> bool:
        """Runs several times at once, as if each run came by itself; False where it has to be run."""
        return self.straight is not None and self.straight.burst is not None and self.straight.burst.run(state)

    def _run(self, state: State, feeds: list[Any], watch: Watch | None, came: dict[Any, Any] | None = None) -> list[Any]:
        if self.endless and watch is None and threading.current_thread() is threading.main_thread():
            watch = Watch(None, False, interruptible=True)
        try:
            with jax.enable_x64(True):
                if not self.simple or watch is not None:
                    return self._run_stages(state, feeds, None, watch, came)
                program: Program = self.single  # type: ignore[assignment]
                with state.lock:
                    if not feeds:
                        outputs = program.run(state, {}, None)
                    else:
                        waits = not self.sources
                        given = self.staging.copies(feeds) if waits else feeds
                        values = dict(zip(self.feeds, given, strict=True))
                        outputs = program.run(state, values, None)
                        if waits:
                            self.staging.last = program.a_result(state)
                if self.awaited:
                    jax.block_until_ready(outputs)
                return [fetched(own(outputs[at])) for _, at in self.sources] if self.sources else []
        except (ShapeVariesError, ArrayGrowsError) as error:
            self._fix(error)
            self._prepare([])
            return self._run(state, feeds, watch, {**(came or {}), **_came(error)})

    def _fix(self, error: ShapeVariesError | ArrayGrowsError) -> None:
        """Has the loop, or the conditional, decided on before it runs, or run on the host; another run may have already."""
        node = error.node if isinstance(error, ShapeVariesError) else varying.holder(error.op)
        if node is None or node in self.hosted:
            raise error
        if node not in varying.ON_HOST and (node not in varying.FIXED or node in self.fixed):
            varying.fix(node, isinstance(error, ShapeVariesError) and error.only_counted)

    def _run_stages(self, state: State, feeds: list[Any], outer: dict[str, Any] | None = None,
                    watch: Watch | None = None, came: dict[Any, Any] | None = None) -> list[Any]:
        """Runs the stages; inside of a region (with the `outer` overlay) the run around it commits.

        What `came` before, streams of random numbers and results of the host, is not drawn or done again.
        """
        values: dict[Any, Any] = dict(zip(self.feeds, feeds, strict=True))
        values.update(came or {})
        if self.dataflow is not None:
            return self._run_dataflow(self.dataflow, state, values, outer)
        self._check_initialized(state, outer)
        overlay: dict[str, Any] | None = outer
        if outer is None and (len(self.steps) > 1 or watch is not None):
            overlay = {}
        if watch is not None:
            watch.known(self.plan.nodes)
        outputs: tuple = ()
        found = None
        undo: list[tuple[str, Any, Any]] = []  # stays empty inside of another run
        try:
            for step in self.steps:
                if isinstance(step, Program):
                    with state.lock:
                        outputs = self._run_program(step, state, values, overlay, outer is None, undo, watch)
                        if overlay is None:
                            found = self.variables(state, None)
                    values.update(zip(step.stage.outputs, outputs, strict=True))
                else:
                    overlay = {} if overlay is None else overlay
                    self._run_host(step, state, values, overlay, outer is None, undo, watch)
                if watch is not None:
                    watch.check()
        except BaseException as error:
            if undo:
                state.take_back(undo)
            if isinstance(error, (ShapeVariesError, ArrayGrowsError)):
                vars(error)["came"] = self._of_host(values)
            raise
        with state.lock:
            if found is None:
                found = self.variables(state, outer)
            if feeds and outer is None:
                self._wait_for_feeds(state)
        if self.awaited:
            jax.block_until_ready([values.get(t) for t in self.awaited])
        return self.results(values, found, outputs)

    def _of_host(self, values: dict[Any, Any]) -> dict[Any, Any]:
        """What the host gave, of `values`: a batch that was taken from a queue is not in it any more."""
        nodes = [node for step in self.steps if isinstance(step, HostStage) for node in step.nodes]
        return {t: values[t] for node in nodes if not node.regions and node.type not in (crossings.TAPE, crossings.BACK)
                for t in node.outputs if t in values}

    def _run_program(self, program: Program, state: State, values: dict[Tensor, Any], overlay: dict[str, Any] | None,
                     commits: bool, undo: list[tuple[str, Any, Any]], watch: Watch | None) -> tuple:
        """Runs a device program. What it changes is seen by others at once, and noted in `undo`, where this commits."""
        for op in self.redrawn.intersection(program.stage.streams).difference(values) if self.redrawn else ():
            values[op] = np.asarray(state.stream(op))  # type: ignore[index]
        try:
            outputs = (program.run(state, values, overlay) if watch is None or overlay is None
                       else watch.program(program, state, values, overlay, self.nested))
        except errors.DeadlineExceededError:
            raise  # the old values are where they were
        except BaseException:
            if overlay and commits:
                state.replace(overlay, undo)
            raise
        if overlay and commits:
            state.publish(overlay, undo)
        return outputs

    def _run_host(self, stage: HostStage, state: State, values: dict[Tensor, Any], overlay: dict[str, Any],
                  commits: bool, undo: list[tuple[str, Any, Any]], watch: Watch | None) -> None:
        """Runs a host step, likewise."""
        swap = restoring.overlay_for(
            stage, state, lambda trial: self.host.run(stage, state, values, trial, None)
        ) if stage.only_loads and commits else None
        self.host.run(stage, state, values, overlay if swap is None else swap, watch)
        if overlay and commits:
            with state.lock:
                state.publish(overlay, undo)

    def _wait_for_feeds(self, state: State) -> None:
        """Waits until the last program has read what it was fed, which the caller may change then."""
        last = self.steps[-1] if self.steps else None
        result = last.a_result(state) if isinstance(last, Program) else None
        if result is not None:
            result.block_until_ready()

    def _run_dataflow(self, dataflow: Dataflow, state: State, values: dict[Tensor, Any],
                      outer: dict[str, Any] | None) -> list[Any]:
        """Runs a graph of switches and frames, one operation after the other."""
        overlay = {} if outer is None else outer
        results = [own(result, copy=True) for result in dataflow.run(state, values, overlay)]
        if outer is None:
            with state.lock:
                state.variables.update(overlay)
        return results if self.nested else [fetched(result) for result in results]

    def _check_initialized(self, state: State, outer: dict[str, Any] | None) -> None:
        for variable in self.plan.required:
            if variable.name not in state.variables and variable.name not in (outer or ()):
                reader = next((op for op in self.plan.nodes for t in op.inputs
                               if slicing.variable_of(t) is variable), variable)
                raise errors.FailedPreconditionError(
                    None, reader, f"Attempting to use uninitialized value {variable.name}")

    def variables(self, state: State, outer: dict[str, Any] | None) -> dict[Operation, Any]:
        """Copies of the fetched variables: the arrays themselves may be given away by the next run."""
        wanted = {where for kind, where in self.sources if kind == "variable"}
        if not wanted:
            return {}
        table = {**state.variables, **outer} if outer else state.variables
        return {variable: own(table[variable.name], copy=True) for variable in wanted}

    def results(self, values: dict[Tensor, Any], variables: dict[Operation, Any], outputs: tuple) -> list[Any]:
        """What the run gives to its caller: of `values` by tensor, of copies of variables, of its one program's outputs."""
        results = [self._result(source, values, variables, outputs) for source in self.sources]
        return results if self.nested else [fetched(result) for result in results]

    def _result(self, source: tuple[str, Any], values: dict[Tensor, Any], variables: dict, outputs: tuple) -> Any:
        kind, where = source
        if kind == "value":
            return own(values[where], copy=True)
        if kind == "constant":
            return own(where.op.attrs["value"], copy=True)
        if kind == "variable":
            return own(variables[where], copy=True)
        return own(outputs[where])


def _came(error: ShapeVariesError | ArrayGrowsError) -> dict[Any, Any]:
    """What the host had done in a run that is begun again."""
    return vars(error).get("came", {})
