"""A GRU reads some words and another writes as many, each unrolled by hand; Adam."""

import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def unrolled(name, cell, inputs, state):
    outputs = []
    with tf.variable_scope(name):
        for t in range(int(inputs.get_shape()[1])):
            if t > 0:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(inputs[:, t, :], state)
            outputs.append(output)
    return outputs, state


def build(batch=32, steps=10, hidden=128, count=1000):
    read, written = data.seq2seq(batch, steps, count)
    source = tf.placeholder(tf.int32, [batch, steps], name='source')
    target = tf.placeholder(tf.int32, [batch, steps], name='target')
    with tf.variable_scope('model', initializer=tf.random_uniform_initializer(-0.1, 0.1)):
        embedding = tf.get_variable('embedding', [count, hidden])
        cell = tf.nn.rnn_cell.GRUCell(hidden)
        start = tf.zeros([batch, hidden])
        _, state = unrolled('encoder', cell, tf.nn.embedding_lookup(embedding, source), start)
        before = tf.concat(1, [tf.zeros([batch, 1], tf.int32), target[:, :steps - 1]])
        outputs, _ = unrolled('decoder', cell, tf.nn.embedding_lookup(embedding, before), state)
        output = tf.reshape(tf.concat(1, outputs), [-1, hidden])
        logits = tf.matmul(output, tf.get_variable('w', [hidden, count])) + tf.get_variable('b', [count])
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.reshape(target, [-1])))
    train = tf.train.AdamOptimizer(0.001).minimize(loss)
    return Model([train, loss], {source: read, target: written})
