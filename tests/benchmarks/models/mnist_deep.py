"""Digits through two 5x5 convolutions, a dense layer of 1024 and dropout, Adam, batches of 50."""

import numpy as np
import tensorflow as tf


def weight(shape):
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1))


def bias(size):
    return tf.Variable(tf.constant(0.1, shape=[size]))


def convolved(x, inputs, outputs):
    y = tf.nn.conv2d(x, weight([5, 5, inputs, outputs]), strides=[1, 1, 1, 1], padding='SAME')
    return tf.nn.max_pool(tf.nn.relu(y + bias(outputs)), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='SAME')


def build():
    rng = np.random.RandomState(0)
    images = rng.rand(50, 784).astype(np.float32)
    labels = np.eye(10, dtype=np.float32)[rng.randint(0, 10, 50)]
    x = tf.placeholder(tf.float32, [None, 784])
    y_ = tf.placeholder(tf.float32, [None, 10])
    keep_prob = tf.placeholder(tf.float32)
    pooled = convolved(convolved(tf.reshape(x, [-1, 28, 28, 1]), 1, 32), 32, 64)
    hidden = tf.nn.relu(tf.matmul(tf.reshape(pooled, [-1, 7 * 7 * 64]), weight([7 * 7 * 64, 1024])) + bias(1024))
    logits = tf.matmul(tf.nn.dropout(hidden, keep_prob), weight([1024, 10])) + bias(10)
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits, y_))
    train = tf.train.AdamOptimizer(1e-4).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss], feed_dict={x: images, y_: labels, keep_prob: 0.5})[1]
