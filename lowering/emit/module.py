"""A run as a JAX module that stands alone: its parameters, its functions, its step of training."""

from __future__ import annotations

import io
import os
import re
import token
import tokenize
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering.emit.expressions import Expr, UnquotableError
from lowering.emit.quote import Quotes
from lowering.emit.render import CLOSE, OPEN, Body, Names
from lowering.emit.simple import Simplifier
from lowering.emit.trace import Trace, walk
from lowering.emit.training import Training, access, dictionary, slots, trained_by
from lowering.executable import Executable
from lowering.program import Program
from lowering.pure import single
from lowering.slice import kept_variable
from lowering.state import State
from tracer import errors
from tracer.ir import Operation, Tensor

SIZES = (6, 10)
"""Two sizes of the batch: what differs between the texts for both is written in terms of the batch."""


class Module(NamedTuple):
    """An emitted module: its source, and the arrays that go into an `.npz` file beside it, by key."""

    source: str
    arrays: dict[str, np.ndarray]


def emit(fetches: list[Tensor], targets: list[Operation], feeds: list[Tensor], state: State, title: str,
         file: str, runs: Iterable[Executable] = ()) -> Module:
    """The run of `fetches` and `targets` as a module whose docstring is `title`.

    The arrays are the variables' values as `state` has them, under `params|...` and `state|...`, and large constants, under
    `constants|...`; the module loads those from `file`. A feed of unknown shape has the one that it last had in `runs`.

    Raises:
        UnsupportedError: part of the run has no form in a module; all of it is listed.
    """
    executable = Executable(fetches, targets, feeds)
    program = single(executable)
    nodes = program.stage.nodes if program is not None else []
    varies = any(None in (t.sizes or ()) for t in feeds)
    seen = _seen(runs)
    drafts = [_Draft(executable, nodes, fetches, feeds, state, title, file, size, seen)
              for size in (SIZES if varies else SIZES[:1])]
    texts = [draft.text() for draft in drafts]
    source = _merged(*texts) if len(texts) == 2 else texts[0]
    return Module(_finished(source), drafts[0].all_arrays())


