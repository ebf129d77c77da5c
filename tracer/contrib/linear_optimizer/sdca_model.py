"""`SdcaModel`: a linear model, its losses, and the operation that trains it."""

from __future__ import annotations

import uuid
from typing import Any

from tracer import dtypes, scopes
from tracer.contrib.linear_optimizer import sdca_ops
from tracer.convert import convert_to_tensor
from tracer.ir import Operation, Tensor
from tracer.nn import losses
from tracer.ops import array, casting, constants, control_flow, math, reduction, segment
from tracer.ops.indexing import gather
from tracer.ops.state import assign, assign_add
from tracer.variables import Variable

_LOSSES = ("logistic_loss", "squared_loss", "hinge_loss")
_EXAMPLES = ("sparse_features", "dense_features", "example_weights", "example_ids", "example_labels")
_FEATURES = ("sparse_features", "dense_features")
_WEIGHTS = ("sparse_features_weights", "dense_features_weights")


class SdcaModel:
    """A linear model, which stochastic dual coordinate ascent trains: without a learning rate.

    It minimizes the mean, weighted by the examples, of a loss; `l2 / 2` times the squares of the weights and `l1` times
    their sizes, divided by the sum of the examples' weights, are added.

    >>> model = SdcaModel("container", examples, variables, options)
    >>> for _ in range(20):
    ...     sess.run(model.minimize())

    Args:
        container: the name under which the dual variables of the examples are kept.
        examples: a dict: `sparse_features` (a list of `SparseTensor`, the second index into the feature's weights),
            `dense_features` (a list of vectors), `example_labels`, `example_weights` and `example_ids` (vectors).
            Labels of "logistic_loss" and "hinge_loss" are 0 and 1.
        variables: a dict: `sparse_features_weights` and `dense_features_weights`, a list each, as long as that of the
            features.
        options: a dict: `symmetric_l1_regularization`, `symmetric_l2_regularization`, and `loss_type`: "logistic_loss",
            "squared_loss" or "hinge_loss"; and, if wanted, `from_zero`: whether weights that nothing is known of in this
            session are forgotten, as those are that an earlier one has trained.
    """

    def __init__(self, container: str, examples: Any, variables: Any, options: Any) -> None:
        if not examples or not variables or not options:
            raise ValueError("examples, variables and options must all be specified.")
        if options["loss_type"] not in _LOSSES:
            raise ValueError("Unsupported loss_type: ", options["loss_type"])
        _check(_EXAMPLES, _FEATURES, examples)
        _check(_WEIGHTS, _WEIGHTS, variables)
        for kind in ("symmetric_l1_regularization", "symmetric_l2_regularization"):
            if float(options[kind]) < 0:
                raise ValueError(f"{kind} should be non-negative. Found ({float(options[kind]):f})")
        self._container = container
        self._solver = uuid.uuid4().hex
        self._examples = examples
        self._variables = variables
        self._loss_type = options["loss_type"]
        self._l1 = float(options["symmetric_l1_regularization"])
        self._l2 = float(options["symmetric_l2_regularization"])
        self._from_zero = bool(options.get("from_zero"))
        self._unshrunk = {key: [_before_shrinking(v) for v in variables[key]] for key in _WEIGHTS} if self._l1 else None

    @property
    def _solved_l2(self) -> float:
        """What the solver takes: its problem has no solution without l2."""
        return self._l2 or 1.0

    def _weights(self) -> list[Any]:
        return [weights for key in _WEIGHTS for weights in self._variables[key]]

    def _linear(self, examples: Any) -> Tensor:
        """The sum of features times weights, for each example."""
        count = array.shape(convert_to_tensor(examples["example_labels"]))[0]  # type: ignore[index]
        total = constants.zeros(array.expand_dims(count, 0), dtypes.float32)
        for feature, weights in zip(examples["sparse_features"], self._variables[_WEIGHTS[0]], strict=True):
            rows, places = (array.squeeze(part, [1]) for part in array.split(1, 2, feature.indices))
            products = gather(weights, places) * casting.to_float(feature.values)
            total = total + segment.unsorted_segment_sum(products, rows, count)
        for feature, weight in zip(examples["dense_features"], self._variables[_WEIGHTS[1]], strict=True):
            total = total + casting.to_float(convert_to_tensor(feature)) * weight
        return total

    def predictions(self, examples: Any) -> Tensor:
        """What the model says of each example: a probability for "logistic_loss", else the sum of features times weights."""
        _check(("example_weights", *_FEATURES), _FEATURES, examples)
        with scopes.op_scope([], "sdca/prediction"):
            result = self._linear(examples)
            return math.sigmoid(result) if self._loss_type == "logistic_loss" else result

    def minimize(self, global_step: Any = None, name: str | None = None) -> Operation:
        """The operation that goes over the examples and improves the weights; it adds 1 to `global_step`."""
        examples = self._examples
        with scopes.op_scope([], name, "sdca/minimize") as scope:
            solved = self._unshrunk or self._variables
            train = sdca_ops.sdca_solver(
                [feature.indices for feature in examples["sparse_features"]],
                [casting.to_float(feature.values) for feature in examples["sparse_features"]],
                [casting.to_float(convert_to_tensor(feature)) for feature in examples["dense_features"]],
                convert_to_tensor(examples["example_weights"], dtypes.float32),
                convert_to_tensor(examples["example_labels"], dtypes.float32),
                convert_to_tensor(examples["example_ids"], dtypes.string),
                [weights.ref() for weights in solved[_WEIGHTS[0]]], [weights.ref() for weights in solved[_WEIGHTS[1]]],
                self._loss_type, self._l1, self._solved_l2, 2, self._container, self._solver, self._from_zero)
            with scopes.control_dependencies([train]):
                train = self._shrunk()
            if global_step is None:
                return control_flow.group(train, name=scope)
            with scopes.control_dependencies([train]):
                return assign_add(global_step, constants.ones_like(global_step), name=scope).op

    def _shrunk(self) -> Operation:
        """The operation that takes the weights over from the solver, shrunk by `l1`."""
        if self._unshrunk is None:
            return control_flow.no_op()
        taken = [assign(weights, solved.ref()) for key in _WEIGHTS
                 for weights, solved in zip(self._variables[key], self._unshrunk[key], strict=True)]
        with scopes.control_dependencies(taken):
            sparse, dense = ([weights.ref() for weights in self._variables[key]] for key in _WEIGHTS)
            return sdca_ops.sdca_shrink_l1(sparse, dense, self._l1, self._solved_l2)

    def approximate_duality_gap(self) -> Tensor:
        """How far at most the loss of the last pass is from the least possible one.

        InvalidArgumentError when there has been none, or only examples of weight 0.
        """
        with scopes.op_scope([], "sdca/approximate_duality_gap"):
            primal, dual, weight = sdca_ops.sdca_training_stats(self._container, self._solver)
            penalty = self._penalty(self._l1, 2 * self._solved_l2)
            gap = (primal + dual + casting.to_double(penalty)) / weight
            return math.maximum(gap, constants.zeros_like(gap))  # rounding may take more away

    def _penalty(self, l1: float, l2: float) -> Tensor:
        total = convert_to_tensor(0.0)
        for weights in self._weights():
            total = total + reduction.reduce_sum(math.abs(weights)) * l1 + reduction.reduce_sum(weights * weights) * (l2 / 2)
        return total

    def unregularized_loss(self, examples: Any) -> Tensor:
        """The mean loss of the examples, by their weights."""
        _check(("example_labels", "example_weights", *_FEATURES), _FEATURES, examples)
        with scopes.op_scope([], "sdca/unregularized_loss"):
            found = self._linear(examples)
            labels = convert_to_tensor(examples["example_labels"], dtypes.float32)
            weights = convert_to_tensor(examples["example_weights"], dtypes.float32)
            if self._loss_type == "logistic_loss":
                each = losses.sigmoid_cross_entropy_with_logits(found, labels)
            elif self._loss_type == "hinge_loss":
                each = math.maximum(0.0, 1.0 - (2.0 * labels - 1.0) * found)
            else:
                each = math.square(found - labels) / 2.0
            return reduction.reduce_sum(each * weights) / reduction.reduce_sum(weights)

    def regularized_loss(self, examples: Any) -> Tensor:
        """The mean loss of the examples, by their weights, with the regularization."""
        _check(("example_labels", "example_weights", *_FEATURES), _FEATURES, examples)
        with scopes.op_scope([], "sdca/regularized_loss"):
            weights = convert_to_tensor(examples["example_weights"], dtypes.float32)
            return self._penalty(self._l1, self._l2) / reduction.reduce_sum(weights) + self.unregularized_loss(examples)


def _check(needed: Any, lists: Any, data: Any) -> None:
    for key in needed:
        if data[key] is None:
            raise ValueError(f"{key} must be specified.")
    for key in lists:
        if not isinstance(data[key], list):
            raise ValueError(f"{key} must be a list.")


def _before_shrinking(weights: Any) -> Variable:
    """Where the solver keeps the weights before they are shrunk."""
    return Variable(constants.zeros_like(weights.initialized_value()), name=f"{weights.op.name}_unshrinked/SDCAOptimizer")
