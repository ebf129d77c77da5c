"""A language model of words, in the manner of Zaremba's: two layers of LSTM with dropout between them, gradients clipped
by their norm, a learning rate that decays. Run it with

    python -m tracer examples/word_language_model.py --text=/path/to/a/text

Every tenth sentence is kept for validation. Without a text it learns a small made-up language, of which nobody can know
more than to a perplexity of 1.82: after six epochs the validation perplexity is below 1.9, a loss of 0.64 a word.
"""
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import collections
import random

import numpy as np
import tensorflow as tf

flags = tf.app.flags
FLAGS = flags.FLAGS
flags.DEFINE_string('text', '', 'The file to learn from, a sentence on each line; a made-up language by default.')
flags.DEFINE_integer('sentences', 6000, 'The sentences of the made-up language.')
flags.DEFINE_integer('vocabulary', 10000, 'The words that are known at most; the rarer ones are all <unk>.')
flags.DEFINE_integer('hidden', 96, 'The units of a layer.')
flags.DEFINE_integer('num_steps', 20, 'The words that are looked back upon.')
flags.DEFINE_integer('batch_size', 20, 'The places of the text that are read at once.')
flags.DEFINE_float('keep', 0.8, 'The part of the units that dropout keeps.')
flags.DEFINE_float('learning_rate', 1.0, 'The learning rate at first.')
flags.DEFINE_float('decay', 0.7, 'What the learning rate is multiplied with each epoch after the first ones.')
flags.DEFINE_integer('epochs', 6, 'How often the text is read.')
flags.DEFINE_integer('steady_epochs', 3, 'The epochs before the learning rate decays.')
flags.DEFINE_float('max_norm', 5.0, 'The norm that gradients are clipped to.')


def made_up():
    """Sentences of a small language: who does what, and that it is they who leave."""
    names, verbs = ['ann', 'bob', 'cem', 'dia', 'eve'], ['sees', 'hears', 'paints', 'calls']
    things = ['birds', 'boats', 'bells', 'trees', 'hills', 'clouds']
    choose = random.Random(1).choice
    for _ in range(FLAGS.sentences):
        who = choose(names)
        yield [who, choose(verbs), choose(things), 'and', 'then', who, 'leaves']


def read():
    """The words as numbers, those to train with and those to validate with; and how many there are."""
    if FLAGS.text:
        with open(FLAGS.text) as file:
            sentences = [line.split() for line in file if line.strip()]
    else:
        sentences = list(made_up())
    counts = collections.Counter(word for sentence in sentences for word in sentence)
    common = [word for word, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]
    number = {word: i + 2 for i, word in enumerate(common[:FLAGS.vocabulary - 2])}  # 0 ends a sentence, 1 is <unk>
    parts = [[], []]
    for i, sentence in enumerate(sentences):
        parts[i % 10 == 9] += [number.get(word, 1) for word in sentence] + [0]
    return np.array(parts[0]), np.array(parts[1]), len(number) + 2


class LanguageModel(object):
    """The network over `num_steps` words, with what trains it where it `is_training`."""

    def __init__(self, vocabulary, is_training):
        shape = [FLAGS.batch_size, FLAGS.num_steps]
        self.words = tf.placeholder(tf.int32, shape)
        self.following = tf.placeholder(tf.int32, shape)
        cell = tf.nn.rnn_cell.BasicLSTMCell(FLAGS.hidden, forget_bias=0.0)
        if is_training:
            cell = tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=FLAGS.keep)
        cell = tf.nn.rnn_cell.MultiRNNCell([cell] * 2)
        self.initial_state = state = cell.zero_state(FLAGS.batch_size, tf.float32)

        with tf.device('/cpu:0'):
            embedding = tf.get_variable('embedding', [vocabulary, FLAGS.hidden])
            inputs = tf.nn.embedding_lookup(embedding, self.words)
        if is_training:
            inputs = tf.nn.dropout(inputs, FLAGS.keep)
        steps = [tf.squeeze(step, [1]) for step in tf.split(1, FLAGS.num_steps, inputs)]
        outputs, self.final_state = tf.nn.rnn(cell, steps, initial_state=state)
        output = tf.reshape(tf.concat(1, outputs), [-1, FLAGS.hidden])
        logits = tf.nn.xw_plus_b(output, tf.get_variable('softmax_w', [FLAGS.hidden, vocabulary]),
                                 tf.get_variable('softmax_b', [vocabulary]))
        losses = tf.nn.seq2seq.sequence_loss_by_example(
            [logits], [tf.reshape(self.following, [-1])], [tf.ones([shape[0] * shape[1]])])
        self.cost = tf.reduce_sum(losses) / FLAGS.batch_size
        self.train_op = tf.no_op()
        if is_training:
            self.learning_rate = tf.Variable(0.0, trainable=False)
            self.new_rate = tf.placeholder(tf.float32, [])
            self.set_rate = tf.assign(self.learning_rate, self.new_rate)
            variables = tf.trainable_variables()
            gradients, _ = tf.clip_by_global_norm(tf.gradients(self.cost, variables), FLAGS.max_norm)
            optimizer = tf.train.GradientDescentOptimizer(self.learning_rate)
            self.train_op = optimizer.apply_gradients(zip(gradients, variables))

    def epoch(self, session, words):
        """Reads all `words` once; the perplexity of what it expected."""
        rows = len(words) // FLAGS.batch_size
        table = words[:rows * FLAGS.batch_size].reshape(FLAGS.batch_size, rows)
        state, costs, steps = session.run(self.initial_state), 0.0, 0
        for at in range(0, rows - FLAGS.num_steps, FLAGS.num_steps):
            cost, state, _ = session.run([self.cost, self.final_state, self.train_op], {
                self.words: table[:, at:at + FLAGS.num_steps],
                self.following: table[:, at + 1:at + FLAGS.num_steps + 1],
                self.initial_state: state})
            costs += cost
            steps += FLAGS.num_steps
        return np.exp(costs / max(steps, 1))


def main(_):
    training, validation, vocabulary = read()
    tf.set_random_seed(1)
    initializer = tf.random_uniform_initializer(-0.1, 0.1)
    with tf.variable_scope('model', initializer=initializer):
        trained = LanguageModel(vocabulary, is_training=True)
    with tf.variable_scope('model', reuse=True, initializer=initializer):
        validated = LanguageModel(vocabulary, is_training=False)
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        for epoch in range(FLAGS.epochs):
            decay = FLAGS.decay ** max(epoch + 1 - FLAGS.steady_epochs, 0)
            rate = sess.run(trained.set_rate, {trained.new_rate: FLAGS.learning_rate * decay})
            print('epoch %d, learning rate %.3f: training perplexity %.3f, validation perplexity %.3f' % (
                epoch + 1, rate, trained.epoch(sess, training), validated.epoch(sess, validation)))


if __name__ == '__main__':
    tf.app.run()
