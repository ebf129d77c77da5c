"""`tf.contrib.tensor_forest`. What trees answer is what TensorFlow 0.12.1 says."""

import numpy as np
import pytest

import tracer as tf
from tracer.contrib.tensor_forest import inference_ops, tensor_forest, training_ops

TREE = [[1, 0], [3, 1], [-1, -1], [-1, -1], [-1, -1]]
SUMS = [[16.0, 4, 8, 4], [8.0, 1, 4, 3], [25.0, 5, 20, 0], [2.0, 1, 1, 0], [0.0, 0, 0, 0]]


def run(fetches):
    with tf.Session() as session:
        if tf.all_variables():
            session.run(tf.initialize_all_variables())
        return session.run(fetches)


@pytest.mark.parametrize(("least", "first", "third"), [
    (1, [0.5, 0.5, 0], [0.2, 0.8, 0]),
    (4, [0.3125, 0.5, 0.1875], [0.2, 0.8, 0]),
    (10, [0.2, 0.5, 0.3], [0.2, 0.8, 0]),
    (100, [0.2, 0.5, 0.3], [0.2195, 0.6829, 0.0976]),
])
def test_small_leaves_are_filled_up_by_their_parents(least, first, third):
    found = run(inference_ops.tree_predictions([[-1.0, -1], [-1, 1], [1, 1]], TREE, [0.0] * 5, SUMS, least))
    np.testing.assert_allclose(found, [first, [0.125, 0.5, 0.375], third], atol=1e-4)


def test_a_feature_at_the_threshold_goes_to_the_first_child():
    found = run(inference_ops.tree_predictions([[0.0], [0.1]], [[1, 0], [-1, -1], [-1, -1]], [0.0] * 3,
                                               [[2.0, 1, 1], [1.0, 1, 0], [1.0, 0, 1]], 1))
    np.testing.assert_array_equal(found, [[1, 0], [0, 1]])


def impurity(counts):
    counts = counts + 1
    return counts.sum() - (counts ** 2).sum() / counts.sum()


def test_the_purest_split():
    random = np.random.RandomState(0)
    totals = random.randint(1, 12, (20, 4)).astype(float)
    firsts = np.array([[[random.randint(0, int(n) + 1) for n in row] for _ in range(3)] for row in totals], float)
    counted = [np.concatenate([x.sum(-1, keepdims=True), x], -1).astype(np.float32) for x in (firsts, totals)]
    found = run(training_ops.best_splits(np.arange(20), np.arange(20), counted[0], [], counted[1], [], regression=False))
    wanted = [[impurity(part) + impurity(total - part) for part in parts]
              for parts, total in zip(firsts, totals, strict=True)]
    np.testing.assert_allclose([scores[i] for scores, i in zip(wanted, found, strict=True)], np.min(wanted, 1), rtol=1e-5)


def test_the_split_of_least_variance():
    values, first = np.array([1.0, 2, 9, 10]), np.array([[1, 0, 1, 0], [1, 1, 0, 0]])
    sums, squares = (np.array([[[f.sum(), (values ** k)[f > 0].sum()] for f in first]], np.float32) for k in (1, 2))
    whole = [[4, values.sum()]], [[4, (values ** 2).sum()]]
    assert run(training_ops.best_splits([0], [0], sums, squares, *whole, regression=True)).tolist() == [1]


@pytest.mark.parametrize("regression", [False, True])
def test_what_a_batch_adds(regression):
    labels = [[0.5], [1.5], [3.0]] if regression else [0, 1, 1]
    found = run(list(training_ops.count_extremely_random_stats(
        [[-1.0, 0], [-1, 2], [1, 0]], labels, [[1, 0], [-1, 0], [-1, 0]], [0.0] * 3, [-1, 0, -1], [[1, -1]], [[1.0, 0.0]],
        num_classes=2 if regression else 3, regression=regression)))
    sums, squares, places, split_sums, _, total_places, total_sums, total_squares, leaves = found
    assert leaves.tolist() == [1, 1, 2]
    if regression:
        assert sums.tolist() == [[3, 5], [2, 2], [1, 3]]
        assert squares.tolist() == [[3, 11.5], [2, 2.5], [1, 9]]
        assert (places.tolist(), split_sums.tolist()) == ([[0, 0]], [[1, 0.5]])
        assert (total_places.tolist(), total_sums.tolist(), total_squares.tolist()) == ([[0]], [[2, 2]], [[2, 2.5]])
    else:
        assert sums.tolist() == [[3, 1, 2], [2, 1, 1], [1, 0, 1]]
        assert dict(zip(map(tuple, places.tolist()), split_sums.tolist(), strict=True)) == {(0, 0, 0): 1, (0, 0, 1): 1}
        assert dict(zip(map(tuple, total_places.tolist()), total_sums.tolist(), strict=True)) == {
            (0, 0): 2, (0, 1): 1, (0, 2): 1}


