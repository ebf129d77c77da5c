"""Word vectors by noise-contrastive estimation: a table of 50,000 x 128, 64 noise words, batches of 128."""

import math

import numpy as np
import tensorflow as tf

WORDS, SIZE, BATCH = 50000, 128, 128


def build():
    rng = np.random.RandomState(0)
    words = rng.randint(0, WORDS, BATCH).astype(np.int32)
    near = rng.randint(0, WORDS, (BATCH, 1)).astype(np.int32)
    inputs = tf.placeholder(tf.int32, shape=[BATCH])
    labels = tf.placeholder(tf.int32, shape=[BATCH, 1])
    embeddings = tf.Variable(tf.random_uniform([WORDS, SIZE], -1.0, 1.0))
    embed = tf.nn.embedding_lookup(embeddings, inputs)
    weights = tf.Variable(tf.truncated_normal([WORDS, SIZE], stddev=1.0 / math.sqrt(SIZE)))
    biases = tf.Variable(tf.zeros([WORDS]))
    loss = tf.reduce_mean(tf.nn.nce_loss(weights, biases, embed, labels, 64, WORDS))
    train = tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss], feed_dict={inputs: words, labels: near})[1]
