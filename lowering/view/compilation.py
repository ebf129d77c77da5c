"""One compilation of a program: its jaxpr, its StableHLO, what XLA makes of that and says of its cost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering.programs.program import Program
from lowering.run.hosting import HostSession
from lowering.run.state import State
from lowering.view import costs
from lowering.view.owners import Owner, Owners
from tracer.ir import Tensor


class Line(NamedTuple):
    """A line of a program's text, what it says of where it comes from, and the operation it belongs to."""

    text: str
    path: str = ""
    owner: Owner | None = None


class Compilation:
    """A program for certain shapes, as a function of dictionaries whose keys are the script's names."""

    def __init__(self, program: Program, static: dict[Tensor, np.ndarray], outline: tuple, name: str) -> None:
        self.static = {tensor.name: value for tensor, value in static.items()}
        self.owners = Owners(program.stage.nodes)
        self.seconds: dict[str, float] = {}  # what tracing, lowering and compiling took
        self._donates = program.donate
        self._gives: list[str] = []
        self._function, self._arguments = self._named(program, static, outline, name)

    def _named(self, program: Program, static: dict[Tensor, np.ndarray], outline: tuple,
               name: str) -> tuple[Callable, tuple]:
        """The function, and the outlines of its arguments. Dictionaries travel in the order of their keys."""
        pure = program.function(static, [], HostSession(State(), {}))
        groups = (program.updated_names, program.stream_names, [v.name for v in program.readonly],
                  program.constant_names(), [t.name for t in program.dynamic])
        arguments = tuple(dict(zip(names, values, strict=True)) for names, values in zip(groups, outline, strict=True))
        written = [*program.updated_names, *program.created_names]

        def run(variables: dict, streams: dict, read_variables: dict, constants: dict, inputs: dict) -> dict:
            given = (variables, streams, read_variables, constants, inputs)
            outputs, updated, created, advanced, report = pure(
                *(tuple(table[key] for key in names) for table, names in zip(given, groups, strict=True)))
            found = {
                "fetches": dict(zip([t.name for t in program.stage.outputs], outputs, strict=True)),
                "new variables": dict(zip(written, [*updated, *created], strict=True)),
                "streams": dict(zip(program.stream_names, advanced, strict=True)),
            }
            if report is not None:
                found["checks"] = report
            self._gives = [_key(path) for path, _ in jax.tree_util.tree_flatten_with_path(found)[0]]
            return found

        run.__name__ = run.__qualname__ = name
        return run, arguments

    def takes(self) -> list[tuple[str, str]]:
        """The names and types of what it takes, in the order of its arguments."""
        return [(_key(path), f"{value.dtype}[{','.join(map(str, value.shape))}]")
                for path, value in jax.tree_util.tree_flatten_with_path(self._arguments)[0]]

    def gives(self) -> list[str]:
        """The names of its results, in their order."""
        return self._jaxpr and self._gives

    @cached_property
    def _jitted(self) -> Any:
        return jax.jit(self._function, donate_argnums=(0,) if self._donates else ())

    @cached_property
    def _traced(self) -> Any:
        return self._timed("trace", lambda: self._jitted.trace(*self._arguments))

    @cached_property
    def _jaxpr(self) -> Any:
        return self._traced.jaxpr

    @cached_property
    def _lowered(self) -> Any:
        traced = self._traced
        return self._timed("lower", traced.lower)

    @cached_property
    def _compiled(self) -> Any:
        lowered = self._lowered
        return self._timed("compile", lowered.compile)

    def _timed(self, what: str, step: Callable[[], Any]) -> Any:
        begun = time.perf_counter()
        with jax.enable_x64(True):
            result = step()
        self.seconds[what] = time.perf_counter() - begun
        return result

    def jaxpr(self) -> list[Line]:
        """The jaxpr."""
        text = self._jaxpr.pretty_print(name_stack=True, source_info=False, use_color=False)
        return list(_nested(text.splitlines(), self.owners))

    def stablehlo(self) -> list[Line]:
        """The StableHLO that XLA gets."""
        return list(_stablehlo(self._lowered.as_text(debug_info=True), self.owners))

    def hlo(self) -> list[Line]:
        """The HLO after XLA's optimizations."""
        return list(_hlo(self._compiled.as_text() or "", self.owners))

    def totals(self) -> dict[str, int]:
        """What XLA's analyses say of the compiled program; nothing where its platform has none."""
        found: dict[str, int] = {}
        said: Any = self._compiled.cost_analysis() or {}
        for name, key in (("flops", "flops"), ("transcendentals", "transcendentals"), ("bytes", "bytes accessed")):
            if said.get(key, -1) >= 0:  # -1 is how it says that it does not know
                found[name] = int(said[key])
        memory: Any = self._compiled.memory_analysis()
        for name in ("argument", "output", "alias", "temp") if memory is not None else ():
            found[f"{name} bytes"] = int(getattr(memory, f"{name}_size_in_bytes"))
        if memory is not None:  # what it works in is one piece, there from its start to its end
            found["peak bytes"] = (found["argument bytes"] + found["output bytes"] - found["alias bytes"]
                                   + found["temp bytes"])
        return found

    def costs(self) -> dict[Owner | None, costs.Cost]:
        """What its operations cost."""
        with jax.enable_x64(True):
            return costs.by_owner(self._jaxpr, self.owners)


