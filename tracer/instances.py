"""Calls of a graph's functions: each holds a copy of the function's body, as a conditional holds its branches.

The operations of a copy stand in no graph: only the call does. They use the call's inputs directly.
"""

from __future__ import annotations

from tracer import errors
from tracer.convert import internal_convert_to_tensor
from tracer.function_def import Definition
from tracer.ir import Graph, Operation, Region, Tensor

GRADIENT = "SymbolicGradient"


def function_of(op: Operation) -> Definition | None:
    """The function that an operation calls; None when it calls none, or one that its graph does not have."""
    functions = op.graph._functions
    if op.type == GRADIENT:
        called = functions.get(op.attrs["f"].name)
        return None if called is None else gradient_of(called, functions)
    return functions.get(op.type)


def expand(op: Operation) -> None:
    """Gives a call its copy of the body, when its graph has the function."""
    definition = function_of(op)
    if definition is not None and not op.regions:
        _check(op, definition)
        op.attrs = {**op.attrs, "regions": (_Copy(op, definition).region,)}


def expand_waiting(graph: Graph, name: str) -> None:
    """Gives the calls of a function that has just been added their copies."""
    for op in graph.get_operations():
        if not op.regions and (op.type == name or (op.type == GRADIENT and op.attrs["f"].name == name)):
            expand(op)


def _check(op: Operation, definition: Definition) -> None:
    for what, tensors, wanted in (("takes", op.inputs, definition.inputs), ("gives", op.outputs, definition.outputs)):
        types, declared = ([t.dtype.base_dtype for t in some] for some in (tensors, wanted))
        if types != declared:
            raise errors.InvalidArgumentError(
                None, op, f"The function {definition.name} {what} [{', '.join(kind.name for kind in declared)}], and its "
                          f"call '{op.name}' says [{', '.join(kind.name for kind in types)}]")


def gradient_of(called: Definition, functions: dict[str, Definition]) -> Definition:
    """The function from the inputs of `called` and the gradients of its outputs to the gradients of its inputs."""
    from tracer.gradients import gradients
    from tracer.ops import array, constants

    body = Graph()
    body._functions.update(functions)
    with body.as_default():
        inputs = [array.placeholder(t.dtype, name=f"x{i}") for i, t in enumerate(called.inputs)]
        seeds = [array.placeholder(t.dtype, name=f"dy{i}") for i, t in enumerate(called.outputs)]
        call = body.add(called.name, tuple(inputs), {}, tuple((t.dtype, t.sizes) for t in called.outputs), "call")
        expand(call)
        found = gradients(list(call.outputs), inputs, seeds)
        outputs = [constants.zeros_like(x) if gradient is None else internal_convert_to_tensor(gradient)
                   for x, gradient in zip(inputs, found, strict=True)]
    return Definition(f"{called.name}_grad", body, [*inputs, *seeds], outputs)


def _is_call(op: Operation) -> bool:
    return bool(op.regions and op.regions[0].names)


def _needed(definition: Definition) -> list[Operation]:
    """The operations of a body that its outputs depend on, in order; those in regions with what holds them."""
    found: set[Operation] = set()
    stack = [tensor.op for tensor in definition.outputs]
    while stack:
        op = stack.pop()
        if op not in found:
            found.add(op)
            stack += [*(t.op for t in op.inputs), *op.control_inputs]
            if not _is_call(op):
                stack += [inner for region in op.regions for inner in region.walk()]
                stack += [t.op for region in op.regions for t in (*region.inputs, *region.outputs)]
    given = {tensor.op for tensor in definition.inputs}
    return [op for op in definition.graph.get_operations() if op in found and op not in given]


class _Copy:
    """The copy of a function's body for one call."""

    def __init__(self, call: Operation, definition: Definition) -> None:
        self.call = call
        self.tensors: dict[Tensor, Tensor] = dict(zip(definition.inputs, call.inputs, strict=True))
        self.operations: dict[Operation, Operation] = {tensor.op: call for tensor in definition.inputs}
        self.regions: dict[Region | None, Region] = {}
        self.region = self.regions[None] = Region(call.graph)
        self.region.parent = call.region
        call.graph._py_functions.update(definition.graph._py_functions)
        body = _needed(definition)
        for op in body:
            self._copy_all(op)
        for tensor in definition.inputs:
            self.operations.pop(tensor.op, None)
        for op, made in self.operations.items():
            if _is_call(op):
                expand(made)
            elif op.regions:
                made.attrs = {**made.attrs, "regions": tuple([self._region(region) for region in op.regions])}
        for region, made in self.regions.items():
            inner = region.operations if region is not None else [op for op in body if op.region is None]
            made.operations = [self.operations[op] for op in inner if op in self.operations]
            made.inputs, made.outputs = ([self.tensors[t] for t in some] for some in (
                (region.inputs, region.outputs) if region is not None else ((), definition.outputs)))
        self.region.names = {op.name: made for op, made in self.operations.items()}

    def _copy_all(self, last: Operation) -> None:
        """Copies an operation, after those that it depends on."""
        stack = [last]
        while stack:
            op = stack[-1]
            missing = [before for before in (*(t.op for t in op.inputs), *op.control_inputs)
                       if before not in self.operations]
            if op in self.operations or not missing:
                stack.pop()
                if op not in self.operations:
                    self._copy(op)
            else:
                stack += missing

    def _copy(self, op: Operation) -> None:
        attrs = {name: value for name, value in op.attrs.items() if name != "regions"} if _is_call(op) else op.attrs
        made = Operation.recorded(
            self.call.graph, op.type, f"{self.call.name}/{op.name}", tuple([self.tensors[t] for t in op.inputs]),
            attrs, tuple([(t.dtype, t.sizes) for t in op.outputs]),
            tuple([self.operations[c] for c in op.control_inputs if self.operations[c] is not self.call]), op.device)
        made.frames, made.region, made._id = op.frames, self._region(op.region), op._id
        self.operations[op] = made
        self.tensors.update(zip(op.outputs, made.outputs, strict=True))

    def _region(self, region: Region | None) -> Region:
        if region not in self.regions:
            made = self.regions[region] = Region(self.call.graph)
            made.parent = self._region(region.parent if region is not None else None)
        return self.regions[region]
