"""What a run with `RunOptions` is watched for: how long it may take, and what each operation took."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lowering import differentiate, interpret
from lowering.interpret import Context
from lowering.plan.slice import written_by
from lowering.programs import options
from lowering.run import ending
from tracer import errors
from tracer.ir import Operation, Tensor

if TYPE_CHECKING:
    from lowering.programs.program import Program
    from lowering.run.state import State


class Record(NamedTuple):
    """One operation of a run, or a whole program (then `op` is its last operation, and `of` names what it gives)."""

    op: Operation
    on_host: bool
    start: int  # microseconds
    taken: int
    outputs: list[tuple[int, Any, tuple[int, ...], int]]  # slot, dtype, shape and bytes
    of: tuple[str, ...] = ()


class Watch:
    """One run that is watched."""

    def __init__(self, timeout: float | None, trace: bool, interruptible: bool = False) -> None:
        self.interruptible = interruptible  # whether the program may run for ever, until the user has had enough
        self.timeout = timeout
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.records: list[Record] | None = [] if trace else None

    # -- the time limit

    def remaining(self, allowed: float | None) -> float | None:
        """The seconds that an operation may still wait, where `allowed` are the session's; None for as long as it likes."""
        return allowed if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def check(self) -> None:
        """Raises DeadlineExceededError when the time is over."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise errors.DeadlineExceededError(None, None, "Timed out waiting for notification")

    def program(self, program: Program, state: State, values: dict[Tensor, Any], overlay: dict[str, Any],
                nested: bool) -> tuple:
        """Runs a program and waits until it has ended. What it took to compile it does not count.

        The operations of a `nested` one, a trip of a loop, are not measured one by one.
        """
        if self.records is not None and not nested:
            _Measured(program, state, values, overlay, self.records).run()
        start = time.monotonic()
        took: list[int] = []

        def execute(compiled: Any, arguments: tuple) -> tuple:
            if self.deadline is not None:
                self.deadline += time.monotonic() - start
            begun, at = time.perf_counter(), now()
            result = self._in_time(compiled, arguments)
            took.extend([at, int((time.perf_counter() - begun) * 1e6)])
            return result

        outputs = program.run_by(execute, state, values, overlay)
        if self.records is not None and not nested:
            names = tuple(t.name for t in program.stage.outputs) or (program.stage.nodes[-1].name,)
            self.records.append(Record(program.stage.nodes[-1], False, took[0], took[1], [], names))
        return outputs

    def _in_time(self, compiled: Any, arguments: tuple) -> tuple:
        """Calls a compiled program, and leaves it alone when the time is over: it cannot be stopped."""
        if self.deadline is None and not self.interruptible:
            return jax.block_until_ready(compiled(*arguments))
        results: queue.SimpleQueue = queue.SimpleQueue()
        device = jax.config.jax_default_device  # type: ignore[attr-defined]

        def call() -> None:
            ending.enter()
            try:
                with jax.enable_x64(True), jax.default_device(device):
                    results.put((jax.block_until_ready(compiled(*arguments)), None))
            except BaseException as error:
                results.put((None, error))
            finally:
                ending.leave()

        threading.Thread(target=call, daemon=True).start()
        try:
            allowed = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
            result, error = results.get(timeout=allowed)
        except KeyboardInterrupt:
            ending.give_up()
            raise
        except queue.Empty:
            raise errors.DeadlineExceededError(None, None, "Timed out waiting for notification") from None
        if error is not None:
            raise error
        return result

    # -- what operations took

    def host(self, node: Operation, begun: int, values: dict[Tensor, Any]) -> None:
        """Notes a host operation, which began at this microsecond."""
        if self.records is not None:
            self.records.append(Record(node, True, begun, _since(begun), _outlines(node, values)))

    def known(self, nodes: Iterable[Operation]) -> None:
        """Notes what costs nothing: constants and placeholders."""
        if self.records is not None:
            now = time.time_ns() // 1000
            for node in nodes:
                if node.type in ("Const", "Placeholder"):
                    values = {t: node.attrs.get("value") for t in node.outputs}
                    self.records.append(Record(node, True, now, 0, _outlines(node, values)))


def now() -> int:
    """The time in microseconds."""
    return time.time_ns() // 1000


def _since(begun: int) -> int:
    return max(0, now() - begun)


def _outlines(node: Operation, values: dict[Tensor, Any]) -> list[tuple[int, Any, tuple[int, ...], int]]:
    found = []
    for slot, tensor in enumerate(node.outputs):
        value = values.get(tensor)
        if value is not None and hasattr(value, "nbytes"):
            found.append((slot, tensor.dtype, np.shape(value), int(value.nbytes)))
    return found


class _Measured:
    """A program, operation by operation: the compiled one does not tell them apart.

    Its operations are evaluated on the same values before it runs, each by itself; nothing they compute is kept. JAX
    compiles what it meets first, so everything is done once before it is done for the clock.
    """

    def __init__(self, program: Program, state: State, values: dict[Tensor, Any], overlay: dict[str, Any],
                 records: list[Record]) -> None:
        from lowering.programs.program import static_key_of

        static = program.static_values(state, values, overlay)
        self.static = static_key_of(static)
        self.timers = program.timers
        self.context = program.context(static, *program.arguments(state, values, overlay))
        self.context.silent = True
        self.records = records
        self.nodes = program.own_nodes()

    def run(self) -> None:
        """Measures."""
        with options.matmul_precision():
            self._evaluate(self.nodes, self.context)

    def _evaluate(self, nodes: list[Operation], context: Context) -> None:
        wave = differentiate.last_wave(nodes)
        if wave is None:
            for node in nodes:
                if node.type == "Const":
                    interpret.step(node, context)
                else:
                    self._step(node, context)
            return
        before, gradients, after = wave
        start = _copy(context)
        self._evaluate(before, context)
        ys = [t for node in gradients for t in node.inputs[:node.attrs["ys"]]]
        found = [t for node in gradients for t in node.outputs]
        begun = now()
        both, values = self._timed([*before, *gradients], start, [*found, *ys])
        forward, _ = self._timed(before, start, ys)
        for tensor, value in zip(found, values, strict=False):
            context.write(tensor, value)
        for node in gradients:
            self._note(node, begun, max(0.0, both - forward) / len(gradients), context)
        self._evaluate(after, context)

    def _timed(self, nodes: list[Operation], context: Context, wanted: list[Tensor]) -> tuple[float, list[Any]]:
        key = (self.static, tuple(nodes), tuple(wanted))
        if key not in self.timers:
            self.timers[key] = Timer(nodes, context, wanted)
        return self.timers[key].run(context)

    def _step(self, node: Operation, context: Context) -> None:
        begun = now()
        if node.regions:
            taken, _ = self._timed([node], _copy(context), list(node.outputs))
            interpret.step(node, context)
        else:
            interpret.step(node, _copy(context))
            start = time.perf_counter()
            interpret.step(node, context)
            _settle(node, context)
            taken = time.perf_counter() - start
        self._note(node, begun, taken, context)

    def _note(self, node: Operation, begun: int, taken: float, context: Context) -> None:
        values = {t: context.read(t) for t in node.outputs if _has_value(t, context)}
        self.records.append(Record(node, False, begun, int(taken * 1e6), _outlines(node, values)))


class Timer:
    """Operations compiled as one program, to be timed in any run that knows the same while tracing."""

    def __init__(self, nodes: list[Operation], context: Context, wanted: list[Tensor]) -> None:
        self.known = [t for t, value in context.values.items() if isinstance(value, jax.Array)]
        self.variables, self.streams = list(context.state), list(context.streams)
        start = _copy(context)  # without the arrays of the run, which would be kept as long as this
        for held in (start.state, start.streams):
            held.clear()
        for tensor in self.known:
            del start.values[tensor]

        def call(values: list[Any], state: list[Any], drawn: list[Any]) -> list[Any]:
            inner = _copy(start)
            inner.values.update(zip(self.known, values, strict=True))
            inner.state.update(zip(self.variables, state, strict=True))
            inner.streams.update(zip(self.streams, drawn, strict=True))
            interpret.evaluate(nodes, inner)
            return [jnp.asarray(inner.read(t)) for t in wanted if _has_value(t, inner)]

        self.jitted = jax.jit(call, compiler_options=options.compiler_options(nodes))

    def run(self, context: Context) -> tuple[float, list[Any]]:
        """The seconds that the operations take, and the values of what was wanted."""
        arguments = ([context.values[t] for t in self.known], [context.state[v] for v in self.variables],
                     [context.streams[op] for op in self.streams])
        jax.block_until_ready(self.jitted(*arguments))
        start = time.perf_counter()
        results = jax.block_until_ready(self.jitted(*arguments))
        return time.perf_counter() - start, results


def _copy(context: Context) -> Context:
    inner = context.child()
    inner.used = context.used
    return inner


def _has_value(tensor: Tensor, context: Context) -> bool:
    value = context.values.get(tensor)
    if isinstance(value, interpret.Alias):
        return value.variable in context.state
    return value is not None


def _settle(node: Operation, context: Context) -> None:
    """Waits until what `node` made is there."""
    made: list[Any] = [*map(context.values.get, node.outputs), *map(context.state.get, written_by(node))]
    for value in made:
        if isinstance(value, jax.Array):
            value.block_until_ready()
