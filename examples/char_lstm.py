"""Two layers of LSTM, unrolled by hand, learn to write a text character by character. Run it with

    python -m tracer examples/char_lstm.py --text=/path/to/a/text

Without a text it learns to write this file: after 600 steps the loss is below 0.6 nats for each character, where it
begins at about 4. What it writes then begins like a line of it.
"""
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import codecs

import numpy as np
import tensorflow as tf

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_string('text', __file__, 'The file to learn from, in UTF-8.')
flags.DEFINE_integer('hidden', 128, 'The units of a layer.')
flags.DEFINE_integer('layers', 2, 'The layers.')
flags.DEFINE_integer('num_steps', 40, 'The characters that are looked back upon.')
flags.DEFINE_integer('batch_size', 16, 'The places of the text that are read at once.')
flags.DEFINE_integer('max_steps', 600, 'The steps of training.')
flags.DEFINE_float('learning_rate', 0.005, 'The learning rate.')
flags.DEFINE_integer('sample', 200, 'The characters to write at the end.')


class Writer(object):
    """The network over some steps: a character in, the next one out."""

    def __init__(self, vocabulary, batch_size, num_steps):
        self.inputs = tf.placeholder(tf.int32, [batch_size, num_steps])
        self.targets = tf.placeholder(tf.int32, [batch_size, num_steps])
        cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(FLAGS.hidden)] * FLAGS.layers)
        self.initial_state = cell.zero_state(batch_size, tf.float32)

        embedding = tf.get_variable('embedding', [vocabulary, FLAGS.hidden])
        rows = tf.nn.embedding_lookup(embedding, self.inputs)
        state = self.initial_state
        outputs = []
        with tf.variable_scope('cells'):
            for step in range(num_steps):
                if step > 0:
                    tf.get_variable_scope().reuse_variables()
                output, state = cell(rows[:, step, :], state)
                outputs.append(output)
        self.final_state = state

        weights = tf.get_variable('weights', [FLAGS.hidden, vocabulary])
        biases = tf.get_variable('biases', [vocabulary])
        logits = tf.matmul(tf.reshape(tf.concat(1, outputs), [-1, FLAGS.hidden]), weights) + biases
        self.probabilities = tf.nn.softmax(logits)
        self.loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(logits, tf.reshape(self.targets, [-1])))


def batches(codes):
    """Endlessly, pieces of the text and the same one character further on; each follows upon the one before."""
    rows = len(codes) // FLAGS.batch_size
    table = codes[:rows * FLAGS.batch_size].reshape(FLAGS.batch_size, rows)
    while True:
        for at in range(0, rows - FLAGS.num_steps - 1, FLAGS.num_steps):
            yield table[:, at:at + FLAGS.num_steps], table[:, at + 1:at + FLAGS.num_steps + 1]


def write(session, writer, characters, first):
    """Some characters, each drawn from what the network expects after those before it."""
    state = session.run(writer.initial_state)
    random = np.random.RandomState(1)
    found = [first]
    for _ in range(FLAGS.sample):
        expected, state = session.run([writer.probabilities, writer.final_state],
                                      {writer.inputs: [[found[-1]]], writer.initial_state: state})
        found.append(int((random.rand() > expected[0].cumsum()).sum().clip(0, len(characters) - 1)))
    return ''.join(characters[code] for code in found)


def main(_):
    with codecs.open(FLAGS.text, encoding='utf-8') as file:
        text = file.read()
    characters = sorted(set(text))
    number = {character: code for code, character in enumerate(characters)}
    codes = np.array([number[character] for character in text])

    tf.set_random_seed(1)
    with tf.variable_scope('writer', initializer=tf.random_uniform_initializer(-0.1, 0.1)):
        trained = Writer(len(characters), FLAGS.batch_size, FLAGS.num_steps)
        tf.get_variable_scope().reuse_variables()
        writing = Writer(len(characters), 1, 1)
    gradients, _ = tf.clip_by_global_norm(tf.gradients(trained.loss, tf.trainable_variables()), 5.0)
    train_step = tf.train.AdamOptimizer(FLAGS.learning_rate).apply_gradients(zip(gradients, tf.trainable_variables()))

    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        state = sess.run(trained.initial_state)
        losses = []
        for step, (inputs, targets) in zip(range(FLAGS.max_steps), batches(codes)):
            loss, state, _ = sess.run([trained.loss, trained.final_state, train_step], {
                trained.inputs: inputs, trained.targets: targets, trained.initial_state: state})
            losses.append(loss)
            if step % 100 == 0:
                print('step %d: loss %.3f' % (step, loss))
        print('final loss: %.3f' % np.mean(losses[-10:]))
        print(write(sess, writing, characters, number['\n'] if '\n' in number else 0))


if __name__ == '__main__':
    tf.app.run()
