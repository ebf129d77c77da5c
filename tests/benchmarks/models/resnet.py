"""A small residual network with batch normalization on pictures of 32x32, momentum, batches of 16."""

import numpy as np
import tensorflow as tf


def normalized(x, name):
    depth = int(x.get_shape()[-1])
    with tf.variable_scope(name):
        beta = tf.get_variable('beta', [depth], initializer=tf.constant_initializer(0.0))
        gamma = tf.get_variable('gamma', [depth], initializer=tf.constant_initializer(1.0))
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)


def convolved(x, depth, stride, name):
    with tf.variable_scope(name):
        inputs = int(x.get_shape()[-1])
        kernel = tf.get_variable('kernel', [3, 3, inputs, depth],
                                 initializer=tf.truncated_normal_initializer(stddev=(2.0 / (9 * inputs)) ** 0.5))
        return normalized(tf.nn.conv2d(x, kernel, [1, stride, stride, 1], padding='SAME'), 'norm')


def block(x, depth, stride, name):
    with tf.variable_scope(name):
        y = convolved(tf.nn.relu(convolved(x, depth, stride, 'first')), depth, 1, 'second')
        inputs = int(x.get_shape()[-1])
        if stride > 1:
            x = tf.nn.avg_pool(x, [1, stride, stride, 1], [1, stride, stride, 1], padding='VALID')
            x = tf.pad(x, [[0, 0], [0, 0], [0, 0], [0, depth - inputs]])
        return tf.nn.relu(x + y)


def build():
    rng = np.random.RandomState(0)
    pictures = rng.rand(16, 32, 32, 3).astype(np.float32)
    classes = rng.randint(0, 10, 16).astype(np.int64)
    x = tf.placeholder(tf.float32, [16, 32, 32, 3])
    y = tf.placeholder(tf.int64, [16])
    hidden = tf.nn.relu(convolved(x, 16, 1, 'start'))
    for i, (depth, stride) in enumerate([(16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)]):
        hidden = block(hidden, depth, stride, 'block%d' % i)
    weights = tf.get_variable('weights', [64, 10], initializer=tf.truncated_normal_initializer(stddev=0.1))
    logits = tf.matmul(tf.reduce_mean(hidden, [1, 2]), weights)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, y))
    train = tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss], feed_dict={x: pictures, y: classes})[1]
