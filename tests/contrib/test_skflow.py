"""The estimators of 0.8: training, predictions, reports, folders."""

import glob
import re

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import learn
from tracer.contrib.learn.estimators import base
from tracer.train.event_accumulator import EventAccumulator

IRIS = learn.datasets.load_iris()
POINTS = np.float32([[-2, 1], [-1, 0], [1, 0], [2, -1]])
SIDES = np.array([0, 0, 1, 1])
LINE = POINTS[:, 0] * 2 + 1


def test_an_autoencoder_finds_what_tensorflow_found():
    """The numbers that the tests of TensorFlow 0.8 expect: every draw and every step of the training are the same."""
    transformed = learn.TensorFlowDNNAutoencoder(hidden_units=[10, 20], verbose=0).fit_transform(IRIS.data[1:2])
    expected = np.zeros((1, 10))
    expected[0, [1, 2, 8]] = 1.17000043e+00, 1.01902664e+00, 9.74681854e-01
    np.testing.assert_allclose(transformed, expected, rtol=1e-6, atol=1e-6)


def test_a_linear_classifier(capsys):
    classifier = learn.TensorFlowLinearClassifier(n_classes=3)
    assert classifier.fit(IRIS.data, [float(label) for label in IRIS.target]) is classifier
    assert re.fullmatch(r"Step #100, epoch #20, avg\. train loss: 0\.\d{5}\n"
                        r"Step #200, epoch #40, avg\. train loss: 0\.\d{5}\n", capsys.readouterr().out)
    assert classifier.score(IRIS.data, IRIS.target) > 0.9
    probabilities = classifier.predict_proba(IRIS.data)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(1), classifier.predict(IRIS.data))
    np.testing.assert_array_equal(classifier.predict(iter(IRIS.data), batch_size=7), classifier.predict(IRIS.data))
    scores = IRIS.data @ classifier.weights_ + classifier.bias_
    np.testing.assert_array_equal(scores.argmax(1), classifier.predict(IRIS.data))
    assert classifier.get_variable_names() == [
        "global_step:0", "logistic_regression/weights:0", "logistic_regression/bias:0",
        "OptimizeLoss/logistic_regression/softmax_classifier/softmax_cross_entropy_loss/value/avg:0",
        "OptimizeLoss/learning_rate:0", "OptimizeLoss/logistic_regression/weights/Adagrad:0",
        "OptimizeLoss/logistic_regression/bias/Adagrad:0"]
    assert classifier.get_tensor_value("global_step:0") == 200


def test_a_linear_regressor_makes_the_steps_that_can_be_computed_by_hand():
    regressor = learn.TensorFlowLinearRegressor(steps=3, batch_size=4, optimizer="SGD", verbose=0)
    regressor.fit(POINTS, LINE)
    weights, bias = np.zeros(2), 0.0
    for _ in range(3):
        off = POINTS @ weights + bias - LINE
        slopes = np.append(POINTS.T @ off, off.sum()) / 2
        slopes *= min(1, 5 / np.linalg.norm(slopes))
        weights, bias = weights - 0.1 * slopes[:2], bias - 0.1 * slopes[2]
    np.testing.assert_allclose(regressor.weights_[:, 0], weights, rtol=1e-5)
    np.testing.assert_allclose(regressor.bias_, [bias], rtol=1e-5)
    np.testing.assert_allclose(regressor.predict(POINTS), POINTS @ weights + bias, rtol=1e-5)


def test_layers():
    classifier = learn.TensorFlowDNNClassifier([4, 3], 2, steps=100, dropout=0.1, verbose=0)
    classifier.fit(POINTS, SIDES)
    np.testing.assert_array_equal(classifier.predict(POINTS), SIDES)
    assert [weight.shape for weight in classifier.weights_] == [(2, 4), (4, 3), (3, 2)]
    assert [bias.shape for bias in classifier.bias_] == [(4,), (3,), (2,)]
    first, second = (classifier.predict_proba(POINTS) for _ in range(2))
    np.testing.assert_array_equal(first, second)  # nothing is dropped


def test_two_targets():
    regressor = learn.TensorFlowLinearRegressor(steps=50, verbose=0)
    targets = np.stack([LINE, -LINE], 1)
    assert regressor.fit(POINTS, targets).predict(POINTS).shape == (4, 2)
    assert regressor.score(POINTS, targets) > 0.5


