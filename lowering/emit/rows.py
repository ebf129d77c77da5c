"""Adam's step for some rows of a table, found in the operations that TensorFlow composes it of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lowering.plan.slice import variable_of
from tracer.ir import Graph, Operation, Tensor

_DIVIDE = ("Div", "RealDiv")


class _OtherError(Exception):
    """It is another computation."""


@dataclass(frozen=True, slots=True, eq=False)
class RowsStep:
    """Such a step, as if it were one operation: `inputs` are those of `ApplyAdam`, whose gradient has rows for `indices`."""

    last: Operation
    inputs: tuple[Tensor, ...]
    indices: Tensor
    nodes: frozenset[Operation]
    type: str = "ApplyAdam"

    @property
    def graph(self) -> Graph:
        return self.last.graph

    @property
    def where(self) -> Any:
        return self.last.where

    @property
    def _id(self) -> int:
        return self.last._id


def rows_steps(nodes: Iterable[Operation], fetches: Iterable[Tensor]) -> list[RowsStep]:
    """The steps among the operations of a run of which nothing else reads a part."""
    nodes = list(nodes)
    found = [step for op in nodes if op.type == "AssignSub" and (step := _step(op)) is not None]
    fetched = {t.op for t in fetches} | {variable_of(t) for t in fetches}
    inside: set[Operation] = set().union(*(step.nodes for step in found))
    slots = [variable_of(t) for step in found for t in step.inputs[1:3]]
    others = [op for op in nodes if op not in inside and not any(variable_of(t) is not None for t in op.outputs)]
    read = {source for op in others for t in op.inputs for source in (t.op, variable_of(t))}
    return found if not (read | fetched) & {*inside, *slots} and len(set(slots)) == len(slots) else []


def _step(last: Operation) -> RowsStep | None:
    """The step that ends with this operation; None where it is another computation.

        rate = lr * sqrt(1 - beta2_power) / (1 - beta1_power)
        variable -= rate * m_t / (sqrt(v_t) + epsilon)
    """
    nodes: set[Operation] = {last}
    try:
        variable, change = last.inputs
        above, below = _inputs(change, _DIVIDE, nodes)
        rate, m_t = _inputs(above, ("Mul",), nodes)
        (root, epsilon), m = _inputs(below, ("Add",), nodes), _moment(m_t, nodes)
        v = _moment(_inputs(root, ("Sqrt",), nodes)[0], nodes)
        left, right = _inputs(v.grown, ("Mul",), nodes)
        scaled, first_left = _inputs(rate, _DIVIDE, nodes)
        lr, root = _inputs(scaled, ("Mul",), nodes)
        powers = [_from_one(t, nodes) for t in (first_left, _inputs(root, ("Sqrt",), nodes)[0])]
    except _OtherError:
        return None
    if not (left is right is m.grown and v.indices is m.indices and m.beta.op.type == v.beta.op.type == "Const"):
        return None
    inputs = (variable, m.slot, v.slot, *powers, lr, m.beta, v.beta, epsilon, m.grown)
    return RowsStep(last, inputs, m.indices, frozenset(nodes))


@dataclass(frozen=True, slots=True)
class _Moment:
    slot: Tensor
    beta: Tensor
    grown: Tensor  # what is added to its rows, but for the factor
    indices: Tensor


def _moment(tensor: Tensor, nodes: set[Operation]) -> _Moment:
    """`scatter_add(slot.assign(slot * beta), indices, grown * (1 - beta))`."""
    begun, indices, added = _inputs(tensor, ("ScatterAdd",), nodes)
    slot, decayed = _inputs(begun, ("Assign",), nodes)
    old, beta = _inputs(decayed, ("Mul",), nodes)
    grown, share = _inputs(added, ("Mul",), nodes)
    if variable_of(old) is None or variable_of(old) is not variable_of(slot) or _from_one(share, nodes) is not beta:
        raise _OtherError
    return _Moment(slot, beta, grown, indices)


def _from_one(tensor: Tensor, nodes: set[Operation]) -> Tensor:
    """What is subtracted from one."""
    one, rest = _inputs(tensor, ("Sub",), nodes)
    if one.op.type != "Const" or np.any(np.asarray(one.op.attrs["value"]) != 1):
        raise _OtherError
    return rest


def _inputs(tensor: Tensor, types: Collection[str], nodes: set[Operation]) -> Any:
    if tensor.op.type not in types:
        raise _OtherError
    nodes.add(tensor.op)
    return tensor.op.inputs
