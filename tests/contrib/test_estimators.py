"""`tf.contrib.learn.Estimator` and the models that are ready-made, whose numbers 0.12.1 gave."""

import numpy as np
import pytest

import tracer as tf

learn, layers = tf.contrib.learn, tf.contrib.layers
GENDER = layers.sparse_column_with_keys("gender", ["f", "m"])
AGE = layers.real_valued_column("age")


def batch(labels=((1,), (0,), (0,), (1,)), ages=(0.05, 0.2, 0.99, 0.4), **more):
    places = [[0, 0], [1, 0], [2, 0], [3, 0]]
    features = {"age": tf.constant([[age] for age in ages]), "gender": tf.SparseTensor(places, ["f", "m", "m", "f"], [4, 1])}
    return {**features, **{key: tf.constant(value) for key, value in more.items()}}, tf.constant(labels)


def numbers():
    return batch(((1.5,), (0.5,), (0.2,), (-1.0,)))


def weighted():
    return batch(w=[[1.0], [2.0], [0.5], [0.0]])


LINEAR = {  # after 6 steps: variables, what an evaluation tells, what is predicted
    "three classes": (
        lambda: learn.LinearClassifier([AGE, GENDER], n_classes=3), batch,
        {"age/weight": [[0.325496, -0.094557, -0.262234]], "bias_weight": [0.28232, 0.347162, -0.455409]},
        {"loss": 0.42477643, "accuracy": 1.0}, [1, 0, 0, 1]),
    "numbers": (
        lambda: learn.LinearRegressor([AGE, GENDER]), numbers,
        {"age/weight": [[-0.429852]], "bias_weight": [0.258396], "gender/weights": [[0.094375], [0.288434]]},
        {"loss": 0.6919999}, [0.3312779, 0.4608594, 0.12127626, 0.18082969]),
    "another optimizer": (
        lambda: learn.LinearRegressor([AGE, GENDER], optimizer=tf.train.GradientDescentOptimizer(0.1),
                                      gradient_clip_norm=0.5), numbers,
        {"age/weight": [[-0.06951]], "bias_weight": [0.178304], "gender/weights": [[0.065327], [0.112977]]},
        {"loss": 0.7788771}, [0.24015617, 0.27737957, 0.222467, 0.21582782]),
    "weights": (
        lambda: learn.LinearClassifier([GENDER], weight_column_name="w"), weighted,
        {"gender/weights": [[0.387584], [-0.525231]], "bias_weight": [-0.35251]},
        {"loss": 0.44138888, "accuracy/baseline_label_mean": 0.2857143, "labels/prediction_mean": 0.3551094}, [1, 0, 0, 1]),
}


@pytest.mark.parametrize("name", sorted(LINEAR))
def test_linear_models(name):
    make, input_fn, variables, told, predicted = LINEAR[name]
    model = make()
    assert model.fit(input_fn=input_fn, steps=6) is model
    for variable, value in variables.items():
        np.testing.assert_allclose(model.get_variable_value(f"linear/{variable}"), value, atol=2e-6)
    found = model.evaluate(input_fn=input_fn, steps=1)
    assert found["global_step"] == 6
    np.testing.assert_allclose([found[key] for key in told], list(told.values()), rtol=1e-5)
    np.testing.assert_allclose(model.predict(input_fn=lambda: input_fn()[0], as_iterable=False), predicted, rtol=1e-5)


def test_metrics_of_a_binary_classifier():
    model = learn.LinearClassifier([GENDER], enable_centered_bias=True).fit(input_fn=batch, steps=6)
    np.testing.assert_allclose(model.get_variable_value("linear/gender/weights"), [[0.516678], [-0.516678]], atol=2e-6)
    found = model.evaluate(input_fn=batch, steps=1, metrics={"mine": tf.contrib.metrics.streaming_accuracy})
    assert sorted(found) == [
        "accuracy", "accuracy/baseline_label_mean", "accuracy/threshold_0.500000_mean", "auc", "global_step",
        "labels/actual_label_mean", "labels/prediction_mean", "loss", "mine", "precision/positive_threshold_0.500000_mean",
        "recall/positive_threshold_0.500000_mean"]
    assert found["mine"] == found["accuracy"] == 1.0
    assert found["loss"] == pytest.approx(0.467813, rel=1e-5)
    assert sorted(model.weights_.shape) == [1, 2]
    assert model.bias_.shape == (1,)


