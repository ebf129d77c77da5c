"""A run as a JAX module that stands alone: its parameters, its functions, its step of training."""

from __future__ import annotations

import builtins
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering.batch.batches import batches
from lowering.emit import custom
from lowering.emit.calls import Calls
from lowering.emit.expressions import FEW, Expr, UnquotableError
from lowering.emit.groups import is_training, slots, trained_by
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
from lowering.emit.sizes import Symbol, finished, merged, symbols
from lowering.emit.start import Start
from lowering.emit.trace import Trace, walk
from lowering.emit.training import Step
from lowering.emit.whole import function_name, nodes_of
from lowering.emit.wide import REASON, asking, wide_types
from lowering.plan import companions
from lowering.plan.slice import VARIABLES, kept_variable, variable_of
from lowering.plan.stages import HostStage
from lowering.programs.program import Program
from lowering.pure import single
from lowering.run.executable import Executable
from lowering.run.state import State
from lowering.view.assumed import shapeless, shapes_seen
from tracer import errors
from tracer.ir import Operation, Tensor


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
    nodes = nodes_of(executable)
    graph = (fetches or targets)[0].graph
    calls = Calls(graph.get_operations())
    seen = shapes_seen(runs)

    def begun(table: list[Symbol], known: dict[Tensor, tuple[int, ...]]) -> _Draft:
        return _Draft(executable, nodes, fetches, feeds, state, title, file, table, known, calls)

    def drafted(known: dict[Tensor, tuple[int, ...]], table: list[Symbol]) -> tuple[str, _Draft]:
        def draft(twice: Symbol | None = None) -> _Draft:
            return begun([symbol._replace(size=2 * symbol.size) if symbol is twice else symbol for symbol in table], known)

        first, others = draft(), [(symbol, draft(symbol)) for symbol in table]
        source = merged(first.text(), [(symbol, other.text()) for symbol, other in others])
        if any(name not in other.arrays or other.arrays[name].shape != array.shape
               for _, other in others for name, array in first.arrays.items()):
            raise errors.UnsupportedError("A constant in the program is another one for each size of the batch: set_shape "
                                          "fixes it.")
        return source, first

    source, draft = _first_that_fits(drafted, begun, feeds, seen, calls)
    return Module(finished(source, [name for _, name in draft.quotes.texts], ["batch", *(s.name for s in draft.symbols)]),
                  draft.all_arrays())


def _first_that_fits(drafted: Callable, begun: Callable, feeds: list[Tensor], seen: dict[Tensor, tuple[int, ...]],
                     calls: Calls) -> Any:
    """The module for sizes that may differ from call to call; where it allows none of those, for the sizes that were fed."""
    names = calls.names()[0]
    said = {t: names.get(t.op, t.op.name) for t in feeds}
    apart = _apart(begun, feeds, said, seen, calls)
    tries = [symbols(feeds, said, apart), symbols(feeds, said, apart, by_axis=True)]
    problem: Exception | None = None
    for table in tries if tries[0] != tries[1] else tries[:1]:
        try:
            return drafted(seen, table)
        except Exception as error:  # whatever does not fit
            problem = problem or error
    assert problem is not None
    if not tries[0]:
        raise problem
    if all(t in seen for t in feeds if None in (t.sizes or ())):
        return drafted({t: seen[t] for t in feeds if t in seen}, [])
    if isinstance(problem, errors.UnsupportedError):
        raise problem
    raise errors.UnsupportedError(
        f"The program does not take a batch of any size ({problem}): set_shape gives its feeds the one that it takes; so "
        "does a run that feeds them.") from problem


def _apart(begun: Callable, feeds: list[Tensor], said: dict[Tensor, str], seen: dict[Tensor, tuple[int, ...]],
           calls: Calls) -> list[list[Tensor]]:
    """The feeds whose first sizes may be others than the batch, in groups."""
    lists = [group for group in argument_lists(calls, feeds) if any(t.sizes and t.sizes[0] is None for t in group)]

    def tensors(groups: list[list[int]]) -> list[list[Tensor]]:
        return [[t for i in group for t in lists[i]] for group in groups]

    def fits(groups: list[list[int]]) -> bool:
        try:
            begun(symbols(feeds, said, tensors(groups)), seen)
        except Exception:  # sizes that do not fit, as a rule of ours or JAX says it
            return False
        return True

    return tensors(batches(len(lists), fits)[1:])


def argument_lists(calls: Calls, feeds: list[Tensor]) -> list[list[Tensor]]:
    """The feeds of each argument, in order: one, or those placeholders that the script has in one list."""
    groups: dict[Any, list[Tensor]] = {}
    for tensor in feeds:
        key = calls.list_of(tensor.op) if tensor.op.type == "Placeholder" else None
        groups.setdefault(key or tensor, []).append(tensor)
    return [sorted(group, key=lambda t: t.op._id) for group in groups.values()]