class _Draft:
    """The module for one size of the batch."""

    def __init__(self, executable: Executable, nodes: list[Operation], fetches: list[Tensor], feeds: list[Tensor],
                 state: State, title: str, file: str, size: int, seen: dict[Tensor, tuple[int, ...]]) -> None:
        self.fetches, self.feeds, self.state, self.title, self.file = fetches, feeds, state, title, file
        self.executable, self.nodes, self.seen = executable, nodes, seen
        self.quotes = Quotes()
        self.simple = Simplifier()
        self.arrays: dict[str, np.ndarray] = {}
        names = Names()
        self.inputs = [names.fresh(t.op.name) for t in feeds]
        self.slots, trained = slots(nodes), set(trained_by(nodes))
        self.held = self._variables()
        self.trained = [op for op in self.held if op in trained or (not trained and op not in self.slots)]
        self.others = [op for op in self.held if op not in self.slots and op not in self.trained]
        self.paths = {**_paths(self.trained), **_paths(self.others), **{op: (op.name,) for op in self.slots}}
        self.trace = self._traced(size)
        self.training = Training(self.trace, self.paths) if self.trace.gradients or self.trace.updates else None

    def _variables(self) -> list[Operation]:
        held = dict.fromkeys(where for kind, where in self.executable.sources if kind == "variable")
        for step in self.executable.steps:
            held.update(dict.fromkeys([*step.stage.held, *step.stage.written]))  # type: ignore[union-attr]
        return list(held)

    def _traced(self, size: int) -> Trace:
        feeds = {t: Expr("name", name, outline=jax.ShapeDtypeStruct(
            tuple(size if n is None else n for n in t.sizes or self.seen.get(t, ())),
            np.dtype(t.dtype.base_dtype.as_numpy_dtype))) for t, name in zip(self.feeds, self.inputs, strict=True)}
        for tensor in self.feeds:
            if tensor.sizes is None and tensor not in self.seen:
                raise errors.UnsupportedError(f"{tensor.name} has an unknown shape: set_shape gives it a rank")
        roots = {**dict.fromkeys(self.trained, "params"), **dict.fromkeys(self.others, "state")}
        variables = {op: Expr("name", access(roots.get(op, "slots"), self.paths[op]), outline=_outline(op, self.state))
                     for op in self.held}
        trace = Trace(feeds, variables)
        with jax.enable_x64(True):
            walk(self.nodes, trace)
        if trace.unsupported:
            lines = "".join(f"\n  {op.type} '{op.name}', recorded at {op.where}: {why}"
                            for op, why in trace.unsupported.items())
            raise errors.UnsupportedError("These operations have no form in a module:" + lines)
        return trace

    def arguments(self) -> list[str]:
        """The dictionaries of variables that the functions take."""
        return [*(["params"] if self.trained else []), *(["state"] if self.others else [])]

    # -- text

    def text(self) -> str:
        """The module's source."""
        functions = self.training.functions(self) if self.training is not None else [self._apply()]
        loading = [self.quotes.need("lowering.emit.trees", "load")] if self.held or self.arrays else []
        start = self._start()
        constants = [f'constants = {loading[0]}("{self.file}")["constants"]'] if self.arrays else []
        needed = ["import jax", "import jax.numpy as jnp", "import numpy as np", "import optax", "from jax import lax",
                  *self.quotes.imports]
        head = "\n".join([f'"""{self.title}"""', "", *sorted(dict.fromkeys(needed))])
        return "\n\n\n".join([head, *self.quotes.texts.values(), *constants, *start, *functions]) + "\n"

    def _start(self) -> list[str]:
        """`init`, which makes the variables as the script's initializers do; nothing where those are not pure."""
        starts = {op: _initial_value(op) for op in (*self.trained, *self.others)}
        tensors = [t for t in starts.values() if t is not None]
        if len(tensors) < len(starts) or not tensors:
            return []
        try:
            program = single(Executable(tensors, [], []))
            trace = Trace({}, {})
            with jax.enable_x64(True):
                walk(program.stage.nodes if program is not None else [], trace)
            if trace.unsupported:
                return []
            body = self.body(["key"])
            texts = dict(zip(starts, body.write([trace.read(t) for t in tensors]), strict=True))
        except (errors.OpError, errors.UnsupportedError, UnquotableError):
            return []
        trees = [dictionary({self.paths[op]: _as_array(texts[op], op) for op in ops})
                 for ops in (self.trained, self.others) if ops]
        count = len(trace.keys)
        lines = ['"""The variables as the program initializes them, from other random numbers."""',
                 *([f"keys = jax.random.split(key, {count})"] if count else []), *body.lines, f"return {', '.join(trees)}"]
        return [f"def init({'key' if count else 'key=None'}):\n" + "\n".join("    " + line for line in lines)]

    def _apply(self) -> str:
        arguments = [*self.arguments(), *self.inputs, *(["key"] if self.trace.keys else [])]
        many = "s" if len(self.fetches) > 1 else ""
        doc = f"The value{many} of {', '.join(t.name for t in self.fetches)}."
        return self.function("apply", arguments, [self.result(t) for t in self.fetches], doc)

    def result(self, tensor: Tensor) -> Any:
        """The value of a fetched tensor at the end of the run."""
        variable = kept_variable(tensor)
        if variable is not None and tensor not in self.trace.values:
            return self.trace.state[variable]
        return self.trace.read(tensor)

    def body(self, taken: Any = ()) -> Body:
        """A function's statements, to be written."""
        return Body(Names([*self.inputs, *taken]), self.quotes, self.arrays, _place, self.simple)

    def function(self, name: str, arguments: list[str], results: list[Any], doc: str) -> str:
        """A function that returns `results`."""
        body = self.body()
        texts = body.write(results)
        return self.definition(name, arguments, body.lines, ", ".join(texts), doc)

    def definition(self, name: str, arguments: list[str], lines: list[str], returned: str, doc: str) -> str:
        """The text of a function."""
        first = [f"batch = {self._batch()}.shape[0]"] if self._batch() else []
        if any("keys[" in line for line in [*lines, returned]):
            first.append(f"keys = jax.random.split(key, {len(self.trace.keys)})")
        inner = [f'"""{doc}"""', *first, *lines, f"return {returned}"]
        return f"def {name}({', '.join(arguments)}):\n" + "\n".join("    " + line for line in inner)

    def _batch(self) -> str:
        for tensor, name in zip(self.feeds, self.inputs, strict=True):
            if tensor.sizes and tensor.sizes[0] is None:
                return name
        return ""

    def all_arrays(self) -> dict[str, np.ndarray]:
        """What goes into the file beside the module."""
        found = {"|".join((root, *self.paths[op])): np.asarray(self.state.variables[op.name])
                 for root, ops in (("params", self.trained), ("state", self.others)) for op in ops
                 if op.name in self.state.variables}
        return {**found, **{f"constants|{name}": value for name, value in self.arrays.items()}}


