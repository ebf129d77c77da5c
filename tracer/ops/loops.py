"""`tf.while_loop`: a recorded body runs as long as a recorded condition holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer import errors, scopes
from tracer.convert import internal_convert_to_tensor
from tracer.declare import declared_as
from tracer.ir import Graph, Operation, Tensor
from tracer.ops import contexts
from tracer.ops.conditional import common
from tracer.ops.contexts import Context, Frame, Written
from tracer.ops.loop_variables import (
    check_invariant,
    flat,
    forms,
    gathered,
    invariants,
    is_nested,
    of_structure,
    pack,
    spread,
)

_C_TYPES = {"float32": "float", "float64": "double", "float16": "half"}  # as messages name them


@declared_as("cond, body, loop_vars, parallel_iterations=10, back_prop=True, swap_memory=False, name=None")
def while_loop(cond: Callable, body: Callable, loop_vars: Any, *options: Any, **named: Any) -> Any:
    """Runs `body` as long as `cond` holds; returns the loop variables as they are then.

    Both functions are called once, now. A loop whose trip count is known while compiling becomes a scan, and is
    differentiated like one; other loops are `jax.lax.while_loop`.

    >>> i = tf.while_loop(lambda i: tf.less(i, 10), lambda i: tf.add(i, 1), [tf.constant(0)])

    Args:
        cond: from the loop variables to a bool tensor of shape ().
        body: from the loop variables to their next values, of the same number and types.
        loop_vars: a list of tensors, `TensorArray`s and `IndexedSlices`, or, as since 0.9, of lists of these.
        parallel_iterations, swap_memory: accepted; a compiled loop schedules itself.
        back_prop: False to pass no gradient through the loop.
        shape_invariants: as since 0.11, there before `parallel_iterations`: what holds of the shapes in all trips.

    Raises:
        TypeError: `cond` or `body` is no function.
        ValueError: no loop variables, or the body returns another number of them.
        InvalidArgumentError: the body gives a loop variable another type.
    """
    if options and not isinstance(options[0], list | tuple):
        options = (None, *options)
    return _while_loop(cond, body, loop_vars, *options, **named)


def _while_loop(cond: Callable, body: Callable, loop_vars: Any, shape_invariants: Any = None,
                parallel_iterations: int = 10, back_prop: bool = True, swap_memory: bool = False,
                name: str | None = None) -> Any:
    if loop_vars is None or (isinstance(loop_vars, (list, tuple)) and not loop_vars):
        raise ValueError("No loop variables provided")
    if not callable(cond):
        raise TypeError("cond must be callable.")
    if not callable(body):
        raise TypeError("body must be callable.")
    del swap_memory
    structure = list(loop_vars) if isinstance(loop_vars, (list, tuple)) else [loop_vars]
    variables = spread(structure, structure)
    if any(map(is_nested, structure)):
        cond, body = of_structure(structure, cond), of_structure(structure, body)
    with scopes.op_scope(flat(variables), name, "while") as scope:
        graph = scopes.get_default_graph()
        starts = [internal_convert_to_tensor(v, as_ref=False) for v in flat(variables)]
        loop = _Loop(graph, scope, parallel_iterations, variables, starts)
        if shape_invariants is not None:
            loop.invariant = True
            loop.sizes = invariants(variables, starts, spread(structure, shape_invariants))
        loop.test(cond)
        results = loop.advance(body)
        packed = gathered(structure, iter(pack(results, loop.record(back_prop))))
        return packed[0] if len(packed) == 1 else packed


def _parameters(function: Callable, count: int) -> list[str]:
    """What a function calls its arguments, where it has so many."""
    code = getattr(function, "__code__", None)
    names = [] if code is None else list(code.co_varnames[:code.co_argcount])
    return names if len(names) == count else []


While = while_loop  # the name that it had first


class _Loop:
    """A loop while it is recorded.

    A reference (a variable's memory) among the loop variables is not carried: the same variable stands at its place
    before, in and after the loop.
    """

    def __init__(self, graph: Graph, scope: str, parallel_iterations: int, variables: list[Any],
                 starts: list[Tensor]) -> None:
        self.graph = graph
        self.scope = scope
        self.variables = variables
        self.starts = starts
        self.sizes = [start.sizes for start in starts]
        self.invariant = False  # whether the script said what the sizes are
        self.carried = [not start.dtype.is_ref_dtype for start in starts]
        entered: dict[Tensor, Tensor] = {}
        self.condition = Frame(graph, scope, parallel_iterations, entered)
        self.body = Frame(graph, scope, parallel_iterations, entered)
        outer = graph.region
        values = [outer.local(start, scope[:-1]) if isinstance(outer, Context) else start for start in starts]
        self.entries = [self.body.enter_as(value, False) for value in values]
        self.inside = self.entries
        self.merges: list[Operation] = []
        self.switches: list[Operation] = []
        self.results: list[Tensor] = []

    def test(self, cond: Callable) -> None:
        """Records the condition."""
        with self.graph.recording(self.condition):
            merges = self._variables(self.condition, "Merge")
            self.condition.outputs = [internal_convert_to_tensor(cond(*pack(self.variables, merges)))]
            contexts.check_condition(self.condition.outputs[0], "LoopCond", "input")
            pivot = self._shadow("LoopCond", self.condition.outputs[0], self.condition)
        self.switches = [contexts.switch(merge.outputs[0], pivot, "Switch", self.condition)[0].op
                         for merge in self.merges]
        self.inside = [switch.outputs[1] for switch in self.switches]

    def advance(self, body: Callable) -> list[Any]:
        """Records the body; returns what it returned."""
        with self.graph.recording(self.body):
            result = body(*pack(self.variables, self._variables(self.body, "Identity")))
            self.body.labels = self.condition.labels = _parameters(body, len(self.body.inputs))
            results = list(result) if isinstance(result, (list, tuple)) else [result]
            if len(flat(results)) != len(self.starts):
                raise ValueError("The number of inputs and outputs of the loop body must match.")
            self.results = [internal_convert_to_tensor(r, as_ref=start.dtype.is_ref_dtype)
                            for r, start in zip(flat(results), self.starts, strict=True)]
            for tensor in self.results:
                self.body.local(tensor, self.scope[:-1])
        if self.invariant:
            for merge, sizes, end in zip(self.merges, self.sizes, self.results, strict=True):
                check_invariant(merge.outputs[0], sizes, end)
        for start, entry, merge, end in zip(self.starts, self.entries, self.merges, self.results, strict=True):
            again = self._shadow("NextIteration", end, self.body)
            self._check(start, end, merge, again)
            attrs = {"T": end.dtype.base_dtype, "N": 2}
            self.graph._written[merge] = Written(contexts.kind_for("Merge", entry), (entry, again), (), attrs)
        self.body.effects = [end.op for end, carried in zip(self.results, self.carried, strict=True)
                             if not carried and self.body.holds(end.op)]
        self.body.outputs = [end for end, carried in zip(self.results, self.carried, strict=True) if carried]
        return forms(self.variables, results)

    def record(self, back_prop: bool) -> list[Tensor]:
        """Records the loop itself; its values at the end."""
        starts = [start for start, carried in zip(self.starts, self.carried, strict=True) if carried]
        captured: dict[Tensor, None] = {}
        controls: dict[Operation, None] = {}
        for region in (self.condition, self.body):
            tensors, waits = region.captures()
            captured.update(dict.fromkeys(tensors))
            controls.update(dict.fromkeys(waits))
        sizes = [sizes for sizes, carried in zip(self.sizes, self.carried, strict=True) if carried]
        outputs = tuple((start.dtype.base_dtype, common(before, end.sizes))
                        for start, before, end in zip(starts, sizes, self.body.outputs, strict=True))
        op = self.graph.add("While", (*starts, *captured),
                            {"regions": (self.condition, self.body), "count": len(starts), "back_prop": back_prop},
                            outputs, "While", controls)
        for entry in self.entries:
            enter = entry.op
            self.graph._written[enter] = Written(enter.type, enter.inputs, tuple(op.control_inputs), enter.attrs)
        left = iter(range(len(starts)))
        return [contexts.left(op, next(left)) if carried
                else self._left_reference(op, start, switch.outputs[0])
                for start, carried, switch in zip(self.starts, self.carried, self.switches, strict=True)]

    def _left_reference(self, op: Operation, start: Tensor, switched: Tensor) -> Tensor:
        attrs = {"T": start.dtype.base_dtype}
        with self.graph.control_dependencies([op]):
            exit = self.graph.add("RefIdentity", (start,), attrs, ((start.dtype, start.sizes),), "RefExit")
        self.graph._written[exit] = Written("RefExit", (switched,), (), attrs)
        return exit.outputs[0]

    def _variables(self, region: Frame, name: str) -> list[Tensor]:
        """The loop variables as `region` sees them."""
        found, operations = [], []
        for start, sizes, before in zip(self.starts, self.sizes, self.inside, strict=True):
            attrs = {"T": start.dtype.base_dtype}
            if start.dtype.is_ref_dtype:
                named = "Merge" if name == "Merge" else contexts.kind_for(name, before)
                operations.append(contexts.shadow(name, (before,), attrs, named, region).op)
                region.references[start] = operations[-1].outputs[0]
                found.append(start)
                continue
            kinds = ((start.dtype, sizes),)
            operations.append(self.graph.add("LoopVariable", (), {}, kinds, name))
            self.graph._written[operations[-1]] = Written(name, (before,), (), attrs)
            found.append(operations[-1].outputs[0])
            region.inputs.append(found[-1])
        region.pivot = operations[0]
        if name == "Merge":
            self.merges = operations
        return found

    def _shadow(self, type: str, tensor: Tensor, region: Frame) -> Tensor:
        attrs = {} if type == "LoopCond" else {"T": tensor.dtype.base_dtype}
        inside = region.local(tensor, self.scope[:-1])
        return contexts.shadow(type, (inside,), attrs, contexts.kind_for(type, inside), region)

    @staticmethod
    def _check(start: Tensor, end: Tensor, merge: Operation, again: Tensor) -> None:
        kinds = [_C_TYPES.get(t.dtype.base_dtype.name, t.dtype.base_dtype.name) for t in (end, start)]
        if kinds[0] != kinds[1]:
            raise errors.InvalidArgumentError(
                None, merge, f"Input 1 of node {merge.name} was passed {kinds[0]} from {again.name} incompatible with "
                             f"expected {kinds[1]}.")
        if start.dtype.is_ref_dtype and _memory(end) is not _memory(start):
            raise ValueError(f"The loop variable '{start.name}' is a reference to a variable, but the body gives "
                             f"'{end.name}', which is none to it.")


def _memory(tensor: Tensor) -> Tensor:
    """The variable that a reference is one to."""
    while tensor.dtype.is_ref_dtype and tensor.op.inputs and tensor.op.inputs[0].dtype.is_ref_dtype:
        tensor = tensor.op.inputs[0]
    return tensor
