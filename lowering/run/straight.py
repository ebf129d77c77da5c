"""A run that is host operations alone, written out as one Python function: queue runners call it for every record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from lowering import fast, interpret, registry
from lowering.plan.slice import SHAPES, variable_of
from lowering.plan.stages import HostStage
from lowering.run import bursts, ending, idle
from lowering.run.hosting import Call, HostSession, constant_of
from lowering.run.results import own
from lowering.run.state import State
from tracer.ir import Operation, Tensor

_FILE = "<a run of host operations>"


def is_straight(stage: HostStage, fed: frozenset[Tensor]) -> bool:
    """Whether the stage touches no variable, and is nothing that only a step knows how to run."""
    return not any(_is_special(node, fed) for node in stage.nodes)


def _is_special(node: Operation, fed: frozenset[Tensor]) -> bool:
    rule = registry.find(node.type)
    if rule is None or node.regions or rule.writes or rule.held or "temporaries" in rule.extras:
        return True
    if rule.draws and node.type not in idle.DRAWN:
        return True
    if node.type.startswith(("TensorArray", "Stack")):  # handles, which a fetch turns into something else
        return True
    return any(t not in fed and variable_of(t) is not None for t in node.inputs)


class Straight:
    """Such a run, prepared. Each operation stands on a line of its own, by which it is found when it fails."""

    def __init__(self, stage: HostStage, feeds: list[Tensor], fetches: list[Tensor]) -> None:
        self._table: dict[str, Any] = {"_one": _one, "_several": _several, "_own": own, "_quiet": np.errstate,
                                       "_refused": (ValueError, IndexError, TypeError)}
        self._names: dict[Tensor, str] = {tensor: f"v{i}" for i, tensor in enumerate(feeds)}
        self._fed = frozenset(feeds)
        self._at: dict[int, Operation] = {}  # what each line computes
        self._still: dict[Tensor, Any] = {}  # what is the same in every run
        self._sizes: dict[Tensor, tuple[int, ...]] = {}  # shapes that are
        self._numbers: set[Tensor] = set()  # what NumPy has computed
        quiet = False
        lines = ["def run(session, feeds):"]
        if feeds:
            lines.append(f" {', '.join(self._names.values())}, = map(_own, feeds)")
        moving = []
        for node in stage.nodes:
            if (node.outputs and self._fed.issuperset(node.outputs)) or self._is_still(node):
                continue
            moving.append(node)
            call = Call(node, self._fed)
            if call.quick is None:
                quiet = False
                lines.append(" " + self._line(call))
                self._at[len(lines)] = node
                continue
            if not quiet:
                quiet = True
                lines.append(' with _quiet(all="ignore"):')
            for line in self._quick_lines(call):
                lines.append("  " + line)
                self._at[len(lines)] = node
        results = [f"_own({self._name(tensor)}, True)" for tensor in fetches]
        lines.append(f" return [{', '.join(results)}]")
        self.source = "\n".join(lines)
        exec(compile(self.source, _FILE, "exec"), self._table)
        self._run: Callable[[HostSession, list[Any]], list[Any]] = self._table["run"]
        self.burst = bursts.find(moving, self._still) if not feeds and not fetches and fast.on("bursts") else None

    def run(self, state: State, feeds: list[Any]) -> list[Any]:
        """Runs once. Returns the fetched values, each the caller's own."""
        overlay: dict[str, Any] = {}
        try:
            results = self._run(HostSession(state, overlay), feeds)
        except Exception as error:
            node = self._failed(error)
            if node is None:
                raise
            with interpret.blame(node):
                raise
        if overlay:
            with state.lock:
                state.publish(overlay, [])
        return results

    def _failed(self, error: Exception) -> Operation | None:
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code is self._run.__code__:  # type: ignore[attr-defined]
                return self._at.get(trace.tb_lineno)
            trace = trace.tb_next
        return None

    def _is_still(self, node: Operation) -> bool:
        """Whether the operation gives the same in every run, which is computed now; or only asserts what holds."""
        if node.type not in idle.STILL or not self._fed.isdisjoint(node.outputs) or not fast.on("idle"):
            return False
        values = [self._value(argument) for argument in node.arguments]
        if node.type == "Assert":
            return values[0] is not None and np.ndim(values[0]) == 0 and bool(values[0])
        if node.type in SHAPES and node.inputs[0] in self._sizes:
            values = [np.broadcast_to(np.int8(0), self._sizes[node.inputs[0]])]
        call = Call(node, self._fed)
        if any(value is None for value in values) or (found := call.at_once(values)) is None:
            return False
        value = self._still[node.outputs[0]] = _one(found[0])
        self._names[node.outputs[0]] = self._known(value)
        return True

    def _value(self, argument: Any) -> Any:
        """What is the same in every run, else None."""
        if isinstance(argument, list):
            values = [self._value(one) for one in argument]
            return None if any(value is None for value in values) else values
        return self._still[argument] if argument in self._still else constant_of(argument, self._fed)

    def _quick_lines(self, call: Call) -> list[str]:
        """What NumPy does at once, or the rule where it refuses."""
        node = call.node
        output = node.outputs[0]
        if (size := idle.size_after(node, self._sizes, self._value)) is not None:
            self._sizes[output] = size
        given = ", ".join(self._given(argument, i, call) for i, argument in enumerate(call.arguments))
        bare = idle.bare(node) if all(t in self._numbers or t.op.type == "Const" for t in node.inputs) else None
        name = "_" if output in self._fed else f"v{len(self._names)}"
        self._names.setdefault(output, name)
        self._numbers.add(output)
        quick, rule = self._known(bare or call.quick), self._known(_plain(call))
        call_quick = f"{quick}({given})" if output.sizes else f"_one({quick}({given}))"
        return [f"try: {name} = {call_quick}", f"except _refused: {name} = _one({rule}({given}))"]

    def _line(self, call: Call) -> str:
        node = call.node
        names = [self._given(argument, i, call) for i, argument in enumerate(call.arguments)]
        function: Any = call.function
        if call.is_plain:
            function = _plain(call)
        else:
            names += [f"{name}={self._known(value)}" for name, value in call.keywords.items()]
            if call.wants_session:
                names.append("session=session")
        text = f"{self._known(function)}({', '.join(names)})"
        if (size := idle.size_after(node, self._sizes, self._value)) is not None:
            self._sizes[node.outputs[0]] = size
        self._numbers.update(node.outputs if node.type in idle.DRAWN else ())
        made = []
        for output in node.outputs:
            made.append("_" if output in self._fed else f"v{len(self._names)}")
            self._names.setdefault(output, made[-1])
        if not made:
            return text
        return f"{made[0]} = _one({text})" if len(made) == 1 else f"{', '.join(made)} = _several({text})"

    def _given(self, argument: Any, at: int, call: Call) -> str:
        if at in call.rule.unread:
            return "None"
        constant = call.constants[at]
        if constant is not None:
            return self._known(constant)
        if isinstance(argument, list):
            return f"[{', '.join(map(self._name, argument))}]"
        return self._name(argument)

    def _name(self, tensor: Tensor) -> str:
        if tensor not in self._names and tensor.op.type == "Const":
            self._names[tensor] = self._known(tensor.op.attrs["value"])
        return self._names[tensor]

    def _known(self, value: Any) -> str:
        """A name for what is the same in every run."""
        name = f"k{len(self._table)}"
        self._table[name] = value
        return name


def _one(results: Any) -> Any:
    """The one result of a rule, as others read it."""
    if type(results) is not np.ndarray:
        if isinstance(results, (tuple, list)):
            results, = interpret.flatten(results)
        if not isinstance(results, np.ndarray):
            return results
    return results if results.ndim else results[()]


def _several(results: Any) -> list[Any]:
    found: list[Any] = []
    for result in results:
        if type(result) is np.ndarray:
            found.append(result if result.ndim else result[()])
        elif isinstance(result, (list, tuple)):
            found += _several(result)
        elif result is not None:
            found.append(result)
    return found


def _plain(call: Call) -> Callable[..., Any]:
    """A rule of the device, which NumPy follows; where it has to ask JAX, that sees 64 bits and no end of the process."""

    def run(*arguments: Any) -> Any:
        found = call.at_once(arguments)
        if found is not None:
            return found[0]
        from lowering.host import text

        ending.enter()
        try:
            with jax.enable_x64(True):
                return text.run(call.node, call.rule, list(arguments), call.keywords)
        finally:
            ending.leave()

    return run
