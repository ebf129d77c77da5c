"""A GRU reads ten words and another writes ten, each unrolled by hand; vocabulary 1000, batches of 32."""

import numpy as np
import tensorflow as tf

BATCH, HIDDEN, WORDS, STEPS = 32, 128, 1000, 10


def unrolled(name, cell, inputs, state):
    outputs = []
    with tf.variable_scope(name):
        for t in range(STEPS):
            if t > 0:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(inputs[:, t, :], state)
            outputs.append(output)
    return outputs, state


def build():
    rng = np.random.RandomState(0)
    read, written = rng.randint(0, WORDS, (2, BATCH, STEPS)).astype(np.int32)
    source = tf.placeholder(tf.int32, [BATCH, STEPS])
    target = tf.placeholder(tf.int32, [BATCH, STEPS])
    with tf.variable_scope('model', initializer=tf.random_uniform_initializer(-0.1, 0.1)):
        embedding = tf.get_variable('embedding', [WORDS, HIDDEN])
        cell = tf.nn.rnn_cell.GRUCell(HIDDEN)
        _, state = unrolled('encoder', cell, tf.nn.embedding_lookup(embedding, source), tf.zeros([BATCH, HIDDEN]))
        before = tf.concat(1, [tf.zeros([BATCH, 1], tf.int32), target[:, :STEPS - 1]])
        outputs, _ = unrolled('decoder', cell, tf.nn.embedding_lookup(embedding, before), state)
        output = tf.reshape(tf.concat(1, outputs), [-1, HIDDEN])
        logits = tf.matmul(output, tf.get_variable('w', [HIDDEN, WORDS])) + tf.get_variable('b', [WORDS])
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.reshape(target, [-1])))
    train = tf.train.AdamOptimizer(0.001).minimize(loss)
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss], feed_dict={source: read, target: written})[1]
