"""A prepared run as text: its operations, the program they become for JAX, and what XLA makes of that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import jax
import numpy as np

from lowering.executable import Executable, HostSession
from lowering.program import Program
from lowering.slice import DeviceStage, HostStage
from lowering.state import State
from tracer import shapes
from tracer.dtypes import DType
from tracer.ir import Operation, Region, Tensor

STAGES = ("ir", "jaxpr", "stablehlo", "hlo")
_FEW = 8  # so many elements of a constant are written out


class Source(Protocol):
    """What the other side knows of the operations."""

    def where(self, op: Operation) -> str:
        """The user's line that recorded it."""
        ...

    def settings(self, op: Operation) -> list[str]:
        """Its attributes that say something."""
        ...


def stages_of(executable: Executable, number: int, stages: tuple[str, ...], source: Source) -> Iterator[str]:
    """The lines that show a prepared run: stage for stage its operations, and of programs what else is asked for."""
    count = len(executable.steps)
    for i, (stage, step) in enumerate(zip(executable.plan.stages, executable.steps, strict=True), 1):
        kind = "device program" if isinstance(step, Program) else "host step"
        yield f"{kind} {i} of {count}"
        if "ir" in stages:
            yield from _stage(stage, source)
            yield from (f"  rolled  {line}" for line in (step.rolled if isinstance(step, Program) else ()))
        if isinstance(step, Program):
            for at, (static, outline) in enumerate(step.variants, 1):
                yield from _variant(step, static, outline, f"run_{number}_program_{i}", at, stages)
        yield ""


def kind_of(tensor: Tensor) -> str:
    """A tensor's type: `float32[?,784]`."""
    return _typed(tensor.dtype, tensor.sizes)


def _typed(dtype: DType, sizes: shapes.Sizes) -> str:
    inside = "..." if sizes is None else ",".join("?" if size is None else str(size) for size in sizes)
    return f"{dtype.name}[{inside}]"


def _stage(stage: DeviceStage | HostStage, source: Source) -> Iterator[str]:
    if isinstance(stage, DeviceStage):
        for word, tensors in (("takes", stage.inputs), ("gives", stage.outputs)):
            if tensors:
                fixed = set(stage.static)
                yield f"  {word}  " + ", ".join(
                    f"{t.name} {kind_of(t)}" + (" (while compiling)" if t in fixed else "") for t in tensors)
        for word, operations in (("reads", stage.held), ("writes", stage.written), ("draws", stage.streams)):
            if operations:
                yield f"  {word}  " + ", ".join(op.name for op in operations)
    nodes = stage.nodes
    if isinstance(stage, HostStage):  # constants belong to no host step
        nodes = [*dict.fromkeys(t.op for t in stage.inputs if t.op.type == "Const"), *nodes]
    for op in nodes:
        yield from _operation(op, source, "  ")


def _operation(op: Operation, source: Source, indent: str) -> Iterator[str]:
    inputs = [t._as_node_def_input() for t in op.inputs]
    if op.type == "Gradients":  # of what; by what; and what else it needs
        ys, both = op.attrs["ys"], op.attrs["ys"] + op.attrs["xs"]
        groups = [", ".join(part) for part in (inputs[:ys], inputs[ys:both], inputs[both:])]
        inputs = ["; ".join(group for group in groups if group)]
    inputs += ["^" + control.name for control in op.control_inputs]
    results = ", ".join(kind_of(output) for output in op.outputs)
    settings = [constant(op.attrs["value"])] if op.type == "Const" else source.settings(op)
    text = f"{indent}{op.name} = {op.type}({', '.join([*inputs, *settings])})"
    yield f"{text}{'  ' + results if results else ''}  # {source.where(op)}"
    for i, region in enumerate(op.regions):
        yield f"{indent}  body {i}{_takes(region)}"
        for inner in region.operations:
            yield from _operation(inner, source, indent + "    ")
        if region.outputs:
            yield f"{indent}    gives {', '.join(t._as_node_def_input() for t in region.outputs)}"


def _takes(region: Region) -> str:
    return " of " + ", ".join(t._as_node_def_input() for t in region.inputs) if region.inputs else ""


def constant(value: np.ndarray) -> str:
    """A constant as text; a large one as its number of elements."""
    if value.size > _FEW:
        return f"<{value.size} elements>"
    return _elements(value)


def _elements(value: np.ndarray) -> str:
    if value.ndim:
        return "[" + ", ".join(_elements(np.asarray(item, value.dtype)) for item in value) + "]"
    if value.dtype.kind != "f":
        return repr(value.item())
    # The fewest digits that are this number in its type, whatever print options the script has set.
    digits = (f"{value.item():.{count}g}" for count in range(1, 18))
    text = next((text for text in digits if value.dtype.type(text) == value), str(value.item()))
    return text + ".0" if text.lstrip("-").isdigit() else text


