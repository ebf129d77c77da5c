"""Softmax regression on digits."""

import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def build(batch=100):
    images, labels = data.softmax(batch)
    x = tf.placeholder(tf.float32, [None, 784])
    y_ = tf.placeholder(tf.float32, [None, 10])
    W = tf.Variable(tf.zeros([784, 10]))
    b = tf.Variable(tf.zeros([10]))
    y = tf.nn.softmax(tf.matmul(x, W) + b)
    loss = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    return Model([train, loss], {x: images, y_: labels})