def test_recurrent_networks():
    sequences = np.float32([[2, 1], [2, 4], [3, 0], [2, 5]])
    classifier = learn.TensorFlowRNNClassifier(rnn_size=2, n_classes=2, cell_type="rnn", bidirectional=True,
                                               input_op_fn=lambda X: tf.split(1, 2, X), verbose=0)
    classifier.fit(sequences, [1, 0, 1, 0])
    np.testing.assert_array_equal(classifier.predict(sequences), [1, 0, 1, 0])
    assert classifier.bias_.shape == (2,)


def test_a_model_of_the_callers_with_a_rate_and_an_optimizer_of_theirs():
    def model(X, y):
        return learn.models.logistic_regression(learn.ops.dnn(X, [5], activation=tf.tanh), y)

    classifier = learn.TensorFlowEstimator(
        model, n_classes=2, steps=100, batch_size=2, verbose=0,
        learning_rate=lambda step: tf.train.exponential_decay(0.1, step, 50, 0.5),
        optimizer=lambda rate: tf.train.MomentumOptimizer(rate, 0.9))
    classifier.fit(POINTS, SIDES)
    np.testing.assert_array_equal(classifier.predict(POINTS), SIDES)


def test_classes_that_weigh_less():
    equal, uneven = (learn.TensorFlowLinearClassifier(n_classes=2, steps=20, class_weight=weights, verbose=0)
                     for weights in (None, [0.1, 0.9]))
    targets = [0, 0, 1, 0]
    assert (equal.fit(POINTS, targets).predict_proba(POINTS)[:, 1]
            != uneven.fit(POINTS, targets).predict_proba(POINTS)[:, 1]).all()
    assert uneven.get_tensor_value("class_weight:0").tolist() == pytest.approx([0.1, 0.9])


def test_training_goes_on_where_it_is_meant_to():
    arguments = {"steps": 5, "batch_size": 4, "verbose": 0}
    afresh = learn.TensorFlowLinearRegressor(**arguments)
    going_on = learn.TensorFlowLinearRegressor(continue_training=True, **arguments)
    for estimator in (afresh, going_on):
        for _ in range(2):
            estimator.fit(POINTS, LINE)
    assert (afresh.get_tensor_value("global_step:0"), going_on.get_tensor_value("global_step:0")) == (5, 10)
    afresh.partial_fit(POINTS, LINE)
    np.testing.assert_allclose(afresh.weights_, going_on.weights_, rtol=1e-6)


def test_training_ends_with_the_data():
    classifier = learn.TensorFlowLinearClassifier(n_classes=2, batch_size=2, steps=100, verbose=0)
    classifier.fit(iter(POINTS), iter(SIDES))
    assert classifier.get_tensor_value("global_step:0") == 2


def test_validation_ends_training_early(capsys):
    features, targets = POINTS, np.array([0, 1, 0, 1])
    monitor = learn.monitors.ValidationMonitor(features, 1 - targets, n_classes=2, print_steps=10,
                                               early_stopping_rounds=20)
    classifier = learn.TensorFlowDNNClassifier([10], 2, steps=500, batch_size=4)
    classifier.fit(features, targets, monitor)
    reported = capsys.readouterr()
    lines = reported.out.splitlines()
    assert re.fullmatch(r"Step #10, epoch #10, avg\. train loss: \d\.\d{5}, avg\. val loss: \d\.\d{5}", lines[0])
    assert reported.err.startswith("Stopping. Best step:\n step ")
    assert classifier.get_tensor_value("global_step:0") < 500
    assert monitor.all_val_loss_buffer[-1] > monitor.all_val_loss_buffer[0]


def test_a_loss_that_does_not_fall_ends_training():
    monitor = learn.monitors.BaseMonitor(print_steps=1000, early_stopping_rounds=7)
    regressor = learn.TensorFlowLinearRegressor(learning_rate=0.0, batch_size=4, steps=50)
    regressor.fit(POINTS, LINE, monitor)
    assert monitor.steps == 8
    assert len(monitor.all_train_loss_buffer) == 8