def arguments_of(feeds: list[Tensor]) -> list[list[Tensor]]:
    """The feeds that go into each argument of an emitted function."""
    return argument_lists(Calls(feeds[0].graph.get_operations()), feeds) if feeds else []


def handed_over(fetches: list[Tensor], targets: list[Operation], feeds: list[Tensor]) -> list[Tensor]:
    """What queues, readers and the like give to a run: the arguments that a module has in their place.

    Only what nothing computed goes into is handed over; the other Python between programs is part of the run.
    """
    found: list[Tensor] = []
    while True:
        executable = Executable(fetches, targets, [*feeds, *found])
        host = {op for step in executable.steps if isinstance(step, HostStage) for op in step.nodes}
        needed = {op for step in executable.steps if isinstance(step, Program) for op in step.stage.nodes}
        more = [t for op in sorted(host, key=lambda op: op._id) for t in op.outputs if op.type != companions.TYPE
                and (t in fetches or any(user in needed for user in t.consumers())) and not _computed(op, {*feeds, *found})
                and t.dtype.base_dtype.array_dtype is not object]
        if not more:
            return found
        found += more


def _computed(op: Operation, fed: set[Tensor]) -> bool:
    """Whether something that is fed or kept goes into an operation."""
    seen: set[Operation] = set()
    stack = [op]
    while stack:
        one = stack.pop()
        if one in seen:
            continue
        seen.add(one)
        if one.type == "Placeholder" or one.type in VARIABLES or any(t in fed for t in one.inputs):
            return True
        stack += [t.op for t in one.inputs]
    return False


class _Draft(Loading, Middle):
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
        head = "\n".join([f'"""{self.title}"""', "", _imports([*_IMPORTS, *self.quotes.imports])])
        head = "\n\n".join([head, *constants])
        wide = [REASON.format(self.wide)] if self.wide else []
        if wide:
            start[-1:], loading, functions = map(asking, start[-1:]), [*map(asking, loading)], [*map(asking, functions)]
        return "\n\n\n".join([head, *wide, *self.quotes.texts.values(), *self.customs, *start, *loading,
                              *_called(self.repeats.definitions, functions), *functions]) + "\n"

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
        lines = _without_unread(lines, returned)
        lines, returned = shortened(lines, returned, {*self.taken, *taken, *BUILT_IN})
        inside = [*documented(doc), *first, *lines, f"return {returned}"]
        text = f"def {name}({', '.join(taken)}):\n" + "\n".join("    " + line if line else line for line in inside)
        return text, taken

    def all_arrays(self) -> dict[str, np.ndarray]:
        """What goes into the file beside the module: the variables, and constants."""
        found = {op.name: np.asarray(self.state.variables[op.name])
                 for op in (*self.trained, *self.others, *self.slots) if op.name in self.state.variables}
        return {**found, **self.arrays}


def _called(definitions: list[str], functions: list[str]) -> list[str]:
    """Those of the functions that something calls."""
    while True:
        texts = [*definitions, *functions]
        kept = [text for text in definitions if any(
            re.search(rf"\b{text.partition('(')[0].removeprefix('def ')}\b", other) for other in texts if other is not text)]
        if len(kept) == len(definitions):
            return kept
        definitions = kept


def _without_unread(lines: list[str], returned: str) -> list[str]:
    """The statements with `_` for each part of a value that nothing reads."""
    words = Counter(re.findall(r"\w+", "\n".join([*lines, returned])))
    found = []
    for line in lines:
        match = re.match(r"( *)(\w+(?:, \w+)+)( = .*)", line, re.DOTALL)
        if match:
            names = ["_" if words[name] == 1 else name for name in match[2].split(", ")]
            line = match[1] + ", ".join(names) + match[3]
        found.append(line)
    return found


def documented(doc: str) -> list[str]:
    """A docstring: what does not fit on one line, as a sentence and the rest."""
    if len(doc) <= DOC_WIDTH:
        return [f'"""{doc}"""']
    first, _, rest = doc.partition(". ")
    wrapped = textwrap.wrap(rest, DOC_WIDTH + 6, break_long_words=False, break_on_hyphens=False)
    return [f'"""{first}.', "", *wrapped, '"""'] if wrapped else [f'"""{first}', '"""']


BUILT_IN = frozenset(dir(builtins))
DOC_WIDTH = 78
_IMPORTS = ["import jax", "import jax.numpy as jnp", "import numpy as np", "import optax", "from jax import lax"]


def _imports(lines: Iterable[str]) -> str:
    """Import statements in the order that ruff keeps: the standard library's first."""
    def kind(line: str) -> tuple[bool, bool, str]:
        return line.split()[1].partition(".")[0] in ("jax", "numpy", "optax"), line.startswith("from"), line

    ordered = sorted(dict.fromkeys(lines), key=kind)
    standard = [line for line in ordered if not kind(line)[0]]
    return "\n".join([*standard, *([""] if standard else []), *(line for line in ordered if kind(line)[0])])


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
