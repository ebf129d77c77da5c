"""A network that thinks as long as it must: it decides itself, for each example, when to stop. Run it with

    python -m tracer examples/adaptive_computation.py

It tells whether a vector of zeros, ones and minus ones holds an odd number of ones and minus ones (Graves, "Adaptive
Computation Time", 2016). One and the same step is taken again and again in a `while_loop`, until every example of the
batch has stopped; how often that is depends on the values, and gradients go through all of it. After 800 steps the
loss is below 0.01 nats, where it begins at about 0.7, and the network takes fewer steps than it may.
"""
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import numpy as np
import tensorflow as tf

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_integer('size', 8, 'The elements of a vector.')
flags.DEFINE_integer('hidden', 48, 'The units of the state.')
flags.DEFINE_integer('limit', 10, 'The steps of thinking at most.')
flags.DEFINE_float('ponder_cost', 0.003, 'What a step of thinking costs.')
flags.DEFINE_integer('batch_size', 64, 'The vectors of a step of training.')
flags.DEFINE_integer('max_steps', 800, 'The steps of training.')
flags.DEFINE_float('learning_rate', 0.003, 'The learning rate.')

ENOUGH = 0.99  # an example stops when its chances of stopping have come to this


def think(inputs, cell, halting_weights, halting_bias):
    """The mean of the states of all steps, each by the chance to stop there; how many steps each example took."""
    batch = tf.shape(inputs)[0]
    nothing = tf.zeros(tf.pack([batch]))

    def go_on(step, state, total, mean, steps, remainder):
        return tf.logical_and(tf.less(step, FLAGS.limit), tf.reduce_any(tf.less(total, ENOUGH)))

    def again(step, state, total, mean, steps, remainder):
        _, state = cell(inputs, state)
        chance = tf.reshape(tf.sigmoid(tf.matmul(state, halting_weights) + halting_bias), [-1])
        thinking = tf.less(total, ENOUGH)
        last = tf.logical_or(tf.greater_equal(total + chance, ENOUGH),
                             tf.fill(tf.pack([batch]), tf.equal(step, FLAGS.limit - 1)))
        weight = tf.select(thinking, tf.select(last, 1.0 - total, chance), nothing)
        remainder = tf.select(tf.logical_and(thinking, last), weight, remainder)
        return [step + 1, state, tf.select(last, tf.ones_like(total), total + weight),
                mean + tf.expand_dims(weight, 1) * state, steps + tf.to_float(thinking), remainder]

    state = cell.zero_state(batch, tf.float32)
    _, _, _, mean, steps, remainder = tf.while_loop(
        go_on, again, [tf.constant(0), state, nothing, tf.zeros_like(state), nothing, nothing])
    return mean, steps, remainder


def vectors(random):
    """Vectors of which a random part is not zero, and whether that is an odd number."""
    numbers = random.choice([-1.0, 1.0], [FLAGS.batch_size, FLAGS.size])
    used = random.randint(1, FLAGS.size + 1, [FLAGS.batch_size, 1])
    numbers[np.arange(FLAGS.size) >= used] = 0.0
    return numbers, np.abs(numbers).sum(axis=1).astype(int) % 2


def main(_):
    tf.set_random_seed(1)
    inputs = tf.placeholder(tf.float32, [None, FLAGS.size])
    odd = tf.placeholder(tf.int32, [None])
    with tf.variable_scope('thinker', initializer=tf.truncated_normal_initializer(stddev=0.25)):
        cell = tf.nn.rnn_cell.GRUCell(FLAGS.hidden)
        with tf.variable_scope('step') as scope:
            cell(inputs, cell.zero_state(tf.shape(inputs)[0], tf.float32))  # makes the weights, outside of the loop
            scope.reuse_variables()
            mean, steps, remainder = think(inputs, cell, tf.Variable(tf.zeros([FLAGS.hidden, 1])), tf.Variable(0.0))
        logits = tf.matmul(mean, tf.get_variable('weights', [FLAGS.hidden, 2])) + tf.get_variable('biases', [2])
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits, odd))
    cost = loss + FLAGS.ponder_cost * tf.reduce_mean(steps + remainder)
    variables = tf.trainable_variables()
    gradients, _ = tf.clip_by_global_norm(tf.gradients(cost, variables), 1.0)
    train_step = tf.train.AdamOptimizer(FLAGS.learning_rate).apply_gradients(zip(gradients, variables))
    accuracy = tf.reduce_mean(tf.to_float(tf.equal(tf.to_int32(tf.argmax(logits, 1)), odd)))

    random = np.random.RandomState(1)
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        recent = []
        for step in range(FLAGS.max_steps):
            numbers, parity = vectors(random)
            found = sess.run([loss, accuracy, steps, train_step], {inputs: numbers, odd: parity})
            recent.append((found[0], found[1], found[2].mean()))
            if (step + 1) % 200 == 0 or step + 1 == FLAGS.max_steps:
                print('step %d: loss %.3f, accuracy %.3f, %.2f steps of thinking' % (
                    (step + 1,) + tuple(np.mean(recent[-50:], axis=0))))


if __name__ == '__main__':
    tf.app.run()
