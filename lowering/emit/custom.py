"""Gradients that a script registered, as `jax.custom_vjp` functions above the module's own."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.emit.expressions import Expr, UnquotableError
from lowering.emit.naming import snake
from lowering.emit.parallel import below
from lowering.own_gradients import CustomGradient
from lowering.plan.slice import region_nodes
from tracer.ir import Operation, Tensor

PLACE = "a_gradient_of_the_script"
"""Stands for a function's name until it is known which functions are the same."""


class Custom:
    """One operation with a gradient of its own: its values by its parameters, and the gradients of those."""

    def __init__(self, op: Operation, gradient: CustomGradient, trace: Any) -> None:
        self.op = op
        self.inputs: list[Tensor] = list(dict.fromkeys(op.inputs))
        self.others = [t for t in gradient.region.captures()[0] if t not in op.inputs and t.op is not op
                       and isinstance(_read(t, trace), Expr)]  # what the gradient uses besides
        self.arguments = [_array(trace.read(t)) for t in [*self.inputs, *self.others]]
        names = ["x"] if len(self.inputs) == 1 else [f"x{i}" for i in range(1, len(self.inputs) + 1)]
        names += ["other"] if len(self.others) == 1 else [f"other{i}" for i in range(1, len(self.others) + 1)]
        self.parameters = [_like(name, e) for name, e in zip(names, self.arguments, strict=True)]
        given = dict(zip([*self.inputs, *self.others], self.parameters, strict=True))
        self.values = trace.child(given).computed(op)
        outs = ["y"] if len(self.values) == 1 else [f"y{i}" for i in range(1, len(self.values) + 1)]
        self.outputs = [_like(name, _array(value)) for name, value in zip(outs, self.values, strict=True)]
        self.seeds = [_like("grad" if len(outs) == 1 else f"grad_{e.head}", e) for e in self.outputs]
        self.gradients = self._gradients(gradient, {**given, **dict(zip(op.outputs, self.outputs, strict=True))}, trace)
        self.call = Expr("call", "", tuple(self.arguments), {}, self._outline())

    def _outline(self) -> Any:
        found = [jax.ShapeDtypeStruct(e.shape, e.dtype) for e in self.outputs]
        return found[0] if len(found) == 1 else found

    def results(self) -> list[Any]:
        """The operation's values in the program."""
        if len(self.outputs) == 1:
            return [self.call]
        return [Expr("index", "", (self.call, i), {}, e) for i, e in enumerate(self.outputs)]

    def _gradients(self, gradient: CustomGradient, values: dict[Tensor, Any], trace: Any) -> list[Any]:
        """For each parameter its gradient, or None."""
        region = gradient.region
        exact = [seed for seed in self.seeds if np.issubdtype(seed.dtype, np.inexact)]
        child = trace.child({**values, **dict(zip(region.inputs, exact, strict=False))})
        for node in region_nodes(region, list(region.outputs)):
            child.step(node)
        if child.unsupported or child.keys[len(trace.keys):]:
            raise UnquotableError("the gradient that the script registered for it has no form in a module")
        found = iter([child.read(t) for t in region.outputs])
        total: dict[Tensor, Any] = {}
        for tensor, has in zip(self.op.inputs, gradient.returned, strict=True):
            if has:
                value = next(found)
                total[tensor] = total[tensor] + value if tensor in total else value
        return [total.get(tensor) for tensor in self.inputs] + [None] * len(self.others)

    def text(self, name: str, draft: Any) -> str:
        """The three functions as source."""
        names = [e.head for e in self.parameters]
        forward, backward = draft.body(names), draft.body([*names, *(e.head for e in [*self.outputs, *self.seeds])])
        values = ", ".join(forward.write(self.values))
        texts = ["None" if value is None else backward.write([value])[0] for value in self.gradients]
        used = [e.head for e in [*self.parameters, *self.outputs] if any(
            inner is e for inner in below(self.gradients).values())]
        kept = f"({', '.join(used)}{',' if len(used) == 1 else ''})"
        outs = ", ".join(e.head for e in self.outputs)
        call = f"{name}({', '.join(names)})"
        first = [f"{outs} = {call}", f"return {outs if len(self.outputs) == 1 else f'({outs})'}, {kept}"]
        if not {e.head for e in self.outputs} & set(used):
            first = [f"return {call}, {kept}"]
        seeds = ", ".join(e.head for e in self.seeds)
        opened = [f"{', '.join(used)}{',' if len(used) == 1 else ''} = residuals"] if used else []
        opened += [f"{seeds} = grads"] if len(self.seeds) > 1 else []
        taken = "grads" if len(self.seeds) > 1 else seeds
        opened += draft.measured((e.head, e.shape) for e in self.seeds)
        last = f"return ({', '.join(texts)}{',' if len(texts) == 1 else ''})"
        return "\n\n\n".join([
            _function(f"@jax.custom_vjp\ndef {call}:", [*forward.lines, f"return {values}"]),
            _function(f"def {name}_forward({', '.join(names)}):", first),
            _function(f"def {name}_backward(residuals, {taken}):", [*opened, *backward.lines, last]),
            f"{name}.defvjp({name}_forward, {name}_backward)"])

    def wanted(self) -> str:
        """What the function would be called: as the script registered the gradient."""
        said = self.op.attrs.get("_gradient_op_type", b"")
        said = said.decode() if isinstance(said, bytes) else str(said)
        return snake(said).lower() if said.isidentifier() else f"{snake(self.op.type).lower()}_with_gradient"


def define(customs: list[Custom], draft: Any) -> list[str]:
    """The texts of the functions; those that are the same are one. The calls get their names."""
    found: dict[str, str] = {}
    for custom in customs:
        pattern = custom.text(PLACE, draft)
        if pattern not in found:
            name, number = custom.wanted(), 2
            while name in draft.taken:
                name, number = f"{custom.wanted()}_{number}", number + 1
            draft.taken.add(name)
            found[pattern] = name
        custom.call.head = found[pattern]
    return [pattern.replace(PLACE, name) for pattern, name in found.items()]


def _function(head: str, lines: list[str]) -> str:
    return head + "\n" + "\n".join("    " + line if line else line for line in lines)


def _read(tensor: Tensor, trace: Any) -> Any:
    try:
        return trace.read(tensor)
    except UnquotableError:  # it is computed in the gradient
        return None


def _array(value: Any) -> Any:
    return value if isinstance(value, Expr) else jnp.asarray(value)


def _like(name: str, value: Any) -> Expr:
    return Expr("name", name, outline=jax.ShapeDtypeStruct(np.shape(value), value.dtype))
