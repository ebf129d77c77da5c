"""Q-learning with replay, RMSProp: one run for each of four moves, then one that learns from remembered ones."""

import numpy as np
import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def weight_variable(shape):
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1))


def bias_variable(shape):
    return tf.Variable(tf.constant(0.01, shape=shape))


def build(batch=32, hidden=64):
    states, moves, rewards = data.qnetwork(batch)
    state = tf.placeholder(tf.float32, [None, 4], name='state')
    action = tf.placeholder(tf.float32, [None, 2], name='action')
    target = tf.placeholder(tf.float32, [None], name='target')
    W1, b1 = weight_variable([4, hidden]), bias_variable([hidden])
    W2, b2 = weight_variable([hidden, hidden]), bias_variable([hidden])
    W3, b3 = weight_variable([hidden, 2]), bias_variable([2])
    h1 = tf.nn.relu(tf.matmul(state, W1) + b1)
    h2 = tf.nn.relu(tf.matmul(h1, W2) + b2)
    Q_value = tf.matmul(h2, W3) + b3
    chosen = tf.argmax(Q_value, 1)
    Q_action = tf.reduce_sum(tf.mul(Q_value, action), reduction_indices=1)
    cost = tf.reduce_mean(tf.square(target - Q_action))
    optimizer = tf.train.RMSPropOptimizer(0.00025, 0.99, 0.0, 1e-6).minimize(cost)

    def step(sess):
        for i in range(4):
            sess.run(chosen, feed_dict={state: states[i:i + 1]})
        best = sess.run(Q_value, feed_dict={state: states}).max(1)
        feeds = {state: states, action: moves, target: rewards + np.float32(0.99) * best}
        return sess.run([optimizer, cost], feed_dict=feeds)[1]

    return Model([optimizer, cost], {state: states, action: moves, target: rewards}, step)