def _key(path: tuple) -> str:
    words = [str(getattr(key, "key", getattr(key, "idx", key))) for key in path]
    return words[1] if len(words) == 2 and not words[0].startswith(("checks", "streams")) else " ".join(words)


_STACK = re.compile(r"\s+# \[([^\]]*)\]$")


def _nested(lines: list[str], owners: Owners) -> Iterator[Line]:
    """A jaxpr's lines. What stands inside of an equation is its operation's too, unless it says something else."""
    around: list[tuple[int, Owner | None]] = []
    for line in lines:
        match = _STACK.search(line)
        text = line[:match.start()] if match else line.rstrip()
        path = match[1] if match else ""
        indent = len(text) - len(text.lstrip())
        while around and around[-1][0] >= indent and not text.lstrip().startswith(("]", "in ")):
            around.pop()
        outer = around[-1][1] if around else None
        owner = (owners.of_path(path, whole=True) if path else None) or outer
        if path:
            around.append((indent, owner))
        yield Line(text, path, owner)


_NAMED = re.compile(r'^#(loc\d*) = loc\("((?:[^"\\]|\\.)*)"\(#loc\d*\)\)$', re.M)
_AT = re.compile(r" loc\(#?(loc\d*|\"(?:[^\"\\]|\\.)*\"|unknown)\)")


def _stablehlo(text: str, owners: Owners) -> Iterator[Line]:
    """StableHLO with the script's names in the place of our own source lines."""
    names = {key: _without_program(name) for key, name in _NAMED.findall(text)}
    for line in text.splitlines():
        if line.startswith("#loc"):
            continue
        if "func.func" in line:
            yield Line(_AT.sub(lambda match: f" /*{match[1][1:-1]}*/" if match[1][0] == '"' else "", line))
            continue
        path = next((name for key in _AT.findall(line) if (name := names.get(key, ""))), "")
        yield Line(_AT.sub("", line).rstrip(), path, owners.of_path(path))


def _without_program(name: str) -> str:
    return re.sub(r"^jit\([^)]*\)/?", "", name)


_METADATA = re.compile(r",? ?metadata=\{((?:[^{}\"]|\"[^\"]*\")*)\}")
_CALLS = re.compile(r"calls=(%[\w.\-]+)")
_OP_NAME = re.compile(r'op_name="([^"]*)"')


def _hlo(text: str, owners: Owners) -> Iterator[Line]:
    """Optimized HLO without the tables of our own source lines; names behind the instructions."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line in ("FileNames", "FunctionNames")), None)
    if start is not None:
        end = next(i for i, line in enumerate(lines) if i > start and line.startswith(("%", "ENTRY")))
        lines[start:end] = []
    found = []
    fused: dict[str, Owner] = {}  # the computations of fusions that belong to an operation
    for line in lines:
        match = _METADATA.search(line)
        name = _OP_NAME.search(match[1]) if match else None
        path = _without_program(name[1]) if name else ""
        owner = owners.of_path(path)
        if owner is not None and (called := _CALLS.search(line)) is not None:
            fused[called[1]] = owner
        found.append(Line(_METADATA.sub("", line).rstrip(), path, owner))
    around: Owner | None = None
    for line in found:
        if line.text.endswith("{"):
            around = fused.get(line.text.split(" ", 1)[0])
        yield line if line.owner is not None or line.path or not line.text.startswith(" ") else line._replace(owner=around)
