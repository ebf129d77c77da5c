"""`tensorflow.examples.tutorials.mnist.mnist`: the tutorial's network of two hidden layers, as a script imports it."""

from __future__ import annotations

import math
from typing import Any

import tracer as tf

NUM_CLASSES = 10
IMAGE_SIZE = 28
IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE


def inference(images: Any, hidden1_units: int, hidden2_units: int) -> Any:
    """The logits for pictures of IMAGE_PIXELS values: two layers with relu, then a linear one."""
    hidden1 = tf.nn.relu(_layer("hidden1", images, IMAGE_PIXELS, hidden1_units))
    hidden2 = tf.nn.relu(_layer("hidden2", hidden1, hidden1_units, hidden2_units))
    return _layer("softmax_linear", hidden2, hidden2_units, NUM_CLASSES)


def _layer(name: str, inputs: Any, inputs_size: int, units: int) -> Any:
    with tf.name_scope(name):
        spread = 1.0 / math.sqrt(float(inputs_size))
        weights = tf.Variable(tf.truncated_normal([inputs_size, units], stddev=spread), name="weights")
        biases = tf.Variable(tf.zeros([units]), name="biases")
        return tf.matmul(inputs, weights) + biases


def loss(logits: Any, labels: Any) -> Any:
    """The mean cross entropy of the logits with the labels, which are class numbers."""
    cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.to_int64(labels), name="xentropy")
    return tf.reduce_mean(cross_entropy, name="xentropy_mean")


def training(loss: Any, learning_rate: float) -> Any:
    """The operation of one step of gradient descent, counted in the variable `global_step`; the loss is summarized."""
    tf.scalar_summary(loss.op.name, loss)
    global_step = tf.Variable(0, name="global_step", trainable=False)
    return tf.train.GradientDescentOptimizer(learning_rate).minimize(loss, global_step=global_step)


def evaluation(logits: Any, labels: Any) -> Any:
    """How many pictures of the batch are classified rightly, as int32."""
    return tf.reduce_sum(tf.cast(tf.nn.in_top_k(logits, labels, 1), tf.int32))