def test_summaries_of_a_training(tmp_path):
    regressor = learn.TensorFlowLinearRegressor(steps=3, verbose=0)
    regressor.fit(POINTS, LINE, logdir=str(tmp_path))
    (folder,) = glob.glob(str(tmp_path / "*"))
    events = EventAccumulator(folder)
    events.Reload()
    tags = events.Tags()
    assert {"OptimizeLoss/loss", "loss"} & set(tags["scalars"])
    assert "linear_regression.weights" in " ".join(tags["histograms"])
    (tag,) = {"OptimizeLoss/loss", "loss"} & set(tags["scalars"])
    assert [event.step for event in events.Scalars(tag)] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["ours", "the callers'"])
def test_a_model_in_a_folder(tmp_path, kind):
    if kind == "ours":
        classifier = learn.TensorFlowLinearClassifier(2, steps=20, verbose=0, continue_training=True)
    else:
        classifier = learn.TensorFlowEstimator(
            lambda X, y: learn.models.logistic_regression(learn.ops.dnn(X, [4], dropout=0.2), y), 2, steps=20,
            verbose=0, continue_training=True)
    classifier.fit(POINTS, SIDES)
    classifier.save(str(tmp_path / "model"))
    assert {"checkpoint", "endpoints", "graph.pbtxt", "model-20", "model.def"} <= {
        path.name for path in (tmp_path / "model").iterdir()}
    restored = learn.TensorFlowEstimator.restore(str(tmp_path / "model"), learn.RunConfig(num_cores=1))
    assert type(restored) is type(classifier)
    assert (restored.n_classes, restored.steps, restored.config.num_cores) == (2, 20, 1)
    np.testing.assert_array_equal(restored.predict_proba(POINTS), classifier.predict_proba(POINTS))
    assert set(restored.get_variable_names()) == set(classifier.get_variable_names())
    restored.fit(POINTS, SIDES)
    assert restored.get_tensor_value("global_step:0") == 40


def test_folders_without_a_model(tmp_path):
    with pytest.raises(ValueError, match="should be a directory where model is saved"):
        learn.TensorFlowEstimator.restore(str(tmp_path / "none"))
    with pytest.raises(ValueError, match="Missing a checkpoint file"):
        learn.TensorFlowEstimator.restore(str(tmp_path))


def test_what_is_not_fitted():
    estimator = learn.TensorFlowEstimator(model_fn=None, n_classes=1)
    for call in (lambda: estimator.predict([1, 2, 3]), lambda: estimator.save("path"), estimator.get_variable_names):
        with pytest.raises(base.NotFittedError):
            call()


def test_parameters():
    classifier = learn.TensorFlowDNNClassifier([4], 2)
    assert classifier.get_params()["hidden_units"] == [4]
    assert "model_fn" not in classifier.get_params()
    classifier.set_params(hidden_units=[3, 2], learning_rate=0.5)
    assert (classifier.hidden_units, classifier.learning_rate) == ([3, 2], 0.5)
    classifier.fit(POINTS, SIDES)
    assert [weight.shape for weight in classifier.weights_] == [(2, 3), (3, 2), (2, 2)]


def test_moments_are_averages_in_predictions():
    def model(X, y):
        return learn.models.linear_regression(learn.ops.batch_normalize(X, decay=0.5), y)

    regressor = learn.TensorFlowEstimator(model, n_classes=0, steps=30, batch_size=4, verbose=0)
    regressor.fit(POINTS, LINE)
    together = regressor.predict(POINTS)
    np.testing.assert_allclose(np.concatenate([regressor.predict(POINTS[i:i + 1]) for i in range(4)]), together,
                               rtol=1e-5)
    assert np.ptp(together) > 0.5


def test_an_autoencoder_generates():
    autoencoder = learn.TensorFlowDNNAutoencoder([3], steps=2, verbose=0)
    autoencoder.fit(POINTS)
    hidden = np.float32([[1, 0, 2]])
    weights, biases = autoencoder.weights_, autoencoder.bias_
    assert [weight.shape for weight in weights] == [(2, 3), (3, 3), (2, 3)]
    np.testing.assert_allclose(autoencoder.generate(hidden), np.maximum(hidden @ weights[1] + biases[1], 0), rtol=1e-5)
    assert autoencoder.generate().shape == (1, 3)
