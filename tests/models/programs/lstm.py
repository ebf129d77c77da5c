"""A language model of two LSTM layers, unrolled by hand, gradients clipped by their norm."""

import tensorflow as tf

from tests.models import data
from tests.models.programs import Model


def build(batch=20, steps=20, hidden=200, count=10000):
    words, next_words = data.lstm(batch, steps, count)
    input_data = tf.placeholder(tf.int32, [batch, steps], name='input_data')
    targets = tf.placeholder(tf.int32, [batch, steps], name='targets')
    lr = tf.Variable(1.0, trainable=False, name='lr')
    with tf.variable_scope('model', initializer=tf.random_uniform_initializer(-0.1, 0.1)):
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(hidden, forget_bias=0.0)] * 2)
        state = cell.zero_state(batch, tf.float32)
        embedding = tf.get_variable('embedding', [count, hidden])
        inputs = tf.nn.embedding_lookup(embedding, input_data)
        outputs = []
        with tf.variable_scope('RNN'):
            for time_step in range(steps):
                if time_step > 0:
                    tf.get_variable_scope().reuse_variables()
                (cell_output, state) = cell(inputs[:, time_step, :], state)
                outputs.append(cell_output)
        output = tf.reshape(tf.concat(1, outputs), [-1, hidden])
        softmax_w = tf.get_variable('softmax_w', [hidden, count])
        softmax_b = tf.get_variable('softmax_b', [count])
        logits = tf.matmul(output, softmax_w) + softmax_b
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.reshape(targets, [-1]))
    cost = tf.reduce_sum(loss) / batch
    tvars = tf.trainable_variables()
    grads, _ = tf.clip_by_global_norm(tf.gradients(cost, tvars), 5)
    train_op = tf.train.GradientDescentOptimizer(lr).apply_gradients(zip(grads, tvars))
    return Model([train_op, cost], {input_data: words, targets: next_words})
