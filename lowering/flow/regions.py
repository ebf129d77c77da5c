"""Regions of the graph, evaluated in a context of their own."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from lowering import interpret
from lowering.interpret import Context
from lowering.plan.slice import draws, inner, region_nodes, written_by
from tracer import errors
from tracer.ir import Operation, Region, Tensor


class ShapeVariesError(errors.UnsupportedError):
    """A conditional or loop whose values have no fixed shape: it must run on the host, region by region.

    Of a loop that is `only_counted`, it is enough to know how often it runs.
    """

    def __init__(self, node: Operation, what: str, only_counted: bool = False) -> None:
        super().__init__(what)
        self.node = node
        self.only_counted = only_counted


class Body:
    """A region as a function: from the values of its inputs, variables and streams to new ones, with its checks."""

    def __init__(self, node: Operation, regions: tuple[Region, ...], context: Context) -> None:
        self.context = context
        self.variables = [v for v in written_by(node)]
        self.streams = [n for n in inner(node) if draws(n)]

    def state(self, context: Context) -> tuple[list[Any], list[Any]]:
        """The variables that the node writes and the streams that it draws from, as they are in `context`."""
        return ([jnp.asarray(context.state[v]) for v in self.variables],
                [jnp.asarray(context.streams[op]) for op in self.streams])

    def enter(self, inputs: list[Tensor], values: list[Any], state: tuple) -> Context:
        """A child context in which the region's inputs have these values."""
        child = self.context.child()
        child.values.update(zip(inputs, values, strict=True))
        child.state.update(zip(self.variables, state[0], strict=True))
        child.streams.update(zip(self.streams, state[1], strict=True))
        return child

    def commit(self, state: tuple) -> None:
        """Puts the state after the node into the outer context."""
        self.context.state.update(zip(self.variables, state[0], strict=True))
        self.context.streams.update(zip(self.streams, state[1], strict=True))


def compute(region: Region, outputs: list[Tensor], context: Context, effects: list[Operation] | None = None) -> list[Any]:
    """Evaluates what `outputs` need of `region`, and `effects`, in `context`."""
    nodes = region_nodes(region, outputs, effects or ())
    context.used = frozenset((*outputs, *(t for n in nodes for t in n.inputs)))
    interpret.evaluate(nodes, context)
    return [interpret.as_value(context.read(t)) for t in outputs]
