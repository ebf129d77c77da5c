"""`surrogate_loss`: a loss with what its gradients need where random nodes let none pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracer import scopes
from tracer.contrib.bayesflow.stochastic_tensor import STOCHASTIC_TENSOR_COLLECTION
from tracer.contrib.bayesflow.stochastic_tensor import MeanValue as MeanValue
from tracer.contrib.bayesflow.stochastic_tensor import NoValueTypeSetError as NoValueTypeSetError
from tracer.contrib.bayesflow.stochastic_tensor import SampleAndReshapeValue as SampleAndReshapeValue
from tracer.contrib.bayesflow.stochastic_tensor import SampleValue as SampleValue
from tracer.contrib.bayesflow.stochastic_tensor import StochasticTensor as DistributionTensor
from tracer.contrib.bayesflow.stochastic_tensor import get_current_value_type as get_current_value_type
from tracer.contrib.bayesflow.stochastic_tensor import value_type as value_type
from tracer.convert import convert_to_tensor
from tracer.ops import math

__all__ = ["DistributionTensor", "MeanValue", "NoValueTypeSetError", "SampleAndReshapeValue", "SampleValue",
           "get_current_value_type", "surrogate_loss", "value_type"]


def upstream(tensor: Any, nodes: Iterable[Any]) -> list[Any]:
    """Those of the random nodes on which `tensor` depends."""
    seen, wanted = set(), [tensor]
    found: set[Any] = set()
    while wanted:
        one = wanted.pop()
        if one in found:
            continue
        found.add(one)
        if one.op not in seen:
            seen.add(one.op)
            wanted.extend(one.op.inputs)
    return [node for node in nodes if node.value() in found]


def surrogate_loss(sample_losses: Any, stochastic_tensors: Any = None, name: str = "SurrogateLoss") -> Any:
    """The sum of losses and of what each random node needs: its gradient is that of the expected losses.

    >>> loss = stochastic_graph.surrogate_loss([reconstruction])

    Args:
        sample_losses: a list of losses, of shape [batch, ...], all of one shape.
        stochastic_tensors: the random nodes; by default those of the graph on which a loss depends.
        name: the name of the operations.

    Raises:
        TypeError: the losses are no list.
        ValueError: a loss has no dimensions.
    """
    if not isinstance(sample_losses, (list, tuple)):
        raise TypeError("sample_losses must be a list or tuple")
    with scopes.op_scope(list(sample_losses), name, "SurrogateLoss"):
        losses = [convert_to_tensor(loss) for loss in sample_losses]
        for loss in losses:
            if loss.get_shape().ndims == 0:
                raise ValueError(f"loss must have dimensionality 1 or greater: {loss}")
        nodes = scopes.get_collection(STOCHASTIC_TENSOR_COLLECTION) if stochastic_tensors is None else stochastic_tensors
        terms = list(losses)
        for node in nodes:
            influenced = [loss for loss in losses if upstream(loss, [node])]
            if not influenced:
                continue
            needed = node.loss(influenced[0] if len(influenced) == 1 else math.add_n(influenced))
            if needed is not None:
                terms.append(needed)
        return math.add_n(terms)
