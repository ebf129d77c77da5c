"""`tf.contrib.linear_optimizer`: where training ends, the solution in closed form says."""

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import learn, linear_optimizer
from tracer.contrib.linear_optimizer import sdca_ops


def dense(*features, labels, weights=None):
    return {"sparse_features": [], "dense_features": [tf.constant(f, tf.float32) for f in features],
            "example_labels": labels, "example_weights": weights or [1.0] * len(labels),
            "example_ids": [str(i) for i in range(len(labels))]}


def variables(count, sparse=()):
    return {"sparse_features_weights": [tf.Variable(tf.zeros([size])) for size in sparse],
            "dense_features_weights": [tf.Variable(tf.zeros([1])) for _ in range(count)]}


def options(loss, l1=0, l2=1):
    return {"loss_type": loss, "symmetric_l1_regularization": l1, "symmetric_l2_regularization": l2}


def trained(examples, weights, chosen, *more, steps=30):
    model = linear_optimizer.SdcaModel("box", examples, weights, chosen)
    step = tf.Variable(0)
    train = model.minimize(global_step=step)
    wanted = [model.predictions(examples), model.unregularized_loss(examples), model.regularized_loss(examples),
              model.approximate_duality_gap(), step, *more]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for _ in range(steps):
            session.run(train)
        return session.run(wanted)


@pytest.mark.parametrize("l2", [1, 4])
def test_squared_loss_is_ridge_regression(l2):
    x, y = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]]), np.array([1.0, 2.0, -1.0])
    share = np.array([1.0, 2.0, 0.5])
    w = np.linalg.solve(x.T * share @ x + l2 * np.eye(2), x.T * share @ y)
    found, plain, whole, gap, step = trained(
        dense(*x.T, labels=list(y), weights=list(share)), variables(2), options("squared_loss", l2=l2))
    np.testing.assert_allclose(found, x @ w, rtol=1e-4)
    loss = share @ (x @ w - y) ** 2 / 2 / share.sum()
    np.testing.assert_allclose([plain, whole], [loss, loss + l2 * w @ w / 2 / share.sum()], rtol=1e-4)
    assert 0 <= gap < 1e-4
    assert step == 30


def test_the_penalty_of_sizes_takes_weights_to_zero():
    # (w - 3) ** 2 / 2 + w ** 2 / 2 + |w| is least at 1, (w - 0.5) ** 2 / 2 + w ** 2 / 2 + |w| at 0.
    weights = variables(2)
    found = trained(dense([1, 0], [0, 1], labels=[3.0, 0.5]), weights, options("squared_loss", l1=1),
                    *weights["dense_features_weights"])
    np.testing.assert_allclose(np.ravel(found[-2:]), [1, 0], atol=1e-5)
    np.testing.assert_allclose(found[2], (2 + 0.125 + 0.5 + 1) / 2, rtol=1e-5)
    assert 0 <= found[3] < 1e-4


def test_logistic_loss_on_sparse_features():
    # Both weights of an example are alike; log(1 + exp(-2 w)) + w ** 2 is least where w = 1 / (1 + exp(2 w)).
    examples = dense(labels=[0.0, 1.0])
    examples["sparse_features"] = [tf.SparseTensor([[0, 0], [1, 1]], [1.0, 1.0], [2, 2]),
                                   tf.SparseTensor([[0, 2], [1, 0]], [1.0, 1.0], [2, 3])]
    found, plain, whole, gap, _ = trained(examples, variables(0, (2, 3)), options("logistic_loss"))
    w = np.log(found[1] / found[0]) / 2
    np.testing.assert_allclose(w, 1 / (1 + np.exp(2 * w)), rtol=1e-4)
    np.testing.assert_allclose([plain, whole], [np.log1p(np.exp(-2 * w)), np.log1p(np.exp(-2 * w)) + w * w], rtol=1e-4)
    assert 0 <= gap < 1e-4


def test_hinge_loss_of_what_a_plane_separates():
    found, plain, whole, gap, _ = trained(dense([1.0, 1.0], [1.0, -1.0], labels=[1.0, 0.0]), variables(2),
                                          options("hinge_loss"))
    np.testing.assert_allclose(found, [1, -1], atol=1e-5)
    np.testing.assert_allclose([plain, whole, gap], [0, 0.25, 0], atol=1e-4)


