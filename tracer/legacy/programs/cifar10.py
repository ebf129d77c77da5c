"""`tensorflow.models.image.cifar10.cifar10`: a network of two convolutions for the pictures of CIFAR-10."""

from __future__ import annotations

import os
import re
from typing import Any

import tracer as tf
from tracer.legacy.programs import cifar10_input, downloads

FLAGS = tf.app.flags.FLAGS
tf.app.flags.DEFINE_integer("batch_size", 128, "Number of images to process in a batch.")
tf.app.flags.DEFINE_string("data_dir", "/tmp/cifar10_data", "Path to the CIFAR-10 data directory.")

IMAGE_SIZE = cifar10_input.IMAGE_SIZE
NUM_CLASSES = cifar10_input.NUM_CLASSES
NUM_EXAMPLES_PER_EPOCH_FOR_TRAIN = cifar10_input.NUM_EXAMPLES_PER_EPOCH_FOR_TRAIN
NUM_EXAMPLES_PER_EPOCH_FOR_EVAL = cifar10_input.NUM_EXAMPLES_PER_EPOCH_FOR_EVAL
MOVING_AVERAGE_DECAY = 0.9999
NUM_EPOCHS_PER_DECAY = 350.0
LEARNING_RATE_DECAY_FACTOR = 0.1
INITIAL_LEARNING_RATE = 0.1
TOWER_NAME = "tower"  # starts the names of what one of several GPUs computes
DATA_URL = "http://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"


def maybe_download_and_extract() -> None:
    """Puts the data into the folder that the flag `data_dir` names, unless they are there."""
    if not os.path.exists(_data_dir()):
        downloads.fetch_and_unpack(DATA_URL, FLAGS.data_dir)


def _data_dir() -> str:
    if not FLAGS.data_dir:
        raise ValueError("Please supply a data_dir")
    return os.path.join(FLAGS.data_dir, "cifar-10-batches-bin")


def distorted_inputs() -> tuple[Any, Any]:
    """Pictures for training, distorted, and their labels: `batch_size` (a flag) of them."""
    return cifar10_input.distorted_inputs(data_dir=_data_dir(), batch_size=FLAGS.batch_size)


def inputs(eval_data: bool) -> tuple[Any, Any]:
    """Pictures and labels for evaluation, of the data for testing or those for training."""
    return cifar10_input.inputs(eval_data=eval_data, data_dir=_data_dir(), batch_size=FLAGS.batch_size)


def _variable(name: str, shape: list[int], initializer: Any) -> Any:
    with tf.device("/cpu:0"):
        return tf.get_variable(name, shape, initializer=initializer)


def _weights(shape: list[int], stddev: float, decay: float) -> Any:
    """Variable weights, whose squares count in the loss."""
    weights = _variable("weights", shape, tf.truncated_normal_initializer(stddev=stddev))
    tf.add_to_collection("losses", tf.mul(tf.nn.l2_loss(weights), decay, name="weight_loss"))
    return weights


def _summarized(x: Any) -> Any:
    name = re.sub(f"{TOWER_NAME}_[0-9]*/", "", x.op.name)
    tf.histogram_summary(name + "/activations", x)
    tf.scalar_summary(name + "/sparsity", tf.nn.zero_fraction(x))
    return x


def _convolved(name: str, images: Any, depth: int, bias: float) -> Any:
    with tf.variable_scope(name) as scope:
        result = tf.nn.conv2d(images, _weights([5, 5, depth, 64], 1e-4, 0.0), [1, 1, 1, 1], padding="SAME")
        result = tf.nn.bias_add(result, _variable("biases", [64], tf.constant_initializer(bias)))
        return _summarized(tf.nn.relu(result, name=scope.name))


def _pooled(images: Any, name: str) -> Any:
    return tf.nn.max_pool(images, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding="SAME", name=name)


def _normalized(images: Any, name: str) -> Any:
    return tf.nn.lrn(images, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75, name=name)


def _connected(name: str, values: Any, units: int) -> Any:
    with tf.variable_scope(name) as scope:
        if name == "local3":
            values = tf.reshape(values, [FLAGS.batch_size, -1])
        weights = _weights([values.get_shape()[1].value, units], 0.04, 0.004)
        biases = _variable("biases", [units], tf.constant_initializer(0.1))
        return _summarized(tf.nn.relu(tf.matmul(values, weights) + biases, name=scope.name))


def inference(images: Any) -> Any:
    """The logits of the classes for a batch of pictures."""
    first = _normalized(_pooled(_convolved("conv1", images, 3, 0.0), "pool1"), "norm1")
    second = _pooled(_normalized(_convolved("conv2", first, 64, 0.1), "norm2"), "pool2")
    features = _connected("local4", _connected("local3", second, 384), 192)
    with tf.variable_scope("softmax_linear") as scope:
        weights = _weights([192, NUM_CLASSES], 1 / 192.0, 0.0)
        biases = _variable("biases", [NUM_CLASSES], tf.constant_initializer(0.0))
        return _summarized(tf.add(tf.matmul(features, weights), biases, name=scope.name))


def loss(logits: Any, labels: Any) -> Any:
    """The mean cross entropy of the logits with the labels, and what the weights add to it."""
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(
        logits, tf.cast(labels, tf.int64), name="cross_entropy_per_example")
    tf.add_to_collection("losses", tf.reduce_mean(each, name="cross_entropy"))
    return tf.add_n(tf.get_collection("losses"), name="total_loss")


def _averaged_losses(total_loss: Any) -> Any:
    """The operation that averages the losses over the steps; both forms are summarized."""
    averages = tf.train.ExponentialMovingAverage(0.9, name="avg")
    losses = [*tf.get_collection("losses"), total_loss]
    update = averages.apply(losses)
    for each in losses:
        tf.scalar_summary(each.op.name + " (raw)", each)
        tf.scalar_summary(each.op.name, averages.average(each))
    return update


def train(total_loss: Any, global_step: Any) -> Any:
    """The operation of a step: gradient descent at a falling rate, and the averages of the variables."""
    steps = int(NUM_EXAMPLES_PER_EPOCH_FOR_TRAIN / FLAGS.batch_size * NUM_EPOCHS_PER_DECAY)
    rate = tf.train.exponential_decay(
        INITIAL_LEARNING_RATE, global_step, steps, LEARNING_RATE_DECAY_FACTOR, staircase=True)
    tf.scalar_summary("learning_rate", rate)
    with tf.control_dependencies([_averaged_losses(total_loss)]):
        optimizer = tf.train.GradientDescentOptimizer(rate)
        gradients = optimizer.compute_gradients(total_loss)
    descend = optimizer.apply_gradients(gradients, global_step=global_step)
    for variable in tf.trainable_variables():
        tf.histogram_summary(variable.op.name, variable)
    for gradient, variable in gradients:
        if gradient is not None:
            tf.histogram_summary(variable.op.name + "/gradients", gradient)
    averages = tf.train.ExponentialMovingAverage(MOVING_AVERAGE_DECAY, global_step)
    with tf.control_dependencies([descend, averages.apply(tf.trainable_variables())]):
        return tf.no_op(name="train")
