"""Small pictures through two convolutions with pooling and normalization of neighbours, moving averages, batches of 32."""

import numpy as np
import tensorflow as tf


def variable(name, shape, stddev, decay=0.0):
    made = tf.get_variable(name, shape, initializer=tf.truncated_normal_initializer(stddev=stddev))
    if decay:
        tf.add_to_collection('losses', tf.mul(tf.nn.l2_loss(made), decay))
    return made


def convolved(x, name, inputs):
    with tf.variable_scope(name):
        y = tf.nn.conv2d(x, variable('weights', [5, 5, inputs, 64], 0.05), [1, 1, 1, 1], padding='SAME')
        return tf.nn.relu(tf.nn.bias_add(y, variable('biases', [64], 0.01)))


def dense(x, name, inputs, outputs):
    with tf.variable_scope(name):
        return tf.matmul(x, variable('weights', [inputs, outputs], 0.04, 0.004)) + variable('biases', [outputs], 0.01)


def pooled(x):
    return tf.nn.max_pool(x, ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding='SAME')


def normalized(x):
    return tf.nn.lrn(x, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75)


def build():
    rng = np.random.RandomState(0)
    pictures = rng.rand(32, 24, 24, 3).astype(np.float32)
    classes = rng.randint(0, 10, 32).astype(np.int32)
    x = tf.placeholder(tf.float32, [32, 24, 24, 3])
    y = tf.placeholder(tf.int32, [32])
    step = tf.Variable(0, trainable=False)
    first = normalized(pooled(convolved(x, 'conv1', 3)))
    second = pooled(normalized(convolved(first, 'conv2', 64)))
    hidden = tf.nn.relu(dense(tf.reshape(second, [32, -1]), 'local3', 6 * 6 * 64, 384))
    logits = dense(tf.nn.relu(dense(hidden, 'local4', 384, 192)), 'softmax', 192, 10)
    entropy = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, y))
    loss = tf.add_n(tf.get_collection('losses') + [entropy])
    rate = tf.train.exponential_decay(0.1, step, 10000, 0.1, staircase=True)
    applied = tf.train.GradientDescentOptimizer(rate).minimize(loss, global_step=step)
    averages = tf.train.ExponentialMovingAverage(0.9999, step)
    with tf.control_dependencies([applied]):
        train = averages.apply(tf.trainable_variables())
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss], feed_dict={x: pictures, y: classes})[1]