class Known(tf.train.SessionRunHook):
    """Gives all variables known values before the first step."""

    def begin(self):
        self.assignments = []
        for variable in tf.trainable_variables():
            size = variable.get_shape().as_list()
            self.assignments.append(variable.assign(np.linspace(-1, 1, np.prod(size)).reshape(size).astype(np.float32)))

    def before_run(self, run_context):
        if self.assignments:
            run_context.session.run(self.assignments)
        self.assignments = []


EMBEDDED = layers.embedding_column(GENDER, 2, initializer=tf.constant_initializer(0.3))
AGES = (0.5, 0.2, 0.99, 0.4)


def test_a_network_that_tells_classes():
    model = learn.DNNClassifier([3, 2], [AGE, EMBEDDED])
    model.fit(input_fn=lambda: batch(ages=AGES), steps=4, monitors=[Known()])
    np.testing.assert_allclose(model.get_variable_value("dnn/hiddenlayer_0/biases"), [-1.029784, -0.034919, 0.934303],
                               atol=2e-6)
    np.testing.assert_allclose(model.get_variable_value("dnn/logits/weights"), [[-1.028144], [0.88332]], atol=2e-6)
    np.testing.assert_allclose(model.get_variable_value("dnn/input_from_feature_columns/gender_embedding/weights"),
                               [[-1.003365, -0.316234], [0.41302, 0.973349]], atol=2e-6)
    assert model.evaluate(input_fn=lambda: batch(ages=AGES), steps=1)["loss"] == pytest.approx(0.67278409, rel=1e-5)
    found = list(model.predict_proba(input_fn=lambda: batch(ages=AGES)[0]))
    np.testing.assert_allclose(found, [[0.22449996, 0.77550006], [0.37454292, 0.6254571], [0.3047657, 0.6952343],
                                       [0.23404224, 0.7659578]], rtol=1e-5)


@pytest.mark.parametrize("optimizer", ["SGD", lambda: tf.train.GradientDescentOptimizer(0.05)], ids=["name", "function"])
def test_a_network_that_tells_numbers(optimizer):
    def inputs():
        return batch(((1.5,), (0.5,), (0.2,), (-1.0,)), AGES)

    model = learn.DNNRegressor([3], [AGE, EMBEDDED], optimizer=optimizer, activation_fn=tf.nn.tanh,
                               gradient_clip_norm=0.1)
    model.fit(input_fn=inputs, steps=4, monitors=[Known()])
    np.testing.assert_allclose(model.get_variable_value("dnn/logits/weights"), [[-0.99069], [0.006272], [1.003021]],
                               atol=2e-6)
    assert model.evaluate(input_fn=inputs, steps=1) == {"loss": pytest.approx(1.055317, rel=1e-5), "global_step": 4}


def test_wide_and_deep():
    model = learn.DNNLinearCombinedClassifier(
        linear_feature_columns=[GENDER, layers.crossed_column([GENDER, layers.bucketized_column(AGE, [0.3])], 10)],
        dnn_feature_columns=[AGE, EMBEDDED], dnn_hidden_units=[4])
    model.fit(input_fn=batch, steps=60)
    names = model.get_variable_names()
    assert {"linear/gender/weights", "linear/bias_weight", "dnn/hiddenlayer_0/weights", "dnn/logits/biases"} <= set(names)
    found = model.evaluate(input_fn=batch, steps=1)
    assert (found["accuracy"], found["global_step"]) == (1.0, 60)
    assert found["loss"] < 0.4


X = np.arange(12, dtype=np.float32).reshape(6, 2) / 10
Y = X.sum(1)


def model_of(features, targets, mode, params):
    weights = tf.get_variable("w", [2], initializer=tf.constant_initializer(0.1))
    predictions = tf.reduce_sum(features * weights, 1)
    if mode == learn.ModeKeys.INFER:
        return {"p": predictions, "q": predictions * 2}, None, None
    loss = tf.reduce_mean(tf.square(predictions - targets))
    step = layers.optimize_loss(loss, tf.contrib.framework.get_global_step(), params["rate"], "SGD")
    return {"p": predictions, "q": predictions * 2}, loss, step


