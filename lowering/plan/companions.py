"""Host steps of ours that go before an operation whose outputs have shapes that follow from its inputs' values.

XLA wants shapes; a `DynamicPartition` has as many rows in each part as its `partitions` say. Its companion is a host
step that computes from them which rows go where; the operation itself takes the rows on the device, so that gradients
flow, and a new value compiles nothing anew unless it changes a shape.

A companion stands in no graph. Its one output is a dict of arrays, which the operation's rule gets as `prepared`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lowering import registry
from lowering.plan import notes
from tracer import dtypes
from tracer.ir import Operation, Tensor

TYPE = "Companion"


def inputs_of(op: Operation) -> tuple[Tensor, ...]:
    """What must have been computed before `op`: its inputs, and its companion's output.

    A gradient that crosses what runs on the host adds up others: see `lowering.plan.crossings`.
    """
    if is_cut(op):
        return tuple(dict.fromkeys(t for found in sums_of(op) for one in found for t in one))
    before = companion(op)
    return op.inputs if before is None else (*op.inputs, before.outputs[0])


def is_cut(op: Operation) -> bool:
    """Whether the operation is a `Gradients` that others stand for."""
    return op.type == "Gradients" and bool(notes.known(op).crossing.hosts)


def sums_of(op: Operation) -> tuple[tuple[tuple[Tensor, ...], ...], ...]:
    """What such an operation adds up."""
    return notes.known(op).crossing.sums


def companion(op: Operation) -> Operation | None:
    """The companion of `op`; None when it needs none."""
    rule = registry.find(op.type)
    if rule is None or rule.before is None:
        return None
    noted = notes.of(op)
    if noted.has_companion is None:
        noted.companion = _make(op, rule.before)
        noted.has_companion = noted.companion is not None
    return noted.companion


def _make(op: Operation, before: registry.Before) -> Operation | None:
    inputs = tuple(_flat(before.arguments(op)))
    if all(t.op.type == "Const" for t in inputs):
        return None
    return beside(op, TYPE, inputs, {"of": op}, ((dtypes.int32, None),))


def beside(op: Operation, type: str, inputs: tuple[Tensor, ...], attrs: dict[str, Any], outputs: tuple,
           controls: tuple[Operation, ...] = ()) -> Operation:
    """An operation that stands in no graph, with the name and in the place of `op`."""
    made = Operation.recorded(op.graph, type, op.name, inputs, attrs, outputs, controls, op.device)
    made.region, made.frames, made._id = op.region, op.frames, op._id
    return made


def prepared(op: Operation, context: Any) -> dict[str, Any]:
    """What the companion of `op` computed; from constants it is computed here."""
    made = companion(op)
    if made is not None:
        return context.read(made.outputs[0])
    return _run(op, [t.op.attrs["value"] for t in _flat(_before(op).arguments(op))])


@registry.lowers(TYPE, host=True)
def run(*inputs: Any, op: Operation) -> dict[str, Any]:
    from lowering.interpret import blame

    of = op.attrs["of"]
    with blame(of):
        return _run(of, [np.asarray(value) for value in inputs])


def compute(op: Operation, values: list[Any]) -> dict[str, Any]:
    """What a companion of `op` computes when all of the arguments have these values."""
    before = _before(op)
    return before.function(*(values[i] for i in before.inputs), **{name: op.attrs[name] for name in before.attrs})


def _run(op: Operation, values: list[Any]) -> dict[str, Any]:
    before, rest = _before(op), iter(values)
    arguments = [[next(rest) for _ in argument] if isinstance(argument, list) else next(rest)
                 for argument in before.arguments(op)]
    return before.function(*arguments, **{name: op.attrs[name] for name in before.attrs})


def _before(op: Operation) -> registry.Before:
    rule = registry.find(op.type)
    assert rule is not None
    assert rule.before is not None
    return rule.before


def _flat(arguments: list[Any]) -> Iterator[Tensor]:
    for argument in arguments:
        yield from argument if isinstance(argument, list) else [argument]
