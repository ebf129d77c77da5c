"""`streaming_covariance` and `streaming_pearson_correlation`. The numbers are those of 0.12.1."""

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import metrics

BATCHES = [([1.0, 2.0, 4.0], [2.0, 1.0, 5.0], [1.0, 0.5, 2.0]), ([3.0, 8.0], [1.0, 9.0], [0.0, 3.0])]


@pytest.mark.parametrize(("metric", "with_weights", "expected"), [
    (metrics.streaming_covariance, False, [2.6666665, 8.55]), (metrics.streaming_covariance, True, [2.9142857, 9.524476]),
    (metrics.streaming_pearson_correlation, False, [0.8386278, 0.92122066]),
    (metrics.streaming_pearson_correlation, True, [0.9152492, 0.985681]),
])
def test_batches(metric, with_weights, expected):
    predictions, labels, weights = (tf.placeholder(tf.float32, [None]) for _ in range(3))
    value, update = metric(predictions, labels, weights if with_weights else None, ["values"], ["updates"])
    assert (tf.get_collection("values"), tf.get_collection("updates")) == ([value], [update])
    with tf.Session() as session:
        session.run(tf.initialize_local_variables())
        assert np.isnan(session.run(value))
        for (first, second, factors), wanted in zip(BATCHES, expected, strict=True):
            found = session.run(update, {predictions: first, labels: second, weights: factors})
            np.testing.assert_allclose([found, session.run(value)], [wanted, wanted], rtol=2e-6)


def test_names():
    value, update = metrics.streaming_pearson_correlation(tf.ones([3]), tf.ones([3]))
    assert (value.op.name, update.op.name) == ("pearson_r/pearson_r", "pearson_r/update_op")
    assert [variable.op.name for variable in tf.local_variables()] == [
        f"pearson_r/{part}/{word}" for part in ("covariance", "variance_predictions", "variance_labels")
        for word in ("count", "mean_prediction", "mean_label", "comoment")]


@pytest.mark.parametrize("metric", [metrics.streaming_covariance, metrics.streaming_pearson_correlation])
def test_shapes_must_be_alike(metric):
    with pytest.raises(ValueError, match=r"Shapes \(2,\) and \(3,\) are incompatible"):
        metric(tf.ones([2]), tf.ones([3]))
