"""A module for one size of each of its symbols: what its arguments, functions and variables are called, and its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

import jax
import numpy as np

from lowering.emit import custom
from lowering.emit.calls import Calls
from lowering.emit.expressions import FEW, Expr, UnquotableError
from lowering.emit.groups import is_training, slots, trained_by
from lowering.emit.lines import BUILT_IN, IMPORTS, called, documented, imports, without_unread
from lowering.emit.literals import Constants, key_of
from lowering.emit.loading import Loading
from lowering.emit.middle import Middle
from lowering.emit.naming import Names, place
from lowering.emit.parallel import below
from lowering.emit.paths import access, other_paths, paths
from lowering.emit.quote import Quotes
from lowering.emit.render import Body
from lowering.emit.repeats import Repeats
from lowering.emit.rows import rows_steps
from lowering.emit.shorten import shortened
from lowering.emit.simple import Simplifier
from lowering.emit.sizes import Symbol
from lowering.emit.start import Start
from lowering.emit.trace import Trace, walk
from lowering.emit.training import Step
from lowering.emit.whole import function_name
from lowering.emit.wide import REASON, asking, wide_types
from lowering.plan.slice import kept_variable, variable_of
from lowering.programs.program import Program
from lowering.pure import single
from lowering.run.executable import Executable
from lowering.run.state import State
from lowering.view.assumed import shapeless
from tracer import errors
from tracer.ir import Operation, Tensor


def argument_lists(calls: Calls, feeds: list[Tensor]) -> list[list[Tensor]]:
    """The feeds of each argument, in order: one, or those placeholders that the script has in one list."""
    groups: dict[Any, list[Tensor]] = {}
    for tensor in feeds:
        key = calls.list_of(tensor.op) if tensor.op.type == "Placeholder" else None
        groups.setdefault(key or tensor, []).append(tensor)
    return [sorted(group, key=lambda t: t.op._id) for group in groups.values()]


class Draft(Loading, Middle):
    """The module for one size of each of its symbols, or for the sizes that were fed."""

    def __init__(self, executable: Executable, nodes: list[Operation], fetches: list[Tensor], feeds: list[Tensor],
                 state: State, title: str, file: str, symbols: list[Symbol], seen: dict[Tensor, tuple[int, ...]],
                 calls: Calls) -> None:
        self.fetches, self.feeds, self.state, self.title, self.file = fetches, feeds, state, title, file
        self.executable, self.nodes, self.seen, self.symbols, self.calls = executable, nodes, seen, symbols, calls
        self.script, self.library = calls.names()
        self.quotes = Quotes()
        self.simple = Simplifier()
        self.arrays = Constants()
        self.arrays.said = self._said_constants()
        self.rows = rows_steps(nodes, fetches)
        self.slots = slots(nodes, self.rows, fetches)
        self.held = self._variables()
        trained = set(trained_by([*nodes, *self.rows]))
        self.trained = [op for op in self.held if op in trained or (not trained and op not in self.slots)]
        self.others = [op for op in self.held if op not in self.slots and op not in self.trained]
        names = Names([*(["state"] if self.others else []), "loss", "train_step", "opt_state", "constants", "need_64_bits",
                       *(symbol.name for symbol in symbols)])
        self.feed_lists: dict[str, int] = {}  # arguments that are lists, and their lengths
        self.heads = self._feed_heads(names)  # what each feed is called
        self.functions = self._python_functions(names)
        self.inputs = list(dict.fromkeys(
            [*(head.partition("[")[0] for head in self.heads.values()), *self.functions.values()]))
        self.paths = paths(self.trained)
        self.paths |= other_paths(self.others, self.paths)
        self.paths |= {op: (op.name,) for op in self.slots}
        self.trace = self._traced()
        self.taken = {*self.inputs, *(["state"] if self.others else []), *(symbol.name for symbol in symbols)}
        self.repeats = Repeats(self)
        self.customs = custom.define(self.trace.customs, self)
        self.taken |= self._quoted_names()
        self.wide = wide_types(self.nodes, self.held)
        self.quotes.wide, self.quotes.double = bool(self.wide), self.wide not in ("", "int64")

    def _feed_heads(self, names: Names) -> dict[Tensor, str]:
        """What each fed tensor is called: those that the script has in a list are one argument."""
        heads: dict[Tensor, str] = {}
        for group in argument_lists(self.calls, self.feeds):
            if len(group) == 1:
                heads[group[0]] = names.fresh(*self._feed_name(group[0]))
                continue
            found = self.calls.list_of(group[0].op)
            name = names.fresh(found[1] if found else "inputs", True)
            self.feed_lists[name] = len(group)
            heads |= {t: f"{name}[{k}]" for k, t in enumerate(group)}
        return heads

    def _python_functions(self, names: Names) -> dict[Operation, str]:
        """What the function of each `py_func` is called; the same one is one argument."""
        found: dict[Any, str] = {}
        given = {op: op.attrs["token"] for op in self.nodes if op.type == "PyFunc"}
        for op, token in given.items():
            if token not in found:
                found[token] = names.fresh(function_name(op), True)
        return {op: found[token] for op, token in given.items()}

    def _feed_name(self, tensor: Tensor) -> tuple[str, bool]:
        """What a fed tensor is called, and whether the script calls it so."""
        said = self.library.get(tensor.op, ())
        if len(said) == len(tensor.op.outputs) > 1:
            return said[tensor.op.outputs.index(tensor)], True
        return self.script.get(tensor.op, tensor.op.name), tensor.op in self.script

    def _variables(self) -> list[Operation]:
        held = dict.fromkeys(where for kind, where in self.executable.sources if kind == "variable")
        for step in self.executable.steps:
            if isinstance(step, Program):
                held.update(dict.fromkeys([*step.stage.held, *step.stage.written]))
        held.update(dict.fromkeys(v for op in self.nodes if op.type == "PyFunc" for t in op.inputs
                                  if (v := variable_of(t)) is not None))
        return list(held)

    def _traced(self) -> Trace:
        if unknown := [tensor for tensor in self.feeds if tensor.sizes is None and tensor not in self.seen]:
            raise errors.UnsupportedError(shapeless(unknown))
        feeds = {t: Expr("name", name, outline=jax.ShapeDtypeStruct(
            self._sizes(t),
            np.dtype(t.dtype.base_dtype.array_dtype))) for t, name in self.heads.items()}
        roots = {**dict.fromkeys(self.trained, "params"), **dict.fromkeys(self.others, "state")}
        variables = {op: Expr("name", access(roots.get(op, "slots"), self.paths[op]), outline=_outline(op, self.state))
                     for op in self.held}
        trace = Trace(feeds, variables, self.rows)
        trace.functions = self.functions
        trace.batch = next((symbol.size for symbol in self.symbols if symbol.name == "batch"), None)
        with jax.enable_x64(True):
            walk(self.nodes, trace)
        trace.name_keys()
        if trace.unsupported:
            lines = "".join(f"\n  {op.type} '{op.name}', recorded at {op.where}: {why}"
                            for op, why in trace.unsupported.items())
            raise errors.UnsupportedError("These operations have no form in a module:" + lines)
        return trace

    def _sizes(self, tensor: Tensor) -> tuple[int, ...]:
        """The shape that a feed is taken to have."""
        if tensor.sizes is None or (None in tensor.sizes and not self.symbols):
            return self.seen[tensor]
        sizes = list(tensor.sizes)
        for symbol in self.symbols:
            for t, axis in symbol.places:
                if t is tensor:
                    sizes[axis] = symbol.size
        return tuple(sizes)  # type: ignore[arg-type]

    def measured(self, given: Iterable[tuple[str, tuple[int, ...]]]) -> list[str]:
        """Statements that name the symbols, of arguments and their shapes."""
        found: dict[str, str] = {}
        for name, sizes in given:
            for symbol in self.symbols:
                if symbol.size in sizes and symbol.name not in found:
                    found[symbol.name] = f"{symbol.name} = {name}.shape[{sizes.index(symbol.size)}]"
        return [found[symbol.name] for symbol in self.symbols if symbol.name in found]

    def _said_constants(self) -> dict[Any, str]:
        """What the script calls large constants."""
        plain = re.compile(r"(.*/)?Const(_\d+)?")
        found = {op: self.script.get(op, "" if plain.fullmatch(op.name) else op.name) for op in self.nodes
                 if op.type == "Const" and np.size(op.attrs["value"]) > FEW}
        return {key_of(np.asarray(op.attrs["value"])): name for op, name in found.items() if name}

    def _quoted_names(self) -> set[str]:
        """The names of the module's functions, which no variable may take."""
        values = [*self.trace.values.values(), *self.trace.state.values()]
        return {e.head.rpartition(":")[2] for e in below(self.simple(values)).values() if ":" in e.head}

    def arguments(self) -> list[str]:
        """The dictionaries of variables that the functions take."""
        return [*(["params"] if self.trained else []), *(["state"] if self.others else [])]

    # -- text

    def text(self) -> str:
        """The module's source."""
        functions = Step(self).functions() if is_training(self.trace) else [self._apply()]
        start = self._start()
        loading = [self._loading(bool(start))] if self.held else []
        constants = []
        if self.arrays:
            self.quotes.imports["from pathlib import Path"] = None
            constants = [f'constants = dict(np.load(Path(__file__).with_name("{self.file}")))']
        head = "\n".join([f'"""{self.title}"""', "", imports([*IMPORTS, *self.quotes.imports])])
        head = "\n\n".join([head, *constants])
        wide = [REASON.format(self.wide)] if self.wide else []
        if wide:
            start[-1:], loading, functions = map(asking, start[-1:]), [*map(asking, loading)], [*map(asking, functions)]
        return "\n\n\n".join([head, *wide, *self.quotes.texts.values(), *self.customs, *start, *loading,
                              *called(self.repeats.definitions, functions), *functions]) + "\n"

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
            trace.name_keys()
            if trace.unsupported:
                return []
            return Start(self, trace, starts).functions()
        except (errors.OpError, errors.UnsupportedError, UnquotableError):
            return []

    def _apply(self) -> str:
        if len(self.fetches) > 1:
            doc = f"The values of {', '.join(self.said(t) for t in self.fetches)}."
        else:
            doc = f"The value of {self.said(self.fetches[0])}."
        doc += self.said_lists()
        arguments = [*self.arguments(), *self.inputs]
        body = self.body()
        texts = body.write([self.result(t) for t in self.fetches])
        return self.definition("apply", arguments, body.lines, ", ".join(texts), doc, keep=arguments)[0]

    def result(self, tensor: Tensor) -> Any:
        """The value of a fetched tensor at the end of the run."""
        variable = kept_variable(tensor)
        if variable is not None and tensor not in self.trace.values:
            return self.trace.state[variable]
        if self.trace.is_unknown(tensor):
            raise errors.UnsupportedError(f"{tensor.name} has no form in a module.")
        return self.trace.read(tensor)

    def said(self, tensor: Tensor) -> str:
        """What a tensor is called, in words."""
        return self.script.get(tensor.op, tensor.name)

    def said_lists(self) -> str:
        """Which of the arguments are lists, or functions, as sentences."""
        *names, last = self.feed_lists or [""]
        functions = "".join(f" {name} is a function of NumPy arrays: bind it by `functools.partial` before `jax.jit`."
                            for name in dict.fromkeys(self.functions.values()))
        lists = f" {', '.join(names)} and {last} are lists." if names else f" {last} is a list." if last else ""
        return lists + functions

    def wanted(self, expr: Expr) -> tuple[str, bool]:
        """What an expression would be called, and whether the script calls it so."""
        return self.body().wanted(expr)

    def body(self, taken: Any = (), inputs: bool = True, free: Collection[str] = ()) -> Body:
        """A function's statements, to be written. Where it has no `inputs`, their names are free, as those in `free` are."""
        unused = [*(self.inputs if not inputs else ()), *free]
        names = Names([*(name for name in self.taken if name not in unused), *taken])
        body = Body(names, self.quotes, self.arrays, place, self.simple, self.script, self.repeats, self.library)
        body.lists.update(self.feed_lists if inputs else {})
        return body

    def definition(self, name: str, arguments: list[str], lines: list[str], returned: str, doc: str,
                   keep: Collection[str] = ()) -> tuple[str, list[str]]:
        """The text of a function, and the arguments that it has: those to `keep`, and what it uses."""
        inner = "\n".join([*lines, returned])
        plain = re.sub(r'"[^"]*"', "", inner)
        used = {word for word in re.findall(r"(?<![.\w])[A-Za-z_]\w*", plain)}
        # Whether they are used is known when the texts for two sizes are compared.
        given = {t: n for t, n in self.heads.items() if n.partition("[")[0] in used | set(keep)}
        first = [f"{symbol.name} = {given[place[0]]}.shape[{place[1]}]" for symbol in self.symbols
                 if (place := next((place for place in symbol.places if place[0] in given), None)) is not None]
        taken = [argument for argument in arguments if argument in used or argument in keep]
        if "keys" in used:
            first.append(f"keys = jax.random.split(key, {len(self.trace.keys)})")
        if used & {"key", "keys"}:
            taken.append("key")
        lines = without_unread(lines, returned)
        lines, returned = shortened(lines, returned, {*self.taken, *taken, *BUILT_IN})
        inside = [*documented(doc), *first, *lines, f"return {returned}"]
        text = f"def {name}({', '.join(taken)}):\n" + "\n".join("    " + line if line else line for line in inside)
        return text, taken

    def all_arrays(self) -> dict[str, np.ndarray]:
        """What goes into the file beside the module: the variables, and constants."""
        found = {op.name: np.asarray(self.state.variables[op.name])
                 for op in (*self.trained, *self.others, *self.slots) if op.name in self.state.variables}
        return {**found, **self.arrays}


def _initial_value(variable: Operation) -> Tensor | None:
    """What a variable's first assignment gives it."""
    return next((op.inputs[1] for op in variable.outputs[0].consumers() if op.type == "Assign"), None)


def _outline(op: Operation, state: State) -> Any:
    value = state.variables.get(op.name)
    dtype = np.dtype(op.outputs[0].dtype.base_dtype.array_dtype)
    sizes = np.shape(value) if value is not None else op.outputs[0].sizes
    if sizes is None or None in sizes:
        raise errors.FailedPreconditionError(None, op, f"Attempting to use uninitialized value {op.name}")
    return jax.ShapeDtypeStruct(tuple(sizes), dtype)
