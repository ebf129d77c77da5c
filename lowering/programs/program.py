"""A device program: the pure function of one stage, compiled by XLA, and run on a session's state."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from operator import itemgetter
from typing import Any

import jax
import numpy as np

from lowering import checks, interpret, registry
from lowering.batch import padding
from lowering.checks import Check
from lowering.flow.gathers import MoreRoundsError
from lowering.plan import varying
from lowering.plan.slice import inner, variable_of
from lowering.plan.stages import DeviceStage
from lowering.programs import announce, devices, first, inline, kept, lifted, options, telling
from lowering.programs.stage_function import StageFunction
from lowering.run.state import State
from tracer import errors
from tracer.ir import Operation, Tensor

OFTEN = 16
"""So many compilations of one program are worth a word to the user."""
Ready = tuple[Any, dict[Tensor, np.ndarray], bool]
"""A compiled function, as it is called for any further run, the values that have shaped it, and whether the thread that
calls computes it."""
_log = logging.getLogger("tracer")


def _many(names: list[str]) -> Callable[[dict], tuple]:
    """The values of `names` as a tuple, in one look-up."""
    if not names:
        return lambda table: ()
    if len(names) == 1:
        return lambda table: (table[names[0]],)
    return itemgetter(*names)


class Program(StageFunction):
    """One device stage of a plan.

    `donate` gives the old variables' memory to the new ones; it is off where a later step can still fail the run.
    """

    def __init__(self, stage: DeviceStage, donate: bool, noticed: Callable[[Program], None] | None = None) -> None:
        super().__init__(stage)
        self.noticed = noticed  # told of each further shape that the program is compiled for
        self.speaks = any("later" in rule.extras for op in stage.nodes for node in inner(op)
                          if (rule := registry.find(node.type)) is not None)
        self.donate = donate and not self.speaks
        self.updated_names = [v.name for v in self.updated]
        self.created_names = [v.name for v in self.created]
        self.held_of = _many(self.updated_names)
        self.readonly_of = _many([v.name for v in self.readonly])
        self._jitted: dict[Any, tuple[Any, list[Check]]] = {}
        self.constant_arrays: tuple | None = None
        self.stream_names = [op.name for op in stage.streams]
        self.streams_of = _many(self.stream_names)
        self.warm: State | None = None  # the state on which it has run before
        self._called: set[Any] = set()  # the static values and shapes of inputs for which it has run
        self._last: Any = None  # what ran last
        self._tables: dict[Any, list[Check]] = {}  # of the checks, where one failed
        self.ready: dict[tuple, Ready] = {}  # what further runs on the state that is `warm` are a mere call of, by
        # the shapes of the inputs and the fed values that shape it
        self.small = False  # whether the thread that calls computes it, as compiled last
        self._ahead: dict[Any, Any] = {}  # compiled for runs that are watched
        self.timers: dict[Any, Any] = {}  # what measures its operations one by one
        self.variants: list[tuple[dict[Tensor, np.ndarray], tuple]] = []  # static values and shapes it ran for
        self.reached = 0  # how many of the counts of those at which `noticed` acts have been reached
        self._said = False  # whether it was said that they are many
        self._uncompiling = not self.speaks and first.is_worth_it(stage)  # whether it runs without being compiled
        self.padding = padding.Padding(self) if not self.speaks and padding.is_worth_it(stage) else None
        self._patience = first.patience(stage) if self._uncompiling else 0.0
        self.compiling: threading.Timer | None = None  # tells the user when that takes long
        self._uncompiled: tuple | None = None  # what it ran for without being compiled
        self._form: telling.Form | None = None

    def form(self) -> telling.Form:
        """What it computes, constants aside. Raises UntoldError where that cannot be told."""
        if self._form is None or not self._form.holds:
            self._form = telling.Form(self.stage)
        return self._form

    def _noting(self, static: dict[Tensor, np.ndarray], function: Callable) -> Callable:
        """`function`, which notes what it is traced for: once for each compilation."""

        def call(*arguments: Any) -> tuple:
            self.begin()
            self.told(static, jax.tree.map(outline_of, arguments))
            return function(*arguments)

        return call

    def begin(self) -> None:
        """It is being compiled, which the user is told where it takes long."""
        self.compiling = announce.begin(f"{self.what} ({self.stage.nodes[-1].where})", len(self.stage.nodes))

    def told(self, static: dict[Tensor, np.ndarray], outline: tuple) -> None:
        """Told what it is compiled for, or found compiled."""
        if self._uncompiled != (static_key_of(static), outline):
            self.variants.append((static, outline))
        self._count(static, outline[-1])
        if self.noticed is not None:
            self.noticed(self)

    @property
    def what(self) -> str:
        """What it computes, for messages."""
        return self.stage.outputs[0].name if self.stage.outputs else self.stage.nodes[-1].name

    def compiled_now(self) -> None:
        """It has been compiled: there is nothing to tell the user."""
        if self.compiling is not None:
            self.compiling.cancel()
            self.compiling = None

    def _count(self, static: dict[Tensor, np.ndarray], inputs: tuple) -> None:
        """Says once, by name, that a program is compiled again and again."""
        if len(self.variants) < OFTEN or self._said or self.stage.is_trip:
            return
        self._said = True
        fed = [f"{t.name} of shape {list(np.shape(v))}" for t, v in zip(self.dynamic, inputs, strict=True)]
        fed += [f"{t.name} = {v.tolist()}" for t, v in static.items()]
        _log.warning("The program that computes %s has been compiled %d times, each time for other values or shapes of "
                     "what is fed (now %s). Feeding one shape, or padding to a few, compiles it once.",
                     self.what, OFTEN, ", ".join(fed) or "nothing")

    def compiled(self, static: dict[Tensor, np.ndarray], session: Any = None) -> tuple[Any, list[Check]]:
        """The jitted function for these static values, or a `Kept`; and the table of its checks, filled when traced."""
        key = static_key_of(static)
        found = self._jitted.get(key)
        if found is None:
            table: list[Check] = []
            function = self._noting(static, self.function(static, table, session))
            # What only its shape is used of is an argument, too: a compiled function tells no other shape of one left out.
            jitted = jax.jit(function, donate_argnums=(0, 1) if self.donate else (), keep_unused=True,
                             compiler_options=options.compiler_options(self.stage.nodes))
            found = self._jitted[key] = (kept.Kept(self, jitted, static) if self._keeps() else jitted, table)
        return found

    def _keeps(self) -> bool:
        return not self.speaks and (kept.folder() is not None or inline.possible())

    def _passed(self) -> tuple:
        return tuple(map(first.on_device, self.constant_values()))

    def _unlift(self) -> None:
        """Has all of its constants in it again: it was not traced without them."""
        lifted.refuse(self)
        self.lift({})
        self.variants.pop()
        self._forget()
        self.constant_arrays = self._passed()

    def _forget(self) -> None:
        """Is compiled anew."""
        self._jitted.clear()
        self._tables.clear()
        self.ready.clear()
        self._last = None

    def arguments(self, state: State, values: dict[Tensor, Any], overlay: dict[str, Any] | None = None) -> tuple:
        """What the jitted function is called with. Raises FailedPreconditionError for a variable without a value."""
        table = {**state.variables, **overlay} if overlay else state.variables
        try:
            held, readonly = self.held_of(table), self.readonly_of(table)
        except KeyError as missing:
            raise self._uninitialized(str(missing.args[0])) from None
        if self.constant_arrays is None:
            self.constant_arrays = self._passed()
        streams = tuple([self._stream(op, state, values) for op in self.stage.streams]) if self.stream_names else ()
        inputs = tuple([values[t] for t in self.dynamic]) if self.dynamic else ()
        return held, streams, readonly, self.constant_arrays, inputs

    def _stream(self, op: Operation, state: State, values: dict) -> Any:
        """The random numbers of an operation: those that it drew before, where it runs again."""
        drawn = values.get(op) if op in self.stage.again else None
        return state.stream(op) if drawn is None else drawn

    def _uninitialized(self, name: str) -> errors.OpError:
        reader = next((node for node in self.stage.nodes
                       if any((v := variable_of(t)) is not None and v.name == name for t in node.inputs)), None)
        return errors.FailedPreconditionError(None, reader, f"Attempting to use uninitialized value {name}")

    def run(self, state: State, values: dict[Tensor, Any], overlay: dict[str, Any] | None) -> tuple:
        """Runs once and returns the outputs.

        With `overlay` the new variables go there, for the run to commit at its end; otherwise straight into `state`.
        The caller holds the state's lock and has 64-bit types enabled.
        """
        try:
            return self._run(state, values, overlay)
        except MoreRoundsError as error:  # it left all as it was; what came before it is not to run again
            varying.make_room(error.op, error.rounds)  # type: ignore[arg-type]
            self._forget()
            return self.run(state, values, overlay)

    def _run(self, state: State, values: dict[Tensor, Any], overlay: dict[str, Any] | None) -> tuple:
        static = self.static_values(state, values, overlay)
        target = state.variables if overlay is None else overlay
        if self._uncompiling:
            return self._run_first(state, static, values, target)
        if self.constant_arrays is None and self._keeps():
            self.lift(lifted.find(self))
        jitted = self._last if self._last is not None and not static else self.compiled(static, state)[0]
        held, *others = self.arguments(state, values, overlay)
        if self.padding is not None:
            way = self.padding.way(static, static_key_of(static), (held, *others))
            if way is not None and (found := self._run_padded(way, jitted, (held, *others))) is not None:
                self.keep(state, target, found)
                return self._outputs(target, found, static, (held, *others))
            if way is not None:  # a check fails, which the run without padding says better
                self.padding.give_up(static_key_of(static), (held, *others))
        shape = static_key_of(static), tuple(padding.shapes_of(others[-1]))
        if held and self.donate and (state.pinned or self.warm is not state or shape not in self._called):
            held = self._protected(held, state, self.warm is not state or shape not in self._called)
        box: list[tuple] = []
        try:
            self._call(jitted, (held, *others), box)
        except lifted.NeededError:
            self._unlift()
            return self._run(state, values, overlay)
        finally:
            if box and not self.speaks:
                try:
                    self.keep(state, target, box[0])
                except BaseException:  # an interrupt that comes just here
                    self.keep(state, target, box[0])
                    raise
            self.compiled_now()
        if self.speaks:
            self._listen()
            self.keep(state, target, box[0])
        if self.warm is not state:
            self.ready.clear()
        self.warm, self._last = state, jitted
        self._called.add(shape)
        if overlay is None and not self.speaks and all(tensor in values for tensor in static):
            call = jitted.quick((held, *others)) if isinstance(jitted, kept.Kept) else jitted
            self.ready[(*shape[1], *apart(static.values()))] = call, static, self.small
        return self._outputs(target, box[0], static, (held, *others))

    @staticmethod
    def _call(jitted: Any, arguments: tuple, box: list[tuple]) -> None:
        """Calls the function and puts the result into `box`: one C call, no interrupt between running and keeping."""
        each = [(argument,) for argument in arguments]
        if not isinstance(jitted, kept.Kept):
            box.extend(map(jitted, *each))
            return
        called = jitted.quick(arguments)
        try:
            box.extend(map(called, *each))
        except TypeError:  # other variables than when it was compiled
            box.extend(map(jitted.at(arguments), *each))

    def _run_padded(self, way: padding.Way, jitted: Any, arguments: tuple) -> tuple | None:
        """The results of a run with more rows than there are; None where a check fails."""
        box: list[tuple] = []
        started = time.perf_counter()
        try:
            if way.masked is not None:
                result = way.run(way.masked, arguments)
            else:
                self._call(jitted, (*arguments[:-1], way.inputs(arguments[-1])), box)
                result = box[0]
        finally:
            self.compiled_now()
        if result is None or (result[-1] is not None and not bool(result[-1][0])):
            return None
        self.padding.note(way, time.perf_counter() - started)  # type: ignore[union-attr]
        return way.outputs(result[0]), *result[1:]

    def _run_first(self, state: State, static: dict, values: dict[Tensor, Any], target: dict[str, Any]) -> tuple:
        """Runs once without being compiled; as long as that takes less time than to compile it."""
        started = time.perf_counter()
        streams = tuple([np.asarray(state.stream(op)) for op in self.stage.streams])
        arguments = ((), streams, (), tuple(self.constant_values()), tuple([values[t] for t in self.dynamic]))
        self._uncompiled = static_key_of(static), jax.tree.map(outline_of, arguments)
        if not self.variants:
            self.variants.append((static, self._uncompiled[1]))
        context = self.context(static, *arguments)
        context.session, context.failures = state, self.failures
        with options.matmul_precision():
            first.run(self.own_nodes(), self.stage.outputs, context)
        outputs = tuple([interpret.as_value(context.read(t)) for t in self.stage.outputs])
        created = tuple([first.on_device(context.settled(v)) for v in self.created])
        result = outputs, (), created, tuple([context.streams[op] for op in self.stage.streams]), None
        self.keep(state, target, result)
        self._patience -= time.perf_counter() - started
        self._uncompiling = self._patience > 0
        return self._outputs(target, result, static, arguments)

    def run_by(self, execute: Callable[..., tuple], state: State, values: dict[Tensor, Any],
               overlay: dict[str, Any]) -> tuple:
        """As `run`, where `execute(compiled, arguments)` calls the compiled program, which keeps the old values.

        It is compiled before, so that the time `execute` takes is that of the program itself.
        """
        static = self.static_values(state, values, overlay)
        arguments = self.arguments(state, values, overlay)
        key = (static_key_of(static), tuple([(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(arguments)]))
        if key not in self._ahead:
            jitted, _ = self.compiled(static, state)
            jitted = jitted.jitted if isinstance(jitted, kept.Kept) else jitted  # watched, so by the names of this graph
            self._ahead[key] = jitted.lower(*arguments).compile()
            self.compiled_now()
        compiled = self._ahead[key]
        if self.donate:
            arguments = (*devices.copied(arguments[:2]), *arguments[2:])
        result = execute(compiled, arguments)
        if self.speaks:
            self._listen()
        self.keep(state, overlay, result)
        return self._outputs(overlay, result, static, arguments)

    def _outputs(self, target: dict[str, Any], result: tuple, static: dict[Tensor, np.ndarray], arguments: tuple) -> tuple:
        """The outputs of a run, when all its checks hold."""
        outputs, _, created, _, report = result
        if report is not None and not bool(report[0]):
            self.fail(report, static, arguments)
        if created:
            target.update(zip(self.created_names, created, strict=True))
        return outputs

    def fail(self, report: tuple, static: dict[Tensor, np.ndarray], arguments: tuple) -> None:
        """Raises the error of the first check that does not hold.

        What was traced last may have been for other shapes, with other checks, and what comes from disk was not traced.
        """
        table = self._jitted[static_key_of(static)][1]
        if len(self.variants) > 1 or not table:
            outline = jax.tree.map(outline_of, arguments)
            key = static_key_of(static), tuple(jax.tree.leaves(outline))
            if key not in self._tables:
                jax.eval_shape(self.function(static, self._tables.setdefault(key, [])), *outline)
            table = self._tables[key]
        checks.raise_first(table, report[1], report[2])

    def keep(self, state: State, target: dict[str, Any], result: tuple) -> None:
        """Puts the new values of variables, and of random streams, in the place of the old ones."""
        _, updated, _, advanced, _ = result
        if len(updated) == 1:
            target[self.updated_names[0]] = updated[0]
        elif updated:
            target.update(zip(self.updated_names, updated, strict=True))
        if advanced:
            state.streams.update((op.name, stream) for op, stream in zip(self.stage.streams, advanced, strict=True)
                                 if op not in self.stage.again)

    def _listen(self) -> None:
        """Waits for what the program prints, to stand before what the caller prints; raises what failed there."""
        jax.effects_barrier()
        failures = self.failures[:]
        self.failures.clear()
        if failures:
            raise failures[0]

    def a_result(self, state: State) -> Any:
        """An array that the last run made: it is ready when that run has ended. None when it made none."""
        name = (self.updated_names or self.created_names or (None,))[0]
        return None if name is None else state.variables.get(name)

    @staticmethod
    def _protected(held: tuple, state: State, first: bool) -> tuple:
        """Copies of what the program would consume, where it may still be needed.

        The first call for some shapes compiles and goes through JAX's Python, and can be interrupted there; an array that is
        pinned another thread is saving.
        """
        if first:
            return devices.copied(held)
        return tuple([devices.copied(array) if id(array) in state.pinned else array for array in held])


def apart(values: Collection[Any]) -> tuple:
    """What tells these values apart from others."""
    return tuple([(value.shape, value.tobytes()) for value in map(np.asarray, values)]) if values else ()


def static_key_of(static: dict[Tensor, np.ndarray]) -> tuple:
    """What tells the programs for different static values apart."""
    return tuple((v.shape, v.dtype.str, v.tobytes()) for v in static.values()) if static else ()


def outline_of(value: Any) -> jax.ShapeDtypeStruct:
    """The shape and type of an array."""
    return jax.ShapeDtypeStruct(value.shape, value.dtype)