def test_a_model_of_ones_own(tmp_path):
    estimator = learn.Estimator(model_of, model_dir=str(tmp_path), params={"rate": 0.1})
    estimator.fit(X, Y, steps=3, batch_size=6)
    np.testing.assert_allclose(estimator.get_variable_value("w"), [0.4557776, 0.5057211], rtol=1e-5)
    metric = learn.MetricSpec(tf.contrib.metrics.streaming_mean_squared_error, prediction_key="p")
    found = estimator.evaluate(X, Y, batch_size=6, steps=1, metrics={"mse": metric})
    assert found == {"loss": pytest.approx(0.4492185, rel=1e-5), "mse": pytest.approx(0.4492185, rel=1e-5), "global_step": 3}
    assert estimator.evaluate(X, Y, batch_size=2)["loss"] == pytest.approx(0.4492185, rel=1e-5)
    assert [sorted(one) for one in estimator.predict(X[:2])] == [["p", "q"]] * 2
    found = estimator.predict(X[:2], outputs=["q"], as_iterable=False)
    np.testing.assert_allclose(found["q"], [0.10114422, 0.4857437], rtol=1e-5)
    again = learn.Estimator(model_of, model_dir=str(tmp_path), params={"rate": 0.1})
    assert again.fit(X, Y, max_steps=3).get_variable_value("global_step") == 3  # it has made them already
    assert again.fit(X, Y, max_steps=5).get_variable_value("global_step") == 5


def test_training_ends_with_the_input():
    def input_fn():
        return tf.train.limit_epochs(tf.constant([[1.0, 2.0]]), 2), tf.constant([1.0])

    assert learn.Estimator(model_of, params={"rate": 0.1}).fit(input_fn=input_fn).get_variable_value("global_step") == 2


def test_monitors_and_validation(tmp_path):
    told = []

    class Mine(learn.monitors.EveryN):
        def every_n_step_end(self, step, outputs):
            told.append(step)

    columns = learn.infer_real_valued_columns_from_input(X)
    assert [(c.column_name, c.dimension) for c in columns] == [("", 2)]
    validation = learn.monitors.ValidationMonitor(X, Y, every_n_steps=2, early_stopping_rounds=100)
    model = learn.LinearRegressor(columns, config=learn.RunConfig(save_checkpoints_steps=1, save_checkpoints_secs=None))
    model.fit(X, Y, steps=5, monitors=[Mine(every_n_steps=2), validation])
    assert told[0] == 1
    assert 4 <= told[-1] <= 5


def test_experiments_and_scikit_learn():
    columns = learn.infer_real_valued_columns_from_input(X)
    experiment = learn.Experiment(
        learn.LinearRegressor(columns), lambda: (tf.constant(X), tf.constant(Y)), lambda: (tf.constant(X), tf.constant(Y)),
        train_steps=2, eval_steps=1)
    assert experiment.train_and_evaluate() == {"loss": pytest.approx(0.4352258, rel=1e-5), "global_step": 2}
    stand_in = learn.SKCompat(learn.LinearRegressor(columns)).fit(X, Y, batch_size=3, steps=3)
    assert stand_in.predict(X[:2])["scores"].shape == (2,)
    assert sorted(stand_in.score(X, Y)) == ["global_step", "loss"]


@pytest.mark.parametrize(("call", "message"), [
    (lambda e: e.fit(steps=1), "Either x or input_fn must be provided."),
    (lambda e: e.fit(X, Y, input_fn=batch, steps=1), "Can not provide both input_fn and x or y."),
    (lambda e: e.fit(X, Y, steps=1, max_steps=2), "Can not provide both steps and max_steps."),
    (lambda e: e.predict(X), "Couldn't find trained model at "),
    (lambda e: e.evaluate(X, Y), "Couldn't find trained model at "),
    (lambda e: learn.LinearClassifier([AGE], n_classes=1), "n_classes must be > 1 for classification."),
    (lambda e: learn.Estimator(lambda features, labels: None, params={"a": 1}),
     "has less than 4 arguments, but not None params"),
])
def test_wrong_use(call, message):
    with pytest.raises(ValueError, match=message):
        call(learn.Estimator(model_of, params={"rate": 0.1}))


class Counted(learn.Experiment):
    """Says which of its methods ran."""

    length = 5

    def __init__(self):
        pass

    def train(self):
        return "train"

    def train_and_evaluate(self):
        return "train_and_evaluate"


