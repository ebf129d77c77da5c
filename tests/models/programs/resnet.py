"""A small residual network with batch normalization, momentum."""

import tensorflow as tf

from tests.models import data
from tests.models.programs import Model

BLOCKS = [(1, 1), (1, 1), (2, 2), (2, 1), (4, 2), (4, 1)]


def normalized(x):
    depth = int(x.get_shape()[-1])
    with tf.variable_scope('norm'):
        beta = tf.get_variable('beta', [depth], initializer=tf.constant_initializer(0.0))
        gamma = tf.get_variable('gamma', [depth], initializer=tf.constant_initializer(1.0))
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)


def convolved(x, depth, stride, name):
    with tf.variable_scope(name):
        inputs = int(x.get_shape()[-1])
        kernel = tf.get_variable('kernel', [3, 3, inputs, depth],
                                 initializer=tf.truncated_normal_initializer(stddev=(2.0 / (9 * inputs)) ** 0.5))
        return normalized(tf.nn.conv2d(x, kernel, [1, stride, stride, 1], padding='SAME'))


def block(x, depth, stride, name):
    with tf.variable_scope(name):
        y = convolved(tf.nn.relu(convolved(x, depth, stride, 'first')), depth, 1, 'second')
        inputs = int(x.get_shape()[-1])
        if stride > 1:
            x = tf.nn.avg_pool(x, [1, stride, stride, 1], [1, stride, stride, 1], padding='VALID')
            x = tf.pad(x, [[0, 0], [0, 0], [0, 0], [0, depth - inputs]])
        return tf.nn.relu(x + y)


def build(batch=16, size=32, depth=16):
    pictures, classes = data.resnet(batch, size)
    x = tf.placeholder(tf.float32, [None, size, size, 3], name='x')
    y = tf.placeholder(tf.int32, [None], name='y')
    hidden = tf.nn.relu(convolved(x, depth, 1, 'start'))
    for i, (times, stride) in enumerate(BLOCKS):
        hidden = block(hidden, times * depth, stride, 'block%d' % i)
    pooled = tf.reduce_mean(hidden, [1, 2])
    weights = tf.get_variable('weights', [4 * depth, 10], initializer=tf.truncated_normal_initializer(stddev=0.1))
    logits = tf.matmul(pooled, weights)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, y))
    train = tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss)
    return Model([train, loss], {x: pictures, y: classes})
