"""A language model of two LSTM layers of 200, unrolled by hand, batches of 20."""

import os

import numpy as np
import tensorflow as tf

STEPS = int(os.environ.get('BENCHMARK_STEPS', 20))
BATCH, HIDDEN, WORDS, LAYERS = 20, 200, 10000, 2


def build():
    rng = np.random.RandomState(0)
    fed = rng.randint(0, WORDS, (2, BATCH, STEPS)).astype(np.int32)
    words = tf.placeholder(tf.int32, [BATCH, STEPS])
    targets = tf.placeholder(tf.int32, [BATCH, STEPS])
    with tf.variable_scope('model', initializer=tf.random_uniform_initializer(-0.1, 0.1)):
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(HIDDEN, forget_bias=0.0)] * LAYERS)
        state, outputs = cell.zero_state(BATCH, tf.float32), []
        inputs = tf.nn.embedding_lookup(tf.get_variable('embedding', [WORDS, HIDDEN]), words)
        with tf.variable_scope('RNN'):
            for t in range(STEPS):
                if t > 0:
                    tf.get_variable_scope().reuse_variables()
                output, state = cell(inputs[:, t, :], state)
                outputs.append(output)
        output = tf.reshape(tf.concat(1, outputs), [-1, HIDDEN])
        logits = tf.matmul(output, tf.get_variable('softmax_w', [HIDDEN, WORDS])) + tf.get_variable('softmax_b', [WORDS])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.reshape(targets, [-1]))
    loss = tf.reduce_sum(losses) / BATCH
    variables = tf.trainable_variables()
    gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 5.0)
    train = tf.train.GradientDescentOptimizer(1.0).apply_gradients(zip(gradients, variables))
    sess = tf.Session()
    sess.run(tf.initialize_all_variables())
    return lambda: sess.run([train, loss], feed_dict={words: fed[0], targets: fed[1]})[1]