def test_a_new_session_starts_anew():
    weights = variables(1)
    examples = dense([1.0, 2.0], labels=[1.0, 0.0])
    model = linear_optimizer.SdcaModel("box", examples, weights, options("hinge_loss"))
    train, found = model.minimize(), []
    for _ in range(2):
        with tf.Session() as session:
            session.run(tf.initialize_all_variables())
            session.run(train)
            found.append(session.run(weights["dense_features_weights"][0]))
    assert found[0] == found[1] != 0


@pytest.mark.parametrize("loss", ["logistic_loss", "hinge_loss"])
def test_labels_between_0_and_1(loss):
    weights = variables(1)
    model = linear_optimizer.SdcaModel("box", dense([1.0], labels=[0.5]), weights, options(loss))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Only labels of 0\.0 or 1\.0 are supported right now\."):
            session.run(model.minimize())
        with pytest.raises(tf.errors.InvalidArgumentError, match="No examples found or all examples have zero weight"):
            session.run(model.approximate_duality_gap())


@pytest.mark.parametrize(("change", "message"), [
    ({"dense_features": [[1.0]]}, r"A dense feature has the shape \[1\]; there are 2 examples"),
    ({"example_ids": ["a"]}, r"example_ids has the shape \[1\]"),
    ({"example_weights": [1.0, -1.0]}, "Example weights must not be negative"),
    ({"sparse_features": [[[0, 7]]]}, r"the index \[0, 7\]; there are 2 examples and 3"),
])
def test_examples_that_do_not_fit(change, message):
    change = {**change, "sparse_features": [tf.SparseTensor(at, [1.0], [2, 8]) for at in change.get("sparse_features", [])]}
    sparse = [3] * len(change["sparse_features"])
    model = linear_optimizer.SdcaModel("box", {**dense([1.0, 2.0], labels=[1.0, 0.0]), **change}, variables(1, sparse),
                                       options("squared_loss"))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(model.minimize())


@pytest.mark.parametrize(("examples", "weights", "chosen", "error", "message"), [
    ({}, {}, {}, ValueError, "examples, variables and options must all be specified."),
    ({}, {}, {"loss_type": "x"}, ValueError, "Unsupported loss_type: .* 'x'"),
    ({"example_ids": None}, {}, {}, ValueError, "example_ids must be specified."),
    ({"dense_features": 3}, {}, {}, ValueError, "dense_features must be a list."),
    ({}, {"dense_features_weights": 3}, {}, ValueError, "dense_features_weights must be a list."),
    ({}, {}, {"symmetric_l2_regularization": -1}, ValueError,
     r"symmetric_l2_regularization should be non-negative. Found \(-1.000000\)"),
])
def test_what_a_model_needs(examples, weights, chosen, error, message):
    none = not (examples or weights or chosen)
    with pytest.raises(error, match=message):
        linear_optimizer.SdcaModel("box", {} if none else {**dense([1.0], labels=[1.0]), **examples},
                                   {**variables(1), **weights}, {**options("hinge_loss"), **chosen})


def test_the_operation_that_shrinks():
    v, w = tf.Variable([3.0, -0.25]), tf.Variable([-2.0])
    shrink = sdca_ops.sdca_shrink_l1([v.ref()], [w.ref()], 1.0, 2.0)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(shrink)
        assert [x.tolist() for x in session.run([v, w])] == [[2.5, 0], [-1.5]]


# Of `learn`'s linear models. The numbers are those that TensorFlow 0.12.1 found.


def examples(labels):
    """What an `input_fn` gives of four examples."""
    return {
        "id": tf.constant(["1", "2", "3", "4"]), "price": tf.constant([[0.6], [0.8], [0.3], [0.1]]),
        "vector": tf.constant([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0], [0.5, 0.5]]),
        "size": tf.constant([[9.0], [8.0], [3.0], [2.0]]),
        "country": tf.SparseTensor([[0, 0], [1, 0], [2, 0], [2, 1], [3, 0]], ["US", "GB", "IT", "US", "GB"], [4, 2]),
        "share": tf.constant([[1.0], [3.0], [2.0], [1.0]]),
    }, tf.constant(labels)