def _variant(program: Program, static: dict[Tensor, np.ndarray], outline: tuple, name: str, number: int,
             stages: tuple[str, ...]) -> Iterator[str]:
    """One compilation of a program."""
    title = f"compilation {number}" + "".join(f", {t.name} = {value.tolist()}" for t, value in static.items())
    function, arguments, results = _named(program, static, outline, name)
    with jax.enable_x64(True):
        if "jaxpr" in stages:
            yield f"jaxpr, {title}"
            yield "  # takes " + (", ".join(results[0]) or "nothing")
            jaxpr = jax.make_jaxpr(function)(*arguments)
            yield "  # gives " + (", ".join(results[1]) or "nothing")
            yield from _indented(_jaxpr(jaxpr))
        if "stablehlo" in stages or "hlo" in stages:
            lowered = jax.jit(function, donate_argnums=(0,) if program.donate else ()).lower(*arguments)
            if "stablehlo" in stages:
                yield f"stablehlo, {title}"
                yield from _indented(_stablehlo(lowered.as_text(debug_info=True)))
            if "hlo" in stages:
                yield f"optimized hlo, {title}"
                yield from _indented(_hlo(lowered.compile().as_text() or ""))


def _indented(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield ("  " + line).rstrip()


def _named(program: Program, static: dict[Tensor, np.ndarray], outline: tuple, name: str) -> tuple[Callable, tuple, tuple]:
    """The program as a function of dictionaries whose keys are the script's names; their outlines; all names.

    Dictionaries travel in the order of their keys, and so do the names.
    """
    pure = program.function(static, [], HostSession(State(), {}))
    groups = (program.updated_names, program.stream_names, [v.name for v in program.readonly],
              [op.name for op in program.constants], [t.name for t in program.dynamic])
    arguments = tuple(dict(zip(names, values, strict=True)) for names, values in zip(groups, outline, strict=True))
    gives: list[str] = []

    def run(variables: dict, streams: dict, read_variables: dict, constants: dict, inputs: dict) -> dict:
        given = (variables, streams, read_variables, constants, inputs)
        results = pure(*(tuple(table[key] for key in names) for table, names in zip(given, groups, strict=True)))
        outputs, updated, created, advanced, report = results
        found = {
            "fetches": dict(zip([t.name for t in program.stage.outputs], outputs, strict=True)),
            "new variables": dict(zip([*program.updated_names, *program.created_names], [*updated, *created], strict=True)),
            "streams": dict(zip(program.stream_names, advanced, strict=True)),
        }
        if report is not None:
            found["checks"] = report
        gives[:] = [_path(path) for path, _ in jax.tree_util.tree_flatten_with_path(found)[0]]
        return found

    run.__name__ = run.__qualname__ = name
    takes = [_path(path) for path, _ in jax.tree_util.tree_flatten_with_path(arguments)[0]]
    return run, arguments, (takes, gives)


def _path(path: tuple) -> str:
    words = [str(getattr(key, "key", getattr(key, "idx", key))) for key in path]
    return words[1] if len(words) == 2 and not words[0].startswith(("checks", "streams")) else " ".join(words)


def _jaxpr(jaxpr: Any) -> str:
    return jaxpr.pretty_print(name_stack=True, source_info=False, use_color=False)


_NAMED = re.compile(r'^#(loc\d*) = loc\("((?:[^"\\]|\\.)*)"\(#loc\d*\)\)$', re.M)
_AT = re.compile(r" loc\(#?(loc\d*|\"(?:[^\"\\]|\\.)*\"|unknown)\)")


def _stablehlo(text: str) -> str:
    """StableHLO with the names of the operations at the ends of its lines, in the place of our own source lines."""
    names = {key: _script_name(name) for key, name in _NAMED.findall(text)}
    lines = []
    for line in text.splitlines():
        if line.startswith("#loc"):
            continue
        if "func.func" in line:
            lines.append(_AT.sub(lambda match: f" /*{match[1][1:-1]}*/" if match[1][0] == '"' else "", line))
            continue
        found = [names.get(key, "") for key in _AT.findall(line)]
        name = next((name for name in found if name), "")
        lines.append(_AT.sub("", line) + (f"  // {name}" if name else ""))
    return "\n".join(lines)


def _script_name(name: str) -> str:
    return re.sub(r"^jit\([^)]*\)/?", "", name)


def _hlo(text: str) -> str:
    """Optimized HLO without the tables of our own source lines."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line in ("FileNames", "FunctionNames")), None)
    if start is not None:
        end = next(i for i, line in enumerate(lines) if i > start and line.startswith(("%", "ENTRY")))
        lines[start:end] = []
    text = "\n".join(lines)
    return re.sub(r' ?(?:stack_frame_id=\d+|source_file="[^"]*"|source_(?:end_)?(?:line|column)=\d+)', "", text)
