"""A copy of what a graph's gradients depend on, in which they are computed by operations of TensorFlow's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tracer.convert import IndexedSlices
from tracer.derivatives.arrays import all_rows
from tracer.derivatives.backward import Backward, whole
from tracer.derivatives.registry import CONDITION, UnsupportedError
from tracer.ir import Graph, Operation, Region, Tensor
from tracer.ops import casting, constants
from tracer.ops.contexts import Context, Written
from tracer.raw import form as raw_form
from tracer.raw.graph import EXITS, MERGES

_LOOPS = EXITS | {"While"}


class _Copy(Graph):
    """The copy: its names stand beside those of the graph itself."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._names_in_use = dict(graph._names_in_use)


class Expansion:
    """What stands for the `Gradients` operations of a graph, as it is now, in an export."""

    def __init__(self, graph: Graph) -> None:
        self.version = graph.version
        self.copy = _Copy(graph)
        self.nodes: dict[Operation, list[Operation]] = {}  # for each operation that is written out, what stands for it
        self.problems: dict[Operation, str] = {}  # why one is not
        self.seeds: set[Operation] = set()  # in gradients of the script's own, what stands for those that it is given
        self._tensors: dict[Tensor, Tensor] = {}  # the copies
        self._origins: dict[Tensor, Tensor] = {}
        self._copies: dict[Operation, Operation] = {}  # by the copy
        self._claimed: set[Operation] = set()
        self.gradients = [op for op in graph.get_operations() if op.type == "Gradients"]
        outer = [op for op in self.gradients if op.region is None]
        for op in (*outer, *self.gradients):
            self._expand(op)
        self._by_name = {op.name: op for op in (*self.nodes, *self.seeds)}

    # -- what an export asks

    def operations(self, operations: Iterable[Operation]) -> Iterator[Operation]:
        """The operations that an export has in the place of `operations`."""
        for op in operations:
            if op in self.nodes:
                yield from self.nodes[op]
            elif op not in self.seeds:
                yield op

    def written(self, form: Written) -> Written:
        """An operation with the inputs and the attributes that an export gives it."""
        attrs = form.attrs
        if "_class" in attrs:
            attrs = {**attrs, "_class": [self._group(group, form.inputs) for group in attrs["_class"]]}
        inputs = tuple([self.standing_for(tensor) for tensor in form.inputs])
        return Written(form.type, inputs, tuple(self.controls(form.controls)), attrs)

    def _group(self, group: bytes, inputs: tuple[Tensor, ...]) -> bytes:
        """A colocation group: beside an operation that is written out stands whatever gives the first of its outputs."""
        name = group.removeprefix(b"loc:@").decode()
        op = self._by_name.get(name)
        if op is None:
            return group
        near = next((tensor for tensor in inputs if tensor.op is op), op.outputs[0])
        return b"loc:@" + self.standing_for(near).op.name.encode()

    def is_replaced(self, op: Operation) -> bool:
        """Whether other operations stand for `op`."""
        return op in self.nodes or op in self.seeds

    def standing_for(self, tensor: Tensor) -> Tensor:
        """What an export has in the place of a tensor."""
        copied = self._tensors[tensor] if self.is_replaced(tensor.op) else tensor
        original = self._origins.get(copied)
        if original is None:
            return copied
        return self.standing_for(original) if self.is_replaced(original.op) else raw_form.plain(original)

    def controls(self, controls: Iterable[Operation]) -> list[Operation]:
        """What to wait for in the place of `controls`."""
        found: dict[Operation, None] = {}
        for control in controls:
            op = self._copies.get(control, control)
            for other in [self.standing_for(t).op for t in op.outputs] if self.is_replaced(op) else [op]:
                found[other] = None
        return list(found)

    # -- the copy

    def _copied(self, tensor: Tensor) -> Tensor:
        """A tensor in the copy, with all that it depends on."""
        stack = [tensor.op]
        begun: set[Operation] = set()
        while stack:
            op = stack[-1]
            if not op.outputs or op.outputs[0] in self._tensors:
                stack.pop()
                continue
            if op.type == "Gradients" and op not in self.problems and op not in self.nodes:
                self._expand(op)
                continue
            missing = [t.op for t in self._needed(op) if t not in self._tensors]
            if not missing:
                self._add(stack.pop())
            elif op in begun:
                raise UnsupportedError(op, "which takes part in a loop")
            else:
                begun.add(op)
                stack += missing
        return self._tensors[tensor]

    @staticmethod
    def _form(op: Operation) -> Written:
        """The operation as TensorFlow has it; but a loop, which is no part of the way back, as we have it."""
        if op.type in _LOOPS:
            return raw_form.as_is(op)
        return raw_form.written(op) or raw_form.as_is(op)

    @staticmethod
    def _condition(op: Operation) -> Tensor | None:
        """What a `Merge` was decided by."""
        return op.inputs[0].op.inputs[0] if op.type in MERGES and op.inputs[0].op.type == "Cond" else None

    def _needed(self, op: Operation) -> list[Tensor]:
        condition = self._condition(op)
        return [*self._form(op).inputs, *([] if condition is None else [condition])]

    def _add(self, op: Operation) -> None:
        form, condition = self._form(op), self._condition(op)
        inputs = tuple([self._tensors[t] for t in form.inputs])
        attrs = form.attrs if condition is None else {**form.attrs, CONDITION: self._tensors[condition]}
        made = Operation.recorded(self.copy, form.type, op.name, inputs, attrs,
                                  tuple([(t.dtype, t.sizes) for t in op.outputs]), (), op.device)
        for tensor in inputs:
            tensor.add_consumer(made)
        self._tensors.update(zip(op.outputs, made.outputs, strict=True))
        self._origins.update(zip(made.outputs, op.outputs, strict=True))
        self._copies[made] = op

    # -- the gradients

    def _expand(self, op: Operation) -> None:
        if op in self.nodes or op in self.problems:
            return
        if isinstance(op.region, Context):
            self.problems[op] = "it is computed inside of a conditional or a loop"
            return
        scope = op.name.rpartition("/")[0]
        try:
            for tensor in op.inputs:
                self._copied(tensor)
            first = len(self.copy._operations)
            with self.copy.as_default(), self.copy.name_scope(scope and scope + "/"):
                results = self._results(op)
        except (UnsupportedError, ValueError, TypeError, NotImplementedError) as error:
            # What 0.8 cannot record: an export does not fail for a gradient that nobody may ever ask for.
            self.problems[op] = str(error)
            return
        made = [one for one in self.copy._operations[first:] if one not in self._claimed]
        for one in made:
            one.device, one._controls = op.device, (*op.control_inputs, *one._controls)
        self._claimed.update(made)
        self.nodes[op] = made
        self._tensors.update(zip(op.outputs, results, strict=True))

    def _results(self, op: Operation) -> list[Tensor]:
        count_y, count_x = op.attrs["ys"], op.attrs["xs"]
        ys, xs = op.inputs[:count_y], op.inputs[count_y:count_y + count_x]
        given = iter(op.inputs[count_y + count_x:])
        seeds = [self._tensors[next(given)] if has else None for has in op.attrs["seeded"]]
        custom = {}
        for (name, returned), region in zip(op.attrs["custom"], op.regions, strict=True):
            if "//" in name:
                raise UnsupportedError(op.named(name), "which is part of a function")
            original = op.named(name)
            self._copied(original.outputs[0])
            custom[self._tensors[original.outputs[0]].op] = (self._by_script(region, returned), returned)
        back = Backward([self._tensors[y] for y in ys], [self._tensors[x] for x in xs], seeds, custom,
                        op.attrs.get("gated", False))
        back.run()
        results: list[Tensor] = []
        outputs = iter(op.outputs)
        for x, rows in zip(xs, op.attrs["rows"], strict=True):
            found = back.total(self._tensors[x])
            if rows:
                next(outputs)
                results += _as_rows(found, next(outputs).dtype)
            else:
                next(outputs)
                results.append(constants.zeros_like(self._tensors[x]) if found is None else whole(found))
        return results

    def _by_script(self, region: Region, returned: tuple[bool, ...]) -> Callable:
        """The gradient of an operation by the function that the script registered, which stands recorded."""

        def gradient(op: Operation, *grads: Any) -> list[Any]:
            real = [grad for grad, output in zip(grads, op.outputs, strict=True) if grad is not None]
            for seed, grad in zip(region.inputs, real, strict=True):
                self._tensors[seed] = grad
                self.seeds.add(seed.op)
            found = iter([self._copied(tensor) for tensor in region.outputs])
            return [next(found) if has else None for has in returned]

        return gradient


def _as_rows(found: Any, kind: Any) -> list[Tensor]:
    """The gradient as rows and their places."""
    slices = found if isinstance(found, IndexedSlices) else all_rows(found)
    return [slices.values, casting.cast(slices.indices, kind)]
