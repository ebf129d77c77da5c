"""A run as a pure JAX function of its state and inputs, for those who take it into a JAX program of their own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from jax.experimental import checkify

from lowering import checks, interpret, registry
from lowering.batch.batches import batches
from lowering.flow.gathers import HasRoom
from lowering.plan import companions, crossings
from lowering.plan.stages import HostStage
from lowering.programs import options
from lowering.programs.program import Program
from lowering.run.executable import Executable
from lowering.run.hosting import HostSession
from lowering.run.state import State
from tracer import dtypes, errors
from tracer.ir import Operation, Tensor


class Pure(NamedTuple):
    """`function(state, inputs)` gives `(values, state)`; `state` is what it starts from.

    A state is `{"variables": {name: array}, "streams": {name: uint32[6]}}`: the variables that the function reads or
    writes, and the random streams of the operations that draw. The function runs where 64 bits are enabled.
    """

    function: Callable[[dict, list], tuple[list, dict]]
    state: dict[str, dict[str, Any]]
    keeps: bool  # whether the state after a run is the one before


def pure(fetches: list[Tensor], targets: list[Operation], feeds: list[Tensor], state: State,
         static: Mapping[Tensor, Any]) -> Pure:
    """The run of `fetches` and `targets` as a pure function of the tensors in `feeds`.

    Those in `static` have fixed values: they may shape the program. Conditions that TensorFlow checks become
    `checkify.debug_check`s; where one fails, the new state is the old one.

    Raises:
        UnsupportedError: part of the run is Python between programs; the message lists all of it.
    """
    executable = Executable(fetches, targets, [*feeds, *static])
    program = single(executable)
    fixed = {tensor: np.asarray(value, tensor.dtype.base_dtype.array_dtype) for tensor, value in static.items()}
    if program is None:
        return Pure(lambda given, inputs: (
            _values(executable, given["variables"], dict(zip(feeds, inputs, strict=True)) | fixed, ()), given),
            {"variables": _fetched_variables(executable, state), "streams": {}}, True)
    known = {t: _known(t, fixed, state) for t in program.stage.static}
    table: list[checks.Check] = []
    traced = program.function(known, table, HostSession(state, {}))
    constants = tuple(np.asarray(value) for value in program.constant_values())
    read = [v.name for v in program.readonly]

    def function(given: dict, inputs: list) -> tuple[list, dict]:
        # JAX lowers some of it with the caller's setting, whatever it was traced with.
        if not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
            raise RuntimeError("TensorFlow's int64 and float64 are 64 bits: call and transform this function inside `with "
                               "jax.enable_x64(True)`, or set JAX_ENABLE_X64=1. Its float32 stays float32.")
        variables, streams = given["variables"], given["streams"]
        values = dict(zip(feeds, inputs, strict=True)) | fixed
        arrays = [jnp.asarray(values[t], t.dtype.base_dtype.array_dtype) for t in program.dynamic]
        outputs, updated, created, advanced, report = traced(
            tuple(variables[name] for name in program.updated_names),
            tuple(streams[name] for name in program.stream_names),
            tuple(variables[name] for name in read), constants, tuple(arrays))
        if (loop := next((check.op for check in table if isinstance(check.message, HasRoom)), None)) is not None:
            raise errors.UnsupportedError("How often it runs decides how many rows the gradient of a table has", loop,
                                          "Let its condition ask for a count as well, or gather outside of it.")
        if report is not None:
            if options.is_portable():
                outputs = _nothing_unless(report[0], outputs)
            else:
                _debug_checks(table, report)
            created = [jnp.where(report[0], new, variables[name]) if name in variables else new
                       for name, new in zip(program.created_names, created, strict=True)]
        written = dict(zip([*program.updated_names, *program.created_names], [*updated, *created], strict=True))
        after = {"variables": {**variables, **written},
                 "streams": {**streams, **dict(zip(program.stream_names, advanced, strict=True))}}
        return _values(executable, after["variables"], values, outputs), after

    return Pure(function, _start(executable, program, state), not (program.stage.written or program.stage.streams))


def _start(executable: Executable, program: Program, state: State) -> dict[str, dict[str, Any]]:
    """The state that the function starts from."""
    held = {v.name: state.variables.get(v.name) for v in [*program.updated, *program.readonly]}
    missing = [name for name, value in held.items() if value is None]
    if missing:
        raise errors.FailedPreconditionError(None, None, f"Attempting to use uninitialized value {missing[0]}")
    begun = {name: state.variables[name] for name in program.created_names if name in state.variables}
    return {"variables": {**_fetched_variables(executable, state, {*program.created_names}), **held, **begun},
            "streams": {op.name: jnp.asarray(state.stream(op)) for op in program.stage.streams}}


def single(executable: Executable) -> Program | None:
    """The one program of a run, None where it needs none."""
    if executable.dataflow is not None:
        raise errors.UnsupportedError("A graph with Switch and Merge operations of its own runs operation by operation: it "
                                      "is no JAX function.")
    host = [op for step in executable.steps if isinstance(step, HostStage) for op in step.nodes]
    if host:
        lines = "".join(f"\n  {op.type} '{op.name}', recorded at {op.where}{_why(op)}" for op in _on_host(host))
        raise errors.UnsupportedError(
            "Part of this run is Python between programs, which is no part of a JAX function:" + lines
            + "\nFeed what these give, or fetch what does not need them.")
    if len(executable.steps) > 1:
        shaping = [t.name for step in executable.steps for t in step.stage.static]  # type: ignore[union-attr]
        raise errors.UnsupportedError(
            f"The values of {', '.join(shaping)} shape what comes after them, so this run is {len(executable.steps)} "
            "programs. Give them as `static`, or fetch what does not need them.")
    return executable.steps[0] if executable.steps else None  # type: ignore[return-value]


_COUNTING = frozenset({"Where", "Unique", "UniqueWithCounts", "ListDiff", "ComputeAccidentalHits", "CTCGreedyDecoder",
                       "CTCBeamSearchDecoder", "SparseReduceSumSparse", "SetSize", "DenseToDenseSetOperation"})


def _why(op: Operation) -> str:
    """Why an operation is the host's, where that can be said of it."""
    rule = registry.find(op.type)
    if op.type in _COUNTING or (rule is not None and rule.before is not None):
        return (": how many rows it gives depends on values, and JAX compiles for known shapes (a mask, `tf.select` or a "
                "weight of 0 for each row, does without)")
    if any(t.dtype is dtypes.string for t in (*op.inputs, *op.outputs)):  # and not a handle, which is a `string_ref`
        return ": JAX has no strings"
    return ""


