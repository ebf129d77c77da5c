"""Gradients that a script has registered of its own, in the place of an operation's."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret
from lowering.flow import regions
from lowering.interpret import Context
from tracer import errors
from tracer.ir import Operation, Region, Tensor


class CustomGradient(NamedTuple):
    """A gradient that the script registered: from the gradients of the outputs to those of the inputs."""

    region: Region
    returned: tuple[bool, ...]  # for which inputs there is one


def step(node: Operation, context: Context) -> None:
    """Evaluates an operation that has a gradient of its own."""
    gradient = context.custom[node]
    if len(gradient.returned) != len(node.inputs):  # only a function of the graph gets here
        raise errors.InvalidArgumentError(None, node, f"SymGrad expects to return {len(node.inputs)} tensor(s), but get "
                                                      f"{len(gradient.returned)} tensor(s) instead.")
    extra = [t for t in gradient.region.captures()[0] if t not in node.inputs and t.op is not node]
    plain = context.plain()
    inputs = list(dict.fromkeys(node.inputs))
    table: list[Any] = []

    def run(values: list[Any], others: list[Any]) -> tuple:
        child = plain.child()
        child.values.update(zip(inputs, values, strict=True))
        interpret.step(node, child)
        table[:] = child.checks.table
        return [jnp.asarray(child.read(t)) for t in node.outputs], child.checks.results, child.checks.operands

    def forward(values: list[Any], others: list[Any]) -> tuple:
        outputs = run(values, others)
        return outputs, (values, others, outputs[0])

    def backward(residuals: tuple, cotangents: tuple) -> tuple:
        values, others, outputs = residuals
        found: list[Any] = [None] * len(inputs)
        if any(gradient.returned):
            child = plain.child()
            child.values.update(zip([*inputs, *extra, *node.outputs], [*values, *others, *outputs], strict=True))
            total = _by_script(node, gradient, cotangents[0], child)
            found = [total.get(t) for t in inputs]
        for tensor, one, value in zip(inputs, found, values, strict=True):
            _check_fits(node, tensor, one, value)
        return ([_like(one, v) for one, v in zip(found, values, strict=True)], [_like(None, v) for v in others])

    call = jax.custom_vjp(run)
    call.defvjp(forward, backward)
    outputs, results, operands = call([jnp.asarray(context.read(t)) for t in inputs],
                                      [jnp.asarray(context.read(t)) for t in extra])
    context.checks.table += table
    context.checks.results += results
    context.checks.operands += operands
    for output, value in zip(node.outputs, outputs, strict=True):
        context.write(output, value)


def _by_script(node: Operation, gradient: CustomGradient, cotangents: list[Any], context: Context) -> dict[Tensor, Any]:
    """The gradients of the inputs of `node`, by what the script registered for it."""
    seeds = [c for c, o in zip(cotangents, node.outputs, strict=True) if jnp.issubdtype(
        o.dtype.base_dtype.array_dtype, jnp.inexact)]
    context.values.update(zip(gradient.region.inputs, seeds, strict=True))
    given = iter(regions.compute(gradient.region, gradient.region.outputs, context))
    total: dict[Tensor, Any] = {}
    for tensor, has in zip(node.inputs, gradient.returned, strict=True):
        if has:
            value = next(given)
            total[tensor] = total[tensor] + value if tensor in total else value
    return total


def _check_fits(node: Operation, tensor: Tensor, gradient: Any, value: Any) -> None:
    """Raises InvalidArgumentError for a gradient of another shape than its input, unless it is repeated to that."""
    sizes, wanted = np.shape(gradient), value.shape
    if gradient is None or (len(sizes) <= len(wanted) and all(
            size in (1, own) for size, own in zip(sizes[::-1], wanted[::-1], strict=False))):
        return
    raise errors.InvalidArgumentError(
        None, node, f"The gradient that the script has registered for {node.type} '{node.name}' has the shape {sizes} "
                    f"where its input '{tensor.name}' has {wanted}.")


def _like(gradient: Any, value: Any) -> Any:
    """A gradient of `value`'s shape and type; zeros where there is none."""
    if not jnp.issubdtype(value.dtype, jnp.inexact):
        return np.zeros(value.shape, jax.dtypes.float0)
    if gradient is None:
        return jnp.zeros(value.shape, value.dtype)
    return jnp.broadcast_to(gradient, value.shape).astype(value.dtype)
