"""Digits through two hidden layers, Adam."""

import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def layer(x, size, name, act=None):
    with tf.name_scope(name):
        weights = tf.Variable(tf.truncated_normal([int(x.get_shape()[1]), size], stddev=0.05), name='weights')
        biases = tf.Variable(tf.constant(0.1, shape=[size]), name='biases')
        preactivate = tf.matmul(x, weights) + biases
        return preactivate if act is None else act(preactivate, 'activation')


def build(batch=100, hidden=256):
    images, labels = data.mlp(batch)
    x = tf.placeholder(tf.float32, [None, 784], name='x')
    y_ = tf.placeholder(tf.float32, [None, 10], name='y_')
    hidden1 = layer(x, hidden, 'layer1', tf.nn.relu)
    hidden2 = layer(hidden1, hidden, 'layer2', tf.nn.relu)
    logits = layer(hidden2, 10, 'readout')
    cross_entropy = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits, y_))
    train = tf.train.AdamOptimizer(0.001).minimize(cross_entropy)
    return Model([train, cross_entropy], {x: images, y_: labels})