def _on_host(nodes: list[Operation]) -> Iterator[Operation]:
    """What of the host's operations is there by itself: of conditionals and loops, what makes them the host's; of a
    companion, whose it is; and not what a gradient needs that crosses them."""
    for op in nodes:
        if op.type in (crossings.TAPE, crossings.BACK):
            continue
        inside = [inner for region in op.regions for inner in region.walk()
                  if not inner.regions and (rule := registry.find(inner.type)) is not None and rule.host]
        yield from inside or [op.attrs["of"] if op.type == companions.TYPE else op]


def _known(tensor: Tensor, fixed: dict[Tensor, np.ndarray], state: State) -> np.ndarray:
    """The value of a tensor that shapes the program."""
    if tensor in fixed:
        return fixed[tensor]
    variable = interpret.variable_of(tensor)
    if variable is None:
        raise errors.StaticValueError(
            f"The value of {tensor.name} (recorded at {tensor.op.where}) shapes the program: give it in `static`.")
    return np.asarray(state.variables[variable.name])


def _fetched_variables(executable: Executable, state: State, made: set[str] | frozenset = frozenset()) -> dict[str, Any]:
    """The variables that are fetched and not `made` by the program itself."""
    names = [where.name for kind, where in executable.sources if kind == "variable" and where.name not in made]
    for name in names:
        if name not in state.variables:
            raise errors.FailedPreconditionError(None, None, f"Attempting to use uninitialized value {name}")
    return {name: state.variables[name] for name in names}


