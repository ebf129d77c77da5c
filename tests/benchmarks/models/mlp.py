"""Digits through two hidden layers of 256, Adam, batches of 100."""

import numpy as np
import tensorflow as tf


def dense(x, inputs, outputs):
    return tf.matmul(x, tf.Variable(tf.random_normal([inputs, outputs], stddev=0.05))) + tf.Variable(tf.zeros([outputs]))


def build():
    rng = np.random.RandomState(0)
    images = rng.rand(100, 784).astype(np.float32)
    labels = np.eye(10, dtype=np.float32)[rng.randint(0, 10, 100)]
    x = tf.placeholder(tf.float32, [None, 784])
    y = tf.placeholder(tf.float32, [None, 10])
    hidden = tf.nn.relu(dense(tf.nn.relu(dense(x, 784, 256)), 256, 256))
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(dense(hidden, 256, 10), y))
    train = tf.train.AdamOptimizer(0.001).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss], feed_dict={x: images, y: labels})[1]
