"""`tf.contrib.metrics` against what the real TensorFlow computes."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import metrics as recipes
from tracer import errors
from tracer.contrib import metrics

rng = np.random.RandomState(0)
SHARES = rng.rand(6).astype(np.float32)
SIGNS = np.int32([0, 1, 1, 0, 1, 0])
OTHERS = np.int32([1, 1, 0, 0, 1, 0])
WEIGHTS = np.float32([1, 2, 0, 1, 0.5, 1])
ROWS = rng.randn(4, 3).astype(np.float32)
TARGETS = rng.randn(4, 3).astype(np.float32)
CLASSES = np.int64([2, 0, 0, 1])
COLUMN = np.float32([[1], [2], [0], [0.5]])


def streamed(*args, **kwargs):
    return case(recipes.streamed, *args, feed=False, gradient=False, **kwargs)


@parity([
    streamed("streaming_mean", ROWS), streamed("streaming_mean", SIGNS),
    *(streamed("streaming_mean", ROWS, weights) for weights in (np.abs(TARGETS), COLUMN, np.float32(3), 2.0)),
    streamed("streaming_mean_tensor", ROWS), streamed("streaming_mean_tensor", ROWS, np.float32(TARGETS > 0)),
    streamed("streaming_accuracy", SIGNS, OTHERS), streamed("streaming_accuracy", SIGNS, OTHERS, WEIGHTS),
    streamed("streaming_accuracy", SIGNS.astype(np.int64).reshape(6, 1), OTHERS),
    streamed("streaming_recall_at_k", ROWS, CLASSES, 2),
    streamed("streaming_recall_at_k", ROWS, CLASSES, 1, weights=COLUMN[:, 0].copy()),
    *(streamed(f"streaming_{name}", ROWS, TARGETS, *weights)
      for name in ("mean_absolute_error", "mean_squared_error", "root_mean_squared_error")
      for weights in ((), (COLUMN,))),
    streamed("streaming_mean_relative_error", ROWS, TARGETS, np.abs(ROWS) * (ROWS > 0)),
    streamed("streaming_mean_cosine_distance", ROWS, TARGETS, 1),
    streamed("streaming_percentage_less", ROWS, 0.5), streamed("streaming_percentage_less", SHARES, 0.5, WEIGHTS),
    streamed("streaming_mean_iou", SIGNS, OTHERS, 3),
])
def test_means(case):
    case.check()


@parity([
    *(streamed(f"streaming_{name}", SIGNS, OTHERS, *weights)
      for name in ("precision", "recall") for weights in ((), (WEIGHTS,))),
    *(streamed(f"streaming_{name}", np.zeros_like(SIGNS), np.zeros_like(SIGNS)) for name in ("precision", "recall")),
    *(streamed("streaming_auc", SHARES, SIGNS, *weights, num_thresholds=11, curve=curve)
      for weights in ((), (WEIGHTS,)) for curve in ("ROC", "PR")),
    streamed("streaming_auc", SHARES, np.zeros_like(SIGNS)),
    *(streamed(f"streaming_{name}_at_thresholds", SHARES, SIGNS, [0.2, 0.5, 0.85], *weights)
      for name in ("precision", "recall") for weights in ((), (WEIGHTS,))),
    *(streamed(f"streaming_{name}", SHARES, SIGNS, 0.7)
      for name in ("sensitivity_at_specificity", "specificity_at_sensitivity")),
    streamed("auc_using_histogram", SIGNS.astype(bool), SHARES, [0.0, 1.0], nbins=5),
    case("contrib.metrics.streaming_auc", SHARES, SIGNS, curve="X", raises=("ValueError", "curve must be either ROC or PR")),
])
def test_rates(case):
    case.check()


PLACES, LABELS, SHAPE = np.int64([[0, 0], [0, 1], [1, 0], [3, 0]]), np.int64([2, 0, 1, 1]), np.int64([4, 2])


@parity([
    *(streamed(f"streaming_sparse_{name}_at_k", ROWS, np.stack([CLASSES, CLASSES[::-1]], 1), k, *weights)
      for name in ("precision", "recall") for k in (1, 2) for weights in ((), (None, COLUMN[:, 0].copy()))),
    *(case(recipes.of_sparse, f"streaming_sparse_{name}_at_k", ROWS, PLACES, LABELS, SHAPE, 2, class_id=class_id,
           feed=False, gradient=False)
      for name in ("precision", "recall") for class_id in (None, 1, 2)),
])
def test_several_labels(case):
    case.check()


SETS = np.int32([[1, 2, 2], [3, 4, 5]])
MORE = np.int32([[2, 7, 2, 1], [5, 5, 9, 8]])
PARTS = np.int64([[0, 0], [0, 1], [1, 0]]), np.int32([2, 7, 5]), np.int64([2, 2])


@parity([
    *(case(recipes.sets, f"set_{name}", SETS, MORE) for name in ("intersection", "difference", "union")),
    case(recipes.sets, "set_difference", SETS, MORE, aminusb=False),
    case(recipes.sets, "set_union", np.array([[b"a", b"b"]], object), np.array([[b"c", b"b"]], object), feed=False),
    case(recipes.sets, "set_union", np.int64([[[1, 2], [3, 4]]]), np.int64([[[2, 5], [3, 4]]])),
    *(case(recipes.sparse_sets, f"set_{name}", first, *PARTS)
      for name in ("intersection", "difference", "union") for first in (SETS, None)),
    case(recipes.sizes, *PARTS), case(recipes.sizes, np.int64([[0, 0, 0], [0, 0, 1], [0, 1, 0]]), np.int32([2, 7, 7]),
                                      np.int64([1, 2, 2])),
    case(recipes.sizes, np.int64([[1, 0], [0, 1]]), np.int32([2, 7]), np.int64([2, 2]), raises=True),
    case(recipes.sets, "set_union", SETS, MORE[:1], raises=("ValueError", "are incompatible")),
    case(recipes.sets, "set_union", SETS, MORE.astype(np.float32), raises=("TypeError", "Types don't match")),
    case(recipes.sets, "set_union", SETS[0], MORE[0], raises=("ValueError", "expected rank >= 2")),
])
def test_sets(case):
    case.check()


def test_a_sparse_set_and_a_dense_one():
    # The real TensorFlow wants the dense one first.
    sparse = tf.SparseTensor(*PARTS)
    with tf.Session() as session:
        for name in ("union", "intersection"):
            combine = getattr(metrics, f"set_{name}")
            np.testing.assert_array_equal(*(found.values for found in session.run(
                [combine(sparse, SETS), combine(SETS, sparse)])))
        np.testing.assert_array_equal(*(found.values for found in session.run(
            [metrics.set_difference(sparse, SETS), metrics.set_difference(SETS, sparse, aminusb=False)])))


@parity([
    case("contrib.metrics.confusion_matrix", np.int32([1, 2, 1]), np.int32([1, 0, 1])),
    case("contrib.metrics.confusion_matrix", np.int64([1, 2, 1]), np.int64([1, 0, 1]), 5, gradient=False),
    case("contrib.metrics.confusion_matrix", np.int64([1, 2, 1]), np.int64([1, 0, 1]), weights=np.float32([1, 2, 3]),
         dtype=tf.float32, gradient=False),
    case("contrib.metrics.accuracy", SIGNS, OTHERS),
    case("contrib.metrics.accuracy", np.array([b"a", b"b"], object), np.array([b"a", b"c"], object), feed=False),
    case("contrib.metrics.accuracy", SIGNS, OTHERS, WEIGHTS, gradient=False),
    case("contrib.metrics.accuracy", SIGNS, SHARES, raises=("ValueError", "Labels should have bool, integer, or string")),
    case("contrib.metrics.accuracy", SIGNS, OTHERS.astype(np.int64), raises=("ValueError", "Dtypes .* should match")),
    case("contrib.metrics.confusion_matrix", SIGNS, OTHERS[:2], raises=("ValueError", "are not compatible")),
])
def test_one_batch(case):
    case.check()


def test_a_class_beyond_the_matrix():
    matrix = metrics.confusion_matrix(tf.placeholder_with_default([1, 2], [2]), [1, 0], 2)
    with pytest.raises(errors.InvalidArgumentError, match="Condition x < y did not hold"):
        tf.Session().run(matrix)


@pytest.mark.parametrize(("make", "scope", "counts"), [
    (lambda **kw: metrics.streaming_mean(ROWS, **kw), "mean", "total count"),
    (lambda **kw: metrics.streaming_accuracy(SIGNS, OTHERS, **kw), "accuracy", "total count"),
    (lambda **kw: metrics.streaming_recall_at_k(ROWS, CLASSES, 2, **kw), "recall_at_2", "total count"),
    (lambda **kw: metrics.streaming_precision(SIGNS, OTHERS, **kw), "precision",
     "true_positives/count false_positives/count"),
    (lambda **kw: metrics.streaming_auc(SHARES, SIGNS, **kw), "auc",
     "true_positives false_negatives true_negatives false_positives"),
    (lambda **kw: metrics.streaming_percentage_less(ROWS, 1.0, **kw), "percentage_below_threshold", "total count"),
    (lambda **kw: metrics.streaming_mean_iou(SIGNS, OTHERS, 2, **kw), "mean_iou", "total_confusion_matrix"),
])
def test_names_and_collections(make, scope, counts):
    value, update = make(metrics_collections=["m"], updates_collections="u")
    assert (tf.get_collection("m"), tf.get_collection("u")) == ([value], [update])
    assert [var.op.name for var in tf.local_variables()] == [f"{scope}/{count}" for count in counts.split()]
    assert tf.all_variables() == []
    make(name="again")
    assert tf.local_variables()[-1].op.name == f"again/{counts.split()[-1]}"


def once(metric):
    with tf.Session() as session:
        session.run(tf.initialize_local_variables())
        session.run(metric[1])
        return session.run(metric[0])


@pytest.mark.parametrize("make", [
    lambda *args, **kw: metrics.streaming_precision(SIGNS, OTHERS, *args, **kw),
    lambda *args, **kw: metrics.streaming_auc(SHARES, SIGNS, *args, **kw),
    lambda *args, **kw: metrics.streaming_percentage_less(SHARES, 0.5, *args, **kw),
])
def test_what_is_masked_does_not_count(make):
    mask = [True, False, False, True, True, False]
    weights = np.float32(np.logical_not(mask))
    assert once(make(mask)) == once(make(weights)) == once(make(weights=weights))


@pytest.mark.parametrize(("make", "message"), [
    (lambda: metrics.streaming_accuracy(ROWS, TARGETS[:, :2]), r"Shapes \(4, 3\) and \(4, 2\) are incompatible"),
    (lambda: metrics.streaming_mean(ROWS, TARGETS[:3]), "Incompatible shapes"),
    (lambda: metrics.streaming_mean(ROWS, WEIGHTS[:4]), r"Weights of shape \(4,\) do not go with values of shape \(4, 3\)"),
    (lambda: metrics.streaming_sensitivity_at_specificity(SHARES, SIGNS, 2.0), r"must be in the range \[0, 1\]"),
    (lambda: metrics.aggregate_metrics(), "Expected at least one value_tensor/update_op pair"),
])
def test_what_metrics_refuse(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_several_metrics_at_once():
    pairs = {"a": metrics.streaming_mean(ROWS), "b": metrics.streaming_mean(TARGETS)}
    values, updates = metrics.aggregate_metric_map(pairs)
    assert (values["a"], updates["b"]) == (pairs["a"][0], pairs["b"][1])
    assert metrics.aggregate_metrics(*pairs.values()) == (list(values.values()), list(updates.values()))
