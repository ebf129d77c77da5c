"""Calls of host operations: what is the same in every run is looked up once, so that a step of a pipeline is cheap."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from lowering import fast, interpret, registry
from lowering.checks import Check, error_of
from lowering.plan import slice as slicing
from lowering.run import ending, idle, restoring
from lowering.run.state import State
from lowering.run.watch import Watch
from tracer import dtypes, errors
from tracer.ir import Operation, Tensor


class HostSession:
    """What a host rule sees of the run: the session's resources, and its variables as this run has them."""

    def __init__(self, state: State, overlay: dict[str, Any], watch: Watch | None = None) -> None:
        self.state = state
        self.overlay = overlay
        self.timeout = state.timeout if watch is None else watch.remaining(state.timeout)
        self.resource = state.resource

    def is_initialized(self, variable: str) -> bool:
        """Whether the variable called `variable` holds a value."""
        return variable in self.overlay or variable in self.state.variables

    def assign(self, variable: str, value: Any) -> None:
        """Gives a variable a new value, which the run commits at its end."""
        self.overlay[variable] = value


class Call:
    """One host operation."""

    def __init__(self, node: Operation, fed: frozenset[Tensor]) -> None:
        rule = registry.find(node.type)
        assert rule is not None
        self.node = node
        self.rule = rule
        self.arguments = node.arguments
        # What is recorded with its value, save what can be fed; a rule gets the array itself, as it is in the graph.
        self.constants = [constant_of(argument, fed) if i not in rule.unread else None
                          for i, argument in enumerate(self.arguments)]
        self.outputs = [output for output in node.outputs if not (rule.writes and output.dtype.is_ref_dtype)]
        self.is_plain = not (rule.host or rule.strings)  # a rule of the device, which NumPy follows
        self.wants_session = "session" in rule.extras
        self.wants_temporaries = "temporaries" in rule.extras and rule.host
        self.attrs: dict[str, Any] = {name: node.attrs[name] for name in rule.attrs}
        self.keywords = dict(self.attrs)
        if "op" in rule.extras:
            self.keywords["op"] = node
        if "declared" in rule.extras:
            self.keywords["declared"] = tuple(output.sizes for output in node.outputs)
        if "later" in rule.extras:
            self.keywords["later"] = lambda function, *operands: function(*operands)
        if "check" in rule.extras:
            self.keywords["check"] = functools.partial(_check_now, node)
        self.function, self.keywords = self._ahead()
        if node.type in idle.DRAWN:
            from lowering.host import philox

            self.function, self.keywords = philox.drawing(node), {}
            self.is_plain, self.wants_session = False, True
        self.quick = idle.quick(node, self.attrs, self.constants) if self.is_plain and fast.on("idle") else None

    def _ahead(self) -> tuple[Any, dict[str, Any]]:
        """The rule with its keywords, or what was made of them for constant inputs."""
        if self.rule.ahead is not None:
            try:
                function = self.rule.ahead(*self.constants, **self.attrs)
            except (errors.OpError, ValueError, TypeError):  # the rule says so when it runs
                function = None
            if function is not None:
                return function, {}
        return self.rule.function, self.keywords

    def run(self, arguments: list[Any], session: HostSession, values: dict) -> Any:
        """The results of the rule. What goes wrong names the operation."""
        try:
            if self.is_plain:
                return self._plainly(arguments, session)
            keywords = self.keywords
            if self.wants_session:
                keywords = {**keywords, "session": session}
            if self.wants_temporaries:
                keywords = {**keywords, "temporaries": values.setdefault("temporaries", set())}
            ending.leave()  # it may wait
            try:
                return self.function(*arguments, **keywords)
            finally:
                ending.enter()
        except Exception:
            with interpret.blame(self.node):
                raise

    def at_once(self, arguments: Sequence[Any]) -> list[Any] | None:
        """The one result, in a list, of what NumPy does at once; None where its rule does it, or says what is wrong."""
        if self.quick is None:
            return None
        try:
            with np.errstate(all="ignore"):
                return [self.quick(*arguments)]
        except (ValueError, IndexError, TypeError):
            return None

    def _plainly(self, arguments: list[Any], session: HostSession) -> Any:
        found = self.at_once(arguments)
        if found is not None:
            return found
        from lowering.host import philox, text

        if self.rule.draws:  # strings are shuffled
            if not np.ndim(arguments[0]) or np.size(arguments[0]) <= 1:
                return arguments[0]
            streams, stream = session.state.streams, session.state.stream(self.node)
            order, streams[self.node.name] = philox.permutation(stream, len(arguments[0]))
            return arguments[0][order]
        return text.run(self.node, self.rule, arguments, self.keywords)

    def keep(self, results: list[Any], values: dict, overlay: dict[str, Any]) -> None:
        """Stores the results; the new values of the variables that the operation writes follow its outputs."""
        if not self.rule.writes:
            values.update(zip(self.outputs, results, strict=True))
            return
        values.update(zip(self.outputs, results, strict=False))
        for at, value in zip(self.rule.writes, results[len(self.outputs):], strict=True):
            variable = slicing.variable_of(self.arguments[at])
            assert variable is not None
            kind = variable.outputs[0].dtype.base_dtype
            array = np.asarray(value, kind.array_dtype)
            if self.node.type == "Assign" and kind is not dtypes.string:
                restoring.put(overlay, variable.name, array)
            else:
                overlay[variable.name] = array


def constant_of(argument: Any, fed: frozenset[Tensor]) -> Any:
    """The value of an argument that is the same in every run, else None."""
    if isinstance(argument, list):
        values = [constant_of(one, fed) for one in argument]
        return None if any(value is None for value in values) else values
    if argument in fed:
        return None
    op = argument.op
    return op.attrs["value"] if op.type == "Const" else _reshaped(op, fed)


def _reshaped(op: Operation, fed: frozenset[Tensor]) -> Any:
    """The value of a constant in another shape; defaults of features are such."""
    if op.type not in idle.SHAPES:
        return None
    values = [constant_of(tensor, fed) for tensor in op.inputs]
    if any(value is None for value in values):
        return None
    rule = registry.find(op.type)
    function = idle.quick(op, {name: op.attrs[name] for name in rule.attrs}, values)  # type: ignore[union-attr]
    try:
        return None if function is None else function(*values)
    except (ValueError, IndexError, TypeError):  # its rule says so when it runs
        return None


def _check_now(node: Operation, holds: Any, message: Any, *operands: Any) -> None:
    if not bool(holds):
        raise error_of(Check(node, message), operands)