def _values(executable: Executable, variables: dict, values: dict[Tensor, Any], outputs: tuple) -> list:
    found = []
    for kind, where in executable.sources:
        if kind == "variable":
            found.append(variables[where.name])
        elif kind == "constant":
            found.append(where.op.attrs["value"])
        else:
            found.append(outputs[where] if kind == "output" else values[where])
    return found


def _debug_checks(table: list[checks.Check], report: tuple) -> None:
    """States the program's conditions for whoever asks for them by `checkify.checkify`."""
    for check, holds in zip(table, report[1], strict=True):
        checkify.debug_check(holds, f"{check.op.type} '{check.op.name}', recorded at {check.op.where}: "
                                    "an input it does not allow")


def _nothing_unless(holds: Any, outputs: tuple) -> tuple:
    """NaN in the place of floating-point results where a condition does not hold: an artifact can raise nothing."""
    return tuple(jnp.where(holds, value, jnp.nan) if jnp.issubdtype(value.dtype, jnp.inexact) else value
                 for value in outputs)


def exported(program: Callable, begun: Pure, inputs: list[tuple[np.dtype, tuple[int | None, ...]]],
             platforms: Any) -> tuple[bytes, bytes | None]:
    """`program(state, *inputs)`, made of `begun`, as a serialized `jax.export` artifact, and its state as an `.npz` file.

    The state is None where the program leaves it as it is: then it is part of the artifact. Unknown first sizes are one
    symbol, the batch, but for those that the program allows to be others; every other unknown size is one of its own.
    """
    settings: Any = {"platforms": list(platforms)} if platforms else {}
    outline = jax.tree.map(lambda array: jax.ShapeDtypeStruct(np.shape(array), array.dtype), begun.state)
    first = [i for i, (_, sizes) in enumerate(inputs) if sizes and sizes[0] is None]

    def fits(groups: list[list[int]]) -> bool:
        try:
            jax.eval_shape(program, outline, *_symbolic(inputs, [[first[k] for k in group] for group in groups]))
        except Exception:  # sizes that do not fit, as a rule of ours or JAX says it
            return False
        return True

    with jax.enable_x64(True), options.portable():
        groups = batches(len(first), fits)
        shapes = _symbolic(inputs, [[first[k] for k in group] for group in groups])
        if begun.keeps:
            frozen = jax.jit(lambda *arrays: program(begun.state, *arrays)[0])
            return bytes(export.export(frozen, **settings)(*shapes).serialize()), None
        whole = export.export(jax.jit(program), **settings)(outline, *shapes)
    flat = {f"{kind}/{name}": np.asarray(array) for kind, table in begun.state.items() for name, array in table.items()}
    buffer = io.BytesIO()
    np.savez(buffer, **flat)  # type: ignore[arg-type]
    return bytes(whole.serialize()), buffer.getvalue()


def _symbolic(inputs: list[tuple[np.dtype, tuple[int | None, ...]]], groups: list[list[int]]) -> list[jax.ShapeDtypeStruct]:
    """The inputs' shapes, with one symbol for the unknown first sizes of each group."""
    batch = {i: f"b{number or ''}" for number, group in enumerate(groups) for i in group}
    words = [", ".join((batch[i] if at == 0 else f"d{i}_{at}") if n is None else str(n) for at, n in enumerate(sizes))
             for i, (_, sizes) in enumerate(inputs)]
    scope = export.SymbolicScope()
    return [jax.ShapeDtypeStruct(export.symbolic_shape(word + ",", scope=scope) if word else (), dtype)
            for word, (dtype, _) in zip(words, inputs, strict=True)]