@pytest.mark.parametrize(("schedule", "result"), [(None, "train_and_evaluate"), ("train", "train")])
def test_an_experiment_is_made_and_run(schedule, result):
    from tracer.contrib.learn import learn_runner

    folders = []
    assert learn_runner.run(lambda output_dir: folders.append(output_dir) or Counted(), "out", schedule) == result
    assert folders == ["out"]


@pytest.mark.parametrize(("arguments", "error", "message"), [
    ((5, "out"), TypeError, 'Experiment builder "5" is not callable.'),
    ((lambda output_dir: 7, "out"), TypeError, "Experiment builder did not return an Experiment instance, got"),
    ((lambda output_dir: Counted(), ""), ValueError, "Must specify an output directory"),
    ((lambda output_dir: Counted(), "out", "none"), ValueError, "Schedule references non-existent task none"),
    ((lambda output_dir: Counted(), "out", "length"), TypeError, "Schedule references non-callable member length"),
])
def test_what_a_runner_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        learn.learn_runner.run(*arguments)


def chances(features, labels, mode):
    w = tf.get_variable("w", [2, 1], initializer=tf.constant_initializer(0.5))
    b = tf.get_variable("b", [1], initializer=tf.constant_initializer(0.1))
    logits = tf.matmul(features["x"], w) + b
    loss = tf.contrib.losses.sigmoid_cross_entropy(logits, labels)
    return tf.sigmoid(logits), loss, layers.optimize_loss(loss, tf.contrib.framework.get_global_step(), 0.1, "SGD")


def four():
    return ({"x": tf.constant([[1.0, 2], [0, -1], [-2, 1], [3, 0]])}, tf.constant([[1.0], [0], [0], [1]]))


def test_chances_are_evaluated_as_two_classes():
    regressor = learn.LogisticRegressor(chances, thresholds=[0.5, 0.3])
    found = regressor.fit(input_fn=four, steps=3).evaluate(input_fn=four, steps=1)
    assert found == {key: pytest.approx(value, rel=1e-5) for key, value in {  # what 0.12.1 found
        "accuracy/baseline_label_mean": 0.5, "accuracy/threshold_0.300000_mean": 0.5,
        "accuracy/threshold_0.500000_mean": 1.0, "auc": 0.9999995, "global_step": 3, "labels/actual_label_mean": 0.5,
        "labels/prediction_mean": 0.61320174, "loss": 0.3067716, "precision/positive_threshold_0.300000_mean": 0.5,
        "precision/positive_threshold_0.500000_mean": 1.0, "recall/positive_threshold_0.300000_mean": 1.0,
        "recall/positive_threshold_0.500000_mean": 1.0}.items()}
    assert set(regressor.evaluate(input_fn=four, steps=1, metrics={
        "mine": learn.MetricSpec(tf.contrib.metrics.streaming_mean_squared_error)})) == {"global_step", "loss", "mine"}
    assert len(learn.LogisticRegressor.get_default_metrics()) == 7


def test_a_model_is_told_what_labels_look_like_when_it_predicts(tmp_path):
    told = []

    def model(features, targets, mode):
        told.append((mode, None if targets is None else (targets.op.type, targets.dtype, targets.get_shape().as_list())))
        predictions = layers.linear(features, 1)
        loss = tf.reduce_mean(predictions)
        step = layers.optimize_loss(loss, tf.contrib.framework.get_global_step(), 0.1, "SGD")
        return tf.one_hot(targets, 3, 1, 0) if targets is not None and mode == "infer" else predictions, loss, step

    def of_features():
        return tf.ones([6, 2])

    def of_both():
        return of_features(), tf.zeros([6], tf.int64)

    estimator = learn.Estimator(model, model_dir=str(tmp_path)).fit(input_fn=of_both, steps=1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must feed"):
        list(estimator.predict(input_fn=of_features))
    other = learn.Estimator(model, model_dir=str(tmp_path))
    assert other.predict(input_fn=of_features, as_iterable=False).shape == (6, 1)
    other.evaluate(input_fn=of_both, steps=1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must feed"):
        list(other.predict(input_fn=of_features))
    known = "Placeholder", tf.int64, [None]
    assert [labels for mode, labels in told if mode == "infer"] == [known, None, known]
