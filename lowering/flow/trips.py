"""How often a loop runs, found while a program is traced from the loop variables that count."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import numpy as np

from lowering import registry
from lowering.plan.slice import SHAPES, VARIABLES, region_nodes
from lowering.plan.varying import CONTROL
from lowering.programs import fold, plain
from tracer import errors
from tracer.ir import Operation, Region, Tensor

SIMULATED = 100_000
"""Most trips that are counted one by one."""
MANY_COUNTERS = 8


class Trips(NamedTuple):
    """A known number of trips."""

    count: int
    counters: list[int]  # the loop variables that decide on it
    walk: Any  # from a number of trips to the counters' values after it

    def values(self, trip: int) -> dict[int, np.ndarray]:
        """The counters before trip number `trip`."""
        return dict(zip(self.counters, self.walk(trip), strict=True))


def known(node: Operation, context: Any, asked: list[Tensor] | None = None) -> Trips | None:
    """How often the loop runs, when its condition depends only on what is known while tracing; otherwise None.

    Where `asked` is a part of the condition, how often it would run if that were all.
    """
    condition, step = node.regions
    asked = condition.outputs if asked is None else asked
    counters = counting(node, asked)
    if counters is None:
        return None
    starts = [known_value(node.inputs[i], context) for i in counters]
    if any(start is None for start in starts):
        return None
    holds = traced(condition, asked, counters, starts, context)
    advance = traced(step, [step.outputs[i] for i in counters], counters, starts, context)
    if holds is None or advance is None:
        return None
    return _by_formula(holds, advance, counters, starts) or _one_by_one(holds, advance, counters, starts)


def known_value(tensor: Tensor, context: Any) -> np.ndarray | None:
    """The value of `tensor`, or None where only a run knows it."""
    try:
        return fold.known(tensor, context)
    except errors.StaticValueError:
        return None


def traced(region: Region, outputs: list[Tensor], counters: list[int], starts: list[Any], context: Any) -> Any:
    """`outputs` as a function of the counters, or None when it takes more than those and what is known."""
    from lowering.flow.regions import compute

    outside = {t for op in region_nodes(region, outputs) for t in op.inputs if not region.holds(t.op)}
    folded = {t: value for t in outside if (value := known_value(t, context)) is not None}
    if any(t in context.given and t not in context.values for t in outside - folded.keys()):
        return None  # the context is of one who only asks, and knows that there is a value

    def function(given: list[Any]) -> list[Any]:
        child = context.child()
        child.values.update(folded)
        child.values.update(zip([region.inputs[i] for i in counters], given, strict=True))
        return compute(region, outputs, child)

    closed = jax.make_jaxpr(function)(starts)
    return None if any(isinstance(const, jax.core.Tracer) for const in closed.consts) else closed  # type: ignore[attr-defined]


def _one_by_one(holds: Any, advance: Any, counters: list[int], starts: list[Any]) -> Trips | None:
    path = [starts]
    while bool(evaluate(holds, path[-1])[0]):
        if len(path) > SIMULATED:
            return None
        path.append(evaluate(advance, path[-1]))
        if all(np.array_equal(a, b) for a, b in zip(path[-1], path[-2], strict=True)):
            raise errors.InvalidArgumentError(
                None, None, "The loop never ends: its body leaves as they are the loop variables that its condition reads")
    return Trips(len(path) - 1, counters, path.__getitem__)


def evaluate(closed: Any, values: list[Any]) -> list[np.ndarray]:
    return plain.evaluate(closed.jaxpr, closed.consts, values)


def _by_formula(holds: Any, advance: Any, counters: list[int], starts: list[Any]) -> Trips | None:
    """The plain loop: one whole number that the same amount is added to, and compared with a limit."""
    stride = _operand(advance, ("add", "sub"))
    limit = _operand(holds, ("lt", "le", "gt", "ge"))
    start = starts[0]
    if stride is None or limit is None or len(starts) > 1 or np.ndim(start) or start.dtype.kind != "i":
        return None
    amount = int(stride[1]) if stride[0] == "add" else -int(stride[1])
    first, last = int(start), int(limit[1])
    if limit[0] in ("gt", "ge"):
        first, last, amount, flipped = -first, -last, -amount, -1
    else:
        flipped = 1
    last += limit[0] in ("le", "ge")
    if amount <= 0 and first < last:
        return None  # it never ends, or only by overflowing
    count = max(0, math.ceil((last - first) / amount)) if amount > 0 else 0
    if abs(first + count * amount) >= np.iinfo(start.dtype).max:
        return None
    return Trips(count, counters, lambda trip: [np.asarray(flipped * (first + trip * amount), start.dtype)])


def _operand(closed: Any, allowed: tuple[str, ...]) -> tuple[str, Any] | None:
    """The one operation of the jaxpr and its constant operand on the right, when it is no more than that."""
    jaxpr = closed.jaxpr
    known = dict(zip(jaxpr.constvars, closed.consts, strict=True))
    equations = []
    for equation in jaxpr.eqns:
        if equation.primitive.name in ("convert_element_type", "copy", "reshape", "squeeze") and all(
                hasattr(atom, "val") or atom in known for atom in equation.invars):
            return None
        equations.append(equation)
    if len(equations) != 1 or equations[0].primitive.name not in allowed or len(jaxpr.invars) != 1:
        return None
    left, right = equations[0].invars
    if left is not jaxpr.invars[0] or jaxpr.outvars[0] is not equations[0].outvars[0]:
        return None
    value = right.val if hasattr(right, "val") else known.get(right)
    if value is None or np.ndim(value):
        return None
    return equations[0].primitive.name, value


def counting(node: Operation, asked: list[Tensor] | None = None) -> list[int] | None:
    """The loop variables that decide how often the loop runs; None when more than those and constants does."""
    condition, step = node.regions
    found: set[int] = set()
    waiting = depends(condition, condition.outputs if asked is None else asked)
    while waiting:
        found |= waiting
        if len(found) > MANY_COUNTERS:
            return None
        more: set[int] = set()
        for i in waiting:
            needed = depends(step, [step.outputs[i]])
            if needed is None:
                return None
            more |= needed
        waiting = more - found
    return None if waiting is None else sorted(found)


def may_not_end(node: Operation) -> bool:
    """Whether only a run of a loop can tell that it ends: its condition looks at more than steady counters and shapes."""
    if node.type != "While":
        return False
    counters = counting(node)
    if not counters:
        return True
    return not all(_is_steady(node.regions[1], i) for i in counters) and not all(
        _is_static(tensor) for tensor in deciding(node))


def _is_steady(step: Region, index: int) -> bool:
    """Whether each trip adds the same to a loop variable."""
    op = step.outputs[index].op
    return op.type in ("Add", "Sub") and op.inputs[0] is step.inputs[index] and op.inputs[1].op.type == "Const" \
        and bool(np.all(op.inputs[1].op.attrs["value"]))


def _is_static(tensor: Tensor) -> bool:
    """Whether a tensor follows from constants and shapes."""
    stack, seen = [tensor.op], {tensor.op}
    while stack:
        op = stack.pop()
        if op.type == "Const" or op.type in SHAPES:
            continue
        rule = registry.find(op.type)
        if rule is None or not rule.pure or not op.inputs:
            return False
        more = {t.op for t in op.inputs} - seen
        seen |= more
        stack += more
    return True


def depends(region: Region, outputs: list[Tensor]) -> set[int] | None:
    """The loop variables that `outputs` of a pure computation depend on; None when it is not pure."""
    index = {tensor: i for i, tensor in enumerate(region.inputs)}
    found: set[int] = set()
    for node in region_nodes(region, outputs):
        rule = registry.find(node.type)
        if node.type not in ("Const", "LoopVariable") and (rule is None or not rule.pure):
            return None
        found |= {index[t] for t in node.inputs if t in index}
    return found | {index[t] for t in outputs if t in index}


def deciding(node: Operation) -> list[Tensor]:
    """The tensors outside of a conditional or loop that decide which branch runs, or how often it runs."""
    if node.type == "Cond":
        return [node.inputs[0]]
    counters = counting(node)
    if counters is None:
        return []
    condition, step = node.regions
    found = [node.inputs[i] for i in counters]
    for region, outputs in ((condition, condition.outputs), (step, [step.outputs[i] for i in counters])):
        inside = region_nodes(region, outputs)
        used = [t for op in inside for t in op.inputs] + list(outputs)
        found += [t for t in used if not region.holds(t.op)]
    return [t for t in dict.fromkeys(found) if t.op.type not in (*CONTROL, *VARIABLES)]
