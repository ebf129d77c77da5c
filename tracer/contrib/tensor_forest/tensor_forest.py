"""Forests: their parameters, their variables, and the graphs that train and ask them."""

from __future__ import annotations

import math as python_math
from typing import Any, NamedTuple

import numpy as np

from tracer import dtypes, scopes
from tracer.contrib.tensor_forest import inference_ops, training_ops
from tracer.convert import convert_to_tensor
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, control_flow, logic, math, random, reduction
from tracer.ops.state import assign
from tracer.variable_scope import get_variable

LEAF_NODE = -1
FREE_NODE = -2


class ForestHParams:
    """What a forest shall be. `fill` finds what is not given; `num_classes` and `num_features` must be.

    >>> params = ForestHParams(num_classes=3, num_features=4, num_trees=10, max_nodes=1000).fill()

    Args:
        num_trees: the number of trees.
        max_nodes: the largest number of nodes of each tree.
        bagging_fraction: the share of the examples that each tree gets of a batch.
        max_depth: the number of levels of a tree.
        num_splits_to_consider: how many candidates a leaf tries.
        max_fertile_nodes: how many leaves of a tree can count candidates at a time.
        split_after_samples: the number of examples after which a leaf splits.
        valid_leaf_threshold: the number of examples that a leaf needs to answer without its parent.
        kwargs: `num_classes` (of outputs, with `regression=True`), `num_features` and further attributes.
    """

    def __init__(self, num_trees: int = 100, max_nodes: int = 10000, bagging_fraction: float = 1.0, max_depth: int = 0,
                 num_splits_to_consider: int = 0, max_fertile_nodes: int = 0, split_after_samples: int = 250,
                 valid_leaf_threshold: int = 1, **kwargs: Any) -> None:
        self.num_trees = num_trees
        self.max_nodes = max_nodes
        self.bagging_fraction = bagging_fraction
        self.max_depth = max_depth
        self.num_splits_to_consider = num_splits_to_consider
        self.max_fertile_nodes = max_fertile_nodes
        self.split_after_samples = split_after_samples
        self.valid_leaf_threshold = valid_leaf_threshold
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def values(self) -> dict[str, Any]:
        """All of them by name."""
        return self.__dict__

    def fill(self) -> ForestHParams:
        """Finds what is not given. AttributeError when `num_classes` or `num_features` is missing."""
        nodes = self.max_nodes
        self.num_output_columns = self.num_classes + 1  # the first one counts
        self.base_random_seed = getattr(self, "base_random_seed", 0)
        self.regression = getattr(self, "regression", False)
        self.max_depth = self.max_depth or int(2 * python_math.ceil(python_math.log2(nodes)))
        self.num_splits_to_consider = self.num_splits_to_consider or max(
            10, python_math.ceil(python_math.sqrt(self.num_features)))
        self.max_fertile_nodes = self.max_fertile_nodes or min(
            python_math.ceil(nodes / 2), max(1000, python_math.ceil(nodes / self.num_splits_to_consider)))
        self.split_initializations_per_input = getattr(self, "split_initializations_per_input", None) or max(
            1, self.num_splits_to_consider // self.split_after_samples)
        return self


class TreeTrainingVariables:
    """The variables of one tree."""

    def __init__(self, params: Any, tree_num: int, training: bool) -> None:
        def variable(name: str, first: Any, kind: Any = dtypes.float32) -> Any:
            return get_variable(self.get_tree_name(name, tree_num), dtype=kind, trainable=False,
                                initializer=constants.constant(np.asarray(first), dtype=kind))

        nodes, columns = params.max_nodes, params.num_output_columns
        slots, splits = params.max_fertile_nodes, params.num_splits_to_consider
        self.tree = variable("tree", [[LEAF_NODE] * 2] + [[FREE_NODE] * 2] * (nodes - 1), dtypes.int32)
        self.tree_thresholds = variable("tree_thresholds", [-1.0] * nodes)
        self.tree_depths = variable("tree_depths", [1] + [-1] * (nodes - 1), dtypes.int32)
        self.end_of_tree = variable("end_of_tree", [1], dtypes.int32)
        self.node_sums = variable("node_sums", np.zeros((nodes, columns)))
        if training:
            self.non_fertile_leaves = variable("non_fertile_leaves", [0] + [-1] * (nodes - 1), dtypes.int32)
            self.non_fertile_leaf_scores = variable("non_fertile_leaf_scores", [1.0] + [0.0] * (nodes - 1))
            self.node_to_accumulator_map = variable("node_to_accumulator_map", [-1] * nodes, dtypes.int32)
            self.candidate_split_features = variable("candidate_split_features", np.full((slots, splits), -1), dtypes.int32)
            self.candidate_split_thresholds = variable("candidate_split_thresholds", np.zeros((slots, splits)))
            self.candidate_split_sums = variable("candidate_split_sums", np.zeros((slots, splits, columns)))
            self.accumulator_sums = variable("accumulator_sums", np.full((slots, columns), -1.0))
        if params.regression:
            self.node_squares = variable("node_squares", np.zeros((nodes, columns)))
            if training:
                self.candidate_split_squares = variable("candidate_split_squares", np.zeros((slots, splits, columns)))
                self.accumulator_squares = variable("accumulator_squares", np.full((slots, columns), -1.0))

    def get_tree_name(self, name: str, num: int) -> str:
        """What a variable of the tree `num` is called."""
        return f"{name}-{num}"

    def in_training(self) -> list[Any]:
        """All of them, in the order of the step; None where only regression has one."""
        return [self.tree, self.tree_thresholds, self.tree_depths, self.end_of_tree, self.non_fertile_leaves,
                self.non_fertile_leaf_scores, self.node_to_accumulator_map, self.candidate_split_features,
                self.candidate_split_thresholds, self.node_sums, self.candidate_split_sums, self.accumulator_sums,
                *(getattr(self, name, None) for name in ("node_squares", "candidate_split_squares", "accumulator_squares"))]


class ForestTrainingVariables:
    """The variables of all trees, by their numbers."""

    def __init__(self, params: Any, device_assigner: Any, training: bool = True) -> None:
        self.variables = []
        for i in range(params.num_trees):
            with scopes.device(device_assigner.get_device(i)):
                self.variables.append(TreeTrainingVariables(params, i, training))

    def __setitem__(self, t: int, val: Any) -> None:
        self.variables[t] = val

    def __getitem__(self, t: int) -> Any:
        return self.variables[t]


class RandomForestDeviceAssigner:
    """Says on which device each tree lives: here where the script's devices are at the time."""

    def __init__(self) -> None:
        self.cached = None

    def get_device(self, unused_tree_num: int) -> Any:
        """The device of a tree."""
        return self.cached


class TreeStats(NamedTuple):
    """How large a tree is."""

    num_nodes: int
    num_leaves: int


class ForestStats:
    """How large the trees of a forest are."""

    def __init__(self, tree_stats: list[TreeStats], params: Any) -> None:
        self.tree_stats = tree_stats
        self.params = params

    def get_average(self, thing: str) -> float:
        """The mean of "num_nodes" or "num_leaves" over the trees."""
        return sum(getattr(stats, thing) for stats in self.tree_stats) / len(self.tree_stats)


class RandomForestGraphs:
    """Trains a forest and asks it.

    >>> graphs = RandomForestGraphs(params)
    >>> train, answer = graphs.training_graph(x, y), graphs.inference_graph(x)

    Args:
        params: `ForestHParams`, filled.
        device_assigner: says on which device each tree lives.
        variables: those of the trees; by default new ones.
    """

    def __init__(self, params: Any, device_assigner: Any = None, variables: Any = None) -> None:
        self.params = params
        self.device_assigner = device_assigner or RandomForestDeviceAssigner()
        self.variables = variables or ForestTrainingVariables(params, self.device_assigner)
        t_ops, i_ops = training_ops.Load(), inference_ops.Load()
        self.trees = [RandomTreeGraphs(self.variables[i], params, t_ops, i_ops) for i in range(params.num_trees)]

    def _each(self, what: Any) -> list[Any]:
        found = []
        for i, tree in enumerate(self.trees):
            with scopes.device(self.device_assigner.get_device(i)):
                found.append(what(i, tree))
        return found

    def training_graph(self, input_data: Any, input_labels: Any) -> Operation:
        """The operation that lets all trees see a batch: features, a row for each example, and classes or numbers."""
        seed = self.params.base_random_seed
        return control_flow.group(*self._each(
            lambda i, tree: tree.training_graph(input_data, input_labels, seed + i if seed else 0)))

    def inference_graph(self, input_data: Any) -> Tensor:
        """The mean of what the trees say: for each example a share for each class, or a number for each output."""
        return reduction.reduce_mean(array.pack(self._each(lambda _, tree: tree.inference_graph(input_data))), 0)

    def average_size(self) -> Tensor:
        """The mean number of nodes."""
        return reduction.reduce_mean(casting.to_float(array.pack(self._each(lambda _, tree: tree.size()))))

    def average_impurity(self) -> Tensor:
        """The mean impurity of the trees' leaves."""
        return reduction.reduce_mean(array.pack(self._each(lambda _, tree: tree.average_impurity())))

    def get_stats(self, session: Any) -> ForestStats:
        """How large the trees are in a session."""
        return ForestStats([tree.get_stats(session) for tree in self.trees], self.params)


class RandomTreeGraphs:
    """Trains one tree and asks it."""

    def __init__(self, variables: Any, params: Any, t_ops: Any, i_ops: Any) -> None:
        self.training_ops = t_ops
        self.inference_ops = i_ops
        self.variables = variables
        self.params = params

    def training_graph(self, input_data: Any, input_labels: Any, random_seed: int) -> Operation:
        """The operation that lets the tree see a batch. A `random_seed` of 0 draws otherwise in every session."""
        data = convert_to_tensor(input_data, dtypes.float32)
        labels = casting.to_float(convert_to_tensor(input_labels))
        count = array.expand_dims(array.shape(data)[0], 0)  # type: ignore[index]
        chosen = constants.ones(count, dtypes.bool)
        if self.params.bagging_fraction < 1.0:
            chosen = logic.less(random.random_uniform(count, seed=random_seed or None), self.params.bagging_fraction)
        held = self.variables.in_training()
        empty = constants.zeros([0])
        params = self.params
        new = training_ops._forest_step(
            data, labels, chosen, [empty if variable is None else variable.value() for variable in held],
            params.split_after_samples, params.split_initializations_per_input, params.max_depth, random_seed,
            params.regression)
        new = new[0] if isinstance(new[0], list) else new
        return control_flow.group(*[assign(variable.ref(), value) for variable, value in zip(held, new, strict=True)
                                    if variable is not None])

    def inference_graph(self, input_data: Any) -> Tensor:
        """What the tree says of each example."""
        held = self.variables
        return self.inference_ops.tree_predictions(
            convert_to_tensor(input_data, dtypes.float32), held.tree.value(), held.tree_thresholds.value(),
            held.node_sums.value(), float(self.params.valid_leaf_threshold))

    def size(self) -> Tensor:
        """The number of its nodes, as a tensor of one element."""
        return self.variables.end_of_tree.value()

    def _is_leaf(self) -> Tensor:
        return logic.equal(array.squeeze(array.slice(self.variables.tree.value(), [0, 0], [-1, 1]), [1]), LEAF_NODE)

    def average_impurity(self) -> Tensor:
        """The impurity of its leaves, by the Gini index or the variance, for each of their examples."""
        sums = self.variables.node_sums.value()
        counts, own = array.slice(sums, [0, 0], [-1, 1]), array.slice(sums, [0, 1], [-1, -1])
        if self.params.regression:
            squares = array.slice(self.variables.node_squares.value(), [0, 1], [-1, -1])
            each = reduction.reduce_sum(squares - own * own / math.maximum(counts, 1.0), 1)
            total = reduction.reduce_sum(counts, 1)
        else:
            total = reduction.reduce_sum(own + 1.0, 1)
            each = total - reduction.reduce_sum(math.square(own + 1.0), 1) / total
        leaves = casting.to_float(self._is_leaf())
        return reduction.reduce_sum(each * leaves) / math.maximum(reduction.reduce_sum(total * leaves), 1e-30)

    def get_stats(self, session: Any) -> TreeStats:
        """How large it is in a session."""
        nodes, leaves = session.run([self.size(), reduction.reduce_sum(casting.to_int32(self._is_leaf()))])
        return TreeStats(int(nodes[0]), int(leaves))
