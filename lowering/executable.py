"""Runs a plan: device programs and host steps in turn, committed together or not at all."""

from __future__ import annotations

import threading
from typing import Any

import jax
import numpy as np

from lowering import arrays_in_loops, ending, fast, interpret, planning, ragged, restoring, straight, trips
from lowering import slice as slicing
from lowering.arrays import WHOLE, ArrayGrowsError, Elements, Handle, StackHandle
from lowering.control import ShapeVariesError
from lowering.dataflow import Dataflow
from lowering.hosting import Call, HostSession
from lowering.program import OFTEN, Program
from lowering.stages import DeviceStage, HostStage
from lowering.staging import Staging
from lowering.state import State
from lowering.straight import Straight
from lowering.watch import Watch, now
from tracer import dtypes, errors
from tracer.ir import Operation, Region, Tensor


class Executable:
    """One signature (fetches and fed tensors) ready to run on a state."""

    def __init__(self, fetches: list[Tensor], targets: list[Operation], feeds: list[Tensor],
                 nested: bool = False, controls: bool = True, moved: frozenset[Operation] = frozenset(),
                 before: list[Program | HostStage] | None = None, within: Region | None = None) -> None:
        self.nested = nested  # the body of a conditional or loop: the run around it commits, or takes all back
        self.within = within
        self.controls = controls
        self.dataflow: Dataflow | None = None
        self.feeds = feeds
        self.fed = frozenset(feeds)
        self.fetches = fetches
        self.targets = targets
        self.staging = Staging()
        self._nested: dict[Any, Executable] = {}
        self._calls: dict[Operation, Call] = {}
        self.successor: Executable | None = None  # the same run, planned otherwise
        ending.watch()
        self._runs = 0
        self.moved = moved
        self._prepare(before or [])

    def _prepare(self, before: list[Program | HostStage]) -> None:
        """Plans the run. Programs that were there `before` are compiled already."""
        fetches = self.fetches
        self.fixed, self.hosted = frozenset(slicing.FIXED), frozenset(slicing.ON_HOST)
        try:
            self.plan = planning.plan(fetches, self.targets, self.fed, self.controls, self.moved, self.within)
            if self._fix_what_grows():
                self.fixed = frozenset(slicing.FIXED)
                self.plan = planning.plan(fetches, self.targets, self.fed, self.controls, self.moved, self.within)
        except slicing.RawControlFlowError:
            self.plan = planning.plan([], [], self.fed)
            self.dataflow = Dataflow(fetches, self.targets, self.fed)
        self._check_fed()
        stages = self.plan.stages
        last = len(stages) - 1
        self.endless = any(trips.may_not_end(op) for stage in stages if isinstance(stage, DeviceStage)
                           for node in stage.nodes for op in slicing.inner(node))
        donating = not self.nested and not self.endless  # what may be interrupted keeps the old values
        self.steps: list[Program | HostStage] = [
            self._program(stage, donating and i == last, before) if isinstance(stage, DeviceStage) else stage
            for i, stage in enumerate(stages)]
        self.required = [v.name for v in self.plan.required]
        self.single = self.steps[0] if len(self.steps) == 1 and isinstance(self.steps[0], Program) else None
        self.sources = [] if self.dataflow is not None else [self._source(t) for t in fetches]
        self.simple = self.single is not None and all(kind == "output" for kind, _ in self.sources)
        self.straight: Straight | None = None  # prepared when it runs again

    def _straight(self) -> Straight | None:
        """The run as one function of the host's, where it is no more."""
        if self.nested or self.dataflow is not None or len(self.steps) != 1 or self.required or not fast.on("straight"):
            return None
        stage = self.steps[0]
        if isinstance(stage, Program) or not straight.is_straight(stage, self.fed):
            return None
        return Straight(stage, self.feeds, self.fetches, own)

    def _fix_what_grows(self) -> bool:
        """Has loops counted before they run whose arrays are certain to grow; whether there are such."""
        found = [node for op in self.plan.nodes if op.regions for node in slicing.inner(op)
                 if node.type == "While" and node not in slicing.FIXED and arrays_in_loops.surely_grow(node)]
        for node in found:
            if node not in slicing.FIXED:
                slicing.fix(node)
        return bool(found)

    def _program(self, stage: DeviceStage, donate: bool, before: list[Program | HostStage]) -> Program:
        made = Program(stage, donate, self._noticed)
        return next((step for step in before if isinstance(step, Program) and step.stage == stage
                     and step.donate == made.donate), made)

    def _noticed(self, program: Program) -> None:
        """Moves what works on arrays of ever other shapes to the host, for the runs after this one."""
        count = len(program.variants)
        if count not in (ragged.PATIENCE, OFTEN):
            return
        moved = ragged.find(program.stage, program.variants, self.fed, patient=count < OFTEN)
        if moved:
            planned = self if self.successor is None else self.successor
            self.successor = Executable(self.fetches, self.targets, self.feeds, self.nested, self.controls,
                                        planned.moved.union(moved), planned.steps, self.within)

    def _check_fed(self) -> None:
        for op in self.plan.nodes:
            if op.type == "Placeholder" and op.outputs[0] not in self.fed:
                raise errors.InvalidArgumentError(None, op, unfed_message(op))

    def _source(self, tensor: Tensor) -> tuple[str, Any]:
        """Where a fetched value is found at the end of a run."""
        if tensor in self.fed:
            return "value", tensor
        if tensor.op.type == "Const":
            return "constant", tensor
        variable = slicing.kept_variable(tensor)
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
        return list(self._nested.items())

    def run(self, state: State, feeds: list[Any], watch: Watch | None = None) -> list[Any]:
        """Runs once. Returns the fetched values, each the caller's own."""
        if self.successor is not None:
            return self.successor.run(state, feeds, watch)
        if self.straight is not None and watch is None:
            return self.straight.run(state, feeds)
        if self._runs < 2:
            self._runs += 1
            self.straight = self._straight() if self._runs == 2 else None
        ending.enter()
        try:
            if state.device is not None:
                with jax.default_device(state.device):
                    return self._run(state, feeds, watch)
            return self._run(state, feeds, watch)
        finally:
            ending.leave()

    def run_several(self, state: State) -> bool:
        """Runs several times at once, as if each run came by itself; False where it has to be run."""
        return self.straight is not None and self.straight.burst is not None and self.straight.burst.run(state)

    def _run(self, state: State, feeds: list[Any], watch: Watch | None) -> list[Any]:
        if self.endless and watch is None and threading.current_thread() is threading.main_thread():
            watch = Watch(None, False, interruptible=True)
        try:
            with jax.enable_x64(True):
                if not self.simple or watch is not None:
                    return self._run_stages(state, feeds, None, watch)
                program: Program = self.single  # type: ignore[assignment]
                with state.lock:
                    if not feeds:
                        outputs = program.run(state, {}, None)
                    else:
                        waits = not self.sources
                        values = dict(zip(self.feeds, self.staging.copies(feeds) if waits else feeds, strict=True))
                        outputs = program.run(state, values, None)
                        if waits:
                            self.staging.last = program.a_result(state)
                return [_fetched(own(outputs[at])) for _, at in self.sources] if self.sources else []
        except (ShapeVariesError, ArrayGrowsError) as error:
            self._fix(error)
            self._prepare([])
            return self._run(state, feeds, watch)

    def _fix(self, error: ShapeVariesError | ArrayGrowsError) -> None:
        """Has the loop, or the conditional, decided on before it runs, or run on the host; another run may have already."""
        node = error.node if isinstance(error, ShapeVariesError) else slicing.holder(error.op)
        if node is None or node in self.hosted:
            raise error
        if node not in slicing.ON_HOST and (node not in slicing.FIXED or node in self.fixed):
            slicing.fix(node)

    def _run_stages(self, state: State, feeds: list[Any], outer: dict[str, Any] | None = None,
                    watch: Watch | None = None) -> list[Any]:
        """Runs the stages; inside of a region (with the `outer` overlay) the run around it commits."""
        values: dict[Tensor, Any] = dict(zip(self.feeds, feeds, strict=True))
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
        undo: list[tuple[str, Any, Any]] = []
        try:
            for step in self.steps:
                if isinstance(step, Program):
                    with state.lock:
                        try:
                            outputs = (step.run(state, values, overlay) if watch is None or overlay is None
                                       else watch.program(step, state, values, overlay, self.nested))
                        except errors.DeadlineExceededError:
                            raise  # the old values are where they were
                        except BaseException:
                            if overlay and outer is None:
                                state.replace(overlay, undo)
                            raise
                        if overlay and outer is None:
                            state.publish(overlay, undo)
                        if overlay is None:
                            found = self._variables(state, None)
                    values.update(zip(step.stage.outputs, outputs, strict=True))
                else:
                    if overlay is None:
                        overlay = {}
                    swap = restoring.overlay_for(
                        step, state, lambda trial, step=step: self._host(step, state, values, trial, None)
                    ) if step.only_loads and outer is None else None
                    self._host(step, state, values, overlay if swap is None else swap, watch)
                    if overlay and outer is None:
                        with state.lock:
                            state.publish(overlay, undo)
                if watch is not None:
                    watch.check()
        except BaseException:
            if undo:
                state.take_back(undo)
            raise
        with state.lock:
            if found is None:
                found = self._variables(state, outer)
            last = self.steps[-1] if self.steps and feeds and outer is None else None
            result = last.a_result(state) if isinstance(last, Program) else None
            if result is not None:
                result.block_until_ready()  # the caller may change what it fed
        results = [self._result(source, values, found, outputs) for source in self.sources]
        return results if self.nested else [_fetched(result) for result in results]

    def _run_dataflow(self, dataflow: Dataflow, state: State, values: dict[Tensor, Any],
                      outer: dict[str, Any] | None) -> list[Any]:
        """Runs a graph of switches and frames, one operation after the other."""
        overlay = {} if outer is None else outer
        results = [own(result, copy=True) for result in dataflow.run(state, values, overlay)]
        if outer is None:
            with state.lock:
                state.variables.update(overlay)
        return results if self.nested else [_fetched(result) for result in results]

    def _check_initialized(self, state: State, outer: dict[str, Any] | None) -> None:
        for variable in self.plan.required:
            if variable.name not in state.variables and variable.name not in (outer or ()):
                reader = next((op for op in self.plan.nodes for t in op.inputs
                               if slicing.variable_of(t) is variable), variable)
                raise errors.FailedPreconditionError(
                    None, reader, f"Attempting to use uninitialized value {variable.name}")

    def _variables(self, state: State, outer: dict[str, Any] | None) -> dict[Operation, Any]:
        """Copies of the fetched variables: the arrays themselves may be given away by the next run."""
        wanted = {where for kind, where in self.sources if kind == "variable"}
        if not wanted:
            return {}
        table = {**state.variables, **outer} if outer else state.variables
        return {variable: own(table[variable.name], copy=True) for variable in wanted}

    def _result(self, source: tuple[str, Any], values: dict[Tensor, Any], variables: dict, outputs: tuple) -> Any:
        kind, where = source
        if kind == "value":
            return own(values[where], copy=True)
        if kind == "constant":
            return own(where.op.attrs["value"], copy=True)
        if kind == "variable":
            return own(variables[where], copy=True)
        return own(outputs[where])

    def _host(self, stage: HostStage, state: State, values: dict[Tensor, Any], overlay: dict[str, Any],
              watch: Watch | None) -> None:
        """Runs host operations, in order; no lock is held, since some of them wait."""
        session: HostSession | None = None
        for node in stage.nodes:
            if node.outputs and node.outputs[0] in values and all(output in values for output in node.outputs):
                continue
            begun = 0 if watch is None else now()
            call = self._calls.get(node)
            if call is None and node.regions:
                with interpret.blame(node):
                    results = self._control(node, state, values, overlay, watch)
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
                arguments = self._host_arguments(call, state, values, overlay, held)
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

    def _host_arguments(self, call: Call, state: State, values: dict, overlay: dict, held: list[Any]) -> list[Any]:
        """The inputs of a host operation. The arrays of variables that it gets uncopied are noted in `held`."""
        rule = call.rule
        if not rule.held:
            return [constant if constant is not None else self._host_argument(a, i in rule.unread, state, values, overlay)
                    for i, (a, constant) in enumerate(zip(call.arguments, call.constants, strict=True))]

        def read(argument: Any) -> Any:
            if isinstance(argument, list):
                return [read(a) for a in argument]
            array = self._held(argument, state, values, overlay)
            state.pin(array)
            held.append(array)
            return array

        with state.lock:  # all of them as they are at one moment
            return [read(a) if i in rule.held else self._host_argument(a, i in rule.unread, state, values, overlay)
                    for i, a in enumerate(call.arguments)]

    def _control(self, node: Operation, state: State, values: dict, overlay: dict[str, Any],
                 watch: Watch | None) -> list[Any]:
        """A conditional, loop or call that holds host operations, or whose shapes vary: region after region."""

        def read(tensor: Tensor) -> Any:
            return self._host_argument(tensor, False, state, values, overlay)

        if node.type == "Cond":
            holds = bool(read(node.inputs[0]))
            return [*self._region(node.regions[0 if holds else 1], [], state, read, overlay, watch), np.int32(holds)]
        if node.type != "While":
            return self._region(node.regions[0], [], state, read, overlay, watch)
        condition, body = node.regions
        carried = [read(t) for t in node.inputs[:node.attrs["count"]]]
        while bool(self._region(condition, carried, state, read, overlay, watch)[0]):
            carried = self._region(body, carried, state, read, overlay, watch)
        return carried

    def _region(self, region: Region, given: list[Any], state: State, read: Any, overlay: dict[str, Any],
                watch: Watch | None) -> list[Any]:
        executable = self._nested.get(region)
        if executable is not None and executable.successor is not None:
            executable = self._nested[region] = executable.successor
        if executable is None:
            captured = [t for t in region.captures()[0] if t.op.type != "Const" and slicing.variable_of(t) is None]
            inputs = [*region.inputs, *captured]
            executable = self._nested[region] = Executable(region.outputs, region.effects, inputs, nested=True,
                                                               within=region)
        feeds = [*given, *(read(t) for t in executable.feeds[len(given):])]
        try:
            return executable._run_stages(
                state, [feed if isinstance(feed, WHOLE) else np.asarray(feed) for feed in feeds], overlay, watch)
        except (ShapeVariesError, ArrayGrowsError) as error:
            executable._fix(error)
            executable._prepare([])
            return self._region(region, given, state, read, overlay, watch)

    def _host_argument(self, argument: Any, unread: bool, state: State, values: dict, overlay: dict) -> Any:
        if isinstance(argument, list):
            return [self._host_argument(a, unread, state, values, overlay) for a in argument]
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


