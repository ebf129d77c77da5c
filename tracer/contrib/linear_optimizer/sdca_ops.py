"""The operations of stochastic dual coordinate ascent: a pass over examples, what it leaves of weights, how far it is."""

from __future__ import annotations

from typing import Any

from tracer import opdef, scopes
from tracer.declare import op
from tracer.ir import Operation, Tensor
from tracer.ops import control_flow, math
from tracer.ops.state import assign

for _row in (
    "SdcaPass\tsparse_features_indices:N*int64; sparse_features_values:N*float32; dense_features:M*float32; "
    "example_weights:float32; example_labels:float32; example_ids:string; sparse_weights:N*float32; "
    "dense_weights:M*float32\tnew_sparse_weights:N*float32; new_dense_weights:M*float32\t"
    "loss_type:string{hinge_loss,logistic_loss,squared_loss}; l1:float; l2:float; num_inner_iterations:int>=1; "
    "container:string; solver_uuid:string; from_zero:bool; N:int>=0; M:int>=0\tstateful",
    "SdcaTrainingStats\t\tprimal_loss:float64; dual_loss:float64; example_weights:float64\t"
    "container:string; solver_uuid:string\tstateful",
):
    opdef.register(opdef.parse(_row))


@op("SdcaPass")
def _sdca_pass(sparse_features_indices: list[Tensor], sparse_features_values: list[Tensor], dense_features: list[Tensor],
               example_weights: Tensor, example_labels: Tensor, example_ids: Tensor, sparse_weights: list[Tensor],
               dense_weights: list[Tensor], loss_type: str, l1: float, l2: float, num_inner_iterations: int,
               container: str, solver_uuid: str, from_zero: bool = False, name: str | None = None) -> Any:
    return [weights.sizes for weights in (*sparse_weights, *dense_weights)]


@op("SdcaTrainingStats")
def sdca_training_stats(container: str, solver_uuid: str, name: str | None = None) -> Any:
    """What the last pass has left: the loss of the examples, that of the dual problem, and the sum of their weights."""
    return [(), (), ()]


def sdca_solver(sparse_features_indices: list[Any], sparse_features_values: list[Any], dense_features: list[Any],
                example_weights: Any, example_labels: Any, example_ids: Any, sparse_weights: list[Any],
                dense_weights: list[Any], loss_type: str, l1: float, l2: float, num_inner_iterations: int,
                container: str, solver_uuid: str, from_zero: bool = False, name: str | None = None) -> Operation:
    """The operation that improves the weights (before they are shrunk by `l1`) by passes over the examples.

    It remembers the dual variable of each example by its id, for each `solver_uuid` in a `container`.

    Args:
        sparse_features_indices: for each sparse feature, rows (example, index into its weights).
        sparse_features_values: for each sparse feature, the values there.
        dense_features: for each dense feature, its value in each example.
        example_weights, example_labels, example_ids: one for each example.
        sparse_weights: for each sparse feature, its weights, a variable.
        dense_weights: for each dense feature, its weight, a variable of one element.
        loss_type: "hinge_loss", "logistic_loss" or "squared_loss".
        l1, l2: the regularization.
        num_inner_iterations: the number of passes.
        container, solver_uuid: under which the dual variables are kept.
        from_zero: whether the first pass of a session forgets the weights.
    """
    with scopes.op_scope([*sparse_weights, *dense_weights], name, "SdcaSolver") as scope:
        found = _sdca_pass(sparse_features_indices, sparse_features_values, dense_features, example_weights,
                           example_labels, example_ids, sparse_weights, dense_weights, loss_type, l1, l2,
                           num_inner_iterations, container, solver_uuid, from_zero)
        new = [tensor for group in found for tensor in group]
        writes = [assign(variable, value) for variable, value in zip([*sparse_weights, *dense_weights], new, strict=True)]
        return control_flow.group(*writes, name=scope)


def sdca_shrink_l1(sparse_weights: list[Any], dense_weights: list[Any], l1: float, l2: float,
                   name: str | None = None) -> Operation:
    """The operation that brings each weight nearer to zero by `l1 / l2`, and no further than to it."""
    with scopes.op_scope([*sparse_weights, *dense_weights], name, "SdcaShrinkL1") as scope:
        writes = [assign(weights, math.sign(weights) * math.maximum(math.abs(weights) - l1 / l2, 0.0))
                  for weights in (*sparse_weights, *dense_weights)]
        return control_flow.group(*writes, name=scope)