def test_growing_as_long_as_there_is_room():
    nodes, tree, thresholds, depths, end = run(list(training_ops.grow_tree(
        [3], [1, 2, 2, -1, -1, -1], [-1, 0, 1, -1, -1, -1], [1, 2], [0, 3], [[1, 2, 3, 4], [5, 6, 7, 8]],
        [[10.0, 20, 30, 40], [50, 60, 70, 80]])))
    assert (nodes.tolist(), tree.tolist(), thresholds.tolist(), depths.tolist(), end.tolist()) == (
        [1, 3, 4], [[3, 1], [-1, -1], [-1, -1]], [10, 0, 0], [2, 3, 3], [5])


def test_accumulators_go_to_the_leaves_of_the_highest_score():
    found = run(list(training_ops.update_fertile_slots(
        [1], [2, 3], [5.0, 7.0], [4], [1, 2, 3, 3, 3, 3], np.zeros((2, 3)), [-1, 0, -1, -1, -1, -1], max_depth=4)))
    assert [part.tolist() for part in found] == [[[1, 3, 2], [-1, 1, 0]], [], [1, 0], [4, 5], [1, 1]]


def test_candidates_take_what_examples_have():
    data = np.float32([[1, 10], [2, 20], [3, 30]])
    sample = training_ops.sample_inputs(data, [-1, 0, 1], [1, 1, 2], [[-1, 1, -1], [0, 0, 0]], np.zeros((2, 3)), 1, 5)
    for _ in range(2):  # seeded, each run draws the same
        slots, features, thresholds = run(list(sample))
        assert (slots.tolist(), features[0, 1], thresholds[0, 1]) == ([0], 1, 0)
        assert thresholds[0, [0, 2]].tolist() == [data[0, features[0, 0]], data[1, features[0, 2]]]


def test_adding_at_places():
    table = tf.Variable(np.zeros((2, 3), np.float32))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(training_ops.scatter_add_ndim(table.ref(), [[0, 1], [1, 2], [0, 1]], [1.0, 2, 3]))
        session.run(training_ops.scatter_add_ndim(table.ref(), [[1]], [[10.0, 20, 30]]))
        assert session.run(table).tolist() == [[0, 4, 0], [10, 20, 32]]
        with pytest.raises(tf.errors.InvalidArgumentError, match="An index is outside"):
            session.run(training_ops.scatter_add_ndim(table.ref(), [[2, 0]], [1.0]))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: training_ops.finished_nodes([[1]], [0, 0], [[1.0]], 1), "leaf_tensor should be one-dimensional"),
    (lambda: training_ops.best_splits([0], [0], np.zeros((2, 1, 2)), [], [[0.0, 0]], []), "Number of accumulators"),
    (lambda: training_ops.grow_tree([1], [1, 1], [0, 0], [], [1], [[1]], [[1.0]]), "Number of finished nodes"),
    (lambda: training_ops.grow_tree([1], [1, 1, 1], [0, 0, 0], [0], [-1], [[1]], [[1.0]]), "best split not in valid range"),
    (lambda: inference_ops.tree_predictions([[1.0]], TREE, [0.0], SUMS, 1), "Number of nodes should be the same"),
])
def test_what_does_not_fit(call, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        run(call())


@pytest.mark.parametrize("options", [{}, {"regression": True}, {"bagging_fraction": 0.7}])
def test_a_forest_learns(options):
    random = np.random.RandomState(0)
    y = random.randint(0, 3, 300)
    x = (np.array([[0, 0, 5.0], [5, 0, 0], [0, 5, 0]])[y] + random.randn(300, 3)).astype(np.float32)
    classes = 1 if "regression" in options else 3
    params = tensor_forest.ForestHParams(num_classes=classes, num_features=3, num_trees=3, max_nodes=60,
                                         split_after_samples=20, base_random_seed=7, **options).fill()
    graphs = tensor_forest.RandomForestGraphs(params)
    train, answer = graphs.training_graph(x, y), graphs.inference_graph(x)
    size, pure = graphs.average_size(), graphs.average_impurity()
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        before = session.run(pure)
        for _ in range(12):
            session.run(train)
        found, nodes, after = session.run([answer, size, pure])
        stats = graphs.get_stats(session)
    error = np.abs(found[:, 0] - y).mean() if classes == 1 else (found.argmax(1) != y).mean()
    assert error < 0.1
    assert after < 0.7 * before or before == 0
    assert stats.get_average("num_nodes") == nodes == 2 * stats.get_average("num_leaves") - 1
    assert nodes > 5


@pytest.mark.parametrize(("given", "found"), [
    ({"max_nodes": 1000, "num_features": 60}, (20, 10, 500, 1)),
    ({"max_nodes": 1000000, "num_features": 1000}, (40, 32, 31250, 1)),
    ({"max_nodes": 10000, "num_features": 784, "split_after_samples": 5}, (28, 28, 1000, 5)),
])
def test_parameters_that_follow_from_others(given, found):
    params = tensor_forest.ForestHParams(num_classes=2, **given).fill()
    assert (params.max_depth, params.num_splits_to_consider, params.max_fertile_nodes,
            params.split_initializations_per_input) == found
    with pytest.raises(AttributeError, match="'ForestHParams' object has no attribute 'num_classes'"):
        tensor_forest.ForestHParams(num_features=2).fill()
