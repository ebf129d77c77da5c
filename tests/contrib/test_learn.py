"""The operations and models of tf.contrib.learn."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import learning
from tracer.contrib import learn

FEATURES = np.float32([[1, 2, -1], [0.5, -1, 2], [0, 1, 3], [2, 0, -1]])
CLASSES = np.float32([[1, 0], [0, 1], [0, 1], [1, 0]])
WEIGHTS = np.float32([[1, 0.5], [-1, 2], [0.25, 0]])
BIASES = np.float32([0.5, -1])
GENERATOR = np.random.RandomState(4)
STEPS = GENERATOR.randn(2, 3, 2).astype(np.float32)
WRITTEN = GENERATOR.randn(2, 2, 3).astype(np.float32)
FIXED = {"feed": False}  # the models ask for static shapes


@parity([
    case("contrib.learn.ops.softmax_classifier", FEATURES, CLASSES, WEIGHTS, BIASES, **FIXED),
    case("contrib.learn.ops.softmax_classifier", FEATURES, CLASSES, WEIGHTS, BIASES, np.float32([0.1, 0.9]), **FIXED),
    case("contrib.learn.ops.mean_squared_error_regressor", FEATURES, CLASSES, WEIGHTS, BIASES, **FIXED),
    case("contrib.learn.ops.mean_squared_error_regressor", FEATURES, BIASES[[0, 1, 1, 0]], WEIGHTS[:, :1].copy(),
         BIASES[:1], **FIXED),
    case("contrib.learn.ops.one_hot_matrix", np.int64([[0, 2], [1, 1]]), 3, gradient=False),
    case("contrib.learn.ops.one_hot_matrix", np.int64([0, 2]), 4, 5.0, -1.0, gradient=False),
    case("contrib.learn.ops.embedding_lookup", WEIGHTS, np.int64([[0, 2], [1, 1]])),
    case("contrib.learn.ops.embedding_lookup", WEIGHTS, np.int64([[[2], [1]]]), gradient=False),
    case(learning.classified, STEPS, np.float32([[[1, 0], [0, 1]], [[0, 1], [0, 1]]]), None, **FIXED),
    case(learning.classified, STEPS, np.float32([[[1, 0], [0, 1]], [[0, 1], [0, 1]]]), STEPS[::-1].copy(), **FIXED),
    case(learning.inputs, STEPS, WRITTEN, **FIXED),
    case(learning.inputs, STEPS, WRITTEN, WRITTEN[0] * 2, expect=(
        *STEPS.swapaxes(0, 1), WRITTEN[0] * 2, *WRITTEN.swapaxes(0, 1), *WRITTEN.swapaxes(0, 1), WRITTEN[0] * 2), **FIXED),
    # 0.12.1 loses part of the gradient of one output that another depends on.
    *(case(learning.translated, STEPS, STEPS[:, :2].copy(), same, gradient=False, **FIXED) for same in (True, False)),
    case("contrib.learn.ops.split_squeeze", 1, 3, STEPS, expect=(STEPS[:, 0], STEPS[:, 1], STEPS[:, 2])),
    case("contrib.learn.ops.expand_concat", 1, [STEPS[:, 0], STEPS[:, 1]], expect=STEPS[:, :2]),
])
def test_operations(case):
    case.check()


@parity([
    case(learning.model, "linear_regression", FEATURES, CLASSES, **FIXED),
    case(learning.model, "flat_linear_regression", FEATURES, BIASES[[0, 1, 1, 0]], **FIXED),
    case(learning.model, "linear_regression", FEATURES, CLASSES, 0.5, 0.0, **FIXED),
    case(learning.model, "linear_regression_zero_init", FEATURES, CLASSES, **FIXED),
    case(learning.model, "logistic_regression", FEATURES, CLASSES, **FIXED),
    case(learning.model, "logistic_regression", FEATURES, CLASSES, None, 0.5, 0.0, **FIXED),
    case(learning.model, "logistic_regression_zero_init", FEATURES, CLASSES, **FIXED),
    case(learning.weighed, FEATURES, CLASSES, **FIXED),
    *(case(learning.recurrent, *arguments, FEATURES, CLASSES, **FIXED)
      for arguments in (("gru", 1, False), ("rnn", 2, False), ("gru", 1, True))),
])
def test_models(case):
    case.check()


def test_an_unknown_cell():
    model = learn.models.get_rnn_model(2, "other", 1, list, False, learn.models.logistic_regression, None, None)
    with pytest.raises(ValueError, match="cell_type other is not supported"):
        model([tf.zeros([1, 2])], tf.zeros([1, 2]))


def test_names_of_variables():
    features = tf.placeholder(tf.float32, [None, 8, 8, 1])
    with tf.variable_scope("first"):
        filtered = learn.ops.conv2d(features, 3, [2, 2], batch_norm=False)
    learn.ops.dnn(tf.reshape(filtered, [-1, 192]), [4, 2], dropout=0.5)
    learn.ops.categorical_variable(tf.zeros([2], tf.int64), 5, 3, "words")
    learn.ops.dnn_autoencoder(features[:, :, 0, 0], [4])
    assert [variable.name for variable in tf.all_variables()] == [
        "first/convolution/filters:0", "first/convolution/bias:0", "dnn/layer0/Linear/Matrix:0",
        "dnn/layer0/Linear/Bias:0", "dnn/layer0/prob:0", "dnn/layer1/Linear/Matrix:0", "dnn/layer1/Linear/Bias:0",
        "dnn/layer1/prob:0", "words/words_embeddings:0", "autoencoder/encoder/dnn/layer0/Linear/Matrix:0",
        "autoencoder/encoder/dnn/layer0/Linear/Bias:0", "autoencoder/decoder/dnn/layer0/Linear/Matrix:0",
        "autoencoder/decoder/dnn/layer0/Linear/Bias:0"]


def test_dropout_keeps_its_probability_where_it_can_be_fed():
    ones = tf.ones([50, 50])
    dropped = learn.ops.dropout(ones, 0.5)
    probability = tf.get_variable("other", [], initializer=tf.constant_initializer(0.25))
    learn.ops.dropout(ones, probability)
    first, second = tf.get_collection(learn.ops.DROPOUTS)
    assert second is probability
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert session.run(first) == 0.5
        assert 0.4 < np.mean(session.run(dropped) > 0) < 0.6
        assert (session.run(dropped, {first: 1.0}) == 1).all()


@pytest.mark.parametrize("convnet", [False, True])
def test_moments_of_the_batch_or_their_averages(convnet):
    shape = [None, 4, 4, 3] if convnet else [None, 3]
    values = GENERATOR.randn(8, *shape[1:]).astype(np.float32) * 3 + 1
    tf.add_to_collection("IS_TRAINING", True)
    given = tf.placeholder(tf.float32, shape)
    normal = learn.ops.batch_normalize(given, convnet=convnet, decay=0.5)
    (switch,) = tf.get_collection("learn/is_training")
    axes = tuple(range(values.ndim - 1))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run([variable.assign(tf.ones([3])) for variable in tf.trainable_variables() if "gamma" in variable.name])
        before = session.run(normal, {given: values, switch: False})
        during = session.run(normal, {given: values})
        after = session.run(normal, {given: values, switch: False})
    mean, variance = values.mean(axes), values.var(axes)
    np.testing.assert_allclose(before, values / np.sqrt(1e-5), rtol=1e-4)
    np.testing.assert_allclose(during, (values - mean) / np.sqrt(variance + 1e-5), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(after, (values - mean / 2) / np.sqrt(variance / 2 + 1e-5), rtol=1e-4, atol=1e-5)