def own(value: Any, copy: bool = False) -> Any:
    """A value as the caller's own: a writable NumPy array, or a NumPy scalar for shape ()."""
    if type(value) is np.ndarray:
        if not value.ndim:
            return value[()]
        return value.copy() if copy else value
    if isinstance(value, jax.Array):
        value = np.array(value)
    elif copy and isinstance(value, np.ndarray):
        value = value.copy()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value[()]
    return value


def _fetched(value: Any) -> Any:
    """What a fetch of a `TensorArray`'s flow or handle gives; anything else is itself."""
    if isinstance(value, Elements):
        return np.float32(0)
    if isinstance(value, (Handle, StackHandle)):
        container = b"_tensor_arrays" if isinstance(value, Handle) else b"_stacks"
        return np.array([container, value.name.encode()], object)
    return value


_C_TYPES = {dtypes.float32: "float", dtypes.float64: "double", dtypes.float16: "half"}


def unfed_message(op: Operation) -> str:
    """TensorFlow's words for a placeholder that a run needs and was not given."""
    kind = op.attrs["dtype"]
    sizes = op.outputs[0].sizes
    shape = "" if not sizes or None in sizes else f" and shape [{','.join(map(str, sizes))}]"
    return (f"You must feed a value for placeholder tensor '{op.name}' with dtype "
            f"{_C_TYPES.get(kind, kind.name)}{shape}")
