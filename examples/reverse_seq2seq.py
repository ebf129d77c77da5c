"""Sequences of digits are learned to be reversed: an encoder, and a decoder that pays attention to what was read. Run with

    python -m tracer examples/reverse_seq2seq.py

Short and long sequences go through buckets of their own, which share all weights. After 800 steps the loss is below 0.1
in both buckets, where it begins at about 2.5, and nearly all sequences come back reversed without a mistake.
"""
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import numpy as np
import tensorflow as tf

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_integer('longest', 8, 'The digits of a sequence at most; half of that in the first bucket.')
flags.DEFINE_integer('hidden', 64, 'The units of a layer.')
flags.DEFINE_integer('batch_size', 32, 'The sequences of a step.')
flags.DEFINE_integer('max_steps', 800, 'The steps of training.')
flags.DEFINE_float('learning_rate', 0.003, 'The learning rate.')

PAD, GO, END, FIRST = 0, 1, 2, 3  # the digits follow
SYMBOLS = FIRST + 10


def buckets():
    """The lengths of what is read and written."""
    return [(longest, longest + 2) for longest in (FLAGS.longest // 2, FLAGS.longest)]


class Reverser(object):
    """The network for all buckets; where it is `decoding` it reads its own output."""

    def __init__(self, decoding):
        longest = buckets()[-1]
        self.read = [tf.placeholder(tf.int32, [None]) for _ in range(longest[0])]
        self.written = [tf.placeholder(tf.int32, [None]) for _ in range(longest[1] + 1)]
        self.weights = [tf.placeholder(tf.float32, [None]) for _ in range(longest[1])]
        cell = tf.nn.rnn_cell.GRUCell(FLAGS.hidden)

        def network(read, written):
            return tf.nn.seq2seq.embedding_attention_seq2seq(
                read, written, cell, SYMBOLS, SYMBOLS, FLAGS.hidden, feed_previous=decoding)

        self.outputs, self.losses = tf.nn.seq2seq.model_with_buckets(
            self.read, self.written[:-1], self.written[1:], self.weights, buckets(), network)

    def feeds(self, read, written):
        """What a run of one bucket is fed."""
        steps = np.vstack([written.T, np.full(len(read), PAD)])  # each is what follows upon the one before it
        feeds = dict(zip(self.read, read.T))
        feeds.update(zip(self.written, steps))
        feeds.update(zip(self.weights, (steps[1:] != PAD).astype(np.float32)))
        return feeds


def sequences(random, bucket):
    """Sequences of digits, padded in front, and the same reversed, between GO and END."""
    longest, room = buckets()[bucket]
    shortest = buckets()[0][0] + 1 if bucket else 2
    read = np.full([FLAGS.batch_size, longest], PAD)
    written = np.full([FLAGS.batch_size, room], PAD)
    for row in range(FLAGS.batch_size):
        digits = random.randint(FIRST, SYMBOLS, random.randint(shortest, longest + 1))
        read[row, longest - len(digits):] = digits
        written[row, :len(digits) + 2] = [GO] + list(digits[::-1]) + [END]
    return read, written


def main(_):
    tf.set_random_seed(1)
    with tf.variable_scope('reverser'):
        trained = Reverser(decoding=False)
        tf.get_variable_scope().reuse_variables()
        tested = Reverser(decoding=True)
    optimizer = tf.train.AdamOptimizer(FLAGS.learning_rate)
    train_steps = [optimizer.minimize(loss) for loss in trained.losses]
    random = np.random.RandomState(1)
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        recent = [[], []]
        for step in range(FLAGS.max_steps):
            bucket = step % 2
            loss, _ = sess.run([trained.losses[bucket], train_steps[bucket]],
                               trained.feeds(*sequences(random, bucket)))
            recent[bucket].append(loss)
            if (step + 1) % 100 == 0:
                print('step %d: losses %.3f %.3f' % (
                    step + 1, np.mean(recent[0][-10:]), np.mean(recent[1][-10:])))
        for bucket, (_, room) in enumerate(buckets()):
            read, written = sequences(random, bucket)
            outputs = sess.run(tested.outputs[bucket], tested.feeds(read, written))
            answers = np.argmax(outputs, axis=2).T[:, :room - 1]
            right = ((answers == written[:, 1:]) | (written[:, 1:] == PAD)).all(axis=1)
            print('bucket %d: %.2f of the sequences reversed' % (bucket, right.mean()))


if __name__ == '__main__':
    tf.app.run()
