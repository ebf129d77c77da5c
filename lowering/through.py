"""Gradients through what is fed: the fed value stands for what would be computed, whose derivatives it has.

TensorFlow's gradients are operations of the graph. They use what is fed wherever the graph names it, and go on behind
it: to what the operation that it stands for depends on, by that operation's derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering import interpret
from lowering.interpret import Context
from tracer import errors
from tracer.ir import Operation, Tensor

_BY_OUTPUT: dict[str, Callable[[Any, Any], Any]] = {
    "Elu": lambda y, dx: jnp.where(y < 0, (y + 1) * dx, dx),
    "Exp": lambda y, dx: y * dx,
    "Inv": lambda y, dx: -y * y * dx,
    "Relu": lambda y, dx: jnp.where(y > 0, dx, 0),
    "Rsqrt": lambda y, dx: -0.5 * y * y * y * dx,
    "Sigmoid": lambda y, dx: y * (1 - y) * dx,
    "Softmax": lambda y, dx: y * (dx - (y * dx).sum(-1, keepdims=True)),
    "Sqrt": lambda y, dx: 0.5 / y * dx,
    "Tanh": lambda y, dx: (1 - y * y) * dx,
}
"""The derivatives that TensorFlow takes from an operation's output, and so from what is fed in its place."""


def evaluate(nodes: list[Operation], context: Context) -> None:
    """Evaluates `nodes`, those of which an output is fed only to be differentiated."""
    fed = [i for i, node in enumerate(nodes) if node.inputs and any(t in context.given for t in node.outputs)]
    if not fed or any(node.type == "Gradients" for node in nodes):
        interpret.evaluate(nodes, context)
        return
    for start, at in zip([-1, *fed], [*fed, len(nodes)], strict=True):
        interpret.evaluate(nodes[start + 1:at], context)
        if at < len(nodes):
            _pass(nodes[at], context)


def _pass(node: Operation, context: Context) -> None:
    fed: dict[Tensor, Any] = {}
    for tensor in node.outputs:
        if tensor in context.given and tensor in context.values:
            fed[tensor] = jax.lax.stop_gradient(jnp.asarray(context.values.pop(tensor)))
    if node.type in _BY_OUTPUT and fed and node not in context.custom:
        value, source = fed[node.outputs[0]], jnp.asarray(context.read(node.inputs[0]))
        _check_shape(node, source, value)
        zero = context.deltas.get(node.outputs[0])
        context.values[node.outputs[0]] = _by_output(node.type, value, source) + (0 if zero is None else zero)
        return
    interpret.step(node, context)
    for tensor, value in fed.items():
        computed = jnp.asarray(context.read(tensor))
        _check_shape(node, computed, value)
        context.values[tensor] = _in_place_of(computed, value)


def _check_shape(node: Operation, computed: Any, fed: Any) -> None:
    if computed.shape != np.shape(fed):
        raise errors.InvalidArgumentError(None, node, f"Incompatible shapes: {list(computed.shape)} vs. "
                                                      f"{list(np.shape(fed))}, which is fed")


@jax.custom_jvp
def _in_place_of(computed: Any, fed: Any) -> Any:
    return fed


@_in_place_of.defjvp
def _in_place_of_jvp(primals: tuple, tangents: tuple) -> tuple:
    return _in_place_of(*primals), tangents[0]


def _by_output(type: str, fed: Any, source: Any) -> Any:
    """What is fed in place of an operation's output, with the derivative that the operation has where it gives that."""

    @jax.custom_jvp
    def standing(source: Any) -> Any:
        return fed

    @standing.defjvp
    def _(primals: tuple, tangents: tuple) -> tuple:
        return standing(*primals), _BY_OUTPUT[type](fed, tangents[0])

    return standing(source)
