"""A run of one program like an earlier one, prepared: what can be decided once, and what is left to do each time.

Most runs of a training, and all of an agent that acts, are such. What their program computes of a few rows takes no longer
than a few dozen calls in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from lowering.programs.program import Program, apart
from lowering.programs.staging import Staging
from lowering.run import ending
from lowering.run.results import fetched, own
from lowering.run.state import State
from tracer.ir import Tensor

if TYPE_CHECKING:
    from lowering.run.executable import Executable

Repeated = Callable[[State, list[Any]], "list[Any] | None"]
"""Runs once with these feeds and returns the fetched values; None, with nothing done, where it is no such run."""
MEASURED: list[None] = []
"""Not empty while each call of a program is measured, which goes by `Program.run`."""
_shape = attrgetter("shape")
_wide: Any = jax.enable_x64


def prepared(executable: Executable, state: State) -> Repeated | None:
    """The run of `executable`, which is one program, on `state`. None where it needs more than its feeds, is on another
    device than the default one, or where this JAX has no such settings."""
    program, feeds, awaited = executable.single, executable.feeds, bool(executable.awaited)
    assert program is not None
    if state.device is not None or not _is_known() or not {*program.dynamic, *program.stage.static}.issubset(feeds):
        return None
    waits = any(kind == "output" for kind, _ in executable.sources)
    once = _once(program, state, feeds, waits, executable.staging)
    places = None if any(kind != "output" for kind, _ in executable.sources) else [at for _, at in executable.sources]
    required = frozenset(executable.required)
    set_wide, is_wide, enter, leave, lock = _wide.set_local, _wide.get_local, ending.enter, ending.leave, state.lock

    def run(on: State, given: list[Any]) -> list[Any] | None:
        if on is not state:
            return None
        before = is_wide()
        enter()
        try:
            set_wide(True)
            with lock:
                if places is None and not required <= state.variables.keys():
                    return None
                outputs = once(given)
                if outputs is None:
                    return None
                variables = executable.variables(state, None) if places is None else {}
            if awaited:
                jax.block_until_ready(outputs)
            if places is None:
                return executable.results(dict(zip(feeds, given, strict=True)), variables, outputs)
            results = []
            for at in places:
                value = outputs[at]
                if isinstance(value, jax.Array):
                    value = np.array(value)
                    results.append(value if value.ndim else value[()])
                else:
                    results.append(fetched(own(value)))
            return results
        finally:
            set_wide(before)
            leave()

    return run


def _is_known() -> bool:
    """Whether the 64-bit setting of this thread can be changed without an object for each time."""
    return hasattr(_wide, "set_local") and getattr(_wide, "_update_thread_local_hook", None) is None


def _once(program: Program, state: State, feeds: list[Tensor], waits: bool, staging: Staging) -> Callable:
    """The call of what was compiled before for such feeds, if any; the caller holds the lock and has 64-bit types enabled.

    It is the way of every step of a training, so it is written for speed: what `Program.run` does besides cannot happen.
    """
    order = [feeds.index(tensor) for tensor in program.dynamic]
    arranged = order == list(range(len(feeds)))
    shaping = [feeds.index(tensor) for tensor in program.stage.static]
    table, keep, pinned = program.ready, program.keep, state.pinned
    held_of, readonly_of, streams_of = program.held_of, program.readonly_of, program.streams_of
    keeps = bool(program.updated_names or program.stream_names)
    copies, aligned = staging.copies, staging.aligned

    def once(given: list[Any]) -> tuple | None:
        inputs = tuple(given if arranged else [given[at] for at in order])
        key = tuple(map(_shape, inputs))
        ready = table.get((*key, *apart([given[at] for at in shaping])) if shaping else key)
        if ready is None or pinned or program.warm is not state:
            return None
        variables = state.variables
        try:
            held, readonly, streams = held_of(variables), readonly_of(variables), streams_of(state.streams)
        except KeyError:
            return None
        if given and not waits:
            inputs = tuple(copies(inputs))
        elif given and ready[2]:
            inputs = tuple(aligned(inputs))
        box: list[tuple] = []
        try:  # one C call: no interrupt between running and keeping
            box.extend(map(ready[0], (held,), (streams,), (readonly,), (program.constant_arrays,), (inputs,)))
        except TypeError:  # it was compiled for variables of other shapes
            return None
        finally:
            if keeps and box:
                try:
                    keep(state, variables, box[0])
                except BaseException:  # an interrupt that comes just here
                    keep(state, variables, box[0])
                    raise
            if program.compiling is not None:
                program.compiled_now()
        outputs, _, created, _, report = box[0]
        if report is not None and not bool(report[0]):
            program.fail(report, ready[1], (held, streams, readonly, program.constant_arrays, inputs))
        if created:
            variables.update(zip(program.created_names, created, strict=True))
        if given and not waits:
            staging.last = program.a_result(state)
        return outputs

    return once
