"""One neuron that learns to be silent."""

import tensorflow as tf


def build():
    weight = tf.Variable(0.8)
    loss = tf.pow(weight * tf.constant(1.0) - tf.constant(0.0), 2)
    train = tf.train.GradientDescentOptimizer(0.025).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss])[1]
