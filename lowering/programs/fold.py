"""Values known while tracing: shapes computed by the script, evaluated with NumPy from the rules' own jaxprs."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from lowering import registry
from lowering.batch import symbolic
from lowering.plan.slice import SHAPES
from lowering.programs import plain
from tracer import errors
from tracer.ir import Tensor


def known(tensor: Tensor, context: Any) -> np.ndarray:
    """The value of `tensor` as a NumPy array. Raises StaticValueError when it depends on what only a run knows."""
    memo: dict[Tensor, np.ndarray] = {}
    stack = [tensor]
    while stack:
        at = stack[-1]
        value = context.values.get(at)
        if at in memo:
            stack.pop()
        elif isinstance(value, (np.ndarray, np.generic)):
            memo[at] = np.asarray(value)
        elif at in context.given:  # fed, or made by another program
            raise errors.StaticValueError(_explain(tensor, at))
        elif at.op.type == "Const":
            memo[at] = at.op.attrs["value"]
        elif at.op.type in SHAPES and at.op.inputs[0] in context.values:
            _by_shape(at, context, memo)
        else:
            rule = registry.find(at.op.type)
            if rule is None or not rule.pure or not at.op.inputs:
                raise errors.StaticValueError(_explain(tensor, at))
            missing = [t for t in at.op.inputs if t not in memo]
            if missing:
                stack += missing
            elif not _fold(at, rule, memo):
                raise errors.StaticValueError(_explain(tensor, at))
    return memo[tensor]


def elements(tensor: Tensor, context: Any) -> Any:
    """The elements of the vector `tensor`: NumPy numbers where they are known while tracing, traced ones elsewhere.

    What is no vector comes whole: only its shape is of use then.
    """
    if tensor.op.type == "Pack" and tensor not in context.given:
        return [_element(part, context) for part in tensor.op.inputs]
    try:
        value: Any = known(tensor, context)
    except errors.StaticValueError:
        value = context.read(tensor)
        if (known_ones := context.lifted.get(tensor)) is not None:
            return [value[i] if one is None else one for i, one in enumerate(known_ones)]
    return [value[i] for i in range(value.shape[0])] if value.ndim == 1 else value


def _element(tensor: Tensor, context: Any) -> Any:
    try:
        return known(tensor, context)[()]
    except errors.StaticValueError:
        return context.read(tensor)


def _explain(tensor: Tensor, at: Tensor) -> str:
    return (f"'{tensor.name}' must be known while compiling, but it depends on '{at.op.name}' ({at.op.type})\n"
            f"  recorded at {at.op.where}\n  Feed a fixed value for it, or use -1 for one unknown dimension.")


def _by_shape(tensor: Tensor, context: Any, memo: dict) -> None:
    from lowering import interpret

    interpret.step(tensor.op, context)
    for output in tensor.op.outputs:
        memo[output] = np.asarray(context.values[output])


def _fold(tensor: Tensor, rule: registry.Rule, memo: dict[Tensor, np.ndarray]) -> bool:
    """Notes the values of the operation; False where there are as many of them as a symbol says."""
    op = tensor.op
    arguments = [[memo[t] for t in a] if isinstance(a, list) else memo[a] for a in op.arguments]
    keywords = {name: op.attrs[name] for name in rule.attrs}
    if "declared" in rule.extras:
        keywords["declared"] = tuple(output.sizes for output in op.outputs)
    if "check" in rule.extras:
        keywords["check"] = lambda holds, message, *operands: None
    from lowering.interpret import flatten

    for i in rule.partly:
        arguments[i] = list(arguments[i]) if np.ndim(arguments[i]) == 1 else arguments[i]
    dynamic = {i: a for i, a in enumerate(arguments) if i not in rule.static and i not in rule.partly}

    def call(given: dict[int, Any]) -> list[Any]:
        return flatten(rule.function(*(given.get(i, a) for i, a in enumerate(arguments)), **keywords))

    leaves, tree = jax.tree.flatten(dynamic)
    closed = jax.make_jaxpr(lambda flat: call(jax.tree.unflatten(tree, flat)))([symbolic.outline(leaf) for leaf in leaves])
    if symbolic.is_sized_by(closed.jaxpr):
        return False
    results = plain.evaluate(closed.jaxpr, closed.consts, leaves)
    for output, value in zip(op.outputs, results, strict=True):
        memo[output] = value if value.dtype == object else np.asarray(value, output.dtype.base_dtype.array_dtype)
    return True