def columns(dense):
    layers = tf.contrib.layers
    if dense:
        return [layers.real_valued_column("price"), layers.real_valued_column("vector", dimension=2)]
    return [layers.sparse_column_with_hash_bucket("country", hash_bucket_size=5),
            layers.bucketized_column(layers.real_valued_column("size"), [2.5, 8.5])]


def weights_of(model):
    return {name.split("/")[1]: np.ravel(model.get_variable_value(name)) for name in model.get_variable_names()
            if name.startswith("linear/") and "unshrinked" not in name}


def fitted(kind, labels, dense, l2=1.0, steps=40, **words):
    optimizer = linear_optimizer.SDCAOptimizer("id", symmetric_l2_regularization=l2)
    model = kind(feature_columns=columns(dense), optimizer=optimizer, **words)
    return model.fit(input_fn=lambda: examples(labels), steps=steps)


TRUTHS, NUMBERS = [[1], [0], [1], [0]], [[1.0], [2.0], [-1.0], [0.5]]


@pytest.mark.parametrize(("kind", "labels", "dense", "words", "expected"), [
    (learn.LinearClassifier, TRUTHS, True, {}, {"bias_weight": [-0.326], "price": [-0.076], "vector": [0.663, 0.016]}),
    (learn.LinearClassifier, TRUTHS, False, {}, {
        "bias_weight": [-0.023], "country": [0.597, 0, 0.302, -0.62, 0], "size_bucketized": [-0.284, -0.035, 0.295]}),
    (learn.LinearRegressor, NUMBERS, True, {"l2": 4.0, "weight_column_name": "share"},
     {"bias_weight": [0.418], "price": [0.396], "vector": [-0.303, 0.486]}),
    (learn.LinearRegressor, NUMBERS, True, {"l2": 0.25},
     {"bias_weight": [0.469], "price": [0.464], "vector": [-0.38, 0.411]}),
])
def test_linear_models_are_trained_by_ascent(kind, labels, dense, words, expected):
    found = weights_of(fitted(kind, labels, dense, **words))
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=2e-3)


def test_a_second_fit_finds_the_same():
    model = fitted(learn.LinearRegressor, NUMBERS, True)
    once = weights_of(model)
    again = weights_of(model.fit(input_fn=lambda: examples(NUMBERS), steps=40))
    for name, values in once.items():
        np.testing.assert_allclose(again[name], values, atol=1e-4)
    assert model.get_variable_value("global_step") == 80


def test_a_support_vector_machine():
    layers = tf.contrib.layers
    machine = learn.SVM(example_id_column="id", feature_columns=[layers.real_valued_column(name) for name in "ab"])

    def given():
        features = {"id": tf.constant(["1", "2", "3"]), "a": tf.constant([[0.0], [1.0], [3.0]]),
                    "b": tf.constant([[1.0], [-1.2], [1.0]])}
        return features, tf.constant([[1], [0], [1]])

    machine.fit(input_fn=given, steps=30)
    found = machine.evaluate(input_fn=given, steps=1)
    assert [round(float(found[name]), 3) for name in ("loss", "accuracy", "global_step")] == [0, 1, 30]
    assert next(iter(machine.predict(input_fn=lambda: given()[0], outputs=["classes"])))["classes"] == 1


def test_what_is_not_trained_by_ascent():
    optimizer = linear_optimizer.SDCAOptimizer("id")
    with pytest.raises(ValueError, match="binary classification"):
        learn.LinearClassifier(feature_columns=columns(True), optimizer=optimizer, n_classes=3)
    with pytest.raises(ValueError, match="_joint_weight"):
        learn.LinearClassifier(feature_columns=columns(False), optimizer=optimizer, _joint_weight=True)
    with pytest.raises(ValueError, match="centered bias"):
        learn.LinearRegressor(feature_columns=columns(True), optimizer=optimizer, enable_centered_bias=True)
    with pytest.raises(ValueError, match="Kernel"):
        learn.SVM("id", columns(True), kernels=["a"])
