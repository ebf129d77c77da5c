"""One neuron that learns to be silent."""

import tensorflow as tf

from tests.models.programs import Model


def build():
    weight = tf.Variable(0.8)
    loss = tf.pow(weight * tf.constant(1.0) - tf.constant(0.0), 2)
    train = tf.train.GradientDescentOptimizer(0.025).minimize(loss)
    return Model([train, loss], {})
