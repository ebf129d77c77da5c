"""Word vectors by noise-contrastive estimation; a step touches few rows of large tables."""

import math

import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def build(batch=128, count=50000, size=128, noise=64):
    words, near = data.word2vec(batch, count)
    train_inputs = tf.placeholder(tf.int32, shape=[batch])
    train_labels = tf.placeholder(tf.int32, shape=[batch, 1])
    embeddings = tf.Variable(tf.random_uniform([count, size], -1.0, 1.0), name='embeddings')
    embed = tf.nn.embedding_lookup(embeddings, train_inputs)
    nce_weights = tf.Variable(tf.truncated_normal([count, size], stddev=1.0 / math.sqrt(size)), name='nce_weights')
    nce_biases = tf.Variable(tf.zeros([count]), name='nce_biases')
    loss = tf.reduce_mean(tf.nn.nce_loss(nce_weights, nce_biases, embed, train_labels, noise, count))
    optimizer = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    return Model([optimizer, loss], {train_inputs: words, train_labels: near})
