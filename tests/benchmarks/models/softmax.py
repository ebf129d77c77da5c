"""Softmax regression on digits, batches of 100."""

import numpy as np
import tensorflow as tf


def digits(count, seed=0):
    rng = np.random.RandomState(seed)
    return rng.rand(count, 784).astype(np.float32), np.eye(10, dtype=np.float32)[rng.randint(0, 10, count)]


def build():
    images, labels = digits(100)
    x = tf.placeholder(tf.float32, [None, 784])
    y_ = tf.placeholder(tf.float32, [None, 10])
    y = tf.nn.softmax(tf.matmul(x, tf.Variable(tf.zeros([784, 10]))) + tf.Variable(tf.zeros([10])))
    loss = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss], feed_dict={x: images, y_: labels})[1]