def _seen(runs: Iterable[Executable]) -> dict[Tensor, tuple[int, ...]]:
    """The shapes that tensors of unknown shape were fed with."""
    found: dict[Tensor, tuple[int, ...]] = {}
    for run in runs:
        for step in run.steps:
            if not isinstance(step, Program):
                continue
            for static, outlines in step.variants:
                found.update((t, tuple(value.shape)) for t, value in zip(step.dynamic, outlines[-1], strict=True))
                found.update((t, value.shape) for t, value in static.items())
    return found


def _initial_value(variable: Operation) -> Tensor | None:
    """What a variable's first assignment gives it."""
    return next((op.inputs[1] for op in variable.outputs[0].consumers() if op.type == "Assign"), None)


def _as_array(text: str, op: Operation) -> str:
    """A number as an array of the variable's type; what is an array stays what it is."""
    dtype = np.dtype(op.outputs[0].dtype.base_dtype.as_numpy_dtype)
    return f"jnp.{dtype.name}({text})" if re.fullmatch(r"-?[\d.e+-]+|True|False", text) else text


def _outline(op: Operation, state: State) -> Any:
    value = state.variables.get(op.name)
    dtype = np.dtype(op.outputs[0].dtype.base_dtype.as_numpy_dtype)
    sizes = np.shape(value) if value is not None else op.outputs[0].sizes
    if sizes is None or None in sizes:
        raise errors.FailedPreconditionError(None, op, f"Attempting to use uninitialized value {op.name}")
    return jax.ShapeDtypeStruct(tuple(sizes), dtype)


def _paths(variables: list[Operation]) -> dict[Operation, tuple[str, ...]]:
    """Where each variable is in the nested dictionary; one that is also a scope of others keeps its whole name."""
    names = [op.name for op in variables]
    scopes = {"/".join(name.split("/")[:i]) for name in names for i in range(1, name.count("/") + 1)}
    return {op: (op.name,) if op.name in scopes else tuple(op.name.split("/")) for op in variables}


def _place(op: Operation) -> str:
    return f"{os.path.basename(op.where.file)}:{op.where.line}"


def _merged(first: str, second: str) -> str:
    """One text of two that differ in numbers which follow from the size of the batch."""
    if first == second:
        return first
    pairs = list(zip(*(list(tokenize.generate_tokens(io.StringIO(text.replace(OPEN, "(").replace(CLOSE, ")")).readline))
                       for text in (first, second)), strict=False))
    if any(a.string != b.string and a.type != token.NUMBER for a, b in pairs):
        raise errors.UnsupportedError("The program is another one for each size of the batch: set_shape fixes it.")
    lines = first.split("\n")
    for a, b in reversed(pairs):
        if a.string != b.string:
            row, column = a.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + _in_terms(int(a.string), int(b.string)) + line[column + len(a.string):]
    return "\n".join(lines)


def _in_terms(a: int, b: int) -> str:
    """`factor * batch + rest`, which is `a` for the first size and `b` for the second."""
    factor, odd = divmod(b - a, SIZES[1] - SIZES[0])
    rest = a - factor * SIZES[0]
    if odd:
        raise errors.UnsupportedError("A size in the program is no multiple of the batch: set_shape fixes it.")
    text = "batch" if factor == 1 else f"{factor} * batch"
    return text if not rest else f"({text} {'+' if rest > 0 else '-'} {abs(rest)})"


def _finished(source: str) -> str:
    """Without the marks of shapes, unused imports and an unused `batch`; formatted where a formatter is at hand."""
    def sizes(match: re.Match) -> str:
        parts = match[1].split(", ") if match[1] else []
        if sum("batch" in part for part in parts) == 1:
            parts = ["-1" if "batch" in part else part for part in parts]
        return ", ".join(parts)

    source = re.sub(rf"reshape\(([^{OPEN}{CLOSE}]*)\({OPEN}([^{CLOSE}]*){CLOSE}", lambda m: (
        f"reshape({m[1]}({sizes(re.match('(.*)', m[2]))}"), source)  # type: ignore[arg-type]
    source = source.replace(OPEN, "").replace(CLOSE, "")
    parts = re.split(r"(?m)^(?=def |class |@)", source)
    source = "".join(re.sub(r"(?m)^    batch = .*\n", "", part) if len(re.findall(r"\bbatch\b", part)) == 1 else part
                     for part in parts)
    for line in re.findall(r"(?m)^(?:import|from) .*$", source):
        name = line.split()[-1]
        if not re.search(rf"(?m)^(?!import |from ).*\b{re.escape(name)}\b", source):
            source = source.replace(line + "\n", "", 1)
    return re.sub(r"\n{4,}", "\n\n\n", source)
