"""`tf.contrib.layers` against what the real TensorFlow computes."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import layers as recipes
from tracer.contrib import framework, layers

rng = np.random.RandomState(0)
ROWS = rng.randn(4, 5).astype(np.float32)
CUBES = rng.randn(2, 3, 4).astype(np.float32)
IMAGES = rng.randn(2, 6, 5, 3).astype(np.float32)
WEIGHTS = np.float32([[1, -2], [3, 0.5]])


@parity([
    case(recipes.made, "fully_connected", ROWS, 3, feed=False),
    case(recipes.made, "fully_connected", ROWS.astype(np.float64), 3, feed=False, activation="tanh"),
    case(recipes.made, "fully_connected", ROWS, 3, feed=False, activation=None, biases_initializer=None),
    case(recipes.made, "fully_connected", CUBES, 2, feed=False, activation="sigmoid"),
    case(recipes.made, "fully_connected", ROWS, 3, feed=False, tolerance=1e-4, normalizer="batch_norm",
         normalizer_params={"scale": True}),
    case(recipes.legacy, ROWS, 3, feed=False), case(recipes.legacy, CUBES, 2, "relu", feed=False),
    case(recipes.plain, "bias_add", ROWS, feed=False), case(recipes.plain, "flatten", IMAGES, feed=False),
    case(recipes.plain, "one_hot_encoding", np.int64([1, 0, 3]), 4),
    case(recipes.plain, "one_hot_encoding", np.int32([[1, 0]]), 3, on_value=2.0, off_value=-1.0),
    case(recipes.plain, "unit_norm", CUBES, 1, feed="rank"), case(recipes.plain, "unit_norm", ROWS, 1, 0.5, feed="rank"),
    case(recipes.plain, "softmax", CUBES, feed=False), case(recipes.plain, "dropout", ROWS, is_training=False),
    case(recipes.stacked, "stack", "fully_connected", ROWS, [3, 4, 2], feed=False),
    case(recipes.stacked, "stack", "convolution2d", IMAGES, [[2, 3], [4, 1]], feed=False),
    case(recipes.stacked, "repeat", "fully_connected", ROWS, 2, 3, feed=False),
])
def test_dense_layers(case):
    case.check()


@parity([
    case(recipes.made, "convolution2d", IMAGES, 4, 3, feed=False),
    case(recipes.made, "convolution2d", IMAGES, 4, [3, 2], stride=[2, 1], padding="VALID", feed=False),
    case(recipes.made, "convolution2d", IMAGES, 2, [3, 3], rate=2, feed=False, activation=None),
    case(recipes.made, "convolution2d", IMAGES, 2, 3, feed=False, normalizer="batch_norm"),
    *(case(recipes.made, "convolution2d_transpose", IMAGES, 2, kernel, stride=stride, padding=padding, feed=False)
      for kernel, stride, padding in ((3, 2, "SAME"), (3, 2, "VALID"), ([2, 3], [3, 1], "VALID"))),
    case(recipes.made, "separable_convolution2d", IMAGES, 7, 3, 2, feed=False),
    case(recipes.made, "separable_convolution2d", IMAGES, None, 3, 2, stride=2, feed=False),
    case(recipes.made, "convolution2d_in_plane", IMAGES, 3, padding="VALID", feed=False),
    *(case(recipes.plain, name, IMAGES, *sizes, **kwargs) for name in ("max_pool2d", "avg_pool2d")
      for sizes, kwargs in (((2,), {}), (([3, 2], 1, "SAME"), {}), ((3,), {"stride": [1, 2], "padding": "SAME"}))),
])
def test_convolutional_layers(case):
    case.check()


@parity([
    *(case(recipes.normalized, x, feed=False, tolerance=1e-4, scale=scale)
      for x in (ROWS, IMAGES) for scale in (False, True)),
    case(recipes.normalized, ROWS, feed=False, tolerance=1e-4, center=False, decay=0.5, epsilon=0.1),
    case(recipes.normalized, ROWS, feed=False, is_training=False),
    case(recipes.normalized, ROWS, feed=False, tolerance=1e-4, batch_weights=np.float32([1, 2, 0, 0.5]), gradient=False),
    case(recipes.normalized, IMAGES, feed=False, tolerance=1e-4, scale=True, fused=True),
    *(case(recipes.normalized, ROWS, feed=False, tolerance=1e-4, is_training=np.bool_(training))
      for training in (True, False)),
    *(case(recipes.normalized_at_once, ROWS, feed=False, tolerance=1e-4, is_training=training)
      for training in (True, np.bool_(True), np.bool_(False))),
    case(recipes.plain, "layer_norm", CUBES, feed=False, tolerance=1e-4),
    case(recipes.plain, "layer_norm", ROWS, feed=False, tolerance=1e-4, center=False, activation="relu"),
])
def test_normalization(case):
    case.check()


def test_normalization_of_channels_that_come_first():
    turned = np.transpose(IMAGES, [0, 3, 1, 2])
    y = tf.contrib.layers.batch_norm(turned, data_format="NCHW")
    want = (IMAGES - IMAGES.mean((0, 1, 2))) / np.sqrt(IMAGES.var((0, 1, 2)) + 0.001)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        np.testing.assert_allclose(np.transpose(session.run(y), [0, 2, 3, 1]), want, rtol=1e-4, atol=1e-5)


def test_images_whose_channels_come_first():
    turned, initializer = np.transpose(IMAGES, [0, 3, 1, 2]), layers.xavier_initializer(seed=3)
    pairs = []
    for data_format, images in (("NHWC", IMAGES), ("NCHW", turned)):
        with tf.variable_scope("v", reuse=data_format == "NCHW"):
            pairs.append([
                layers.conv2d(images, 4, 3, data_format=data_format, weights_initializer=initializer, scope="a"),
                layers.conv2d(images, 4, 3, rate=2, data_format=data_format, scope="a", reuse=True),
                layers.conv2d_transpose(images, 4, 3, stride=2, data_format=data_format, scope="b"),
                layers.max_pool2d(images, 2, data_format=data_format),
                layers.bias_add(images, data_format=data_format, initializer=initializer, scope="c")])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for last, first in zip(*session.run(pairs), strict=True):
            np.testing.assert_allclose(np.transpose(first, [0, 2, 3, 1]), last, rtol=1e-5, atol=1e-5)


@parity([
    *(case(recipes.initialized, "variance_scaling_initializer", shape, tf.float32, mode=mode, uniform=uniform)
      for shape in ([4, 5], [2, 3, 4, 5], [6]) for mode in ("FAN_IN", "FAN_OUT", "FAN_AVG") for uniform in (False, True)),
    case(recipes.initialized, "variance_scaling_initializer", [3, 4], tf.float64, factor=0.5),
    *(case(recipes.initialized, "xavier_initializer", [30, 4], kind) for kind in (tf.float32, tf.float64)),
    case(recipes.initialized, "xavier_initializer_conv2d", [3, 3, 4, 8], tf.float32, uniform=False),
    case("contrib.layers.xavier_initializer", dtype=tf.int32, raises=("TypeError", "for non-floating point type")),
    case("contrib.layers.variance_scaling_initializer", mode="FAN", raises=("TypeError", "Unknow mode FAN")),
])
def test_initializers(case):
    case.check()


@parity([
    *(case(recipes.regularized, name, WEIGHTS.astype(kind), 0.25)
      for name in ("l1_regularizer", "l2_regularizer") for kind in (np.float32, np.float64)),
    case(recipes.regularized, "l1_l2_regularizer", WEIGHTS, 0.25, 0.5),
    case(recipes.penalty, WEIGHTS, ROWS),
    *(case(f"contrib.layers.{name}", scale, raises=("ValueError", message))
      for name in ("l1_regularizer", "l2_regularizer")
      for scale, message in ((1, "scale cannot be an integer: 1"), (-0.5, "less than 0 on a regularizer: -0.5"),
                             (1.5, "greater than 1 on a regularizer: 1.5"))),
    case("contrib.layers.apply_regularization", None, [], raises=("ValueError", "No weights to regularize")),
])
def test_regularizers(case):
    case.check()


@parity([
    case(recipes.trained, np.float32([1, 2]), "SGD", 3, gradient=False, feed=False, learning_rate=0.05),
    *(case(recipes.trained, np.float32([1, 2]), name, 3, gradient=False, feed=False)
      for name in ("Adagrad", "Adam", "Ftrl", "RMSProp")),
    case(recipes.trained, np.float32([1, 2]), "SGD", 3, gradient=False, feed=False, clip_gradients=1.5),
    case(recipes.trained, np.float32([1, 2]), "SGD", 2, gradient=False, feed=False, gradient_multipliers={"w": 0.5},
         reference=case(recipes.trained, np.float32([1, 2]), "SGD", 2, feed=False, learning_rate=0.05)),
])
def test_training_steps(case):
    case.check()


# The layers of 0.8 and those of 0.9


def names(variables):
    return [var.op.name for var in variables]


def p(*sizes):
    return tf.placeholder(tf.float32, sizes)


def images():
    return tf.placeholder(tf.float32, [None, 6, 5, 3])


@pytest.mark.parametrize("make", [
    lambda: layers.fully_connected(tf.placeholder(tf.float32, [None, 4]), 3),
    lambda: layers.fully_connected(tf.placeholder(tf.float32, [None, 4]), 3, weight_init=tf.zeros_initializer),
    lambda: layers.convolution2d(images(), 3, [2, 2]),
    lambda: layers.convolution2d(images(), 3, [2, 2], None, (1, 2), "VALID"),
    lambda: layers.convolution2d(images(), 3, [2, 2], stride=[2, 2]),
    lambda: layers.linear(tf.placeholder(tf.float32, [None, 4]), 3),
])
def test_a_call_that_0_8_could_make_is_its_layer(make):
    y = make()
    assert y.op.type == "BiasAdd"
    assert [name.rpartition("/")[2] for name in names(tf.all_variables())] == ["weights", "bias"]
    assert framework.get_model_variables() == []


@pytest.mark.parametrize("make", [
    lambda: layers.fully_connected(inputs=tf.placeholder(tf.float32, [None, 4]), num_outputs=3),
    lambda: layers.fully_connected(tf.placeholder(tf.float32, [None, 4]), 3, scope="fc"),
    lambda: layers.convolution2d(images(), 3, 2),
    lambda: layers.convolution2d(images(), 3, [2, 2], 2),
    lambda: layers.convolution2d(images(), 3, [2, 2], stride=2),
    lambda: layers.convolution2d(images(), 3, [2, 2], weights_initializer=tf.zeros_initializer),
    lambda: layers.conv2d(images(), 3, [2, 2]),
    lambda: layers.relu(tf.placeholder(tf.float32, [None, 4]), 3, reuse=None),
])
def test_any_other_call_is_the_layer_of_0_9(make):
    y = make()
    assert y.op.type == "Relu"
    assert [name.rpartition("/")[2] for name in names(tf.all_variables())] == ["weights", "biases"]
    assert framework.get_model_variables() == tf.trainable_variables() == tf.all_variables()


def test_a_layer_has_one_set_of_defaults_under_all_its_names():
    with framework.arg_scope([layers.convolution2d], biases_initializer=None, activation_fn=None):
        assert layers.conv2d(images(), 3, 2).op.type == "Conv2D"
    with framework.arg_scope([layers.conv2d], padding="VALID", weights_regularizer=layers.l2_regularizer(0.1)):
        assert layers.convolution2d(images(), 3, [2, 2]).get_shape().as_list() == [None, 5, 4, 3]
    assert len(tf.get_collection("regularization_losses")) == 1


def test_collections_of_the_layers_of_0_8():
    y = layers.fully_connected(tf.placeholder(tf.float32, [2, 4]), 3, name="fc", weight_collections=["mine", "weights"])
    assert tf.get_collection("activations") == [y]
    assert names(tf.get_collection("weights")) == names(tf.get_collection("mine")) == ["fc/weights"]
    assert names(tf.get_collection("biases")) == ["fc/bias"]
    assert names(tf.all_variables()) == ["fc/weights", "fc/bias"]


def test_names_of_a_network():
    with tf.variable_scope("net"):
        y = layers.conv2d(p(None, 8, 8, 3), 4, 3, outputs_collections="ends", scope="conv1")
        y = layers.max_pool2d(y, 2, outputs_collections="ends", scope="pool1")
        y = layers.repeat(y, 2, layers.conv2d, 4, [3, 3], outputs_collections="ends", scope="conv2")
        y = layers.flatten(y, outputs_collections="ends")
        y = layers.stack(y, layers.fully_connected, [8, 2], normalizer_fn=layers.batch_norm, scope="fc",
                         variables_collections={"weights": ["w"]}, outputs_collections="ends")
    ends = layers.utils.convert_collection_to_dict("ends")
    assert list(ends) == ["net/conv1", "net/pool1", "net/conv2/conv2_1", "net/conv2/conv2_2", "net/Flatten",
                          "net/fc/fc_1", "net/fc/fc_2"]
    assert ends["net/fc/fc_2"] is y
    assert y.op.name == "net/fc/fc_2/Relu"
    assert ends["net/conv1"].op.inputs[0].op.inputs[0].op.name == "net/conv1/Conv2D"
    assert names(tf.get_collection("w")) == ["net/fc/fc_1/weights", "net/fc/fc_2/weights"]
    assert names(framework.get_variables("net/fc/fc_2")) == [
        "net/fc/fc_2/weights", "net/fc/fc_2/BatchNorm/beta", "net/fc/fc_2/BatchNorm/moving_mean",
        "net/fc/fc_2/BatchNorm/moving_variance"]
    assert [update.op.name for update in tf.get_collection("update_ops")][-2:] == [
        "net/fc/fc_2/BatchNorm/AssignMovingAvg", "net/fc/fc_2/BatchNorm/AssignMovingAvg_1"]


def test_default_names_are_made_unique():
    x = images()
    outputs = [layers.conv2d(x, 3, 1), layers.conv2d(x, 3, 1), layers.conv2d_transpose(x, 3, 1),
               layers.separable_conv2d(x, 3, 1, 1), layers.conv2d_in_plane(x, 1), layers.batch_norm(x),
               layers.layer_norm(x), layers.bias_add(x), layers.fully_connected(x, 3, reuse=None)]
    assert [y.op.name.partition("/")[0] for y in outputs] == [
        "Conv", "Conv_1", "Conv2d_transpose", "SeparableConv2d", "ConvInPlane", "BatchNorm", "LayerNorm", "BiasAdd",
        "fully_connected"]


def test_variables_are_shared_where_a_scope_is_reused():
    x = tf.placeholder(tf.float32, [None, 4])
    for reuse in (None, True):
        layers.fully_connected(x, 3, normalizer_fn=layers.batch_norm, scope="fc", reuse=reuse)
    assert len(tf.all_variables()) == 4
    with pytest.raises(ValueError, match="Variable fc/weights already exists"):
        layers.fully_connected(x, 3, scope="fc")
    with pytest.raises(ValueError, match="reuse=True cannot be used without a name_or_scope"):
        layers.fully_connected(x, 3, reuse=True)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: layers.legacy_fully_connected(tf.placeholder(tf.float32), 3), "dims of x must be known but is None"),
    (lambda: layers.legacy_convolution2d(images(), 3, [2, 2, 2]), "kernel_size must be length 2"),
    (lambda: layers.fully_connected(p(2, None), 3, scope="a"), "last dimension shape must be known but is None"),
    (lambda: layers.fully_connected(p(3), 3, scope="a"), "rank of shape must be at least 2 not: 1"),
    (lambda: layers.fully_connected(p(3, 3), 3.5, scope="a"), r"num_outputs should be int or long, got 3\.5"),
    (lambda: layers.conv2d(images(), 3, [3, 3, 3]), r"Must be a list with 2 elements: \[3, 3, 3\]"),
    (lambda: layers.conv2d(images(), 3, 3, stride=2, rate=2), "strides > 1 not supported in conjunction with dilation"),
    (lambda: layers.conv2d(images(), 3, 3, data_format="HWC"), "data_format has to be either NCHW or NHWC"),
    (lambda: layers.conv2d(p(2, 3, 3, None), 3, 3), "last dimension shape must be known but is None"),
    (lambda: layers.separable_conv2d(p(2, 3, 3), 3, 3, 2), "rank of shape must be at least 4 not: 3"),
    (lambda: layers.flatten(p(2)), "Inputs must have a least 2 dimensions"),
    (lambda: layers.flatten(p(2, None, 3)), "Inputs 2nd dimension must be defined"),
    (lambda: layers.batch_norm(p(2, None)), r"Inputs Placeholder:0 has undefined channels dimension \(\?,\)"),
    (lambda: layers.batch_norm(tf.placeholder(tf.float32)), "Inputs Placeholder:0 has undefined rank"),
    (lambda: layers.batch_norm(p(2, 3), fused=True), "unsupported rank 2"),
    (lambda: layers.layer_norm(p(2, None)), "has undefined last dimension"),
    (lambda: layers.unit_norm(p(2, 3), 2), "dim must be positive but smaller than the input rank"),
    (lambda: layers.unit_norm(tf.placeholder(tf.float32), 1), "The input rank must be known"),
    (lambda: layers.stack(p(2, 3), layers.fully_connected, 3), "stack_args need to be a list or tuple"),
])
def test_what_layers_refuse(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("training", [True, tf.placeholder_with_default])
def test_dropout_while_training(training):
    is_training = training if training is True else training(True, [])
    y = layers.dropout(tf.ones([50, 40]), 0.25, is_training=is_training)
    values = tf.Session().run(y)
    assert set(np.unique(values)) == {0, 4}
    assert 0.2 < (values > 0).mean() < 0.3


# Summaries


def test_summaries_of_collections():
    layers.fully_connected(p(2, 3), 4, name="a")
    layers.fully_connected(p(2, 3), 4, name="b", activation_fn=tf.nn.relu6)
    assert names(layers.summarize_weights("b/")) == ["b/weights_summary"]
    assert names(layers.summarize_biases()) == ["a/bias_summary", "b/bias_summary"]
    assert names(layers.summarize_activations()) == ["a/BiasAdd/activation_summary", "b/Relu6/activation_summary"]
    assert names(tf.get_collection(tf.GraphKeys.SUMMARIES))[-3:] == [
        "b/Relu6/zeros_summary", "b/Relu6/sixes_summary", "b/Relu6/activation_summary"]
    with pytest.raises(ValueError, match="Conflict with summary tag: a/bias exists"):
        layers.summarize_biases("a")
    assert layers.summarize_tensor(tf.constant(1.0), "loss").op.type == "ScalarSummary"


# The training step


def test_a_training_step_is_named_and_summarized():
    w = tf.Variable(2.0, name="w")
    step = tf.Variable(0, trainable=False, name="step")
    train = layers.optimize_loss(w * w, step, 0.1, "SGD")
    assert train.op.name == "OptimizeLoss/control_dependency_1"
    assert [t.op.inputs[0].op.attrs["value"].item() for t in tf.get_collection("summaries")] == [
        b"loss/mean", b"learning_rate", b"loss", b"w:0/gradients", b"w:0/gradient_norm"]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert session.run(train) == 4
        np.testing.assert_allclose(session.run([w, step, "OptimizeLoss/learning_rate:0"]), [1.6, 1, 0.1], rtol=1e-6)


def test_a_training_step_waits_for_updates():
    w, seen = tf.Variable(2.0), tf.Variable(0.0, trainable=False)
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.assign(seen, 7.0))
    train = layers.optimize_loss(w * w, None, 0.1, tf.train.GradientDescentOptimizer, moving_average_decay=None)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(train)
        assert session.run(seen) == 7


def test_what_has_no_gradient_is_left_as_it_is():
    """As in TensorFlow 0.12.1, which multiplies, clips and disturbs the others."""
    w, unused = tf.Variable(1.0, name="w"), tf.Variable(2.0, name="unused")
    train = layers.optimize_loss(w * w, None, 0.1, "SGD", gradient_multipliers={"unused": 3.0, "w": 0.5},
                                 clip_gradients=10.0)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(train)
        np.testing.assert_allclose(session.run([w, unused]), [0.9, 2.0], 1e-6)


def test_clipping_by_a_function_and_noise():
    w = tf.Variable([2.0, 3.0])
    doubled = layers.optimize_loss(tf.reduce_sum(w), None, None, tf.train.GradientDescentOptimizer(0.1), variables=[w],
                                   clip_gradients=lambda pairs: [(gradient * 2, var) for gradient, var in pairs])
    noisy = layers.optimize_loss(tf.reduce_sum(w * 0), None, 1.0, lambda rate: tf.train.GradientDescentOptimizer(rate),
                                 gradient_noise_scale=0.5, name="noisy")
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(doubled)
        np.testing.assert_allclose(session.run(w), [1.8, 2.8], rtol=1e-6)
        session.run(noisy)
        moved = session.run(w) - [1.8, 2.8]
        assert 0 < np.abs(moved).max() <= 1  # the normal distribution of scale 0.5 is truncated at two deviations


@pytest.mark.parametrize(("options", "message"), [
    ({"optimizer": "blah"}, r"Optimizer name should be one of \[Adagrad, .*\], you provided blah"),
    ({"optimizer": object()}, "Unrecognized optimizer: should be string"),
    ({"optimizer": lambda rate: 3}, r"function should return subclass of Optimizer\. Got 3"),
    ({"learning_rate": None}, r"Learning rate is None, but should be specified if optimizer is string \(SGD\)"),
    ({"learning_rate": -1.0}, r"Invalid learning_rate -1\.0"),
    ({"learning_rate": "x"}, r"Learning rate should be 0d Tensor or float\. Got x"),
    ({"clip_gradients": "s"}, "Unknown type .*str.* for clip_gradients"),
    ({"summaries": ["q"]}, "Summaries should be one of"),
])
def test_what_a_training_step_refuses(options, message):
    w = tf.Variable(2.0)
    with pytest.raises(ValueError, match=message):
        layers.optimize_loss(**{"loss": w * w, "global_step": None, "learning_rate": 0.1, "optimizer": "SGD", **options})


@pytest.mark.parametrize(("sizes", "arguments", "shape", "total", "first"), [  # what 0.12.1 gave
    ([2, 5, 3], {"kernel_size": 3}, [2, 5, 4], 184.0, [2.5, 2.5, 2.5, 2.5, 3.0]),
    ([2, 5, 3], {"kernel_size": [2], "stride": 2, "padding": "VALID"}, [2, 2, 4], 54.0, [2.5, 2.5, 2.5, 2.5, 3.0]),
    ([1, 4, 4, 4, 2], {"kernel_size": [2, 2, 2], "stride": [1, 2, 1]}, [1, 4, 2, 4, 4], 912.0, [6.5, 6.5, 6.5, 6.5, 8.5]),
    ([1, 6, 6, 2], {"kernel_size": 3, "rate": [2, 1]}, [1, 6, 6, 4], 1012.0, [5.0, 5.0, 5.0, 5.0, 6.0]),
])
def test_convolution_over_one_two_and_three_dimensions(sizes, arguments, shape, total, first):
    x = (np.arange(np.prod(sizes)).reshape(sizes) % 7 - 2).astype(np.float32)
    y = layers.convolution(tf.constant(x), 4, weights_initializer=tf.constant_initializer(0.5),
                           biases_initializer=tf.constant_initializer(1.0), **arguments)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        value = session.run(y)
    assert (y.op.name, y.get_shape().as_list(), list(value.shape)) == ("Conv/Relu", shape, shape)
    assert (value.sum(), value.ravel()[:5].tolist()) == (total, first)


def test_convolution_of_one_dimension_with_channels_first():
    x = np.random.RandomState(3).randn(2, 3, 5).astype(np.float32)
    given = {"weights_initializer": tf.constant_initializer(0.5), "biases_initializer": tf.constant_initializer(1.0)}
    with framework.arg_scope([layers.convolution], rate=2, scope="a", **given):
        first = layers.convolution(tf.constant(x), 4, 3, data_format="NCW")
        last = layers.convolution(tf.constant(x.transpose(0, 2, 1)), 4, 3, data_format="NWC", reuse=True)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        found, expected = session.run([first, last])
    np.testing.assert_allclose(found, expected.transpose(0, 2, 1), rtol=1e-6)


@pytest.mark.parametrize(("sizes", "arguments", "message"), [
    ([1, 6], {"kernel_size": 3}, "Rank of inputs is 2"),
    ([1, 6, 6, 2], {"kernel_size": 3, "data_format": "NWC"}, "data_format has to be either NCHW or NHWC."),
    ([1, 4, 4, 4, 2], {"kernel_size": 2, "data_format": "NCDHW"}, "data_format has to be NDHWC."),
    ([1, 6, 3], {"kernel_size": [3, 3]}, "Expected sequence of 1 positive integers"),
    ([1, 6, 6, 2], {"kernel_size": 3, "rate": [2, 1], "stride": 2}, "strides > 1 not supported"),
])
def test_a_convolution_that_does_not_fit(sizes, arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.convolution(tf.zeros(sizes), 4, **arguments)


CLIPPED = [0.9529049, 1.9058098, 2.9764524, 0.9025156, 1.8050312, 2.9500124, 0.812264, 1.624528, 2.9000125, 0.7511936,
           1.5023873, 2.8624198, 0.6009549, 1.2019098, 2.7624199, 0.5248519, 1.0497038, 2.6991014, 0.5964694, 1.8626106]
NARROWLY = [0.9408244, 1.8816489, 2.9704123, 0.8664281, 1.7328563, 2.9308743, 0.7797853, 1.5595707, 2.8808744, 0.6409243,
            1.2818485, 2.7918363, 0.5127394, 1.0254788, 2.6918364, 0.2667922, 0.5335844, 2.4519999, 1.7917202, 5.954137]
BOUNDED = [0.9869069, 1.9738139, 2.9934535, 0.9738222, 1.9476444, 2.9868243, 0.96074605, 1.9214921, 2.9801104, 0.9476788,
           1.8953577, 2.97331, 0.934621, 1.8692421, 2.9664207, 0.92157286, 1.8431457, 2.9594402, 0.6385654, 2.1407022]
STEPWISE = [0.8, 1.6, 2.9, 0.64, 1.28, 2.8, 0.576, 1.152, 2.7500002, -0.576, -1.152, 1.7500002, -0.4608, -0.9216,
            1.6500002, 2.304, 4.608, -1.3499998, 1.9693353, 5.6923757]


@pytest.mark.parametrize(("given", "expected"), [  # variables after each of six steps and the averages, as 0.12.1 gave them
    ({}, CLIPPED), ({"std_factor": 0.5, "decay": 0.8}, NARROWLY), ({"static_max_norm": 0.3}, BOUNDED),
    ({"global_step": True, "report_summary": True, "decay": 0.9}, STEPWISE),
])
def test_gradients_clipped_by_the_norms_before(given, expected):
    count = tf.Variable(0, trainable=False, dtype=tf.int64)
    given = {**given, "global_step": count} if "global_step" in given else given
    w, u, x = tf.Variable([1.0, 2.0]), tf.Variable([3.0]), tf.placeholder(tf.float32, [])
    train = layers.optimize_loss(tf.reduce_sum(w * w) * x + tf.reduce_sum(u) * x, count, 0.1, "SGD", summaries=[],
                                 clip_gradients=layers.adaptive_clipping_fn(**given), moving_average_decay=None)
    averages = [v for v in tf.all_variables() if "AdaptiveMaxNorm/" in v.op.name]
    assert [v.op.name for v in averages] == ["OptimizeLoss/AdaptiveMaxNorm/mean", "OptimizeLoss/AdaptiveMaxNorm/sq_mean"]
    assert [v for v in averages if v in tf.trainable_variables()] == []
    tags = [tf.contrib.util.constant_value(made.op.inputs[0]) for made in tf.get_collection("summaries")]
    assert tags == ([b"global_norm/adaptive_max_gradient_norm"] if "report_summary" in given else [])
    found = []
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for factor in (1.0, 1.0, 0.5, 10.0, 1.0, 30.0):
            session.run(train, {x: factor})
            found += [number for value in session.run([w, u]) for number in value]
        found += session.run(averages)
    np.testing.assert_allclose(found, expected, rtol=2e-5)


def test_clipping_leaves_out_what_has_no_gradient():
    w = tf.Variable([[1.0], [2.0]])
    rows = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([0]), tf.constant([2, 1]))
    (changed, same), nothing = layers.adaptive_clipping_fn(static_max_norm=0.25, name="hello")([(rows, w), (None, w)])
    assert (type(changed), same, nothing) == (tf.IndexedSlices, w, (None, w))
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        np.testing.assert_allclose(session.run(changed.values), [[0.25]], rtol=1e-6)
        assert [v.op.name for v in tf.all_variables()][1:] == ["hello/mean", "hello/sq_mean"]
